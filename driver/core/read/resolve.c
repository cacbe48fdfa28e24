/* SPDX-License-Identifier: MIT */
/* The lookup table is loaded for the rows and columns of the cells. Jobs of some rows each then
 * copy its pixels and note their bounds, which together give the area of the raw grid to load. The
 * quality mask needs that area, so a second pass of jobs applies it. */
#include "core/read/resolve.h"

#include <stdlib.h>
#include <string.h>

/* Cells per job: starting a thread costs as much as resolving some ten thousand. */
#define JOB_CELLS ((size_t)1 << 15)

void emit_resolved_close(struct emit_resolved *resolved)
{
    free(resolved->pixels);
    memset(resolved, 0, sizeof *resolved);
}

/* Lowest and highest raw line and sample; empty while "high" is below "low". */
struct bounds
{
    struct emit_pixel low;
    struct emit_pixel high;
};

static const struct bounds no_bounds = {{INT32_MAX, INT32_MAX}, {-1, -1}};

static void widen(struct bounds *bounds, struct emit_pixel low, struct emit_pixel high)
{
    if (low.downtrack < bounds->low.downtrack)
        bounds->low.downtrack = low.downtrack;
    if (low.crosstrack < bounds->low.crosstrack)
        bounds->low.crosstrack = low.crosstrack;
    if (high.downtrack > bounds->high.downtrack)
        bounds->high.downtrack = high.downtrack;
    if (high.crosstrack > bounds->high.crosstrack)
        bounds->high.crosstrack = high.crosstrack;
}

static struct emit_area area_of(const struct bounds *bounds)
{
    if (bounds->high.downtrack < 0)
        return (struct emit_area){0, 0, 0, 0};
    return (struct emit_area){(uint64_t)bounds->low.downtrack, (uint64_t)bounds->low.crosstrack,
                              (uint64_t)(bounds->high.downtrack - bounds->low.downtrack) + 1,
                              (uint64_t)(bounds->high.crosstrack - bounds->low.crosstrack) + 1};
}

/* Common to the jobs of a request, which are some rows each. */
struct task
{
    const struct emit_cells_source *source;
    const struct emit_cells *cells;
    struct emit_resolved *resolved;
    size_t rows_per_job;
    struct bounds *bounds; /* of each job */
};

static size_t job_end(const struct task *task, size_t job)
{
    const size_t end = (job + 1) * task->rows_per_job;
    return end < task->cells->row_count ? end : task->cells->row_count;
}

static enum emit_status resolve_rows(const void *context, size_t job, struct emit_scratch *scratch,
                                     struct emit_error *error)
{
    (void)scratch;
    (void)error;
    const struct task *task = context;
    const struct emit_cells *cells = task->cells;
    struct bounds bounds = no_bounds;
    for (size_t r = job * task->rows_per_job; r < job_end(task, job); r++)
    {
        struct emit_pixel *out = task->resolved->pixels + r * cells->column_count;
        emit_grid_pixels(task->source->grid, cells->rows[r], cells->columns, cells->column_count,
                         out);
        for (size_t c = 0; c < cells->column_count; c++)
            if (emit_is_pixel(out[c]))
                widen(&bounds, out[c], out[c]);
    }
    task->bounds[job] = bounds;
    return EMIT_OK;
}

static enum emit_status apply_quality_mask(const void *context, size_t job,
                                           struct emit_scratch *scratch, struct emit_error *error)
{
    (void)error;
    (void)scratch;
    const struct task *task = context;
    const unsigned char *quality_mask = emit_lazy_array_elements(task->source->quality_mask);
    const size_t columns = task->cells->column_count;
    struct emit_pixel *pixel = task->resolved->pixels + job * task->rows_per_job * columns;
    const struct emit_pixel *end = task->resolved->pixels + job_end(task, job) * columns;
    for (; pixel < end; pixel++)
        if (emit_is_pixel(*pixel) &&
            quality_mask[emit_pixel_number(*pixel, task->source->extent)] != 0)
            *pixel = emit_no_pixel();
    return EMIT_OK;
}

/* Minimum of the "count" >= 1 numbers, and max - min + 1. */
static void find_span(const int64_t *numbers, size_t count, uint64_t *first, uint64_t *length)
{
    int64_t low = numbers[0];
    int64_t high = numbers[0];
    for (size_t i = 1; i < count; i++)
    {
        low = numbers[i] < low ? numbers[i] : low;
        high = numbers[i] > high ? numbers[i] : high;
    }
    *first = (uint64_t)low;
    *length = (uint64_t)(high - low) + 1;
}

static enum emit_status load_grid(const struct emit_cells_source *source,
                                  const struct emit_cells *cells, struct emit_error *error)
{
    struct emit_area area;
    find_span(cells->rows, cells->row_count, &area.line, &area.lines);
    find_span(cells->columns, cells->column_count, &area.column, &area.columns);
    return emit_grid_load(source->grid, &area, source->thread_count, error);
}

static enum emit_status find_pixels(struct task *task, size_t job_count, struct emit_error *error)
{
    const struct emit_cells_source *source = task->source;
    EMIT_TRY(load_grid(source, task->cells, error));
    EMIT_TRY(emit_parallel_for(job_count, source->thread_count, 0, resolve_rows, task, error));
    struct bounds all = no_bounds;
    for (size_t job = 0; job < job_count; job++)
        widen(&all, task->bounds[job].low, task->bounds[job].high);
    task->resolved->raw = area_of(&all);
    return EMIT_OK;
}

static size_t rows_per_job(const struct emit_cells *cells)
{
    return 1 + JOB_CELLS / cells->column_count;
}

static size_t count_jobs(const struct emit_cells *cells)
{
    return (cells->row_count + rows_per_job(cells) - 1) / rows_per_job(cells);
}

enum emit_status emit_cells_resolve(const struct emit_cells_source *source,
                                    const struct emit_cells *cells, struct emit_resolved *resolved,
                                    struct emit_error *error)
{
    const size_t cell_count = cells->row_count * cells->column_count;
    const size_t job_count = count_jobs(cells);
    struct task task = {source, cells, resolved, rows_per_job(cells),
                        malloc(job_count * sizeof *task.bounds)};
    *resolved = (struct emit_resolved){malloc(cell_count * sizeof *resolved->pixels),
                                       cells->row_count,
                                       cells->column_count,
                                       {0, 0, 0, 0}};
    enum emit_status status;
    if (task.bounds == NULL || resolved->pixels == NULL)
        status = emit_error_memory(error, cell_count * sizeof *resolved->pixels,
                                   "the pixels of a window");
    else
        status = find_pixels(&task, job_count, error);
    free(task.bounds);
    return status;
}

enum emit_status emit_cells_load_mask(const struct emit_cells_source *source,
                                      const struct emit_resolved *resolved,
                                      struct emit_error *error)
{
    const size_t count = source->quality_mask != NULL ? 1 : 0;
    return emit_lazy_arrays_load(&source->quality_mask, count, &resolved->raw, source->thread_count,
                                 error);
}

enum emit_status emit_cells_mask(const struct emit_cells_source *source,
                                 const struct emit_cells *cells, struct emit_resolved *resolved,
                                 struct emit_error *error)
{
    const struct task task = {source, cells, resolved, rows_per_job(cells), NULL};
    const size_t job_count = source->quality_mask != NULL ? count_jobs(cells) : 0;
    return emit_parallel_for(job_count, source->thread_count, 0, apply_quality_mask, &task, error);
}
