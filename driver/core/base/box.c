/* SPDX-License-Identifier: MIT */
#include "core/base/box.h"

#include <stdbool.h>
#include <string.h>

static struct emit_box intersect(const struct emit_box *a, const struct emit_box *b)
{
    struct emit_box box;
    for (int i = 0; i < 3; i++)
    {
        const uint64_t end = emit_min(a->start[i] + a->count[i], b->start[i] + b->count[i]);
        box.start[i] = a->start[i] > b->start[i] ? a->start[i] : b->start[i];
        box.count[i] = end > box.start[i] ? end - box.start[i] : 0;
    }
    return box;
}

struct emit_values emit_values_in_c_order(const void *bytes, const struct emit_box *box,
                                          const uint64_t extent[3], size_t value_nbytes)
{
    struct emit_values values = {.bytes = bytes, .box = *box};
    values.stride[2] = (ptrdiff_t)value_nbytes;
    values.stride[1] = values.stride[2] * (ptrdiff_t)extent[2];
    values.stride[0] = values.stride[1] * (ptrdiff_t)extent[1];
    return values;
}

static ptrdiff_t distance(const struct emit_values *values, const uint64_t at[3])
{
    ptrdiff_t nbytes = 0;
    for (int i = 0; i < 3; i++)
        nbytes += (ptrdiff_t)(at[i] - values->box.start[i]) * values->stride[i];
    return nbytes;
}

size_t emit_box_values(const struct emit_box *box)
{
    return (size_t)(box->count[0] * box->count[1] * box->count[2]);
}

void emit_values_copy_common(const struct emit_values *from, const struct emit_values *to,
                             size_t value_nbytes)
{
    const struct emit_box common = intersect(&from->box, &to->box);
    const size_t run_nbytes = (size_t)common.count[2] * value_nbytes;
    const bool side_by_side =
        from->stride[1] == (ptrdiff_t)run_nbytes && to->stride[1] == (ptrdiff_t)run_nbytes;
    const size_t columns = side_by_side ? 1 : (size_t)common.count[1];
    const size_t nbytes = side_by_side ? (size_t)common.count[1] * run_nbytes : run_nbytes;
    for (uint64_t line = 0; line < common.count[0] && emit_box_values(&common) > 0; line++)
    {
        const uint64_t at[3] = {common.start[0] + line, common.start[1], common.start[2]};
        const unsigned char *source = from->bytes + distance(from, at);
        /* "to" may be written: only struct emit_values declares all bytes constant. */
        unsigned char *target = (unsigned char *)(uintptr_t)to->bytes + distance(to, at);
        for (size_t column = 0; column < columns; column++)
        {
            memcpy(target, source, nbytes);
            source += from->stride[1];
            target += to->stride[1];
        }
    }
}
