// SPDX-License-Identifier: MIT
#ifndef EMIT_GDAL_TYPES_H
#define EMIT_GDAL_TYPES_H

#include "compat.h"

#include "emit.h"

// GDAL's type for "eType"; GDT_Unknown if GDAL does not have it.
GDALDataType EMITGetDataType(enum emit_type eType);

#endif
