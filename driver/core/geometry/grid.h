/* SPDX-License-Identifier: MIT */
/* The grid of a view: the raw pixel that each cell shows. */
#pragma once

#include "core/geometry/glt_check.h"
#include "core/options/options.h"

/* Zeroed: no cells, and valid. Must not be moved while open. */
struct emit_grid
{
    const struct emit_granule *granule;
    int64_t rows;
    int64_t columns;
    struct emit_lazy_array *glt[2];    /* glt_x, glt_y; NULL for the raw grid */
    struct emit_lazy_array *latlon[2]; /* NULL, like "nearest", unless ORTHO=NEAREST */
    struct emit_lazy_array *nearest;   /* struct emit_pixel over the ortho grid */
    struct emit_glt_check check;       /* of the GLT */
};

/* Opens the ortho grid (EMIT_ORTHO_GLT, EMIT_ORTHO_NEAREST) or the raw grid (EMIT_ORTHO_NO) of
 * "granule", which is borrowed and must outlive it. A granule without a GLT has only a raw grid.
 * EMIT_ERROR_OPTION if lat and lon are missing for NEAREST. Reads no values. Release with
 * emit_grid_close(), also after a failure. */
enum emit_status emit_grid_open(const struct emit_granule *granule, enum emit_ortho ortho,
                                struct emit_grid *grid, struct emit_error *error);
void emit_grid_close(struct emit_grid *grid);

/* Makes the cells of "area" (lines are rows) ready for emit_grid_pixels(). Thread-safe. */
enum emit_status emit_grid_load(struct emit_grid *grid, const struct emit_area *area, int threads,
                                struct emit_error *error);

/* To be called before pixels are used. The first call compares the lookup table with lon and lat:
 * EMIT_ERROR_FORMAT, also of all later calls, if it shows pixels in wrong places. Thread-safe. */
enum emit_status emit_grid_check(struct emit_grid *grid, int threads, struct emit_error *error);

/* The raw pixels that the cells at "columns" of a row show, if any. The cells must be loaded. */
void emit_grid_pixels(const struct emit_grid *grid, int64_t row, const int64_t *columns,
                      size_t count, struct emit_pixel *pixels);
