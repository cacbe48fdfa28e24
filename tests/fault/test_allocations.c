/* SPDX-License-Identifier: MIT */
/*
 * Every single allocation of the core fails. The job ends in an error or in the right answer, and
 * nothing leaks: the sanitizers' run of this test finds leaks. Allocations of GDAL and HDF5
 * do not fail; GDAL ends the program when CPLMalloc() has no memory.
 */
#include "counting.h"
#include "jobs.h"
#include "support.h"

#include <string.h>

static void check(const struct job *job, unsigned allocation, const struct outcome *right,
                  unsigned *failures)
{
    struct outcome outcome, again;
    counting_arm(allocation);
    job_do(job, "", &outcome, &again);
    bool good = outcome.status != EMIT_ERROR_INTERNAL;
    if (outcome.status != EMIT_OK)
        good = good && last_error.message[0] != '\0';
    else
        good = memcmp(outcome.bytes, right->bytes, right->nbytes) == 0;
    if (outcome.opened && outcome.status != EMIT_OK)
        good = good && again.status == EMIT_OK &&
               memcmp(again.bytes, right->bytes, right->nbytes) == 0;
    if (!good)
        fail_msg("%s: allocation %u: status %d: %s", job->name, allocation, (int)outcome.status,
                 last_error.message);
    *failures += outcome.status != EMIT_OK;
    outcome_close(&outcome);
    outcome_close(&again);
}

static void failed_allocations_are_errors(void **state)
{
    (void)state;
    for (unsigned i = 0; i < job_count; i++)
    {
        struct outcome right, none;
        unsigned failures = 0;
        counting_arm(0);
        job_do(&jobs[i], "", &right, &none);
        const unsigned allocations = counting_allocations();
        assert_int_equal(right.status, EMIT_OK);
        assert_true(allocations > 100);
        for (unsigned allocation = 1; allocation <= allocations; allocation++)
            check(&jobs[i], allocation, &right, &failures);
        print_message("%s: each of %u allocations failed: %u errors\n", jobs[i].name, allocations,
                      failures);
        assert_true(failures > allocations / 4); /* otherwise no failure was injected */
        outcome_close(&right);
    }
}

static int begin(void **state)
{
    (void)state;
    jobs_write();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(failed_allocations_are_errors)};
    return cmocka_run_group_tests(tests, begin, NULL);
}
