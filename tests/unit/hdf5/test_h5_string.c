/* SPDX-License-Identifier: MIT */
#include "h5support.h"

#include <cpl_conv.h>
#include <netcdf.h>
#include <stdlib.h>
#include <string.h>

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
    const char *const *strings = NULL;
    size_t read = 0;
    if (emit_h5_read_strings(file, name, 100, &strings, &read, &last_error) != EMIT_OK)
        fail_msg("%s", last_error.message);
    assert_int_equal(read, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(strings[i], expected[i]);
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

static void characters_are_strings_of_their_last_dimension(void **state)
{
    (void)state;
    int file, dimensions[2], list, single;
    assert_int_equal(nc_create(local_path, NC_NETCDF4 | NC_CLOBBER, &file), NC_NOERR);
    nc_def_dim(file, "minerals", 3, &dimensions[0]);
    nc_def_dim(file, "length", 5, &dimensions[1]);
    nc_def_var(file, "list", NC_CHAR, 2, dimensions, &list);
    nc_def_var(file, "single", NC_CHAR, 1, &dimensions[1], &single);
    nc_put_var_text(file, list, "ab\0\0\0c d  wxyz!");
    nc_put_var_text(file, single, "cloud");
    assert_int_equal(nc_close(file), NC_NOERR);
    struct emit_h5 *h5 = open_local();
    const char *const *strings = NULL;
    size_t count = 0;
    assert_strings(h5, "/list", 3, (const char *[]){"ab", "c d", "wxyz!"});
    assert_strings(h5, "/single", 1, (const char *[]){"cloud"});
    EXPECT_ERROR(EMIT_ERROR_FORMAT,
                 emit_h5_read_strings(h5, "/list", 2, &strings, &count, &last_error), local_path,
                 "list", "3 strings of 5 characters");
    emit_h5_close(h5);
}

/* A conversion such as h5py's, which turns strings into opaque pointers to its own objects. */
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
    const char *const *strings = NULL;
    size_t count = 0;
    const char *const refused[] = {"/long", "/fixed", "/plane", "/numbers", "/three", "/absent"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    {
        assert_int_equal(emit_h5_read_strings(h5, refused[i], 2, &strings, &count, &last_error),
                         EMIT_ERROR_FORMAT);
        assert_null(strings);
        assert_message_has(refused[i]);
    }
    assert_strings(h5, "/fitting", 1, fitting);
    emit_h5_close(h5);
    free(text);
}

/* Puts a collection of "nbytes" bytes at "at", whose only object has number 1. */
static void put_collection(unsigned char *bytes, size_t at, size_t nbytes)
{
    static const unsigned char head[] = {'G', 'C', 'O', 'L', 1};
    memset(bytes + at, 0, 32);
    memcpy(bytes + at, head, sizeof head);
    for (unsigned i = 0; i < 8; i++)
    {
        bytes[at + 8 + i] = (unsigned char)(nbytes >> 8 * i);
        bytes[at + 24 + i] = (unsigned char)((nbytes - 32) >> 8 * i);
    }
    bytes[at + 16] = 1;
}

/* Writes a table of "count" strings, which are then changed to lie by turns in "heap_count"
 * collections of "heap_nbytes" bytes that overlap; each has "nbytes" bytes. Returns what reading
 * them ends with. */
static enum emit_status read_crafted_strings(size_t count, size_t heap_count, size_t heap_nbytes,
                                             size_t nbytes)
{
    const char *strings[400];
    assert_true(count <= 400);
    for (size_t i = 0; i < count; i++)
        strings[i] = "xy";
    const hid_t file = new_file();
    write_strings(file, "v", string_type(H5T_VARIABLE, H5T_STR_NULLTERM, H5T_CSET_UTF8), count,
                  strings);
    const hid_t dataset = H5Dopen2(file, "v", H5P_DEFAULT);
    const size_t references = (size_t)H5Dget_offset(dataset);
    H5Dclose(dataset);
    H5Fclose(file);
    size_t size;
    unsigned char *written = file_bytes(local_path, &size);
    unsigned char *crafted = calloc(1, size + heap_nbytes + 32 * heap_count);
    memcpy(crafted, written, size);
    for (size_t i = 0; i < heap_count; i++)
        put_collection(crafted, size + 32 * i, heap_nbytes);
    for (size_t i = 0; i < count; i++)
    {
        const size_t heap = size + 32 * (i % heap_count);
        unsigned char *reference = crafted + references + 16 * i;
        for (unsigned k = 0; k < 8; k++)
            reference[4 + k] = (unsigned char)(heap >> 8 * k);
        for (unsigned k = 0; k < 4; k++)
            reference[k] = (unsigned char)(nbytes >> 8 * k);
        memcpy(reference + 12, "\1\0\0", 4);
    }
    put_bytes(crafted, size + heap_nbytes + 32 * heap_count);
    free(crafted);
    CPLFree(written);
    struct emit_h5 *h5 = open_path(memory_path);
    const char *const *read = NULL;
    size_t read_count = 0;
    const enum emit_status status =
        emit_h5_read_strings(h5, "/v", count, &read, &read_count, &last_error);
    emit_h5_close(h5);
    return status;
}

static void few_strings_may_overlap(void **state)
{
    (void)state;
    assert_int_equal(read_crafted_strings(10, 1, 1 << 16, 60000), EMIT_OK);
    assert_int_equal(read_crafted_strings(100, 16, 1 << 16, 2), EMIT_OK);
}

/* Each of the 20 collections would be read again for each string. */
static void strings_from_overlapping_heaps_are_bounded(void **state)
{
    (void)state;
    assert_int_equal(read_crafted_strings(100, 20, 1 << 20, 2), EMIT_ERROR_FILE);
    assert_message_has("/v");
}

/* All strings are one object. */
static void copies_of_a_string_are_bounded(void **state)
{
    (void)state;
    assert_int_equal(read_crafted_strings(200, 1, 1 << 17, 65000), EMIT_OK);
    assert_int_equal(read_crafted_strings(400, 1, 1 << 17, 65000), EMIT_ERROR_FILE);
    assert_message_has("/v");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(strings_of_every_kind_are_read),
        TEST(netcdf_strings_are_read),
        TEST(characters_are_strings_of_their_last_dimension),
        TEST(conversions_of_others_stay_in_use),
        TEST(only_valid_utf8_stays),
        TEST(strings_have_limits),
        TEST(few_strings_may_overlap),
        TEST(strings_from_overlapping_heaps_are_bounded),
        TEST(copies_of_a_string_are_bounded),
    };
    return cmocka_run_group_tests(tests, begin_h5, end_h5);
}
