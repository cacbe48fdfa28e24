/* SPDX-License-Identifier: MIT */
/* Numbers as files store them, and the smaller of two. Pure. */
#pragma once

#include <stdint.h>

static inline uint64_t emit_min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The number of "count" bytes, at most 8, at "bytes", lowest byte first. */
static inline uint64_t emit_little_endian(const unsigned char *bytes, unsigned count)
{
    uint64_t value = 0;
    for (unsigned i = count; i > 0; i--)
        value = value << 8 | bytes[i - 1];
    return value;
}
