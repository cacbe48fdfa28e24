/* SPDX-License-Identifier: MIT */
#include "core/base/request_threads.h"
#include "support.h"

#include "core/base/platform.h"

#include <cpl_conv.h>
#include <cpl_multiproc.h>

#include <stdatomic.h>
#include <stdio.h>

#define JOBS 5

struct meeting
{
    struct emit_mutex lock;
    struct emit_condition changed;
    int arrived;
    GIntBig thread[JOBS];
    char option[JOBS][16];
};

/* Waits until all jobs have arrived, so that no thread runs two of them. */
static enum emit_status meet(const void *context, size_t index, struct emit_error *error)
{
    struct meeting *meeting = *(struct meeting *const *)context;
    (void)error;
    meeting->thread[index] = CPLGetPID();
    snprintf(meeting->option[index], sizeof meeting->option[index], "%s",
             CPLGetThreadLocalConfigOption("EMIT_MEETING", "none"));
    emit_mutex_lock(&meeting->lock);
    meeting->arrived++;
    emit_condition_broadcast(&meeting->changed);
    while (meeting->arrived < JOBS)
        emit_condition_wait(&meeting->changed, &meeting->lock);
    emit_mutex_unlock(&meeting->lock);
    return EMIT_OK;
}

static void hold_meeting(struct meeting *meeting)
{
    *meeting = (struct meeting){.arrived = 0};
    emit_mutex_init(&meeting->lock);
    emit_condition_init(&meeting->changed);
    EXPECT_OK(emit_request_threads_run(JOBS, meet, &meeting, &last_error));
    emit_mutex_close(&meeting->lock);
}

static bool took_part(const struct meeting *meeting, GIntBig thread)
{
    for (int i = 0; i < JOBS; i++)
    {
        if (meeting->thread[i] == thread)
            return true;
    }
    return false;
}

static void jobs_run_at_once_in_threads_that_stay(void **state)
{
    struct meeting first, second;
    (void)state;
    emit_request_threads_use();
    CPLSetThreadLocalConfigOption("EMIT_MEETING", "room 7");
    hold_meeting(&first);
    CPLSetThreadLocalConfigOption("EMIT_MEETING", NULL);
    hold_meeting(&second);
    assert_true(first.thread[0] == CPLGetPID());
    for (int i = 0; i < JOBS; i++)
    {
        assert_true(took_part(&first, second.thread[i]));
        assert_string_equal(first.option[i], "room 7");
        assert_string_equal(second.option[i], "none");
    }
    emit_request_threads_release();
}

static enum emit_status fail_late(const void *context, size_t index, struct emit_error *error)
{
    atomic_int *runs = *(atomic_int *const *)context;
    atomic_fetch_add(runs, 1);
    return index < 2 ? EMIT_OK
                     : emit_error_set(error, EMIT_ERROR_FILE, "job %d failed", (int)index);
}

static void the_first_failure_counts(void **state)
{
    atomic_int runs = 0;
    atomic_int *const context = &runs;
    (void)state;
    EXPECT_ERROR(EMIT_ERROR_FILE, emit_request_threads_run(4, fail_late, &context, &last_error),
                 "job 2", "failed");
    assert_int_equal(atomic_load(&runs), 4);
    EXPECT_OK(emit_request_threads_run(0, fail_late, &context, &last_error));
}

static enum emit_status nest(const void *context, size_t index, struct emit_error *error)
{
    return index == 0 ? EMIT_OK : emit_request_threads_run(2, fail_late, context, error);
}

static void jobs_may_start_others(void **state)
{
    atomic_int runs = 0;
    atomic_int *const context = &runs;
    (void)state;
    EXPECT_OK(emit_request_threads_run(4, nest, &context, &last_error));
    assert_int_equal(atomic_load(&runs), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_run_at_once_in_threads_that_stay),
        cmocka_unit_test(the_first_failure_counts),
        cmocka_unit_test(jobs_may_start_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
