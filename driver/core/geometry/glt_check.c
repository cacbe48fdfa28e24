/* SPDX-License-Identifier: MIT */
/* Filled cells all over the grid are chosen (choose_cells), the places of their pixels read, and
 * the distances between both summarized in a misfit (emit_misfit_measure). The first request
 * measures it; a large median fails this and all later requests, a large 90th percentile raises
 * one warning. */
#include "core/geometry/glt_check.h"

#include "core/base/bytes.h"
#include "core/base/longitude.h"
#include "core/base/request_threads.h"
#include "core/store/variable_array.h"

#include <math.h>
#include <stdlib.h>

/* Distances in the mission's own tables: half a cell in the median, 1.1 cells at most. */
#define MAX_MEDIAN_CELLS 10.0 /* else an error */
#define MAX_HIGH_CELLS 3.0    /* else a warning */

/* Median, else a warning, of a table that names pixels that are gone: two or three lines less at
 * the beginning exceed it. */
#define MAX_CUT_CELLS 1.5

#define ADVICE "ORTHO=NO opens the raw swath with its lon and lat"

/* Maximum number of rows and columns, in the middle of the grid, to check. Granules are smaller,
 * but a large grid of empty chunks takes no space in a file. */
#define MAX_SIZE 4096

/* Servers fail now and then, damaged files always. */
#define MAX_FAILURES 3

#define MAX_CELLS 64

/* Rows of each part of the grid that are scanned first. */
#define MAX_ROWS 16

/* On a server: areas of the raw grid whose lon and lat are fetched together with the table, before
 * it is known which pixels the cells show. Some in each of two lines, which are a request each. */
#define PLACES ((size_t)8)
#define PLACES_PER_LINE (PLACES / 2)
#define PLACE_SAMPLES ((uint64_t)256)

/* Cells with a pixel, and the locations of the pixels. */
struct sample
{
    const struct emit_granule *granule;
    const struct emit_glt *glt;
    size_t count;
    bool names_others; /* an empty cell has an entry outside the raw grid */
    bool names_zero;   /* an empty cell has one entry of 0, which 1-based tables have in pairs */
    bool names_last;   /* a cell shows the last line or sample */
    uint64_t row[MAX_CELLS];
    uint64_t column[MAX_CELLS];
    struct emit_pixel pixel[MAX_CELLS];
    double lat[MAX_CELLS];
    double lon[MAX_CELLS];
};

/* ---- Cells ---------------------------------------------------------------------------------- */

/* Counts the filled cells in every "step"-th row of "area". The one after "skip" others becomes the
 * sample's next, not counted yet. */
