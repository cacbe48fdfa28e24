/* SPDX-License-Identifier: MIT */
/* Includes the module, with a shorter timeout than the library's. */
#define EMIT_FORK_PATIENCE_SECONDS 1
#include "core/base/process_lock.c"

#include "support.h"

#include <sched.h>
#include <unistd.h>

#define FORKS 20

/* One thread keeps changing a pair of numbers while another one forks. */
struct pair
{
    void (*begin)(enum emit_lock lock);
    void (*end)(enum emit_lock lock);
    volatile unsigned first;
    volatile unsigned second;
    atomic_bool done;
    unsigned right; /* children that saw equal numbers */
};

static bool see_equal(void *context)
{
    const struct pair *pair = context;
    pair->begin(EMIT_LOCK_HDF5);
    const bool equal = pair->first == pair->second;
    pair->end(EMIT_LOCK_HDF5);
    return equal && !emit_is_abandoned(EMIT_LOCK_HDF5);
}

static void change_or_fork(void *context, size_t i)
{
    struct pair *pair = context;
    for (int k = 0; i == 0 && k < FORKS; k++)
        pair->right += run_in_child(see_equal, pair);
    if (i == 0)
        atomic_store(&pair->done, true);
    while (!atomic_load(&pair->done))
    {
        pair->begin(EMIT_LOCK_HDF5);
        pair->first = pair->first + 1;
        usleep(300);
        pair->second = pair->second + 1;
        pair->end(EMIT_LOCK_HDF5);
    }
}

static void a_child_sees_data_behind_a_lock_consistent(void **state)
{
    struct pair pair = {.begin = emit_lock, .end = emit_unlock};
    (void)state;
    emit_lock(EMIT_LOCK_HDF5); /* the first use registers what fork() calls */
    emit_unlock(EMIT_LOCK_HDF5);
    run_together(3, change_or_fork, &pair);
    assert_int_equal(pair.right, FORKS);
}

static void a_child_sees_occupied_data_consistent(void **state)
{
    struct pair pair = {.begin = emit_occupy, .end = emit_vacate};
    (void)state;
    run_together(3, change_or_fork, &pair);
    assert_int_equal(pair.right, FORKS);
}

/* The first thread occupies until the second one has forked. */
static atomic_bool occupied;
static atomic_bool forked;

static bool is_free_and_abandoned(void *context)
{
    (void)context;
    emit_occupy(EMIT_LOCK_HDF5);
    emit_vacate(EMIT_LOCK_HDF5);
    return emit_is_abandoned(EMIT_LOCK_HDF5) && !emit_is_abandoned(EMIT_LOCK_CACHE);
}

static void occupy_or_fork(void *context, size_t i)
{
    bool *right = context;
    if (i == 1)
    {
        while (!atomic_load(&occupied))
            sched_yield();
        *right = run_in_child(is_free_and_abandoned, NULL);
        atomic_store(&forked, true);
        return;
    }
    emit_occupy(EMIT_LOCK_HDF5);
    atomic_store(&occupied, true);
    while (!atomic_load(&forked))
        usleep(1000);
    emit_vacate(EMIT_LOCK_HDF5);
}

static void a_child_detects_a_lock_that_the_parent_did_not_vacate(void **state)
{
    bool right = false;
    (void)state;
    run_together(2, occupy_or_fork, &right);
    assert_true(right);
    assert_false(emit_is_abandoned(EMIT_LOCK_HDF5));
}

static bool occupies_still(void *context)
{
    (void)context;
    emit_vacate(EMIT_LOCK_HDF5);
    return !emit_is_abandoned(EMIT_LOCK_HDF5);
}

static void a_thread_that_occupies_may_fork(void **state)
{
    (void)state;
    emit_occupy(EMIT_LOCK_HDF5);
    assert_true(run_in_child(occupies_still, NULL));
    emit_vacate(EMIT_LOCK_HDF5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_sees_data_behind_a_lock_consistent),
        cmocka_unit_test(a_child_sees_occupied_data_consistent),
        cmocka_unit_test(a_child_detects_a_lock_that_the_parent_did_not_vacate),
        cmocka_unit_test(a_thread_that_occupies_may_fork),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
