/* SPDX-License-Identifier: MIT */
/*
 * Values of one variable, for any storage layout.
 *
 * A store presents every variable as a cube of (line, column, band); rank-2 variables have one
 * band. The cube is divided into a grid of blocks: HDF5's chunks if the variable is chunked, else
 * boxes that the HDF5 library reads. Spectra, where available, are faster. Reads are thread-safe.
 */
#ifndef EMIT_STORE_STORE_H
#define EMIT_STORE_STORE_H

#include "core/base/block_cache.h"
#include "core/base/box.h"
#include "core/base/parallel.h"
#include "core/hdf5/h5.h"
#include "core/io/prefetch.h"

struct emit_store;

/*
 * Opens the store of a variable of "h5", which is borrowed and must outlive it. Reads no pixel.
 * Release with emit_store_close().
 */
enum emit_status emit_store_open(struct emit_h5 *h5, const struct emit_layout *layout,
                                 struct emit_store **store_ret, struct emit_error *error);
void emit_store_close(struct emit_store *store); /* may be NULL */

const struct emit_layout *emit_store_layout(const struct emit_store *store);

/* Working memory of a thread that reads a block or a box: "scratch" and a decoded block. */
uint64_t emit_store_thread_nbytes(const struct emit_store *store);

/* Lines, columns, bands of the cube, and of one block. */
const uint64_t *emit_store_shape(const struct emit_store *store);
const uint64_t *emit_store_block_shape(const struct emit_store *store);

/*
 * Reads "box" into "values" (C order, layout->type, machine byte order) without caching it, for
 * arrays that are cached elsewhere. "scratch" are EMIT_SCRATCH_COUNT buffers of the thread.
 */
enum emit_status emit_store_read_box(struct emit_store *store, const struct emit_box *box,
                                     void *values, struct emit_scratch *scratch,
                                     struct emit_error *error);

/* As emit_store_read_box(), with lines "line_nbytes" bytes apart. */
enum emit_status emit_store_read_lines(struct emit_store *store, const struct emit_box *box,
                                       void *values, size_t line_nbytes,
                                       struct emit_scratch *scratch, struct emit_error *error);

/*
 * Returns the decoded block at "position" of the grid through the cache. "*values" points into
 * "*block_ret"; release it with emit_block_release().
 */
enum emit_status emit_store_block(struct emit_store *store, const uint64_t position[3],
                                  struct emit_block **block_ret, struct emit_values *values,
                                  struct emit_scratch *scratch, struct emit_error *error);

/* Whether the spectra of a line are contiguous in the file, as emit_store_read_spectra()
 * requires. */
bool emit_store_has_spectra(const struct emit_store *store);

/*
 * Reads bands first_band to first_band + band_count - 1 of "count" neighbouring pixels of a line
 * straight from the file into "values", pixel by pixel. With more than one pixel, all bands must be
 * requested.
 */
enum emit_status emit_store_read_spectra(struct emit_store *store, uint64_t line, uint64_t column,
                                         uint64_t count, uint64_t first_band, uint64_t band_count,
                                         void *values, struct emit_error *error);

/* Whether a read of a single value is cheap: see emit_file_is_native(). */
bool emit_store_is_native(const struct emit_store *store);

/*
 * Add to "prefetch" the ranges of a remote file that the functions above read: for a box, for the
 * block at "position" unless it is cached, for spectra. Nothing is added for local files and for
 * variables that only the HDF5 library can read. Spectra are listed whole, because gaps between
 * bands are smaller than the cost of a request.
 */
bool emit_store_is_remote(const struct emit_store *store);
enum emit_status emit_store_list_box(struct emit_store *store, const struct emit_box *box,
                                     struct emit_prefetch_list *prefetch, struct emit_error *error);
enum emit_status emit_store_list_block(struct emit_store *store, const uint64_t position[3],
                                       struct emit_prefetch_list *prefetch,
                                       struct emit_error *error);
void emit_store_list_spectra(struct emit_store *store, uint64_t line, uint64_t column,
                             uint64_t count, struct emit_prefetch_list *prefetch);

#endif
