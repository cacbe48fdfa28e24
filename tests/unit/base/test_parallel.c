/* SPDX-License-Identifier: MIT */
#include "core/base/parallel.h"

#include "support.h"

#include <cpl_conv.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

/* ---- Jobs ----------------------------------------------------------------------------------- */

#define MOST_JOBS 1000

struct tally
{
    atomic_int calls[MOST_JOBS];
    atomic_int running;
    atomic_int most_running;
};

static enum emit_status count_job(const void *context, size_t index, struct emit_scratch *scratch,
                                  struct emit_error *error)
{
    struct tally *tally = *(struct tally *const *)context;
    const int running = atomic_fetch_add(&tally->running, 1) + 1;
    int most = atomic_load(&tally->most_running);
    (void)scratch;
    (void)error;
    while (running > most && !atomic_compare_exchange_weak(&tally->most_running, &most, running))
        continue;
    atomic_fetch_add(&tally->calls[index], 1);
    sched_yield();
    atomic_fetch_sub(&tally->running, 1);
    return EMIT_OK;
}

static void every_job_is_done_once_on_any_number_of_threads(void **state)
{
    static const int threads[] = {-5, 0, 1, 2, 3, 16, 100000};
    static const size_t counts[] = {0, 1, 2, 17, MOST_JOBS};
    (void)state;
    for (size_t t = 0; t < COUNT_OF(threads); t++)
    {
        for (size_t c = 0; c < COUNT_OF(counts); c++)
        {
            struct tally tally = {.running = 0};
            struct tally *context = &tally;
            EXPECT_OK(
                emit_parallel_for(counts[c], threads[t], 0, count_job, &context, &last_error));
            for (size_t i = 0; i < MOST_JOBS; i++)
                assert_int_equal(atomic_load(&tally.calls[i]), i < counts[c]);
            assert_true(atomic_load(&tally.most_running) <= (threads[t] > 1 ? threads[t] : 1));
        }
    }
}

/* Waits until all "size" jobs of the group have begun: passes only if that many threads work. */
struct meeting
{
    int size;
    atomic_int arrived;
};

static enum emit_status meet(const void *context, size_t index, struct emit_scratch *scratch,
                             struct emit_error *error)
{
    struct meeting *meeting = *(struct meeting *const *)context;
    (void)index;
    (void)scratch;
    (void)error;
    atomic_fetch_add(&meeting->arrived, 1);
    while (atomic_load(&meeting->arrived) < meeting->size)
        sched_yield();
    return EMIT_OK;
}

static void all_allowed_threads_work(void **state)
{
    struct meeting meeting = {.size = 5};
    struct meeting *context = &meeting;
    (void)state;
    EXPECT_OK(emit_parallel_for(5, 5, 0, meet, &context, &last_error));
    assert_int_equal(atomic_load(&meeting.arrived), 5);
}

/* ---- Failures ------------------------------------------------------------------------------- */

static enum emit_status fail_from_four_on(const void *context, size_t index,
                                          struct emit_scratch *scratch, struct emit_error *error)
{
    int *last = *(int *const *)context;
    (void)scratch;
    *last = (int)index;
    if (index < 4)
        return EMIT_OK;
    return emit_error_set(error, EMIT_ERROR_FORMAT, "job %zu failed", index);
}

static void no_job_starts_after_a_failure(void **state)
{
    int last = -1;
    int *context = &last;
    (void)state;
    EXPECT_ERROR(EMIT_ERROR_FORMAT,
                 emit_parallel_for(50, 1, 0, fail_from_four_on, &context, &last_error),
                 "job 4 failed");
    assert_int_equal(last, 4);
}

static void a_failure_without_an_error_struct_is_a_failure(void **state)
{
    int last = -1;
    int *context = &last;
    (void)state;
    assert_int_equal(emit_parallel_for(50, 1, 0, fail_from_four_on, &context, NULL),
                     EMIT_ERROR_FORMAT);
}

/* Jobs 3 and 7 both begin, and one of them fails after the other; all others succeed. */
struct two_failures
{
    size_t last; /* 3 or 7 */
    atomic_bool begun[8];
    atomic_bool failed[8];
};

static enum emit_status fail_in_turn(const void *context, size_t index,
                                     struct emit_scratch *scratch, struct emit_error *error)
{
    struct two_failures *two = *(struct two_failures *const *)context;
    const size_t other = 10 - index;
    (void)scratch;
    if (index != 3 && index != 7)
        return EMIT_OK;
    atomic_store(&two->begun[index], true);
    while (!atomic_load(&two->begun[other]) ||
           (index == two->last && !atomic_load(&two->failed[other])))
        sched_yield();
    for (int i = 0; i < 1000 && index == two->last; i++)
        sched_yield(); /* lets the other report first */
    atomic_store(&two->failed[index], true);
    return index == 3 ? emit_error_set(error, EMIT_ERROR_MEMORY, "the lower one")
                      : emit_error_set(error, EMIT_ERROR_FILE, "the higher one");
}

