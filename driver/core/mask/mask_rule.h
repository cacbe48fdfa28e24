/* SPDX-License-Identifier: MIT */
/* Rules that decide which mask values mask a pixel, and which bits mask a band. Pure. */
#pragma once

#include "core/base/number.h"

/* Condition on a value of a mask band that masks the pixel. */
enum emit_comparison
{
    EMIT_COMPARISON_SET, /* a flag: the value is 1 or more, as in emit_tools */
    EMIT_COMPARISON_ABOVE,
    EMIT_COMPARISON_AT_LEAST,
    EMIT_COMPARISON_BELOW,
    EMIT_COMPARISON_AT_MOST,
    EMIT_COMPARISON_WITHIN /* 0 <= value <= threshold; -1 means clear sky, not near a cloud */
};

/* The operator of QUALITY_WHERE; "" for a flag; NULL for EMIT_COMPARISON_WITHIN. */
extern const char *const emit_comparison_texts[];

struct emit_rule
{
    enum emit_comparison test;
    double threshold;
};

/* Sets mask[i] to 1 for each value that meets the rule. Other elements are unchanged, so that
 * several rules can be combined. Value i is at values + i * stride bytes. Values are compared
 * unpacked, flags and distances within the packing error. Missing values do not mask. */
void emit_mask_rule_apply(const struct emit_rule *rule, const struct emit_encoding *encoding,
                          const void *values, size_t stride, size_t count, unsigned char *mask);

/* Bytes of a packed band mask for "band_count" bands. */
size_t emit_band_mask_nbytes(size_t band_count);

/* Whether band "band" is interpolated. The first band is the most significant bit (docs/format.md,
 * "Masks"). */
static inline bool emit_band_mask_bit(const unsigned char *packed, size_t band)
{
    return (packed[band / 8] >> (7 - band % 8) & 1) != 0;
}

/* Whether any of the "nbytes" bytes has a bit set. */
bool emit_band_mask_any(const unsigned char *packed, size_t nbytes);

/* Stores the low byte of each of "count" values at "packed", which may be the address of the
 * values: early files store the packed bytes in 64 bits, files rewritten by xarray as floats, with
 * NaN for the byte 241. */
void emit_band_mask_narrow(enum emit_type type, const void *values, size_t count,
                           unsigned char *packed);

/* A group of bytes of the packed band mask: those of pixel i are pattern numbers[i], at patterns +
 * numbers[i] * nbytes. Pattern 0 has no bit set. */
struct emit_band_mask_group
{
    const uint32_t *numbers;
    const unsigned char *patterns;
    size_t nbytes;
};

/* The packed band mask of all raw pixels, in groups of "group_nbytes" bytes (fewer in the last
 * one); no groups: no band mask. */
struct emit_band_mask_arrays
{
    struct emit_band_mask_group *groups;
    size_t group_count;
    size_t group_nbytes;
};
