/* SPDX-License-Identifier: MIT */
/* Bytes of a file on a server that are kept: grains and pages, found again whatever was asked for.
 */
#include "support.h"

#include "core/base/block_cache.h"
#include "core/io/page_cache.h"

#include <stdlib.h>
#include <string.h>

#define GRAIN EMIT_GRAIN_NBYTES
#define PAGE_GRAINS 32
#define FILE_NBYTES (5 * PAGE_GRAINS * GRAIN + 77)
#define GRAINS (5 * PAGE_GRAINS + 1)

static unsigned char contents[FILE_NBYTES];

static int make_contents(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof contents; i++)
        contents[i] = (unsigned char)(i * 31 + i / 251);
    return 0;
}

/* Keeps grains "first" to "end". */
static void keep(uint64_t owner, uint64_t first, uint64_t end)
{
    struct emit_range run = {first * GRAIN, end * GRAIN - first * GRAIN};
    if (run.nbytes > FILE_NBYTES - run.offset)
        run.nbytes = FILE_NBYTES - run.offset;
    emit_pages_keep(owner, &run, contents + run.offset);
}

static void test_every_run_is_found_as_it_was_kept(void **state)
{
    (void)state;
    for (uint64_t first = 0; first < GRAINS; first += 7)
    {
        for (uint64_t end = first + 1; end <= GRAINS; end += 5)
        {
            const uint64_t owner = emit_cache_new_owner();
            keep(owner, first, end);
            assert_int_equal(emit_pages_next_kept(owner, 0, GRAINS), first);
            assert_int_equal(emit_pages_next_missing(owner, first, GRAINS), end);
            assert_int_equal(emit_pages_next_kept(owner, end, GRAINS), GRAINS);
            emit_cache_forget(owner);
        }
    }
}

static void test_search_ends_where_it_is_told_to(void **state)
{
    const uint64_t owner = emit_cache_new_owner();
    (void)state;
    keep(owner, 40, 100);
    assert_int_equal(emit_pages_next_kept(owner, 3, 39), 39);
    assert_int_equal(emit_pages_next_missing(owner, 41, 99), 99);
    assert_int_equal(emit_pages_next_missing(owner, 100, 100), 100);
    emit_cache_forget(owner);
}

static void test_bytes_are_copied_up_to_the_first_that_is_missing(void **state)
{
    const uint64_t owner = emit_cache_new_owner();
    const struct emit_range wanted = {10 * GRAIN + 5, 90 * GRAIN};
    unsigned char *bytes = calloc(1, 90 * GRAIN);
    assert_non_null(bytes);
    (void)state;
    keep(owner, 8, 71);
    keep(owner, 72, 120);
    assert_int_equal(emit_pages_end(&wanted), 101);
    assert_int_equal(emit_pages_copy(owner, 10, 101, &wanted, bytes), 71);
    assert_memory_equal(bytes, contents + wanted.offset, 61 * GRAIN - 5);
    assert_int_equal(bytes[61 * GRAIN - 5], 0);
    keep(owner, 71, 72);
    assert_int_equal(emit_pages_copy(owner, 71, 101, &wanted, bytes), 101);
    assert_memory_equal(bytes, contents + wanted.offset, 90 * GRAIN);
    free(bytes);
    emit_cache_forget(owner);
}

static void test_end_of_the_file_is_a_grain_too(void **state)
{
    const uint64_t owner = emit_cache_new_owner();
    const struct emit_range wanted = {FILE_NBYTES - 90, 90};
    unsigned char bytes[90];
    (void)state;
    keep(owner, 0, GRAINS);
    assert_int_equal(emit_pages_end(&wanted), GRAINS);
    assert_int_equal(emit_pages_copy(owner, wanted.offset / GRAIN, GRAINS, &wanted, bytes), GRAINS);
    assert_memory_equal(bytes, contents + wanted.offset, 90);
    emit_cache_forget(owner);
}

static void test_other_files_bytes_are_not_found(void **state)
{
    const uint64_t owner = emit_cache_new_owner();
    const uint64_t other = emit_cache_new_owner();
    (void)state;
    keep(owner, 0, GRAINS);
    assert_int_equal(emit_pages_next_kept(other, 0, GRAINS), GRAINS);
    emit_cache_forget(owner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_run_is_found_as_it_was_kept),
        cmocka_unit_test(test_search_ends_where_it_is_told_to),
        cmocka_unit_test(test_bytes_are_copied_up_to_the_first_that_is_missing),
        cmocka_unit_test(test_end_of_the_file_is_a_grain_too),
        cmocka_unit_test(test_other_files_bytes_are_not_found),
    };
    return cmocka_run_group_tests(tests, make_contents, NULL);
}
