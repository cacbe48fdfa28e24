// SPDX-License-Identifier: MIT
// Whether a name is worth opening. Needs GDAL and the name rules of the core, nothing of HDF5.
#ifndef EMIT_GDAL_IDENTIFY_H
#define EMIT_GDAL_IDENTIFY_H

#include "compat.h"

// The caller said that no other driver may open this.
bool EMITIsOnlyAllowedDriver(const GDALOpenInfo *poOpenInfo);

// GDALDriver::pfnIdentify: TRUE, FALSE, or -1 where only the content can tell. Looks at the name
// and at header bytes that GDAL has read already: the driver is asked about every netCDF file.
int EMITIdentify(GDALOpenInfo *poOpenInfo);

#endif
