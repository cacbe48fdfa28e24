/* SPDX-License-Identifier: MIT */
/* Longitudes of one place may differ by 360 degrees: 180.03 or -179.97. */
#pragma once

#include <math.h>

/* Degrees from "from" eastwards to "to", the shorter way round: -180 to 180, NaN if a longitude is
 * not finite. Exact if the numbers differ by at most 180. */
static inline double emit_longitude_difference(double to, double from)
{
    const double degrees = to - from;
    return fabs(degrees) > 180.0 ? remainder(degrees, 360.0) : degrees;
}
