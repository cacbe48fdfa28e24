/* SPDX-License-Identifier: MIT */
/* Reads cells of a view. Cells are resolved to raw pixels, the quality mask removes pixels, the
 * values of the remaining ones are read tile by tile of the raw grid and gathered into the buffer,
 * and the band mask removes single values. */
#pragma once

#include "core/mask/band_mask.h"
#include "core/read/gather.h"
#include "core/read/resolve.h"
#include "core/read/sweep.h"

/* Sources of a view's values. All is borrowed and must outlive the reads. */
struct emit_reader
{
    struct emit_store *store; /* NULL: the bits of the band mask are the values */
    struct emit_cells_source cells;
    struct emit_band_mask *band_mask; /* NULL: no band mask */
    const uint64_t *file_bands;       /* file band of each band of the view */
    const bool *blank;                /* for each band of the view: nodata everywhere */
    struct emit_value_rule rule;
    struct emit_sweep *sweep; /* over the view's cells */
};

/* As emit_view_read(). The caller has checked cells and bands. */
enum emit_status emit_reader_read(const struct emit_reader *reader, const struct emit_cells *cells,
                                  const int *bands, size_t band_count,
                                  const struct emit_buffer *buffer, struct emit_error *error);

/* As emit_view_fetch(). The caller has checked cells and bands. */
enum emit_status emit_reader_fetch(const struct emit_reader *reader, const struct emit_cells *cells,
                                   const int *bands, size_t band_count, struct emit_error *error);

/* As emit_view_count(). The caller has checked cells and band. */
enum emit_status emit_reader_count(const struct emit_reader *reader, const struct emit_cells *cells,
                                   int band, uint64_t *count_ret, struct emit_error *error);
