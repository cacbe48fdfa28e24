/* SPDX-License-Identifier: MIT */
/* Prefetch lists and jobs that run when their bytes have arrived, with files whose bytes "arrive"
 * when the test says so. Includes the module, with these files instead of the library's. */
#include "core/base/platform.h"
#include "core/io/file.h"
#include "core/io/page_cache.h"

#include "support.h"

#include <sched.h>
#include <stdatomic.h>

#define JOBS 150
#define JOB_NBYTES ((uint64_t)10007)
#define PATIENCE_SECONDS 20

struct emit_file
{
    bool is_remote;
    bool can_fetch;
    bool arrives_in_turn; /* the last range first, each one when the job before it has run */
    uint64_t nbytes;
    struct emit_range asked[JOBS]; /* by the last fetch */
    size_t asked_count;
    unsigned fetches;
    atomic_bool arrived[JOBS];
    atomic_bool is_fetched;
    atomic_uint ran[JOBS];
    atomic_uint ran_early; /* before the bytes were there, or had failed to come */
    atomic_uint timeouts;
};

static bool fake_is_remote(const struct emit_file *file)
{
    return file->is_remote;
}

static bool fake_can_fetch(const struct emit_file *file)
{
    return file->can_fetch;
}

static uint64_t fake_size(const struct emit_file *file)
{
    return file->nbytes;
}

static bool fake_is_cached(struct emit_file *file, uint64_t offset, uint64_t nbytes)
{
    assert_int_equal(nbytes, JOB_NBYTES);
    return atomic_load(&file->arrived[offset / JOB_NBYTES]);
}

static void wait_for_job(struct emit_file *file, size_t job)
{
    const double end = emit_seconds() + PATIENCE_SECONDS;
    while (atomic_load(&file->ran[job]) == 0 && emit_seconds() < end)
        sched_yield();
    if (atomic_load(&file->ran[job]) == 0)
        atomic_fetch_add(&file->timeouts, 1);
}

static void fake_fetch(struct emit_file *file, struct emit_ranges *ranges)
{
    file->fetches++;
    file->asked_count = ranges->count;
    for (size_t i = 0; i < ranges->count; i++)
        file->asked[i] = ranges->range[i];
    for (size_t i = 1; i <= ranges->count && file->arrives_in_turn; i++)
    {
        const size_t job = (size_t)(ranges->range[ranges->count - i].offset / JOB_NBYTES);
        atomic_store(&file->arrived[job], true);
        emit_page_cache_wake();
        /* Of later jobs the bytes are not looked for while that many others wait. */
        if (job < 50)
            wait_for_job(file, job);
    }
    atomic_store(&file->is_fetched, true);
}

#define emit_file_is_remote fake_is_remote
#define emit_file_can_fetch fake_can_fetch
#define emit_file_size fake_size
#define emit_file_is_cached fake_is_cached
#define emit_file_fetch fake_fetch
#include "core/io/prefetch.c"

/* ---- Lists ---- */

static void a_list_takes_what_can_be_fetched_of_few_files(void **state)
{
    static struct emit_file files[EMIT_FILES_AT_ONCE + 1];
    static struct emit_file plain;
    struct emit_prefetch_list list = {.count = 0};
    (void)state;
    emit_prefetch_add(&list, &plain, 0, 5);
    assert_int_equal(list.count, 0);
    for (size_t i = 0; i <= EMIT_FILES_AT_ONCE; i++)
    {
        files[i].can_fetch = true;
        emit_prefetch_add(&list, &files[i], 100 * i, 7 + i);
        emit_prefetch_add(&list, &files[i], 1000 + i, 3);
    }
    assert_int_equal(list.count, EMIT_FILES_AT_ONCE);
    assert_int_equal(list.nbytes, 7 + 8 + 9 + 10 + 4 * 3 + 8 * ENDS_NBYTES);
    emit_prefetch_run(&list);
    assert_int_equal(list.count, 0);
    for (size_t i = 0; i < EMIT_FILES_AT_ONCE; i++)
    {
        assert_int_equal(files[i].fetches, 1);
        assert_int_equal(files[i].asked_count, 2);
        assert_int_equal(files[i].asked[0].offset, 100 * i);
        assert_int_equal(files[i].asked[0].nbytes, 7 + i);
    }
    assert_int_equal(files[EMIT_FILES_AT_ONCE].fetches, 0);
}

static void a_list_that_was_not_filled_is_not_fetched(void **state)
{
    static struct emit_file file = {.can_fetch = true};
    struct emit_prefetch_list list = {.count = 0};
    (void)state;
    emit_prefetch_add(&list, &file, 3, 5);
    assert_int_equal(emit_prefetch_run_if(EMIT_ERROR_FILE, &list), EMIT_ERROR_FILE);
    assert_int_equal(list.count, 0);
    assert_int_equal(file.fetches, 0);
}

