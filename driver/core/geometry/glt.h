/* SPDX-License-Identifier: MIT */
/* The geometry lookup table: the raw pixel of each ortho cell. Pure. */
#pragma once

#include "core/base/raw_grid.h"

/* The raw pixel of a GLT entry: "crosstrack" (glt_x) and "downtrack" (glt_y) are 1-based. A cell
 * has a pixel if and only if both lie in the raw grid: 0, -9999 and any other value, as in damaged
 * or cropped files, mean nodata (docs/format.md, "Geometry lookup table"). */
static inline struct emit_pixel emit_glt_pixel(int32_t crosstrack, int32_t downtrack,
                                               struct emit_extent extent)
{
    const bool filled = crosstrack >= 1 && crosstrack <= extent.crosstrack && downtrack >= 1 &&
                        downtrack <= extent.downtrack;
    return filled ? (struct emit_pixel){downtrack - 1, crosstrack - 1} : emit_no_pixel();
}

/* The pixels of "count" GLT entries at positions "columns" of a row of the table. */
static inline void emit_glt_pixels(const int32_t *crosstrack, const int32_t *downtrack,
                                   const int64_t *columns, size_t count, struct emit_extent extent,
                                   struct emit_pixel *pixels)
{
    for (size_t i = 0; i < count; i++)
        pixels[i] = emit_glt_pixel(crosstrack[columns[i]], downtrack[columns[i]], extent);
}
