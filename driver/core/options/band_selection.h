/* SPDX-License-Identifier: MIT */
/* Selects and orders the bands of a view: WAVELENGTHS and BAD_WAVELENGTHS. Pure. */
#pragma once

#include "core/granule/granule.h"
#include "core/options/options.h"

/* Release with emit_band_selection_close(); zeroed: empty and valid. */
struct emit_band_selection
{
    size_t count;
    uint64_t *file_bands; /* 0-based */
    bool *blank;          /* shown, but nodata everywhere */
};

/* Selects from "band_count" bands; "axis" describes them, or has count 0 if they have no
 * wavelengths. EMIT_ERROR_OPTION if no band matches; the message names the file and its wavelength
 * range. */
enum emit_status emit_band_selection_choose(const struct emit_options *options,
                                            const struct emit_spectral_axis *axis,
                                            size_t band_count, const char *path,
                                            struct emit_band_selection *choice,
                                            struct emit_error *error);

void emit_band_selection_close(struct emit_band_selection *choice);

/* The band whose wavelength is nearest to "nm"; the first of two equally near ones. */
size_t emit_band_selection_nearest(const struct emit_spectral_axis *axis, double nm);
