/* SPDX-License-Identifier: MIT */
/* Which byte ranges are requested together. */
#include "support.h"

#include "core/base/byte_ranges.h"

static void add_all(struct emit_ranges *ranges, const struct emit_range *range, size_t count)
{
    for (size_t i = 0; i < count; i++)
        EXPECT_OK(emit_ranges_add(ranges, range[i].offset, range[i].nbytes, &last_error));
}

static void expect_ranges(const struct emit_ranges *ranges, const struct emit_range *expected,
                          size_t count)
{
    assert_int_equal(ranges->count, count);
    for (size_t i = 0; i < count; i++)
    {
        assert_int_equal(ranges->range[i].offset, expected[i].offset);
        assert_int_equal(ranges->range[i].nbytes, expected[i].nbytes);
    }
}

/* Merges "given" at a price of "request_nbytes" a request and compares. */
#define EXPECT_MERGED(request_nbytes, given, expected)                                             \
    do                                                                                             \
    {                                                                                              \
        struct emit_ranges merged = {NULL, 0, 0};                                                  \
        add_all(&merged, given, COUNT_OF(given));                                                  \
        emit_ranges_coalesce(&merged, request_nbytes);                                             \
        expect_ranges(&merged, expected, COUNT_OF(expected));                                      \
        emit_ranges_close(&merged);                                                                \
    } while (0)

static void test_gap_is_read_along_when_it_costs_no_more_than_a_request(void **state)
{
    const struct emit_range given[] = {{1000, 10}, {1110, 20}, {1331, 7}};
    const struct emit_range apart[] = {{1000, 10}, {1110, 20}, {1331, 7}};
    const struct emit_range first_two[] = {{1000, 130}, {1331, 7}};
    const struct emit_range one[] = {{1000, 338}};
    (void)state;
    EXPECT_MERGED(99, given, apart);
    EXPECT_MERGED(100, given, first_two);
    EXPECT_MERGED(200, given, first_two);
    EXPECT_MERGED(201, given, one);
}

static void test_ranges_in_any_order_that_touch_or_overlap_become_one(void **state)
{
    const struct emit_range given[] = {{70, 10}, {10, 5}, {15, 5}, {72, 3}, {75, 9}, {40, 1}};
    const struct emit_range expected[] = {{10, 10}, {40, 1}, {70, 14}};
    (void)state;
    EXPECT_MERGED(0, given, expected);
}

static void test_range_within_a_longer_one_does_not_shorten_it(void **state)
{
    const struct emit_range given[] = {{5, 100}, {6, 3}, {20, 4}, {106, 2}};
    const struct emit_range expected[] = {{5, 100}, {106, 2}};
    (void)state;
    EXPECT_MERGED(0, given, expected);
}

static void test_ends_of_the_address_space(void **state)
{
    const struct emit_range given[] = {{UINT64_MAX - 9, 9}, {0, 3}};
    const struct emit_range expected[] = {{0, 3}, {UINT64_MAX - 9, 9}};
    (void)state;
    EXPECT_MERGED(UINT64_MAX / 2, given, expected);
}

static void test_empty_lists_and_empty_ranges(void **state)
{
    struct emit_ranges ranges = {NULL, 0, 0};
    (void)state;
    EXPECT_OK(emit_ranges_add(&ranges, 77, 0, &last_error));
    assert_int_equal(ranges.count, 0);
    emit_ranges_coalesce(&ranges, 100);
    assert_int_equal(ranges.count, 0);
    emit_ranges_close(&ranges);
}

static void test_ranges_are_widened_to_pages_and_cut_at_the_end_of_the_file(void **state)
{
    struct emit_ranges ranges = {NULL, 0, 0};
    const struct emit_range given[] = {{0, 1}, {15, 2}, {16, 16}, {33, 31}, {95, 8}};
    const struct emit_range expected[] = {{0, 16}, {0, 32}, {16, 16}, {32, 32}, {80, 23}};
    (void)state;
    add_all(&ranges, given, COUNT_OF(given));
    for (size_t i = 0; i < ranges.count; i++)
        emit_range_align(&ranges.range[i], 16, 103);
    expect_ranges(&ranges, expected, COUNT_OF(expected));
    emit_ranges_close(&ranges);
}

static void test_list_grows(void **state)
{
    struct emit_ranges ranges = {NULL, 0, 0};
    const struct emit_range expected[] = {{0, 1999 * 3 + 2}};
    (void)state;
    for (uint64_t i = 0; i < 2000; i++)
        EXPECT_OK(emit_ranges_add(&ranges, (1999 - i) * 3, 2, &last_error));
    emit_ranges_coalesce(&ranges, 1);
    expect_ranges(&ranges, expected, COUNT_OF(expected));
    emit_ranges_close(&ranges);
}

static void test_missing_parts_are_found_one_after_another(void **state)
{
    struct emit_range done[] = {{10, 5}, {20, 7}, {40, 3}};
    const struct emit_ranges ranges = {done, COUNT_OF(done), COUNT_OF(done)};
    const struct emit_range range = {8, 30};
    const struct emit_range expected[] = {{8, 2}, {15, 5}, {27, 11}};
    uint64_t at = range.offset;
    struct emit_range missing;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(expected); i++)
    {
        assert_true(emit_ranges_missing(&ranges, range, at, &missing));
        assert_int_equal(missing.offset, expected[i].offset);
        assert_int_equal(missing.nbytes, expected[i].nbytes);
        at = missing.offset + missing.nbytes;
    }
    assert_false(emit_ranges_missing(&ranges, range, at, &missing));
    assert_false(emit_ranges_missing(&ranges, (struct emit_range){21, 6}, 21, &missing));
}

static void test_range_is_widened_and_clipped(void **state)
{
    struct emit_range range = {12, 5};
    (void)state;
    emit_range_widen(&range, 9, 100);
    assert_int_equal(range.offset, 3);
    assert_int_equal(range.nbytes, 23);
    emit_range_widen(&range, 80, 100);
    assert_int_equal(range.offset, 0);
    assert_int_equal(range.nbytes, 100);
    emit_range_clip(&range, (struct emit_range){30, 90});
    assert_int_equal(range.offset, 30);
    assert_int_equal(range.nbytes, 70);
    emit_range_clip(&range, (struct emit_range){7, 20});
    assert_int_equal(range.nbytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gap_is_read_along_when_it_costs_no_more_than_a_request),
        cmocka_unit_test(test_ranges_in_any_order_that_touch_or_overlap_become_one),
        cmocka_unit_test(test_range_within_a_longer_one_does_not_shorten_it),
        cmocka_unit_test(test_ends_of_the_address_space),
        cmocka_unit_test(test_empty_lists_and_empty_ranges),
        cmocka_unit_test(test_ranges_are_widened_to_pages_and_cut_at_the_end_of_the_file),
        cmocka_unit_test(test_list_grows),
        cmocka_unit_test(test_missing_parts_are_found_one_after_another),
        cmocka_unit_test(test_range_is_widened_and_clipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
