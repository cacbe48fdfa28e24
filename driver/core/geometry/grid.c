/* SPDX-License-Identifier: MIT */
#include "core/geometry/grid.h"

#include "core/geometry/nearest.h"
#include "core/store/variable_array.h"

#include <string.h>

/* Rows of the ortho grid per job of the search for nearest pixels. */
#define NEAREST_ROWS 64

/* ---- Nearest pixels ------------------------------------------------------------------------- */

/* Replaces the GLT's pixel of a cell by the nearest one. */
static struct emit_pixel search(const struct emit_grid *grid, const struct emit_places *places,
                                struct emit_pixel start, uint64_t row, uint64_t column)
{
    const double *transform = grid->granule->geotransform;
    const double x = (double)column + 0.5;
    const double y = (double)row + 0.5;
    if (!emit_is_pixel(start))
        return start;
    return emit_nearest_pixel(places, start, transform[3] + x * transform[4] + y * transform[5],
                              transform[0] + x * transform[1] + y * transform[2]);
}

static enum emit_status fill_nearest(const void *context, const struct emit_lazy_tile *tile,
                                     struct emit_error *error)
{
    const struct emit_grid *grid = context;
    const struct emit_extent extent = grid->granule->extent;
    const struct emit_area swath = {0, 0, (uint64_t)extent.downtrack, (uint64_t)extent.crosstrack};
    EMIT_TRY(emit_lazy_arrays_load(grid->glt, 2, &tile->area, 1, error));
    EMIT_TRY(emit_lazy_arrays_load(grid->latlon, 2, &swath, 1, error));
    const struct emit_glt glt = emit_glt_of(grid->granule, grid->glt);
    const struct emit_places places = {emit_lazy_array_elements(grid->latlon[0]),
                                       emit_lazy_array_elements(grid->latlon[1]), extent};
    for (uint64_t line = 0; line < tile->area.lines; line++)
    {
        const uint64_t row = tile->area.line + line;
        struct emit_pixel *to =
            (struct emit_pixel *)(void *)(tile->elements + line * tile->line_nbytes);
        for (int64_t c = 0; c < grid->columns; c++)
        {
            const size_t cell = (size_t)row * (size_t)grid->columns + (size_t)c;
            to[c] = search(grid, &places, emit_glt_pixel_of(&glt, cell), row, (uint64_t)c);
        }
    }
    return EMIT_OK;
}

static enum emit_status open_nearest(struct emit_grid *grid, struct emit_error *error)
{
    const struct emit_granule *granule = grid->granule;
    if (!granule->has_lonlat)
        return emit_error_set(
            error, EMIT_ERROR_OPTION,
            "ORTHO=NEAREST needs lat and lon, which %s does not have: use ORTHO=GLT",
            granule->path);
    EMIT_TRY(emit_variable_array_open_numbers(granule, "lat", &grid->latlon[0], error));
    EMIT_TRY(emit_variable_array_open_numbers(granule, "lon", &grid->latlon[1], error));
    const struct emit_lazy_array_config config = {.lines = (uint64_t)grid->rows,
                                                  .columns = (uint64_t)grid->columns,
                                                  .cell_nbytes = sizeof(struct emit_pixel),
                                                  .tile_lines = NEAREST_ROWS,
                                                  .tile_columns = (uint64_t)grid->columns,
                                                  .fill = fill_nearest,
                                                  .context = grid};
    return emit_lazy_array_open(&config, &grid->nearest, error);
}

/* ---- The grid ------------------------------------------------------------------------------- */

enum emit_status emit_grid_open(const struct emit_granule *granule, enum emit_ortho ortho,
                                struct emit_grid *grid, struct emit_error *error)
{
    *grid = (struct emit_grid){.granule = granule,
                               .rows = granule->extent.downtrack,
                               .columns = granule->extent.crosstrack};
    if (ortho == EMIT_ORTHO_NO || !granule->has_glt)
        return EMIT_OK;
    if (granule->conflict != NULL)
        return emit_error_set(error, EMIT_ERROR_FORMAT,
                              "%s: it is not known which pixels the lookup table (glt_x, glt_y) "
                              "counts. Were lines or samples cut out of some variables only? "
                              "ORTHO=NO opens the raw swath",
                              granule->conflict);
    grid->rows = granule->ortho_rows;
    grid->columns = granule->ortho_columns;
    const bool is_narrow = emit_glt_is_narrow(granule->extent);
    EMIT_TRY(
        emit_variable_array_open_glt(granule, &granule->glt_x, is_narrow, &grid->glt[0], error));
    EMIT_TRY(
        emit_variable_array_open_glt(granule, &granule->glt_y, is_narrow, &grid->glt[1], error));
    emit_glt_check_open(granule, grid->glt, &grid->check);
    return ortho == EMIT_ORTHO_NEAREST ? open_nearest(grid, error) : EMIT_OK;
}

void emit_grid_close(struct emit_grid *grid)
{
    emit_glt_check_close(&grid->check);
    emit_lazy_array_close(grid->nearest);
    for (int i = 0; i < 2; i++)
    {
        emit_lazy_array_close(grid->latlon[i]);
        emit_lazy_array_close(grid->glt[i]);
    }
    memset(grid, 0, sizeof *grid);
}

enum emit_status emit_grid_load(struct emit_grid *grid, const struct emit_area *area, int threads,
                                struct emit_error *error)
{
    if (grid->glt[0] == NULL)
        return EMIT_OK;
    EMIT_TRY(emit_glt_check_prefetch(&grid->check, error));
    if (grid->nearest == NULL)
        return emit_lazy_arrays_load(grid->glt, 2, area, threads, error);
    EMIT_TRY(emit_grid_check(grid, threads, error));
    return emit_lazy_arrays_load(&grid->nearest, 1, area, threads, error);
}

enum emit_status emit_grid_check(struct emit_grid *grid, int threads, struct emit_error *error)
{
    return grid->glt[0] != NULL ? emit_glt_check_run(&grid->check, threads, error) : EMIT_OK;
}

void emit_grid_pixels(const struct emit_grid *grid, int64_t row, const int64_t *columns,
                      size_t count, struct emit_pixel *pixels)
{
    if (grid->nearest != NULL)
    {
        const struct emit_pixel *nearest =
            (const struct emit_pixel *)emit_lazy_array_elements(grid->nearest) +
            row * grid->columns;
        for (size_t i = 0; i < count; i++)
            pixels[i] = nearest[columns[i]];
    }
    else if (grid->glt[0] != NULL)
    {
        const struct emit_glt glt = emit_glt_of(grid->granule, grid->glt);
        emit_glt_pixels(&glt, (size_t)row * (size_t)grid->columns, columns, count, pixels);
    }
    else
    {
        for (size_t i = 0; i < count; i++)
            pixels[i] = (struct emit_pixel){(int32_t)row, (int32_t)columns[i]};
    }
}
