// SPDX-License-Identifier: MIT
// Which part of a dataset name is the path, for programs that move or store names.
#pragma once

#include "compat.h"

#if EMIT_GDAL_SUBDATASET_INFO

// GDALDriver::pfnGetSubdatasetInfoFunc: the parts of a name with the prefix "EMIT:", with or
// without a variable and options; nullptr for other names. Accesses no file. The caller deletes the
// result.
GDALSubdatasetInfo *EMITGetSubdatasetInfo(const char *pszName);

#endif
