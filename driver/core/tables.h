/* SPDX-License-Identifier: MIT */
/* The tables that a view looks things up in, as planes that fill themselves from the files: the two
 * halves of the GLT, the screen made from quality terms, and the packed band mask. */
#ifndef EMIT_CORE_TABLES_H
#define EMIT_CORE_TABLES_H

#include "core/masks.h"
#include "core/plane.h"
#include "core/store.h"

/* A plane that is filled from one variable, or a screen from several; zeroed: absent and valid. */
struct emit_table
{
    struct emit_plane *plane; /* NULL: absent */
    struct emit_store *store; /* of the GLT half or the band mask */
    struct emit_screen *screen;
};

/* One half of the GLT: int32 over the ortho grid. */
enum emit_status emit_table_open_glt(const struct emit_granule *granule,
                                     const struct emit_layout *layout, struct emit_table *table,
                                     struct emit_error *error);

/* The packed band mask over the raw grid: as many bytes a pixel as the variable has. */
enum emit_status emit_table_open_band_mask(const struct emit_granule *mask,
                                           struct emit_table *table, struct emit_error *error);

/* 1 byte a raw pixel: 1 where one of the terms of "masks" screens it. "masks" must outlive it. */
enum emit_status emit_table_open_screen(const struct emit_masks *masks, struct emit_table *table,
                                        struct emit_error *error);

void emit_table_close(struct emit_table *table);

#endif
