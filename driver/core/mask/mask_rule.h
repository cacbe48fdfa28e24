/* SPDX-License-Identifier: MIT */
/* Rules of masking: which mask values screen a pixel, which bits a band. Pure. */
#ifndef EMIT_MASK_MASK_RULE_H
#define EMIT_MASK_MASK_RULE_H

#include "core/base/number.h"

/* When a value of a mask band screens its pixel. */
enum emit_comparison
{
    EMIT_COMPARISON_SET, /* a flag: the value is 1 or more, as emit_tools' sum of flags has it */
    EMIT_COMPARISON_ABOVE,
    EMIT_COMPARISON_AT_LEAST,
    EMIT_COMPARISON_BELOW,
    EMIT_COMPARISON_AT_MOST,
    EMIT_COMPARISON_WITHIN /* 0 <= value <= threshold: -1 is clear sky, not near a cloud */
};

struct emit_rule
{
    enum emit_comparison test;
    double threshold;
};

/*
 * Sets screen[i] to 1 for each value that the rule screens and leaves the others as they are, so
 * that several rules add up. Value i is at values + i * stride bytes. Values are
 * compared unpacked, flags and distances within the error of packing. Missing values screen none.
 */
void emit_mask_screen(const struct emit_rule *rule, const struct emit_encoding *encoding,
                      const void *values, size_t stride, size_t count, unsigned char *screen);

/* Bytes of a packed band mask that "band_count" bands need. */
size_t emit_band_mask_nbytes(size_t band_count);

/* Whether band "band" is interpolated: the most significant bit first (docs/format.md, "Masks"). */
static inline bool emit_band_mask_bit(const unsigned char *packed, size_t band)
{
    return (packed[band / 8] >> (7 - band % 8) & 1) != 0;
}

/* Whether any of the "nbytes" bytes has a bit set. */
bool emit_band_mask_any(const unsigned char *packed, size_t nbytes);

/* Takes the low byte of each of "count" values, whose place "packed" may share: early files store
 * the packed bytes in 64 bits, files rewritten by xarray as floats, with NaN for the byte 241. */
void emit_band_mask_narrow(enum emit_type type, const void *values, size_t count,
                           unsigned char *packed);

/* Bytes of the packed band mask, the same ones of each raw pixel: those of pixel i are pattern
 * numbers[i], at patterns + numbers[i] * nbytes. Pattern 0 has no bit set. */
struct emit_band_mask_group
{
    const uint32_t *numbers;
    const unsigned char *patterns;
    size_t nbytes;
};

/* The packed band mask of all raw pixels, cut into groups of "group_nbytes" bytes or, the last one,
 * fewer; no groups: none is applied. */
struct emit_band_mask_arrays
{
    const struct emit_band_mask_group *groups;
    size_t group_count;
    size_t group_nbytes;
};

#endif
