/* SPDX-License-Identifier: MIT */
/* A list holds the ranges of several files, which are fetched at once, a thread for each file. If
 * jobs depend on the ranges, one thread fetches while another runs each job whose ranges have
 * arrived; it looks for such jobs when pages arrive. */
#include "core/io/prefetch.h"

#include "core/base/block_cache.h"
#include "core/base/request_threads.h"
#include "core/io/page_cache.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Extra bytes of a range at its ends, since files are fetched in pages of 4096 bytes. */
#define ENDS_NBYTES 4096

void emit_prefetch_add(struct emit_prefetch_list *list, struct emit_file *file, uint64_t offset,
                       uint64_t nbytes)
{
    size_t at = 0;
    if (!emit_file_can_fetch(file))
        return;
    while (at < list->count && list->files[at].file != file)
        at++;
    if (at == EMIT_FILES_AT_ONCE)
        return;
    if (at == list->count)
        list->files[list->count++].file = file;
    if (emit_ranges_add(&list->files[at].ranges, offset, nbytes, NULL) == EMIT_OK)
        list->nbytes += nbytes + ENDS_NBYTES;
}

void emit_prefetch_widen(struct emit_prefetch_list *list, uint64_t nbytes)
{
    for (size_t i = 0; i < list->count; i++)
    {
        struct emit_file *file = list->files[i].file;
        struct emit_ranges *ranges = &list->files[i].ranges;
        for (size_t k = 0; k < ranges->count; k++)
            if (!emit_file_is_cached(file, ranges->range[k].offset, ranges->range[k].nbytes))
                emit_range_widen(&ranges->range[k], nbytes, emit_file_size(file));
    }
}

static enum emit_status fetch(const void *context, size_t i, struct emit_error *error)
{
    (void)error;
    struct emit_prefetch_list *list = *(struct emit_prefetch_list *const *)context;
    emit_file_fetch(list->files[i].file, &list->files[i].ranges);
    return EMIT_OK;
}

void emit_prefetch_run(struct emit_prefetch_list *list)
{
    emit_request_threads_run(list->count, fetch, &list, NULL);
    emit_prefetch_close(list);
}

enum emit_status emit_prefetch_run_if(enum emit_status status, struct emit_prefetch_list *list)
{
    if (status == EMIT_OK)
        emit_prefetch_run(list);
    emit_prefetch_close(list);
    return status;
}

void emit_prefetch_close(struct emit_prefetch_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        emit_ranges_close(&list->files[i].ranges);
    memset(list, 0, sizeof *list);
}

/* ---- Jobs that run while others are fetched -------------------------------------------------- */

/* Less is fetched in the time that another thread may take to connect. */
#define OVERLAP_NBYTES ((uint64_t)1 << 20)

/* Most waiting jobs whose bytes are looked for after each arrival: bytes come about in order. */
#define LOOK_AHEAD 64

struct overlap
{
    struct emit_prefetch_list *list;
    const struct emit_fetched_jobs *jobs;
    atomic_bool is_fetched;
    size_t *waiting; /* jobs */
    size_t waiting_count;
    size_t *ready; /* jobs to run now */
    size_t ready_count;
};

static bool has_arrived(const struct emit_fetched_jobs *jobs, size_t job)
{
    struct emit_prefetch_list list = {.count = 0};
    bool is_here = jobs->list(jobs->context, job, &list, NULL) == EMIT_OK;
    for (size_t i = 0; i < list.count; i++)
    {
        const struct emit_ranges *ranges = &list.files[i].ranges;
        for (size_t k = 0; k < ranges->count && is_here; k++)
            is_here = emit_file_is_cached(list.files[i].file, ranges->range[k].offset,
                                          ranges->range[k].nbytes);
    }
    emit_prefetch_close(&list);
    return is_here;
}

static void find_ready(struct overlap *overlap)
{
    const bool is_fetched = atomic_load(&overlap->is_fetched);
    size_t left = 0;
    overlap->ready_count = 0;
    for (size_t i = 0; i < overlap->waiting_count; i++)
    {
        const size_t job = overlap->waiting[i];
        if (is_fetched || (left < LOOK_AHEAD && has_arrived(overlap->jobs, job)))
            overlap->ready[overlap->ready_count++] = job;
        else
            overlap->waiting[left++] = job;
    }
    overlap->waiting_count = left;
}

static enum emit_status run_ready(const void *context, size_t index, struct emit_scratch *scratch,
                                  struct emit_error *error)
{
    const struct overlap *overlap = context;
    const struct emit_fetched_jobs *jobs = overlap->jobs;
    return jobs->job(jobs->context, overlap->ready[index], scratch, error);
}

static enum emit_status run_as_they_arrive(struct overlap *overlap, struct emit_error *error)
{
    const struct emit_fetched_jobs *jobs = overlap->jobs;
    for (uint64_t wakes = 0; overlap->waiting_count > 0;)
    {
        emit_page_cache_wait(&wakes);
        find_ready(overlap);
        if (overlap->ready_count > 0)
            EMIT_TRY(emit_parallel_for(overlap->ready_count, jobs->threads, jobs->thread_nbytes,
                                       run_ready, overlap, error));
    }
    return EMIT_OK;
}

/* The calling thread fetches, because it has connections, and because jobs wait for it. */
static enum emit_status fetch_or_run(const void *context, size_t index, struct emit_error *error)
{
    struct overlap *overlap = *(struct overlap *const *)context;
    if (index == 1)
        return run_as_they_arrive(overlap, error);
    emit_prefetch_run(overlap->list);
    atomic_store(&overlap->is_fetched, true);
    emit_page_cache_wake();
    return EMIT_OK;
}

enum emit_status emit_prefetch_run_jobs(struct emit_prefetch_list *list,
                                        const struct emit_fetched_jobs *jobs,
                                        struct emit_error *error)
{
    const bool pays = list->nbytes >= OVERLAP_NBYTES && emit_file_is_remote(list->files[0].file);
    size_t *lists = pays ? malloc(2 * jobs->count * sizeof *lists) : NULL;
    if (lists == NULL)
    {
        emit_prefetch_run(list);
        return emit_parallel_for(jobs->count, jobs->threads, jobs->thread_nbytes, jobs->job,
                                 jobs->context, error);
    }
    struct overlap overlap = {.list = list,
                              .jobs = jobs,
                              .waiting = lists,
                              .waiting_count = jobs->count,
                              .ready = lists + jobs->count};
    struct overlap *context = &overlap;
    for (size_t i = 0; i < jobs->count; i++)
        lists[i] = i;
    const enum emit_status status = emit_request_threads_run(2, fetch_or_run, &context, error);
    free(lists);
    return status;
}

/* Half of what a fetch may bring, since coalesced ranges include gaps. */
uint64_t emit_prefetch_budget(void)
{
    return emit_cache_budget() / 4;
}
