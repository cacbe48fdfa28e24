/* SPDX-License-Identifier: MIT */
/* Lists of byte ranges of a file. Pure. */
#pragma once

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

/* Extends a range by "nbytes" bytes in both directions, as far as its file of "file_nbytes" bytes
 * goes. */
void emit_range_widen(struct emit_range *range, uint64_t nbytes, uint64_t file_nbytes);

/* Cuts from a range what lies outside of "limits"; a range of no bytes is left if all does. */
void emit_range_clip(struct emit_range *range, struct emit_range limits);

/* Extends a range to whole pages of a file of "file_nbytes" bytes; the last page ends with it. */
void emit_range_align(struct emit_range *range, uint64_t page_nbytes, uint64_t file_nbytes);

/* Sorts the ranges and joins those that overlap or touch, and those with a gap of at most
 * "request_nbytes" bytes, which take less time than another request. */
void emit_ranges_coalesce(struct emit_ranges *ranges, uint64_t request_nbytes);

/* Finds the first part of "range" from offset "at" on that is in none of "ranges", which are as
 * emit_ranges_coalesce() leaves them; false if there is none. */
bool emit_ranges_missing(const struct emit_ranges *ranges, struct emit_range range, uint64_t at,
                         struct emit_range *missing);