static size_t scan(const struct emit_area *area, uint64_t step, size_t skip, struct sample *sample)
{
    const struct emit_extent extent = sample->granule->extent;
    size_t filled = 0;
    for (uint64_t row = area->line; row < area->line + area->lines; row += step)
    {
        for (uint64_t column = area->column; column < area->column + area->columns; column++)
        {
            const size_t cell =
                (size_t)row * (size_t)sample->granule->ortho_columns + (size_t)column;
            const int32_t x = emit_glt_entry(sample->glt, sample->glt->crosstrack, cell);
            const int32_t y = emit_glt_entry(sample->glt, sample->glt->downtrack, cell);
            const struct emit_pixel pixel = emit_glt_pixel(x, y, sample->glt->extent);
            sample->names_zero |= (x == 0 && y >= 1) || (x >= 1 && y == 0);
            sample->names_last |= x == extent.crosstrack || y == extent.downtrack;
            if (!emit_is_pixel(pixel))
                sample->names_others |= x >= 1 && y >= 1;
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

/* Adds the middle one of the filled cells in every "step"-th row of "area", if there are any: the
 * first would often lie at the edge of the swath, where tables of some cuts are off by less than
 * elsewhere. */
static void add_cell(const struct emit_area *area, uint64_t step, struct sample *sample)
{
    const size_t filled = scan(area, step, SIZE_MAX, sample);
    if (filled == 0)
        return;
    scan(area, step, filled / 2, sample);
    sample->count++;
}

/* Adds a cell from each of "rows" x "columns" parts of "area". */
static void add_cells(const struct emit_area *area, uint64_t rows, uint64_t columns,
                      uint64_t max_rows, struct sample *sample)
{
    for (uint64_t i = 0; i < rows * columns; i++)
    {
        const uint64_t r = i / columns, c = i % columns;
        const uint64_t top = r * area->lines / rows, end = (r + 1) * area->lines / rows;
        const uint64_t left = c * area->columns / columns;
        const uint64_t right = (c + 1) * area->columns / columns;
        const struct emit_area part = {area->line + top, area->column + left, end - top,
                                       right - left};
        add_cell(&part, 1 + part.lines / max_rows, sample);
    }
}

static void choose_cells(const struct emit_area *area, uint64_t rows, uint64_t columns,
                         struct sample *sample)
{
    add_cells(area, rows, columns, MAX_ROWS, sample);
    if (sample->count == 0)
        add_cells(area, rows, columns, UINT64_MAX, sample);
}

static void list_places(struct emit_extent extent, struct emit_area places[PLACES])
{
    const uint64_t lines = (uint64_t)extent.downtrack;
    const uint64_t samples = (uint64_t)extent.crosstrack;
    for (uint64_t i = 0; i < PLACES; i++)
    {
        const uint64_t k = i % PLACES_PER_LINE;
        const uint64_t left = k * samples / PLACES_PER_LINE;
        const uint64_t width = (k + 1) * samples / PLACES_PER_LINE - left;
        const uint64_t narrow = emit_min(width, PLACE_SAMPLES);
        places[i] = (struct emit_area){lines / 4 + i / PLACES_PER_LINE * (lines / 2),
                                       left + (width - narrow) / 2, 1, narrow};
    }
}

/* Adds cell "column" of "row" unless a cell of the same place is in the sample. */
static void add_cell_of_place(const struct emit_area places[PLACES], uint64_t row, uint64_t column,
                              struct emit_pixel pixel, struct sample *sample)
{
    size_t place = 0;
    while (place < PLACES && !emit_area_contains(&places[place], pixel))
        place++;
    if (place == PLACES)
        return;
    for (size_t i = 0; i < sample->count; i++)
        if (emit_area_contains(&places[place], sample->pixel[i]))
            return;
    sample->row[sample->count] = row;
    sample->column[sample->count] = column;
    sample->pixel[sample->count++] = pixel;
}

/* Adds the first cell of "area" that shows a pixel of each place. */
static void add_cells_of_places(const struct emit_area *area, struct sample *sample)
{
    const struct emit_extent extent = sample->granule->extent;
    struct emit_area places[PLACES];
    list_places(extent, places);
    const int32_t first_y = (int32_t)places[0].line + 1;
    const int32_t second_y = (int32_t)places[PLACES_PER_LINE].line + 1;
    for (uint64_t row = area->line; row < area->line + area->lines; row++)
    {
        const size_t first = (size_t)row * (size_t)sample->granule->ortho_columns;
        for (uint64_t column = area->column; column < area->column + area->columns; column++)
        {
            const size_t cell = first + (size_t)column;
            const int32_t y = emit_glt_entry(sample->glt, sample->glt->downtrack, cell);
            if (y == first_y || y == second_y)
                add_cell_of_place(places, row, column, emit_glt_pixel_of(sample->glt, cell),
                                  sample);
        }
    }
}

/* ---- Distances ------------------------------------------------------------------------------ */

/* Distance in cells of cell "i" from its pixel, along rows or columns; NaN if the pixel has no
 * location. */
static double cells_apart(const struct sample *sample, size_t i)
{
    const double *gt = sample->granule->geotransform;
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

static struct emit_misfit summarize(const struct sample *sample)
{
    double apart[MAX_CELLS];
    struct emit_misfit misfit = {.is_zero_based = sample->names_zero && !sample->names_last,
                                 .names_others = sample->names_others};
    for (size_t i = 0; i < sample->count; i++)
    {
        apart[misfit.count] = cells_apart(sample, i);
        misfit.count += isnan(apart[misfit.count]) ? 0 : 1;
    }
    if (misfit.count == 0)
        return misfit;
    qsort(apart, misfit.count, sizeof *apart, compare);
    misfit.median = apart[misfit.count / 2];
    misfit.high = apart[misfit.count * 9 / 10];
    return misfit;
}

enum emit_status emit_misfit_measure(const struct emit_granule *granule, const struct emit_glt *glt,
                                     const struct emit_area *area, struct emit_misfit *misfit,
                                     struct emit_error *error)
{
    const struct emit_file *file = emit_h5_file(granule->h5);
    const uint64_t columns = emit_file_is_native(file) ? 8 : 2;
    const uint64_t rows = emit_file_is_remote(file) ? 4 : columns;
    struct sample sample = {.granule = granule, .glt = glt};
    if (emit_file_is_remote(file) && granule->has_lonlat)
        add_cells_of_places(area, &sample);
    if (sample.count < PLACES / 2)
    {
        sample.count = 0;
        choose_cells(area, granule->has_lonlat ? rows : 8, granule->has_lonlat ? columns : 8,
                     &sample);
    }
    EMIT_TRY(emit_variable_read_places(granule, sample.pixel, sample.count, sample.lat, sample.lon,
                                       error));
    *misfit = summarize(&sample);
    return EMIT_OK;
}

/* ---- The check ------------------------------------------------------------------------------ */

void emit_glt_check_open(const struct emit_granule *granule, struct emit_lazy_array *const *glt,
                         struct emit_glt_check *check)
{
    *check = (struct emit_glt_check){.granule = granule, .glt = glt};
    emit_mutex_init(&check->lock);
}

void emit_glt_check_close(struct emit_glt_check *check)
{
    if (check->granule != NULL)
        emit_mutex_close(&check->lock);
}

/* The middle of "size" rows or columns. */
static void choose_middle(int64_t size, uint64_t *first, uint64_t *count)
{
    *count = emit_min((uint64_t)size, MAX_SIZE);
    *first = ((uint64_t)size - *count) / 2;
}

static struct emit_area checked_area(const struct emit_glt_check *check)
{
    struct emit_area area;
    choose_middle(check->granule->ortho_rows, &area.line, &area.lines);
    choose_middle(check->granule->ortho_columns, &area.column, &area.columns);
    return area;
}

static enum emit_status measure(struct emit_glt_check *check, int threads)
{
    const struct emit_granule *granule = check->granule;
    const struct emit_area area = checked_area(check);
    EMIT_TRY(emit_lazy_arrays_load(check->glt, 2, &area, threads, NULL));
    const struct emit_glt glt = emit_glt_of(granule, check->glt);
    return emit_misfit_measure(granule, &glt, &area, &check->misfit, NULL);
}

/* Measures the misfit unless it is known. A failure is not reported: it may concern parts of the
 * file that no one has asked for. */
static void measure_once(struct emit_glt_check *check, int threads)
{
    emit_mutex_lock(&check->lock);
    if (!atomic_load(&check->measured) && check->failures < MAX_FAILURES)
    {
        const bool done = measure(check, threads) == EMIT_OK;
        check->failures += !done;
        atomic_store(&check->measured, done);
    }
    emit_mutex_unlock(&check->lock);
}

/* EMIT_OK if the misfit is not known. */
static enum emit_status judge(const struct emit_glt_check *check, struct emit_error *error)
{
    const struct emit_misfit *misfit = &check->misfit;
    if (!atomic_load(&check->measured) || !(misfit->median > MAX_MEDIAN_CELLS))
        return EMIT_OK;
    return emit_error_set(
        error, EMIT_ERROR_FORMAT,
        "%s: the lookup table (glt_x, glt_y, geotransform) contradicts lon and "
        "lat: its cells show pixels that lie %.0f cells away (median of %zu "
        "cells). Were lines, samples or cells cut out without re-basing it? " ADVICE,
        check->granule->path, misfit->median, misfit->count);
}

static enum emit_status prefetch_part(const void *context, size_t part, struct emit_error *error)
{
    (void)error;
    const struct emit_glt_check *check = context;
    const struct emit_area area = checked_area(check);
    struct emit_area places[PLACES];
    list_places(check->granule->extent, places);
    if (part == 0)
        emit_lazy_arrays_prefetch(check->glt, 2, &area);
    else
        emit_variable_prefetch_places(check->granule, places, PLACES);
    return EMIT_OK;
}

enum emit_status emit_glt_check_prefetch(const struct emit_glt_check *check,
                                         struct emit_error *error)
{
    const size_t parts = check->granule->has_lonlat ? 2 : 1;
    if (!atomic_load(&check->measured) && emit_file_is_remote(emit_h5_file(check->granule->h5)))
        emit_request_threads_run(parts, prefetch_part, check, NULL);
    return judge(check, error);
}

enum emit_status emit_glt_check_run(struct emit_glt_check *check, int threads,
                                    struct emit_error *error)
{
    if (!atomic_load(&check->measured))
        measure_once(check, threads);
    return judge(check, error);
}

static bool is_unknown(const struct emit_misfit *misfit)
{
    return misfit->count == 0 && misfit->names_others;
}

static bool is_off(const struct emit_misfit *misfit)
{
    return misfit->high > MAX_HIGH_CELLS ||
           (misfit->names_others && misfit->median > MAX_CUT_CELLS);
}

static void describe(const struct emit_glt_check *check, struct emit_error *warning)
{
    const struct emit_misfit *misfit = &check->misfit;
    if (is_unknown(misfit))
        emit_error_set(warning, EMIT_ERROR_FORMAT,
                       "%s: the lookup table (glt_x, glt_y) names pixels beyond the raw grid of "
                       "%d x %d (downtrack x crosstrack), whose cells are empty, and no lon and "
                       "lat show whether the others are right. Were lines, samples or cells cut "
                       "out without re-basing it? " ADVICE,
                       check->granule->path, check->granule->extent.downtrack,
                       check->granule->extent.crosstrack);
    else if (misfit->is_zero_based)
        emit_error_set(
            warning, EMIT_ERROR_FORMAT,
            "%s: lines and samples of the lookup table (glt_x, glt_y) seem to count from "
            "0, not from 1: then each cell shows a neighbour of its pixel. " ADVICE,
            check->granule->path);
    else
        emit_error_set(warning, EMIT_ERROR_FORMAT,
                       "%s: the lookup table (glt_x, glt_y, geotransform) fits lon and lat badly: "
                       "of %zu cells, half show pixels that lie %.1f cells away or more, one in "
                       "ten %.1f. " ADVICE,
                       check->granule->path, misfit->count, misfit->median, misfit->high);
}

bool emit_glt_check_take_warning(struct emit_glt_check *check, struct emit_error *warning)
{
    const struct emit_misfit *misfit = &check->misfit;
    if (!atomic_load(&check->measured) ||
        !(is_unknown(misfit) || misfit->is_zero_based || is_off(misfit)) ||
        atomic_exchange(&check->warned, true))
        return false;
    describe(check, warning);
    return true;
}
