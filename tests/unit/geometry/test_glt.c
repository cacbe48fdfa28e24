/* SPDX-License-Identifier: MIT */
#include "core/geometry/glt.h"

#include "support.h"

/* Number of the pixel of one entry, or -1 for none. */
static long long number(int32_t crosstrack, int32_t downtrack, struct emit_extent extent)
{
    const int64_t column = 0;
    struct emit_pixel pixel;
    const struct emit_glt glt = {&crosstrack, &downtrack, false, extent};
    emit_glt_pixels(&glt, 0, &column, 1, &pixel);
    return emit_is_pixel(pixel) ? (long long)emit_pixel_number(pixel, extent) : -1;
}

static void every_pixel_of_the_raw_grid_has_its_entry(void **state)
{
    const struct emit_extent extent = {.downtrack = 5, .crosstrack = 7};
    long long expected = 0;
    (void)state;
    for (int32_t line = 1; line <= 5; line++)
    {
        for (int32_t sample = 1; sample <= 7; sample++)
            assert_int_equal(number(sample, line, extent), expected++);
    }
    assert_int_equal(expected, 35);
}

static void entries_of_a_row_are_taken_in_the_order_of_the_columns(void **state)
{
    static const int32_t glt_x[6] = {7, 2, 0, 5, 1, 8};
    static const int32_t glt_y[6] = {5, 1, 3, 4, 2, 1};
    static const int64_t columns[8] = {3, 0, 2, 5, 0, 4, 1, 3};
    /* Read off the two rows above: line and sample counted from zero, -1 for an empty cell. */
    static const int32_t expected[8][2] = {{3, 4}, {4, 6}, {-1, -1}, {-1, -1},
                                           {4, 6}, {1, 0}, {0, 1},   {3, 4}};
    const struct emit_glt glt = {glt_x, glt_y, false, {.downtrack = 5, .crosstrack = 7}};
    struct emit_pixel pixels[9];
    (void)state;
    pixels[8] = (struct emit_pixel){77, 78};
    emit_glt_pixels(&glt, 0, columns, 8, pixels);
    for (size_t i = 0; i < 8; i++)
    {
        assert_int_equal(emit_is_pixel(pixels[i]), expected[i][0] >= 0);
        assert_int_equal(pixels[i].downtrack, expected[i][0]);
        assert_int_equal(pixels[i].crosstrack, expected[i][1]);
    }
    assert_int_equal(pixels[8].downtrack, 77);
    emit_glt_pixels(&glt, 0, NULL, 0, NULL);
    assert_false(emit_is_pixel(emit_no_pixel()));
}

static void entries_outside_the_raw_grid_fill_no_cell(void **state)
{
    static const int32_t crosstrack[] = {0, -1, -7, -9999, 8, 35, INT32_MIN, INT32_MAX};
    static const int32_t downtrack[] = {0, -1, -5, -9999, 6, 35, INT32_MIN, INT32_MAX};
    const struct emit_extent extent = {.downtrack = 5, .crosstrack = 7};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(crosstrack); i++)
    {
        assert_int_equal(number(crosstrack[i], 3, extent), -1);
        assert_int_equal(number(2, downtrack[i], extent), -1);
        for (size_t k = 0; k < COUNT_OF(downtrack); k++)
            assert_int_equal(number(crosstrack[i], downtrack[k], extent), -1);
    }
}

static void each_axis_has_its_own_limit(void **state)
{
    const struct emit_extent tall = {.downtrack = 7, .crosstrack = 5};
    const struct emit_extent wide = {.downtrack = 5, .crosstrack = 7};
    (void)state;
    assert_int_equal(number(5, 7, tall), 34);
    assert_int_equal(number(7, 5, tall), -1);
    assert_int_equal(number(7, 5, wide), 34);
    assert_int_equal(number(5, 7, wide), -1);
}

static void pixels_of_the_smallest_and_largest_grids_are_numbered(void **state)
{
    const struct emit_extent one = {1, 1};
    const struct emit_extent line = {.downtrack = 1, .crosstrack = INT32_MAX};
    const struct emit_extent column = {.downtrack = INT32_MAX, .crosstrack = 1};
    const struct emit_extent square = {46340, 46341}; /* 2147441940 pixels */
    (void)state;
    assert_int_equal(number(1, 1, one), 0);
    assert_int_equal(number(2, 1, one), -1);
    assert_int_equal(number(1, 2, one), -1);
    assert_int_equal(number(INT32_MAX, 1, line), INT32_MAX - 1);
    assert_int_equal(number(1, INT32_MAX, column), INT32_MAX - 1);
    assert_int_equal(number(46341, 46340, square), 2147441939);
}

static void narrow_entries_name_the_same_pixels(void **state)
{
    static const uint16_t glt_x[8] = {9, 9, 9, 3, 0, 65535, 65534, 7};
    static const uint16_t glt_y[8] = {9, 9, 9, 65534, 4, 2, 1, 0};
    static const int64_t columns[5] = {0, 1, 2, 3, 4};
    const struct emit_glt glt = {glt_x, glt_y, true, {.downtrack = 65534, .crosstrack = 65534}};
    struct emit_pixel pixels[5];
    (void)state;
    emit_glt_pixels(&glt, 3, columns, 5, pixels); /* the second row */
    assert_int_equal(pixels[0].downtrack, 65533);
    assert_int_equal(pixels[0].crosstrack, 2);
    assert_false(emit_is_pixel(pixels[1]));
    assert_false(emit_is_pixel(pixels[2]));
    assert_int_equal(pixels[3].downtrack, 0);
    assert_int_equal(pixels[3].crosstrack, 65533);
    assert_false(emit_is_pixel(pixels[4]));
    assert_true(emit_glt_is_narrow(glt.extent));
    assert_false(emit_glt_is_narrow((struct emit_extent){65535, 1}));
    assert_false(emit_glt_is_narrow((struct emit_extent){1, 65535}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pixel_of_the_raw_grid_has_its_entry),
        cmocka_unit_test(entries_of_a_row_are_taken_in_the_order_of_the_columns),
        cmocka_unit_test(entries_outside_the_raw_grid_fill_no_cell),
        cmocka_unit_test(each_axis_has_its_own_limit),
        cmocka_unit_test(pixels_of_the_smallest_and_largest_grids_are_numbered),
        cmocka_unit_test(narrow_entries_name_the_same_pixels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
