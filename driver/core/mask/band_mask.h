/* SPDX-License-Identifier: MIT */
/*
 * The band mask of a granule over its raw grid, loaded where requested.
 *
 * The bytes are divided into groups, each loaded only for requests of its bands. Few pixels have
 * any bit set, and neighbours often have the same bits, so a group stores the different patterns
 * and the number of a pattern for each pixel.
 */
#ifndef EMIT_MASK_BAND_MASK_H
#define EMIT_MASK_BAND_MASK_H

#include "core/granule/granule.h"
#include "core/mask/mask_rule.h"
#include "core/store/lazy_array.h"

struct emit_band_mask;

/*
 * Opens the band mask of "granule", which must have one, is borrowed and must outlive it. Reads no
 * values. EMIT_ERROR_FORMAT if it is not packed. Release with emit_band_mask_close().
 */
enum emit_status emit_band_mask_open(const struct emit_granule *granule,
                                     struct emit_band_mask **bandmask_ret,
                                     struct emit_error *error);
void emit_band_mask_close(struct emit_band_mask *bandmask); /* may be NULL */

/* The arrays for gathering. Borrowed; only loaded bands and pixels may be read. */
struct emit_band_mask_arrays emit_band_mask_get_arrays(const struct emit_band_mask *bandmask);

/* The "*count" lazy arrays to load for bands "first" to "last". Borrowed. */
struct emit_lazy_array *const *emit_band_mask_lazy_arrays(const struct emit_band_mask *bandmask,
                                                          uint64_t first, uint64_t last,
                                                          size_t *count);

#endif
