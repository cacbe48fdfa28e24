/* SPDX-License-Identifier: MIT */
#include "core/base/thread_budget.h"

#include "core/base/block_cache.h"
#include "core/base/parallel.h"
#include "support.h"

#include <stdatomic.h>
#include <unistd.h>

/* Every test begins with a budget of 1000 bytes. */
static int set_budget(void **state)
{
    (void)state;
    emit_cache_set_budget(1000);
    return 0;
}

static void threads_are_added_as_far_as_memory_and_their_number_allow(void **state)
{
    (void)state;
    emit_thread_budget_begin(300);
    assert_true(emit_thread_budget_add(300, 2));
    assert_true(emit_thread_budget_add(0, 2));
    assert_false(emit_thread_budget_add(0, 2));
    assert_true(emit_thread_budget_add(400, 3));
    assert_false(emit_thread_budget_add(1, 9));
    emit_thread_budget_end(300, 1);
    assert_true(emit_thread_budget_add(300, 9));
    emit_thread_budget_end(300, 1);
    emit_thread_budget_end(400, 1);
    emit_thread_budget_end(0, 1);
    emit_thread_budget_end(300, 0);
    assert_false(emit_thread_budget_add(1001, 9));
}

static void a_single_thread_may_exceed_the_budget(void **state)
{
    (void)state;
    emit_cache_set_budget(0);
    emit_thread_budget_begin(5000);
    assert_false(emit_thread_budget_add(1, 9));
    emit_thread_budget_end(5000, 0);
    emit_thread_budget_begin(UINT64_MAX);
    assert_false(emit_thread_budget_add(UINT64_MAX, 9));
    emit_thread_budget_end(UINT64_MAX, 0);
}

/* ---- Jobs of several calls ------------------------------------------------------------------- */

/* Memory in use at once by all calls. */
struct usage
{
    uint64_t nbytes; /* of a thread */
    int expected;    /* jobs wait, for ten seconds at most, until as many run */
    atomic_int running;
    atomic_int most;
    atomic_int done;
};

static enum emit_status use(const void *context, size_t index, struct emit_scratch *scratch,
                            struct emit_error *error)
{
    struct usage *usage = *(struct usage *const *)context;
    const int running = atomic_fetch_add(&usage->running, 1) + 1;
    int most = atomic_load(&usage->most);
    (void)index;
    (void)scratch;
    (void)error;
    while (running > most && !atomic_compare_exchange_weak(&usage->most, &most, running))
        continue;
    usleep(500);
    for (int i = 0; i < 20000 && atomic_load(&usage->most) < usage->expected; i++)
        usleep(500); /* on a busy machine another thread may be slow to begin */
    atomic_fetch_sub(&usage->running, 1);
    atomic_fetch_add(&usage->done, 1);
    return EMIT_OK;
}

static void call(void *context, size_t i)
{
    struct usage *usage = context;
    (void)i;
    emit_parallel_for(6, 4, usage->nbytes, use, &usage, NULL);
}

static int most_running(uint64_t nbytes, int expected)
{
    struct usage usage = {.nbytes = nbytes, .expected = expected};
    run_together(5, call, &usage);
    assert_int_equal(atomic_load(&usage.done), 30);
    return atomic_load(&usage.most);
}

static void the_threads_of_all_calls_share_the_memory(void **state)
{
    (void)state;
    assert_int_equal(most_running(2000, 1), 1);
    assert_int_equal(most_running(501, 1), 1);
    assert_int_equal(most_running(500, 2), 2);
    assert_int_in_range(most_running(334, 1), 1, 2);
}

static void calls_do_not_multiply_threads(void **state)
{
    (void)state;
    /* The lower bound is loose: on a busy machine threads end before others begin. */
    assert_int_in_range(most_running(0, 2), 2, 5 + 3);
}

/* ---- fork() ---------------------------------------------------------------------------------- */

static bool has_all_of_it(void *context)
{
    (void)context;
    emit_thread_budget_begin(1000);
    emit_thread_budget_end(1000, 0);
    return emit_thread_budget_add(1000, 1);
}

static void a_forked_child_has_the_whole_budget(void **state)
{
    (void)state;
    emit_thread_budget_begin(600);
    assert_true(emit_thread_budget_add(400, 1));
    assert_true(run_in_child(has_all_of_it, NULL));
    emit_thread_budget_end(400, 1);
    emit_thread_budget_end(600, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(threads_are_added_as_far_as_memory_and_their_number_allow,
                               set_budget),
        cmocka_unit_test_setup(a_single_thread_may_exceed_the_budget, set_budget),
        cmocka_unit_test_setup(the_threads_of_all_calls_share_the_memory, set_budget),
        cmocka_unit_test_setup(calls_do_not_multiply_threads, set_budget),
        cmocka_unit_test_setup(a_forked_child_has_the_whole_budget, set_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
