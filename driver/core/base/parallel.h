/* SPDX-License-Identifier: MIT */
/*
 * Independent jobs on several threads.
 *
 * Threads live for one call, so nothing has to be stopped at exit or restored after a fork. A call
 * with one job or one thread starts no thread.
 */
#pragma once

#include "core/base/error.h"

#define EMIT_MAX_THREADS 256

/* Memory that a thread reuses from job to job; zeroed: empty and valid. */
struct emit_scratch
{
    void *bytes;
    size_t nbytes;
};

/* At least "nbytes" bytes, content undefined; NULL without memory. */
void *emit_scratch_get(struct emit_scratch *scratch, size_t nbytes);
void emit_scratch_close(struct emit_scratch *scratch);

/* Buffers of a thread: reads of a store use the first ones, its callers the last one. */
#define EMIT_SCRATCH_COUNT 4
#define EMIT_SCRATCH_CALLER 3

/* One job: reads "context", and accesses nothing that another job writes. */
typedef enum emit_status (*emit_job)(const void *context, size_t index,
                                     struct emit_scratch *scratch, struct emit_error *error);

/*
 * Calls job(context, i, scratch, error) for each i below "count" on up to "threads" threads, the
 * calling one included, with the calling thread's configuration of GDAL; "scratch" are
 * EMIT_SCRATCH_COUNT buffers of the thread. After a failure no further job begins; status and
 * message are those of the failed job with the lowest index.
 *
 * "thread_nbytes" is the working memory of a thread. The call uses fewer threads if those of all
 * calls would need more than thread_budget.h allows, and waits if not even its own thread fits. A
 * job with working memory must not wait for jobs of other calls.
 */
enum emit_status emit_parallel_for(size_t count, int threads, uint64_t thread_nbytes, emit_job job,
                                   const void *context, struct emit_error *error);
