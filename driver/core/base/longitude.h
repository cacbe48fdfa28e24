/* SPDX-License-Identifier: MIT */
/* Longitudes count from any meridian: files hold 180.03 degrees east or -179.97 for one place. */
#ifndef EMIT_BASE_LONGITUDE_H
#define EMIT_BASE_LONGITUDE_H

#include <math.h>

/* Degrees from "from" eastwards to "to", the shorter way round: -180 to 180, NaN for a longitude
 * that is not finite. Exact where the longitudes are at most 180 degrees apart as they stand. */
static inline double emit_longitude_difference(double to, double from)
{
    const double degrees = to - from;
    return fabs(degrees) > 180.0 ? remainder(degrees, 360.0) : degrees;
}

#endif
