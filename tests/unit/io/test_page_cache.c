/* SPDX-License-Identifier: MIT */
/* Page cache of remote files: lookups of any range. */
#include "support.h"

#include "core/base/block_cache.h"
#include "core/io/page_cache.h"

#include <stdlib.h>

#define PAGE EMIT_PAGE_NBYTES
#define FILE_NBYTES (160 * PAGE + 77)
#define PAGES 161

static unsigned char contents[FILE_NBYTES];

static int make_contents(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof contents; i++)
        contents[i] = (unsigned char)(i * 31 + i / 251);
    return 0;
}

/* Caches pages "first" to "end". */
static void cache(uint64_t owner, uint64_t first, uint64_t end)
{
    struct emit_range run = {first * PAGE, end * PAGE - first * PAGE};
    if (run.nbytes > FILE_NBYTES - run.offset)
        run.nbytes = FILE_NBYTES - run.offset;
    emit_page_cache_store(owner, &run, contents + run.offset);
}

static void test_every_run_is_found_as_it_was_cached(void **state)
{
    (void)state;
    for (uint64_t first = 0; first < PAGES; first += 7)
    {
        for (uint64_t end = first + 1; end <= PAGES; end += 5)
        {
            const uint64_t owner = emit_cache_new_owner();
            cache(owner, first, end);
            assert_int_equal(emit_page_cache_next_cached(owner, 0, PAGES), first);
            assert_int_equal(emit_page_cache_next_missing(owner, first, PAGES), end);
            assert_int_equal(emit_page_cache_next_cached(owner, end, PAGES), PAGES);
            emit_cache_purge_owner(owner);
        }
    }
}

static void test_search_ends_at_the_given_page(void **state)
{
    const uint64_t owner = emit_cache_new_owner();
    (void)state;
    cache(owner, 40, 100);
    assert_int_equal(emit_page_cache_next_cached(owner, 3, 39), 39);
    assert_int_equal(emit_page_cache_next_missing(owner, 41, 99), 99);
    assert_int_equal(emit_page_cache_next_missing(owner, 100, 100), 100);
    emit_cache_purge_owner(owner);
}

static void test_bytes_are_copied_up_to_the_first_that_is_missing(void **state)
{
    const uint64_t owner = emit_cache_new_owner();
    const struct emit_range wanted = {10 * PAGE + 5, 90 * PAGE};
    unsigned char *bytes = calloc(1, 90 * PAGE);
    assert_non_null(bytes);
    (void)state;
    cache(owner, 8, 71);
    cache(owner, 72, 120);
    assert_int_equal(emit_page_cache_end(&wanted), 101);
    assert_int_equal(emit_page_cache_copy(owner, 10, 101, &wanted, bytes), 71);
    assert_memory_equal(bytes, contents + wanted.offset, 61 * PAGE - 5);
    assert_int_equal(bytes[61 * PAGE - 5], 0);
    cache(owner, 71, 72);
    assert_int_equal(emit_page_cache_copy(owner, 71, 101, &wanted, bytes), 101);
    assert_memory_equal(bytes, contents + wanted.offset, 90 * PAGE);
    free(bytes);
    emit_cache_purge_owner(owner);
}

static void test_end_of_the_file_is_a_page_too(void **state)
{
    const uint64_t owner = emit_cache_new_owner();
    const struct emit_range wanted = {FILE_NBYTES - 90, 90};
    unsigned char bytes[90];
    (void)state;
    cache(owner, 0, PAGES);
    assert_int_equal(emit_page_cache_end(&wanted), PAGES);
    assert_int_equal(emit_page_cache_copy(owner, wanted.offset / PAGE, PAGES, &wanted, bytes),
                     PAGES);
    assert_memory_equal(bytes, contents + wanted.offset, 90);
    emit_cache_purge_owner(owner);
}

static void test_other_files_bytes_are_not_found(void **state)
{
    const uint64_t owner = emit_cache_new_owner();
    const uint64_t other = emit_cache_new_owner();
    (void)state;
    cache(owner, 0, PAGES);
    assert_int_equal(emit_page_cache_next_cached(other, 0, PAGES), PAGES);
    emit_cache_purge_owner(owner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_run_is_found_as_it_was_cached),
        cmocka_unit_test(test_search_ends_at_the_given_page),
        cmocka_unit_test(test_bytes_are_copied_up_to_the_first_that_is_missing),
        cmocka_unit_test(test_end_of_the_file_is_a_page_too),
        cmocka_unit_test(test_other_files_bytes_are_not_found),
    };
    return cmocka_run_group_tests(tests, make_contents, NULL);
}
