/* SPDX-License-Identifier: MIT */
#include "core/io/page_owner.h"

#include "core/base/block_cache.h"
#include "core/io/page_cache.h"

#include "support.h"

#include <stdio.h>

#define PAGES 3

static int begin(void **state)
{
    (void)state;
    emit_cache_set_budget(0);
    emit_cache_set_budget((size_t)1 << 20);
    return 0;
}

static struct emit_page_owner *open_signed(int signature)
{
    const struct emit_revision revision = {.size = PAGES * EMIT_PAGE_NBYTES, .modified = 1234567};
    char path[80];
    snprintf(path, sizeof path, "/vsicurl/https://server/EMIT.nc?Signature=%d", signature);
    struct emit_page_owner *pages = emit_page_owner_open(path, &revision);
    assert_non_null(pages);
    return pages;
}

static void fetch_all(struct emit_page_owner *pages)
{
    static const unsigned char bytes[PAGES * EMIT_PAGE_NBYTES];
    emit_page_owner_record_fetch(pages);
    emit_page_cache_store(pages->owner, &(struct emit_range){0, sizeof bytes}, bytes);
}

static bool has_pages(const struct emit_page_owner *pages)
{
    return emit_page_cache_next_missing(pages->owner, 0, PAGES) == PAGES;
}

static void pages_outlive_the_opening_and_stay_unverified(void **state)
{
    (void)state;
    struct emit_page_owner *pages = open_signed(17);
    fetch_all(pages);
    emit_page_owner_close(pages);
    pages = open_signed(17);
    assert_true(has_pages(pages));
    assert_false(emit_page_owner_is_verified(pages));
    emit_page_owner_close(pages);
    pages = open_signed(18);
    assert_false(has_pages(pages));
    assert_true(emit_page_owner_is_verified(pages));
    emit_page_owner_close(pages);
}

static void purged_pages_leave_nothing(void **state)
{
    (void)state;
    struct emit_page_owner *pages = open_signed(17);
    fetch_all(pages);
    emit_page_owner_purge(pages);
    assert_false(has_pages(pages));
    emit_page_owner_close(pages);
    assert_int_equal(emit_cache_used(), 0);
}

static void purging_leaves_what_others_have_read_unverified(void **state)
{
    (void)state;
    struct emit_page_owner *pages = open_signed(17);
    struct emit_page_owner *other = open_signed(17);
    fetch_all(pages);
    emit_page_owner_purge(pages);
    emit_page_owner_close(pages);
    assert_false(emit_page_owner_is_verified(other));
    emit_page_owner_close(other);
}

/* What is remembered of a file counts as what it takes, though its pages are evicted. */
static void many_addresses_stay_in_the_budget(void **state)
{
    const size_t budget = 200000;
    size_t remembered = 0;
    (void)state;
    emit_cache_set_budget(budget);
    for (int i = 0; i < 5000; i++)
    {
        struct emit_page_owner *pages = open_signed(i);
        emit_page_owner_record_fetch(pages);
        emit_page_owner_close(pages);
        assert_true(emit_cache_used() <= budget);
    }
    for (int i = 0; i < 5000; i++)
    {
        struct emit_page_owner *pages = open_signed(i);
        remembered += !emit_page_owner_is_verified(pages);
        emit_page_owner_purge(pages);
        emit_page_owner_close(pages);
    }
    assert_true(remembered >= 100 && remembered <= budget / sizeof(struct emit_block));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(pages_outlive_the_opening_and_stay_unverified, begin),
        cmocka_unit_test_setup(purged_pages_leave_nothing, begin),
        cmocka_unit_test_setup(purging_leaves_what_others_have_read_unverified, begin),
        cmocka_unit_test_setup(many_addresses_stay_in_the_budget, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
