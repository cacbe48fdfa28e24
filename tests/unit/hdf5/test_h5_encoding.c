/* SPDX-License-Identifier: MIT */
/* Packing, fill values and sign: every attribute in the forms that writers use. */
#include "core/base/number.h"

#include "h5support.h"

#include <math.h>
#include <string.h>

/* A list of three values, which the caller gives attributes and closes. */
static hid_t add_variable(hid_t file, const char *name, hid_t type)
{
    const hsize_t length = 3;
    return add_dataset(file, name, type, 1, &length, NULL, H5P_DEFAULT);
}

static struct emit_encoding encoding_of(struct emit_h5 *h5, const char *name)
{
    return layout_of(h5, name).encoding;
}

/* ---- Packing -------------------------------------------------------------------------------- */

static void scale_and_offset_are_numbers_of_any_type(void **state)
{
    (void)state;
    const hid_t file = new_file();
    hid_t dataset = add_variable(file, "double", H5T_STD_I16LE);
    add_attribute(dataset, "scale_factor", H5T_NATIVE_DOUBLE, 1, &(double){0.1});
    add_attribute(dataset, "add_offset", H5T_NATIVE_DOUBLE, 0, &(double){-2.5});
    H5Dclose(dataset);
    dataset = add_variable(file, "float", H5T_STD_U8LE);
    add_attribute(dataset, "scale_factor", H5T_NATIVE_FLOAT, 0, &(float){0.1F});
    H5Dclose(dataset);
    dataset = add_variable(file, "integer", H5T_IEEE_F32LE);
    add_attribute(dataset, "add_offset", H5T_NATIVE_SHORT, 1, &(short){-300});
    H5Dclose(dataset);
    H5Dclose(add_variable(file, "neither", H5T_STD_I32LE));
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    struct emit_encoding encoding = encoding_of(h5, "/double");
    assert_true(encoding.scaled && encoding.scale == 0.1 && encoding.offset == -2.5);
    encoding = encoding_of(h5, "/float");
    assert_true(encoding.scaled && encoding.scale == (double)0.1F && encoding.offset == 0.0);
    encoding = encoding_of(h5, "/integer");
    assert_true(encoding.scaled && encoding.scale == 1.0 && encoding.offset == -300.0);
    encoding = encoding_of(h5, "/neither");
    assert_true(!encoding.scaled && encoding.scale == 1.0 && encoding.offset == 0.0);
    assert_null(encoding.defect);
    emit_h5_close(h5);
}

