/* SPDX-License-Identifier: MIT */
/* Which raw pixels the quality conditions take out: the answer of several mask bands, as one plane.
 */
#ifndef EMIT_MASK_QUALITY_MASK_H
#define EMIT_MASK_QUALITY_MASK_H

#include "core/mask/mask_sources.h"
#include "core/store/lazy_array.h"

struct emit_quality_mask;

/* Opens the screen of masks->conditions, at least one; "masks" is borrowed and must outlive it.
 * Touches no pixel. */
enum emit_status emit_quality_mask_open(const struct emit_mask_sources *masks,
                                        struct emit_quality_mask **screen_ret,
                                        struct emit_error *error);
void emit_quality_mask_close(struct emit_quality_mask *screen); /* NULL is fine */

/* 1 byte a raw pixel: 1 where a condition screens it, else 0. */
struct emit_lazy_array *emit_quality_mask_array(const struct emit_quality_mask *screen);

#endif
