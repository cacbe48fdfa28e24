/* SPDX-License-Identifier: MIT */
/* Bytes of remote files in the process's cache (block_cache.h), in pages of EMIT_PAGE_NBYTES bytes;
 * the last page of a file is shorter. "owner" is the file's owner number in that cache. All
 * functions are thread-safe. */
#pragma once

#include "core/base/byte_ranges.h"

#define EMIT_PAGE_NBYTES ((uint64_t)4096)

/* One past the last page that "range" intersects. */
uint64_t emit_page_cache_end(const struct emit_range *range);

/* The first page from "page" to before "end" that is cached, or not cached; "end" if there is
 * none. */
uint64_t emit_page_cache_next_cached(uint64_t owner, uint64_t page, uint64_t end);
uint64_t emit_page_cache_next_missing(uint64_t owner, uint64_t page, uint64_t end);

/* Caches a run that begins at a page boundary and ends at one or at the end of the file. Pages for
 * which there is no memory are skipped, which only costs another request later. */
void emit_page_cache_store(uint64_t owner, const struct emit_range *run,
                           const unsigned char *bytes);

/* Waits until emit_page_cache_wake() has been called since the last wait with the same "wakes",
 * which is 0 at first: the first wait ends at once. */
void emit_page_cache_wait(uint64_t *wakes);
void emit_page_cache_wake(void);

/* Copies to "to", which corresponds to the start of "wanted", the part of "wanted" in the pages
 * from "page" to before "end". Returns the first page that is not cached, or "end". */
uint64_t emit_page_cache_copy(uint64_t owner, uint64_t page, uint64_t end,
                              const struct emit_range *wanted, unsigned char *to);

/* Copies to "to", which corresponds to the start of "wanted", the part of "wanted" in "run". */
void emit_page_cache_copy_common(const struct emit_range *run, const unsigned char *bytes,
                                 const struct emit_range *wanted, unsigned char *to);
