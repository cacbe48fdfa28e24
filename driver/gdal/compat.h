// SPDX-License-Identifier: MIT
// Every difference between GDAL 3.6 and 3.13 that the driver meets, each as a name that says what
// differs. Included first by every file here; no other file tests GDAL's version.
#pragma once

#include "gdal_pam.h"
#include "gdal_rat.h"

// 3.7: datasets have Close(). 3.13: Close() reports progress, and that of GDALPamDataset saves the
// .aux.xml file without calling the derived class.
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 13, 0)
#define EMIT_GDAL_CLOSE 1
#define EMIT_CLOSE_PARAMETERS GDALProgressFunc pfnProgress, void *pProgressData
#define EMIT_CLOSE_ARGUMENTS pfnProgress, pProgressData
#elif GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 7, 0)
#define EMIT_GDAL_CLOSE 1
#define EMIT_CLOSE_PARAMETERS
#define EMIT_CLOSE_ARGUMENTS
#else
#define EMIT_GDAL_CLOSE 0
#endif

// 3.8: a driver can report which part of a dataset name is the path.
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 8, 0) && __has_include("gdalsubdatasetinfo.h")
#include "gdalsubdatasetinfo.h"
#define EMIT_GDAL_SUBDATASET_INFO 1
#else
#define EMIT_GDAL_SUBDATASET_INFO 0
#endif

// 3.10: the netCDF writer can give an additional dimension to a dataset without georeferencing;
// earlier ones write a file whose rows and columns share one dimension.
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 10, 0)
#define EMIT_GDAL_NETCDF_DIMENSION_OF_SWATH 1
#else
#define EMIT_GDAL_NETCDF_DIMENSION_OF_SWATH 0
#endif

// 3.10: a driver can declare its datasets thread-safe: the band methods that use the block cache
// are virtual, so that it can lock them, and a coordinate system can have a lock of its own.
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 10, 0)
#define EMIT_GDAL_NATIVE_THREAD_SAFETY 1
#else
#define EMIT_GDAL_NATIVE_THREAD_SAFETY 0
#endif

// Makes "oTarget" a copy that threads may use at the same time, if GDAL can.
inline void EMITAssign(OGRSpatialReference &oTarget, const OGRSpatialReference &oSource)
{
#if EMIT_GDAL_NATIVE_THREAD_SAFETY
    oTarget.AssignAndSetThreadSafe(oSource);
#else
    oTarget = oSource;
#endif
}

// 3.12: existing datasets can be added as overviews.
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 12, 0)
#define EMIT_GDAL_ADD_OVERVIEWS 1
#else
#define EMIT_GDAL_ADD_OVERVIEWS 0
#endif

// 3.12: GetGeoTransform() is const and fills an object instead of six numbers.
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 12, 0)
#define EMIT_GDAL_GEOTRANSFORM_OBJECT 1
#else
#define EMIT_GDAL_GEOTRANSFORM_OBJECT 0
#endif

// 3.13: GetMetadata() and SetMetadata() use constant lists.
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 13, 0)
using EMITStringList = CSLConstList;
#else
using EMITStringList = char **;
#endif
