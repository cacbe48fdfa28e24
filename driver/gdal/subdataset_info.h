// SPDX-License-Identifier: MIT
// Which part of a dataset name is the path, for programs that move or store names.
#ifndef EMIT_GDAL_SUBDATASET_INFO_H
#define EMIT_GDAL_SUBDATASET_INFO_H

#include "compat.h"

#if EMIT_GDAL_SUBDATASET_INFO

// GDALDriver::pfnGetSubdatasetInfoFunc: the parts of a name with the prefix "EMIT:", with or
// without a variable and options; nullptr for other names. Accesses no file. The caller deletes the
// result.
GDALSubdatasetInfo *EMITGetSubdatasetInfo(const char *pszName);

#endif

#endif
