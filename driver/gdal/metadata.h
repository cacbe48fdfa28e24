// SPDX-License-Identifier: MIT
// What the core says of a view, as metadata in the forms that GDAL's users and writers know.
#ifndef EMIT_GDAL_METADATA_H
#define EMIT_GDAL_METADATA_H

#include "compat.h"

#include "emit.h"
#include "metadata_store.h"

// Sets all domains of a dataset. "papszOptions": what the view was opened with; the subdatasets'
// names repeat it, so that what was asked of the granule holds for its layers.
void EMITDescribeDataset(const struct emit_view_info &sInfo, CSLConstList papszOptions,
                         EMITMetadata &oMetadata);

// Sets all domains of "sBand", a band of "sInfo".
void EMITDescribeBand(const struct emit_view_info &sInfo, const struct emit_band &sBand,
                      EMITMetadata &oMetadata);

// The reference system of "sInfo" with longitude first; empty when the file has none, or one that
// cannot be understood, which is a warning.
OGRSpatialReference EMITGetSpatialRef(const struct emit_view_info &sInfo);

#endif
