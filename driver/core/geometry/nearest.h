/* SPDX-License-Identifier: MIT */
/* Finds the raw pixel nearest to a location, starting from one close to it. Pure. */
#pragma once

#include "core/geometry/glt.h"

/* Centres of all raw pixels in degrees, line by line; NaN for a pixel without a location.
 * Longitudes may differ by multiples of 360. */
struct emit_places
{
    const double *lat;
    const double *lon;
    struct emit_extent extent;
};

/*
 * The raw pixel whose centre is nearest to (lat, lon), in metres in the local tangent plane; of
 * equally near pixels the one with the lowest line, then sample. Searches around "start", then
 * around the best pixel found, until the best one lies inside the searched area: exact for
 * locations inside the swath unless it folds. Returns "start" if no pixel around it has a location.
 */
struct emit_pixel emit_nearest_pixel(const struct emit_places *places, struct emit_pixel start,
                                     double lat, double lon);
