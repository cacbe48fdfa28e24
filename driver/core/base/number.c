/* SPDX-License-Identifier: MIT */
#include "core/base/number.h"

#include <cpl_conv.h>
#include <cpl_string.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct
{
    const char *name;
    size_t nbytes;
} type_table[EMIT_TYPE_END] = {
    [EMIT_UINT8] = {"Byte", 1},      [EMIT_INT8] = {"Int8", 1},     [EMIT_UINT16] = {"UInt16", 2},
    [EMIT_INT16] = {"Int16", 2},     [EMIT_UINT32] = {"UInt32", 4}, [EMIT_INT32] = {"Int32", 4},
    [EMIT_UINT64] = {"UInt64", 8},   [EMIT_INT64] = {"Int64", 8},   [EMIT_FLOAT32] = {"Float32", 4},
    [EMIT_FLOAT64] = {"Float64", 8},
};

size_t emit_type_size(enum emit_type type)
{
    return type_table[type].nbytes;
}

const char *emit_type_name(enum emit_type type)
{
    return type_table[type].name;
}

bool emit_type_is_float(enum emit_type type)
{
    return type == EMIT_FLOAT32 || type == EMIT_FLOAT64;
}

#define GET_AS(ctype)                                                                              \
    {                                                                                              \
        ctype value;                                                                               \
        memcpy(&value, bytes, sizeof value);                                                       \
        return (double)value;                                                                      \
    }

double emit_value_get(enum emit_type type, const void *bytes)
{
    switch (type)
    {
    case EMIT_UINT8:
        GET_AS(uint8_t)
    case EMIT_INT8:
        GET_AS(int8_t)
    case EMIT_UINT16:
        GET_AS(uint16_t)
    case EMIT_INT16:
        GET_AS(int16_t)
    case EMIT_UINT32:
        GET_AS(uint32_t)
    case EMIT_INT32:
        GET_AS(int32_t)
    case EMIT_UINT64:
        GET_AS(uint64_t)
    case EMIT_INT64:
        GET_AS(int64_t)
    case EMIT_FLOAT32:
        GET_AS(float)
    case EMIT_FLOAT64:
        GET_AS(double)
    case EMIT_TYPE_END:
        break;
    }
    return NAN;
}

/* Limits are exact doubles: "above" is the first one beyond the type. */
#define SET_INTEGER(ctype, lowest, above)                                                          \
    {                                                                                              \
        if (!(value >= (lowest) && value < (above)) || value != floor(value))                      \
            return false;                                                                          \
        const ctype typed = (ctype)value;                                                          \
        memcpy(bytes, &typed, sizeof typed);                                                       \
        return true;                                                                               \
    }

static bool set_float32(double value, void *bytes)
{
    const float typed = (float)value;
    if (isinf(typed) && !isinf(value))
        return false;
    memcpy(bytes, &typed, sizeof typed);
    return true;
}

bool emit_value_set(enum emit_type type, double value, void *bytes)
{
    switch (type)
    {
    case EMIT_UINT8:
        SET_INTEGER(uint8_t, 0.0, 256.0)
    case EMIT_INT8:
        SET_INTEGER(int8_t, -128.0, 128.0)
    case EMIT_UINT16:
        SET_INTEGER(uint16_t, 0.0, 65536.0)
    case EMIT_INT16:
        SET_INTEGER(int16_t, -32768.0, 32768.0)
    case EMIT_UINT32:
        SET_INTEGER(uint32_t, 0.0, 0x1p32)
    case EMIT_INT32:
        SET_INTEGER(int32_t, -0x1p31, 0x1p31)
    case EMIT_UINT64:
        SET_INTEGER(uint64_t, 0.0, 0x1p64)
    case EMIT_INT64:
        SET_INTEGER(int64_t, -0x1p63, 0x1p63)
    case EMIT_FLOAT32:
        return set_float32(value, bytes);
    case EMIT_FLOAT64:
        memcpy(bytes, &value, sizeof value);
        return true;
    case EMIT_TYPE_END:
        break;
    }
    return false;
}

static void float_text(double value, int first_digits, int last_digits, bool single, char text[32])
{
    for (int digits = first_digits; digits <= last_digits; digits++)
    {
        /* A point, whatever the locale. */
        CPLsnprintf(text, 32, "%.*g", digits, value);
        const double back = CPLAtof(text);
        if (single ? (float)back == (float)value : back == value)
            return;
    }
}

void emit_value_text(enum emit_type type, const void *bytes, char text[32])
{
    const double value = emit_value_get(type, bytes);
    if (type == EMIT_FLOAT32)
        float_text(value, 6, 9, true, text);
    else if (type == EMIT_FLOAT64)
        float_text(value, 15, 17, false, text);
    else if (type == EMIT_UINT64)
    {
        uint64_t typed;
        memcpy(&typed, bytes, sizeof typed);
        snprintf(text, 32, "%" PRIu64, typed);
    }
    else if (type == EMIT_INT64)
    {
        int64_t typed;
        memcpy(&typed, bytes, sizeof typed);
        snprintf(text, 32, "%" PRId64, typed);
    }
    else
        snprintf(text, 32, "%.0f", value);
}
