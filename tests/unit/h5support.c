/* SPDX-License-Identifier: MIT */
#include "h5support.h"

#include <cpl_vsi.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

char local_path[256];
const char *const memory_path = "/vsimem/emit.h5";

const struct index_kind index_kinds[INDEX_KINDS] = {
    {"B-tree 1", false, 0, 0, false, false, false},
    {"B-tree 1, deflated", false, 0, 0, false, false, true},
    {"B-tree 1, growing", false, 1, 0, false, false, true},
    {"B-tree 1, early", false, 3, 0, true, false, false},
    {"B-tree 1, user block", false, 0, 1024, false, false, true},
    {"single", true, 0, 0, false, true, false},
    {"single, deflated", true, 0, 512, false, true, true},
    {"implicit", true, 0, 0, true, false, false},
    {"implicit, user block", true, 0, 2048, true, false, false},
    {"fixed array", true, 0, 0, false, false, false},
    {"fixed array, deflated", true, 0, 512, false, false, true},
    {"extensible array", true, 1, 0, false, false, false},
    {"extensible array, deflated", true, 1, 512, false, false, true},
    {"B-tree 2", true, 2, 0, false, false, false},
    {"B-tree 2, deflated", true, 3, 4096, false, false, true},
};

/* ---- Writing -------------------------------------------------------------------------------- */

hid_t create_file(struct file_kind kind)
{
    const hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_userblock(creation, kind.user_block);
    /* HDF5 2 no longer defaults to the oldest. */
    H5Pset_libver_bounds(access, kind.latest ? H5F_LIBVER_LATEST : H5F_LIBVER_EARLIEST,
                         H5F_LIBVER_LATEST);
    const hid_t file = H5Fcreate(local_path, H5F_ACC_TRUNC, creation, access);
    assert_true(file >= 0);
    H5Pclose(access);
    H5Pclose(creation);
    return file;
}

hid_t new_file(void)
{
    return create_file((struct file_kind){.user_block = 0});
}

hid_t add_dataset(hid_t file, const char *name, hid_t type, int rank, const hsize_t *shape,
                  const hsize_t *limit, hid_t properties)
{
    const hid_t space = H5Screate_simple(rank, shape, limit);
    const hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    assert_true(dataset >= 0);
    H5Sclose(space);
    if (properties != H5P_DEFAULT)
        H5Pclose(properties);
    return dataset;
}

void add_list(hid_t file, const char *name, hid_t type, hsize_t length)
{
    int values[64];
    assert_true(length <= 64);
    for (int i = 0; i < 64; i++)
        values[i] = 10 + i;
    const hid_t dataset = add_dataset(file, name, type, 1, &length, NULL, H5P_DEFAULT);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(dataset);
}

hid_t string_type(size_t size, H5T_str_t padding, H5T_cset_t characters)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, size);
    H5Tset_strpad(type, padding);
    H5Tset_cset(type, characters);
    return type;
}

void add_attribute(hid_t object, const char *name, hid_t type, hsize_t count, const void *values)
{
    const hid_t space = count > 0 ? H5Screate_simple(1, &count, NULL) : H5Screate(H5S_SCALAR);
    const hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(attribute, type, values) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
}

void add_text(hid_t object, const char *name, const char *text)
{
    const hid_t type = string_type(strlen(text), H5T_STR_NULLTERM, H5T_CSET_ASCII);
    add_attribute(object, name, type, 0, text);
    H5Tclose(type);
}

void write_cube(const struct index_kind *kind, hsize_t lines)
{
    const hsize_t shape[3] = {7, 11, 10};
    const hsize_t chunk[3] = {2, 3, 4};
    hsize_t limit[3] = {7, 11, 10};
    for (int i = 0; i < kind->unlimited; i++)
        limit[i] = H5S_UNLIMITED;
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(properties, 3, kind->one_chunk ? shape : chunk);
    H5Pset_fill_value(properties, H5T_NATIVE_INT, &(int){-5});
    if (kind->early)
        H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY);
    if (kind->deflated)
    {
        H5Pset_shuffle(properties);
        H5Pset_deflate(properties, 4);
        H5Pset_fletcher32(properties);
    }
    const hid_t file =
        create_file((struct file_kind){.user_block = kind->user_block, .latest = kind->latest});
    const hid_t dataset = add_dataset(file, "cube", H5T_STD_I16BE, 3, shape, limit, properties);
    short values[7 * 11 * 10];
    for (int i = 0; i < 7 * 11 * 10; i++)
        values[i] = (short)(i + 1);
    const hsize_t start[3] = {0, 0, 0};
    const hsize_t written[3] = {lines, 11, 10};
    const hid_t memory = H5Screate_simple(3, written, NULL);
    const hid_t space = H5Dget_space(dataset);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, written, NULL);
    if (lines > 0)
        assert_true(H5Dwrite(dataset, H5T_NATIVE_SHORT, memory, space, H5P_DEFAULT, values) >= 0);
    H5Sclose(space);
    H5Sclose(memory);
    H5Dclose(dataset);
    H5Fclose(file);
}

