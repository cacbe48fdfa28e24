/* SPDX-License-Identifier: MIT */
#include "core/base/parallel.h"

#include "core/base/process_lock.h"
#include "core/base/thread_budget.h"

#include <cpl_conv.h>
#include <cpl_multiproc.h>
#include <cpl_string.h>

#include <stdatomic.h>
#include <stdlib.h>

void *emit_scratch_get(struct emit_scratch *scratch, size_t nbytes)
{
    if (scratch->nbytes < nbytes)
    {
        emit_scratch_close(scratch);
        scratch->bytes = malloc(nbytes);
        scratch->nbytes = scratch->bytes != NULL ? nbytes : 0;
    }
    return scratch->bytes;
}

void emit_scratch_close(struct emit_scratch *scratch)
{
    free(scratch->bytes);
    scratch->bytes = NULL;
    scratch->nbytes = 0;
}

/* Shared by the threads of one call. */
struct batch
{
    emit_job job;
    const void *context;
    size_t count;
    char **configuration; /* GDAL's, of the calling thread alone */
    atomic_size_t next;
    atomic_bool has_failed;

    /* Under EMIT_LOCK_THREADS: */
    size_t failed_index; /* "count" while none has failed */
    enum emit_status status;
    struct emit_error *error;
};

/* The next job's index, or "count" or more to end. */
static size_t next_index(struct batch *batch)
{
    return atomic_load(&batch->has_failed) ? batch->count : atomic_fetch_add(&batch->next, 1);
}

static void report(struct batch *batch, size_t index, enum emit_status status,
                   const struct emit_error *error)
{
    emit_lock(EMIT_LOCK_THREADS);
    if (index < batch->failed_index)
    {
        batch->failed_index = index;
        batch->status = status;
        if (batch->error != NULL)
            *batch->error = *error;
    }
    emit_unlock(EMIT_LOCK_THREADS);
    atomic_store(&batch->has_failed, true);
}

static void work(void *argument)
{
    struct batch *batch = argument;
    struct emit_scratch scratch[EMIT_SCRATCH_COUNT] = {{NULL, 0}};
    struct emit_error error = {""};
    for (size_t index = next_index(batch); index < batch->count; index = next_index(batch))
    {
        const enum emit_status status = batch->job(batch->context, index, scratch, &error);
        if (status != EMIT_OK)
            report(batch, index, status, &error);
    }
    for (int i = 0; i < EMIT_SCRATCH_COUNT; i++)
        emit_scratch_close(&scratch[i]);
}

static void work_as_helper(void *argument)
{
    const struct batch *batch = argument;
    CPLSetThreadLocalConfigOptions((const char *const *)batch->configuration);
    work(argument);
}

/* Starts another thread; NULL if the system or the budget does not allow it, which costs speed
 * alone: the calling thread does the jobs. */
static CPLJoinableThread *start_helper(struct batch *batch, uint64_t nbytes, int most)
{
    if (!emit_thread_budget_add(nbytes, most))
        return NULL;
    CPLJoinableThread *helper = CPLCreateJoinableThread(work_as_helper, batch);
    if (helper == NULL)
        emit_thread_budget_end(nbytes, 1);
    return helper;
}

enum emit_status emit_parallel_for(size_t count, int threads, uint64_t thread_nbytes, emit_job job,
                                   const void *context, struct emit_error *error)
{
    struct batch batch = {.job = job,
                          .context = context,
                          .count = count,
                          .configuration = CPLGetThreadLocalConfigOptions(),
                          .failed_index = count,
                          .status = EMIT_OK,
                          .error = error};
    CPLJoinableThread *helpers[EMIT_MAX_THREADS - 1];
    int helper_count = 0;
    emit_thread_budget_begin(thread_nbytes);
    while (helper_count + 1 < threads && (size_t)helper_count + 1 < count &&
           helper_count < EMIT_MAX_THREADS - 1 &&
           (helpers[helper_count] = start_helper(&batch, thread_nbytes, threads - 1)) != NULL)
        helper_count++;
    work(&batch);
    for (int i = 0; i < helper_count; i++)
    {
        CPLJoinThread(helpers[i]);
        emit_thread_budget_end(thread_nbytes, 1);
    }
    emit_thread_budget_end(thread_nbytes, 0);
    CSLDestroy(batch.configuration);
    return batch.status;
}
