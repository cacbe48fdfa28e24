/* SPDX-License-Identifier: MIT */
#include "core/read/tile_sort.h"

#include <stdlib.h>
#include <string.h>

void emit_tiles_close(struct emit_tiles *tiles)
{
    free(tiles->items);
    free(tiles->tiles);
    memset(tiles, 0, sizeof *tiles);
}

/* Tiles of the requested part of the raw grid, and the tile of each of its lines and samples, so
 * that no cell needs a division. */
struct index
{
    struct emit_area raw;
    uint64_t first_line; /* of the grid of tiles */
    uint64_t first_column;
    size_t lines;
    size_t columns;
    size_t *line_of;   /* first tile in the line of tiles of each raw line */
    size_t *column_of; /* tile column of each raw sample */
    size_t *next;      /* for each tile: number of cells, then the next free item */
};

static void close_index(struct index *index)
{
    free(index->line_of);
    free(index->column_of);
    free(index->next);
}

static enum emit_status open_index(const struct emit_area *raw, uint64_t tile_lines,
                                   uint64_t tile_columns, struct index *index,
                                   struct emit_error *error)
{
    index->raw = *raw;
    index->first_line = raw->line / tile_lines;
    index->first_column = raw->column / tile_columns;
    index->lines = (size_t)((raw->line + raw->lines - 1) / tile_lines - index->first_line) + 1;
    index->columns =
        (size_t)((raw->column + raw->columns - 1) / tile_columns - index->first_column) + 1;
    index->line_of = malloc((size_t)raw->lines * sizeof *index->line_of);
    index->column_of = malloc((size_t)raw->columns * sizeof *index->column_of);
    index->next = calloc(index->lines * index->columns, sizeof *index->next);
    if (index->line_of == NULL || index->column_of == NULL || index->next == NULL)
        return emit_error_memory(error, index->lines * index->columns * sizeof *index->next,
                                 "an index of tiles");
    for (uint64_t i = 0; i < raw->lines; i++)
        index->line_of[i] =
            (size_t)((raw->line + i) / tile_lines - index->first_line) * index->columns;
    for (uint64_t i = 0; i < raw->columns; i++)
        index->column_of[i] = (size_t)((raw->column + i) / tile_columns - index->first_column);
    return EMIT_OK;
}

static size_t *slot_of(const struct index *index, struct emit_pixel pixel)
{
    return &index->next[index->line_of[(uint64_t)pixel.downtrack - index->raw.line] +
                        index->column_of[(uint64_t)pixel.crosstrack - index->raw.column]];
}

/* Counts the cells of each tile and returns the total. */
static size_t count_cells(const struct emit_resolved *resolved, const struct index *index)
{
    const size_t cell_count = resolved->row_count * resolved->column_count;
    size_t count = 0;
    for (size_t i = 0; i < cell_count; i++)
    {
        if (emit_is_pixel(resolved->pixels[i]))
        {
            ++*slot_of(index, resolved->pixels[i]);
            count++;
        }
    }
    return count;
}

/* Turns counts into positions and lists the tiles with cells. */
static void list_tiles(const struct index *index, struct emit_tiles *tiles)
{
    size_t first = 0;
    for (size_t t = 0; t < index->lines * index->columns; t++)
    {
        const size_t count = index->next[t];
        index->next[t] = first;
        if (count > 0)
            tiles->tiles[tiles->count++] =
                (struct emit_tile){index->first_line + t / index->columns,
                                   index->first_column + t % index->columns, first, count};
        first += count;
    }
}

static void place_cells(const struct emit_resolved *resolved, const struct index *index,
                        struct emit_item *items)
{
    const struct emit_pixel *pixel = resolved->pixels;
    for (size_t r = 0; r < resolved->row_count; r++)
    {
        for (size_t c = 0; c < resolved->column_count; c++, pixel++)
        {
            if (emit_is_pixel(*pixel))
                items[(*slot_of(index, *pixel))++] =
                    (struct emit_item){*pixel, (uint32_t)r, (uint32_t)c};
        }
    }
}

static enum emit_status sort(const struct emit_resolved *resolved, const struct index *index,
                             struct emit_tiles *tiles, struct emit_error *error)
{
    const size_t tile_count = index->lines * index->columns;
    const size_t cell_count = count_cells(resolved, index);
    tiles->items = malloc((cell_count > 0 ? cell_count : 1) * sizeof *tiles->items);
    tiles->tiles =
        malloc((tile_count < cell_count ? tile_count : cell_count + 1) * sizeof *tiles->tiles);
    if (tiles->items == NULL || tiles->tiles == NULL)
        return emit_error_memory(error, cell_count * sizeof *tiles->items, "a list of cells");
    list_tiles(index, tiles);
    place_cells(resolved, index, tiles->items);
    return EMIT_OK;
}

enum emit_status emit_tiles_sort(const struct emit_resolved *resolved, uint64_t tile_lines,
                                 uint64_t tile_columns, struct emit_tiles *tiles,
                                 struct emit_error *error)
{
    memset(tiles, 0, sizeof *tiles);
    if (resolved->raw.lines == 0)
        return EMIT_OK;
    struct index index = {.lines = 0};
    enum emit_status status = open_index(&resolved->raw, tile_lines, tile_columns, &index, error);
    if (status == EMIT_OK)
        status = sort(resolved, &index, tiles, error);
    close_index(&index);
    return status;
}
