/* SPDX-License-Identifier: MIT */
/*
 * The band mask of a granule over its raw grid, in memory as far as it was asked for.
 *
 * Its bytes are cut into groups, each loaded only for requests with bands in it. Few pixels have
 * any bit set, and neighbours have the same: what is kept of a group is a number a pixel, that of
 * its pattern, and the different patterns.
 */
#ifndef EMIT_MASK_BAND_MASK_H
#define EMIT_MASK_BAND_MASK_H

#include "core/granule/granule.h"
#include "core/mask/mask_rule.h"
#include "core/store/lazy_array.h"

struct emit_band_mask;

/*
 * Opens the band mask of "granule", which is borrowed, must outlive it and has one; reads none of
 * it. EMIT_ERROR_FORMAT when it is not packed. Release with emit_band_mask_close().
 */
enum emit_status emit_band_mask_open(const struct emit_granule *granule,
                                     struct emit_band_mask **bandmask_ret,
                                     struct emit_error *error);
void emit_band_mask_close(struct emit_band_mask *bandmask); /* NULL is fine */

/* What gathering needs of it. Borrowed; only bands and pixels whose planes are loaded may be used.
 */
struct emit_band_mask_arrays emit_band_mask_get_arrays(const struct emit_band_mask *bandmask);

/* The "*count" planes that must be loaded for bands "first" to "last". Borrowed. */
struct emit_lazy_array *const *emit_band_mask_lazy_arrays(const struct emit_band_mask *bandmask,
                                                          uint64_t first, uint64_t last,
                                                          size_t *count);

#endif
