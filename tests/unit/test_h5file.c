/* SPDX-License-Identifier: MIT */
#include "core/error.h"
#include "core/h5file.h"

#include "support.h"

#include <cpl_conv.h>
#include <cpl_vsi.h>
#include <hdf5.h>
#include <hdf5_hl.h>
#include <netcdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Writing -------------------------------------------------------------------------------- */

static char directory[] = "/tmp/emit_h5file_XXXXXX";
static char local_path[64];                               /* where tests write */
static const char *const memory_path = "/vsimem/emit.h5"; /* where they put changed bytes */

static struct emit_error error;

/* What a test writes; the zero state stands for the usual file. */
struct file_kind
{
    hsize_t user_block;
    bool latest; /* newest structures instead of oldest */
};

static hid_t create_file(struct file_kind kind)
{
    const hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_userblock(creation, kind.user_block);
    /* HDF5 2 no longer takes the oldest by itself. */
    H5Pset_libver_bounds(access, kind.latest ? H5F_LIBVER_LATEST : H5F_LIBVER_EARLIEST,
                         H5F_LIBVER_LATEST);
    const hid_t file = H5Fcreate(local_path, H5F_ACC_TRUNC, creation, access);
    assert_true(file >= 0);
    H5Pclose(access);
    H5Pclose(creation);
    return file;
}

static hid_t new_file(void)
{
    return create_file((struct file_kind){.user_block = 0});
}

/* A dataset of "rank" dimensions without values; closes "properties". */
static hid_t add_dataset(hid_t file, const char *name, hid_t type, int rank, const hsize_t *shape,
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

/* A list of integers 10, 11, 12, ... of any type. */
static void add_list(hid_t file, const char *name, hid_t type, hsize_t length)
{
    int values[64];
    assert_true(length <= 64);
    for (int i = 0; i < 64; i++)
        values[i] = 10 + i;
    const hid_t dataset = add_dataset(file, name, type, 1, &length, NULL, H5P_DEFAULT);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(dataset);
}

static hid_t string_type(size_t size, H5T_str_t padding, H5T_cset_t characters)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, size);
    H5Tset_strpad(type, padding);
    H5Tset_cset(type, characters);
    return type;
}

/* An attribute of "count" values; a count of 0 makes it scalar. */
static void add_attribute(hid_t object, const char *name, hid_t type, hsize_t count,
                          const void *values)
{
    const hid_t space = count > 0 ? H5Screate_simple(1, &count, NULL) : H5Screate(H5S_SCALAR);
    const hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(attribute, type, values) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
}

static void add_text(hid_t object, const char *name, const char *text)
{
    const hid_t type = string_type(strlen(text), H5T_STR_NULLTERM, H5T_CSET_ASCII);
    add_attribute(object, name, type, 0, text);
    H5Tclose(type);
}

/* ---- Reading -------------------------------------------------------------------------------- */

static struct emit_h5 *open_path(const char *path)
{
    struct emit_h5 *file = NULL;
    if (emit_h5_open(path, &file, &error) != EMIT_OK)
        fail_msg("%s", error.message);
    return file;
}

static struct emit_h5 *open_local(void)
{
    return open_path(local_path);
}

static struct emit_layout layout_of(struct emit_h5 *file, const char *name)
{
    struct emit_layout layout;
    if (emit_h5_layout(file, name, &layout, &error) != EMIT_OK)
        fail_msg("%s", error.message);
    return layout;
}

static void assert_message_has(const char *text)
{
    if (strstr(error.message, text) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", text, error.message);
}

/* The file's layout of "name" must be refused with a message that names file and variable. */
static void assert_layout_fails(struct emit_h5 *file, const char *name, enum emit_status status)
{
    struct emit_layout layout;
    assert_int_equal(emit_h5_layout(file, name, &layout, &error), status);
    assert_message_has(local_path);
    assert_message_has(name);
}

static unsigned char *file_bytes(const char *path, size_t *size)
{
    GByte *bytes = NULL;
    vsi_l_offset nbytes = 0;
    assert_true(VSIIngestFile(NULL, path, &bytes, &nbytes, -1));
    *size = (size_t)nbytes;
    return bytes;
}

static void put_bytes(const unsigned char *bytes, size_t size)
{
    VSILFILE *file = VSIFOpenL(memory_path, "wb");
    assert_int_equal(VSIFWriteL(bytes, 1, size, file), size);
    VSIFCloseL(file);
}

static void put_text(const char *text)
{
    put_bytes((const unsigned char *)text, strlen(text));
}

static enum emit_status open_status(const char *path)
{
    struct emit_h5 *file = NULL;
    const enum emit_status status = emit_h5_open(path, &file, &error);
    assert_true((status == EMIT_OK) == (file != NULL));
    emit_h5_close(file);
    return status;
}

/* HDF5 itself forgets memory when it meets damage; of what we forget, its handles tell (below). */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5";
}

/* ---- Every test gives back what it took ----------------------------------------------------- */

static const H5I_type_t handle_types[] = {H5I_FILE,    H5I_GROUP, H5I_DATATYPE,    H5I_DATASPACE,
                                          H5I_DATASET, H5I_ATTR,  H5I_GENPROP_LST, H5I_ERROR_STACK};
#define HANDLE_TYPES (sizeof handle_types / sizeof handle_types[0])
static hsize_t handles_before[HANDLE_TYPES];

static int count_handles(void **state)
{
    (void)state;
    for (size_t i = 0; i < HANDLE_TYPES; i++)
        H5Inmembers(handle_types[i], &handles_before[i]);
    return 0;
}

static int compare_handles(void **state)
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

/* ---- Opening -------------------------------------------------------------------------------- */

static void a_missing_file_is_named(void **state)
{
    (void)state;
    assert_int_equal(open_status("/nowhere/emit.nc"), EMIT_ERROR_FILE);
    assert_string_equal(error.message, "cannot open /nowhere/emit.nc: No such file or directory");
    assert_int_equal(open_status("/vsimem/nowhere.nc"), EMIT_ERROR_FILE);
    assert_message_has("/vsimem/nowhere.nc");
    assert_int_equal(emit_h5_open("/nowhere/emit.nc", &(struct emit_h5 *){NULL}, NULL),
                     EMIT_ERROR_FILE);
}

static void files_without_the_signature_are_no_granules(void **state)
{
    (void)state;
    put_text("");
    assert_int_equal(open_status(memory_path), EMIT_NOT_A_GRANULE);
    put_text("\x89HDF\r\n");
    assert_int_equal(open_status(memory_path), EMIT_NOT_A_GRANULE);
    put_text("CDF\x01 and so on");
    assert_int_equal(open_status(memory_path), EMIT_NOT_A_GRANULE);
    put_text("one byte off: \x89HDF\r\n\x1a\n");
    assert_int_equal(open_status(memory_path), EMIT_NOT_A_GRANULE);
    assert_message_has(memory_path);
}

static void a_directory_is_no_granule(void **state)
{
    (void)state;
    const enum emit_status status = open_status(directory);
    assert_true(status == EMIT_NOT_A_GRANULE || status == EMIT_ERROR_FILE);
}

static void garbage_behind_the_signature_is_damage(void **state)
{
    (void)state;
    put_text("\x89HDF\r\n\x1a\n and then garbage, garbage, garbage, garbage, garbage, garbage");
    assert_int_equal(open_status(memory_path), EMIT_ERROR_FILE);
    assert_message_has(memory_path);
}

static void the_signature_may_follow_a_user_block(void **state)
{
    (void)state;
    for (hsize_t user_block = 512; user_block <= 65536; user_block *= 2)
    {
        const hid_t file = create_file((struct file_kind){.user_block = user_block});
        add_list(file, "v", H5T_STD_I32LE, 9);
        H5Fclose(file);
        struct emit_h5 *h5 = open_local();
        assert_true(emit_h5_has(h5, "/v"));
        emit_h5_close(h5);
    }
}

static void closing_nothing_is_fine(void **state)
{
    (void)state;
    emit_h5_close(NULL);
}

static unsigned printed_count;

static herr_t count_printing(hid_t stack, void *data)
{
    (void)stack;
    (void)data;
    printed_count++;
    return 0;
}

