/* SPDX-License-Identifier: MIT */
/*
 * Every single read of a job fails, is cut short or returns wrong bits. The job ends in an error
 * that names the file, or in the right answer; so does a second reading of the same view.
 *
 * Wrong bits in values without a checksum cannot be detected. As long as the
 * masks have checksums, what is masked stays masked even then.
 */
#include "faulty.h"
#include "jobs.h"
#include "support.h"

#include "core/hdf5/h5.h"

#include <stdlib.h>
#include <string.h>

/* Of the chunks of the granule called "packed". */
#define GROUP_BANDS 3

/* Outcome of a job without faults, and of the same without its masks. */
struct right
{
    struct outcome masked;
    struct outcome bare;
};

static bool is_same(const struct outcome *outcome, const struct outcome *right)
{
    return outcome->nbytes == right->nbytes &&
           memcmp(outcome->bytes, right->bytes, right->nbytes) == 0;
}

/* Whether all values that are masked in "right", and not nodata in the file, are so in "outcome".
 */
static bool is_masked_alike(const struct outcome *outcome, const struct right *right)
{
    const size_t size = right->masked.value_nbytes;
    const unsigned char *nodata = right->masked.nodata;
    if (outcome->nbytes != right->masked.nbytes)
        return false;
    for (size_t i = 0; i < outcome->nbytes; i += size)
    {
        const bool masked = memcmp(right->masked.bytes + i, nodata, size) == 0 &&
                            memcmp(right->bare.bytes + i, nodata, size) != 0;
        if (masked && memcmp(outcome->bytes + i, nodata, size) != 0)
            return false;
    }
    return true;
}

/* Whether a successful outcome is acceptable. */
static bool is_good(const struct job *job, bool wrong_bits, const struct outcome *outcome,
                    const struct right *right)
{
    if (!wrong_bits || job->summed == SUMMED_ALL)
        return is_same(outcome, &right->masked);
    return job->summed == SUMMED_NONE || is_masked_alike(outcome, right);
}

static void check(const struct job *job, enum fault fault, unsigned read, const struct right *right,
                  unsigned *failures)
{
    struct outcome outcome, again;
    faulty_arm(fault, read);
    job_do(job, FAULTY, &outcome, &again);
    const bool wrong_bits = fault == FAULT_BIT || fault == FAULT_SCRAMBLE;
    bool good = outcome.status != EMIT_ERROR_INTERNAL;
    if (outcome.status != EMIT_OK)
        good = good && strstr(last_error.message, "/vsimem/fault") != NULL;
    else
        good = is_good(job, wrong_bits, &outcome, right);
    if (outcome.opened && outcome.status != EMIT_OK && again.status == EMIT_OK)
        good = good && is_good(job, wrong_bits, &again, right);
    if (!good)
        fail_msg("%s: fault %d in read %u: status %d: %s", job->name, (int)fault, read,
                 (int)outcome.status, last_error.message);
    *failures += outcome.status != EMIT_OK;
    outcome_close(&outcome);
    outcome_close(&again);
}

static void check_all_reads(const struct job *job, enum fault fault)
{
    struct job bare = *job;
    struct right right;
    struct outcome none;
    unsigned failures = 0;
    if (job->summed == SUMMED_MASKS)
        bare.options[1] = NULL;
    job_do(job, "", &right.masked, &none);
    job_do(&bare, "", &right.bare, &none);
    assert_true(right.masked.status == EMIT_OK && right.bare.status == EMIT_OK);
    faulty_arm(FAULT_NONE, 0);
    struct outcome undisturbed;
    job_do(job, FAULTY, &undisturbed, &none);
    assert_true(undisturbed.status == EMIT_OK && is_same(&undisturbed, &right.masked));
    outcome_close(&undisturbed);
    const unsigned reads = faulty_reads();
    assert_true(reads > 40);
    for (unsigned read = 1; read <= reads; read++)
        check(job, fault, read, &right, &failures);
    print_message("%s: fault %d in each of %u reads: %u errors\n", job->name, (int)fault, reads,
                  failures);
    assert_true(
        failures >
        40); /* otherwise no fault was injected; wrong bits in a table's texts are not errors */
    outcome_close(&right.masked);
    outcome_close(&right.bare);
}

