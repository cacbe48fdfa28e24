/* SPDX-License-Identifier: MIT */
#include "core/glt.h"

#include "support.h"

static void every_pixel_of_the_raw_grid_has_its_entry(void **state)
{
    const struct emit_extent extent = {.downtrack = 5, .crosstrack = 7};
    emit_pixel expected = 0;
    (void)state;
    for (int32_t line = 1; line <= 5; line++)
    {
        for (int32_t sample = 1; sample <= 7; sample++)
            assert_int_equal(emit_glt_pixel(sample, line, extent), expected++);
    }
    assert_int_equal(expected, 35);
}

static void entries_outside_the_raw_grid_fill_no_cell(void **state)
{
    static const int32_t crosstrack[] = {0, -1, -7, -9999, 8, 35, INT32_MIN, INT32_MAX};
    static const int32_t downtrack[] = {0, -1, -5, -9999, 6, 35, INT32_MIN, INT32_MAX};
    const struct emit_extent extent = {.downtrack = 5, .crosstrack = 7};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(crosstrack); i++)
    {
        assert_int_equal(emit_glt_pixel(crosstrack[i], 3, extent), EMIT_NO_PIXEL);
        assert_int_equal(emit_glt_pixel(2, downtrack[i], extent), EMIT_NO_PIXEL);
        for (size_t k = 0; k < COUNT_OF(downtrack); k++)
            assert_int_equal(emit_glt_pixel(crosstrack[i], downtrack[k], extent), EMIT_NO_PIXEL);
    }
}

static void each_axis_has_its_own_limit(void **state)
{
    const struct emit_extent tall = {.downtrack = 7, .crosstrack = 5};
    const struct emit_extent wide = {.downtrack = 5, .crosstrack = 7};
    (void)state;
    assert_int_equal(emit_glt_pixel(5, 7, tall), 34);
    assert_int_equal(emit_glt_pixel(7, 5, tall), EMIT_NO_PIXEL);
    assert_int_equal(emit_glt_pixel(7, 5, wide), 34);
    assert_int_equal(emit_glt_pixel(5, 7, wide), EMIT_NO_PIXEL);
}

static void the_smallest_and_the_largest_grids_are_numbered_whole(void **state)
{
    const struct emit_extent one = {1, 1};
    const struct emit_extent line = {.downtrack = 1, .crosstrack = INT32_MAX};
    const struct emit_extent column = {.downtrack = INT32_MAX, .crosstrack = 1};
    const struct emit_extent square = {46340, 46341}; /* 2147441940 pixels */
    (void)state;
    assert_int_equal(emit_glt_pixel(1, 1, one), 0);
    assert_int_equal(emit_glt_pixel(2, 1, one), EMIT_NO_PIXEL);
    assert_int_equal(emit_glt_pixel(1, 2, one), EMIT_NO_PIXEL);
    assert_int_equal(emit_glt_pixel(INT32_MAX, 1, line), INT32_MAX - 1);
    assert_int_equal(emit_glt_pixel(1, INT32_MAX, column), INT32_MAX - 1);
    assert_int_equal(emit_glt_pixel(46341, 46340, square), 2147441939);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pixel_of_the_raw_grid_has_its_entry),
        cmocka_unit_test(entries_outside_the_raw_grid_fill_no_cell),
        cmocka_unit_test(each_axis_has_its_own_limit),
        cmocka_unit_test(the_smallest_and_the_largest_grids_are_numbered_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
