/* SPDX-License-Identifier: MIT */
/* The raw pixel truly nearest to a place, found from one that is not far. Pure. */
#ifndef EMIT_GEOMETRY_NEAREST_H
#define EMIT_GEOMETRY_NEAREST_H

#include "core/geometry/glt.h"

/* Centres of all raw pixels in degrees, line after line; NaN for a pixel without a place.
 * Longitudes may be off by whole turns. */
struct emit_places
{
    const double *lat;
    const double *lon;
    struct emit_extent extent;
};

/*
 * The raw pixel whose centre lies nearest to (lat, lon) in metres on the local tangent; of equally
 * near ones that of the lower line, then sample. Looks around "start", moves to the best pixel seen
 * and looks again until the best lies inside what it looked at: exact for places inside the swath
 * as long as it does not fold over. "start" itself when no pixel around it has a place.
 */
struct emit_pixel emit_nearest_pixel(const struct emit_places *places, struct emit_pixel start,
                                     double lat, double lon);

#endif
