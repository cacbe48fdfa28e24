/* SPDX-License-Identifier: MIT */
/* How far the pixels that the cells of a lookup table show lie from those cells. */
#ifndef EMIT_GEOMETRY_MISFIT_H
#define EMIT_GEOMETRY_MISFIT_H

#include "core/base/parallel.h"
#include "core/granule/granule.h"

/* Distances in cells, along rows or columns, whichever is more. */
struct emit_misfit
{
    size_t count; /* cells compared; 0: nothing to compare, and the distances are 0 as well */
    double median;
    double high;       /* nine of ten are less */
    bool is_elsewhere; /* no cell shows a pixel, but some name pixels beyond the raw grid */
};

/* The lookup table over the ortho grid, row after row. */
struct emit_glt
{
    const int32_t *crosstrack; /* glt_x */
    const int32_t *downtrack;  /* glt_y */
};

/*
 * Compares some filled cells all over "area" of the grid, in which "glt" is loaded, with lon and
 * lat of "granule": some fifty of a local file; eight of one on a server, whose
 * places are one batch of requests; four where a read means a request or decoding an archive.
 */
enum emit_status emit_misfit_measure(const struct emit_granule *granule, const struct emit_glt *glt,
                                     const struct emit_area *area, struct emit_misfit *misfit,
                                     struct emit_scratch *scratch, struct emit_error *error);

#endif
