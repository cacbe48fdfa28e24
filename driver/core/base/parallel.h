/* SPDX-License-Identifier: MIT */
/*
 * Independent jobs on several threads.
 *
 * Threads live for one call: nothing is left behind between calls, at exit or after a fork, and a
 * call that has one job or one thread starts none.
 */
#ifndef EMIT_BASE_PARALLEL_H
#define EMIT_BASE_PARALLEL_H

#include "core/base/error.h"

#define EMIT_MAX_THREADS 256

/* Memory that a thread keeps from job to job; zeroed: empty and valid. */
struct emit_scratch
{
    void *bytes;
    size_t nbytes;
};

/* At least "nbytes" bytes, content undefined; NULL without memory. */
void *emit_scratch_get(struct emit_scratch *scratch, size_t nbytes);
void emit_scratch_close(struct emit_scratch *scratch);

/* Buffers of a thread: a store's reads use the first ones, the last is for those who call them. */
#define EMIT_SCRATCH_COUNT 4
#define EMIT_SCRATCH_CALLER 3

/* One job: reads "context" and reaches nothing else that another job writes. */
typedef enum emit_status (*emit_job)(const void *context, size_t index,
                                     struct emit_scratch *scratch, struct emit_error *error);

/*
 * Calls job(context, i, scratch, error) for each i below "count" on up to "threads" threads, the
 * calling one among them, with GDAL's configuration of the calling one; "scratch" are
 * EMIT_SCRATCH_COUNT buffers of the thread. After a failure no further job is begun; status and
 * message are those of the failed job with the lowest index among those that ran.
 *
 * "thread_nbytes" is the working memory of a thread. Fewer threads work while those of all calls
 * would take more than thread_budget.h allows; the call waits if not even its own would fit. A job
 * with working memory must not wait for jobs of other calls.
 */
enum emit_status emit_parallel_for(size_t count, int threads, uint64_t thread_nbytes, emit_job job,
                                   const void *context, struct emit_error *error);

#endif
