/* SPDX-License-Identifier: MIT */
/* Which raw pixels the quality terms take out: the answer of several mask bands, as one plane. */
#ifndef EMIT_MASK_QUALITY_MASK_H
#define EMIT_MASK_QUALITY_MASK_H

#include "core/mask/mask_sources.h"
#include "core/store/lazy_array.h"

struct emit_screen;

/* Opens the screen of masks->terms, at least one; "masks" is borrowed and must outlive it. Touches
 * no pixel. */
enum emit_status emit_screen_open(const struct emit_masks *masks, struct emit_screen **screen_ret,
                                  struct emit_error *error);
void emit_screen_close(struct emit_screen *screen); /* NULL is fine */

/* 1 byte a raw pixel: 1 where a term screens it, else 0. */
struct emit_plane *emit_screen_plane(const struct emit_screen *screen);

#endif
