/* SPDX-License-Identifier: MIT */
/* Fractal heaps: possible sizes, and where their blocks lie. */
#include "core/hdf5/check/check_internal.h"

#include <stdlib.h>
#include <string.h>

#define HEADER_NBYTES 146

static bool is_power_of_2(uint64_t value)
{
    return value > 0 && (value & (value - 1)) == 0;
}

/* Blocks double in size from row to row, as the header's powers of 2 tell. */
static bool is_sound_doubling(const unsigned char *bytes)
{
    const uint64_t width = little_endian(bytes, 2);
    const uint64_t first_nbytes = little_endian(bytes + 2, 8);
    const uint64_t most_nbytes = little_endian(bytes + 10, 8);
    const uint64_t bits = little_endian(bytes + 18, 2);
    const uint64_t rows = little_endian(bytes + 30, 2);
    if (!is_power_of_2(width) || !is_power_of_2(first_nbytes) || !is_power_of_2(most_nbytes) ||
        first_nbytes < 64 || most_nbytes < first_nbytes || most_nbytes > 1 << 30 || bits > 64)
        return false;
    const unsigned first_row_bits = log2_floor(first_nbytes) + log2_floor(width);
    const unsigned direct_rows = log2_floor(most_nbytes) - log2_floor(first_nbytes) + 2;
    return bits >= first_row_bits && direct_rows <= bits - first_row_bits + 1 &&
           rows <= bits - first_row_bits + 1;
}

bool emit_sound_heap_header(const unsigned char *bytes, size_t nbytes)
{
    if (nbytes < HEADER_NBYTES)
        return false;
    const uint64_t id_nbytes = little_endian(bytes + 5, 2);
    const uint64_t filters_nbytes = little_endian(bytes + 7, 2);
    const uint64_t huge_tree = little_endian(bytes + 22, 8);
    const uint64_t huge_count = little_endian(bytes + 86, 8);
    return (id_nbytes == 7 || id_nbytes == 8) && filters_nbytes == 0 &&
           little_endian(bytes + 10, 4) > 0 && (huge_count > 0) == (huge_tree != NO_ADDRESS) &&
           is_sound_doubling(bytes + 110);
}

/* ---- Blocks -----------------------------------------------------------------------------------
 */

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static void learn_heap(const unsigned char *bytes, struct emit_sound_heap *heap)
{
    const uint64_t most_object_nbytes = little_endian(bytes + 10, 4);
    heap->id_nbytes = (unsigned)little_endian(bytes + 5, 2);
    heap->huge_tree = little_endian(bytes + 22, 8);
    heap->width = little_endian(bytes + 110, 2);
    heap->first_nbytes = little_endian(bytes + 112, 8);
    heap->most_nbytes = little_endian(bytes + 120, 8);
    heap->root = little_endian(bytes + 132, 8);
    heap->root_rows = little_endian(bytes + 140, 2);
    heap->offset_nbytes = (unsigned)(little_endian(bytes + 128, 2) + 7) / 8;
    heap->length_nbytes =
        smaller((log2_floor(heap->most_nbytes) + 7) / 8, log2_floor(most_object_nbytes) / 8 + 1);
}

bool emit_sound_heap_at(const struct emit_sound_file *file, uint64_t address,
                        struct emit_sound_heap *heap)
{
    unsigned char *bytes = emit_sound_load(file, address, HEADER_NBYTES);
    const bool sound = bytes != NULL && memcmp(bytes, "FRHP", 4) == 0 &&
                       emit_sound_heap_header(bytes, HEADER_NBYTES);
    if (sound)
        learn_heap(bytes, heap);
    free(bytes);
    return sound && 1 + heap->offset_nbytes + heap->length_nbytes <= heap->id_nbytes;
}

/* The address of a block that the block at "address" holds. */
static bool read_entry(const struct emit_sound_file *file, const struct emit_sound_heap *heap,
                       uint64_t address, uint64_t entry, uint64_t *entry_ret)
{
    if (address >= file->nbytes)
        return false;
    unsigned char *bytes = emit_sound_load(file, address + 13 + heap->offset_nbytes + 8 * entry, 8);
    if (bytes == NULL)
        return false;
    *entry_ret = little_endian(bytes, 8);
    free(bytes);
    return true;
}

/* From a block of "*rows" rows of blocks to that one of them which holds "offset"; "*rows" is 0
 * when that one holds objects. */
static bool descend(const struct emit_sound_file *file, const struct emit_sound_heap *heap,
                    uint64_t offset, struct emit_sound_block *block, uint64_t *rows)
{
    const uint64_t row_nbytes = heap->width * heap->first_nbytes;
    const uint64_t within = offset - block->begin;
    const unsigned row = within < row_nbytes ? 0 : log2_floor(within / row_nbytes) + 1;
    if (row >= *rows)
        return false;
    const unsigned doublings = row == 0 ? 0 : row - 1;
    const uint64_t row_begin = row == 0 ? 0 : row_nbytes << doublings;
    block->nbytes = heap->first_nbytes << doublings;
    const uint64_t column = (within - row_begin) / block->nbytes;
    block->begin += row_begin + column * block->nbytes;
    *rows = 0;
    if (block->nbytes > heap->most_nbytes && block->nbytes >= row_nbytes)
        *rows = log2_floor(block->nbytes / row_nbytes) + 1;
    return (*rows > 0 || block->nbytes <= heap->most_nbytes) &&
           read_entry(file, heap, block->address, row * heap->width + column, &block->address);
}

bool emit_sound_find_block(const struct emit_sound_file *file, const struct emit_sound_heap *heap,
                           uint64_t offset, struct emit_sound_block *block)
{
    uint64_t rows = heap->root_rows;
    *block = (struct emit_sound_block){0, heap->root, heap->first_nbytes};
    while (rows > 0)
        if (!descend(file, heap, offset, block, &rows))
            return false;
    return offset - block->begin < block->nbytes;
}
