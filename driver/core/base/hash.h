/* SPDX-License-Identifier: MIT */
/* FNV-1a, the hash of 64 bits. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define EMIT_HASH_SEED UINT64_C(0xCBF29CE484222325)

/* Continues the hash "seed" (EMIT_HASH_SEED to begin) with these bytes. */
static inline uint64_t emit_hash(uint64_t seed, const void *bytes, size_t nbytes)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < nbytes; i++)
        seed = (seed ^ at[i]) * UINT64_C(0x100000001B3);
    return seed;
}
