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

/* A table in memory: both halves over the ortho grid, row by row. */
struct emit_glt
{
    const void *crosstrack; /* glt_x */
    const void *downtrack;  /* glt_y */
    bool is_narrow;         /* uint16_t: emit_glt_is_narrow(); otherwise int32_t */
    struct emit_extent extent;
};

/* Whether uint16_t holds every entry of a pixel, and a larger one, which means none. */
static inline bool emit_glt_is_narrow(struct emit_extent extent)
{
    return extent.downtrack < UINT16_MAX && extent.crosstrack < UINT16_MAX;
}

/* An entry of "half", which is one of the table's. */
static inline int32_t emit_glt_entry(const struct emit_glt *glt, const void *half, size_t cell)
{
    return glt->is_narrow ? ((const uint16_t *)half)[cell] : ((const int32_t *)half)[cell];
}

static inline struct emit_pixel emit_glt_pixel_of(const struct emit_glt *glt, size_t cell)
{
    return emit_glt_pixel(emit_glt_entry(glt, glt->crosstrack, cell),
                          emit_glt_entry(glt, glt->downtrack, cell), glt->extent);
}

/* The pixels of "count" cells at positions "columns" of the row that begins with cell "first". */
static inline void emit_glt_pixels(const struct emit_glt *glt, size_t first, const int64_t *columns,
                                   size_t count, struct emit_pixel *pixels)
{
    for (size_t i = 0; i < count; i++)
        pixels[i] = emit_glt_pixel_of(glt, first + (size_t)columns[i]);
}
