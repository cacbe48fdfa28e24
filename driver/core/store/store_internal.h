/* SPDX-License-Identifier: MIT */
/* What store.c (boxes, chunks, spectra), store_block.c (blocks through the cache) and store_plan.c
 * (what a read is going to need) share. */
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

    struct emit_mutex lock;    /* guards what follows */
    struct emit_chunk *chunks; /* chunked: NULL until the first read */
};

/* The block's box, cut at the cube's edges. */
struct emit_box emit_store_block_box(const struct emit_store *store, const uint64_t position[3]);

/* The grid positions of the blocks that a box touches, first and last. */
void emit_store_touched(const struct emit_store *store, const struct emit_box *box,
                        uint64_t first[3], uint64_t last[3]);

/* Where a chunk lies; the index is built by the first call. */
enum emit_status emit_store_find_chunk(struct emit_store *store, const uint64_t position[3],
                                       struct emit_chunk *chunk, struct emit_error *error);

/* Where a value of an allocated contiguous variable lies in the file. */
uint64_t emit_store_spectrum_offset(const struct emit_store *store, uint64_t line, uint64_t column,
                                    uint64_t band);

/* Reads and decodes a chunk into "values", the whole chunk even at the cube's edge. */
enum emit_status emit_store_read_chunk(struct emit_store *store, const uint64_t position[3],
                                       void *values, struct emit_scratch *scratch,
                                       struct emit_error *error);

#endif
