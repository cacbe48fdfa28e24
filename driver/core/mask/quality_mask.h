/* SPDX-License-Identifier: MIT */
/* The quality mask: the raw pixels that conditions mask, as one lazy array. */
#ifndef EMIT_MASK_QUALITY_MASK_H
#define EMIT_MASK_QUALITY_MASK_H

#include "core/mask/mask_sources.h"
#include "core/store/lazy_array.h"

struct emit_quality_mask;

/* Opens the quality mask of masks->conditions, at least one. "masks" is borrowed and must outlive
 * it. Reads no values. */
enum emit_status emit_quality_mask_open(const struct emit_mask_sources *masks,
                                        struct emit_quality_mask **mask_ret,
                                        struct emit_error *error);
void emit_quality_mask_close(struct emit_quality_mask *mask); /* may be NULL */

/* 1 byte a raw pixel: 1 if a condition masks it, else 0. */
struct emit_lazy_array *emit_quality_mask_array(const struct emit_quality_mask *mask);

#endif
