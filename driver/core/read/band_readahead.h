/* SPDX-License-Identifier: MIT */
/*
 * Requests of programs that take one band after another (VRT, QGIS, the netCDF writer). The bands
 * of a pixel lie side by side in a granule, so one band costs almost as much as all: the bands that
 * are likely to be asked for next are read ahead, into the process's cache.
 *
 * Cached is the answer, values of the cells that were asked for, because the same cells are
 * asked for again, band by band, whatever the grid, the zoom and the masks.
 */
#ifndef EMIT_READ_BAND_READAHEAD_H
#define EMIT_READ_BAND_READAHEAD_H

#include "core/base/block_cache.h"
#include "core/read/reader.h"

struct emit_band_readahead;

/*
 * For the "band_count" bands of a view of "cell_count" cells, read by "reader", which is borrowed
 * and must outlive it. Release with emit_band_readahead_close().
 */
enum emit_status emit_band_readahead_open(const struct emit_reader *reader, size_t band_count,
                                          uint64_t cell_count,
                                          struct emit_band_readahead **recall_ret,
                                          struct emit_error *error);
void emit_band_readahead_close(struct emit_band_readahead *recall); /* NULL is fine */

/* Reads "band" of "cells", at least one row and one column, as emit_view_read() does. */
enum emit_status emit_band_readahead_read(struct emit_band_readahead *recall,
                                          const struct emit_cells *cells, int band,
                                          const struct emit_buffer *buffer,
                                          struct emit_error *error);

#endif
