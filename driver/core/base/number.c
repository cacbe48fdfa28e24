/* SPDX-License-Identifier: MIT */
/* A table of types generates the functions that read and store values. Text comes from the fewest
 * decimal digits that read back as the same value, laid out by their exponent. */
#include "core/base/number.h"

#include "core/base/platform.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Type, C type and GDAL's name; of integers the lowest value and the first one beyond the type,
 * both exact doubles. */
#define FOR_EACH_INTEGER(DO)                                                                       \
    DO(EMIT_UINT8, uint8_t, "Byte", 0.0, 0x1p8)                                                    \
    DO(EMIT_INT8, int8_t, "Int8", -0x1p7, 0x1p7)                                                   \
    DO(EMIT_UINT16, uint16_t, "UInt16", 0.0, 0x1p16)                                               \
    DO(EMIT_INT16, int16_t, "Int16", -0x1p15, 0x1p15)                                              \
    DO(EMIT_UINT32, uint32_t, "UInt32", 0.0, 0x1p32)                                               \
    DO(EMIT_INT32, int32_t, "Int32", -0x1p31, 0x1p31)                                              \
    DO(EMIT_UINT64, uint64_t, "UInt64", 0.0, 0x1p64)                                               \
    DO(EMIT_INT64, int64_t, "Int64", -0x1p63, 0x1p63)
#define FOR_EACH_TYPE(DO)                                                                          \
    FOR_EACH_INTEGER(DO)                                                                           \
    DO(EMIT_FLOAT32, float, "Float32", , )                                                         \
    DO(EMIT_FLOAT64, double, "Float64", , )

size_t emit_type_size(enum emit_type type)
{
#define SIZE(type, ctype, name, lowest, above)                                                     \
    case type:                                                                                     \
        return sizeof(ctype);
    switch (type)
    {
        FOR_EACH_TYPE(SIZE)
    case EMIT_TYPE_END:
        break;
    }
    return 0;
}

const char *emit_type_name(enum emit_type type)
{
#define NAME(type, ctype, name, lowest, above) [type] = (name),
    static const char *const names[EMIT_TYPE_END] = {FOR_EACH_TYPE(NAME)};
    return names[type];
}

bool emit_type_is_float(enum emit_type type)
{
    return type == EMIT_FLOAT32 || type == EMIT_FLOAT64;
}

double emit_number_get(enum emit_type type, const void *bytes)
{
#define GET(type, ctype, name, lowest, above)                                                      \
    case type:                                                                                     \
    {                                                                                              \
        ctype value;                                                                               \
        memcpy(&value, bytes, sizeof value);                                                       \
        return (double)value;                                                                      \
    }
    switch (type)
    {
        FOR_EACH_TYPE(GET)
    case EMIT_TYPE_END:
        break;
    }
    return NAN;
}

bool emit_number_set(enum emit_type type, double value, void *bytes)
{
#define SET(type, ctype, name, lowest, above)                                                      \
    case type:                                                                                     \
    {                                                                                              \
        if (!(value >= (lowest) && value < (above)) || value != floor(value))                      \
            return false;                                                                          \
        const ctype typed = (ctype)value;                                                          \
        memcpy(bytes, &typed, sizeof typed);                                                       \
        return true;                                                                               \
    }
    const float single = (float)value;
    switch (type)
    {
        FOR_EACH_INTEGER(SET)
    case EMIT_FLOAT32:
        if (isinf(single) && !isinf(value))
            return false;
        memcpy(bytes, &single, sizeof single);
        return true;
    case EMIT_FLOAT64:
        memcpy(bytes, &value, sizeof value);
        return true;
    case EMIT_TYPE_END:
        break;
    }
    return false;
}

/* ---- Packed values -------------------------------------------------------------------------- */

/* Integers are compared as bytes, because doubles merge neighbouring 64-bit ones. */
static bool is_fill(const struct emit_encoding *encoding, const void *bytes, double value)
{
    if (emit_type_is_float(encoding->type))
        return value == emit_number_get(encoding->type, encoding->fill);
    return memcmp(bytes, encoding->fill, emit_type_size(encoding->type)) == 0;
}

/* As emit_encoding_read() for float32 that is not packed. All layers of the mission's masks are. */
static double read_plain_float(const struct emit_encoding *encoding, const void *bytes)
{
    float value, fill;
    memcpy(&value, bytes, sizeof value);
    memcpy(&fill, encoding->fill, sizeof fill);
    return encoding->has_fill && value == fill ? (double)NAN : (double)value;
}

double emit_encoding_read(const struct emit_encoding *encoding, const void *bytes)
{
    if (encoding->type == EMIT_FLOAT32 && !encoding->scaled)
        return read_plain_float(encoding, bytes);
    const double value = emit_number_get(encoding->type, bytes);
    if (encoding->has_fill && is_fill(encoding, bytes, value))
        return NAN;
    return encoding->scaled ? value * encoding->scale + encoding->offset : value;
}

double emit_encoding_slack(const struct emit_encoding *encoding)
{
    if (!encoding->scaled)
        return 0.0;
    const double step = emit_type_is_float(encoding->type) ? 0.0 : fabs(encoding->scale);
    return fmin(0.499, 0.5 * step + 1e-6 * (1.0 + fabs(encoding->offset)));
}

