/* SPDX-License-Identifier: MIT */
/* One variable kept in memory as a plane that fills itself from the file. */
#ifndef EMIT_STORE_VARIABLE_ARRAY_H
#define EMIT_STORE_VARIABLE_ARRAY_H

#include "core/granule/granule.h"
#include "core/store/lazy_array.h"
#include "core/store/store.h"

/* Zeroed: absent and valid. Once open it must stay where it is in memory. */
struct emit_variable_array
{
    struct emit_lazy_array *plane; /* NULL: absent */
    struct emit_store *store;
};

/* One half of the GLT: int32 over the ortho grid; entries that are no int32 read as 0, "empty". */
enum emit_status emit_variable_array_open_glt(const struct emit_granule *granule,
                                              const struct emit_layout *layout,
                                              struct emit_variable_array *table,
                                              struct emit_error *error);

/* A variable of rank 2 that the granule has, as double over the raw grid; NaN where it is nodata.
 */
enum emit_status emit_variable_array_open_numbers(const struct emit_granule *granule,
                                                  const char *name,
                                                  struct emit_variable_array *table,
                                                  struct emit_error *error);

void emit_variable_array_close(struct emit_variable_array *table);

/*
 * Reads the values of a variable of rank 2 over the raw grid at "count" pixels, with NaN where they
 * are nodata. For a few of them: each costs a read, or a chunk by way of the cache.
 */
enum emit_status emit_table_read_pixels(struct emit_store *store, const struct emit_pixel *pixels,
                                        size_t count, double *values, struct emit_scratch *scratch,
                                        struct emit_error *error);

/* Adds to "plan" what emit_table_read_pixels() is going to read. */
enum emit_status emit_table_plan_pixels(struct emit_store *store, const struct emit_pixel *pixels,
                                        size_t count, struct emit_prefetch_list *plan,
                                        struct emit_error *error);

/* A plane over the first two axes of a store, its tiles being the store's chunks. */
struct emit_lazy_array_config emit_variable_array_config(const struct emit_store *store,
                                                         size_t cell_nbytes,
                                                         emit_lazy_array_fill fill,
                                                         emit_lazy_array_list plan,
                                                         const void *context);

/* Reads bands first_band to first_band + band_count - 1 of an area into "*values_ret", memory of
 * the thread that its next call takes over. */
enum emit_status emit_variable_array_read(struct emit_store *store, const struct emit_area *area,
                                          uint64_t first_band, uint64_t band_count,
                                          unsigned char **values_ret, struct emit_scratch *scratch,
                                          struct emit_error *error);

/* Adds to "plan" what emit_variable_array_read() is going to read. */
enum emit_status emit_variable_array_list(struct emit_store *store, const struct emit_area *area,
                                          uint64_t first_band, uint64_t band_count,
                                          struct emit_prefetch_list *plan,
                                          struct emit_error *error);

#endif
