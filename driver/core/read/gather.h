/* SPDX-License-Identifier: MIT */
/* Copies values from blocks and spectra to the cells of the caller's buffer. Pure. */
#pragma once

#include "core/base/raw_grid.h"
#include "core/mask/mask_rule.h"
#include "core/store/store.h"

/* A requested band: its number in the file, and its position in the buffer. */
struct emit_band_target
{
    uint64_t file_band;
    size_t output;
};

/* Conversion of raw values to those of the view. */
struct emit_value_rule
{
    size_t value_nbytes;
    unsigned char nodata[8];
    bool replace_fill; /* raw values equal to "fill" become "nodata" */
    enum emit_type type;
    double fill;              /* may be NaN */
    const double *other_fill; /* another such value, or NULL */
};

/* A cell to fill: the raw pixel it shows, and its position in the buffer. */
struct emit_item
{
    struct emit_pixel pixel;
    uint32_t row;
    uint32_t column;
};

/* Common to all cells of a request. */
struct emit_target
{
    struct emit_buffer buffer;
    struct emit_extent extent; /* of the raw grid */
    struct emit_value_rule rule;
    struct emit_band_mask_arrays mask;
};

/* Writes the "band_count" bands of the "count" cells in "items", whose values are all in "values",
 * masked by target->mask. */
void emit_gather(const struct emit_target *target, const struct emit_item *items, size_t count,
                 const struct emit_values *values, const struct emit_band_target *bands,
                 size_t band_count);

/* Writes nodata into "band_count" bands, in ascending order of "output", of the "count" cells of
 * "row" from "column" on. */
void emit_gather_nodata(const struct emit_target *target, size_t row, size_t column, size_t count,
                        const struct emit_band_target *bands, size_t band_count);

/* Writes the bits of target->mask that belong to "band_count" bands, in ascending order of
 * "output", of the "count" cells of "row", as bytes 0 and 1, into cells that show a pixel. */
void emit_gather_bits(const struct emit_target *target, size_t row, const struct emit_pixel *pixels,
                      size_t count, const struct emit_band_target *bands, size_t band_count);

/* Address of a cell in the buffer. */
static inline unsigned char *emit_target_cell(const struct emit_target *target, size_t row,
                                              size_t column)
{
    return target->buffer.data + (ptrdiff_t)row * target->buffer.row_stride +
           (ptrdiff_t)column * target->buffer.column_stride;
}
