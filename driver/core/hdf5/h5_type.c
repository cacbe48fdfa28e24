/* SPDX-License-Identifier: MIT */
/* Number types. */
#include "core/hdf5/h5_internal.h"

#include <stdio.h>

static bool is_either(hid_t type, hid_t little, hid_t big)
{
    return H5Tequal(type, little) > 0 || H5Tequal(type, big) > 0;
}

static bool find_number(hid_t type, enum emit_type *number)
{
    /* Compared as a whole, since an odd precision, offset or exponent would also be legal HDF5. */
    const struct
    {
        enum emit_type number;
        hid_t little;
        hid_t big;
    } known[] = {
        {EMIT_UINT8, H5T_STD_U8LE, H5T_STD_U8BE},
        {EMIT_INT8, H5T_STD_I8LE, H5T_STD_I8BE},
        {EMIT_UINT16, H5T_STD_U16LE, H5T_STD_U16BE},
        {EMIT_INT16, H5T_STD_I16LE, H5T_STD_I16BE},
        {EMIT_UINT32, H5T_STD_U32LE, H5T_STD_U32BE},
        {EMIT_INT32, H5T_STD_I32LE, H5T_STD_I32BE},
        {EMIT_UINT64, H5T_STD_U64LE, H5T_STD_U64BE},
        {EMIT_INT64, H5T_STD_I64LE, H5T_STD_I64BE},
        {EMIT_FLOAT32, H5T_IEEE_F32LE, H5T_IEEE_F32BE},
        {EMIT_FLOAT64, H5T_IEEE_F64LE, H5T_IEEE_F64BE},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    {
        if (is_either(type, known[i].little, known[i].big))
        {
            *number = known[i].number;
            return true;
        }
    }
    return false;
}

void emit_h5_type_name(hid_t type, char name[EMIT_H5_TYPE_NAME_SIZE])
{
    static const struct
    {
        H5T_class_t class;
        const char *name;
    } others[] = {{H5T_STRING, "strings"},      {H5T_COMPOUND, "compounds, as complex numbers are"},
                  {H5T_ENUM, "enumerations"},   {H5T_ARRAY, "arrays"},
                  {H5T_VLEN, "sequences"},      {H5T_OPAQUE, "opaque bytes"},
                  {H5T_BITFIELD, "bit fields"}, {H5T_REFERENCE, "references"}};
    const H5T_class_t class = H5Tget_class(type);
    const size_t bits = 8 * H5Tget_size(type);
    const char *other = "values of an unknown type";
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        other = others[i].class == class ? others[i].name : other;
    if (class == H5T_FLOAT || class == H5T_INTEGER)
        snprintf(name, EMIT_H5_TYPE_NAME_SIZE, "%zu-bit %s", bits,
                 class == H5T_FLOAT ? "floats" : "integers");
    else
        snprintf(name, EMIT_H5_TYPE_NAME_SIZE, "%s", other);
}

bool emit_h5_number(hid_t type, enum emit_type *number, bool *swap_bytes)
{
    if (!find_number(type, number))
        return false;
    *swap_bytes = emit_type_size(*number) > 1 && H5Tget_order(type) != H5Tget_order(H5T_NATIVE_INT);
    return true;
}

hid_t emit_h5_native(enum emit_type number)
{
    switch (number)
    {
    case EMIT_UINT8:
        return H5T_NATIVE_UINT8;
    case EMIT_INT8:
        return H5T_NATIVE_INT8;
    case EMIT_UINT16:
        return H5T_NATIVE_UINT16;
    case EMIT_INT16:
        return H5T_NATIVE_INT16;
    case EMIT_UINT32:
        return H5T_NATIVE_UINT32;
    case EMIT_INT32:
        return H5T_NATIVE_INT32;
    case EMIT_UINT64:
        return H5T_NATIVE_UINT64;
    case EMIT_INT64:
        return H5T_NATIVE_INT64;
    case EMIT_FLOAT32:
        return H5T_NATIVE_FLOAT;
    case EMIT_FLOAT64:
        return H5T_NATIVE_DOUBLE;
    case EMIT_TYPE_END:
        break;
    }
    return H5I_INVALID_HID;
}
