// SPDX-License-Identifier: MIT
// The mineral table of a granule in GDAL's terms.
#pragma once

#include "compat.h"

#include "emit.h"

#include <memory>

// Names by id, from 0 on; empty names for ids that are not in the table. Empty without minerals.
CPLStringList EMITGetMineralNames(const struct emit_view_info &sInfo);

// One row per mineral; nullptr without minerals.
std::unique_ptr<GDALRasterAttributeTable> EMITGetMineralTable(const struct emit_view_info &sInfo);
