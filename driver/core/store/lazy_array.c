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
    struct emit_lazy_array_config spec;
    unsigned char *cells;
    uint64_t tile_rows;
    uint64_t tiles_per_row;
    /* Under EMIT_LOCK_ARRAYS, which is held for a look at the states only: */
    unsigned char *states; /* enum tile_state of each tile */
    unsigned process;      /* that the states are of */
};

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

enum emit_status emit_lazy_array_open(const struct emit_lazy_array_config *spec,
                                      struct emit_lazy_array **plane_ret, struct emit_error *error)
{
    *plane_ret = NULL;
    struct emit_lazy_array *array = calloc(1, sizeof *array);
    if (array == NULL)
        return emit_error_memory(error, sizeof *array, "a table");
    array->spec = *spec;
    array->process = emit_process();
    array->tile_rows = (spec->lines + spec->tile_lines - 1) / spec->tile_lines;
    array->tiles_per_row = (spec->columns + spec->tile_columns - 1) / spec->tile_columns;
    const uint64_t cell_count = spec->lines * spec->columns;
    const bool fits = cell_count <= SIZE_MAX / spec->cell_nbytes;
    const size_t nbytes = fits ? (size_t)cell_count * spec->cell_nbytes : SIZE_MAX;
    if (fits)
        array->cells = calloc(nbytes, 1);
    array->states = calloc((size_t)(array->tile_rows * array->tiles_per_row), 1);
    if (array->cells == NULL || array->states == NULL)
    {
        emit_lazy_array_close(array);
        return emit_error_memory(error, nbytes, "a table");
    }
    *plane_ret = array;
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

/* Tiles that this call loads, and whether others load some that it needs too. */
struct reserve
{
    struct tile *tiles;
    size_t count;
    size_t capacity;
    bool others_loading;
};

static void reserve_tile(struct reserve *reserve, struct emit_lazy_array *array, uint64_t row,
                         uint64_t column)
{
    unsigned char *state = &array->states[row * array->tiles_per_row + column];
    if (*state == TILE_LOADING)
        reserve->others_loading = true;
    else if (*state == TILE_EMPTY && reserve->count < reserve->capacity)
    {
        *state = TILE_LOADING;
        reserve->tiles[reserve->count++] = (struct tile){array, row, column};
    }
}

/* First and last tile of the area, by row and column. */
struct span
{
    uint64_t first_row, last_row, first_column, last_column;
};

static struct span tiles_of(const struct emit_lazy_array *array, const struct emit_area *area)
{
    const struct emit_lazy_array_config *spec = &array->spec;
    return (struct span){
        area->line / spec->tile_lines, (area->line + area->lines - 1) / spec->tile_lines,
        area->column / spec->tile_columns, (area->column + area->columns - 1) / spec->tile_columns};
}

/* In a child process the threads that were loading tiles do not exist. */
static void forget_parents_loads(struct emit_lazy_array *array)
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

static void claim_area(struct reserve *reserve, struct emit_lazy_array *array,
                       const struct emit_area *area)
{
    forget_parents_loads(array);
    const struct span span = tiles_of(array, area);
    for (uint64_t row = span.first_row; row <= span.last_row; row++)
    {
        for (uint64_t column = span.first_column; column <= span.last_column; column++)
            reserve_tile(reserve, array, row, column);
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
    const struct emit_lazy_array_config *spec = &tile->array->spec;
    struct emit_area area = {tile->row * spec->tile_lines, tile->column * spec->tile_columns, 0, 0};
    area.lines = smaller(spec->tile_lines, spec->lines - area.line);
    area.columns = smaller(spec->tile_columns, spec->columns - area.column);
    return area;
}

/* Fetches from servers what all of the tiles need. */
static enum emit_status fetch_ahead(const struct reserve *reserve, struct emit_error *error)
{
    struct emit_prefetch_list plan = {.count = 0};
    enum emit_status status = EMIT_OK;
    for (size_t i = 0; i < reserve->count && status == EMIT_OK; i++)
    {
        const struct emit_lazy_array_config *spec = &reserve->tiles[i].array->spec;
        const struct emit_area area = area_of(&reserve->tiles[i]);
        if (spec->plan != NULL)
            status = spec->plan(spec->context, &area, &plan, error);
    }
    if (status == EMIT_OK)
        emit_prefetch_run(&plan);
    emit_prefetch_close(&plan);
    return status;
}

static enum emit_status load_tile(const void *context, size_t index, struct emit_scratch *scratch,
                                  struct emit_error *error)
{
    const struct reserve *reserve = context;
    const struct tile *tile = &reserve->tiles[index];
    const struct emit_lazy_array_config *spec = &tile->array->spec;
    const struct emit_area area = area_of(tile);
    const size_t line_nbytes = (size_t)spec->columns * spec->cell_nbytes;
    unsigned char *cells = tile->array->cells + (size_t)area.line * line_nbytes +
                           (size_t)area.column * spec->cell_nbytes;
    const enum emit_status status =
        spec->fill(spec->context, &area, cells, line_nbytes, scratch, error);
    if (status == EMIT_OK)
        set_state(tile, TILE_READY);
    return status;
}

/* The most that a thread takes for one of the tiles. */
static uint64_t thread_nbytes(const struct reserve *reserve)
{
    uint64_t most = 0;
    for (size_t i = 0; i < reserve->count; i++)
    {
        const uint64_t nbytes = reserve->tiles[i].array->spec.thread_nbytes;
        most = nbytes > most ? nbytes : most;
    }
    return most;
}

/* Gives back what a failed load has not brought to the end. */
static void release_claim(const struct reserve *reserve)
{
    emit_lock(EMIT_LOCK_ARRAYS);
    for (size_t i = 0; i < reserve->count; i++)
    {
        const struct tile *tile = &reserve->tiles[i];
        unsigned char *state =
            &tile->array->states[tile->row * tile->array->tiles_per_row + tile->column];
        if (*state == TILE_LOADING)
            *state = TILE_EMPTY;
    }
    emit_lock_broadcast(EMIT_LOCK_ARRAYS);
    emit_unlock(EMIT_LOCK_ARRAYS);
}

/* Claims all that is empty; where there is nothing to reserve, waits for others to finish. */
static void claim_or_wait(struct reserve *reserve, struct emit_lazy_array *const *arrays,
                          size_t count, const struct emit_area *area)
{
    reserve->count = 0;
    reserve->others_loading = false;
    emit_lock(EMIT_LOCK_ARRAYS);
    for (size_t i = 0; i < count; i++)
        claim_area(reserve, arrays[i], area);
    if (reserve->count == 0 && reserve->others_loading)
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
    struct reserve reserve = {.capacity = count_tiles(arrays, count, area)};
    reserve.tiles = malloc(reserve.capacity * sizeof *reserve.tiles);
    if (reserve.tiles == NULL)
        return emit_error_memory(error, reserve.capacity * sizeof *reserve.tiles,
                                 "a list of tiles");
    enum emit_status status = EMIT_OK;
    do
    {
        claim_or_wait(&reserve, arrays, count, area);
        status = fetch_ahead(&reserve, error);
        if (status == EMIT_OK)
            status = emit_parallel_for(reserve.count, threads, thread_nbytes(&reserve), load_tile,
                                       &reserve, error);
        if (status != EMIT_OK)
            release_claim(&reserve);
    } while (status == EMIT_OK && (reserve.count > 0 || reserve.others_loading));
    free(reserve.tiles);
    return status;
}
