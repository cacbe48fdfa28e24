/* SPDX-License-Identifier: MIT */
/* Variables of a granule as lazy arrays, and single values of them. */
#pragma once

#include "core/granule/granule.h"
#include "core/store/lazy_array.h"

/* One half of the GLT over the ortho grid: int32, entries that do not fit being 0, empty; or, if
 * "is_narrow", uint16, entries below 0 being 0 and those above UINT16_MAX, UINT16_MAX. "granule" is
 * borrowed and must outlive the array. */
enum emit_status emit_variable_array_open_glt(const struct emit_granule *granule,
                                              const struct emit_layout *layout, bool is_narrow,
                                              struct emit_lazy_array **array_ret,
                                              struct emit_error *error);

/* A rank-2 variable of the granule, as double over the raw grid; NaN for nodata. */
enum emit_status emit_variable_array_open_numbers(const struct emit_granule *granule,
                                                  const char *name,
                                                  struct emit_lazy_array **array_ret,
                                                  struct emit_error *error);

/* Reads lat and lon of "count" pixels of the raw grid; NaN for nodata, and for all if the granule
 * does not have both as rank-2 variables over the raw grid. For few pixels: each costs two reads,
 * or cached chunks. Prefetches all together from a server. */
enum emit_status emit_variable_read_places(const struct emit_granule *granule,
                                           const struct emit_pixel *pixels, size_t count,
                                           double *lat, double *lon, struct emit_error *error);

/* Prefetches from a server lat and lon of all pixels in "count" areas of the raw grid. Failures are
 * left to emit_variable_read_places(). */
void emit_variable_prefetch_places(const struct emit_granule *granule,
                                   const struct emit_area *areas, size_t count);
