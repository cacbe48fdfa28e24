/* SPDX-License-Identifier: MIT */
#include "h5support.h"

#include <netcdf.h>
#include <stdlib.h>
#include <string.h>

static void assert_attribute(struct emit_h5 *file, const char *name, const char *expected)
{
    const char *text = emit_h5_attribute(file, "/", name);
    if (text == NULL || expected == NULL)
        assert_ptr_equal(text, expected);
    else
        assert_string_equal(text, expected);
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
    const struct emit_pair *pairs = NULL;
    size_t read = 0;
    assert_int_equal(emit_h5_root_attributes(h5, &pairs, &read, &last_error), EMIT_OK);
    assert_int_equal(read, count);
    for (size_t i = 0; i < count; i++)
    {
        assert_string_equal(pairs[i].key, expected[i][0]);
        assert_string_equal(pairs[i].value, expected[i][1]);
    }
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

/* ---- Types ---------------------------------------------------------------------------------- */

static void add_value(hid_t file, hid_t type)
{
    static const char zeros[512];
    static int count;
    char name[16];
    snprintf(name, sizeof name, "type %d", count++);
    add_attribute(file, name, type, 0, zeros);
}

/* Types with names of lengths around multiples of 8, to which old versions pad them. */
static void add_types_with_names(hid_t file)
{
    const char *const names[] = {"x", "seven c", "eight ch", "nine char"};
    const hid_t compound = H5Tcreate(H5T_COMPOUND, 300);
    const hid_t choice = H5Tenum_create(H5T_STD_I16BE);
    const hid_t opaque = H5Tcreate(H5T_OPAQUE, 5);
    const hid_t text = string_type(11, H5T_STR_NULLPAD, H5T_CSET_UTF8);
    for (int16_t i = 0; i < 4; i++)
    {
        H5Tinsert(compound, names[i], (size_t)i * 16, i == 2 ? text : H5T_IEEE_F64BE);
        H5Tenum_insert(choice, names[i], &i);
    }
    H5Tinsert(compound, "far", 270, choice);
    H5Tset_tag(opaque, "a tag");
    add_value(file, compound);
    add_value(file, choice);
    add_value(file, opaque);
    H5Tclose(compound);
    H5Tclose(choice);
    H5Tclose(opaque);
    H5Tclose(text);
}

/* A list of lists of ... of integers. */
static hid_t nested_type(unsigned depth)
{
    hid_t type = H5Tcopy(H5T_STD_I32LE);
    for (unsigned i = 0; i < depth; i++)
    {
        const hid_t inner = type;
        type = H5Tvlen_create(inner);
        H5Tclose(inner);
    }
    return type;
}

/* A list of arrays of records. */
static void add_mixed_type(hid_t file)
{
    const hid_t record = H5Tcreate(H5T_COMPOUND, 4);
    H5Tinsert(record, "member", 0, H5T_STD_I32LE);
    const hid_t array = H5Tarray_create2(record, 2, (const hsize_t[]){3, 2});
    const hid_t list = H5Tvlen_create(array);
    add_value(file, list);
    H5Tclose(list);
    H5Tclose(array);
    H5Tclose(record);
}

/* Writes a file with attributes of many types and "title"; whether the title can be read. */
static bool reads_beside(bool latest, unsigned depth)
{
    const hid_t simple[] = {H5T_STD_U8LE,  H5T_IEEE_F32LE, H5T_UNIX_D32LE,
                            H5T_STD_B16LE, H5T_C_S1,       H5T_STD_REF_OBJ};
    const hid_t file = create_file((struct file_kind){.latest = latest});
    const hid_t nested = nested_type(depth);
    for (size_t i = 0; i < sizeof simple / sizeof *simple; i++)
        add_value(file, simple[i]);
    add_types_with_names(file);
    add_mixed_type(file);
    add_value(file, nested);
    add_text(file, "title", "EMIT");
    H5Tclose(nested);
    H5Fclose(file);
    struct emit_h5 *h5;
    if (emit_h5_open(local_path, NULL, &h5, NULL) != EMIT_OK)
        return false;
    const char *title = emit_h5_attribute(h5, "/", "title");
    const bool is_read =
        title != NULL && strcmp(title, "EMIT") == 0 && emit_h5_check(h5, NULL) == EMIT_OK;
    emit_h5_close(h5);
    return is_read;
}

static void types_of_all_classes_are_valid_unless_nested_too_deeply(void **state)
{
    (void)state;
    for (int latest = 0; latest <= 1; latest++)
    {
        assert_true(reads_beside(latest, 0));
        assert_true(reads_beside(latest, 32));
        assert_false(reads_beside(latest, 33));
        assert_false(reads_beside(latest, 500));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(attributes_become_text),
        TEST(overlong_attributes_have_no_text),
        TEST(attributes_give_numbers),
        TEST(root_attributes_keep_netcdfs_order),
        TEST(root_attributes_without_order_are_sorted),
        TEST(types_of_all_classes_are_valid_unless_nested_too_deeply),
    };
    return cmocka_run_group_tests(tests, begin_h5, end_h5);
}
