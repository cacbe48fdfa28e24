/* SPDX-License-Identifier: MIT */
/*
 * The band mask of a granule over its raw grid, loaded where requested.
 *
 * The bytes are divided into groups, each loaded only for requests of its bands. Few pixels have
 * any bit set, and neighbours often have the same bits, so a group stores the different patterns
 * and the number of a pattern for each pixel.
 */
#pragma once

#include "core/granule/granule.h"
#include "core/mask/mask_rule.h"
#include "core/store/lazy_array.h"

/* Zeroed: no band mask, and valid. Must not be moved while open. */
struct emit_band_mask
{
    struct emit_store *store;
    struct emit_band_mask_arrays arrays; /* only loaded bands and pixels may be read */
    struct emit_lazy_array **numbers; /* the pattern numbers of each group; its patterns as items */
};

/* Opens the band mask of "granule", which must have one, is borrowed and must outlive it. Reads no
 * values. EMIT_ERROR_FORMAT if it is not packed. Release with emit_band_mask_close(), also after a
 * failure. */
enum emit_status emit_band_mask_open(const struct emit_granule *granule,
                                     struct emit_band_mask *mask, struct emit_error *error);
void emit_band_mask_close(struct emit_band_mask *mask);

/* Loads bands "first" to "last" of "area" on up to "threads" threads. Thread-safe. */
enum emit_status emit_band_mask_load(const struct emit_band_mask *mask, uint64_t first,
                                     uint64_t last, const struct emit_area *area, int threads,
                                     struct emit_error *error);
