/* SPDX-License-Identifier: MIT */
/*
 * A lazy array over a grid (the GLT over the ortho grid, masks over the raw grid): filled tile by
 * tile when a tile is first needed. Thread-safe.
 *
 * The arrays of the process share a budget, two fifths of the block cache's:
 * emit_lazy_arrays_trim() evicts the least recently used ones, which are filled again when next
 * needed.
 */
#pragma once

#include "core/base/raw_grid.h"
#include "core/store/store.h"

/* Bands of a variable that the elements of an array are made of. */
struct emit_source
{
    struct emit_store *store;
    uint64_t first_band;
    uint64_t band_count;
};

/* A tile to fill. */
struct emit_lazy_tile
{
    struct emit_area area;
    unsigned char *elements; /* cell (l, c) of the area at l * line_nbytes + c * cell_nbytes */
    size_t line_nbytes;
    const struct emit_source *source; /* NULL if the array has no sources */
    unsigned char *values;            /* of "source" in "area", in C order; may be overwritten */
    size_t source_index;
};

/* Writes the elements of a tile, which are zero at first. Called for each source of each tile, from
 * any thread; a tile that fails is filled again, over what was written, when next needed. */
typedef enum emit_status (*emit_lazy_array_fill)(const void *context,
                                                 const struct emit_lazy_tile *tile,
                                                 struct emit_error *error);

struct emit_lazy_array_config
{
    uint64_t lines;
    uint64_t columns;
    size_t cell_nbytes;
    uint64_t tile_lines; /* >= 1; also tile_columns */
    uint64_t tile_columns;
    emit_lazy_array_fill fill;         /* NULL: the elements are the values of the one source */
    const void *context;               /* borrowed; must outlive the array */
    const struct emit_source *sources; /* copied; without sources "fill" may load other arrays */
    size_t source_count;
    bool owns_stores;     /* the array closes the stores of its sources, also if opening fails */
    size_t item_nbytes;   /* items, which elements may refer to: emit_lazy_array_add_item() */
    size_t item_capacity; /* 0: no items */
};

struct emit_lazy_array;

/* Configuration of an array over the lines and columns of sources[0].store, with its chunks as
 * tiles. */
struct emit_lazy_array_config emit_lazy_array_over(const struct emit_source *sources,
                                                   size_t source_count, size_t cell_nbytes,
                                                   emit_lazy_array_fill fill, const void *context);

/* Reserves no memory for elements yet. Release with emit_lazy_array_close(). */
enum emit_status emit_lazy_array_open(const struct emit_lazy_array_config *config,
                                      struct emit_lazy_array **array_ret, struct emit_error *error);
void emit_lazy_array_close(struct emit_lazy_array *array); /* may be NULL */

/* Prefetches from a server what loading "area" of the arrays will read. Failures are left to that.
 */
void emit_lazy_arrays_prefetch(struct emit_lazy_array *const *arrays, size_t count,
                               const struct emit_area *area);

/* Begins or ends a read, during which what it loads of the arrays is not evicted; NULL among
 * "arrays" is skipped. */
void emit_lazy_arrays_hold(struct emit_lazy_array *const *arrays, size_t count, bool begins);

/* Evicts arrays that no read holds while the arrays of the process exceed their budget. To be
 * called at the beginning of a read, so that the arrays of the last one stay, whatever the budget.
 */
void emit_lazy_arrays_trim(void);

/* Loads "area" of all "count" arrays on up to "threads" threads, after prefetching what they need
 * from a server. */
enum emit_status emit_lazy_arrays_load(struct emit_lazy_array *const *arrays, size_t count,
                                       const struct emit_area *area, int threads,
                                       struct emit_error *error);

/* Whether the tile of an element is loaded. Thread-safe. */
bool emit_lazy_array_is_loaded(const struct emit_lazy_array *array, uint64_t line, uint64_t column);

/* The elements in line order; NULL before the first load. Only loaded ones may be read, by a read
 * that holds the array. */
const void *emit_lazy_array_elements(const struct emit_lazy_array *array);

/* For fill functions: adds an item and returns its number, 1 or more, or EMIT_NO_ITEM if the array
 * is full. Item 0 is zero. */
#define EMIT_NO_ITEM UINT32_MAX
uint32_t emit_lazy_array_add_item(struct emit_lazy_array *array, const void *item);

/* The items by number; otherwise as emit_lazy_array_elements(). */
const unsigned char *emit_lazy_array_items(const struct emit_lazy_array *array);