static void what_cannot_be_unpacked_is_refused_when_it_is_used(void **state)
{
    static const double two[2] = {1.0, 2.0};
    static const struct
    {
        const char *name;
        const char *attribute;
        hsize_t count;
        double value;
    } cases[] = {{"/zero", "scale_factor", 1, 0.0},
                 {"/nan", "scale_factor", 0, NAN},
                 {"/infinite", "add_offset", 1, INFINITY}};
    (void)state;
    const hid_t file = new_file();
    for (size_t i = 0; i < COUNT_OF(cases); i++)
    {
        const hid_t dataset = add_variable(file, cases[i].name, H5T_STD_I16LE);
        add_attribute(dataset, cases[i].attribute, H5T_NATIVE_DOUBLE, cases[i].count,
                      &cases[i].value);
        H5Dclose(dataset);
    }
    hid_t dataset = add_variable(file, "text", H5T_STD_I16LE);
    add_text(dataset, "scale_factor", "0.1");
    H5Dclose(dataset);
    dataset = add_variable(file, "list", H5T_STD_I16LE);
    add_attribute(dataset, "add_offset", H5T_NATIVE_DOUBLE, 2, two);
    H5Dclose(dataset);
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    const char *const names[] = {"/zero", "/nan", "/infinite", "/text", "/list"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
    {
        const char *attribute = i == 2 || i == 4 ? "add_offset" : "scale_factor";
        const struct emit_encoding encoding = encoding_of(h5, names[i]);
        const double *values = NULL;
        size_t count = 0;
        EXPECT_ERROR(EMIT_ERROR_FORMAT,
                     emit_h5_check_encoding(h5, names[i], &encoding, &last_error), local_path,
                     names[i], attribute);
        EXPECT_ERROR(EMIT_ERROR_FORMAT,
                     emit_h5_read_doubles(h5, names[i], 9, &values, &count, &last_error),
                     local_path, names[i], attribute);
        assert_null(values);
    }
    emit_h5_close(h5);
}

static void lists_are_read_unpacked(void **state)
{
    static const short codes[3] = {-4, 100, 7};
    (void)state;
    const hid_t file = new_file();
    const hid_t dataset = add_variable(file, "v", H5T_STD_I16BE);
    add_attribute(dataset, "scale_factor", H5T_NATIVE_DOUBLE, 1, &(double){0.25});
    add_attribute(dataset, "add_offset", H5T_NATIVE_DOUBLE, 1, &(double){400.0});
    add_attribute(dataset, "_FillValue", H5T_NATIVE_SHORT, 1, &codes[1]);
    H5Dwrite(dataset, H5T_NATIVE_SHORT, H5S_ALL, H5S_ALL, H5P_DEFAULT, codes);
    H5Dclose(dataset);
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    const double *values = NULL;
    size_t count = 0;
    EXPECT_OK(emit_h5_read_doubles(h5, "/v", 3, &values, &count, &last_error));
    assert_int_equal(count, 3);
    assert_true(values[0] == 399.0 && isnan(values[1]) && values[2] == 401.75);
    emit_h5_close(h5);
}

/* ---- Missing values ------------------------------------------------------------------------- */

static void fill_values_of_other_types_are_converted_if_that_is_exact(void **state)
{
    (void)state;
    const hid_t file = new_file();
    hid_t dataset = add_variable(file, "float", H5T_IEEE_F32LE);
    add_attribute(dataset, "_FillValue", H5T_NATIVE_DOUBLE, 1, &(double){-9999.0});
    H5Dclose(dataset);
    dataset = add_variable(file, "short", H5T_STD_I16LE);
    add_attribute(dataset, "_FillValue", H5T_NATIVE_LLONG, 1, &(long long){-32768});
    H5Dclose(dataset);
    dataset = add_variable(file, "beyond", H5T_STD_I16LE);
    add_attribute(dataset, "_FillValue", H5T_NATIVE_INT, 1, &(int){40000});
    H5Dclose(dataset);
    dataset = add_variable(file, "inexact", H5T_STD_U64LE);
    add_attribute(dataset, "_FillValue", H5T_NATIVE_LLONG, 1, &(long long){INT64_MAX});
    H5Dclose(dataset);
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    struct emit_encoding encoding = encoding_of(h5, "/float");
    assert_true(encoding.has_fill && emit_number_get(EMIT_FLOAT32, encoding.fill) == -9999.0);
    encoding = encoding_of(h5, "/short");
    assert_true(encoding.has_fill && emit_number_get(EMIT_INT16, encoding.fill) == -32768.0);
    assert_false(encoding_of(h5, "/beyond").has_fill);
    assert_false(encoding_of(h5, "/inexact").has_fill);
    emit_h5_close(h5);
}

static void missing_value_counts_without_a_fill_value_or_must_equal_it(void **state)
{
    (void)state;
    const hid_t file = new_file();
    hid_t dataset = add_variable(file, "alone", H5T_STD_I16LE);
    add_attribute(dataset, "missing_value", H5T_NATIVE_SHORT, 1, &(short){-7});
    H5Dclose(dataset);
    dataset = add_variable(file, "equal", H5T_IEEE_F64LE);
    add_attribute(dataset, "missing_value", H5T_NATIVE_DOUBLE, 1, &(double){-1.5});
    add_attribute(dataset, "_FillValue", H5T_NATIVE_DOUBLE, 1, &(double){-1.5});
    H5Dclose(dataset);
    dataset = add_variable(file, "other", H5T_STD_I16LE);
    add_attribute(dataset, "missing_value", H5T_NATIVE_SHORT, 1, &(short){-7});
    add_attribute(dataset, "_FillValue", H5T_NATIVE_SHORT, 1, &(short){-8});
    H5Dclose(dataset);
    dataset = add_variable(file, "left_over", H5T_STD_I16LE); /* from before packing */
    add_attribute(dataset, "missing_value", H5T_NATIVE_FLOAT, 1, &(float){-9999.0F});
    add_attribute(dataset, "_FillValue", H5T_NATIVE_SHORT, 1, &(short){-8});
    add_attribute(dataset, "scale_factor", H5T_NATIVE_FLOAT, 1, &(float){0.5F});
    H5Dclose(dataset);
    dataset = add_variable(file, "wide", H5T_IEEE_F32LE); /* as Python's numbers become */
    add_attribute(dataset, "missing_value", H5T_NATIVE_DOUBLE, 1, &(double){1e20});
    H5Dclose(dataset);
    dataset = add_variable(file, "narrow", H5T_STD_I32LE);
    add_attribute(dataset, "missing_value", H5T_NATIVE_SHORT, 1, &(short){-99});
    add_attribute(dataset, "_FillValue", H5T_NATIVE_INT, 1, &(int){0});
    H5Dclose(dataset);
    dataset = add_variable(file, "list", H5T_IEEE_F32LE);
    add_attribute(dataset, "missing_value", H5T_NATIVE_FLOAT, 2, (float[]){-1.0F, -2.0F});
    H5Dclose(dataset);
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    const struct emit_encoding alone = encoding_of(h5, "/alone");
    assert_true(alone.has_fill && emit_number_get(EMIT_INT16, alone.fill) == -7.0);
    assert_null(alone.defect);
    assert_null(encoding_of(h5, "/equal").defect);
    assert_non_null(strstr(encoding_of(h5, "/other").defect, "missing_value"));
    assert_null(encoding_of(h5, "/left_over").defect);
    const struct emit_encoding wide = encoding_of(h5, "/wide");
    assert_true(wide.has_fill && emit_number_get(EMIT_FLOAT32, wide.fill) == (double)1e20F);
    assert_non_null(strstr(encoding_of(h5, "/narrow").defect, "missing_value"));
    assert_non_null(strstr(encoding_of(h5, "/list").defect, "missing_value"));
    emit_h5_close(h5);
}

/* ---- Sign ----------------------------------------------------------------------------------- */

static void the_unsigned_attribute_chooses_the_twin_type(void **state)
{
    static const struct
    {
        const char *name;
        const char *text;
        enum emit_type type;
    } cases[] = {{"/true", "true", EMIT_UINT16},
                 {"/capital", "TRUE", EMIT_UINT16},
                 {"/false", "false", EMIT_INT16},
                 {"/other", "yes", EMIT_INT16}};
    (void)state;
    const hid_t file = new_file();
    for (size_t i = 0; i < COUNT_OF(cases); i++)
    {
        const hid_t signed_one = add_variable(file, cases[i].name, H5T_STD_I16LE);
        add_text(signed_one, "_Unsigned", cases[i].text);
        /* As netCDF-4 files have it, of the type that is meant. */
        add_attribute(signed_one, "_FillValue", H5T_NATIVE_USHORT, 1, &(unsigned short){65535});
        H5Dclose(signed_one);
    }
    hid_t dataset = add_variable(file, "turned", H5T_STD_U32LE);
    add_text(dataset, "_Unsigned", "false");
    H5Dclose(dataset);
    dataset = add_variable(file, "float", H5T_IEEE_F32LE);
    add_text(dataset, "_Unsigned", "true");
    H5Dclose(dataset);
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    for (size_t i = 0; i < COUNT_OF(cases); i++)
    {
        const struct emit_layout layout = layout_of(h5, cases[i].name);
        assert_int_equal(layout.type, EMIT_INT16);
        assert_int_equal(layout.encoding.type, cases[i].type);
        assert_int_equal(layout.encoding.has_fill, cases[i].type == EMIT_UINT16);
    }
    assert_int_equal(encoding_of(h5, "/turned").type, EMIT_INT32);
    assert_int_equal(encoding_of(h5, "/float").type, EMIT_FLOAT32);
    emit_h5_close(h5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(scale_and_offset_are_numbers_of_any_type),
        TEST(what_cannot_be_unpacked_is_refused_when_it_is_used),
        TEST(lists_are_read_unpacked),
        TEST(fill_values_of_other_types_are_converted_if_that_is_exact),
        TEST(missing_value_counts_without_a_fill_value_or_must_equal_it),
        TEST(the_unsigned_attribute_chooses_the_twin_type),
    };
    return cmocka_run_group_tests(tests, begin_h5, end_h5);
}
