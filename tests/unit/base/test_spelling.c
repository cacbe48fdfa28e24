/* SPDX-License-Identifier: MIT */
#include "core/base/spelling.h"

#include "support.h"

#include <stdint.h>
#include <string.h>

static size_t between(const char *word, const char *name)
{
    return emit_spelling_distance(word, strlen(word), name);
}

static void case_and_separators_do_not_count(void **state)
{
    (void)state;
    assert_int_equal(between("quality-flags", "QUALITY_FLAGS"), 0);
    assert_int_equal(between(" Quality Flags ", "QUALITY_FLAGS"), 0);
    assert_int_equal(between("", "_"), 0);
}

static void letters_inserted_removed_replaced_or_swapped_are_one_edit_each(void **state)
{
    (void)state;
    assert_int_equal(between("ORTHOS", "ORTHO"), 1);
    assert_int_equal(between("RTHO", "ORTHO"), 1);
    assert_int_equal(between("ORTKO", "ORTHO"), 1);
    assert_int_equal(between("ROTHO", "ORTHO"), 1);
    assert_int_equal(between("CLOD_BUFERS", "CLOUD_BUFFER"), 3);
    assert_int_equal(between("", "NODATA"), 6);
    assert_int_equal(between("BAND", ""), 4);
}

static void only_the_given_part_of_the_word_counts(void **state)
{
    (void)state;
    assert_int_equal(emit_spelling_distance("ORTHO=NEAREST", 5, "ORTHO"), 0);
}

static void words_longer_than_the_limit_are_infinitely_far(void **state)
{
    static const char longest[] = "AAAAAAAAAA_BBBBBBBBBB_CCCCCCCCCC_D"; /* 31 letters */
    static const char too_long[] = "AAAAAAAAAA_BBBBBBBBBB_CCCCCCCCCC_DE";
    (void)state;
    assert_int_equal(between(longest, longest), 0);
    assert_true(between(too_long, longest) == SIZE_MAX);
    assert_true(between("A", too_long) == SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_and_separators_do_not_count),
        cmocka_unit_test(letters_inserted_removed_replaced_or_swapped_are_one_edit_each),
        cmocka_unit_test(only_the_given_part_of_the_word_counts),
        cmocka_unit_test(words_longer_than_the_limit_are_infinitely_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