/* ---- Text ----------------------------------------------------------------------------------- */

/* A magnitude: d.ddd times 10^exponent, without trailing zeros. */
struct decimal
{
    char digits[18];
    int exponent;
};

/* snprintf() with a decimal point in every locale. */
static void format(char *text, size_t size, const char *pattern, ...)
{
    va_list arguments;
    va_start(arguments, pattern);
    emit_c_vsnprintf(text, size, pattern, arguments);
    va_end(arguments);
}

/* Shortens "text", digits of which the first one has the weight 10^exponent. */
static struct decimal trim_zeros(const char *text, int exponent)
{
    struct decimal decimal = {.exponent = exponent};
    size_t count = strlen(text);
    while (count > 1 && text[count - 1] == '0')
        count--;
    memcpy(decimal.digits, text, count);
    return decimal;
}

/* The fewest digits that read back as the same float, of a float from 1e-4 to 1e6. Some thousand
 * of them describe the bands of a granule. Each product below is exact: a float has 24 bits, and
 * 10^12 is 2^12 times a number of 28 bits. */
static struct decimal shortest_float(double magnitude)
{
    static const double powers[] = {1e0, 1e1, 1e2, 1e3,  1e4,  1e5, 1e6,
                                    1e7, 1e8, 1e9, 1e10, 1e11, 1e12};
    int exponent = -4;
    while (magnitude * 1e4 >= powers[exponent + 5])
        exponent++;
    int count = 5;
    double digits, power;
    do
    {
        power = powers[count++ - exponent];
        digits = rint(magnitude * power);
    } while (count < 9 && (float)(digits / power) != (float)magnitude);
    char text[32];
    const int length = snprintf(text, sizeof text, "%" PRIu64, (uint64_t)digits);
    return trim_zeros(text, exponent + length - count);
}

/* The fewest digits that read back as the same double or, if "single", float. */
static struct decimal shortest(double magnitude, bool single)
{
    char text[32];
    if (single && magnitude >= 1e-4 && magnitude < 1e6)
        return shortest_float(magnitude);
    const int most = single ? 9 : 17;
    for (int count = single ? 6 : 15; count <= most; count++)
    {
        format(text, sizeof text, "%.*e", count - 1, magnitude);
        const double back = emit_c_strtod(text, NULL);
        if (single ? (float)back == (float)magnitude : back == magnitude)
            break;
    }
    char *mark = strchr(text, 'e');
    *mark = '\0';
    text[1] = text[0]; /* in place of the decimal point */
    return trim_zeros(text + 1, (int)strtol(mark + 1, NULL, 10));
}

/* Formats 0.ddd, dd.dd, dd000 or, for very small and large numbers, d.ddde+XX. */
static void lay_out(const struct decimal *decimal, const char *sign, char text[EMIT_NUMBER_SIZE])
{
    static const char zeros[] = "0000000000000000";
    const char *digits = decimal->digits;
    const int exponent = decimal->exponent;
    const int count = (int)strlen(digits);
    if (exponent < -4 || exponent > 16)
        format(text, EMIT_NUMBER_SIZE, "%s%c%s%se%+03d", sign, digits[0], count > 1 ? "." : "",
               digits + 1, exponent);
    else if (exponent < 0)
        format(text, EMIT_NUMBER_SIZE, "%s0.%.*s%s", sign, -exponent - 1, zeros, digits);
    else if (exponent >= count - 1)
        format(text, EMIT_NUMBER_SIZE, "%s%s%.*s", sign, digits, exponent - count + 1, zeros);
    else
        format(text, EMIT_NUMBER_SIZE, "%s%.*s.%s", sign, exponent + 1, digits,
               digits + exponent + 1);
}

static void float_text(double value, bool single, int shift, char text[EMIT_NUMBER_SIZE])
{
    const char *sign = signbit(value) ? "-" : "";
    if (isnan(value))
        format(text, EMIT_NUMBER_SIZE, "nan");
    else if (isinf(value))
        format(text, EMIT_NUMBER_SIZE, "%sinf", sign);
    else
    {
        struct decimal decimal = shortest(fabs(value), single);
        decimal.exponent += value != 0.0 ? shift : 0;
        lay_out(&decimal, sign, text);
    }
}

void emit_number_text(double value, int shift, char text[EMIT_NUMBER_SIZE])
{
    const bool single = fabs(value) <= FLT_MAX && (double)(float)value == value;
    float_text(value, single, shift, text);
}

void emit_number_format(enum emit_type type, const void *bytes, char text[EMIT_NUMBER_SIZE])
{
    if (emit_type_is_float(type))
        float_text(emit_number_get(type, bytes), type == EMIT_FLOAT32, 0, text);
    else if (type == EMIT_UINT64)
    {
        uint64_t typed;
        memcpy(&typed, bytes, sizeof typed);
        format(text, EMIT_NUMBER_SIZE, "%" PRIu64, typed);
    }
    else
    {
        int64_t typed = (int64_t)emit_number_get(type, bytes);
        if (type == EMIT_INT64)
            memcpy(&typed, bytes, sizeof typed);
        format(text, EMIT_NUMBER_SIZE, "%" PRId64, typed);
    }
}
