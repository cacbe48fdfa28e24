/* SPDX-License-Identifier: MIT */
/*
 * Reads cells of a view: the only place that knows the order of things. Cells become raw pixels
 * through the grid, the quality mask takes pixels out, the values of what is left are fetched tile
 * by tile of the raw grid and put into the buffer, and the band mask takes single bands out.
 */
#ifndef EMIT_READ_READER_H
#define EMIT_READ_READER_H

#include "core/mask/band_mask.h"
#include "core/read/gather.h"
#include "core/read/resolve.h"

/* What a view reads and through what; all is borrowed and must outlive the reads. */
struct emit_reader
{
    struct emit_store *store; /* the values; NULL: the bits of the band mask are the values */
    struct emit_cells_source cells;
    struct emit_band_mask *band_mask; /* NULL: none is applied */
    const uint64_t *file_bands;       /* of each band of the view */
    const bool *blank;                /* of each band of the view: nodata everywhere */
    struct emit_value_rule rule;
    struct emit_trace trace;
};

/* As emit_view_read(), whose arguments it takes; cells and bands have been checked. */
enum emit_status emit_reader_read(const struct emit_reader *reader, const struct emit_cells *cells,
                                  const int *bands, size_t band_count,
                                  const struct emit_buffer *buffer, struct emit_error *error);

/* As emit_view_fetch(), whose arguments it takes; cells and bands have been checked. */
enum emit_status emit_reader_fetch(const struct emit_reader *reader, const struct emit_cells *cells,
                                   const int *bands, size_t band_count, struct emit_error *error);

/* As emit_view_count(), whose arguments it takes; cells and band have been checked. */
enum emit_status emit_reader_count(const struct emit_reader *reader, const struct emit_cells *cells,
                                   int band, uint64_t *count_ret, struct emit_error *error);

#endif