static void nothing_is_printed_and_the_callers_printer_stays(void **state)
{
    (void)state;
    int mark = 0;
    H5E_auto2_t printer = NULL;
    void *data = NULL;
    H5Fclose(new_file());
    printed_count = 0;
    H5Eset_auto2(H5E_DEFAULT, count_printing, &mark);
    struct emit_h5 *file = open_local();
    struct emit_layout layout;
    assert_int_equal(emit_h5_layout(file, "/absent", &layout, NULL), EMIT_ERROR_FORMAT);
    assert_null(emit_h5_attribute(file, "/absent", "a"));
    emit_h5_close(file);
    put_text("\x89HDF\r\n\x1a\n and then garbage, garbage, garbage, garbage, garbage, garbage");
    assert_int_equal(open_status(memory_path), EMIT_ERROR_FILE);
    assert_int_equal(printed_count, 0);
    H5Eget_auto2(H5E_DEFAULT, &printer, &data);
    assert_ptr_equal((void *)(uintptr_t)printer, (void *)(uintptr_t)count_printing);
    assert_ptr_equal(data, &mark);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

/* ---- What is there -------------------------------------------------------------------------- */

static void write_some_objects(void)
{
    const hid_t file = new_file();
    const hid_t group = H5Gcreate2(file, "location", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    add_list(file, "zeta", H5T_STD_I32LE, 3);
    add_list(file, "alpha", H5T_STD_I32LE, 4);
    add_list(group, "lon", H5T_STD_I32LE, 5);
    H5Lcreate_soft("/nowhere", file, "dangling", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/location/lon", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
    const hid_t type = H5Tcopy(H5T_STD_I32LE);
    H5Tcommit2(file, "type", type, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Tclose(type);
    H5Gclose(group);
    H5Fclose(file);
}

static void only_datasets_are_had(void **state)
{
    (void)state;
    write_some_objects();
    struct emit_h5 *file = open_local();
    assert_true(emit_h5_has(file, "/zeta"));
    assert_true(emit_h5_has(file, "/location/lon"));
    assert_true(emit_h5_has(file, "/soft"));
    assert_false(emit_h5_has(file, "/"));
    assert_false(emit_h5_has(file, ""));
    assert_false(emit_h5_has(file, "/location"));
    assert_false(emit_h5_has(file, "/location/"));
    assert_false(emit_h5_has(file, "/type"));
    assert_false(emit_h5_has(file, "/dangling"));
    assert_false(emit_h5_has(file, "/absent"));
    assert_false(emit_h5_has(file, "/absent/lon"));
    assert_false(emit_h5_has(file, "/zeta/lon"));
    char long_name[2 * EMIT_NAME_SIZE] = "/";
    memset(long_name + 1, 'n', sizeof long_name - 2);
    assert_false(emit_h5_has(file, long_name));
    emit_h5_close(file);
}

static void lists_are_sorted_and_hold_datasets_alone(void **state)
{
    (void)state;
    write_some_objects();
    struct emit_h5 *file = open_local();
    char **names = NULL;
    size_t count = 0;
    assert_int_equal(emit_h5_list(file, "/", &names, &count, &error), EMIT_OK);
    assert_int_equal(count, 3);
    assert_string_equal(names[0], "alpha");
    assert_string_equal(names[1], "soft");
    assert_string_equal(names[2], "zeta");
    free(names);
    assert_int_equal(emit_h5_list(file, "/location", &names, &count, &error), EMIT_OK);
    assert_int_equal(count, 1);
    assert_string_equal(names[0], "lon");
    free(names);
    const char *const without[] = {"/absent", "/absent/deep", "/zeta"};
    for (size_t i = 0; i < 3; i++)
    {
        assert_int_equal(emit_h5_list(file, without[i], &names, &count, &error), EMIT_OK);
        assert_int_equal(count, 0);
        free(names);
    }
    emit_h5_close(file);
}

static void names_too_long_for_a_layout_are_not_listed(void **state)
{
    (void)state;
    char name[EMIT_NAME_SIZE + 1] = {0};
    const hid_t file = new_file();
    memset(name, 'n', EMIT_NAME_SIZE - 2);
    add_list(file, name, H5T_STD_I32LE, 3);
    memset(name, 'o', EMIT_NAME_SIZE - 1);
    add_list(file, name, H5T_STD_I32LE, 4);
    memset(name, 'p', EMIT_NAME_SIZE);
    add_list(file, name, H5T_STD_I32LE, 5);
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    char **names = NULL;
    size_t count = 0;
    assert_int_equal(emit_h5_list(h5, "/", &names, &count, &error), EMIT_OK);
    assert_int_equal(count, 1);
    assert_int_equal(names[0][0], 'n');
    free(names);
    emit_h5_close(h5);
}

static void too_many_entries_are_refused(void **state)
{
    (void)state;
    const hid_t file = new_file();
    for (int i = 0; i < 1025; i++)
    {
        char name[16];
        snprintf(name, sizeof name, "g%d", i);
        H5Gclose(H5Gcreate2(file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    }
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    char **names = NULL;
    size_t count = 0;
    assert_int_equal(emit_h5_list(h5, "/", &names, &count, &error), EMIT_ERROR_FORMAT);
    assert_null(names);
    emit_h5_close(h5);
}

static void links_into_other_files_are_refused(void **state)
{
    (void)state;
    char other[80];
    snprintf(other, sizeof other, "%s.other", local_path);
    hid_t file = new_file();
    add_list(file, "v", H5T_STD_I32LE, 3);
    H5Fclose(file);
    assert_int_equal(rename(local_path, other), 0);
    file = new_file();
    H5Lcreate_external(other, "/v", file, "outside", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external(other, "/", file, "group", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    assert_false(emit_h5_has(h5, "/outside"));
    assert_layout_fails(h5, "/outside", EMIT_ERROR_FORMAT);
    assert_layout_fails(h5, "/group/v", EMIT_ERROR_FORMAT);
    assert_null(emit_h5_attribute(h5, "/outside", "a"));
    emit_h5_close(h5);
    unlink(other);
}

/* ---- Types and shapes ----------------------------------------------------------------------- */

static void every_number_type_is_known_in_both_orders(void **state)
{
    (void)state;
    const struct
    {
        hid_t stored;
        enum emit_type type;
        bool big;
    } cases[] = {
        {H5T_STD_U8LE, EMIT_UINT8, false},     {H5T_STD_U8BE, EMIT_UINT8, false},
        {H5T_STD_I8LE, EMIT_INT8, false},      {H5T_STD_I8BE, EMIT_INT8, false},
        {H5T_STD_U16LE, EMIT_UINT16, false},   {H5T_STD_U16BE, EMIT_UINT16, true},
        {H5T_STD_I16LE, EMIT_INT16, false},    {H5T_STD_I16BE, EMIT_INT16, true},
        {H5T_STD_U32LE, EMIT_UINT32, false},   {H5T_STD_U32BE, EMIT_UINT32, true},
        {H5T_STD_I32LE, EMIT_INT32, false},    {H5T_STD_I32BE, EMIT_INT32, true},
        {H5T_STD_U64LE, EMIT_UINT64, false},   {H5T_STD_U64BE, EMIT_UINT64, true},
        {H5T_STD_I64LE, EMIT_INT64, false},    {H5T_STD_I64BE, EMIT_INT64, true},
        {H5T_IEEE_F32LE, EMIT_FLOAT32, false}, {H5T_IEEE_F32BE, EMIT_FLOAT32, true},
        {H5T_IEEE_F64LE, EMIT_FLOAT64, false}, {H5T_IEEE_F64BE, EMIT_FLOAT64, true},
    };
    const uint16_t one = 1;
    const bool big_machine = *(const unsigned char *)&one == 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    {
        const hid_t file = new_file();
        add_list(file, "v", cases[i].stored, 7);
        H5Fclose(file);
        struct emit_h5 *h5 = open_local();
        const struct emit_layout layout = layout_of(h5, "/v");
        assert_int_equal(layout.type, cases[i].type);
        if (emit_type_size(layout.type) > 1)
            assert_int_equal(layout.swap_bytes, cases[i].big != big_machine);
        double *values = NULL;
        size_t count = 0;
        assert_int_equal(emit_h5_read_doubles(h5, "/v", 7, &values, &count, &error), EMIT_OK);
        assert_int_equal(count, 7);
        assert_true(values[6] == 16.0);
        free(values);
        emit_h5_close(h5);
    }
}

static void other_types_are_refused(void **state)
{
    (void)state;
    const hsize_t length = 6;
    const hid_t text = string_type(5, H5T_STR_NULLTERM, H5T_CSET_ASCII);
    const hid_t half = H5Tcopy(H5T_IEEE_F32LE);
    const hid_t narrow = H5Tcopy(H5T_STD_I16LE);
    const hid_t mode = H5Tenum_create(H5T_STD_U8LE);
    const hid_t pair = H5Tcreate(H5T_COMPOUND, 8);
    const hid_t array = H5Tarray_create2(H5T_STD_I16LE, 1, &length);
    H5Tset_fields(half, 15, 10, 5, 0, 10);
    H5Tset_size(half, 2);
    H5Tset_precision(narrow, 12);
    H5Tenum_insert(mode, "ON", &(unsigned char){1});
    H5Tinsert(pair, "a", 0, H5T_STD_I32LE);
    H5Tinsert(pair, "b", 4, H5T_STD_I32LE);
    const struct
    {
        const char *name;
        hid_t type;
    } cases[] = {{"/text", text},           {"/half", half},
                 {"/narrow", narrow},       {"/enum", mode},
                 {"/compound", pair},       {"/array", array},
                 {"/time", H5T_UNIX_D32LE}, {"/reference", H5T_STD_REF_OBJ}};
    const hid_t file = new_file();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        H5Dclose(add_dataset(file, cases[i].name, cases[i].type, 1, &length, NULL, H5P_DEFAULT));
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    {
        double *values = NULL;
        size_t count = 0;
        assert_layout_fails(h5, cases[i].name, EMIT_ERROR_FORMAT);
        assert_int_equal(emit_h5_read_doubles(h5, cases[i].name, 99, &values, &count, &error),
                         EMIT_ERROR_FORMAT);
        assert_null(values);
    }
    emit_h5_close(h5);
    H5Tclose(text);
    H5Tclose(half);
    H5Tclose(narrow);
    H5Tclose(mode);
    H5Tclose(pair);
    H5Tclose(array);
}

static void other_shapes_are_refused(void **state)
{
    (void)state;
    const hsize_t empty[] = {3, 0, 5};
    const hsize_t no_limit[] = {3, H5S_UNLIMITED, 5};
    const hsize_t four[] = {2, 3, 4, 5};
    const hsize_t huge[] = {(hsize_t)1 << 31, (hsize_t)1 << 30, 2};
    const hsize_t chunk[] = {1, 1, 2};
    const hid_t file = new_file();
    const hid_t scalar = H5Screate(H5S_SCALAR);
    H5Dclose(
        H5Dcreate2(file, "scalar", H5T_STD_I16LE, scalar, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(scalar);
    const hid_t null = H5Screate(H5S_NULL);
    H5Dclose(H5Dcreate2(file, "null", H5T_STD_I16LE, null, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(null);
    hid_t chunked = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(chunked, 3, chunk);
    H5Dclose(add_dataset(file, "empty", H5T_STD_I16LE, 3, empty, no_limit, chunked));
    H5Dclose(add_dataset(file, "four", H5T_STD_I16LE, 4, four, NULL, H5P_DEFAULT));
    chunked = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(chunked, 3, chunk);
    H5Dclose(add_dataset(file, "huge", H5T_STD_I16LE, 3, huge, NULL, chunked));
    H5Gclose(H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    const char *const names[] = {"/scalar", "/null",  "/empty", "/four",
                                 "/huge",   "/group", "/absent"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_layout_fails(h5, names[i], EMIT_ERROR_FORMAT);
    emit_h5_close(h5);
}

/* ---- Fill values and dimensions ------------------------------------------------------------- */

static void fill_values_are_of_the_variables_type(void **state)
{
    (void)state;
    const hsize_t length = 4;
    const int nodata = -9999;
    const float fraction = 0.25f;
    const int two[] = {1, 2};
    const hid_t file = new_file();
    hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_fill_value(properties, H5T_NATIVE_INT, &(int){-3});
    hid_t dataset = add_dataset(file, "own", H5T_STD_I32BE, 1, &length, NULL, properties);
    add_attribute(dataset, "_FillValue", H5T_NATIVE_INT, 1, &nodata);
    H5Dclose(dataset);
    dataset = add_dataset(file, "scalar", H5T_STD_I32LE, 1, &length, NULL, H5P_DEFAULT);
    add_attribute(dataset, "_FillValue", H5T_NATIVE_INT, 0, &nodata);
    H5Dclose(dataset);
    dataset = add_dataset(file, "other_type", H5T_STD_I32LE, 1, &length, NULL, H5P_DEFAULT);
    add_attribute(dataset, "_FillValue", H5T_NATIVE_FLOAT, 1, &fraction);
    H5Dclose(dataset);
    dataset = add_dataset(file, "two", H5T_STD_I32LE, 1, &length, NULL, H5P_DEFAULT);
    add_attribute(dataset, "_FillValue", H5T_NATIVE_INT, 2, two);
    H5Dclose(dataset);
    dataset = add_dataset(file, "text", H5T_STD_I32LE, 1, &length, NULL, H5P_DEFAULT);
    add_text(dataset, "_FillValue", "-9999");
    H5Dclose(dataset);
    properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_fill_value(properties, -1, NULL); /* undefined */
    H5Dclose(add_dataset(file, "undefined", H5T_STD_I32LE, 1, &length, NULL, properties));
    H5Fclose(file);

    struct emit_h5 *h5 = open_local();
    struct emit_layout layout = layout_of(h5, "/own");
    int value = 0;
    assert_true(layout.has_fill);
    assert_memory_equal(layout.fill, &nodata, sizeof nodata);
    memcpy(&value, layout.default_fill, sizeof value);
    assert_int_equal(value, -3);
    assert_true(layout_of(h5, "/scalar").has_fill);
    const char *const without[] = {"/other_type", "/two", "/text", "/undefined"};
    for (size_t i = 0; i < 4; i++)
    {
        layout = layout_of(h5, without[i]);
        assert_false(layout.has_fill);
        assert_memory_equal(layout.fill, "\0\0\0\0\0\0\0", 8);
        assert_memory_equal(layout.default_fill, "\0\0\0\0\0\0\0", 8);
    }
    emit_h5_close(h5);
}

static void dimensions_have_netcdfs_names(void **state)
{
    (void)state;
    int file, location, downtrack, crosstrack, bands, variable, coordinate, inner;
    assert_int_equal(nc_create(local_path, NC_NETCDF4 | NC_CLOBBER, &file), NC_NOERR);
    nc_def_dim(file, "downtrack", 5, &downtrack);
    nc_def_dim(file, "crosstrack", 7, &crosstrack);
    nc_def_dim(file, "bands", 4, &bands);
    nc_def_grp(file, "location", &location);
    nc_def_var(file, "reflectance", NC_FLOAT, 3, (int[]){downtrack, crosstrack, bands}, &variable);
    nc_def_var(file, "square", NC_SHORT, 2, (int[]){bands, bands}, &inner);
    nc_def_var(file, "bands", NC_FLOAT, 1, &bands, &coordinate);
    nc_def_var(location, "lon", NC_DOUBLE, 2, (int[]){downtrack, crosstrack}, &inner);
    assert_int_equal(nc_close(file), NC_NOERR);

    struct emit_h5 *h5 = open_local();
    struct emit_layout layout = layout_of(h5, "/reflectance");
    assert_int_equal(layout.rank, 3);
    assert_int_equal(layout.shape[0], 5);
    assert_int_equal(layout.shape[1], 7);
    assert_int_equal(layout.shape[2], 4);
    assert_string_equal(layout.dimensions[0], "downtrack");
    assert_string_equal(layout.dimensions[1], "crosstrack");
    assert_string_equal(layout.dimensions[2], "bands");
    layout = layout_of(h5, "/location/lon");
    assert_string_equal(layout.name, "/location/lon");
    assert_string_equal(layout.dimensions[0], "downtrack");
    assert_string_equal(layout.dimensions[1], "crosstrack");
    assert_string_equal(layout.dimensions[2], "");
    layout = layout_of(h5, "/square");
    assert_string_equal(layout.dimensions[1], "bands");
    layout = layout_of(h5, "/bands");
    assert_string_equal(layout.dimensions[0], "bands");
    emit_h5_close(h5);
}

static void dimensions_without_scales_have_no_name(void **state)
{
    (void)state;
    const hsize_t shape[] = {4, 3};
    const hid_t file = new_file();
    const hid_t dataset = add_dataset(file, "v", H5T_STD_I16LE, 2, shape, NULL, H5P_DEFAULT);
    add_list(file, "scale", H5T_STD_I32LE, 3);
    const hid_t scale = H5Dopen2(file, "scale", H5P_DEFAULT);
    H5DSset_scale(scale, NULL);
    H5DSattach_scale(dataset, scale, 1);
    H5Dclose(scale);
    H5Dclose(dataset);
    add_list(file, "plain", H5T_STD_I32LE, 5);
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    const struct emit_layout layout = layout_of(h5, "/v");
    assert_string_equal(layout.dimensions[0], "");
    assert_string_equal(layout.dimensions[1], "scale");
    assert_string_equal(layout_of(h5, "/plain").dimensions[0], "");
    emit_h5_close(h5);
}

/* ---- Where values are ----------------------------------------------------------------------- */

static void contiguous_values_are_where_the_layout_says(void **state)
{
    (void)state;
    const hsize_t user_blocks[] = {0, 512, 4096};
    for (size_t i = 0; i < 6; i++)
    {
        const hid_t file =
            create_file((struct file_kind){.user_block = user_blocks[i / 2], .latest = i % 2 == 1});
        add_list(file, "v", H5T_STD_U8LE, 11);
        H5Fclose(file);
        struct emit_h5 *h5 = open_local();
        const struct emit_layout layout = layout_of(h5, "/v");
        assert_int_equal(layout.storage, EMIT_STORAGE_CONTIGUOUS);
        assert_true(layout.allocated);
        size_t size;
        unsigned char *bytes = file_bytes(local_path, &size);
        assert_true(layout.offset + 11 <= size);
        for (unsigned k = 0; k < 11; k++)
            assert_int_equal(bytes[layout.offset + k], 10 + k);
        CPLFree(bytes);
        emit_h5_close(h5);
    }
}

static void unwritten_contiguous_values_have_no_place(void **state)
{
    (void)state;
    const hsize_t shape[] = {128, 124, 285};
    const hid_t file = new_file();
    H5Dclose(add_dataset(file, "v", H5T_IEEE_F32LE, 3, shape, NULL, H5P_DEFAULT));
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    const struct emit_layout layout = layout_of(h5, "/v");
    assert_int_equal(layout.storage, EMIT_STORAGE_CONTIGUOUS);
    assert_false(layout.allocated);
    float value = 1;
    const uint64_t last[] = {127, 123, 284};
    const uint64_t one[] = {1, 1, 1};
    assert_int_equal(emit_h5_read_box(h5, &layout, last, one, &value, &error), EMIT_OK);
    assert_true(value == 0.0f);
    emit_h5_close(h5);
}

/* Reads all chunks' places; free() them. */
static struct emit_chunk *chunks_of(struct emit_h5 *file, const struct emit_layout *layout,
                                    uint64_t *count)
{
    *count = 1;
    for (int i = 0; i < layout->rank; i++)
        *count *= layout->chunk_counts[i];
    struct emit_chunk *chunks = malloc(*count * sizeof *chunks);
    if (emit_h5_chunks(file, layout, chunks, &error) != EMIT_OK)
        fail_msg("%s", error.message);
    return chunks;
}

/* Start of chunk "position" of the grid, in values. */
static void chunk_start(const struct emit_layout *layout, uint64_t position, hsize_t *start)
{
    for (int i = layout->rank - 1; i >= 0; i--)
    {
        start[i] = position % layout->chunk_counts[i] * layout->chunk[i];
        position /= layout->chunk_counts[i];
    }
}

/* HDF5 with its own file driver must find the same stored bytes in every chunk, and miss the same.
 */
static void assert_chunks_are_where_hdf5_finds_them(const char *name, uint64_t expected_missing)
{
    struct emit_h5 *h5 = open_local();
    const struct emit_layout layout = layout_of(h5, name);
    assert_int_equal(layout.storage, EMIT_STORAGE_CHUNKED);
    uint64_t count;
    struct emit_chunk *chunks = chunks_of(h5, &layout, &count);
    size_t size;
    unsigned char *bytes = file_bytes(local_path, &size);
    const hid_t file = H5Fopen(local_path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    uint64_t missing = 0;
    for (uint64_t i = 0; i < count; i++)
    {
        hsize_t start[EMIT_MAX_RANK];
        chunk_start(&layout, i, start);
        unsigned char stored[4096];
        uint32_t filter_mask = 0;
        const bool found = read_stored_chunk(dataset, start, &filter_mask, stored, sizeof stored);
        assert_int_equal(chunks[i].size > 0, found);
        missing += !found;
        assert_true(chunks[i].size <= sizeof stored);
        assert_true(chunks[i].offset + chunks[i].size <= size);
        assert_int_equal(chunks[i].filter_mask, filter_mask);
        assert_memory_equal(bytes + chunks[i].offset, stored, chunks[i].size);
    }
    assert_int_equal(missing, expected_missing);
    H5Dclose(dataset);
    H5Fclose(file);
    CPLFree(bytes);
    free(chunks);
    emit_h5_close(h5);
}

/* The index structures of HDF5: which one it takes follows from the file and the dataset. */
struct index_kind
{
    const char *name;
    bool latest;
    int unlimited; /* dimensions without limit */
    hsize_t user_block;
    bool early; /* allocated on creation */
    bool one_chunk;
    bool deflated;
};

static const struct index_kind index_kinds[] = {
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

static const hsize_t cube_shape[3] = {7, 11, 10};

/* A cube of 7 x 11 x 10 values in chunks of 2 x 3 x 4, the first "lines" of them written. */
static void write_cube(const struct index_kind *kind, hsize_t lines)
{
    const hsize_t chunk[3] = {2, 3, 4};
    hsize_t limit[3] = {7, 11, 10};
    for (int i = 0; i < kind->unlimited; i++)
        limit[i] = H5S_UNLIMITED;
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(properties, 3, kind->one_chunk ? cube_shape : chunk);
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
    const hid_t dataset =
        add_dataset(file, "cube", H5T_STD_I16BE, 3, cube_shape, limit, properties);
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

static void chunks_are_found_through_every_kind_of_index(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof index_kinds / sizeof index_kinds[0]; i++)
    {
        const struct index_kind *kind = &index_kinds[i];
        print_message("             %s\n", kind->name);
        write_cube(kind, 7);
        assert_chunks_are_where_hdf5_finds_them("/cube", 0);
        write_cube(kind, 3); /* touches two of the four rows of 4 x 3 chunks */
        assert_chunks_are_where_hdf5_finds_them("/cube", kind->early || kind->one_chunk ? 0 : 24);
        write_cube(kind, 0);
        assert_chunks_are_where_hdf5_finds_them("/cube",
                                                kind->early ? 0 : (kind->one_chunk ? 1 : 48));
    }
}

static void grown_and_shrunk_variables_keep_their_chunks(void **state)
{
    (void)state;
    for (int latest = 0; latest < 2; latest++)
    {
        const struct index_kind kind = {.latest = latest == 1, .unlimited = 3, .early = true};
        write_cube(&kind, 7);
        hid_t file = H5Fopen(local_path, H5F_ACC_RDWR, H5P_DEFAULT);
        hid_t dataset = H5Dopen2(file, "cube", H5P_DEFAULT);
        assert_true(H5Dset_extent(dataset, (const hsize_t[]){5, 13, 3}) >= 0);
        H5Dclose(dataset);
        H5Fclose(file);
        assert_chunks_are_where_hdf5_finds_them("/cube", 0);
    }
}

static void room_to_grow_is_no_chunk(void **state)
{
    (void)state;
    const hsize_t shape[] = {5, 4};
    const hsize_t limit[] = {15, 12};
    const hsize_t chunk[] = {2, 3};
    for (int latest = 0; latest < 2; latest++)
    {
        const hid_t file = create_file((struct file_kind){.latest = latest == 1});
        const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_chunk(properties, 2, chunk);
        H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY);
        H5Dclose(add_dataset(file, "v", H5T_STD_I32LE, 2, shape, limit, properties));
        H5Fclose(file);
        assert_chunks_are_where_hdf5_finds_them("/v", 0);
    }
}

static void many_chunks_are_found_quickly(void **state)
{
    (void)state;
    const hsize_t shape[] = {100003};
    const hsize_t chunk[] = {2};
    const hid_t file = new_file();
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(properties, 1, chunk);
    H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(properties, H5D_FILL_TIME_NEVER);
    H5Dclose(add_dataset(file, "v", H5T_STD_U8LE, 1, shape, NULL, properties));
    H5Fclose(file);
    assert_chunks_are_where_hdf5_finds_them("/v", 0);
}

static void chunks_cut_by_the_edge_count_in_full(void **state)
{
    (void)state;
    write_cube(&index_kinds[0], 7);
    struct emit_h5 *h5 = open_local();
    const struct emit_layout layout = layout_of(h5, "/cube");
    assert_int_equal(layout.chunk_counts[0], 4);
    assert_int_equal(layout.chunk_counts[1], 4);
    assert_int_equal(layout.chunk_counts[2], 3);
    assert_int_equal(layout.chunk_nbytes, 2 * 3 * 4 * 2);
    assert_int_equal(layout.filter_count, 0);
    uint64_t count;
    struct emit_chunk *chunks = chunks_of(h5, &layout, &count);
    assert_int_equal(count, 48);
    assert_int_equal(chunks[47].size, layout.chunk_nbytes);
    free(chunks);
    emit_h5_close(h5);
}

static void chunks_are_asked_of_chunked_variables_only(void **state)
{
    (void)state;
    const hid_t file = new_file();
    add_list(file, "v", H5T_STD_I32LE, 6);
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    const struct emit_layout layout = layout_of(h5, "/v");
    assert_int_equal(emit_h5_chunks(h5, &layout, NULL, &error), EMIT_ERROR_INTERNAL);
    emit_h5_close(h5);
}

static void too_many_chunks_are_refused(void **state)
{
    (void)state;
    const hsize_t shape[] = {4097, 4096};
    const hsize_t one[] = {1, 1};
    const hid_t file = new_file();
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(properties, 2, one);
    H5Dclose(add_dataset(file, "v", H5T_STD_I32LE, 2, shape, NULL, properties));
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    assert_layout_fails(h5, "/v", EMIT_ERROR_FORMAT);
    emit_h5_close(h5);
}

/* ---- Filters and storage -------------------------------------------------------------------- */

static size_t copy_as_is(unsigned flags, size_t value_count, const unsigned values[], size_t nbytes,
                         size_t *buffer_size, void **buffer)
{
    (void)flags;
    (void)value_count;
    (void)values;
    (void)buffer_size;
    (void)buffer;
    return nbytes;
}

static const H5Z_class2_t unknown_filter = {H5Z_CLASS_T_VERS, 300,  1,    1,
                                            "as_is",          NULL, NULL, copy_as_is};

/* A list of 13 values in chunks of 4, with the filters that "letters" name. */
static struct emit_layout layout_with_filters(const char *letters)
{
    const hsize_t length = 13;
    const hsize_t chunk = 4;
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(properties, 1, &chunk);
    for (; *letters != '\0'; letters++)
    {
        if (*letters == 'd')
            H5Pset_deflate(properties, 6);
        else if (*letters == 's')
            H5Pset_shuffle(properties);
        else if (*letters == 'f')
            H5Pset_fletcher32(properties);
        else if (*letters == 'n')
            H5Pset_nbit(properties);
        else if (*letters == 'o')
            H5Pset_scaleoffset(properties, H5Z_SO_INT, 0);
        else if (*letters == 'e')
            H5Pset_chunk_opts(properties, H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS);
        else
            H5Pset_filter(properties, 300, 0, 0, NULL);
    }
    const hid_t file = create_file((struct file_kind){.latest = true});
    const hid_t dataset = add_dataset(file, "v", H5T_STD_I32LE, 1, &length, NULL, properties);
    int values[13];
    for (int i = 0; i < 13; i++)
        values[i] = 3 * i;
    assert_true(H5Dwrite(dataset, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(dataset);
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    const struct emit_layout layout = layout_of(h5, "/v");
    int read[5] = {0};
    assert_int_equal(emit_h5_read_box(h5, &layout, &(uint64_t){7}, &(uint64_t){5}, read, &error),
                     EMIT_OK);
    assert_memory_equal(read, values + 7, sizeof read);
    emit_h5_close(h5);
    return layout;
}

static void known_filters_are_listed_in_the_order_of_writing(void **state)
{
    (void)state;
    struct emit_layout layout = layout_with_filters("sdf");
    assert_int_equal(layout.storage, EMIT_STORAGE_CHUNKED);
    assert_int_equal(layout.filter_count, 3);
    assert_int_equal(layout.filters[0], EMIT_FILTER_SHUFFLE);
    assert_int_equal(layout.filters[1], EMIT_FILTER_DEFLATE);
    assert_int_equal(layout.filters[2], EMIT_FILTER_FLETCHER32);
    layout = layout_with_filters("fd");
    assert_int_equal(layout.storage, EMIT_STORAGE_CHUNKED);
    assert_int_equal(layout.filters[0], EMIT_FILTER_FLETCHER32);
    assert_int_equal(layout.filters[1], EMIT_FILTER_DEFLATE);
    layout = layout_with_filters("dddddddd");
    assert_int_equal(layout.storage, EMIT_STORAGE_CHUNKED);
    assert_int_equal(layout.filter_count, 8);
}

static void what_we_cannot_decode_is_left_to_the_library(void **state)
{
    (void)state;
    H5Zregister(&unknown_filter);
    const char *const pipelines[] = {"x", "sdx", "n", "o", "od", "ddddddddd", "sde"};
    for (size_t i = 0; i < sizeof pipelines / sizeof pipelines[0]; i++)
    {
        print_message("             %s\n", pipelines[i]);
        assert_int_equal(layout_with_filters(pipelines[i]).storage, EMIT_STORAGE_LIBRARY);
    }
    H5Zunregister(300);
}

static void compact_values_are_left_to_the_library(void **state)
{
    (void)state;
    const hsize_t length = 6;
    const hid_t file = new_file();
    const int values[] = {5, 4, 3, 2, 1, 0};
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_layout(properties, H5D_COMPACT);
    const hid_t dataset = add_dataset(file, "compact", H5T_STD_I32LE, 1, &length, NULL, properties);
    H5Dwrite(dataset, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Dclose(dataset);
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    const struct emit_layout layout = layout_of(h5, "/compact");
    assert_int_equal(layout.storage, EMIT_STORAGE_LIBRARY);
    int read[4] = {0};
    assert_int_equal(emit_h5_read_box(h5, &layout, &(uint64_t){2}, &(uint64_t){4}, read, &error),
                     EMIT_OK);
    assert_memory_equal(read, values + 2, sizeof read);
    emit_h5_close(h5);
}

static void values_in_other_files_are_refused(void **state)
{
    (void)state;
    const hsize_t length = 6;
    const hid_t file = create_file((struct file_kind){.latest = true});
    add_list(file, "source", H5T_STD_I32LE, 6);
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    const hid_t space = H5Screate_simple(1, &length, NULL);
    H5Pset_virtual(properties, space, ".", "source", space);
    H5Sclose(space);
    H5Dclose(add_dataset(file, "virtual", H5T_STD_I32LE, 1, &length, NULL, properties));
    const hid_t outside = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(outside, "elsewhere.raw", 0, 24);
    H5Dclose(add_dataset(file, "external", H5T_STD_I32LE, 1, &length, NULL, outside));
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    struct emit_layout layout;
    assert_int_equal(emit_h5_layout(h5, "/virtual", &layout, &error), EMIT_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "another file"));
    assert_int_equal(emit_h5_layout(h5, "/external", &layout, &error), EMIT_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "another file"));
    emit_h5_close(h5);
}

/* ---- Values --------------------------------------------------------------------------------- */

static void boxes_hold_the_values_asked_for_in_machine_order(void **state)
{
    (void)state;
    const uint64_t start[3] = {3, 5, 2};
    const uint64_t count[3] = {4, 6, 7};
    for (size_t i = 0; i < sizeof index_kinds / sizeof index_kinds[0]; i++)
    {
        write_cube(&index_kinds[i], 5);
        struct emit_h5 *h5 = open_local();
        const struct emit_layout layout = layout_of(h5, "/cube");
        short box[4][6][7];
        assert_int_equal(emit_h5_read_box(h5, &layout, start, count, box, &error), EMIT_OK);
        for (int a = 0; a < 4; a++)
            for (int b = 0; b < 6; b++)
                for (int c = 0; c < 7; c++)
                    assert_int_equal(box[a][b][c],
                                     3 + a < 5 ? ((3 + a) * 11 + 5 + b) * 10 + 2 + c + 1 : -5);
        emit_h5_close(h5);
    }
}

static void boxes_outside_are_refused(void **state)
{
    (void)state;
    write_cube(&index_kinds[0], 7);
    struct emit_h5 *h5 = open_local();
    const struct emit_layout layout = layout_of(h5, "/cube");
    const uint64_t boxes[][2][3] = {{{7, 0, 0}, {1, 1, 1}},
                                    {{0, 0, 0}, {0, 1, 1}},
                                    {{0, 0, 9}, {1, 1, 2}},
                                    {{0, UINT64_MAX, 0}, {1, 2, 1}},
                                    {{0, 1, 0}, {1, UINT64_MAX, 1}}};
    for (size_t i = 0; i < sizeof boxes / sizeof boxes[0]; i++)
        assert_int_equal(emit_h5_read_box(h5, &layout, boxes[i][0], boxes[i][1], NULL, &error),
                         EMIT_ERROR_INTERNAL);
    emit_h5_close(h5);
}

static void lists_of_numbers_have_a_limit(void **state)
{
    (void)state;
    const hid_t file = new_file();
    add_list(file, "bands", H5T_STD_I16BE, 8);
    const hsize_t shape[] = {2, 3};
    H5Dclose(add_dataset(file, "plane", H5T_STD_I16LE, 2, shape, NULL, H5P_DEFAULT));
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    double *values = NULL;
    size_t count = 9;
    assert_int_equal(emit_h5_read_doubles(h5, "/bands", 8, &values, &count, &error), EMIT_OK);
    assert_int_equal(count, 8);
    assert_true(values[0] == 10.0 && values[7] == 17.0);
    free(values);
    const char *const names[] = {"/bands", "/plane", "/absent"};
    for (size_t i = 0; i < 3; i++)
    {
        assert_int_equal(emit_h5_read_doubles(h5, names[i], 7, &values, &count, &error),
                         EMIT_ERROR_FORMAT);
        assert_null(values);
        assert_int_equal(count, 0);
        assert_message_has(names[i]);
    }
    emit_h5_close(h5);
}

/* ---- Strings -------------------------------------------------------------------------------- */

static void write_strings(hid_t file, const char *name, hid_t type, hsize_t count,
                          const void *strings)
{
    const hid_t dataset = add_dataset(file, name, type, 1, &count, NULL, H5P_DEFAULT);
    assert_true(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, strings) >= 0);
    H5Dclose(dataset);
    H5Tclose(type);
}

static void assert_strings(struct emit_h5 *file, const char *name, size_t count,
                           const char *const *expected)
{
    char **strings = NULL;
    size_t read = 0;
    if (emit_h5_read_strings(file, name, 100, &strings, &read, &error) != EMIT_OK)
        fail_msg("%s", error.message);
    assert_int_equal(read, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(strings[i], expected[i]);
    free(strings);
}

static void strings_of_every_kind_are_read(void **state)
{
    (void)state;
    const char *const variable[] = {"Cloud flag", "", NULL, "Wasser \xc3\xbc", "cut \xc3"};
    const hid_t file = new_file();
    write_strings(file, "term", string_type(4, H5T_STR_NULLTERM, H5T_CSET_ASCII), 3,
                  "abc\0a\0\0\0wxyz");
    write_strings(file, "null", string_type(4, H5T_STR_NULLPAD, H5T_CSET_UTF8), 3,
                  "abc\0\0\0\0\0\xc3\xa4\xffz");
    write_strings(file, "space", string_type(4, H5T_STR_SPACEPAD, H5T_CSET_ASCII), 3,
                  "a b     wxyz");
    write_strings(file, "ascii", string_type(H5T_VARIABLE, H5T_STR_NULLTERM, H5T_CSET_ASCII), 5,
                  variable);
    write_strings(file, "utf8", string_type(H5T_VARIABLE, H5T_STR_NULLTERM, H5T_CSET_UTF8), 5,
                  variable);
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    assert_strings(h5, "/term", 3, (const char *[]){"abc", "a", "wxyz"});
    assert_strings(h5, "/null", 3, (const char *[]){"abc", "", "\xc3\xa4?z"});
    assert_strings(h5, "/space", 3, (const char *[]){"a b", "", "wxyz"});
    const char *const expected[] = {"Cloud flag", "", "", "Wasser \xc3\xbc", "cut ?"};
    assert_strings(h5, "/ascii", 5, expected);
    assert_strings(h5, "/utf8", 5, expected);
    emit_h5_close(h5);
}

static void netcdf_strings_are_read(void **state)
{
    (void)state;
    const char *names[] = {"Calcite", "Goethite \xce\xb1", ""};
    int file, minerals, variable;
    assert_int_equal(nc_create(local_path, NC_NETCDF4 | NC_CLOBBER, &file), NC_NOERR);
    nc_def_dim(file, "minerals", 3, &minerals);
    nc_def_var(file, "name", NC_STRING, 1, &minerals, &variable);
    nc_put_var_string(file, variable, names);
    assert_int_equal(nc_close(file), NC_NOERR);
    struct emit_h5 *h5 = open_local();
    assert_strings(h5, "/name", 3, names);
    emit_h5_close(h5);
}

/* What h5py does with strings: pointers to them become opaque pointers to its own objects. */
static herr_t foreign_conversion(hid_t source, hid_t target, H5T_cdata_t *conversion, size_t count,
                                 size_t stride, size_t background_stride, void *values,
                                 void *background, hid_t transfer)
{
    (void)source;
    (void)target;
    (void)count;
    (void)stride;
    (void)background_stride;
    (void)background;
    (void)transfer;
    if (conversion->command == H5T_CONV_CONV)
        *(const char **)values = "theirs";
    return 0;
}

/* With h5py 3.16 and HDF5 2.2 no string could be read any more once h5py had read one. */
static void conversions_of_others_stay_in_use(void **state)
{
    (void)state;
    const char *const strings[] = {"Cloud flag", "Cirrus flag"};
    const hid_t file = new_file();
    write_strings(file, "v", string_type(H5T_VARIABLE, H5T_STR_NULLTERM, H5T_CSET_UTF8), 2,
                  strings);
    H5Fclose(file);
    const hid_t text = string_type(H5T_VARIABLE, H5T_STR_NULLTERM, H5T_CSET_UTF8);
    const hid_t object = H5Tcreate(H5T_OPAQUE, sizeof(void *));
    assert_true(H5Tregister(H5T_PERS_SOFT, "foreign", text, object, foreign_conversion) >= 0);
    for (int i = 0; i < 2; i++)
    {
        const char *value = "ours";
        assert_true(H5Tconvert(text, object, 1, &value, NULL, H5P_DEFAULT) >= 0);
        assert_string_equal(value, "theirs");
        struct emit_h5 *h5 = open_local();
        assert_strings(h5, "/v", 2, strings);
        emit_h5_close(h5);
    }
    H5Tunregister(H5T_PERS_SOFT, "foreign", text, object, foreign_conversion);
    H5Tclose(object);
    H5Tclose(text);
}

static void only_valid_utf8_stays(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"plain", "plain"},
        {"\xc2\xa0\xdf\xbf", "\xc2\xa0\xdf\xbf"},
        {"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80", "\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80"},
        {"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
        {"\x80z", "?z"},              /* a follower alone */
        {"\xc1\xbf", "??"},           /* longer than needed */
        {"\xe0\x9f\xbf", "???"},      /* longer than needed */
        {"\xed\xa0\x80", "???"},      /* a surrogate */
        {"\xf0\x8f\xbf\xbf", "????"}, /* longer than needed */
        {"\xf4\x90\x80\x80", "????"}, /* above U+10FFFF */
        {"\xf5\x80", "??"},           /* no lead byte at all */
        {"\xe2\x82", "??"},           /* cut */
        {"\xe2\x82\x41\xe2\x82\xac", "??A\xe2\x82\xac"},
    };
    const size_t count = sizeof cases / sizeof cases[0];
    const char *written[sizeof cases / sizeof cases[0]];
    const char *expected[sizeof cases / sizeof cases[0]];
    for (size_t i = 0; i < count; i++)
    {
        written[i] = cases[i][0];
        expected[i] = cases[i][1];
    }
    const hid_t file = new_file();
    write_strings(file, "v", string_type(H5T_VARIABLE, H5T_STR_NULLTERM, H5T_CSET_UTF8), count,
                  written);
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    assert_strings(h5, "/v", count, expected);
    emit_h5_close(h5);
}

static void strings_have_limits(void **state)
{
    (void)state;
    char *text = malloc(65537);
    memset(text, 'x', 65536);
    text[65536] = '\0';
    const char *too_long[] = {"short", text};
    const char *fitting[] = {text + 1};
    const hsize_t shape[] = {2, 3};
    const hid_t file = new_file();
    write_strings(file, "long", string_type(H5T_VARIABLE, H5T_STR_NULLTERM, H5T_CSET_UTF8), 2,
                  too_long);
    write_strings(file, "fitting", string_type(H5T_VARIABLE, H5T_STR_NULLTERM, H5T_CSET_UTF8), 1,
                  fitting);
    hid_t type = string_type(65537, H5T_STR_NULLTERM, H5T_CSET_ASCII);
    H5Dclose(add_dataset(file, "fixed", type, 1, &(hsize_t){1}, NULL, H5P_DEFAULT));
    H5Tclose(type);
    type = string_type(8, H5T_STR_NULLTERM, H5T_CSET_ASCII);
    H5Dclose(add_dataset(file, "plane", type, 2, shape, NULL, H5P_DEFAULT));
    H5Tclose(type);
    add_list(file, "numbers", H5T_STD_I32LE, 4);
    write_strings(file, "three", string_type(2, H5T_STR_NULLTERM, H5T_CSET_ASCII), 3, "a\0b\0c");
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    char **strings = NULL;
    size_t count = 0;
    const char *const refused[] = {"/long", "/fixed", "/plane", "/numbers", "/three", "/absent"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    {
        assert_int_equal(emit_h5_read_strings(h5, refused[i], 2, &strings, &count, &error),
                         EMIT_ERROR_FORMAT);
        assert_null(strings);
        assert_message_has(refused[i]);
    }
    assert_strings(h5, "/fitting", 1, fitting);
    emit_h5_close(h5);
    free(text);
}

/* ---- Attributes ----------------------------------------------------------------------------- */

static void assert_attribute(struct emit_h5 *file, const char *name, const char *expected)
{
    char *text = emit_h5_attribute(file, "/", name);
    if (text == NULL || expected == NULL)
        assert_ptr_equal(text, expected);
    else
        assert_string_equal(text, expected);
    free(text);
}

static void attributes_become_text(void **state)
{
    (void)state;
    const char *const one[] = {"d\xc3\xa9j\xc3\xa0 vu"};
    const char *const two[] = {"first", "second \xff"};
    const double step[] = {-2.0, 0.000542232520256367, -0.0};
    const float wavelength = 381.00558f;
    const float tenth = 0.1f;
    const signed char small = -128;
    const uint64_t large = UINT64_MAX;
    const int64_t least = INT64_MIN;
    const hid_t variable = string_type(H5T_VARIABLE, H5T_STR_NULLTERM, H5T_CSET_UTF8);
    const hid_t padded = string_type(6, H5T_STR_SPACEPAD, H5T_CSET_ASCII);
    const hid_t file = new_file();
    add_text(file, "fixed", "Day");
    add_attribute(file, "padded", padded, 2, "a     bc    ");
    add_attribute(file, "one", variable, 1, one);
    add_attribute(file, "scalar", variable, 0, one);
    add_attribute(file, "two", variable, 2, two);
    add_attribute(file, "doubles", H5T_NATIVE_DOUBLE, 3, step);
    add_attribute(file, "float", H5T_NATIVE_FLOAT, 1, &wavelength);
    add_attribute(file, "tenth", H5T_NATIVE_FLOAT, 0, &tenth);
    add_attribute(file, "small", H5T_NATIVE_SCHAR, 0, &small);
    add_attribute(file, "large", H5T_NATIVE_UINT64, 0, &large);
    add_attribute(file, "least", H5T_NATIVE_INT64, 0, &least);
    add_attribute(file, "reference", H5T_STD_REF_OBJ, 0, &(hobj_ref_t){0});
    const hid_t null = H5Screate(H5S_NULL);
    H5Aclose(H5Acreate2(file, "empty", padded, null, H5P_DEFAULT, H5P_DEFAULT));
    H5Aclose(H5Acreate2(file, "nothing", H5T_STD_I32LE, null, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(null);
    H5Tclose(padded);
    H5Tclose(variable);
    H5Fclose(file);

    struct emit_h5 *h5 = open_local();
    assert_attribute(h5, "fixed", "Day");
    assert_attribute(h5, "padded", "{a,bc}");
    assert_attribute(h5, "one", "d\xc3\xa9j\xc3\xa0 vu");
    assert_attribute(h5, "scalar", "d\xc3\xa9j\xc3\xa0 vu");
    assert_attribute(h5, "two", "{first,second ?}");
    assert_attribute(h5, "doubles", "{-2,0.000542232520256367,-0}");
    assert_attribute(h5, "float", "381.00558");
    assert_attribute(h5, "tenth", "0.1");
    assert_attribute(h5, "small", "-128");
    assert_attribute(h5, "large", "18446744073709551615");
    assert_attribute(h5, "least", "-9223372036854775808");
    assert_attribute(h5, "empty", "");
    assert_attribute(h5, "nothing", NULL);
    assert_attribute(h5, "reference", NULL);
    assert_attribute(h5, "absent", NULL);
    assert_null(emit_h5_attribute(h5, "/absent", "fixed"));
    emit_h5_close(h5);
}

static void overlong_attributes_have_no_text(void **state)
{
    (void)state;
    const size_t limit = (size_t)1 << 20;
    char *text = malloc(limit + 2);
    memset(text, 'x', limit + 1);
    text[limit + 1] = '\0';
    const char *const too_long[] = {text};
    const char *const fitting[] = {text + 1};
    int *numbers = calloc(4097, sizeof *numbers);
    const hid_t variable = string_type(H5T_VARIABLE, H5T_STR_NULLTERM, H5T_CSET_UTF8);
    const hid_t file = create_file((struct file_kind){.latest = true}); /* allows large ones */
    add_attribute(file, "long", variable, 0, too_long);
    add_attribute(file, "fitting", variable, 0, fitting);
    add_attribute(file, "numbers", H5T_NATIVE_INT, 4097, numbers);
    add_text(file, "fixed", text);
    H5Tclose(variable);
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    assert_attribute(h5, "long", NULL);
    assert_attribute(h5, "fixed", NULL);
    assert_attribute(h5, "numbers", NULL);
    assert_attribute(h5, "fitting", text + 1);
    emit_h5_close(h5);
    free(numbers);
    free(text);
}

static void attributes_give_numbers(void **state)
{
    (void)state;
    const float three[] = {1.5f, -0.0f, 9.0f};
    const hid_t file = new_file();
    add_list(file, "v", H5T_STD_I32LE, 5);
    const hid_t dataset = H5Dopen2(file, "v", H5P_DEFAULT);
    add_attribute(dataset, "three", H5T_NATIVE_FLOAT, 3, three);
    add_text(dataset, "text", "1.5");
    H5Dclose(dataset);
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    double values[4] = {0};
    assert_true(emit_h5_attribute_doubles(h5, "/v", "three", values, 3));
    assert_true(values[0] == 1.5 && values[1] == 0.0 && values[2] == 9.0);
    assert_false(emit_h5_attribute_doubles(h5, "/v", "three", values, 2));
    assert_false(emit_h5_attribute_doubles(h5, "/v", "three", values, 4));
    assert_false(emit_h5_attribute_doubles(h5, "/v", "text", values, 1));
    assert_false(emit_h5_attribute_doubles(h5, "/v", "absent", values, 1));
    assert_false(emit_h5_attribute_doubles(h5, "/absent", "three", values, 3));
    emit_h5_close(h5);
}

static void assert_root_attributes(size_t count, const char *const (*expected)[2])
{
    struct emit_h5 *h5 = open_local();
    struct emit_pair *pairs = NULL;
    size_t read = 0;
    assert_int_equal(emit_h5_root_attributes(h5, &pairs, &read, &error), EMIT_OK);
    assert_int_equal(read, count);
    for (size_t i = 0; i < count; i++)
    {
        assert_string_equal(pairs[i].key, expected[i][0]);
        assert_string_equal(pairs[i].value, expected[i][1]);
    }
    free(pairs);
    emit_h5_close(h5);
}

static void root_attributes_keep_netcdfs_order(void **state)
{
    (void)state;
    const double geotransform[] = {-10.5, 0.25, -0.0};
    int file;
    assert_int_equal(nc_create(local_path, NC_NETCDF4 | NC_CLOBBER, &file), NC_NOERR);
    nc_put_att_text(file, NC_GLOBAL, "title", 4, "EMIT");
    nc_put_att_text(file, NC_GLOBAL, "empty", 0, "");
    nc_put_att_double(file, NC_GLOBAL, "geotransform", NC_DOUBLE, 3, geotransform);
    nc_put_att_string(file, NC_GLOBAL, "summary", 1, (const char *[]){"\xc2\xb5W"});
    nc_put_att_text(file, NC_GLOBAL, "a_last", 2, "zz");
    assert_int_equal(nc_close(file), NC_NOERR);
    const char *const expected[][2] = {{"title", "EMIT"},
                                       {"empty", ""},
                                       {"geotransform", "{-10.5,0.25,-0}"},
                                       {"summary", "\xc2\xb5W"},
                                       {"a_last", "zz"}};
    assert_root_attributes(5, expected);
}

static void root_attributes_without_order_are_sorted(void **state)
{
    (void)state;
    const hid_t file = new_file();
    add_text(file, "zeta", "1");
    add_text(file, "CLASS", "bookkeeping");
    add_attribute(file, "reference", H5T_STD_REF_OBJ, 0, &(hobj_ref_t){0});
    add_text(file, "alpha", "2");
    add_text(file, "not \xff utf8", "3");
    H5Fclose(file);
    const char *const expected[][2] = {{"alpha", "2"}, {"not ? utf8", "3"}, {"zeta", "1"}};
    assert_root_attributes(3, expected);
    H5Fclose(new_file());
    assert_root_attributes(0, NULL);
}

/* ---- Damage --------------------------------------------------------------------------------- */

/* A little of everything a granule has. */
static void write_granule(void)
{
    const float nodata = -9999.0f;
    const char *labels[] = {"Cloud flag", "Cirrus flag", "Water flag", "AOD550"};
    int file, location, sensor, dimensions[5], variable, glt, label, wavelength;
    float cube[5 * 7 * 4];
    int table[9 * 11];
    for (int i = 0; i < 5 * 7 * 4; i++)
        cube[i] = (float)i / 8;
    for (int i = 0; i < 9 * 11; i++)
        table[i] = i % 7;
    assert_int_equal(nc_create(local_path, NC_NETCDF4 | NC_CLOBBER, &file), NC_NOERR);
    nc_put_att_text(file, NC_GLOBAL, "title", 11, "EMIT sample");
    nc_put_att_string(file, NC_GLOBAL, "summary", 1, (const char *[]){"some \xc2\xb5m"});
    nc_put_att_double(file, NC_GLOBAL, "geotransform", NC_DOUBLE, 2, (const double[]){1.5, 2});
    for (int i = 0; i < 9; i++) /* with so many, HDF5 keeps them in a heap and two B-trees */
    {
        char name[] = "extra 0";
        name[6] = (char)('0' + i);
        nc_put_att_int(file, NC_GLOBAL, name, NC_INT, 1, &i);
    }
    nc_def_dim(file, "downtrack", 5, &dimensions[0]);
    nc_def_dim(file, "crosstrack", 7, &dimensions[1]);
    nc_def_dim(file, "bands", 4, &dimensions[2]);
    nc_def_dim(file, "ortho_y", 9, &dimensions[3]);
    nc_def_dim(file, "ortho_x", 11, &dimensions[4]);
    nc_def_grp(file, "location", &location);
    nc_def_grp(file, "sensor_band_parameters", &sensor);
    nc_def_var(file, "reflectance", NC_FLOAT, 3, dimensions, &variable);
    nc_put_att_float(file, variable, "_FillValue", NC_FLOAT, 1, &nodata);
    nc_put_att_text(file, variable, "units", 8, "unitless");
    nc_def_var(location, "glt_x", NC_INT, 2, dimensions + 3, &glt);
    nc_def_var_chunking(location, glt, NC_CHUNKED, (const size_t[]){4, 5});
    nc_def_var_deflate(location, glt, 1, 1, 4);
    nc_def_var(sensor, "labels", NC_STRING, 1, &dimensions[2], &label);
    nc_def_var(sensor, "wavelengths", NC_FLOAT, 1, &dimensions[2], &wavelength);
    nc_put_var_float(file, variable, cube);
    nc_put_var_int(location, glt, table);
    nc_put_var_string(sensor, label, labels);
    nc_put_var_float(sensor, wavelength, cube);
    assert_int_equal(nc_close(file), NC_NOERR);
}

static void use_variable(struct emit_h5 *file, const char *name)
{
    struct emit_layout layout;
    char **strings = NULL;
    double *numbers = NULL;
    size_t count = 0;
    emit_h5_read_strings(file, name, 16, &strings, &count, &error);
    emit_h5_read_doubles(file, name, 16, &numbers, &count, &error);
    free(strings);
    free(numbers);
    free(emit_h5_attribute(file, name, "units"));
    if (emit_h5_layout(file, name, &layout, &error) != EMIT_OK)
        return;
    uint64_t chunk_count = 1;
    for (int i = 0; i < layout.rank && layout.storage == EMIT_STORAGE_CHUNKED; i++)
        chunk_count *= layout.chunk_counts[i];
    if (layout.storage == EMIT_STORAGE_CHUNKED && chunk_count < 4096)
    {
        struct emit_chunk *chunks = malloc(chunk_count * sizeof *chunks);
        emit_h5_chunks(file, &layout, chunks, &error);
        free(chunks);
    }
    double values[64];
    uint64_t start[EMIT_MAX_RANK] = {0};
    uint64_t box[EMIT_MAX_RANK];
    for (int i = 0; i < EMIT_MAX_RANK; i++)
        box[i] = i < layout.rank && layout.shape[i] > 3 ? 4 : 1;
    emit_h5_read_box(file, &layout, start, box, values, &error);
}

/* Calls everything on the file; nothing but a crash can fail. */
static void use_file(const char *path)
{
    static const char *const names[] = {"/reflectance", "/location/glt_x", "/downtrack",
                                        "/sensor_band_parameters/labels",
                                        "/sensor_band_parameters/wavelengths"};
    struct emit_h5 *file = NULL;
    struct emit_pair *pairs = NULL;
    char **list = NULL;
    size_t count = 0;
    if (emit_h5_open(path, &file, &error) != EMIT_OK)
        return;
    emit_h5_list(file, "/", &list, &count, &error);
    free(list);
    emit_h5_root_attributes(file, &pairs, &count, &error);
    free(pairs);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        use_variable(file, names[i]);
    emit_h5_close(file);
}

static void truncated_files_are_refused(void **state)
{
    (void)state;
    write_granule();
    size_t size;
    unsigned char *bytes = file_bytes(local_path, &size);
    for (size_t length = 0; length < size; length += length < 2048 ? 1 : 61)
    {
        put_bytes(bytes, length);
        assert_int_equal(open_status(memory_path),
                         length < 8 ? EMIT_NOT_A_GRANULE : EMIT_ERROR_FILE);
        assert_message_has(memory_path);
        if (length >= 2048)
            assert_message_has("truncated");
    }
    CPLFree(bytes);
}

static void truncated_files_that_claim_to_be_whole_do_no_harm(void **state)
{
    (void)state;
    const hid_t file = new_file();
    add_list(file, "first", H5T_STD_I32LE, 64);
    add_list(file, "last", H5T_STD_I32LE, 63);
    H5Fclose(file);
    size_t size;
    unsigned char *bytes = file_bytes(local_path, &size);
    const size_t end_at = 40; /* of the end-of-file address in a superblock of version 0 */
    unsigned too_short = 0;
    for (size_t length = 512; length < size; length += 13)
    {
        for (size_t i = 0; i < 8; i++)
            bytes[end_at + i] = (unsigned char)(i < 4 ? length >> (8 * i) : 0);
        put_bytes(bytes, length);
        use_file(memory_path);
        struct emit_h5 *h5 = NULL;
        struct emit_layout layout;
        if (emit_h5_open(memory_path, &h5, &error) == EMIT_OK &&
            emit_h5_layout(h5, "/last", &layout, &error) == EMIT_ERROR_FILE)
            too_short++;
        emit_h5_close(h5);
    }
    assert_true(too_short > 0);
    CPLFree(bytes);
}

static void chunks_behind_the_end_are_refused(void **state)
{
    (void)state;
    write_cube(&index_kinds[0], 7);
    struct emit_h5 *h5 = open_local();
    struct emit_layout layout = layout_of(h5, "/cube");
    uint64_t count;
    struct emit_chunk *chunks = chunks_of(h5, &layout, &count);
    uint64_t last = 0;
    for (uint64_t i = 0; i < count; i++)
        last = chunks[i].offset > last ? chunks[i].offset : last;
    emit_h5_close(h5);
    size_t size;
    unsigned char *bytes = file_bytes(local_path, &size);
    const size_t length = (size_t)last + 10;
    assert_true(length < size);
    for (size_t i = 0; i < 8; i++)
        bytes[40 + i] = (unsigned char)(i < 4 ? length >> (8 * i) : 0);
    put_bytes(bytes, length);
    h5 = open_path(memory_path);
    layout = layout_of(h5, "/cube");
    assert_int_equal(emit_h5_chunks(h5, &layout, chunks, &error), EMIT_ERROR_FILE);
    assert_message_has("/cube");
    emit_h5_close(h5);
    CPLFree(bytes);
    free(chunks);
}

static void no_changed_byte_does_harm(void **state)
{
    (void)state;
    write_granule();
    size_t size;
    unsigned char *bytes = file_bytes(local_path, &size);
    for (size_t i = 0; i < size; i += 7)
    {
        const unsigned char before = bytes[i];
        bytes[i] = (unsigned char)(i % 2 == 0 ? ~before : before ^ 1);
        put_bytes(bytes, size);
        use_file(memory_path);
        bytes[i] = before;
    }
    CPLFree(bytes);
}

/* ---- All ------------------------------------------------------------------------------------ */

static int make_directory(void **state)
{
    (void)state;
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(local_path, sizeof local_path, "%s/written.h5", directory);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5Fclose(new_file());
    return open_status(local_path) == EMIT_OK ? 0 : -1; /* registers the file driver for good */
}

static int remove_directory(void **state)
{
    (void)state;
    VSIUnlink(memory_path);
    unlink(local_path);
    return rmdir(directory);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, count_handles, compare_handles)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_missing_file_is_named),
        TEST(files_without_the_signature_are_no_granules),
        TEST(a_directory_is_no_granule),
        TEST(garbage_behind_the_signature_is_damage),
        TEST(the_signature_may_follow_a_user_block),
        TEST(closing_nothing_is_fine),
        TEST(nothing_is_printed_and_the_callers_printer_stays),
        TEST(only_datasets_are_had),
        TEST(lists_are_sorted_and_hold_datasets_alone),
        TEST(names_too_long_for_a_layout_are_not_listed),
        TEST(too_many_entries_are_refused),
        TEST(links_into_other_files_are_refused),
        TEST(every_number_type_is_known_in_both_orders),
        TEST(other_types_are_refused),
        TEST(other_shapes_are_refused),
        TEST(fill_values_are_of_the_variables_type),
        TEST(dimensions_have_netcdfs_names),
        TEST(dimensions_without_scales_have_no_name),
        TEST(contiguous_values_are_where_the_layout_says),
        TEST(unwritten_contiguous_values_have_no_place),
        TEST(chunks_are_found_through_every_kind_of_index),
        TEST(grown_and_shrunk_variables_keep_their_chunks),
        TEST(room_to_grow_is_no_chunk),
        TEST(many_chunks_are_found_quickly),
        TEST(chunks_cut_by_the_edge_count_in_full),
        TEST(chunks_are_asked_of_chunked_variables_only),
        TEST(too_many_chunks_are_refused),
        TEST(known_filters_are_listed_in_the_order_of_writing),
        TEST(what_we_cannot_decode_is_left_to_the_library),
        TEST(compact_values_are_left_to_the_library),
        TEST(values_in_other_files_are_refused),
        TEST(boxes_hold_the_values_asked_for_in_machine_order),
        TEST(boxes_outside_are_refused),
        TEST(lists_of_numbers_have_a_limit),
        TEST(strings_of_every_kind_are_read),
        TEST(netcdf_strings_are_read),
        TEST(conversions_of_others_stay_in_use),
        TEST(only_valid_utf8_stays),
        TEST(strings_have_limits),
        TEST(attributes_become_text),
        TEST(overlong_attributes_have_no_text),
        TEST(attributes_give_numbers),
        TEST(root_attributes_keep_netcdfs_order),
        TEST(root_attributes_without_order_are_sorted),
        TEST(truncated_files_are_refused),
        TEST(truncated_files_that_claim_to_be_whole_do_no_harm),
        TEST(chunks_behind_the_end_are_refused),
        TEST(no_changed_byte_does_harm),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
