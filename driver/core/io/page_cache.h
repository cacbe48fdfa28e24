/* SPDX-License-Identifier: MIT */
/*
 * Bytes of files on servers in the process's cache (block_cache.h), as pages of EMIT_PAGE_NBYTES
 * bytes; the last page of a file is shorter. "owner" is the file's owner number in that cache. All
 * functions are thread-safe.
 */
#ifndef EMIT_IO_PAGE_CACHE_H
#define EMIT_IO_PAGE_CACHE_H

#include "core/base/byte_ranges.h"

#define EMIT_PAGE_NBYTES ((uint64_t)4096)

/* The page after the last one that "range" touches. */
uint64_t emit_page_cache_end(const struct emit_range *range);

/* The first page from "page" to "end" that is cached, or that is not; "end" without one. */
uint64_t emit_page_cache_next_cached(uint64_t owner, uint64_t page, uint64_t end);
uint64_t emit_page_cache_next_missing(uint64_t owner, uint64_t page, uint64_t end);

/* Caches a run that begins at a page and ends with one or with the file. Pages for which there is
 * no memory are left out, which costs another request later and nothing else. */
void emit_page_cache_store(uint64_t owner, const struct emit_range *run,
                           const unsigned char *bytes);

/* Copies to "to", where "wanted" begins, the part of "wanted" that lies in the pages from "page" to
 * "end". Stops at the first page that is not cached, and returns its number, or "end". */
uint64_t emit_page_cache_copy(uint64_t owner, uint64_t page, uint64_t end,
                              const struct emit_range *wanted, unsigned char *to);

/* Copies to "to", where "wanted" begins, the part of "wanted" that lies in "run". */
void emit_page_cache_copy_common(const struct emit_range *run, const unsigned char *bytes,
                                 const struct emit_range *wanted, unsigned char *to);

#endif
