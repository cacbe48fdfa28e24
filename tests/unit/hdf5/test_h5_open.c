/* SPDX-License-Identifier: MIT */
#include "core/hdf5/h5_internal.h"

#include "h5support.h"

#include <cpl_conv.h>
#include <netcdf.h>
#include <stdlib.h>

/* ---- Opening -------------------------------------------------------------------------------- */

static void a_missing_file_is_named(void **state)
{
    (void)state;
    assert_int_equal(open_status("/nowhere/emit.nc"), EMIT_ERROR_FILE);
    assert_string_equal(last_error.message,
                        "cannot open /nowhere/emit.nc: No such file or directory");
    assert_int_equal(open_status("/vsimem/nowhere.nc"), EMIT_ERROR_FILE);
    assert_message_has("/vsimem/nowhere.nc");
    assert_int_equal(emit_h5_open("/nowhere/emit.nc", NULL, &(struct emit_h5 *){NULL}, NULL),
                     EMIT_ERROR_FILE);
}

static void files_without_the_signature_are_not_granules(void **state)
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

static void a_directory_is_not_a_granule(void **state)
{
    (void)state;
    const enum emit_status status = open_status(test_folder());
    assert_true(status == EMIT_NOT_A_GRANULE || status == EMIT_ERROR_FILE);
}

static void garbage_after_the_signature_is_damage(void **state)
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

static void closing_null_is_allowed(void **state)
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

struct handler
{
    H5E_auto2_t call;
    void *data;
};

static void call_handler(void *context, size_t i)
{
    const struct handler *handler = context;
    (void)i;
    handler->call(H5E_DEFAULT, handler->data);
}

/* The calls of a library without thread-safety, and of one that restores the handler too late. */
static void failures_of_other_threads_are_not_recorded(void **state)
{
    (void)state;
    H5Fclose(new_file());
    struct emit_h5 *file = open_local();
    struct handler handler;
    emit_h5_lock(file);
    assert_true(H5Eget_auto2(H5E_DEFAULT, &handler.call, &handler.data) >= 0);
    run_together(3, call_handler, &handler);
    emit_h5_unlock();
    assert_int_equal(emit_h5_check(file, NULL), EMIT_OK);
    emit_h5_close(file);
    call_handler(&handler, 0);
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
    const char *const *strings = NULL;
    const double *numbers = NULL;
    size_t count = 0;
    emit_h5_read_strings(file, name, 16, &strings, &count, &last_error);
    emit_h5_read_doubles(file, name, 16, &numbers, &count, &last_error);
    emit_h5_attribute(file, name, "units");
    if (emit_h5_layout(file, name, &layout, &last_error) != EMIT_OK)
        return;
    uint64_t chunk_count = 1;
    for (int i = 0; i < layout.rank && layout.storage == EMIT_STORAGE_CHUNKED; i++)
        chunk_count *= layout.chunk_counts[i];
    if (layout.storage == EMIT_STORAGE_CHUNKED && chunk_count < 4096)
    {
        struct emit_chunk *chunks = malloc(chunk_count * sizeof *chunks);
        emit_h5_chunks(file, &layout, chunks, &last_error);
        free(chunks);
    }
    double values[64];
    uint64_t start[EMIT_MAX_RANK] = {0};
    uint64_t box[EMIT_MAX_RANK];
    for (int i = 0; i < EMIT_MAX_RANK; i++)
        box[i] = i < layout.rank && layout.shape[i] > 3 ? 4 : 1;
    emit_h5_read_box(file, &layout, start, box, values, &last_error);
}

/* Calls every function on the file; only a crash fails the test. */
static void use_file(const char *path)
{
    static const char *const names[] = {"/reflectance", "/location/glt_x", "/downtrack",
                                        "/sensor_band_parameters/labels",
                                        "/sensor_band_parameters/wavelengths"};
    struct emit_h5 *file = NULL;
    const struct emit_pair *pairs = NULL;
    const char *const *list = NULL;
    size_t count = 0;
    if (emit_h5_open(path, NULL, &file, &last_error) != EMIT_OK)
        return;
    emit_h5_root_datasets(file, &list, &count, &last_error);
    emit_h5_root_attributes(file, &pairs, &count, &last_error);
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

static void truncated_files_that_claim_to_be_whole_do_not_crash(void **state)
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
        if (emit_h5_open(memory_path, NULL, &h5, &last_error) == EMIT_OK &&
            emit_h5_layout(h5, "/last", &layout, &last_error) == EMIT_ERROR_FILE)
            too_short++;
        emit_h5_close(h5);
    }
    assert_true(too_short > 0);
    CPLFree(bytes);
}

static void no_changed_byte_crashes(void **state)
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_missing_file_is_named),
        TEST(files_without_the_signature_are_not_granules),
        TEST(a_directory_is_not_a_granule),
        TEST(garbage_after_the_signature_is_damage),
        TEST(the_signature_may_follow_a_user_block),
        TEST(closing_null_is_allowed),
        TEST(nothing_is_printed_and_the_callers_printer_stays),
        TEST(failures_of_other_threads_are_not_recorded),
        TEST(truncated_files_are_refused),
        TEST(truncated_files_that_claim_to_be_whole_do_not_crash),
        TEST(no_changed_byte_crashes),
    };
    return cmocka_run_group_tests(tests, begin_h5, end_h5);
}
