/* SPDX-License-Identifier: MIT */
#include "swath.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A corner of the mission's lattice, from a real granule (EMIT_L1B_OBS_001_20220827T060753). */
#define LATTICE_LONGITUDE 61.6401744677027
#define LATTICE_LATITUDE 36.3916118428884

static void range_of(const double *values, size_t count, double *lowest, double *highest)
{
    *lowest = *highest = values[0];
    for (size_t i = 1; i < count; i++)
    {
        *lowest = fmin(*lowest, values[i]);
        *highest = fmax(*highest, values[i]);
    }
}

static void place_grid(struct mk_glt *glt, const struct mk_swath *swath)
{
    const size_t pixels = swath->lines * swath->samples;
    double west, east, south, north;
    range_of(swath->longitude, pixels, &west, &east);
    range_of(swath->latitude, pixels, &south, &north);
    const double first_column = floor((west - LATTICE_LONGITUDE) / MK_GRID_STEP);
    const double first_row = floor((LATTICE_LATITUDE - north) / MK_GRID_STEP);
    const double last_column = floor((east - LATTICE_LONGITUDE) / MK_GRID_STEP);
    const double last_row = floor((LATTICE_LATITUDE - south) / MK_GRID_STEP);
    glt->columns = (size_t)(last_column - first_column) + 1;
    glt->rows = (size_t)(last_row - first_row) + 1;
    const double transform[6] = {
        LATTICE_LONGITUDE + first_column * MK_GRID_STEP, MK_GRID_STEP, -0.0,
        LATTICE_LATITUDE - first_row * MK_GRID_STEP,     -0.0,         -MK_GRID_STEP};
    memcpy(glt->geotransform, transform, sizeof transform);
}

/* A pixel claims the cell that contains its centre. */
static void claim_cell(struct mk_glt *glt, const struct mk_swath *swath, size_t line, size_t sample)
{
    const size_t pixel = line * swath->samples + sample;
    const double column = (swath->longitude[pixel] - glt->geotransform[0]) / MK_GRID_STEP;
    const double row = (glt->geotransform[3] - swath->latitude[pixel]) / MK_GRID_STEP;
    /* Rounding may carry the outermost centres just over the grid's edge. */
    const size_t c = (size_t)fmin((double)glt->columns - 1, fmax(0, column));
    const size_t r = (size_t)fmin((double)glt->rows - 1, fmax(0, row));
    glt->sample[r * glt->columns + c] = (int32_t)(sample + 1);
    glt->line[r * glt->columns + c] = (int32_t)(line + 1);
}

/*
 * Cells are smaller than pixels, so about a quarter is left over. This fills one from the neighbour
 * of smallest line and sample if at least four of the eight are claimed: inside the swath, not
 * beyond its edge. Negative numbers mark what is filled until all holes are seen, so that no pixel
 * spreads from hole to hole.
 */
static void fill_hole(struct mk_glt *glt, size_t row, size_t column)
{
    size_t claimed = 0;
    int32_t line = INT32_MAX, sample = 0;
    for (size_t r = row - 1; r <= row + 1; r++)
    {
        for (size_t c = column - 1; c <= column + 1; c++)
        {
            const size_t cell = r * glt->columns + c;
            claimed += glt->line[cell] >= 1;
            if (glt->line[cell] < 1 || glt->line[cell] > line ||
                (glt->line[cell] == line && glt->sample[cell] > sample))
                continue;
            line = glt->line[cell];
            sample = glt->sample[cell];
        }
    }
    if (claimed < 4)
        return;
    glt->sample[row * glt->columns + column] = -sample;
    glt->line[row * glt->columns + column] = -line;
}

static void fill_holes(struct mk_glt *glt, int32_t fill)
{
    for (size_t row = 1; row + 1 < glt->rows; row++)
    {
        for (size_t column = 1; column + 1 < glt->columns; column++)
        {
            if (glt->line[row * glt->columns + column] == 0)
                fill_hole(glt, row, column);
        }
    }
    for (size_t cell = 0; cell < glt->rows * glt->columns; cell++)
    {
        const bool filled = glt->line[cell] != 0;
        glt->sample[cell] = filled ? abs(glt->sample[cell]) : fill;
        glt->line[cell] = filled ? abs(glt->line[cell]) : fill;
    }
}

bool mk_glt_init(struct mk_glt *glt, const struct mk_swath *swath, int32_t fill,
                 struct mk_error *error)
{
    *glt = (struct mk_glt){0};
    place_grid(glt, swath);
    const size_t cells = glt->rows * glt->columns;
    glt->sample = calloc(cells, sizeof *glt->sample);
    glt->line = calloc(cells, sizeof *glt->line);
    if (!glt->sample || !glt->line)
        return mk_fail(error, "no memory for a lookup table of %zu cells", cells);
    /*
     * Backwards, so that the smallest line and sample has the last word, as with the mission's
     * producer.
     */
    for (size_t line = swath->lines; line > 0; line--)
    {
        for (size_t sample = swath->samples; sample > 0; sample--)
            claim_cell(glt, swath, line - 1, sample - 1);
    }
    fill_holes(glt, fill);
    return true;
}

void mk_glt_free(struct mk_glt *glt)
{
    free(glt->sample);
    free(glt->line);
    *glt = (struct mk_glt){0};
}
