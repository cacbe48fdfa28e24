// SPDX-License-Identifier: MIT
// The mineral table of a granule in GDAL's terms.
#ifndef EMIT_GDAL_RAT_H
#define EMIT_GDAL_RAT_H

#include "compat.h"

#include "emit.h"

#include <memory>

// Names by id from 0 on, with empty ones for ids that the table leaves out; empty without minerals.
CPLStringList EMITGetMineralNames(const struct emit_view_info &sInfo);

// One row a mineral; nullptr without minerals.
std::unique_ptr<GDALRasterAttributeTable> EMITGetMineralTable(const struct emit_view_info &sInfo);

#endif
