/* SPDX-License-Identifier: MIT */
#include "core/base/block_cache.h"

#include "support.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

/* Every test begins with an empty cache of 1000 bytes. */
static int empty_cache(void **state)
{
    (void)state;
    emit_cache_set_budget(0);
    emit_cache_set_budget(1000);
    return 0;
}

/* Adds a block filled with the byte "index" and releases it. */
static void put(uint64_t owner, uint64_t index, size_t nbytes)
{
    struct emit_block *block = emit_block_new((struct emit_cache_key){owner, index}, nbytes);
    assert_non_null(block);
    memset(block->bytes, (int)index, nbytes);
    emit_cache_add(block);
    emit_block_release(block);
}

static bool holds(uint64_t owner, uint64_t index)
{
    struct emit_block *block = emit_cache_find((struct emit_cache_key){owner, index});
    const bool found = block != NULL;
    if (found)
        assert_true(block->nbytes == 0 || block->bytes[0] == (unsigned char)index);
    emit_block_release(block);
    return found;
}

static void owners_are_never_given_the_same_number(void **state)
{
    const uint64_t first = emit_cache_new_owner();
    const uint64_t second = emit_cache_new_owner();
    (void)state;
    assert_int_not_equal(first, second);
    assert_int_not_equal(emit_cache_new_owner(), first);
}

static void blocks_are_found_by_owner_and_index(void **state)
{
    const uint64_t owner = emit_cache_new_owner();
    const uint64_t other = emit_cache_new_owner();
    (void)state;
    assert_false(holds(owner, 5));
    put(owner, 5, 100);
    assert_true(holds(owner, 5));
    assert_false(holds(owner, 6));
    assert_false(holds(other, 5));
    assert_int_equal(emit_cache_used(), 100);
}

static void a_block_that_is_not_added_is_not_found(void **state)
{
    const uint64_t owner = emit_cache_new_owner();
    struct emit_block *block = emit_block_new((struct emit_cache_key){owner, 1}, 10);
    (void)state;
    assert_non_null(block);
    assert_false(holds(owner, 1));
    emit_block_release(block);
    emit_block_release(NULL);
    assert_int_equal(emit_cache_used(), 0);
}

static void the_budget_is_never_exceeded(void **state)
{
    const uint64_t owner = emit_cache_new_owner();
    (void)state;
    for (uint64_t i = 0; i < 200; i++)
    {
        put(owner, i, (size_t)(i * 37 % 400));
        assert_true(emit_cache_used() <= 1000);
    }
    assert_int_equal(emit_cache_budget(), 1000);
}

static void the_budget_is_used_up_to_its_last_byte(void **state)
{
    const uint64_t owner = emit_cache_new_owner();
    (void)state;
    put(owner, 1, 600);
    put(owner, 2, 400);
    assert_true(holds(owner, 1) && holds(owner, 2));
    put(owner, 3, 1000);
    assert_true(holds(owner, 3));
    assert_false(holds(owner, 1) || holds(owner, 2));
    assert_int_equal(emit_cache_used(), 1000);
}

static void the_least_recently_used_block_is_dropped_first(void **state)
{
    const uint64_t owner = emit_cache_new_owner();
    (void)state;
    put(owner, 1, 300);
    put(owner, 2, 300);
    put(owner, 3, 300);
    assert_true(holds(owner, 1)); /* 2 is now the least recently used */
    put(owner, 4, 300);
    assert_false(holds(owner, 2));
    assert_true(holds(owner, 1) && holds(owner, 3) && holds(owner, 4));
}

static void a_block_larger_than_the_budget_is_not_cached_and_drops_nothing(void **state)
{
    const uint64_t owner = emit_cache_new_owner();
    (void)state;
    put(owner, 1, 900);
    put(owner, 2, 1001);
    assert_true(holds(owner, 1));
    assert_false(holds(owner, 2));
    assert_int_equal(emit_cache_used(), 900);
}

static void of_two_blocks_with_one_key_the_first_stays(void **state)
{
    const struct emit_cache_key key = {emit_cache_new_owner(), 9};
    struct emit_block *second = emit_block_new(key, 50);
    (void)state;
    put(key.owner, key.index, 40);
    assert_non_null(second);
    emit_cache_add(second);
    assert_int_equal(emit_cache_used(), 40);
    struct emit_block *found = emit_cache_find(key);
    assert_ptr_not_equal(found, second);
    assert_int_equal(found->nbytes, 40);
    emit_block_release(found);
    emit_block_release(second);
}

static void a_referenced_block_outlives_its_cache_entry(void **state)
{
    const uint64_t owner = emit_cache_new_owner();
    (void)state;
    put(owner, 7, 100);
    struct emit_block *held = emit_cache_find((struct emit_cache_key){owner, 7});
    assert_non_null(held);
    emit_cache_set_budget(0);
    assert_int_equal(emit_cache_used(), 0);
    assert_false(holds(owner, 7));
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(held->bytes[i], 7);
    emit_block_release(held);
}

static void purging_an_owner_drops_only_its_blocks(void **state)
{
    const uint64_t owner = emit_cache_new_owner();
    const uint64_t other = emit_cache_new_owner();
    (void)state;
    for (uint64_t i = 0; i < 6; i++)
    {
        put(owner, i, 10);
        put(other, i, 20);
    }
    emit_cache_purge_owner(owner);
    assert_int_equal(emit_cache_used(), 120);
    for (uint64_t i = 0; i < 6; i++)
    {
        assert_false(holds(owner, i));
        assert_true(holds(other, i));
    }
    emit_cache_purge_owner(owner);
    emit_cache_purge_owner(other);
    assert_int_equal(emit_cache_used(), 0);
}

