/* SPDX-License-Identifier: MIT */
#include "core/geometry/misfit.h"

#include "core/base/longitude.h"
#include "core/geometry/glt.h"
#include "core/store/variable_array.h"

#include <math.h>
#include <stdlib.h>

#define MAX_CELLS 64

/* Rows of a part of the grid that are looked through, unless no cell in them is filled. */
#define MAX_ROWS 32

/* Cells with a pixel, and the locations of the pixels. */
struct sample
{
    size_t count;
    bool names_others; /* an empty cell has an entry outside the raw grid */
    uint64_t row[MAX_CELLS];
    uint64_t column[MAX_CELLS];
    struct emit_pixel pixel[MAX_CELLS];
    double lat[MAX_CELLS];
    double lon[MAX_CELLS];
};

/* ---- Cells ---------------------------------------------------------------------------------- */

/* Counts the filled cells in every "step"-th row of "area". The one after "skip" others becomes the
 * sample's next, not counted yet. */
static size_t scan(const struct emit_granule *granule, const struct emit_glt *glt,
                   const struct emit_area *area, uint64_t step, size_t skip, struct sample *sample)
{
    size_t filled = 0;
    for (uint64_t row = area->line; row < area->line + area->lines; row += step)
    {
        for (uint64_t column = area->column; column < area->column + area->columns; column++)
        {
            const size_t cell = (size_t)row * (size_t)granule->ortho_columns + (size_t)column;
            const int32_t crosstrack = glt->crosstrack[cell], downtrack = glt->downtrack[cell];
            const struct emit_pixel pixel = emit_glt_pixel(crosstrack, downtrack, granule->extent);
            if (!emit_is_pixel(pixel))
                sample->names_others |= crosstrack >= 1 && downtrack >= 1;
            else if (filled++ == skip)
            {
                sample->row[sample->count] = row;
                sample->column[sample->count] = column;
                sample->pixel[sample->count] = pixel;
            }
        }
    }
    return filled;
}

/* Adds the middle one of the filled cells of "area", if there are any: the first would often lie at
 * the edge of the swath, where tables of some cuts are off by less than elsewhere. */
static void add_cell(const struct emit_granule *granule, const struct emit_glt *glt,
                     const struct emit_area *area, struct sample *sample)
{
    uint64_t step = 1 + area->lines / MAX_ROWS;
    size_t filled = scan(granule, glt, area, step, SIZE_MAX, sample);
    if (filled == 0 && step > 1)
    {
        step = 1;
        filled = scan(granule, glt, area, step, SIZE_MAX, sample);
    }
    if (filled == 0)
        return;
    scan(granule, glt, area, step, filled / 2, sample);
    sample->count++;
}

/* Adds a cell from each of "rows" x "columns" parts of "area". */
static void choose_cells(const struct emit_granule *granule, const struct emit_glt *glt,
                         const struct emit_area *area, uint64_t rows, uint64_t columns,
                         struct sample *sample)
{
    sample->count = 0;
    sample->names_others = false;
    for (uint64_t i = 0; i < rows * columns; i++)
    {
        const uint64_t r = i / columns, c = i % columns;
        const uint64_t line = r * area->lines / rows, end = (r + 1) * area->lines / rows;
        const uint64_t left = c * area->columns / columns;
        const uint64_t right = (c + 1) * area->columns / columns;
        const struct emit_area part = {area->line + line, area->column + left, end - line,
                                       right - left};
        add_cell(granule, glt, &part, sample);
    }
}

/* ---- Locations ------------------------------------------------------------------------------ */

/* NaN without stores. */
static enum emit_status read_places(struct emit_store *const stores[2], struct sample *sample,
                                    struct emit_error *error)
{
    double *const places[2] = {sample->lat, sample->lon};
    for (size_t i = 0; i < sample->count; i++)
        sample->lat[i] = sample->lon[i] = NAN;
    if (stores[0] == NULL)
        return EMIT_OK;
    return emit_variable_read_pixels(stores, sample->pixel, sample->count, places, error);
}

/* ---- Distances ------------------------------------------------------------------------------ */

/* Distance in cells of cell "i" from its pixel, along rows or columns; NaN if the pixel has no
 * location. */
static double cells_apart(const double gt[6], const struct sample *sample, size_t i)
{
    const double x = (double)sample->column[i] + 0.5;
    const double y = (double)sample->row[i] + 0.5;
    const double east = emit_longitude_difference(sample->lon[i], gt[0] + x * gt[1] + y * gt[2]);
    const double north = sample->lat[i] - (gt[3] + x * gt[4] + y * gt[5]);
    const double determinant = gt[1] * gt[5] - gt[2] * gt[4];
    const double columns = fabs((east * gt[5] - north * gt[2]) / determinant);
    const double rows = fabs((north * gt[1] - east * gt[4]) / determinant);
    return isnan(columns) || columns > rows ? columns : rows;
}

static int compare(const void *a, const void *b)
{
    const double difference = *(const double *)a - *(const double *)b;
    return (difference > 0.0) - (difference < 0.0);
}

static struct emit_misfit summarize(const double geotransform[6], const struct sample *sample)
{
    double apart[MAX_CELLS];
    struct emit_misfit misfit = {.is_elsewhere = sample->count == 0 && sample->names_others};
    for (size_t i = 0; i < sample->count; i++)
    {
        apart[misfit.count] = cells_apart(geotransform, sample, i);
        misfit.count += isnan(apart[misfit.count]) ? 0 : 1;
    }
    if (misfit.count == 0)
        return misfit;
    qsort(apart, misfit.count, sizeof *apart, compare);
    misfit.median = apart[misfit.count / 2];
    misfit.high = apart[misfit.count * 9 / 10];
    return misfit;
}

static enum emit_status open_places(const struct emit_granule *granule,
                                    struct emit_store *stores[2], struct emit_error *error)
{
    static const char *const names[2] = {"lat", "lon"};
    for (int i = 0; i < 2 && granule->has_lonlat; i++)
        EMIT_TRY(emit_store_open(granule->h5, &emit_granule_find(granule, names[i])->layout,
                                 &stores[i], error));
    return EMIT_OK;
}

enum emit_status emit_misfit_measure(const struct emit_granule *granule, const struct emit_glt *glt,
                                     const struct emit_area *area, struct emit_misfit *misfit,
                                     struct emit_error *error)
{
    struct emit_store *stores[2] = {NULL, NULL};
    struct sample sample;
    enum emit_status status = open_places(granule, stores, error);
    if (status == EMIT_OK)
    {
        const uint64_t columns = stores[0] == NULL || emit_file_is_native(stores[0]->file) ? 8 : 2;
        const uint64_t rows =
            stores[0] != NULL && emit_file_is_remote(stores[0]->file) ? 4 : columns;
        choose_cells(granule, glt, area, rows, columns, &sample);
        status = read_places(stores, &sample, error);
    }
    if (status == EMIT_OK)
        *misfit = summarize(granule->geotransform, &sample);
    for (int i = 0; i < 2; i++)
        emit_store_close(stores[i]);
    return status;
}
