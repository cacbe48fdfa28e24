/* SPDX-License-Identifier: MIT */
#include "core/mask/mask_rule.h"

#include "support.h"

#include <math.h>
#include <string.h>

/* ---- Screens -------------------------------------------------------------------------------- */

#define NODATA (-9999.0)

/* "type", with "nodata" as fill value unless that is NaN. */
static struct emit_encoding encoding_of(enum emit_type type, double nodata)
{
    struct emit_encoding encoding = {.type = type, .scale = 1.0};
    encoding.has_fill = !isnan(nodata) && emit_number_set(type, nodata, encoding.fill);
    return encoding;
}

static const float values[9] = {-1.0F, 0.0F, 0.5F, 1.0F, 2.0F, 3.0F, -9999.0F, NAN, INFINITY};

/* Screens the values above and compares with "expected", a digit a value. */
static void expect_screen(struct emit_rule rule, double nodata, const char *expected)
{
    const struct emit_encoding encoding = encoding_of(EMIT_FLOAT32, nodata);
    unsigned char screen[10] = {0};
    emit_mask_rule_apply(&rule, &encoding, values, sizeof values[0], 9, screen);
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(screen[i], expected[i] - '0');
    assert_int_equal(screen[9], 0);
}

static void a_flag_screens_from_one_on(void **state)
{
    (void)state;
    expect_screen((struct emit_rule){EMIT_COMPARISON_SET, 1.0}, NODATA, "000111001");
    /* The threshold is not used. */
    expect_screen((struct emit_rule){EMIT_COMPARISON_SET, 3.0}, NODATA, "000111001");
}

static void comparisons_screen_on_their_side_of_the_threshold(void **state)
{
    (void)state;
    expect_screen((struct emit_rule){EMIT_COMPARISON_ABOVE, 1.0}, NODATA, "000011001");
    expect_screen((struct emit_rule){EMIT_COMPARISON_AT_LEAST, 1.0}, NODATA, "000111001");
    expect_screen((struct emit_rule){EMIT_COMPARISON_BELOW, 1.0}, NODATA, "111000000");
    expect_screen((struct emit_rule){EMIT_COMPARISON_AT_MOST, 1.0}, NODATA, "111100000");
}

static void clear_sky_is_not_within_a_distance_of_a_cloud(void **state)
{
    (void)state;
    expect_screen((struct emit_rule){EMIT_COMPARISON_WITHIN, 2.0}, NODATA, "011110000");
    expect_screen((struct emit_rule){EMIT_COMPARISON_WITHIN, 0.0}, NODATA, "010000000");
}

static void nodata_and_nan_do_not_screen(void **state)
{
    (void)state;
    expect_screen((struct emit_rule){EMIT_COMPARISON_BELOW, 100.0}, NODATA, "111111000");
    expect_screen((struct emit_rule){EMIT_COMPARISON_BELOW, 100.0}, 2.0, "111101100");
    expect_screen((struct emit_rule){EMIT_COMPARISON_BELOW, 100.0}, NAN, "111111100");
}

static void rules_are_combined(void **state)
{
    const struct emit_rule low = {EMIT_COMPARISON_BELOW, 0.0};
    const struct emit_rule high = {EMIT_COMPARISON_ABOVE, 2.5};
    unsigned char screen[9] = {0, 1};
    const unsigned char expected[9] = {1, 1, 0, 0, 0, 1, 0, 0, 1};
    const struct emit_encoding encoding = encoding_of(EMIT_FLOAT32, NODATA);
    (void)state;
    emit_mask_rule_apply(&low, &encoding, values, 4, 9, screen);
    emit_mask_rule_apply(&high, &encoding, values, 4, 9, screen);
    assert_memory_equal(screen, expected, 9);
}

static void one_band_of_many_is_screened_by_its_stride(void **state)
{
    const struct emit_rule rule = {EMIT_COMPARISON_SET, 1.0};
    /* Three pixels of four two-byte bands, from an odd address. */
    const int16_t pixels[3][4] = {{9, 0, 9, 9}, {9, 1, 9, 9}, {9, -9999, 9, 9}};
    const unsigned char expected[3] = {0, 1, 0};
    unsigned char bytes[1 + sizeof pixels];
    unsigned char screen[3] = {0};
    const struct emit_encoding encoding = encoding_of(EMIT_INT16, NODATA);
    (void)state;
    memcpy(bytes + 1, pixels, sizeof pixels);
    emit_mask_rule_apply(&rule, &encoding, bytes + 1 + 2, 8, 3, screen);
    assert_memory_equal(screen, expected, 3);
}

