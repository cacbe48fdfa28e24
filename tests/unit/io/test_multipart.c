/* SPDX-License-Identifier: MIT */
/* Answers to requests for several ranges: only what was asked for, whole and in order, is taken. */
#include "support.h"

#include "core/io/multipart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_NBYTES 70001

static const struct emit_range ranges[] = {{3, 5}, {500, 2}, {69990, 11}};
static const char contents[] = "abcde\r\n--B-Z--tail";

/* The parts as nginx sends them. */
#define FIRST "\r\n--B\r\nContent-Type: x\r\nContent-Range: bytes 3-7/70001\r\n\r\nabcde"
#define SECOND "\r\n--B\r\nContent-Type: x\r\nContent-Range: bytes 500-501/70001\r\n\r\n\r\n"
#define THIRD "\r\n--B\r\nContent-Range: bytes 69990-70000/70001\r\n\r\n--B-Z--tail"
#define END "\r\n--B--\r\n"

/* Takes from a copy on the heap, without its closing zero: sanitizers see what is read beyond. */
static bool take(const char *answer, size_t nbytes, unsigned char *bytes)
{
    char *copy = malloc(nbytes > 0 ? nbytes : 1);
    assert_non_null(copy);
    memcpy(copy, answer, nbytes);
    const bool taken =
        emit_multipart_take(copy, nbytes, ranges, COUNT_OF(ranges), FILE_NBYTES, bytes);
    free(copy);
    return taken;
}

static bool is_taken(const char *answer)
{
    unsigned char bytes[sizeof contents - 1];
    const bool taken = take(answer, strlen(answer), bytes);
    if (taken)
        assert_memory_equal(bytes, contents, sizeof bytes);
    return taken;
}

static void test_parts_are_taken_whatever_is_in_them(void **state)
{
    (void)state;
    assert_true(is_taken(FIRST SECOND THIRD END));
}

static void test_first_line_end_and_last_one_may_be_missing(void **state)
{
    const char *answer = FIRST SECOND THIRD "\r\n--B--";
    (void)state;
    assert_true(is_taken(answer));
    assert_true(is_taken(answer + 2));
}

static void test_headers_in_any_case_and_unknown_size(void **state)
{
    (void)state;
    assert_true(is_taken("--B\r\ncontent-RANGE: bytes 3-7/*\r\nX:\r\n\r\nabcde" SECOND THIRD END));
}

static void test_every_shorter_answer_is_refused(void **state)
{
    const char answer[] = FIRST SECOND THIRD "\r\n--B--";
    unsigned char bytes[sizeof contents];
    (void)state;
    for (size_t nbytes = 0; nbytes < sizeof answer - 1; nbytes++)
        assert_false(take(answer, nbytes, bytes));
}

static void test_other_ranges_are_refused(void **state)
{
    (void)state;
    assert_false(is_taken(SECOND FIRST THIRD END));
    assert_false(is_taken(FIRST SECOND END));
    assert_false(is_taken(FIRST SECOND THIRD THIRD END));
    assert_false(is_taken("--B\r\nContent-Range: bytes 4-8/70001\r\n\r\nabcde" SECOND THIRD END));
    assert_false(is_taken("--B\r\nContent-Range: bytes 3-6/70001\r\n\r\nabcde" SECOND THIRD END));
}

static void test_part_of_another_file_is_refused(void **state)
{
    (void)state;
    assert_false(is_taken("--B\r\nContent-Range: bytes 3-7/70002\r\n\r\nabcde" SECOND THIRD END));
}

static void test_part_longer_than_it_says_is_refused(void **state)
{
    (void)state;
    assert_false(is_taken("--B\r\nContent-Range: bytes 3-7/70001\r\n\r\nabcdef" SECOND THIRD END));
}

static void test_heads_that_tell_no_range_are_refused(void **state)
{
    static const char *const heads[] = {
        "--B\r\n\r\n",
        "--B\r\nContent-Range: bytes 3-7/70001\r\nContent-Range: bytes 3-7/70001\r\n\r\n",
        "--B\r\nContent-Range: bytes 3-7/70001x\r\n\r\n",
        "--B\r\nContent-Range: bytes 3-/70001\r\n\r\n",
        "--B\r\nContent-Range: bytes 03-7/70001\r\n\r\n",
        "--B\r\nContent-Range: bytes 18446744073709551619-7/70001\r\n\r\n",
        "--B\r\nContent-Range: bytes 3-7\r\n\r\n",
        "--B\nContent-Range: bytes 3-7/70001\n\n",
        "--\r\n\r\n\r\n",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(heads); i++)
    {
        char answer[512];
        snprintf(answer, sizeof answer, "%sabcde" SECOND THIRD END, heads[i]);
        assert_false(is_taken(answer));
    }
}

static void test_boundary_longer_than_any(void **state)
{
    char answer[1000];
    (void)state;
    memset(answer, '-', sizeof answer);
    memcpy(answer + 900, FIRST, strlen(FIRST));
    assert_false(take(answer, sizeof answer, (unsigned char[sizeof contents]){0}));
}

static void test_begin_of_an_answer(void **state)
{
    static const char *const yes[] = {"-", "--", "--B", "\r", "\r\n", "\r\n-", "\r\n--B"};
    static const char *const no[] = {"\x89HDF", "<html>", "-x", "\r-", "\n--B", "B"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(yes); i++)
        assert_true(emit_multipart_may_begin(yes[i], strlen(yes[i])));
    for (size_t i = 0; i < COUNT_OF(no); i++)
        assert_false(emit_multipart_may_begin(no[i], strlen(no[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_are_taken_whatever_is_in_them),
        cmocka_unit_test(test_first_line_end_and_last_one_may_be_missing),
        cmocka_unit_test(test_headers_in_any_case_and_unknown_size),
        cmocka_unit_test(test_every_shorter_answer_is_refused),
        cmocka_unit_test(test_other_ranges_are_refused),
        cmocka_unit_test(test_part_of_another_file_is_refused),
        cmocka_unit_test(test_part_longer_than_it_says_is_refused),
        cmocka_unit_test(test_heads_that_tell_no_range_are_refused),
        cmocka_unit_test(test_boundary_longer_than_any),
        cmocka_unit_test(test_begin_of_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
