/* SPDX-License-Identifier: MIT */
/*
 * Band read-ahead for programs that read band by band (VRT, QGIS, netCDF writer). The bands of a
 * pixel are adjacent in a granule, so reading one costs almost as much as reading all: the bands
 * that are likely to be requested next are read too, and cached until requested.
 *
 * Caches values of cells rather than of pixels, because the same cells are requested again for each
 * band, whatever the grid, the zoom and the masks.
 */
#pragma once

#include "core/base/block_cache.h"
#include "core/read/reader.h"

struct emit_band_readahead;

/* For a view of "band_count" bands and "cell_count" cells. "reader" is borrowed and must outlive
 * the read-ahead. Release with emit_band_readahead_close(). */
enum emit_status emit_band_readahead_open(const struct emit_reader *reader, size_t band_count,
                                          uint64_t cell_count,
                                          struct emit_band_readahead **readahead_ret,
                                          struct emit_error *error);
void emit_band_readahead_close(struct emit_band_readahead *readahead); /* may be NULL */

/* Reads "band" of "cells", at least one row and one column, as emit_view_read() does. */
enum emit_status emit_band_readahead_read(struct emit_band_readahead *readahead,
                                          const struct emit_cells *cells, int band,
                                          const struct emit_buffer *buffer,
                                          struct emit_error *error);
