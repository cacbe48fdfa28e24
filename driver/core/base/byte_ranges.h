/* SPDX-License-Identifier: MIT */
/* Lists of byte ranges of a file, and which of them to ask for together. Pure. */
#ifndef EMIT_BASE_BYTE_RANGES_H
#define EMIT_BASE_BYTE_RANGES_H

#include "core/base/error.h"

struct emit_range
{
    uint64_t offset;
    uint64_t nbytes; /* offset + nbytes <= UINT64_MAX */
};

/* A growing list; zeroed: empty and valid. Release with emit_ranges_close(). */
struct emit_ranges
{
    struct emit_range *range;
    size_t count;
    size_t capacity;
};

void emit_ranges_close(struct emit_ranges *ranges);

/* Adds a range to the end; one of no bytes adds nothing. */
enum emit_status emit_ranges_add(struct emit_ranges *ranges, uint64_t offset, uint64_t nbytes,
                                 struct emit_error *error);

/* Widens each range to whole pages of a file of "file_nbytes" bytes, which ends the last page. */
void emit_ranges_align_to_pages(struct emit_ranges *ranges, uint64_t page_nbytes,
                                uint64_t file_nbytes);

/*
 * Sorts the ranges and joins those that overlap or touch, and those whose gap is cheaper to read
 * along than to leave out: a request costs as much as "request_nbytes" bytes.
 */
void emit_ranges_coalesce(struct emit_ranges *ranges, uint64_t request_nbytes);

#endif
