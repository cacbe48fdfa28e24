/* SPDX-License-Identifier: MIT */
/* Sorts the cells of a request by the positions of their pixels in the raw grid. Pure. */
#pragma once

#include "core/read/gather.h"
#include "core/read/resolve.h"

/* The cells whose pixels lie in one tile of the raw grid: items[first] to items[first + count -
 * 1]. */
struct emit_tile
{
    uint64_t line; /* of the grid of tiles */
    uint64_t column;
    size_t first;
    size_t count;
};

/* Zeroed: empty and valid. */
struct emit_tiles
{
    struct emit_item *items; /* tile by tile, in the buffer's order within a tile */
    struct emit_tile *tiles; /* tiles with cells, line by line */
    size_t count;
};

/* Sorts the cells of "resolved" that show a pixel into tiles of tile_lines x tile_columns pixels.
 * Release "tiles" with emit_tiles_close() even after a failure. */
enum emit_status emit_tiles_sort(const struct emit_resolved *resolved, uint64_t tile_lines,
                                 uint64_t tile_columns, struct emit_tiles *tiles,
                                 struct emit_error *error);
void emit_tiles_close(struct emit_tiles *tiles);
