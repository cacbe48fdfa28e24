/* SPDX-License-Identifier: MIT */
/* Number types. */
#include "core/hdf5/h5_internal.h"

#include <stdio.h>

/* HDF5's types of all numbers. */
struct types
{
    struct
    {
        hid_t little;
        hid_t big;
        hid_t native;
    } of[EMIT_TYPE_END];
};

/* Not constant: the names are macros that read variables of the library. */
static struct types number_types(void)
{
    return (struct types){{
        [EMIT_UINT8] = {H5T_STD_U8LE, H5T_STD_U8BE, H5T_NATIVE_UINT8},
        [EMIT_INT8] = {H5T_STD_I8LE, H5T_STD_I8BE, H5T_NATIVE_INT8},
        [EMIT_UINT16] = {H5T_STD_U16LE, H5T_STD_U16BE, H5T_NATIVE_UINT16},
        [EMIT_INT16] = {H5T_STD_I16LE, H5T_STD_I16BE, H5T_NATIVE_INT16},
        [EMIT_UINT32] = {H5T_STD_U32LE, H5T_STD_U32BE, H5T_NATIVE_UINT32},
        [EMIT_INT32] = {H5T_STD_I32LE, H5T_STD_I32BE, H5T_NATIVE_INT32},
        [EMIT_UINT64] = {H5T_STD_U64LE, H5T_STD_U64BE, H5T_NATIVE_UINT64},
        [EMIT_INT64] = {H5T_STD_I64LE, H5T_STD_I64BE, H5T_NATIVE_INT64},
        [EMIT_FLOAT32] = {H5T_IEEE_F32LE, H5T_IEEE_F32BE, H5T_NATIVE_FLOAT},
        [EMIT_FLOAT64] = {H5T_IEEE_F64LE, H5T_IEEE_F64BE, H5T_NATIVE_DOUBLE},
    }};
}

hid_t emit_h5_native(enum emit_type number)
{
    return number_types().of[number].native;
}

/* Finds the number type that equals "type". Types are compared as a whole, since an odd precision,
 * offset or exponent is legal in HDF5. */
static bool find_number(hid_t type, enum emit_type *number, bool *swap_bytes)
{
    const struct types types = number_types();
    int i = 0;
    while (i < EMIT_TYPE_END && H5Tequal(type, types.of[i].little) <= 0 &&
           H5Tequal(type, types.of[i].big) <= 0)
        i++;
    if (i == EMIT_TYPE_END)
        return false;
    *number = (enum emit_type)i;
    *swap_bytes = emit_type_size(*number) > 1 && H5Tget_order(type) != H5Tget_order(H5T_NATIVE_INT);
    return true;
}

/* Booleans of h5py are enumerations. */
bool emit_h5_number(hid_t type, enum emit_type *number, bool *swap_bytes)
{
    if (H5Tget_class(type) != H5T_ENUM)
        return find_number(type, number, swap_bytes);
    const hid_t base = H5Tget_super(type);
    const bool found = base >= 0 && find_number(base, number, swap_bytes);
    if (base >= 0)
        H5Tclose(base);
    return found;
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
