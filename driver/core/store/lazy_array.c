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

struct emit_plane
{
    struct emit_plane_spec spec;
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

enum emit_status emit_plane_open(const struct emit_plane_spec *spec, struct emit_plane **plane_ret,
                                 struct emit_error *error)
{
    *plane_ret = NULL;
    struct emit_plane *plane = calloc(1, sizeof *plane);
    if (plane == NULL)
        return emit_error_memory(error, sizeof *plane, "a table");
    plane->spec = *spec;
    plane->process = emit_process();
    plane->tile_rows = (spec->lines + spec->tile_lines - 1) / spec->tile_lines;
    plane->tiles_per_row = (spec->columns + spec->tile_columns - 1) / spec->tile_columns;
    const uint64_t cell_count = spec->lines * spec->columns;
    const bool fits = cell_count <= SIZE_MAX / spec->cell_nbytes;
    const size_t nbytes = fits ? (size_t)cell_count * spec->cell_nbytes : SIZE_MAX;
    if (fits)
        plane->cells = calloc(nbytes, 1);
    plane->states = calloc((size_t)(plane->tile_rows * plane->tiles_per_row), 1);
    if (plane->cells == NULL || plane->states == NULL)
    {
        emit_plane_close(plane);
        return emit_error_memory(error, nbytes, "a table");
    }
    *plane_ret = plane;
    return EMIT_OK;
}

void emit_plane_close(struct emit_plane *plane)
{
    if (plane == NULL)
        return;
    free(plane->cells);
    free(plane->states);
    free(plane);
}

const void *emit_plane_cells(const struct emit_plane *plane)
{
    return plane->cells;
}

/* ---- Loading -------------------------------------------------------------------------------- */

struct tile
{
    struct emit_plane *plane;
    uint64_t row;
    uint64_t column;
};

/* Tiles that this call loads, and whether others load some that it needs too. */
struct claim
{
    struct tile *tiles;
    size_t count;
    size_t capacity;
    bool others_loading;
};

static void claim_tile(struct claim *claim, struct emit_plane *plane, uint64_t row, uint64_t column)
{
    unsigned char *state = &plane->states[row * plane->tiles_per_row + column];
    if (*state == TILE_LOADING)
        claim->others_loading = true;
    else if (*state == TILE_EMPTY && claim->count < claim->capacity)
    {
        *state = TILE_LOADING;
        claim->tiles[claim->count++] = (struct tile){plane, row, column};
    }
}

/* First and last tile of the area, by row and column. */
struct span
{
    uint64_t first_row, last_row, first_column, last_column;
};

static struct span tiles_of(const struct emit_plane *plane, const struct emit_area *area)
{
    const struct emit_plane_spec *spec = &plane->spec;
    return (struct span){
        area->line / spec->tile_lines, (area->line + area->lines - 1) / spec->tile_lines,
        area->column / spec->tile_columns, (area->column + area->columns - 1) / spec->tile_columns};
}

/* In a child process the threads that were loading tiles do not exist. */
static void forget_parents_loads(struct emit_plane *plane)
{
    if (plane->process == emit_process())
        return;
    for (uint64_t i = 0; i < plane->tile_rows * plane->tiles_per_row; i++)
    {
        if (plane->states[i] == TILE_LOADING)
            plane->states[i] = TILE_EMPTY;
    }
    plane->process = emit_process();
}

static void claim_area(struct claim *claim, struct emit_plane *plane, const struct emit_area *area)
{
    forget_parents_loads(plane);
    const struct span span = tiles_of(plane, area);
    for (uint64_t row = span.first_row; row <= span.last_row; row++)
    {
        for (uint64_t column = span.first_column; column <= span.last_column; column++)
            claim_tile(claim, plane, row, column);
    }
}

static void set_state(const struct tile *tile, enum tile_state state)
{
    struct emit_plane *plane = tile->plane;
    emit_lock(EMIT_LOCK_ARRAYS);
    plane->states[tile->row * plane->tiles_per_row + tile->column] = (unsigned char)state;
    emit_lock_broadcast(EMIT_LOCK_ARRAYS);
    emit_unlock(EMIT_LOCK_ARRAYS);
}

static struct emit_area area_of(const struct tile *tile)
{
    const struct emit_plane_spec *spec = &tile->plane->spec;
    struct emit_area area = {tile->row * spec->tile_lines, tile->column * spec->tile_columns, 0, 0};
    area.lines = smaller(spec->tile_lines, spec->lines - area.line);
    area.columns = smaller(spec->tile_columns, spec->columns - area.column);
    return area;
}

/* Fetches from servers what all of the tiles need. */
static enum emit_status fetch_ahead(const struct claim *claim, struct emit_error *error)
{
    struct emit_plan plan = {.count = 0};
    enum emit_status status = EMIT_OK;
    for (size_t i = 0; i < claim->count && status == EMIT_OK; i++)
    {
        const struct emit_plane_spec *spec = &claim->tiles[i].plane->spec;
        const struct emit_area area = area_of(&claim->tiles[i]);
        if (spec->plan != NULL)
            status = spec->plan(spec->context, &area, &plan, error);
    }
    if (status == EMIT_OK)
        emit_plan_fetch(&plan);
    emit_plan_close(&plan);
    return status;
}

static enum emit_status load_tile(const void *context, size_t index, struct emit_scratch *scratch,
                                  struct emit_error *error)
{
    const struct claim *claim = context;
    const struct tile *tile = &claim->tiles[index];
    const struct emit_plane_spec *spec = &tile->plane->spec;
    const struct emit_area area = area_of(tile);
    const size_t line_nbytes = (size_t)spec->columns * spec->cell_nbytes;
    unsigned char *cells = tile->plane->cells + (size_t)area.line * line_nbytes +
                           (size_t)area.column * spec->cell_nbytes;
    const enum emit_status status =
        spec->fill(spec->context, &area, cells, line_nbytes, scratch, error);
    if (status == EMIT_OK)
        set_state(tile, TILE_READY);
    return status;
}

/* Gives back what a failed load has not brought to the end. */
static void release_claim(const struct claim *claim)
{
    emit_lock(EMIT_LOCK_ARRAYS);
    for (size_t i = 0; i < claim->count; i++)
    {
        const struct tile *tile = &claim->tiles[i];
        unsigned char *state =
            &tile->plane->states[tile->row * tile->plane->tiles_per_row + tile->column];
        if (*state == TILE_LOADING)
            *state = TILE_EMPTY;
    }
    emit_lock_broadcast(EMIT_LOCK_ARRAYS);
    emit_unlock(EMIT_LOCK_ARRAYS);
}

/* Claims all that is empty; where there is nothing to claim, waits for others to finish. */
static void claim_or_wait(struct claim *claim, struct emit_plane *const *planes, size_t count,
                          const struct emit_area *area)
{
    claim->count = 0;
    claim->others_loading = false;
    emit_lock(EMIT_LOCK_ARRAYS);
    for (size_t i = 0; i < count; i++)
        claim_area(claim, planes[i], area);
    if (claim->count == 0 && claim->others_loading)
        emit_lock_wait(EMIT_LOCK_ARRAYS);
    emit_unlock(EMIT_LOCK_ARRAYS);
}

static size_t count_tiles(struct emit_plane *const *planes, size_t count,
                          const struct emit_area *area)
{
    size_t tiles = 0;
    for (size_t i = 0; i < count; i++)
    {
        const struct span span = tiles_of(planes[i], area);
        tiles += (size_t)((span.last_row - span.first_row + 1) *
                          (span.last_column - span.first_column + 1));
    }
    return tiles;
}

enum emit_status emit_planes_load(struct emit_plane *const *planes, size_t count,
                                  const struct emit_area *area, int threads,
                                  struct emit_error *error)
{
    if (count == 0 || area->lines == 0 || area->columns == 0)
        return EMIT_OK;
    struct claim claim = {.capacity = count_tiles(planes, count, area)};
    claim.tiles = malloc(claim.capacity * sizeof *claim.tiles);
    if (claim.tiles == NULL)
        return emit_error_memory(error, claim.capacity * sizeof *claim.tiles, "a list of tiles");
    enum emit_status status = EMIT_OK;
    do
    {
        claim_or_wait(&claim, planes, count, area);
        status = fetch_ahead(&claim, error);
        if (status == EMIT_OK)
            status = emit_parallel_for(claim.count, threads, load_tile, &claim, error);
        if (status != EMIT_OK)
            release_claim(&claim);
    } while (status == EMIT_OK && (claim.count > 0 || claim.others_loading));
    free(claim.tiles);
    return status;
}
