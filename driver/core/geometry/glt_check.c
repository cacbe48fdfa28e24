/* SPDX-License-Identifier: MIT */
#include "core/geometry/glt_check.h"

#include "core/geometry/misfit.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Distances in the mission's own tables: half a cell in the median, 1.1 cells at most. */
#define MAX_MEDIAN_CELLS 10.0 /* else an error */
#define MAX_HIGH_CELLS 3.0    /* else a warning */

#define ADVICE "ORTHO=NO opens the raw swath with its lon and lat"

/* Maximum number of rows and columns, in the middle of the grid, to check. Granules are smaller,
 * but a large grid of empty chunks takes no space in a file. */
#define MAX_SIZE 4096

/* Servers fail now and then, damaged files always. */
#define MAX_FAILURES 3

struct emit_glt_check
{
    const struct emit_granule *granule;
    struct emit_glt_arrays arrays;
    struct emit_area area;
    struct emit_lazy_array *misfit; /* one struct emit_misfit */
    atomic_bool measured;           /* "misfit" is loaded */
    atomic_int failures;            /* to load it */
    atomic_bool warned;
};

static enum emit_status fill_misfit(const void *context, const struct emit_lazy_tile *tile,
                                    struct emit_error *error)
{
    const struct emit_glt_check *check = context;
    const struct emit_glt glt = {emit_lazy_array_elements(check->arrays.crosstrack),
                                 emit_lazy_array_elements(check->arrays.downtrack)};
    return emit_misfit_measure(check->granule, &glt, &check->area,
                               (struct emit_misfit *)(void *)tile->elements, error);
}

/* The middle of "size" rows or columns. */
static void choose_middle(int64_t size, uint64_t *first, uint64_t *count)
{
    *count = (uint64_t)(size < MAX_SIZE ? size : MAX_SIZE);
    *first = ((uint64_t)size - *count) / 2;
}

enum emit_status emit_glt_check_open(const struct emit_granule *granule,
                                     struct emit_glt_arrays arrays,
                                     struct emit_glt_check **check_ret, struct emit_error *error)
{
    struct emit_glt_check *check = calloc(1, sizeof *check);
    *check_ret = NULL;
    if (check == NULL)
        return emit_error_memory(error, sizeof *check, "a check");
    check->granule = granule;
    check->arrays = arrays;
    choose_middle(granule->ortho_rows, &check->area.line, &check->area.lines);
    choose_middle(granule->ortho_columns, &check->area.column, &check->area.columns);
    const struct emit_lazy_array_config config = {.lines = 1,
                                                  .columns = 1,
                                                  .cell_nbytes = sizeof(struct emit_misfit),
                                                  .tile_lines = 1,
                                                  .tile_columns = 1,
                                                  .fill = fill_misfit,
                                                  .context = check};
    const enum emit_status status = emit_lazy_array_open(&config, &check->misfit, error);
    if (status == EMIT_OK)
        *check_ret = check;
    else
        emit_glt_check_close(check);
    return status;
}

void emit_glt_check_close(struct emit_glt_check *check)
{
    if (check == NULL)
        return;
    emit_lazy_array_close(check->misfit);
    free(check);
}

static enum emit_status measure(struct emit_glt_check *check, int threads)
{
    static const struct emit_area one_cell = {0, 0, 1, 1};
    struct emit_lazy_array *const arrays[2] = {check->arrays.crosstrack, check->arrays.downtrack};
    EMIT_TRY(emit_lazy_arrays_load(arrays, 2, &check->area, threads, NULL));
    return emit_lazy_arrays_load(&check->misfit, 1, &one_cell, 1, NULL);
}

/* NULL if the misfit is unknown. */
static const struct emit_misfit *find_misfit(const struct emit_glt_check *check)
{
    return atomic_load(&check->measured) ? emit_lazy_array_elements(check->misfit) : NULL;
}

enum emit_status emit_glt_check_run(struct emit_glt_check *check, int threads,
                                    struct emit_error *error)
{
    /* A failure is not reported: it may concern parts of the file that no one has asked for. */
    if (!atomic_load(&check->measured) && atomic_load(&check->failures) < MAX_FAILURES)
    {
        if (measure(check, threads) == EMIT_OK)
            atomic_store(&check->measured, true);
        else
            atomic_fetch_add(&check->failures, 1);
    }
    const struct emit_misfit *misfit = find_misfit(check);
    if (misfit == NULL || !(misfit->median > MAX_MEDIAN_CELLS))
        return EMIT_OK;
    return emit_error_set(
        error, EMIT_ERROR_FORMAT,
        "%s: the lookup table (glt_x, glt_y, geotransform) contradicts lon and "
        "lat: its cells show pixels that lie %.0f cells away (median of %zu "
        "cells). Were lines, samples or cells cut out without re-basing it? " ADVICE,
        check->granule->path, misfit->median, misfit->count);
}

static void describe(const struct emit_glt_check *check, const struct emit_misfit *misfit,
                     struct emit_error *warning)
{
    if (misfit->is_elsewhere)
        emit_error_set(warning, EMIT_ERROR_FORMAT,
                       "%s: all cells are empty: the lookup table (glt_x, glt_y) names only pixels "
                       "beyond the raw grid of %d x %d (downtrack x crosstrack). Were lines, "
                       "samples or cells cut out without re-basing it? " ADVICE,
                       check->granule->path, check->granule->extent.downtrack,
                       check->granule->extent.crosstrack);
    else
        emit_error_set(warning, EMIT_ERROR_FORMAT,
                       "%s: the lookup table (glt_x, glt_y, geotransform) fits lon and lat badly: "
                       "of %zu cells, half show pixels that lie %.1f cells away or more, one in "
                       "ten %.1f. " ADVICE,
                       check->granule->path, misfit->count, misfit->median, misfit->high);
}

bool emit_glt_check_take_warning(struct emit_glt_check *check, struct emit_error *warning)
{
    const struct emit_misfit *misfit = find_misfit(check);
    const bool doubtful = misfit != NULL && (misfit->is_elsewhere || misfit->high > MAX_HIGH_CELLS);
    if (!doubtful || atomic_exchange(&check->warned, true))
        return false;
    describe(check, misfit, warning);
    return true;
}
