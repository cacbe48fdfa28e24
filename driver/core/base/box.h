/* SPDX-License-Identifier: MIT */
/* Boxes of a cube of (line, column, band), and their values in memory. Pure. */
#pragma once

#include "core/base/bytes.h"

#include <stddef.h>

/* First line, column and band, and the number of each. */
struct emit_box
{
    uint64_t start[3];
    uint64_t count[3];
};

/* Number of values in a box. */
size_t emit_box_values(const struct emit_box *box);

/* Values of a box in memory: "bytes" is the first one; lines, columns and bands are stride[0], [1]
 * and [2] bytes apart. */
struct emit_values
{
    const unsigned char *bytes;
    struct emit_box box;
    ptrdiff_t stride[3];
};

/* Values at "bytes" in C order, of an array of "extent" of which "box" is the lower corner. */
struct emit_values emit_values_in_c_order(const void *bytes, const struct emit_box *box,
                                          const uint64_t extent[3], size_t value_nbytes);

/* Copies the values that "from" and "to" have in common into the bytes of "to", which the caller
 * may write. Bands are adjacent in both. */
void emit_values_copy_common(const struct emit_values *from, const struct emit_values *to,
                             size_t value_nbytes);
