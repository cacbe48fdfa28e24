/* SPDX-License-Identifier: MIT */
#include "core/geometry/glt.h"

static inline bool within(int32_t entry, int32_t size)
{
    return entry >= 1 && entry <= size;
}

void emit_glt_pixels(const int32_t *glt_crosstrack, const int32_t *glt_downtrack,
                     const int64_t *columns, size_t count, struct emit_extent extent,
                     struct emit_pixel *pixels)
{
    for (size_t i = 0; i < count; i++)
    {
        const int32_t downtrack = glt_downtrack[columns[i]];
        const int32_t crosstrack = glt_crosstrack[columns[i]];
        const bool filled =
            within(downtrack, extent.downtrack) && within(crosstrack, extent.crosstrack);
        pixels[i] = filled ? (struct emit_pixel){downtrack - 1, crosstrack - 1} : emit_no_pixel();
    }
}
