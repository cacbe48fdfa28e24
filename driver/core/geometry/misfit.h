/* SPDX-License-Identifier: MIT */
/* Distance between the cells of a lookup table and the pixels that they show. */
#ifndef EMIT_GEOMETRY_MISFIT_H
#define EMIT_GEOMETRY_MISFIT_H

#include "core/granule/granule.h"

/* Distances in cells, along rows or columns, whichever is larger. */
struct emit_misfit
{
    size_t count; /* number of cells compared; if 0, the distances are 0 */
    double median;
    double high;       /* 90th percentile */
    bool is_elsewhere; /* all cells are empty, some because their pixel is beyond the raw grid */
};

/* The lookup table over the ortho grid, row by row. */
struct emit_glt
{
    const int32_t *crosstrack; /* glt_x */
    const int32_t *downtrack;  /* glt_y */
};

/*
 * Compares filled cells all over "area" of the grid, where "glt" is loaded, with lon and lat of
 * "granule": 64 of a local file; 8 of a file on a server, whose places are one batch of requests; 4
 * where a read means a request or decoding an archive.
 */
enum emit_status emit_misfit_measure(const struct emit_granule *granule, const struct emit_glt *glt,
                                     const struct emit_area *area, struct emit_misfit *misfit,
                                     struct emit_error *error);

#endif
