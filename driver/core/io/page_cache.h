/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a file on a server that are kept in the process's cache (cache.h).
 *
 * They are counted in grains, small, so that the ends of a run bring little along that nobody asked
 * for. Where a run covers a whole page of grains, the page is kept as one. All functions are
 * thread-safe; "owner" is the file's in the cache.
 */
#ifndef EMIT_IO_PAGE_CACHE_H
#define EMIT_IO_PAGE_CACHE_H

#include "core/base/byte_ranges.h"

#define EMIT_GRAIN_NBYTES ((uint64_t)128)

/* The grain behind the last one that "range" touches. */
uint64_t emit_pages_end(const struct emit_range *range);

/* The first grain from "grain" to "end" that is kept, or that is not; "end" when there is none. */
uint64_t emit_pages_next_kept(uint64_t owner, uint64_t grain, uint64_t end);
uint64_t emit_pages_next_missing(uint64_t owner, uint64_t grain, uint64_t end);

/* Keeps a run that begins with a grain, and ends with one or with the file. What there is no memory
 * for is not kept: that costs speed only. */
void emit_pages_keep(uint64_t owner, const struct emit_range *run, const unsigned char *bytes);

/* Copies to "to", where "wanted" begins, what it has in common with the grains from "grain" to
 * "end", up to the first that is not kept, which is returned. */
uint64_t emit_pages_copy(uint64_t owner, uint64_t grain, uint64_t end,
                         const struct emit_range *wanted, unsigned char *to);

/* Copies to "to", where "wanted" begins, what it has in common with a run. */
void emit_pages_copy_common(const struct emit_range *run, const unsigned char *bytes,
                            const struct emit_range *wanted, unsigned char *to);

#endif
