/* SPDX-License-Identifier: MIT */
/* The geometry lookup table: which raw pixel fills which ortho cell. Pure. */
#ifndef EMIT_CORE_GLT_H
#define EMIT_CORE_GLT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Extent of the raw grid; downtrack * crosstrack fits int32_t. */
struct emit_extent
{
    int32_t downtrack;
    int32_t crosstrack;
};

/* A raw pixel, 0-based; downtrack -1: none. */
struct emit_pixel
{
    int32_t downtrack;
    int32_t crosstrack;
};

static inline struct emit_pixel emit_no_pixel(void)
{
    return (struct emit_pixel){-1, -1};
}

static inline bool emit_is_pixel(struct emit_pixel pixel)
{
    return pixel.downtrack >= 0;
}

/* Number of a pixel in the raw grid, line after line. */
static inline size_t emit_pixel_number(struct emit_pixel pixel, struct emit_extent extent)
{
    return (size_t)(pixel.downtrack * extent.crosstrack + pixel.crosstrack);
}

/*
 * The raw pixels of the "count" GLT entries at places "columns" of a row of the table.
 * "glt_crosstrack" (glt_x) and "glt_downtrack" (glt_y) are 1-based; a cell is filled if and only if
 * both lie in the raw grid: 0, -9999 and whatever else a damaged or cropped file holds are nodata
 * (docs/format.md, "Geometry lookup table").
 */
void emit_glt_pixels(const int32_t *glt_crosstrack, const int32_t *glt_downtrack,
                     const int64_t *columns, size_t count, struct emit_extent extent,
                     struct emit_pixel *pixels);

#endif
