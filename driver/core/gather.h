/* SPDX-License-Identifier: MIT */
/* Moves values of cells from where they were fetched to where they are wanted. Pure. */
#ifndef EMIT_CORE_GATHER_H
#define EMIT_CORE_GATHER_H

#include "core/glt.h"
#include "core/store.h"

/* A wanted band: where it lies in the cube, and where it goes in the buffer. */
struct emit_band_target
{
    uint64_t file_band;
    size_t output;
};

/* How raw values become those of the view. */
struct emit_value_rule
{
    size_t value_nbytes;
    unsigned char nodata[8];
    bool replace_fill; /* raw values equal to "fill" become "nodata" */
    enum emit_type type;
    double fill; /* may be NaN */
};

/* The packed band mask of all raw pixels; "packed" NULL: none is applied. */
struct emit_band_mask
{
    const unsigned char *packed;
    size_t pixel_nbytes;
};

/* Cells of one request: cell i is raw pixel pixels[i] and lies at row i / columns, column
 * i % columns of the buffer. */
struct emit_cell_map
{
    const emit_pixel *pixels;
    size_t columns;
    int32_t crosstrack; /* of the raw grid */
    struct emit_buffer buffer;
};

/* Where cell "i" begins in the buffer. */
static inline unsigned char *emit_cell_at(const struct emit_cell_map *map, size_t i)
{
    return map->buffer.data + (ptrdiff_t)(i / map->columns) * map->buffer.row_stride +
           (ptrdiff_t)(i % map->columns) * map->buffer.column_stride;
}

/*
 * Writes the "target_count" bands of the "count" cells listed in "cells", all of whose values lie
 * in "values", masked by "mask".
 */
void emit_gather(const struct emit_cell_map *map, const uint32_t *cells, size_t count,
                 const struct emit_values *values, const struct emit_band_target *targets,
                 size_t target_count, const struct emit_value_rule *rule,
                 const struct emit_band_mask *mask);

/* Writes "value" into "target_count" bands of cells "first" to "first + count - 1", which lie in
 * one row. */
void emit_gather_fill(const struct emit_cell_map *map, size_t first, size_t count,
                      const struct emit_band_target *targets, size_t target_count,
                      const struct emit_value_rule *rule);

#endif