static void an_empty_list_screens_nothing(void **state)
{
    const struct emit_rule rule = {EMIT_COMPARISON_SET, 1.0};
    const struct emit_encoding encoding = encoding_of(EMIT_UINT8, NODATA);
    (void)state;
    emit_mask_rule_apply(&rule, &encoding, NULL, 1, 0, NULL);
}

/* ---- Packed values -------------------------------------------------------------------------- */

/* The range 0 to 5 in shorts: 1 becomes 0.99999. */
static const struct emit_encoding shorts = {
    .type = EMIT_INT16, .scaled = true, .scale = 5.0 / 65533, .offset = 2.5};

static void expect_packed(struct emit_rule rule, const int16_t *codes, size_t count,
                          const char *expected)
{
    unsigned char screen[8] = {0};
    emit_mask_rule_apply(&rule, &shorts, codes, sizeof codes[0], count, screen);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(screen[i], expected[i] - '0');
}

static void packed_flags_are_set_however_they_were_rounded(void **state)
{
    const int16_t codes[] = {-32766, -32765, -26000, -19661, -19660, -19659, 32766};
    (void)state;
    assert_true(emit_encoding_read(&shorts, &codes[4]) < 1.0);
    expect_packed((struct emit_rule){EMIT_COMPARISON_SET, 1.0}, codes, 7, "0000111");
}

static void packed_values_are_compared_in_their_own_unit(void **state)
{
    const int16_t codes[] = {-32766, -27525, -27524, -27523, 0, 32766};
    (void)state;
    expect_packed((struct emit_rule){EMIT_COMPARISON_ABOVE, 0.40001}, codes, 6, "000111");
    expect_packed((struct emit_rule){EMIT_COMPARISON_AT_MOST, 2.5}, codes, 6, "111110");
}

static void packed_distances_of_zero_are_clouds_and_below_is_clear(void **state)
{
    /* Distances -1 to 250 in bytes, rounded to 0.988. */
    const struct emit_encoding bytes = {
        .type = EMIT_UINT8, .scaled = true, .scale = 251.0 / 254, .offset = -1.0};
    const unsigned char codes[] = {0, 1, 3, 4, 254};
    unsigned char screen[5] = {0};
    (void)state;
    emit_mask_rule_apply(&(struct emit_rule){EMIT_COMPARISON_WITHIN, 2.0}, &bytes, codes, 1, 5,
                         screen);
    assert_memory_equal(screen, ((const unsigned char[]){0, 1, 1, 0, 0}), 5);
}

static void a_packed_fill_value_screens_nothing(void **state)
{
    const int16_t codes[] = {-32768, 32500};
    struct emit_encoding with_fill = shorts;
    unsigned char screen[2] = {0};
    (void)state;
    with_fill.has_fill = emit_number_set(EMIT_INT16, -32768, with_fill.fill);
    emit_mask_rule_apply(&(struct emit_rule){EMIT_COMPARISON_BELOW, 9.0}, &with_fill, codes, 2, 2,
                         screen);
    assert_memory_equal(screen, ((const unsigned char[]){0, 1}), 2);
}

static void integers_of_64_bits_differ_from_the_fill_value(void **state)
{
    /* As doubles all three are 2^64. */
    const uint64_t values_64[] = {UINT64_MAX, UINT64_MAX - 1, UINT64_MAX - 2};
    struct emit_encoding encoding = {.type = EMIT_UINT64, .has_fill = true, .scale = 1.0};
    unsigned char screen[3] = {0};
    (void)state;
    memcpy(encoding.fill, &values_64[1], 8);
    emit_mask_rule_apply(&(struct emit_rule){EMIT_COMPARISON_ABOVE, 9.0}, &encoding, values_64, 8,
                         3, screen);
    assert_memory_equal(screen, ((const unsigned char[]){1, 0, 1}), 3);
}

/* ---- Band masks ----------------------------------------------------------------------------- */

static void bands_are_packed_eight_to_a_byte(void **state)
{
    (void)state;
    assert_int_equal(emit_band_mask_nbytes(0), 0);
    assert_int_equal(emit_band_mask_nbytes(1), 1);
    assert_int_equal(emit_band_mask_nbytes(8), 1);
    assert_int_equal(emit_band_mask_nbytes(9), 2);
    assert_int_equal(emit_band_mask_nbytes(285), 36);
    assert_int_equal(emit_band_mask_nbytes(288), 36);
    assert_int_equal(emit_band_mask_nbytes(289), 37);
}

static void band_zero_is_the_most_significant_bit(void **state)
{
    unsigned char packed[36] = {0};
    (void)state;
    for (size_t band = 0; band < 288; band++)
    {
        memset(packed, 0, sizeof packed);
        packed[band / 8] = (unsigned char)(0x80 >> band % 8);
        for (size_t other = 0; other < 288; other++)
            assert_int_equal(emit_band_mask_bit(packed, other), other == band);
    }
}

