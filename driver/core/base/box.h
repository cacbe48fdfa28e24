/* SPDX-License-Identifier: MIT */
/* Boxes of a cube of (line, column, band), and values that lie in memory as such a box. Pure. */
#ifndef EMIT_BASE_BOX_H
#define EMIT_BASE_BOX_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t emit_min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* First line, column, band, and how many of each. */
struct emit_box
{
    uint64_t start[3];
    uint64_t count[3];
};

/* How many values a box has. */
size_t emit_box_values(const struct emit_box *box);

/* Values of a box as they lie in memory: the one at (l, c, b) of the cube stride[0], [1] and [2]
 * bytes a line, column and band away from "bytes", which is the box's first. */
struct emit_values
{
    const unsigned char *bytes;
    struct emit_box box;
    ptrdiff_t stride[3];
};

/* Values at "bytes" in C order, of an array of "extent" of which "box" is the lower corner. */
struct emit_values emit_values_in_c_order(const void *bytes, const struct emit_box *box,
                                          const uint64_t extent[3], size_t value_nbytes);

/* Copies what "from" and "to" (bands side by side in both) have in common into the bytes of "to",
 * which must be the caller's to write. */
void emit_values_copy_common(const struct emit_values *from, const struct emit_values *to,
                             size_t value_nbytes);

#endif
