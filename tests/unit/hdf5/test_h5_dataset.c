/* SPDX-License-Identifier: MIT */
#include "h5support.h"

#include <cpl_conv.h>
#include <hdf5_hl.h>
#include <netcdf.h>
#include <string.h>

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
        const double *values = NULL;
        size_t count = 0;
        assert_int_equal(emit_h5_read_doubles(h5, "/v", 7, &values, &count, &last_error), EMIT_OK);
        assert_int_equal(count, 7);
        assert_true(values[6] == 16.0);
        emit_h5_close(h5);
    }
}

static void enumerations_are_numbers(void **state)
{
    (void)state;
    const hsize_t length = 3;
    const hid_t mode = H5Tenum_create(H5T_STD_I16BE);
    const int16_t stored[3] = {300, -2, 300};
    H5Tenum_insert(mode, "OFF", &(unsigned char[2]){0xff, 0xfe});
    H5Tenum_insert(mode, "ON", &(unsigned char[2]){0x01, 0x2c});
    const hid_t file = new_file();
    const hid_t dataset = add_dataset(file, "v", mode, 1, &length, NULL, H5P_DEFAULT);
    const hid_t native = H5Tget_native_type(mode, H5T_DIR_DEFAULT);
    assert_true(H5Dwrite(dataset, native, H5S_ALL, H5S_ALL, H5P_DEFAULT, stored) >= 0);
    H5Tclose(native);
    H5Dclose(dataset);
    H5Tclose(mode);
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    const double *values = NULL;
    size_t count = 0;
    assert_int_equal(layout_of(h5, "/v").type, EMIT_INT16);
    assert_int_equal(emit_h5_read_doubles(h5, "/v", 3, &values, &count, &last_error), EMIT_OK);
    for (size_t i = 0; i < 3; i++)
        assert_true(values[i] == stored[i]);
    emit_h5_close(h5);
}

