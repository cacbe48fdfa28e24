// SPDX-License-Identifier: MIT
// Whether a name is worth opening. Needs GDAL and the name rules of the core, nothing of HDF5.
#pragma once

#include "compat.h"

// Whether the caller allows only this driver.
bool EMITIsOnlyAllowedDriver(const GDALOpenInfo *poOpenInfo);

// Whether the caller selects this driver: by the prefix, the file name, the allowed drivers or an
// option that requests masks.
bool EMITIsMeant(const GDALOpenInfo *poOpenInfo);

// GDALDriver::pfnIdentify: TRUE, FALSE, or -1 if only the content can decide. Uses the name and the
// header bytes that GDAL has read already, because GDAL calls it for every netCDF file. If masks
// are requested, it also searches the file for an HDF5 signature after a user block, because no
// other driver may open the file unmasked.
int EMITIdentify(GDALOpenInfo *poOpenInfo);