/* More owners than the table has slots; the budget drops the oldest block of every third one. */
static void each_of_many_owners_is_purged_alone(void **state)
{
    enum
    {
        OWNERS = 6000
    };
    static uint64_t owners[OWNERS];
    (void)state;
    emit_cache_set_budget(SIZE_MAX);
    for (size_t i = 0; i < OWNERS; i++)
        owners[i] = emit_cache_new_owner();
    for (uint64_t index = 0; index < 3; index++)
    {
        for (size_t i = 0; i < OWNERS; i++)
            put(owners[i], index, 1);
    }
    emit_cache_set_budget(OWNERS * 3 - OWNERS / 3);
    for (size_t i = 0; i < OWNERS; i += 2)
        emit_cache_purge_owner(owners[i * 7919 % OWNERS]);
    for (size_t i = 0; i < OWNERS; i++)
    {
        assert_int_equal(holds(owners[i], 0), i % 2 == 1 && i >= OWNERS / 3);
        assert_int_equal(holds(owners[i], 1), i % 2 == 1);
        assert_int_equal(holds(owners[i], 2), i % 2 == 1);
    }
    for (size_t i = 0; i < OWNERS; i++)
        emit_cache_purge_owner(owners[i]);
    assert_int_equal(emit_cache_used(), 0);
}

static double seconds_to_forget(uint64_t owner)
{
    const clock_t begin = clock();
    for (int i = 0; i < 500; i++)
    {
        put(owner, 1, 1);
        emit_cache_purge_owner(owner);
    }
    return (double)(clock() - begin) / CLOCKS_PER_SEC;
}

static void purging_an_owner_does_not_visit_blocks_of_others(void **state)
{
    const uint64_t other = emit_cache_new_owner();
    (void)state;
    emit_cache_set_budget(SIZE_MAX);
    for (uint64_t i = 0; i < 200000; i++)
        put(other, i, 1);
    assert_true(seconds_to_forget(emit_cache_new_owner()) < 0.1);
    emit_cache_purge_owner(other);
}

static void a_smaller_budget_drops_the_least_recently_used_at_once(void **state)
{
    const uint64_t owner = emit_cache_new_owner();
    (void)state;
    for (uint64_t i = 0; i < 10; i++)
        put(owner, i, 100);
    emit_cache_set_budget(250);
    assert_int_equal(emit_cache_used(), 200);
    assert_true(holds(owner, 8) && holds(owner, 9));
    assert_false(holds(owner, 7));
}

static void empty_blocks_are_cached(void **state)
{
    const uint64_t owner = emit_cache_new_owner();
    (void)state;
    emit_cache_set_budget(0);
    put(owner, 1, 0);
    assert_true(holds(owner, 1));
    assert_int_equal(emit_cache_used(), 0);
    emit_cache_purge_owner(owner);
    assert_false(holds(owner, 1));
}

/* ---- Threads -------------------------------------------------------------------------------- */

struct rush
{
    uint64_t owner;
    atomic_int wrong;
};

/* Finds or makes blocks of 40 keys in an order of the thread's own, and checks their bytes. */
static void rush_through(void *context, size_t thread)
{
    struct rush *rush = context;
    for (size_t step = 0; step < 4000; step++)
    {
        const struct emit_cache_key key = {rush->owner, step * (thread * 2 + 7) % 40};
        struct emit_block *block = emit_cache_find(key);
        if (block == NULL)
        {
            block = emit_block_new(key, 90);
            memset(block->bytes, (int)key.index, 90);
            emit_cache_add(block);
        }
        if (block->bytes[0] != key.index || block->bytes[89] != key.index ||
            emit_cache_used() > 1000)
            atomic_fetch_add(&rush->wrong, 1);
        emit_block_release(block);
        if (step % 1000 == 999)
            emit_cache_purge_owner(rush->owner);
    }
}

static void many_threads_share_the_cache(void **state)
{
    struct rush rush = {.owner = emit_cache_new_owner()};
    (void)state;
    run_together(6, rush_through, &rush);
    assert_int_equal(atomic_load(&rush.wrong), 0);
    emit_cache_purge_owner(rush.owner);
    assert_int_equal(emit_cache_used(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(owners_are_never_given_the_same_number, empty_cache),
        cmocka_unit_test_setup(blocks_are_found_by_owner_and_index, empty_cache),
        cmocka_unit_test_setup(a_block_that_is_not_added_is_not_found, empty_cache),
        cmocka_unit_test_setup(the_budget_is_never_exceeded, empty_cache),
        cmocka_unit_test_setup(the_budget_is_used_up_to_its_last_byte, empty_cache),
        cmocka_unit_test_setup(the_least_recently_used_block_is_dropped_first, empty_cache),
        cmocka_unit_test_setup(a_block_larger_than_the_budget_is_not_cached_and_drops_nothing,
                               empty_cache),
        cmocka_unit_test_setup(of_two_blocks_with_one_key_the_first_stays, empty_cache),
        cmocka_unit_test_setup(a_referenced_block_outlives_its_cache_entry, empty_cache),
        cmocka_unit_test_setup(purging_an_owner_drops_only_its_blocks, empty_cache),
        cmocka_unit_test_setup(each_of_many_owners_is_purged_alone, empty_cache),
        cmocka_unit_test_setup(purging_an_owner_does_not_visit_blocks_of_others, empty_cache),
        cmocka_unit_test_setup(a_smaller_budget_drops_the_least_recently_used_at_once, empty_cache),
        cmocka_unit_test_setup(empty_blocks_are_cached, empty_cache),
        cmocka_unit_test_setup(many_threads_share_the_cache, empty_cache),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
