/* SPDX-License-Identifier: MIT */
#include "core/base/number.h"

#include "support.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void sizes_and_names_are_those_of_gdal(void **state)
{
    static const struct
    {
        const char *name;
        size_t size;
        bool is_float;
    } expected[EMIT_TYPE_END] = {
        [EMIT_UINT8] = {"Byte", 1, false},     [EMIT_INT8] = {"Int8", 1, false},
        [EMIT_UINT16] = {"UInt16", 2, false},  [EMIT_INT16] = {"Int16", 2, false},
        [EMIT_UINT32] = {"UInt32", 4, false},  [EMIT_INT32] = {"Int32", 4, false},
        [EMIT_UINT64] = {"UInt64", 8, false},  [EMIT_INT64] = {"Int64", 8, false},
        [EMIT_FLOAT32] = {"Float32", 4, true}, [EMIT_FLOAT64] = {"Float64", 8, true}};
    (void)state;
    for (int type = 0; type < EMIT_TYPE_END; type++)
    {
        assert_string_equal(emit_type_name((enum emit_type)type), expected[type].name);
        assert_int_equal(emit_type_size((enum emit_type)type), expected[type].size);
        assert_int_equal(emit_type_is_float((enum emit_type)type), expected[type].is_float);
    }
}

/* Reads "typed" back from an odd address, as values lie in packed files. */
#define ASSERT_GETS(type, ctype, number)                                                           \
    do                                                                                             \
    {                                                                                              \
        const ctype typed = (number);                                                              \
        unsigned char odd[1 + sizeof typed];                                                       \
        memcpy(odd + 1, &typed, sizeof typed);                                                     \
        assert_true(emit_number_get((type), odd + 1) == (double)typed);                            \
    } while (0)

static void values_of_every_type_are_read_at_any_address(void **state)
{
    (void)state;
    ASSERT_GETS(EMIT_UINT8, uint8_t, 255);
    ASSERT_GETS(EMIT_INT8, int8_t, -128);
    ASSERT_GETS(EMIT_UINT16, uint16_t, 65535);
    ASSERT_GETS(EMIT_INT16, int16_t, -9999);
    ASSERT_GETS(EMIT_UINT32, uint32_t, UINT32_MAX);
    ASSERT_GETS(EMIT_INT32, int32_t, INT32_MIN);
    ASSERT_GETS(EMIT_UINT64, uint64_t, UINT64_C(1) << 63);
    ASSERT_GETS(EMIT_INT64, int64_t, INT64_MIN);
    ASSERT_GETS(EMIT_FLOAT32, float, -0.1F);
    ASSERT_GETS(EMIT_FLOAT64, double, 1e300);
}

static void an_unknown_type_reads_as_nan_and_stores_nothing(void **state)
{
    unsigned char bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const unsigned char before[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    (void)state;
    assert_true(isnan(emit_number_get(EMIT_TYPE_END, bytes)));
    assert_false(emit_number_set(EMIT_TYPE_END, 1.0, bytes));
    assert_memory_equal(bytes, before, 8);
}

static const struct limits
{
    enum emit_type type;
    double lowest, highest, below, above;
} limits[] = {
    {EMIT_UINT8, 0, 255, -1, 256},
    {EMIT_INT8, -128, 127, -129, 128},
    {EMIT_UINT16, 0, 65535, -1, 65536},
    {EMIT_INT16, -32768, 32767, -32769, 32768},
    {EMIT_UINT32, 0, 4294967295.0, -1, 4294967296.0},
    {EMIT_INT32, -2147483648.0, 2147483647.0, -2147483649.0, 2147483648.0},
    /* The largest doubles below 2^64 and 2^63 are 2048 and 1024 smaller. */
    {EMIT_UINT64, 0, 18446744073709549568.0, -1, 18446744073709551616.0},
    {EMIT_INT64, -9223372036854775808.0, 9223372036854774784.0, -9223372036854777856.0,
     9223372036854775808.0},
};

static void integers_are_stored_up_to_their_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(limits); i++)
    {
        unsigned char bytes[8];
        assert_true(emit_number_set(limits[i].type, limits[i].lowest, bytes));
        assert_true(emit_number_get(limits[i].type, bytes) == limits[i].lowest);
        assert_true(emit_number_set(limits[i].type, limits[i].highest, bytes));
        assert_true(emit_number_get(limits[i].type, bytes) == limits[i].highest);
    }
}

