/* SPDX-License-Identifier: MIT */
/* A variable of a granule as a lazy array. */
#ifndef EMIT_STORE_VARIABLE_ARRAY_H
#define EMIT_STORE_VARIABLE_ARRAY_H

#include "core/granule/granule.h"
#include "core/store/lazy_array.h"
#include "core/store/store.h"

/* Zeroed: absent and valid. Must not be moved once open. */
struct emit_variable_array
{
    struct emit_lazy_array *array; /* NULL: absent */
    struct emit_store *store;
};

/* One half of the GLT: int32 over the ortho grid. Entries that do not fit an int32 read as 0,
 * empty. */
enum emit_status emit_variable_array_open_glt(const struct emit_granule *granule,
                                              const struct emit_layout *layout,
                                              struct emit_variable_array *table,
                                              struct emit_error *error);

/* A rank-2 variable of the granule, as double over the raw grid; NaN for nodata. */
enum emit_status emit_variable_array_open_numbers(const struct emit_granule *granule,
                                                  const char *name,
                                                  struct emit_variable_array *table,
                                                  struct emit_error *error);

void emit_variable_array_close(struct emit_variable_array *table);

/*
 * Reads the values of a rank-2 variable over the raw grid at "count" pixels; NaN for nodata. For
 * few pixels: each costs a read, or a cached chunk.
 */
enum emit_status emit_variable_array_read_pixels(struct emit_store *store,
                                                 const struct emit_pixel *pixels, size_t count,
                                                 double *values, struct emit_scratch *scratch,
                                                 struct emit_error *error);

/* Adds to "prefetch" the ranges that emit_variable_array_read_pixels() reads. */
enum emit_status emit_variable_array_list_pixels(struct emit_store *store,
                                                 const struct emit_pixel *pixels, size_t count,
                                                 struct emit_prefetch_list *prefetch,
                                                 struct emit_error *error);

/* Configuration of a lazy array over the first two axes of a store, with the store's chunks as
 * tiles. */
struct emit_lazy_array_config emit_variable_array_config(const struct emit_store *store,
                                                         size_t cell_nbytes,
                                                         emit_lazy_array_fill fill,
                                                         emit_lazy_array_list list_ranges,
                                                         const void *context);

/* Reads bands first_band to first_band + band_count - 1 of an area into "*values_ret", memory of
 * the thread that its next call overwrites. */
enum emit_status emit_variable_array_read(struct emit_store *store, const struct emit_area *area,
                                          uint64_t first_band, uint64_t band_count,
                                          unsigned char **values_ret, struct emit_scratch *scratch,
                                          struct emit_error *error);

/* Adds to "prefetch" the ranges that emit_variable_array_read() reads. */
enum emit_status emit_variable_array_list(struct emit_store *store, const struct emit_area *area,
                                          uint64_t first_band, uint64_t band_count,
                                          struct emit_prefetch_list *prefetch,
                                          struct emit_error *error);

#endif
