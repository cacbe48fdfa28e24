// SPDX-License-Identifier: MIT
#include "compat.h"

#include "types.h"

GDALDataType EMITGetDataType(enum emit_type eType)
{
    switch (eType)
    {
    case EMIT_UINT8:
        return GDT_Byte;
    case EMIT_INT8:
        return EMIT_GDT_INT8;
    case EMIT_UINT16:
        return GDT_UInt16;
    case EMIT_INT16:
        return GDT_Int16;
    case EMIT_UINT32:
        return GDT_UInt32;
    case EMIT_INT32:
        return GDT_Int32;
    case EMIT_UINT64:
        return GDT_UInt64;
    case EMIT_INT64:
        return GDT_Int64;
    case EMIT_FLOAT32:
        return GDT_Float32;
    case EMIT_FLOAT64:
        return GDT_Float64;
    case EMIT_TYPE_END:
        break;
    }
    return GDT_Unknown;
}