static void what_an_integer_cannot_hold_is_refused_and_nothing_is_stored(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(limits); i++)
    {
        const double refused[] = {limits[i].below, limits[i].above, 0.5,     -0.25, NAN,
                                  INFINITY,        -INFINITY,       DBL_MAX, -1e30};
        for (size_t k = 0; k < COUNT_OF(refused); k++)
        {
            unsigned char bytes[8];
            memset(bytes, 0xA5, sizeof bytes);
            assert_false(emit_number_set(limits[i].type, refused[k], bytes));
            for (size_t b = 0; b < sizeof bytes; b++)
                assert_int_equal(bytes[b], 0xA5);
        }
    }
}

static void only_as_many_bytes_are_stored_as_the_type_has(void **state)
{
    (void)state;
    for (int type = 0; type < EMIT_TYPE_END; type++)
    {
        unsigned char bytes[9];
        memset(bytes, 0xA5, sizeof bytes);
        assert_true(emit_number_set((enum emit_type)type, 1.0, bytes));
        for (size_t b = emit_type_size((enum emit_type)type); b < sizeof bytes; b++)
            assert_int_equal(bytes[b], 0xA5);
    }
}

static void float32_stores_the_nearest_number_and_refuses_overflow(void **state)
{
    float number = 1.0F;
    (void)state;
    assert_true(emit_number_set(EMIT_FLOAT32, 0.1, &number));
    assert_true(number == 0.1F);
    assert_true(emit_number_set(EMIT_FLOAT32, FLT_MAX, &number));
    assert_true(number == FLT_MAX);
    assert_false(emit_number_set(EMIT_FLOAT32, 3.5e38, &number));
    assert_false(emit_number_set(EMIT_FLOAT32, -1e300, &number));
    assert_true(number == FLT_MAX);
}

static void floats_store_nan_and_infinity(void **state)
{
    float single = 0.0F;
    double twice = 0.0;
    (void)state;
    assert_true(emit_number_set(EMIT_FLOAT32, NAN, &single));
    assert_true(isnan(single));
    assert_true(emit_number_set(EMIT_FLOAT32, -INFINITY, &single));
    assert_true(isinf(single) && single < 0);
    assert_true(emit_number_set(EMIT_FLOAT64, NAN, &twice));
    assert_true(isnan(twice));
    assert_true(emit_number_set(EMIT_FLOAT64, DBL_MAX, &twice));
    assert_true(twice == DBL_MAX);
}

#define ASSERT_TEXT(type, ctype, number, expected)                                                 \
    do                                                                                             \
    {                                                                                              \
        const ctype typed = (number);                                                              \
        char text[EMIT_NUMBER_SIZE];                                                               \
        emit_number_format((type), &typed, text);                                                  \
        assert_string_equal(text, expected);                                                       \
    } while (0)

static void text_is_the_shortest_that_reads_back(void **state)
{
    (void)state;
    ASSERT_TEXT(EMIT_FLOAT32, float, 0.1F, "0.1");
    ASSERT_TEXT(EMIT_FLOAT32, float, -9999.0F, "-9999");
    ASSERT_TEXT(EMIT_FLOAT32, float, 1.0F / 3.0F, "0.33333334");
    ASSERT_TEXT(EMIT_FLOAT32, float, FLT_MAX, "3.4028235e+38");
    ASSERT_TEXT(EMIT_FLOAT64, double, 0.1, "0.1");
    ASSERT_TEXT(EMIT_FLOAT64, double, 0.000542232520256367, "0.000542232520256367");
    ASSERT_TEXT(EMIT_FLOAT64, double, 0.1 + 0.2, "0.30000000000000004");
    ASSERT_TEXT(EMIT_FLOAT64, double, -DBL_MAX, "-1.7976931348623157e+308");
}

