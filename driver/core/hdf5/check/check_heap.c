/* SPDX-License-Identifier: MIT */
#include "core/hdf5/check/check_internal.h"

#include <string.h>

#define HEADER_NBYTES 146

/* Blocks double in size from row to row, by powers of 2; "bits" is the width of offsets. */
static bool are_valid_sizes(const struct emit_fractal_heap *heap, uint64_t bits)
{
    if (!is_power_of_2(heap->width) || !is_power_of_2(heap->first_nbytes) ||
        !is_power_of_2(heap->most_nbytes) || heap->first_nbytes < 64 ||
        heap->most_nbytes < heap->first_nbytes || heap->most_nbytes > 1 << 30 || bits > 64)
        return false;
    const unsigned first_row_bits = log2_floor(heap->first_nbytes) + log2_floor(heap->width);
    const unsigned direct_rows = log2_floor(heap->most_nbytes) - log2_floor(heap->first_nbytes) + 2;
    return bits >= first_row_bits && direct_rows <= bits - first_row_bits + 1 &&
           heap->root_rows <= bits - first_row_bits + 1;
}

/* Reads a header; false if it is damaged. */
static bool read_header(const unsigned char *bytes, struct emit_fractal_heap *heap)
{
    const uint64_t filters_nbytes = emit_little_endian(bytes + 7, 2);
    const uint64_t most_object_nbytes = emit_little_endian(bytes + 10, 4);
    const uint64_t huge_count = emit_little_endian(bytes + 86, 8);
    const uint64_t bits = emit_little_endian(bytes + 128, 2);
    heap->id_nbytes = (unsigned)emit_little_endian(bytes + 5, 2);
    heap->huge_tree = emit_little_endian(bytes + 22, 8);
    heap->width = emit_little_endian(bytes + 110, 2);
    heap->first_nbytes = emit_little_endian(bytes + 112, 8);
    heap->most_nbytes = emit_little_endian(bytes + 120, 8);
    heap->root = emit_little_endian(bytes + 132, 8);
    heap->root_rows = emit_little_endian(bytes + 140, 2);
    heap->offset_nbytes = (unsigned)(bits + 7) / 8;
    const unsigned of_block = (log2_floor(heap->most_nbytes) + 7) / 8;
    const unsigned of_object = log2_floor(most_object_nbytes) / 8 + 1;
    heap->length_nbytes = of_block < of_object ? of_block : of_object;
    return (heap->id_nbytes == 7 || heap->id_nbytes == 8) && filters_nbytes == 0 &&
           most_object_nbytes > 0 && (huge_count > 0) == (heap->huge_tree != NO_ADDRESS) &&
           are_valid_sizes(heap, bits);
}

bool emit_check_heap_block(struct emit_check *check, const struct emit_check_block *block)
{
    (void)check;
    struct emit_fractal_heap heap;
    return block->nbytes >= HEADER_NBYTES && read_header(block->bytes, &heap);
}

/* ---- Blocks --------------------------------------------------------------------------------- */

bool emit_check_heap(struct emit_check *check, uint64_t address, uint64_t owner,
                     struct emit_fractal_heap *heap)
{
    unsigned char bytes[HEADER_NBYTES];
    heap->address = address;
    return emit_check_claim(check, address, EMIT_BLOCK_HEAP, owner) != NULL &&
           emit_check_read(check, address, sizeof bytes, bytes) && memcmp(bytes, "FRHP", 4) == 0 &&
           read_header(bytes, heap) &&
           1 + heap->offset_nbytes + heap->length_nbytes <= heap->id_nbytes;
}

/* Whether a block of the heap lies where it should, and says so; the library trusts what it says.
 */
static bool has_head(struct emit_check *check, const struct emit_fractal_heap *heap,
                     const char *signature, const struct emit_heap_block *block)
{
    unsigned char bytes[13 + 8];
    return emit_check_read(check, block->address, 13 + heap->offset_nbytes, bytes) &&
           memcmp(bytes, signature, 4) == 0 && emit_little_endian(bytes + 5, 8) == heap->address &&
           emit_little_endian(bytes + 13, heap->offset_nbytes) == block->begin;
}

/* Reads the address of block number "entry" of the indirect block at "address". */
static bool read_entry(struct emit_check *check, const struct emit_fractal_heap *heap,
                       uint64_t address, uint64_t entry, uint64_t *entry_ret)
{
    unsigned char bytes[8];
    const uint64_t at = 13 + heap->offset_nbytes + sizeof bytes * entry;
    if (address > UINT64_MAX - at || !emit_check_read(check, address + at, sizeof bytes, bytes))
        return false;
    *entry_ret = emit_little_endian(bytes, sizeof bytes);
    return true;
}

/* Steps from an indirect block of "*rows" rows to the block in it that contains "offset", and sets
 * "*rows" to the rows of that one, 0 for a direct block. */
static bool descend(struct emit_check *check, const struct emit_fractal_heap *heap, uint64_t offset,
                    struct emit_heap_block *block, uint64_t *rows)
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
           read_entry(check, heap, block->address, row * heap->width + column, &block->address);
}

bool emit_check_find_heap_block(struct emit_check *check, const struct emit_fractal_heap *heap,
                                uint64_t offset, struct emit_heap_block *block)
{
    uint64_t rows = heap->root_rows;
    *block = (struct emit_heap_block){0, heap->root, heap->first_nbytes};
    while (rows > 0)
        if (!has_head(check, heap, "FHIB", block) || !descend(check, heap, offset, block, &rows))
            return false;
    return offset - block->begin < block->nbytes && has_head(check, heap, "FHDB", block);
}
