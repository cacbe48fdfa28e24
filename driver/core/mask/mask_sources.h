/* SPDX-License-Identifier: MIT */
/* The granules that mask a view, and the conditions that they are read for. */
#pragma once

#include "core/granule/companion.h"
#include "core/mask/quality_options.h"
#include "core/options/options.h"

/* Zeroed: no mask, and valid. */
struct emit_mask_sources
{
    struct emit_mask_conditions conditions;
    const struct emit_granule *quality;   /* with the mask bands of the conditions; or NULL */
    const struct emit_granule *state;     /* with their state variables; or NULL */
    const struct emit_granule *band_mask; /* NULL: single bands are not masked */

    struct emit_companions mask_files; /* own the granules above */
    struct emit_companions state_files;
};

/* Finds and opens the masks that "options" request for a variable of "granule" with
 * "wavelength_count" bands that are wavelengths (0: its bands are something else).
 * EMIT_ERROR_OPTION if no file has them: the message names the option, the files and what they
 * offer. EMIT_ERROR_FILE if a file that may be
 * the right one cannot be read, or a server does not answer whether it exists. */
enum emit_status emit_mask_sources_find(const struct emit_granule *granule,
                                        const struct emit_options *options, size_t wavelength_count,
                                        struct emit_mask_sources *masks, struct emit_error *error);
void emit_mask_sources_close(struct emit_mask_sources *masks);