/* ---- Packed values -------------------------------------------------------------------------- */

static void packed_values_are_unpacked_after_the_fill_test(void **state)
{
    struct emit_encoding encoding = {
        .type = EMIT_INT16, .has_fill = true, .scaled = true, .scale = 0.1, .offset = 5.0};
    const int16_t codes[2] = {-50, 7};
    (void)state;
    memcpy(encoding.fill, &codes[0], 2); /* unpacked it would be 0 */
    assert_true(isnan(emit_encoding_read(&encoding, &codes[0])));
    assert_true(emit_encoding_read(&encoding, &codes[1]) == 7 * 0.1 + 5.0);
    encoding.has_fill = false;
    assert_true(emit_encoding_read(&encoding, &codes[0]) == -50 * 0.1 + 5.0);
}

static void unpacked_values_stay_as_they_are(void **state)
{
    struct emit_encoding encoding = {.type = EMIT_FLOAT32, .has_fill = true, .scale = 1.0};
    const float values[3] = {-0.0F, -9999.0F, NAN};
    (void)state;
    memcpy(encoding.fill, &values[1], 4);
    assert_true(signbit(emit_encoding_read(&encoding, &values[0])));
    assert_true(isnan(emit_encoding_read(&encoding, &values[1])));
    assert_true(isnan(emit_encoding_read(&encoding, &values[2])));
    assert_true(emit_encoding_slack(&encoding) == 0.0);
}

static void fill_values_of_64_bits_are_compared_exactly(void **state)
{
    const int64_t fill = INT64_C(-9223372036854775806);
    const int64_t next = fill + 1;
    struct emit_encoding encoding = {.type = EMIT_INT64, .has_fill = true, .scale = 1.0};
    (void)state;
    memcpy(encoding.fill, &fill, 8);
    assert_true(isnan(emit_encoding_read(&encoding, &fill)));
    assert_true(emit_encoding_read(&encoding, &next) == -0x1p63);
}

static void slack_is_half_a_step_but_never_half_of_one(void **state)
{
    struct emit_encoding encoding = {.type = EMIT_UINT8, .scaled = true, .scale = -0.25};
    (void)state;
    assert_float_equal(emit_encoding_slack(&encoding), 0.125, 1e-5);
    encoding.scale = 4.0;
    assert_true(emit_encoding_slack(&encoding) < 0.5);
    encoding.type = EMIT_FLOAT32;
    assert_true(emit_encoding_slack(&encoding) > 0.0 && emit_encoding_slack(&encoding) < 1e-5);
}

/* ---- Text ----------------------------------------------------------------------------------- */

static void text_is_laid_out_by_magnitude(void **state)
{
    (void)state;
    ASSERT_TEXT(EMIT_FLOAT32, float, 0.0F, "0");
    ASSERT_TEXT(EMIT_FLOAT64, double, -0.0, "-0");
    ASSERT_TEXT(EMIT_FLOAT64, double, 0.00012345, "0.00012345");
    ASSERT_TEXT(EMIT_FLOAT64, double, 0.000012345, "1.2345e-05");
    ASSERT_TEXT(EMIT_FLOAT64, double, 120000.0, "120000");
    ASSERT_TEXT(EMIT_FLOAT64, double, -1234567.875, "-1234567.875");
    ASSERT_TEXT(EMIT_FLOAT64, double, 12345678901234567.0, "12345678901234568");
    ASSERT_TEXT(EMIT_FLOAT64, double, 2e17, "2e+17");
    ASSERT_TEXT(EMIT_FLOAT64, double, 5e-324, "4.94065645841247e-324");
    ASSERT_TEXT(EMIT_FLOAT64, double, NAN, "nan");
    ASSERT_TEXT(EMIT_FLOAT32, float, -INFINITY, "-inf");
}

#define ASSERT_NUMBER(value, shift, expected)                                                      \
    do                                                                                             \
    {                                                                                              \
        char text[EMIT_NUMBER_SIZE];                                                               \
        emit_number_text((value), (shift), text);                                                  \
        assert_string_equal(text, expected);                                                       \
    } while (0)

