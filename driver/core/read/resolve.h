/* SPDX-License-Identifier: MIT */
/* Resolves the cells of a request to the raw pixels that they show after masking. */
#pragma once

#include "core/geometry/grid.h"
#include "core/store/lazy_array.h"

/* Grid and quality mask of a view; all is borrowed. */
struct emit_cells_source
{
    struct emit_grid *grid;
    struct emit_extent extent;
    struct emit_lazy_array *quality_mask; /* 1 byte a raw pixel, 1: masked; NULL: no mask */
    int thread_count;
};

/* Resolved cells; zeroed: empty and valid. */
struct emit_resolved
{
    struct emit_pixel *pixels; /* row by row; downtrack -1: empty or masked */
    size_t row_count;
    size_t column_count;
    struct emit_area raw; /* bounds of the raw pixels shown; lines 0: no pixels */
};

/* Finds the pixels of all "cells", masked or not. Release "resolved" with emit_resolved_close()
 * even after a failure. */
enum emit_status emit_cells_resolve(const struct emit_cells_source *source,
                                    const struct emit_cells *cells, struct emit_resolved *resolved,
                                    struct emit_error *error);
void emit_resolved_close(struct emit_resolved *resolved);

/* Loads the quality mask, if there is one, of the pixels found. */
enum emit_status emit_cells_load_mask(const struct emit_cells_source *source,
                                      const struct emit_resolved *resolved,
                                      struct emit_error *error);

/* Removes the pixels that the quality mask masks, which must be loaded. */
enum emit_status emit_cells_mask(const struct emit_cells_source *source,
                                 const struct emit_cells *cells, struct emit_resolved *resolved,
                                 struct emit_error *error);
