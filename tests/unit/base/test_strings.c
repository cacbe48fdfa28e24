/* SPDX-License-Identifier: MIT */
#include "core/base/strings.h"

#include "support.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

static void arrays_are_zeroed_aligned_and_disjoint(void **state)
{
    struct emit_arena arena = {NULL, false};
    unsigned char *arrays[40];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(arrays); i++)
    {
        arrays[i] = emit_arena_array(&arena, i + 1, 3);
        assert_non_null(arrays[i]);
        assert_int_equal((uintptr_t)arrays[i] % alignof(max_align_t), 0);
        for (size_t b = 0; b < 3 * (i + 1); b++)
            assert_int_equal(arrays[i][b], 0);
        memset(arrays[i], (int)i + 1, 3 * (i + 1));
    }
    for (size_t i = 0; i < COUNT_OF(arrays); i++)
        assert_int_equal(arrays[i][3 * i + 2], i + 1);
    EXPECT_OK(emit_arena_check(&arena, &last_error));
    emit_arena_close(&arena);
}

static void an_empty_array_is_not_a_failure(void **state)
{
    struct emit_arena arena = {NULL, false};
    (void)state;
    assert_non_null(emit_arena_array(&arena, 0, 8));
    assert_non_null(emit_arena_array(&arena, 8, 0));
    EXPECT_OK(emit_arena_check(&arena, &last_error));
    emit_arena_close(&arena);
}

static void an_oversized_array_marks_the_arena_as_failed(void **state)
{
    struct emit_arena arena = {NULL, false};
    (void)state;
    /* The product of the two wraps around to something small. */
    assert_null(emit_arena_array(&arena, SIZE_MAX / 4 + 2, 4));
    assert_null(emit_arena_array(&arena, SIZE_MAX, 1));
    assert_non_null(emit_arena_array(&arena, 1, 1));
    EXPECT_ERROR(EMIT_ERROR_MEMORY, emit_arena_check(&arena, &last_error), "memory");
    emit_arena_close(&arena);
    assert_null(arena.last);
    EXPECT_OK(emit_arena_check(&arena, &last_error));
}

static void closing_an_empty_arena_twice_is_allowed(void **state)
{
    struct emit_arena arena = {NULL, false};
    (void)state;
    emit_arena_text(&arena, "once");
    emit_arena_close(&arena);
    emit_arena_close(&arena);
    assert_null(arena.last);
}

static void texts_are_formatted_whatever_their_length(void **state)
{
    struct emit_arena arena = {NULL, false};
    char wide[3001];
    (void)state;
    assert_string_equal(emit_arena_text(&arena, "%s=%d", "key", 42), "key=42");
    assert_string_equal(emit_arena_text(&arena, "%s", ""), "");
    memset(wide, 'w', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    assert_string_equal(emit_arena_text(&arena, "%s", wide), wide);
    EXPECT_OK(emit_arena_check(&arena, &last_error));
    emit_arena_close(&arena);
}

static void a_growing_text_keeps_its_contents(void **state)
{
    struct emit_string_builder buffer = {0};
    (void)state;
    for (int i = 0; i < 500; i++)
        emit_string_append(&buffer, "%03d,", i);
    emit_string_append(&buffer, "%s", "");
    assert_false(buffer.failed);
    assert_int_equal(buffer.length, 2000);
    assert_int_equal(strlen(buffer.text), 2000);
    assert_memory_equal(buffer.text, "000,001,002,", 12);
    assert_string_equal(buffer.text + 1992, "498,499,");
    free(buffer.text);
}

static void case_is_ignored_for_ascii_letters_only(void **state)
{
    (void)state;
    assert_true(emit_string_equal_nocase("GLT", "gLt"));
    assert_true(emit_string_equal_nocase("", ""));
    assert_true(emit_string_equal_nocase("\xC3\xA4Z", "\xC3\xA4z"));
    assert_false(emit_string_equal_nocase("\xC4", "\xE4")); /* A and a with dots in Latin-1 */
    assert_false(emit_string_equal_nocase("[", "{"));       /* 32 apart, as letters are */
    assert_false(emit_string_equal_nocase("@", "`"));
}

static void a_prefix_is_not_equal_to_the_whole(void **state)
{
    (void)state;
    assert_false(emit_string_equal_nocase("NO", "NONE"));
    assert_false(emit_string_equal_nocase("NONE", "NO"));
    assert_false(emit_string_equal_nocase("", "x"));
    assert_false(emit_string_equal_nocase("x", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_are_zeroed_aligned_and_disjoint),
        cmocka_unit_test(an_empty_array_is_not_a_failure),
        cmocka_unit_test(an_oversized_array_marks_the_arena_as_failed),
        cmocka_unit_test(closing_an_empty_arena_twice_is_allowed),
        cmocka_unit_test(texts_are_formatted_whatever_their_length),
        cmocka_unit_test(a_growing_text_keeps_its_contents),
        cmocka_unit_test(case_is_ignored_for_ascii_letters_only),
        cmocka_unit_test(a_prefix_is_not_equal_to_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