/* ---- Reading -------------------------------------------------------------------------------- */

struct emit_h5 *open_path(const char *path)
{
    struct emit_h5 *file = NULL;
    if (emit_h5_open(path, NULL, &file, &last_error) != EMIT_OK)
        fail_msg("%s", last_error.message);
    return file;
}

struct emit_h5 *open_local(void)
{
    return open_path(local_path);
}

struct emit_layout layout_of(struct emit_h5 *file, const char *name)
{
    struct emit_layout layout;
    if (emit_h5_layout(file, name, &layout, &last_error) != EMIT_OK)
        fail_msg("%s", last_error.message);
    return layout;
}

void assert_message_has(const char *text)
{
    if (strstr(last_error.message, text) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", text, last_error.message);
}

void assert_layout_fails(struct emit_h5 *file, const char *name, enum emit_status status)
{
    struct emit_layout layout;
    assert_int_equal(emit_h5_layout(file, name, &layout, &last_error), status);
    assert_message_has(local_path);
    assert_message_has(name);
}

unsigned char *file_bytes(const char *path, size_t *size)
{
    GByte *bytes = NULL;
    vsi_l_offset nbytes = 0;
    assert_true(VSIIngestFile(NULL, path, &bytes, &nbytes, -1));
    *size = (size_t)nbytes;
    return bytes;
}

void put_bytes(const unsigned char *bytes, size_t size)
{
    VSILFILE *file = VSIFOpenL(memory_path, "wb");
    assert_int_equal(VSIFWriteL(bytes, 1, size, file), size);
    VSIFCloseL(file);
}

void put_text(const char *text)
{
    put_bytes((const unsigned char *)text, strlen(text));
}

enum emit_status open_status(const char *path)
{
    struct emit_h5 *file = NULL;
    const enum emit_status status = emit_h5_open(path, NULL, &file, &last_error);
    assert_true((status == EMIT_OK) == (file != NULL));
    emit_h5_close(file);
    return status;
}

/* ---- Running -------------------------------------------------------------------------------- */

/* HDF5 itself leaks memory on damaged files; our leaks show as open handles (below). */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5";
}

static const H5I_type_t handle_types[] = {H5I_FILE,    H5I_GROUP, H5I_DATATYPE,    H5I_DATASPACE,
                                          H5I_DATASET, H5I_ATTR,  H5I_GENPROP_LST, H5I_ERROR_STACK};
#define HANDLE_TYPES (sizeof handle_types / sizeof handle_types[0])
static hsize_t handles_before[HANDLE_TYPES];

int count_handles(void **state)
{
    (void)state;
    for (size_t i = 0; i < HANDLE_TYPES; i++)
        H5Inmembers(handle_types[i], &handles_before[i]);
    return 0;
}

int compare_handles(void **state)
{
    (void)state;
    for (size_t i = 0; i < HANDLE_TYPES; i++)
    {
        hsize_t after = 0;
        H5Inmembers(handle_types[i], &after);
        if (after != handles_before[i])
        {
            print_error("HDF5 handles of type %d: %d before, %d after\n", (int)handle_types[i],
                        (int)handles_before[i], (int)after);
            return -1;
        }
    }
    return 0;
}

int begin_h5(void **state)
{
    (void)state;
    snprintf(local_path, sizeof local_path, "%s", test_path("written.h5"));
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5Fclose(new_file());
    return open_status(local_path) == EMIT_OK ? 0 : -1; /* registers the file driver for good */
}

int end_h5(void **state)
{
    (void)state;
    VSIUnlink(memory_path);
    return 0;
}
