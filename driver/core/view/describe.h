/* SPDX-License-Identifier: MIT */
/* Describes a view: bands, variables, masks and options in use. */
#pragma once

#include "core/mask/mask_sources.h"
#include "core/options/band_selection.h"

/* What a view shows. */
struct emit_subject
{
    struct emit_granule *granule;
    struct emit_options options;                /* strings borrowed while the view is opened */
    const struct emit_swath_variable *variable; /* NULL: the granule has no main variable */
    bool unpacked;                              /* "variable" is the band mask, one band a bit */
    size_t band_count;                          /* of the variable */
    struct emit_spectral_axis axis;             /* of the variable; count 0: no wavelengths */
    struct emit_mask_sources masks;
    struct emit_band_selection choice;
};

/* Number of bands of the unpacked band mask: that of the granule's wavelengths if they fit, else
 * the instrument's 285 for 36 bytes, else all bits. */
size_t emit_describe_unpacked_bands(const struct emit_granule *granule,
                                    const struct emit_swath_variable *variable);

/* Fills "info" with strings and tables in "arena", except for sizes, type and nodata. */
enum emit_status emit_describe(const struct emit_subject *subject, struct emit_arena *arena,
                               struct emit_view_info *info, struct emit_error *error);