static void a_double_that_is_a_float_has_the_digits_of_a_float(void **state)
{
    (void)state;
    ASSERT_NUMBER((double)0.1F, 0, "0.1");
    ASSERT_NUMBER(0.1, 0, "0.1");
    ASSERT_NUMBER((double)1.1F + 1e-9, 0, "1.100000024841858");
    ASSERT_NUMBER(3.5e38, 0, "3.5e+38");
    ASSERT_NUMBER(INFINITY, 0, "inf");
}

static void moving_the_point_keeps_every_digit(void **state)
{
    (void)state;
    ASSERT_NUMBER((double)381.00558F, -3, "0.38100558");
    ASSERT_NUMBER((double)2492.9238F, -3, "2.4929238");
    ASSERT_NUMBER(8.5, -3, "0.0085");
    ASSERT_NUMBER(0.25, 4, "2500");
    ASSERT_NUMBER(0.0, -3, "0");
}

/* Every 4999th float is held against printf() with one digit after the other. */
static void floats_have_the_digits_that_printf_finds(void **state)
{
    (void)state;
    for (uint32_t bits = 0x38000000; bits < 0x4a000000; bits += 4999) /* 3.1e-5 to 2.1e6 */
    {
        float number;
        char text[EMIT_NUMBER_SIZE], shortest[EMIT_NUMBER_SIZE], same[EMIT_NUMBER_SIZE];
        memcpy(&number, &bits, sizeof number);
        for (int digits = 5; digits == 5 || strtof(shortest, NULL) != number; digits++)
            snprintf(shortest, sizeof shortest, "%.*e", digits, (double)number);
        emit_number_format(EMIT_FLOAT32, &number, text);
        snprintf(same, sizeof same, "%.*e", (int)strcspn(shortest, "e") - 2, strtod(text, NULL));
        assert_string_equal(same, shortest);
        assert_true(strtof(text, NULL) == number);
    }
}

static void text_of_integers_has_all_their_digits(void **state)
{
    (void)state;
    ASSERT_TEXT(EMIT_UINT8, uint8_t, 241, "241");
    ASSERT_TEXT(EMIT_INT16, int16_t, -9999, "-9999");
    ASSERT_TEXT(EMIT_UINT32, uint32_t, UINT32_MAX, "4294967295");
    ASSERT_TEXT(EMIT_UINT64, uint64_t, UINT64_MAX, "18446744073709551615");
    ASSERT_TEXT(EMIT_INT64, int64_t, INT64_MIN, "-9223372036854775808");
    ASSERT_TEXT(EMIT_INT64, int64_t, INT64_C(9007199254740993), "9007199254740993");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_and_names_are_those_of_gdal),
        cmocka_unit_test(values_of_every_type_are_read_at_any_address),
        cmocka_unit_test(an_unknown_type_reads_as_nan_and_stores_nothing),
        cmocka_unit_test(integers_are_stored_up_to_their_limits),
        cmocka_unit_test(what_an_integer_cannot_hold_is_refused_and_nothing_is_stored),
        cmocka_unit_test(only_as_many_bytes_are_stored_as_the_type_has),
        cmocka_unit_test(float32_stores_the_nearest_number_and_refuses_overflow),
        cmocka_unit_test(floats_store_nan_and_infinity),
        cmocka_unit_test(text_is_the_shortest_that_reads_back),
        cmocka_unit_test(packed_values_are_unpacked_after_the_fill_test),
        cmocka_unit_test(unpacked_values_stay_as_they_are),
        cmocka_unit_test(fill_values_of_64_bits_are_compared_exactly),
        cmocka_unit_test(slack_is_half_a_step_but_never_half_of_one),
        cmocka_unit_test(text_is_laid_out_by_magnitude),
        cmocka_unit_test(a_double_that_is_a_float_has_the_digits_of_a_float),
        cmocka_unit_test(moving_the_point_keeps_every_digit),
        cmocka_unit_test(floats_have_the_digits_that_printf_finds),
        cmocka_unit_test(text_of_integers_has_all_their_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
