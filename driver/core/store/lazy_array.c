/* SPDX-License-Identifier: MIT */
#include "core/store/lazy_array.h"

#include "core/base/platform.h"
#include "core/base/process_lock.h"

#include <stdlib.h>

enum tile_state
{
    TILE_EMPTY = 0,
    TILE_LOADING,
    TILE_READY
};

struct emit_lazy_array
{
    struct emit_lazy_array_config config;
    unsigned char *cells;
    uint64_t tile_rows;
    uint64_t tiles_per_row;
    /* Guarded by EMIT_LOCK_ARRAYS, which is never held during a load: */
    unsigned char *states; /* enum tile_state of each tile */
    unsigned process;      /* that set the states */
};

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

enum emit_status emit_lazy_array_open(const struct emit_lazy_array_config *config,
                                      struct emit_lazy_array **array_ret, struct emit_error *error)
{
    *array_ret = NULL;
    struct emit_lazy_array *array = calloc(1, sizeof *array);
    if (array == NULL)
        return emit_error_memory(error, sizeof *array, "a table");
    array->config = *config;
    array->process = emit_process();
    array->tile_rows = (config->lines + config->tile_lines - 1) / config->tile_lines;
    array->tiles_per_row = (config->columns + config->tile_columns - 1) / config->tile_columns;
    const uint64_t cell_count = config->lines * config->columns;
    const bool fits = cell_count <= SIZE_MAX / config->cell_nbytes;
    const size_t nbytes = fits ? (size_t)cell_count * config->cell_nbytes : SIZE_MAX;
    if (fits)
        array->cells = calloc(nbytes, 1);
    array->states = calloc((size_t)(array->tile_rows * array->tiles_per_row), 1);
    if (array->cells == NULL || array->states == NULL)
    {
        emit_lazy_array_close(array);
        return emit_error_memory(error, nbytes, "a table");
    }
    *array_ret = array;
    return EMIT_OK;
}

void emit_lazy_array_close(struct emit_lazy_array *array)
{
    if (array == NULL)
        return;
    free(array->cells);
    free(array->states);
    free(array);
}

const void *emit_lazy_array_elements(const struct emit_lazy_array *array)
{
    return array->cells;
}

/* ---- Loading -------------------------------------------------------------------------------- */

struct tile
{
    struct emit_lazy_array *array;
    uint64_t row;
    uint64_t column;
};

/* Tiles that this call loads, and whether other threads load some that it needs. */
struct batch
{
    struct tile *tiles;
    size_t count;
    size_t capacity;
    bool others_loading;
};

static void reserve_tile(struct batch *batch, struct emit_lazy_array *array, uint64_t row,
                         uint64_t column)
{
    unsigned char *state = &array->states[row * array->tiles_per_row + column];
    if (*state == TILE_LOADING)
        batch->others_loading = true;
    else if (*state == TILE_EMPTY && batch->count < batch->capacity)
    {
        *state = TILE_LOADING;
        batch->tiles[batch->count++] = (struct tile){array, row, column};
    }
}

/* First and last tile of the area, by row and column. */
struct span
{
    uint64_t first_row, last_row, first_column, last_column;
};

static struct span tiles_of(const struct emit_lazy_array *array, const struct emit_area *area)
{
    const struct emit_lazy_array_config *config = &array->config;
    return (struct span){area->line / config->tile_lines,
                         (area->line + area->lines - 1) / config->tile_lines,
                         area->column / config->tile_columns,
                         (area->column + area->columns - 1) / config->tile_columns};
}

/* The parent's threads that were loading tiles do not exist in a child process. */
static void reset_loads_of_parent(struct emit_lazy_array *array)
{
    if (array->process == emit_process())
        return;
    for (uint64_t i = 0; i < array->tile_rows * array->tiles_per_row; i++)
    {
        if (array->states[i] == TILE_LOADING)
            array->states[i] = TILE_EMPTY;
    }
    array->process = emit_process();
}

static void reserve_area(struct batch *batch, struct emit_lazy_array *array,
                         const struct emit_area *area)
{
    reset_loads_of_parent(array);
    const struct span span = tiles_of(array, area);
    for (uint64_t row = span.first_row; row <= span.last_row; row++)
    {
        for (uint64_t column = span.first_column; column <= span.last_column; column++)
            reserve_tile(batch, array, row, column);
    }
}

static void set_state(const struct tile *tile, enum tile_state state)
{
    struct emit_lazy_array *array = tile->array;
    emit_lock(EMIT_LOCK_ARRAYS);
    array->states[tile->row * array->tiles_per_row + tile->column] = (unsigned char)state;
    emit_lock_broadcast(EMIT_LOCK_ARRAYS);
    emit_unlock(EMIT_LOCK_ARRAYS);
}

