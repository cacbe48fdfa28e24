/* SPDX-License-Identifier: MIT */
#include "core/base/byte_ranges.h"

#include <stdlib.h>
#include <string.h>

void emit_ranges_close(struct emit_ranges *ranges)
{
    free(ranges->range);
    memset(ranges, 0, sizeof *ranges);
}

enum emit_status emit_ranges_add(struct emit_ranges *ranges, uint64_t offset, uint64_t nbytes,
                                 struct emit_error *error)
{
    if (nbytes == 0)
        return EMIT_OK;
    if (ranges->count == ranges->capacity)
    {
        const size_t capacity = ranges->capacity > 0 ? 2 * ranges->capacity : 64;
        struct emit_range *grown = realloc(ranges->range, capacity * sizeof *grown);
        if (grown == NULL)
            return emit_error_memory(error, capacity * sizeof *grown, "a list of byte ranges");
        ranges->range = grown;
        ranges->capacity = capacity;
    }
    ranges->range[ranges->count++] = (struct emit_range){offset, nbytes};
    return EMIT_OK;
}

void emit_range_widen(struct emit_range *range, uint64_t nbytes, uint64_t file_nbytes)
{
    const uint64_t end = range->offset + range->nbytes;
    const uint64_t before = range->offset < nbytes ? range->offset : nbytes;
    const uint64_t after = file_nbytes - end < nbytes ? file_nbytes - end : nbytes;
    range->offset -= before;
    range->nbytes += before + after;
}

void emit_range_clip(struct emit_range *range, struct emit_range limits)
{
    const uint64_t end = range->offset + range->nbytes;
    const uint64_t limit = limits.offset + limits.nbytes;
    const uint64_t last = end < limit ? end : limit;
    range->offset = range->offset > limits.offset ? range->offset : limits.offset;
    range->nbytes = last > range->offset ? last - range->offset : 0;
}

void emit_range_align(struct emit_range *range, uint64_t page_nbytes, uint64_t file_nbytes)
{
    const uint64_t before = range->offset % page_nbytes;
    const uint64_t over = (before + range->nbytes) % page_nbytes;
    range->offset -= before;
    range->nbytes += before + (over > 0 ? page_nbytes - over : 0);
    if (range->nbytes > file_nbytes - range->offset)
        range->nbytes = file_nbytes - range->offset;
}

static int compare_offsets(const void *a, const void *b)
{
    const uint64_t left = ((const struct emit_range *)a)->offset;
    const uint64_t right = ((const struct emit_range *)b)->offset;
    return (left > right) - (left < right);
}

void emit_ranges_coalesce(struct emit_ranges *ranges, uint64_t request_nbytes)
{
    size_t last = 0;
    if (ranges->count == 0)
        return;
    qsort(ranges->range, ranges->count, sizeof *ranges->range, compare_offsets);
    for (size_t i = 1; i < ranges->count; i++)
    {
        const struct emit_range next = ranges->range[i];
        struct emit_range *joined = &ranges->range[last];
        const uint64_t end = joined->offset + joined->nbytes;
        if (next.offset > end && next.offset - end > request_nbytes)
            ranges->range[++last] = next;
        else if (next.offset + next.nbytes > end)
            joined->nbytes = next.offset + next.nbytes - joined->offset;
    }
    ranges->count = last + 1;
}

bool emit_ranges_missing(const struct emit_ranges *ranges, struct emit_range range, uint64_t at,
                         struct emit_range *missing)
{
    uint64_t end = range.offset + range.nbytes;
    for (size_t i = 0; i < ranges->count; i++)
    {
        const struct emit_range *other = &ranges->range[i];
        const uint64_t other_end = other->offset + other->nbytes;
        if (other->offset <= at && at < other_end)
            at = other_end;
        else if (other->offset > at && other->offset < end)
            end = other->offset;
    }
    *missing = (struct emit_range){at, at < end ? end - at : 0};
    return at < end;
}