static void check_jobs(enum fault fault, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        check_all_reads(&jobs[i], fault);
}

static void reads_that_fail_are_errors(void **state)
{
    (void)state;
    check_jobs(FAULT_FAIL, job_count);
}

static void short_reads_are_errors(void **state)
{
    (void)state;
    check_jobs(FAULT_SHORT, 2);
}

static void single_wrong_bits_never_unmask(void **state)
{
    (void)state;
    check_jobs(FAULT_BIT, job_count);
}

static void wrong_bytes_never_unmask(void **state)
{
    (void)state;
    check_jobs(FAULT_SCRAMBLE, 2);
}

/* Reads the bands of a chunked granule one after another while one of its chunks cannot be read;
 * "group": which bands lie in it. */
static void check_bands(const char *path, const unsigned char *right, size_t right_nbytes,
                        size_t group)
{
    struct emit_view *view;
    EXPECT_OK(emit_view_open(path, NULL, NULL, &view, &last_error));
    const size_t bands = emit_view_describe(view)->band_count;
    const size_t cells = right_nbytes / sizeof(float) / bands;
    assert_true(cells >= 256); /* with fewer, no bands are read ahead */
    for (size_t band = 0; band < bands; band++)
    {
        unsigned char *bytes;
        size_t nbytes;
        const enum emit_status status = jobs_read(view, band, 1, &bytes, &nbytes);
        assert_true(status == EMIT_OK || band / GROUP_BANDS == group);
        for (size_t cell = 0; cell < cells && status == EMIT_OK; cell++)
            assert_memory_equal(bytes + cell * sizeof(float),
                                right + (cell * bands + band) * sizeof(float), sizeof(float));
        free(bytes);
    }
    emit_view_close(view);
}

static void failures_of_bands_read_ahead_are_ignored(void **state)
{
    const char *const path =
        FAULTY "/vsimem/fault/packed/EMIT_L2A_RFL_001_20240315T101112_2407507_004.nc";
    struct emit_view *view;
    struct emit_h5 *h5;
    struct emit_layout layout;
    struct emit_chunk chunks[64];
    unsigned char *right;
    size_t nbytes;
    (void)state;
    faulty_arm(FAULT_NONE, 0);
    EXPECT_OK(emit_view_open(path, NULL, NULL, &view, &last_error));
    EXPECT_OK(jobs_read(view, 0, emit_view_describe(view)->band_count, &right, &nbytes));
    emit_view_close(view);
    EXPECT_OK(emit_h5_open(path, NULL, &h5, &last_error));
    EXPECT_OK(emit_h5_layout(h5, "/reflectance", &layout, &last_error));
    assert_int_equal(layout.chunk[2], GROUP_BANDS);
    const size_t count =
        (size_t)(layout.chunk_counts[0] * layout.chunk_counts[1] * layout.chunk_counts[2]);
    assert_true(count <= COUNT_OF(chunks));
    EXPECT_OK(emit_h5_chunks(h5, &layout, chunks, &last_error));
    emit_h5_close(h5);
    for (size_t i = 0; i < count; i++)
    {
        faulty_arm_range(chunks[i].offset, chunks[i].size);
        check_bands(path, right, nbytes, i % layout.chunk_counts[2]);
    }
    free(right);
}

static int begin(void **state)
{
    (void)state;
    faulty_install();
    jobs_write();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_that_fail_are_errors),
        cmocka_unit_test(short_reads_are_errors),
        cmocka_unit_test(single_wrong_bits_never_unmask),
        cmocka_unit_test(wrong_bytes_never_unmask),
        cmocka_unit_test(failures_of_bands_read_ahead_are_ignored),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
