/* SPDX-License-Identifier: MIT */
/* The quality mask: the raw pixels that conditions mask, as one lazy array. */
#pragma once

#include "core/mask/mask_sources.h"
#include "core/store/lazy_array.h"

/* Zeroed: no quality mask, and valid. Must not be moved while open. */
struct emit_quality_mask
{
    struct emit_lazy_array *array; /* 1 byte a raw pixel: 1 if a condition masks it, else 0 */

    const struct emit_mask_conditions *conditions;
    const char *variables[EMIT_MAX_CONDITIONS]; /* that the conditions refer to */
    struct emit_store *stores[EMIT_MAX_CONDITIONS];
    size_t store_count;
    struct emit_source sources[EMIT_MAX_CONDITIONS];
    size_t source_count;
    size_t source_of[EMIT_MAX_CONDITIONS]; /* source of each condition */
};

/* Opens the quality mask of masks->conditions, at least one. "masks" is borrowed and must outlive
 * it. Reads no values. Release with emit_quality_mask_close(), also after a failure. */
enum emit_status emit_quality_mask_open(const struct emit_mask_sources *masks,
                                        struct emit_quality_mask *mask, struct emit_error *error);
void emit_quality_mask_close(struct emit_quality_mask *mask);
