/* SPDX-License-Identifier: MIT */
/* The table of minerals that the ids of an L2B MIN granule point into. */
#ifndef EMIT_GRANULE_MINERALS_H
#define EMIT_GRANULE_MINERALS_H

#include "core/granule/granule.h"

/* Whether a variable by this name holds mineral ids. */
bool emit_minerals_named_by(const char *variable);

/*
 * Reads /mineral_metadata of "granule" into "arena": row 0 is id 0, "no match", which the file does
 * not list. No row at all, without error, where the granule has no table.
 */
enum emit_status emit_minerals_read(const struct emit_granule *granule, struct emit_arena *arena,
                                    const struct emit_mineral **minerals_ret, size_t *count_ret,
                                    struct emit_error *error);

#endif
