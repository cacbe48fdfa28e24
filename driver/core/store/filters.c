/* SPDX-License-Identifier: MIT */
/* HDF5's filters, undone last to first: the checksum is compared and cut off, deflate is undone by
 * GDAL's library, shuffle comes first in a pipeline and so is undone last. The functions that loop
 * over bytes stand first, then what a pipeline may hold, then decoding. */
#include "core/store/filters.h"

#include "core/base/bytes.h"

#include <cpl_conv.h>

#include <string.h>

static uint32_t fold(uint32_t sum)
{
    return (sum & 0xffff) + (sum >> 16);
}

uint32_t emit_fletcher32(const void *bytes, size_t nbytes)
{
    const unsigned char *at = bytes;
    uint32_t sum1 = 0;
    uint32_t sum2 = 0;
    for (size_t words = nbytes / 2; words > 0;)
    {
        /* 360 words is the maximum before sum2 can overflow. */
        const size_t run = words < 360 ? words : 360;
        for (size_t i = 0; i < run; i++, at += 2)
        {
            sum1 += (uint32_t)(at[0] << 8 | at[1]);
            sum2 += sum1;
        }
        sum1 = fold(sum1);
        sum2 = fold(sum2);
        words -= run;
    }
    if (nbytes % 2 != 0)
    {
        sum1 += (uint32_t)(*at << 8);
        sum2 = fold(sum2 + sum1);
        sum1 = fold(sum1);
    }
    return fold(sum2) << 16 | fold(sum1);
}

/* Inlined with a constant "size", the compiler turns the loops into vector interleaves. */
static inline void unshuffle(const unsigned char *restrict planes, size_t count, size_t size,
                             unsigned char *restrict values)
{
    for (size_t i = 0; i < count; i++)
    {
        for (size_t byte = 0; byte < size; byte++)
            values[i * size + byte] = planes[byte * count + i];
    }
}

void emit_unshuffle(const void *shuffled, size_t nbytes, size_t size, void *values)
{
    const size_t count = nbytes / size, whole = count * size;
    switch (size)
    {
    case 4:
        unshuffle(shuffled, count, 4, values);
        break;
    case 8:
        unshuffle(shuffled, count, 8, values);
        break;
    default:
        unshuffle(shuffled, count, size, values);
    }
    /* The filter copies an incomplete element at the end. */
    memcpy((unsigned char *)values + whole, (const unsigned char *)shuffled + whole,
           nbytes - whole);
}

void emit_swap_bytes(void *values, size_t count, size_t size)
{
    unsigned char *at = values;
    for (size_t i = 0; i < count; i++, at += size)
    {
        for (size_t low = 0, high = size - 1; low < high; low++, high--)
        {
            const unsigned char byte = at[low];
            at[low] = at[high];
            at[high] = byte;
        }
    }
}

/* Position of "filter" in the pipeline, or -1 if absent, -2 if repeated. */
static int find_filter(const struct emit_layout *layout, enum emit_filter filter)
{
    int found = -1;
    for (int i = 0; i < layout->filter_count; i++)
        if (layout->filters[i] == filter)
            found = found == -1 ? i : -2;
    return found;
}

bool emit_filters_supported(const struct emit_layout *layout)
{
    const int deflate = find_filter(layout, EMIT_FILTER_DEFLATE);
    const int checksum = find_filter(layout, EMIT_FILTER_FLETCHER32);
    const int shuffle = find_filter(layout, EMIT_FILTER_SHUFFLE);
    return deflate != -2 && checksum != -2 && shuffle <= 0 && shuffle != -2;
}

static enum emit_status damaged(const struct emit_stored_chunk *chunk, const char *what,
                                struct emit_error *error)
{
    return emit_error_set(error, EMIT_ERROR_FILE, "a chunk of %s is damaged: %s",
                          chunk->layout->name, what);
}

/* Each undoes one filter: what remains of the chunk is for the filters before. */

static enum emit_status undo_checksum(struct emit_stored_chunk *chunk, struct emit_error *error)
{
    if (chunk->nbytes < 4)
        return damaged(chunk, "it is shorter than its checksum", error);
    chunk->nbytes -= 4;
    if (emit_little_endian(chunk->bytes + chunk->nbytes, 4) !=
        emit_fletcher32(chunk->bytes, chunk->nbytes))
        return damaged(chunk, "its checksum is wrong", error);
    return EMIT_OK;
}

static enum emit_status undo_deflate(struct emit_stored_chunk *chunk, size_t expected, void *target,
                                     struct emit_error *error)
{
    size_t got = 0;
    if (CPLZLibInflate(chunk->bytes, chunk->nbytes, target, expected, &got) == NULL ||
        got != expected)
        return damaged(chunk, "it does not inflate to its size", error);
    chunk->bytes = target;
    chunk->nbytes = expected;
    return EMIT_OK;
}

/* Undoes the filters after shuffle, last to first; inflates into "target" or "scratch_block". */
static enum emit_status unfilter(struct emit_stored_chunk *chunk, bool shuffled,
                                 void *scratch_block, void *target, struct emit_error *error)
{
    const struct emit_layout *layout = chunk->layout;
    const uint32_t mask = chunk->filter_mask;
    const size_t nbytes = (size_t)layout->chunk_nbytes;
    const int checksum = find_filter(layout, EMIT_FILTER_FLETCHER32);
    for (int i = layout->filter_count - 1; i >= 0; i--)
    {
        if (mask >> i & 1)
            continue;
        const bool sum_inside = checksum >= 0 && checksum < i && !(mask >> checksum & 1);
        if (layout->filters[i] == EMIT_FILTER_FLETCHER32)
            EMIT_TRY(undo_checksum(chunk, error));
        else if (layout->filters[i] == EMIT_FILTER_DEFLATE)
            EMIT_TRY(undo_deflate(chunk, nbytes + (sum_inside ? 4 : 0),
                                  shuffled || sum_inside ? scratch_block : target, error));
    }
    return chunk->nbytes == nbytes ? EMIT_OK
                                   : damaged(chunk, "its size is not that of its values", error);
}

enum emit_status emit_filters_decode(struct emit_stored_chunk chunk, void *scratch_block,
                                     void *values, struct emit_error *error)
{
    const struct emit_layout *layout = chunk.layout;
    const size_t size = emit_type_size(layout->type);
    const bool shuffled =
        find_filter(layout, EMIT_FILTER_SHUFFLE) == 0 && !(chunk.filter_mask & 1) && size > 1;
    EMIT_TRY(unfilter(&chunk, shuffled, scratch_block, values, error));
    if (shuffled)
        emit_unshuffle(chunk.bytes, chunk.nbytes, size, values);
    else if (chunk.bytes != values)
        memcpy(values, chunk.bytes, chunk.nbytes);
    if (layout->swap_bytes)
        emit_swap_bytes(values, chunk.nbytes / size, size);
    return EMIT_OK;
}
