/* SPDX-License-Identifier: MIT */
/* Prefetch lists: byte ranges of remote and native files that are requested together before they
 * are read. */
#pragma once

#include "core/base/parallel.h"
#include "core/io/file.h"

/* Zeroed: empty and valid. Release with emit_prefetch_close(). */
struct emit_prefetch_list
{
    struct
    {
        struct emit_file *file; /* borrowed */
        struct emit_ranges ranges;
    } files[EMIT_FILES_AT_ONCE];
    size_t count;
    uint64_t nbytes; /* maximum cost of the ranges; overlapping ones count twice */
};

/* Adds a range of "file". Does nothing for files that cannot be fetched ahead, if the list is full,
 * and without memory. */
void emit_prefetch_add(struct emit_prefetch_list *list, struct emit_file *file, uint64_t offset,
                       uint64_t nbytes);

/* Extends the ranges that are not cached by "nbytes" bytes in both directions, as far as their file
 * goes. */
void emit_prefetch_widen(struct emit_prefetch_list *list, uint64_t nbytes);

/* Fetches what it can and empties the list. The later read of a missing range requests it again and
 * reports the error, because a list may contain bytes that are never read. */
void emit_prefetch_run(struct emit_prefetch_list *list);

/* The same if "status", that of filling the list, is EMIT_OK; else only empties it. Returns
 * "status". */
enum emit_status emit_prefetch_run_if(enum emit_status status, struct emit_prefetch_list *list);

/* Jobs of emit_parallel_for(), and what each of them reads. */
struct emit_fetched_jobs
{
    size_t count;
    int threads;
    uint64_t thread_nbytes;
    emit_job job;
    enum emit_status (*list)(const void *context, size_t index, struct emit_prefetch_list *list,
                             struct emit_error *error);
    const void *context;
};

/* Fetches what it can of "list", which has what the jobs read, empties it, and runs the jobs: of
 * many bytes each job when its own have arrived. Working memory is used only meanwhile. */
enum emit_status emit_prefetch_run_jobs(struct emit_prefetch_list *list,
                                        const struct emit_fetched_jobs *jobs,
                                        struct emit_error *error);
void emit_prefetch_close(struct emit_prefetch_list *list);

/* Maximum bytes of a list, so that all of it is still cached when it is read. */
uint64_t emit_prefetch_budget(void);
