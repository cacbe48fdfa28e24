/* SPDX-License-Identifier: MIT */
/*
 * Values of one variable, wherever and however they are stored.
 *
 * A store sees every variable as a cube of (line, column, band); rank-2 variables have one band.
 * The cube is cut into blocks, numbered on a grid: HDF5's chunks where the variable is chunked,
 * boxes for the HDF5 library to read where it is not. Of variables that have spectra those are
 * quicker. Reads are thread-safe.
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
 * Opens the store of a variable of "h5", which is borrowed and must outlive it. Touches no pixel.
 * Release with emit_store_close().
 */
enum emit_status emit_store_open(struct emit_h5 *h5, const struct emit_layout *layout,
                                 struct emit_store **store_ret, struct emit_error *error);
void emit_store_close(struct emit_store *store); /* NULL is fine */

const struct emit_layout *emit_store_layout(const struct emit_store *store);

/* Working memory of a thread that reads a block or a box: "scratch" and a decoded block. */
uint64_t emit_store_thread_nbytes(const struct emit_store *store);

/* Lines, columns, bands of the cube, and of one block. */
const uint64_t *emit_store_shape(const struct emit_store *store);
const uint64_t *emit_store_block_shape(const struct emit_store *store);

/*
 * Reads "box" into "values" (C order, layout->type, machine byte order), past the cache: for
 * tables that are kept elsewhere. "scratch" are EMIT_SCRATCH_COUNT buffers of the thread.
 */
enum emit_status emit_store_read_box(struct emit_store *store, const struct emit_box *box,
                                     void *values, struct emit_scratch *scratch,
                                     struct emit_error *error);

/* The same with lines "line_nbytes" bytes apart: straight into a larger table. */
enum emit_status emit_store_read_lines(struct emit_store *store, const struct emit_box *box,
                                       void *values, size_t line_nbytes,
                                       struct emit_scratch *scratch, struct emit_error *error);

/*
 * The block at "position" of the grid, decoded, from the cache or into it. "*values" points into
 * "*block_ret", to be released with emit_block_release().
 */
enum emit_status emit_store_block(struct emit_store *store, const uint64_t position[3],
                                  struct emit_block **block_ret, struct emit_values *values,
                                  struct emit_scratch *scratch, struct emit_error *error);

/* Whether the spectra of a line lie side by side in the file, so that emit_store_read_spectra()
 * can fetch just what is wanted. */
bool emit_store_has_spectra(const struct emit_store *store);

/*
 * Reads bands first_band to first_band + band_count - 1 of "count" neighbouring pixels of a line
 * straight from the file, past the cache, into "values": all bands of a pixel side by side. With
 * more than one pixel all bands must be wanted.
 */
enum emit_status emit_store_read_spectra(struct emit_store *store, uint64_t line, uint64_t column,
                                         uint64_t count, uint64_t first_band, uint64_t band_count,
                                         void *values, struct emit_error *error);

/* Whether single values cost next to nothing: see emit_file_is_native(). */
bool emit_store_is_native(const struct emit_store *store);

/*
 * What the calls above are going to read of a file on a server, added to "plan": for a box, for the
 * block at "position" unless it is in the cache, for spectra. Of local files nothing, and nothing
 * of what only the HDF5 library can read. Spectra are whole, since their bands lie closer together
 * than a request is worth.
 */
bool emit_store_is_remote(const struct emit_store *store);
enum emit_status emit_store_list_box(struct emit_store *store, const struct emit_box *box,
                                     struct emit_prefetch_list *plan, struct emit_error *error);
enum emit_status emit_store_list_block(struct emit_store *store, const uint64_t position[3],
                                       struct emit_prefetch_list *plan, struct emit_error *error);
void emit_store_list_spectra(struct emit_store *store, uint64_t line, uint64_t column,
                             uint64_t count, struct emit_prefetch_list *plan);

#endif
