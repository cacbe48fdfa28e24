// SPDX-License-Identifier: MIT
// Whether a name is worth opening. Needs GDAL and the name rules of the core, nothing of HDF5.
#ifndef EMIT_GDAL_IDENTIFY_H
#define EMIT_GDAL_IDENTIFY_H

#include "compat.h"

// The caller allows only this driver.
bool EMITIsOnlyAllowedDriver(const GDALOpenInfo *poOpenInfo);

// The caller means this driver: by the prefix, the file's name, the allowed drivers or an option
// that asks for masks.
bool EMITIsMeant(const GDALOpenInfo *poOpenInfo);

// GDALDriver::pfnIdentify: TRUE, FALSE, or -1 where only the content can decide. Looks at the name
// and at header bytes that GDAL has read already, as the driver is asked about every netCDF file.
// Only where masks are asked for, a signature after a user block is looked for in the file: no
// other driver may open HDF5 unmasked then.
int EMITIdentify(GDALOpenInfo *poOpenInfo);

#endif