static struct emit_area area_of(const struct tile *tile)
{
    const struct emit_lazy_array_config *config = &tile->array->config;
    struct emit_area area = {tile->row * config->tile_lines, tile->column * config->tile_columns, 0,
                             0};
    area.lines = smaller(config->tile_lines, config->lines - area.line);
    area.columns = smaller(config->tile_columns, config->columns - area.column);
    return area;
}

/* Prefetches from servers what the tiles need. */
static enum emit_status fetch_ahead(const struct batch *batch, struct emit_error *error)
{
    struct emit_prefetch_list prefetch = {.count = 0};
    enum emit_status status = EMIT_OK;
    for (size_t i = 0; i < batch->count && status == EMIT_OK; i++)
    {
        const struct emit_lazy_array_config *config = &batch->tiles[i].array->config;
        const struct emit_area area = area_of(&batch->tiles[i]);
        if (config->list_ranges != NULL)
            status = config->list_ranges(config->context, &area, &prefetch, error);
    }
    if (status == EMIT_OK)
        emit_prefetch_run(&prefetch);
    emit_prefetch_close(&prefetch);
    return status;
}

static enum emit_status load_tile(const void *context, size_t index, struct emit_scratch *scratch,
                                  struct emit_error *error)
{
    const struct batch *batch = context;
    const struct tile *tile = &batch->tiles[index];
    const struct emit_lazy_array_config *config = &tile->array->config;
    const struct emit_area area = area_of(tile);
    const size_t line_nbytes = (size_t)config->columns * config->cell_nbytes;
    unsigned char *cells = tile->array->cells + (size_t)area.line * line_nbytes +
                           (size_t)area.column * config->cell_nbytes;
    const enum emit_status status =
        config->fill(config->context, &area, cells, line_nbytes, scratch, error);
    if (status == EMIT_OK)
        set_state(tile, TILE_READY);
    return status;
}

/* The most that a thread takes for one of the tiles. */
static uint64_t thread_nbytes(const struct batch *batch)
{
    uint64_t most = 0;
    for (size_t i = 0; i < batch->count; i++)
    {
        const uint64_t nbytes = batch->tiles[i].array->config.thread_nbytes;
        most = nbytes > most ? nbytes : most;
    }
    return most;
}

/* Resets the tiles that a failed load has not completed. */
static void release_tiles(const struct batch *batch)
{
    emit_lock(EMIT_LOCK_ARRAYS);
    for (size_t i = 0; i < batch->count; i++)
    {
        const struct tile *tile = &batch->tiles[i];
        unsigned char *state =
            &tile->array->states[tile->row * tile->array->tiles_per_row + tile->column];
        if (*state == TILE_LOADING)
            *state = TILE_EMPTY;
    }
    emit_lock_broadcast(EMIT_LOCK_ARRAYS);
    emit_unlock(EMIT_LOCK_ARRAYS);
}

/* Reserves all empty tiles; if there are none, waits for the threads that load the others. */
static void reserve_or_wait(struct batch *batch, struct emit_lazy_array *const *arrays,
                            size_t count, const struct emit_area *area)
{
    batch->count = 0;
    batch->others_loading = false;
    emit_lock(EMIT_LOCK_ARRAYS);
    for (size_t i = 0; i < count; i++)
        reserve_area(batch, arrays[i], area);
    if (batch->count == 0 && batch->others_loading)
        emit_lock_wait(EMIT_LOCK_ARRAYS);
    emit_unlock(EMIT_LOCK_ARRAYS);
}

static size_t count_tiles(struct emit_lazy_array *const *arrays, size_t count,
                          const struct emit_area *area)
{
    size_t tiles = 0;
    for (size_t i = 0; i < count; i++)
    {
        const struct span span = tiles_of(arrays[i], area);
        tiles += (size_t)((span.last_row - span.first_row + 1) *
                          (span.last_column - span.first_column + 1));
    }
    return tiles;
}

enum emit_status emit_lazy_arrays_load(struct emit_lazy_array *const *arrays, size_t count,
                                       const struct emit_area *area, int threads,
                                       struct emit_error *error)
{
    if (count == 0 || area->lines == 0 || area->columns == 0)
        return EMIT_OK;
    struct batch batch = {.capacity = count_tiles(arrays, count, area)};
    batch.tiles = malloc(batch.capacity * sizeof *batch.tiles);
    if (batch.tiles == NULL)
        return emit_error_memory(error, batch.capacity * sizeof *batch.tiles, "a list of tiles");
    enum emit_status status = EMIT_OK;
    do
    {
        reserve_or_wait(&batch, arrays, count, area);
        status = fetch_ahead(&batch, error);
        if (status == EMIT_OK)
            status = emit_parallel_for(batch.count, threads, thread_nbytes(&batch), load_tile,
                                       &batch, error);
        if (status != EMIT_OK)
            release_tiles(&batch);
    } while (status == EMIT_OK && (batch.count > 0 || batch.others_loading));
    free(batch.tiles);
    return status;
}
