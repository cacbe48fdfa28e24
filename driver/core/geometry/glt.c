/* SPDX-License-Identifier: MIT */
#include "core/geometry/glt.h"

void emit_glt_pixels(const int32_t *glt_crosstrack, const int32_t *glt_downtrack,
                     const int64_t *columns, size_t count, struct emit_extent extent,
                     struct emit_pixel *pixels)
{
    for (size_t i = 0; i < count; i++)
        pixels[i] = emit_glt_pixel(glt_crosstrack[columns[i]], glt_downtrack[columns[i]], extent);
}
