/* SPDX-License-Identifier: MIT */
/*
 * A lazy array over a grid (the GLT over the ortho grid, masks over the raw grid): filled tile by
 * tile when a tile is first needed. Thread-safe.
 */
#ifndef EMIT_STORE_LAZY_ARRAY_H
#define EMIT_STORE_LAZY_ARRAY_H

#include "core/base/parallel.h"
#include "core/base/raw_grid.h"
#include "core/io/prefetch.h"

/*
 * Writes the elements of "area": cell (l, c) of the area at elements + l*line_nbytes +
 * c*cell_nbytes. Called once for each tile, from any thread; a failed tile is tried again when next
 * needed.
 */
typedef enum emit_status (*emit_lazy_array_fill)(const void *context, const struct emit_area *area,
                                                 unsigned char *elements, size_t line_nbytes,
                                                 struct emit_scratch *scratch,
                                                 struct emit_error *error);

/* Adds to "prefetch" the ranges that filling "area" reads. */
typedef enum emit_status (*emit_lazy_array_list)(const void *context, const struct emit_area *area,
                                                 struct emit_prefetch_list *prefetch,
                                                 struct emit_error *error);

struct emit_lazy_array_config
{
    uint64_t lines;
    uint64_t columns;
    size_t cell_nbytes;
    uint64_t tile_lines; /* >= 1; also tile_columns */
    uint64_t tile_columns;
    emit_lazy_array_fill fill;
    emit_lazy_array_list list_ranges; /* NULL: nothing to prefetch */
    const void *context;              /* borrowed; must outlive the array */
    /* Working memory of "fill", see emit_parallel_for(); 0 if it loads other arrays. */
    uint64_t thread_nbytes;
};

struct emit_lazy_array;

/* Reserves memory without touching it. Release with emit_lazy_array_close(). */
enum emit_status emit_lazy_array_open(const struct emit_lazy_array_config *config,
                                      struct emit_lazy_array **array_ret, struct emit_error *error);
void emit_lazy_array_close(struct emit_lazy_array *array); /* may be NULL */

/* Loads "area" of all "count" arrays on up to "threads" threads. */
enum emit_status emit_lazy_arrays_load(struct emit_lazy_array *const *arrays, size_t count,
                                       const struct emit_area *area, int threads,
                                       struct emit_error *error);

/* The elements in line order. Only loaded ones may be read. */
const void *emit_lazy_array_elements(const struct emit_lazy_array *array);

#endif
