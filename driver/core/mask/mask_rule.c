/* SPDX-License-Identifier: MIT */
#include "core/mask/mask_rule.h"

#include <math.h>
#include <string.h>

const char *const emit_comparison_texts[] = {
    [EMIT_COMPARISON_SET] = "",        [EMIT_COMPARISON_ABOVE] = ">",
    [EMIT_COMPARISON_AT_LEAST] = ">=", [EMIT_COMPARISON_BELOW] = "<",
    [EMIT_COMPARISON_AT_MOST] = "<=",  [EMIT_COMPARISON_WITHIN] = NULL};

static bool matches(const struct emit_rule *rule, double value, double slack)
{
    switch (rule->test)
    {
    case EMIT_COMPARISON_SET:
        return value >= 1.0 - slack;
    case EMIT_COMPARISON_ABOVE:
        return value > rule->threshold;
    case EMIT_COMPARISON_AT_LEAST:
        return value >= rule->threshold;
    case EMIT_COMPARISON_BELOW:
        return value < rule->threshold;
    case EMIT_COMPARISON_AT_MOST:
        return value <= rule->threshold;
    case EMIT_COMPARISON_WITHIN:
        return value >= -slack && value <= rule->threshold + slack;
    }
    return false;
}

void emit_mask_rule_apply(const struct emit_rule *rule, const struct emit_encoding *encoding,
                          const void *values, size_t stride, size_t count, unsigned char *mask)
{
    const double slack = emit_encoding_slack(encoding);
    const unsigned char *at = values;
    for (size_t i = 0; i < count; i++, at += stride)
    {
        const double value = emit_encoding_read(encoding, at);
        if (!isnan(value) && matches(rule, value, slack))
            mask[i] = 1;
    }
}

size_t emit_band_mask_nbytes(size_t band_count)
{
    return (band_count + 7) / 8;
}

bool emit_band_mask_any(const unsigned char *packed, size_t nbytes)
{
    unsigned char all = 0;
    for (size_t i = 0; i < nbytes; i++)
        all |= packed[i];
    return all != 0;
}

/* The fill value of packed bytes, which is a legal byte. xarray decodes it to NaN. */
#define FILL_BYTE 241

/* All bits are set for a number that is not an integer: masking too much is visible, masking too
 * little is not. */
static unsigned char low_byte(double value)
{
    int64_t whole = 0xff;
    if (isnan(value))
        return FILL_BYTE;
    emit_number_set(EMIT_INT64, value, &whole);
    return (unsigned char)whole;
}

static void narrow_floats(enum emit_type type, const void *values, size_t count,
                          unsigned char *packed)
{
    const unsigned char *at = values;
    for (size_t i = 0; i < count; i++, at += emit_type_size(type))
        packed[i] = low_byte(emit_number_get(type, at));
}

void emit_band_mask_narrow(enum emit_type type, const void *values, size_t count,
                           unsigned char *packed)
{
    const size_t size = emit_type_size(type);
    const uint16_t probe = 1;
    unsigned char first;
    if (emit_type_is_float(type))
    {
        narrow_floats(type, values, count, packed);
        return;
    }
    memcpy(&first, &probe, 1);
    const unsigned char *low = (const unsigned char *)values + (first == 1 ? 0 : size - 1);
    for (size_t i = 0; i < count; i++)
        packed[i] = low[i * size];
}
