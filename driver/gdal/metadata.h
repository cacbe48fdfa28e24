// SPDX-License-Identifier: MIT
// What the core says of a view, as metadata in the forms that GDAL's users and writers know.
#pragma once

#include "compat.h"

#include "emit.h"
#include "metadata_store.h"

// Sets all domains of a dataset. "papszOptions" are the open options of the view; the names of
// subdatasets repeat them, so that they apply to all layers of the granule.
void EMITDescribeDataset(const struct emit_view_info &sInfo, CSLConstList papszOptions,
                         EMITMetadata &oMetadata);

// Sets all domains of "sBand", a band of "sInfo".
void EMITDescribeBand(const struct emit_view_info &sInfo, const struct emit_band &sBand,
                      EMITMetadata &oMetadata);

// The reference system of "sInfo" with longitude first. Empty if the file has none, or, with a
// warning, an invalid one.
OGRSpatialReference EMITGetSpatialRef(const struct emit_view_info &sInfo);