static void only_missing_ranges_are_widened_and_not_beyond_the_file(void **state)
{
    static struct emit_file file = {.can_fetch = true, .nbytes = 4 * JOB_NBYTES};
    struct emit_prefetch_list list = {.count = 0};
    (void)state;
    atomic_store(&file.arrived[1], true);
    for (uint64_t i = 0; i < 4; i++)
        emit_prefetch_add(&list, &file, i * JOB_NBYTES, JOB_NBYTES);
    emit_prefetch_widen(&list, 100);
    EXPECT_OK(emit_prefetch_run_if(EMIT_OK, &list));
    const struct emit_range expected[] = {{0, JOB_NBYTES + 100},
                                          {JOB_NBYTES, JOB_NBYTES},
                                          {2 * JOB_NBYTES - 100, JOB_NBYTES + 200},
                                          {3 * JOB_NBYTES - 100, JOB_NBYTES + 100}};
    for (size_t i = 0; i < 4; i++)
    {
        assert_int_equal(file.asked[i].offset, expected[i].offset);
        assert_int_equal(file.asked[i].nbytes, expected[i].nbytes);
    }
}

/* ---- Jobs ---- */

static enum emit_status list_job(const void *context, size_t index, struct emit_prefetch_list *list,
                                 struct emit_error *error)
{
    (void)error;
    struct emit_file *file = *(struct emit_file *const *)context;
    emit_prefetch_add(list, file, index * JOB_NBYTES, JOB_NBYTES);
    return EMIT_OK;
}

static enum emit_status run_job(const void *context, size_t index, struct emit_scratch *scratch,
                                struct emit_error *error)
{
    (void)scratch;
    (void)error;
    struct emit_file *file = *(struct emit_file *const *)context;
    if (!atomic_load(&file->arrived[index]) && !atomic_load(&file->is_fetched))
        atomic_fetch_add(&file->ran_early, 1);
    atomic_fetch_add(&file->ran[index], 1);
    return EMIT_OK;
}

static enum emit_status fail_job(const void *context, size_t index, struct emit_scratch *scratch,
                                 struct emit_error *error)
{
    (void)context;
    (void)scratch;
    return index == 2 ? emit_error_set(error, EMIT_ERROR_FORMAT, "job %zu is damaged", index)
                      : EMIT_OK;
}

static enum emit_status run_jobs(struct emit_file *file, size_t count, emit_job job)
{
    const struct emit_fetched_jobs jobs = {.count = count,
                                           .threads = 2,
                                           .thread_nbytes = 10,
                                           .job = job,
                                           .list = list_job,
                                           .context = &file};
    struct emit_prefetch_list list = {.count = 0};
    file->can_fetch = true;
    for (size_t i = 0; i < count; i++)
        EXPECT_OK(list_job(&file, i, &list, &last_error));
    const enum emit_status status = emit_prefetch_run_jobs(&list, &jobs, &last_error);
    assert_int_equal(list.count, 0);
    assert_int_equal(file->fetches, 1);
    return status;
}

static void expect_each_ran_once(struct emit_file *file, size_t count)
{
    for (size_t i = 0; i < JOBS; i++)
        assert_int_equal(atomic_load(&file->ran[i]), i < count);
    assert_int_equal(atomic_load(&file->ran_early), 0);
}

static void jobs_run_while_the_bytes_of_others_are_on_their_way(void **state)
{
    static struct emit_file file = {.is_remote = true, .arrives_in_turn = true};
    (void)state;
    EXPECT_OK(run_jobs(&file, JOBS, run_job));
    expect_each_ran_once(&file, JOBS);
    assert_int_equal(atomic_load(&file.timeouts), 0);
}

static void jobs_run_also_if_nothing_arrives(void **state)
{
    static struct emit_file file = {.is_remote = true};
    (void)state;
    EXPECT_OK(run_jobs(&file, JOBS, run_job));
    expect_each_ran_once(&file, JOBS);
}

static void few_bytes_and_local_ones_come_before_the_jobs(void **state)
{
    static struct emit_file remote = {.is_remote = true};
    static struct emit_file local;
    (void)state;
    EXPECT_OK(run_jobs(&remote, 3, run_job));
    expect_each_ran_once(&remote, 3);
    EXPECT_OK(run_jobs(&local, JOBS, run_job));
    expect_each_ran_once(&local, JOBS);
}

static void a_job_that_fails_ends_the_others(void **state)
{
    static struct emit_file many = {.is_remote = true};
    static struct emit_file few = {.is_remote = true};
    (void)state;
    EXPECT_ERROR(EMIT_ERROR_FORMAT, run_jobs(&many, JOBS, fail_job), "job 2 is damaged");
    EXPECT_ERROR(EMIT_ERROR_FORMAT, run_jobs(&few, 4, fail_job), "job 2 is damaged");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_takes_what_can_be_fetched_of_few_files),
        cmocka_unit_test(a_list_that_was_not_filled_is_not_fetched),
        cmocka_unit_test(only_missing_ranges_are_widened_and_not_beyond_the_file),
        cmocka_unit_test(jobs_run_while_the_bytes_of_others_are_on_their_way),
        cmocka_unit_test(jobs_run_also_if_nothing_arrives),
        cmocka_unit_test(few_bytes_and_local_ones_come_before_the_jobs),
        cmocka_unit_test(a_job_that_fails_ends_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
