/* SPDX-License-Identifier: MIT */
/* Shared by store.c (boxes, chunks, spectra), store_block.c (cached blocks) and store_prefetch.c
 * (ranges of a read). */
#ifndef EMIT_STORE_STORE_INTERNAL_H
#define EMIT_STORE_STORE_INTERNAL_H

#include "core/base/platform.h"
#include "core/store/store.h"

struct emit_store
{
    struct emit_h5 *h5;
    struct emit_file *file;
    struct emit_layout layout;
    size_t value_nbytes;
    uint64_t shape[3];
    uint64_t block[3];
    uint64_t grid[3];
    uint64_t cache_owner;

    struct emit_mutex lock;    /* guards the members below */
    struct emit_chunk *chunks; /* chunked: NULL until the first read */
};

/* The block's box, clipped to the cube. */
struct emit_box emit_store_block_box(const struct emit_store *store, const uint64_t position[3]);

/* First and last grid position of the blocks that intersect "box". */
void emit_store_touched(const struct emit_store *store, const struct emit_box *box,
                        uint64_t first[3], uint64_t last[3]);

/* Finds a chunk in the file. The first call builds the index. */
enum emit_status emit_store_find_chunk(struct emit_store *store, const uint64_t position[3],
                                       struct emit_chunk *chunk, struct emit_error *error);

/* File offset of a value of an allocated contiguous variable. */
uint64_t emit_store_spectrum_offset(const struct emit_store *store, uint64_t line, uint64_t column,
                                    uint64_t band);

/* Reads and decodes a chunk into "values": the whole chunk even at the cube's edge. */
enum emit_status emit_store_read_chunk(struct emit_store *store, const uint64_t position[3],
                                       void *values, struct emit_scratch *scratch,
                                       struct emit_error *error);

#endif
