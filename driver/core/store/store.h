/* SPDX-License-Identifier: MIT */
/*
 * Values of one variable, for any storage layout.
 *
 * A store presents every variable as a cube of (line, column, band); rank-2 variables have one
 * band. The cube is divided into a grid of blocks: HDF5's chunks if the variable is chunked, else
 * boxes that the HDF5 library reads. Reads are thread-safe.
 */
#pragma once

#include "core/base/block_cache.h"
#include "core/base/box.h"
#include "core/base/parallel.h"
#include "core/base/platform.h"
#include "core/hdf5/h5.h"
#include "core/io/prefetch.h"

/* Constant once open, apart from the index of chunks. */
struct emit_store
{
    struct emit_h5 *h5;
    struct emit_file *file;
    struct emit_layout layout; /* EMIT_STORAGE_LIBRARY also where filters.h lacks a filter */
    size_t value_nbytes;
    uint64_t shape[3]; /* lines, columns, bands of the cube */
    uint64_t block[3]; /* of one block */
    uint64_t grid[3];  /* blocks along each axis */
    uint64_t cache_owner;

    struct emit_mutex lock;    /* guards the members below */
    struct emit_chunk *chunks; /* chunked: NULL until the first read */
};

/* Opens the store of a variable of "h5", which is borrowed and must outlive it. Reads no pixel.
 * Release with emit_store_close(). */
enum emit_status emit_store_open(struct emit_h5 *h5, const struct emit_layout *layout,
                                 struct emit_store **store_ret, struct emit_error *error);
void emit_store_close(struct emit_store *store); /* may be NULL */

/* Working memory of a thread that reads a block or a box: "scratch" and a decoded block. */
uint64_t emit_store_thread_nbytes(const struct emit_store *store);

/* Reads "box" into "values" (C order, layout.type, machine byte order) without caching it.
 * "scratch" are EMIT_SCRATCH_COUNT buffers of the thread. */
enum emit_status emit_store_read_box(struct emit_store *store, const struct emit_box *box,
                                     void *values, struct emit_scratch *scratch,
                                     struct emit_error *error);

/* As emit_store_read_box(), with lines "line_nbytes" bytes apart. */
enum emit_status emit_store_read_lines(struct emit_store *store, const struct emit_box *box,
                                       void *values, size_t line_nbytes,
                                       struct emit_scratch *scratch, struct emit_error *error);

/* Returns the decoded block at "position" of the grid through the cache. "*values" points into
 * "*block_ret"; release it with emit_block_release(). */
enum emit_status emit_store_block(struct emit_store *store, const uint64_t position[3],
                                  struct emit_block **block_ret, struct emit_values *values,
                                  struct emit_scratch *scratch, struct emit_error *error);

/* Whether the values of a line are contiguous in the file, so that reading a box of one line is one
 * read of just these values, or, of several pixels, of their spectra. */
bool emit_store_has_spectra(const struct emit_store *store);

/* Place of a contiguous variable in its file; no bytes for others. */
struct emit_range emit_store_range(const struct emit_store *store);

/* Add to "prefetch" the ranges that the functions above read: for a box, and for the block at
 * "position" unless it is cached. Nothing is added for files that emit_file_can_fetch() excludes
 * and for variables that only the HDF5 library can read. */
enum emit_status emit_store_list_box(struct emit_store *store, const struct emit_box *box,
                                     struct emit_prefetch_list *prefetch, struct emit_error *error);
enum emit_status emit_store_list_block(struct emit_store *store, const uint64_t position[3],
                                       struct emit_prefetch_list *prefetch,
                                       struct emit_error *error);