static void the_byte_241_marks_five_bands(void **state)
{
    const unsigned char packed[2] = {0, 241};
    static const bool expected[16] = {false, false, false, false, false, false, false, false,
                                      true,  true,  true,  true,  false, false, false, true};
    (void)state;
    for (size_t band = 0; band < 16; band++)
        assert_int_equal(emit_band_mask_bit(packed, band), expected[band]);
}

static void any_bit_anywhere_is_seen(void **state)
{
    unsigned char packed[37] = {0};
    (void)state;
    packed[36] = 0xFF; /* not of this pixel */
    assert_false(emit_band_mask_any(packed, 36));
    assert_false(emit_band_mask_any(packed, 0));
    for (size_t i = 0; i < 36; i++)
    {
        packed[i] = i % 2 == 0 ? 0x80 : 0x01;
        assert_true(emit_band_mask_any(packed, 36));
        packed[i] = 0;
    }
}

#define ASSERT_NARROWS(type, ctype)                                                                \
    do                                                                                             \
    {                                                                                              \
        const ctype wide[4] = {(ctype)0, (ctype)1, (ctype)241, (ctype)128};                        \
        const unsigned char expected[4] = {0, 1, 241, 128};                                        \
        unsigned char packed[4] = {7, 7, 7, 7};                                                    \
        emit_band_mask_narrow((type), wide, 4, packed);                                            \
        assert_memory_equal(packed, expected, 4);                                                  \
    } while (0)

static void packed_bytes_are_the_low_ones_of_any_type(void **state)
{
    (void)state;
    ASSERT_NARROWS(EMIT_UINT8, uint8_t);
    ASSERT_NARROWS(EMIT_INT8, int8_t);
    ASSERT_NARROWS(EMIT_INT16, int16_t);
    ASSERT_NARROWS(EMIT_UINT32, uint32_t);
    ASSERT_NARROWS(EMIT_INT32, int32_t);
    ASSERT_NARROWS(EMIT_UINT64, uint64_t);
    ASSERT_NARROWS(EMIT_INT64, int64_t);
    ASSERT_NARROWS(EMIT_FLOAT32, float);
    ASSERT_NARROWS(EMIT_FLOAT64, double);
}

static void floats_lose_no_bit(void **state)
{
    float wide[6] = {NAN, -9999.0F, 255.0F, 0.5F, INFINITY, 3e9F};
    static const unsigned char expected[6] = {241, 241, 255, 255, 255, 0};
    unsigned char *packed = (unsigned char *)wide;
    (void)state;
    emit_band_mask_narrow(EMIT_FLOAT32, wide, 6, packed);
    assert_memory_equal(packed, expected, 6);
}

static void the_fill_value_of_wide_masks_narrows_to_its_low_byte(void **state)
{
    const uint64_t wide = (uint64_t)(int64_t)-9999; /* 0x...D8F1 */
    unsigned char packed = 0;
    (void)state;
    emit_band_mask_narrow(EMIT_UINT64, &wide, 1, &packed);
    assert_int_equal(packed, 241);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flag_screens_from_one_on),
        cmocka_unit_test(comparisons_screen_on_their_side_of_the_threshold),
        cmocka_unit_test(clear_sky_is_not_within_a_distance_of_a_cloud),
        cmocka_unit_test(nodata_and_nan_do_not_screen),
        cmocka_unit_test(rules_are_combined),
        cmocka_unit_test(one_band_of_many_is_screened_by_its_stride),
        cmocka_unit_test(an_empty_list_screens_nothing),
        cmocka_unit_test(packed_flags_are_set_however_they_were_rounded),
        cmocka_unit_test(packed_values_are_compared_in_their_own_unit),
        cmocka_unit_test(packed_distances_of_zero_are_clouds_and_below_is_clear),
        cmocka_unit_test(a_packed_fill_value_screens_nothing),
        cmocka_unit_test(integers_of_64_bits_differ_from_the_fill_value),
        cmocka_unit_test(bands_are_packed_eight_to_a_byte),
        cmocka_unit_test(band_zero_is_the_most_significant_bit),
        cmocka_unit_test(the_byte_241_marks_five_bands),
        cmocka_unit_test(any_bit_anywhere_is_seen),
        cmocka_unit_test(packed_bytes_are_the_low_ones_of_any_type),
        cmocka_unit_test(floats_lose_no_bit),
        cmocka_unit_test(the_fill_value_of_wide_masks_narrows_to_its_low_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
