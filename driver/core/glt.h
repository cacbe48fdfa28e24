/* SPDX-License-Identifier: MIT */
/* The geometry lookup table: which raw pixel fills which ortho cell. Pure. */
#ifndef EMIT_CORE_GLT_H
#define EMIT_CORE_GLT_H

#include <stddef.h>
#include <stdint.h>

/* Extent of the raw grid; downtrack * crosstrack fits int32_t. */
struct emit_extent
{
    int32_t downtrack;
    int32_t crosstrack;
};

/* Number of a raw pixel, line after line: downtrack * extent.crosstrack + crosstrack, 0-based. */
typedef int32_t emit_pixel;
#define EMIT_NO_PIXEL ((emit_pixel)-1)

/*
 * The raw pixel of a GLT entry, or EMIT_NO_PIXEL. "glt_crosstrack" (glt_x) and "glt_downtrack"
 * (glt_y) are 1-based; a cell is filled if and only if both lie in the raw grid: 0, -9999 and
 * whatever else a damaged or cropped file holds are nodata (format.md, "Geometry lookup table").
 */
emit_pixel emit_glt_pixel(int32_t glt_crosstrack, int32_t glt_downtrack, struct emit_extent extent);

#endif