static void of_several_failures_the_lowest_job_is_reported(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++)
    {
        struct two_failures two = {.last = i % 2 == 0 ? 3 : 7};
        struct two_failures *context = &two;
        EXPECT_ERROR(EMIT_ERROR_MEMORY,
                     emit_parallel_for(8, 4, 0, fail_in_turn, &context, &last_error),
                     "the lower one");
    }
}

static enum emit_status fail_at_last(const void *context, size_t index,
                                     struct emit_scratch *scratch, struct emit_error *error)
{
    (void)scratch;
    if (index + 1 < *(const size_t *)context)
        return EMIT_OK;
    return emit_error_set(error, EMIT_ERROR_INTERNAL, "last");
}

static void a_failure_of_the_last_job_is_not_lost(void **state)
{
    (void)state;
    for (size_t count = 1; count < 40; count++)
    {
        EXPECT_ERROR(EMIT_ERROR_INTERNAL,
                     emit_parallel_for(count, 3, 0, fail_at_last, &count, &last_error), "last");
    }
}

/* ---- Memory of a thread --------------------------------------------------------------------- */

static void scratch_moves_only_when_it_grows(void **state)
{
    struct emit_scratch scratch = {NULL, 0};
    (void)state;
    char *first = emit_scratch_get(&scratch, 100);
    assert_non_null(first);
    memset(first, 'a', 100);
    assert_ptr_equal(emit_scratch_get(&scratch, 100), first);
    assert_ptr_equal(emit_scratch_get(&scratch, 3), first);
    assert_int_equal(first[99], 'a');
    char *larger = emit_scratch_get(&scratch, 5000);
    assert_non_null(larger);
    memset(larger, 'b', 5000);
    assert_int_equal(scratch.nbytes, 5000);
    emit_scratch_close(&scratch);
    emit_scratch_close(&scratch);
    assert_null(scratch.bytes);
    assert_int_equal(scratch.nbytes, 0);
}

/* Each job finds in its buffers what the same thread's last job left there. */
static enum emit_status use_scratch(const void *context, size_t index, struct emit_scratch *scratch,
                                    struct emit_error *error)
{
    (void)context;
    for (int i = 0; i < EMIT_SCRATCH_COUNT; i++)
    {
        const bool fresh = scratch[i].bytes == NULL;
        int *number = emit_scratch_get(&scratch[i], sizeof *number * (size_t)(i + 1));
        if (!fresh && *number != i)
            return emit_error_set(error, EMIT_ERROR_INTERNAL, "job %zu: buffer %d has changed",
                                  index, i);
        *number = i;
    }
    return EMIT_OK;
}

static void scratch_is_reused_by_the_jobs_of_one_thread_only(void **state)
{
    (void)state;
    EXPECT_OK(emit_parallel_for(500, 4, 0, use_scratch, NULL, &last_error));
}

static enum emit_status look_at_token(const void *context, size_t index,
                                      struct emit_scratch *scratch, struct emit_error *error)
{
    const enum emit_status met = meet(context, index, scratch, error);
    const char *token = CPLGetThreadLocalConfigOption("EMIT_TEST_TOKEN", "");
    return met == EMIT_OK && strcmp(token, "t0ken") == 0 ? EMIT_OK : EMIT_ERROR_INTERNAL;
}

static void all_threads_have_the_callers_configuration(void **state)
{
    struct meeting meeting = {.size = 3};
    struct meeting *context = &meeting;
    (void)state;
    CPLSetThreadLocalConfigOption("EMIT_TEST_TOKEN", "t0ken");
    EXPECT_OK(emit_parallel_for(3, 3, 0, look_at_token, &context, &last_error));
    CPLSetThreadLocalConfigOption("EMIT_TEST_TOKEN", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_job_is_done_once_on_any_number_of_threads),
        cmocka_unit_test(all_allowed_threads_work),
        cmocka_unit_test(all_threads_have_the_callers_configuration),
        cmocka_unit_test(no_job_starts_after_a_failure),
        cmocka_unit_test(a_failure_without_an_error_struct_is_a_failure),
        cmocka_unit_test(of_several_failures_the_lowest_job_is_reported),
        cmocka_unit_test(a_failure_of_the_last_job_is_not_lost),
        cmocka_unit_test(scratch_moves_only_when_it_grows),
        cmocka_unit_test(scratch_is_reused_by_the_jobs_of_one_thread_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
