/* SPDX-License-Identifier: MIT */
#include "core/glt.h"

emit_pixel emit_glt_pixel(int32_t glt_crosstrack, int32_t glt_downtrack, struct emit_extent extent)
{
    if (glt_downtrack < 1 || glt_downtrack > extent.downtrack)
        return EMIT_NO_PIXEL;
    if (glt_crosstrack < 1 || glt_crosstrack > extent.crosstrack)
        return EMIT_NO_PIXEL;
    return (glt_downtrack - 1) * extent.crosstrack + (glt_crosstrack - 1);
}
