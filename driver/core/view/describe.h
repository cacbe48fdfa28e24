/* SPDX-License-Identifier: MIT */
/* Puts into words what a view shows: bands, variables, what was applied. */
#ifndef EMIT_VIEW_DESCRIBE_H
#define EMIT_VIEW_DESCRIBE_H

#include "core/mask/mask_sources.h"
#include "core/options/band_selection.h"

/* All that a description is made from. */
struct emit_subject
{
    const struct emit_granule *granule;
    const struct emit_swath_variable *variable; /* NULL: the granule has no main variable */
    bool unpacked;                              /* "variable" is the band mask, a bit a band */
    const struct emit_options *options;
    const struct emit_mask_sources *masks;
    const struct emit_band_selection *choice;
    const struct emit_spectral_axis *axis; /* of the variable; count 0: none */
};

/* Bands of the unpacked band mask: as many as the granule has wavelengths where they fit, else the
 * instrument's 285 for 36 bytes, else every bit. */
size_t emit_describe_unpacked_bands(const struct emit_granule *granule,
                                    const struct emit_swath_variable *variable);

/* Fills "info" with texts and tables of "arena"; sizes, type and nodata are the caller's. */
enum emit_status emit_describe(const struct emit_subject *subject, struct emit_arena *arena,
                               struct emit_view_info *info, struct emit_error *error);

#endif
