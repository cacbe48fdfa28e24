/* SPDX-License-Identifier: MIT */
/* Fractal heaps: possible sizes, and where their blocks lie. */
#ifndef EMIT_HDF5_CHECK_CHECK_HEAP_H
#define EMIT_HDF5_CHECK_CHECK_HEAP_H

#include "core/hdf5/check/check_bytes.h"

/* Direct blocks hold objects, indirect ones hold blocks; blocks double in size from row to row. */
struct emit_fractal_heap
{
    uint64_t address;
    uint64_t root;         /* address of the block that contains all others */
    uint64_t root_rows;    /* 0: the root is a direct block */
    uint64_t width;        /* blocks in a row */
    uint64_t first_nbytes; /* of a block in the first two rows */
    uint64_t most_nbytes;  /* of a direct block */
    uint64_t huge_tree;    /* of objects too large for any block, or NO_ADDRESS */
    unsigned id_nbytes;    /* of objects' IDs: flags, offset in the heap, length */
    unsigned offset_nbytes;
    unsigned length_nbytes;
};

/* A direct block, which begins at the offset "begin" of the heap. */
struct emit_heap_block
{
    uint64_t begin;
    uint64_t address;
    uint64_t nbytes;
};

/* Whether a heap's header, which "bytes" begin, has possible sizes. */
bool emit_check_heap_block(const unsigned char *bytes, size_t nbytes);

/* Reads the header of the heap at "address", which belongs to the block at "owner" alone; false if
 * it is damaged. */
bool emit_check_heap(struct emit_check *check, uint64_t address, uint64_t owner,
                     struct emit_fractal_heap *heap);

/* Finds the direct block that contains "offset"; false if there is none. */
bool emit_check_find_heap_block(struct emit_check *check, const struct emit_fractal_heap *heap,
                                uint64_t offset, struct emit_heap_block *block);

#endif
