/* SPDX-License-Identifier: MIT */
/* What is about to be read from files on servers, so that it can be fetched together. */
#ifndef EMIT_IO_PREFETCH_H
#define EMIT_IO_PREFETCH_H

#include "core/io/file.h"

/* A granule and its companions. */
#define EMIT_PREFETCH_FILES 4

/* Zeroed: empty and valid. Release with emit_prefetch_close(). */
struct emit_prefetch_list
{
    struct
    {
        struct emit_file *file; /* borrowed */
        struct emit_ranges ranges;
    } files[EMIT_PREFETCH_FILES];
    size_t count;
    uint64_t nbytes; /* that the ranges cost at most, those that overlap counted twice */
};

/* Adds bytes of "file"; of local files, of more files than there is room for, and without memory,
 * nothing. */
void emit_prefetch_add(struct emit_prefetch_list *list, struct emit_file *file, uint64_t offset,
                       uint64_t nbytes);

/* Fetches what it can and empties the plan. The read of what is missing then asks for it once more,
 * and reports the error: a plan may hold bytes that nobody will read. */
void emit_prefetch_run(struct emit_prefetch_list *list);
void emit_prefetch_close(struct emit_prefetch_list *list);

/* How many bytes a plan should not exceed, so that all of it is still in the cache when it is
 * read. */
uint64_t emit_prefetch_budget(void);

#endif