static void other_types_are_refused(void **state)
{
    (void)state;
    const hsize_t length = 6;
    const hid_t text = string_type(5, H5T_STR_NULLTERM, H5T_CSET_ASCII);
    const hid_t half = H5Tcopy(H5T_IEEE_F32LE);
    const hid_t narrow = H5Tcopy(H5T_STD_I16LE);
    const hid_t pair = H5Tcreate(H5T_COMPOUND, 8);
    const hid_t array = H5Tarray_create2(H5T_STD_I16LE, 1, &length);
    H5Tset_fields(half, 15, 10, 5, 0, 10);
    H5Tset_size(half, 2);
    H5Tset_precision(narrow, 12);
    const hid_t mode = H5Tenum_create(narrow);
    H5Tenum_insert(mode, "ON", &(int16_t){1});
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
        const double *values = NULL;
        size_t count = 0;
        assert_layout_fails(h5, cases[i].name, EMIT_ERROR_FORMAT);
        assert_int_equal(emit_h5_read_doubles(h5, cases[i].name, 99, &values, &count, &last_error),
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
    assert_true(layout.encoding.has_fill);
    assert_memory_equal(layout.encoding.fill, &nodata, sizeof nodata);
    memcpy(&value, layout.default_fill, sizeof value);
    assert_int_equal(value, -3);
    assert_true(layout_of(h5, "/scalar").encoding.has_fill);
    const char *const without[] = {"/other_type", "/two", "/text", "/undefined"};
    for (size_t i = 0; i < 4; i++)
    {
        layout = layout_of(h5, without[i]);
        assert_false(layout.encoding.has_fill);
        assert_memory_equal(layout.encoding.fill, "\0\0\0\0\0\0\0", 8);
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
    assert_int_equal(emit_h5_read_box(h5, &layout, last, one, &value, &last_error), EMIT_OK);
    assert_true(value == 0.0f);
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

/* Writes a list of 13 values in chunks of 4, with the filters that "letters" name. */
static void write_filtered(const char *letters, int values[13])
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
    for (int i = 0; i < 13; i++)
        values[i] = 3 * i;
    assert_true(H5Dwrite(dataset, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(dataset);
    H5Fclose(file);
}

/* The layout of such a list, which must be readable. */
static struct emit_layout layout_with_filters(const char *letters)
{
    int values[13];
    write_filtered(letters, values);
    struct emit_h5 *h5 = open_local();
    const struct emit_layout layout = layout_of(h5, "/v");
    int read[5] = {0};
    assert_int_equal(
        emit_h5_read_box(h5, &layout, &(uint64_t){7}, &(uint64_t){5}, read, &last_error), EMIT_OK);
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
    layout = layout_with_filters("ffffffff");
    assert_int_equal(layout.storage, EMIT_STORAGE_CHUNKED);
    assert_int_equal(layout.filter_count, 8);
}

static void unsupported_filters_are_left_to_the_library(void **state)
{
    (void)state;
    H5Zregister(&unknown_filter);
    const char *const pipelines[] = {"x", "sdx", "n", "o", "od", "fffffffff", "sde"};
    for (size_t i = 0; i < sizeof pipelines / sizeof pipelines[0]; i++)
    {
        print_message("             %s\n", pipelines[i]);
        assert_int_equal(layout_with_filters(pipelines[i]).storage, EMIT_STORAGE_LIBRARY);
    }
    H5Zunregister(300);
}

/* Each deflate filter can make a thousand bytes of one. */
static void values_deflated_more_than_once_are_refused(void **state)
{
    (void)state;
    H5Zregister(&unknown_filter);
    const char *const pipelines[] = {"dd", "dsd", "dxd", "ddddddddd"};
    for (size_t i = 0; i < sizeof pipelines / sizeof pipelines[0]; i++)
    {
        int values[13];
        write_filtered(pipelines[i], values);
        struct emit_h5 *h5 = open_local();
        assert_layout_fails(h5, "/v", EMIT_ERROR_FORMAT);
        assert_message_has("deflated");
        emit_h5_close(h5);
    }
    H5Zunregister(300);
}

/* The filter trusts its own number of values, whatever the chunk size. */
static void scaleoffset_fits_the_chunks(void **state)
{
    (void)state;
    const hsize_t length = 13;
    const hsize_t chunk = 4;
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(properties, 1, &chunk);
    H5Pset_scaleoffset(properties, H5Z_SO_INT, 0);
    const hid_t file = new_file(); /* has no checksums */
    H5Dclose(add_dataset(file, "v", H5T_STD_I32LE, 1, &length, NULL, properties));
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    assert_int_equal(layout_of(h5, "/v").storage, EMIT_STORAGE_LIBRARY);
    emit_h5_close(h5);

    static const unsigned char parameters[12] = {H5Z_SO_INT, 0, 0, 0, 0, 0, 0, 0, 4};
    size_t size, at = 0;
    unsigned char *bytes = file_bytes(local_path, &size);
    while (at + sizeof parameters < size && memcmp(bytes + at, parameters, sizeof parameters) != 0)
        at++;
    bytes[at + 11] = 1; /* 2^24 more */
    put_bytes(bytes, size);
    CPLFree(bytes);
    h5 = open_path(memory_path);
    struct emit_layout layout;
    assert_int_equal(emit_h5_layout(h5, "/v", &layout, &last_error), EMIT_ERROR_FORMAT);
    assert_message_has("scaleoffset");
    emit_h5_close(h5);
}

/* One chunk is written of a grid that a larger file could have. */
static void small_files_have_few_chunks(void **state)
{
    (void)state;
    const hsize_t most = ((hsize_t)1 << 20);
    const hid_t file = new_file();
    for (int i = 0; i < 2; i++)
    {
        const hsize_t length = i == 0 ? most : 2 * most;
        const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_chunk(properties, 1, &(hsize_t){1});
        H5Dclose(
            add_dataset(file, i == 0 ? "few" : "many", H5T_STD_U8LE, 1, &length, NULL, properties));
    }
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    assert_int_equal(layout_of(h5, "/few").chunk_counts[0], most);
    assert_layout_fails(h5, "/many", EMIT_ERROR_FORMAT);
    emit_h5_close(h5);
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
    assert_int_equal(
        emit_h5_read_box(h5, &layout, &(uint64_t){2}, &(uint64_t){4}, read, &last_error), EMIT_OK);
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
    assert_int_equal(emit_h5_layout(h5, "/virtual", &layout, &last_error), EMIT_ERROR_FORMAT);
    assert_non_null(strstr(last_error.message, "another file"));
    assert_int_equal(emit_h5_layout(h5, "/external", &layout, &last_error), EMIT_ERROR_FORMAT);
    assert_non_null(strstr(last_error.message, "another file"));
    emit_h5_close(h5);
}

/* ---- All ------------------------------------------------------------------------------------ */

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_number_type_is_known_in_both_orders),
        TEST(enumerations_are_numbers),
        TEST(other_types_are_refused),
        TEST(other_shapes_are_refused),
        TEST(fill_values_are_of_the_variables_type),
        TEST(dimensions_have_netcdfs_names),
        TEST(dimensions_without_scales_have_no_name),
        TEST(contiguous_values_are_where_the_layout_says),
        TEST(unwritten_contiguous_values_have_no_place),
        TEST(known_filters_are_listed_in_the_order_of_writing),
        TEST(unsupported_filters_are_left_to_the_library),
        TEST(values_deflated_more_than_once_are_refused),
        TEST(scaleoffset_fits_the_chunks),
        TEST(small_files_have_few_chunks),
        TEST(compact_values_are_left_to_the_library),
        TEST(values_in_other_files_are_refused),
    };
    return cmocka_run_group_tests(tests, begin_h5, end_h5);
}
