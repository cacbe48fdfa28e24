/* SPDX-License-Identifier: MIT */
/* Extent and pixels of the raw grid, and areas of any grid. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Extent of the raw grid; downtrack * crosstrack fits int32_t. */
struct emit_extent
{
    int32_t downtrack;
    int32_t crosstrack;
};

/* A raw pixel, 0-based; downtrack is -1 for no pixel. */
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

/* A rectangle of any grid. */
struct emit_area
{
    uint64_t line;
    uint64_t column;
    uint64_t lines;
    uint64_t columns;
};

/* Whether an area of the raw grid contains a pixel. */
static inline bool emit_area_contains(const struct emit_area *area, struct emit_pixel pixel)
{
    return (uint64_t)pixel.downtrack - area->line < area->lines &&
           (uint64_t)pixel.crosstrack - area->column < area->columns;
}
