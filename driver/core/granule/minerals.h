/* SPDX-License-Identifier: MIT */
/* The mineral table that the ids of an L2B MIN granule refer to. */
#pragma once

#include "core/granule/granule.h"

/* Whether a variable of this name holds mineral ids. */
bool emit_minerals_named_by(const char *variable);

/* Reads /mineral_metadata of "granule" into "arena"; the strings live as long as the granule. Row 0
 * is id 0, "no match", which is not in the file. No rows, and no error, if the granule has no
 * table. */
enum emit_status emit_minerals_read(const struct emit_granule *granule, struct emit_arena *arena,
                                    const struct emit_mineral **minerals_ret, size_t *count_ret,
                                    struct emit_error *error);
