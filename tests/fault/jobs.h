/* SPDX-License-Identifier: MIT */
/* Jobs for fault injection: open a view, read all of its cells, close it. */
#ifndef EMIT_TEST_JOBS_H
#define EMIT_TEST_JOBS_H

#include "emit.h"

/* Which of the values that a job reads have checksums, so that wrong bits are noticed. */
enum summed
{
    SUMMED_ALL,
    SUMMED_MASKS, /* and the lookup table */
    SUMMED_NONE
};

struct job
{
    const char *name;
    const char *file; /* in the folder of the granules */
    const char *variable;
    const char *options[6];
    enum summed summed;
};

extern const struct job jobs[];
extern const unsigned job_count;

/* Writes the granules of all jobs into a folder in memory; fails the test itself. */
void jobs_write(void);

/* Reads "count" bands of all cells of a view, cell by cell, into an array of "*nbytes_ret" bytes
 * that the caller frees. */
enum emit_status jobs_read(struct emit_view *view, size_t first_band, size_t count,
                           unsigned char **bytes_ret, size_t *nbytes_ret);

/* Outcome of a job; zeroed: not run. */
struct outcome
{
    enum emit_status status;
    bool opened;          /* false: "status" is the opening's */
    unsigned char *bytes; /* all values; NULL unless EMIT_OK */
    size_t nbytes;
    size_t value_nbytes;
    unsigned char nodata[8];
};

/*
 * Runs a job on the granules below "prefix" ("" or FAULTY). If the opening succeeds and the
 * reading fails, "again" is the outcome of a second reading of the same view; else it is nothing.
 */
void job_do(const struct job *job, const char *prefix, struct outcome *outcome,
            struct outcome *again);

void outcome_close(struct outcome *outcome);

#endif
