/* SPDX-License-Identifier: MIT */
#include "core/glt.h"

struct emit_pixel emit_glt_pixel(int32_t glt_crosstrack, int32_t glt_downtrack,
                                 struct emit_extent extent)
{
    if (glt_downtrack < 1 || glt_downtrack > extent.downtrack)
        return emit_no_pixel();
    if (glt_crosstrack < 1 || glt_crosstrack > extent.crosstrack)
        return emit_no_pixel();
    return (struct emit_pixel){glt_downtrack - 1, glt_crosstrack - 1};
}
