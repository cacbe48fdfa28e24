/* SPDX-License-Identifier: MIT */
/* The cells of a request, and the raw pixels that they show once masks have been applied. */
#ifndef EMIT_READ_RESOLVE_H
#define EMIT_READ_RESOLVE_H

#include "core/geometry/grid.h"
#include "core/store/lazy_array.h"

/* What cells are resolved through; all is borrowed. */
struct emit_cells_source
{
    struct emit_grid *grid;
    struct emit_extent extent;
    struct emit_lazy_array *screen; /* 1 byte a raw pixel, 1: masked; NULL: none is masked */
    int thread_count;
};

/* Resolved cells; zeroed: empty and valid. */
struct emit_resolved
{
    struct emit_pixel *pixels; /* row after row; none for cells that are empty or masked */
    size_t row_count;
    size_t column_count;
    struct emit_area raw; /* the raw pixels shown lie in it; lines 0: there are none */
};

/*
 * Finds the pixels of all "cells" and takes out those that the screen masks. Release with
 * emit_resolved_close() whatever comes back.
 */
enum emit_status emit_cells_resolve(const struct emit_cells_source *source,
                                    const struct emit_cells *cells, struct emit_resolved *resolved,
                                    struct emit_error *error);
void emit_resolved_close(struct emit_resolved *resolved);

/* The lowest of "count" numbers, at least one, and how far it is to the highest, both included. */
void emit_cells_span(const int64_t *numbers, size_t count, uint64_t *first, uint64_t *length);

#endif
