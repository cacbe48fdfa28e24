/* SPDX-License-Identifier: MIT */
/* Whether two granules show the same pixels. */
#pragma once

#include "core/granule/granule.h"

/* Compares raw grid, acquisition time and location (lon and lat of a few pixels, else the
 * geotransform) of a granule and a candidate companion. EMIT_ERROR_OPTION if they differ; the
 * message names both files and the difference. Properties that neither file records count as equal,
 * except, with "needs_place", lon and lat: crops keep the geotransform of the whole scene. Other
 * errors are those of reading lon and lat. */
enum emit_status emit_check_same_scene(const struct emit_granule *granule,
                                       const struct emit_granule *other, bool needs_place,
                                       struct emit_error *error);
