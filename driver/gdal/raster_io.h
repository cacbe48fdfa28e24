// SPDX-License-Identifier: MIT
// From RasterIO() to emit_view_read(): which cells a request shows, in which type and where.
#pragma once

#include "compat.h"

#include "emit.h"
#include "grid_level.h"

// A window, and the size of the buffer that it is read into.
struct EMITWindow
{
    int nXOff;
    int nYOff;
    int nXSize;
    int nYSize;
    int nBufXSize;
    int nBufYSize;
};

// Arguments of IRasterIO() for a read, for datasets and bands.
struct EMITRequest : EMITWindow
{
    void *pData;
    GDALDataType eBufType;
    int nBandCount;
    const int *panBandMap; // 1-based, as GDAL counts
    GSpacing nPixelSpace;
    GSpacing nLineSpace;
    GSpacing nBandSpace;
    const GDALRasterIOExtraArg *psExtraArg;
};

// Whether every value of the buffer is the value of one cell, as EMITRead() requires.
bool EMITIsNearest(const EMITRequest &oRequest);

// Whether overviews can serve the request.
bool EMITIsReduced(const EMITRequest &oRequest);

// Reads by nearest neighbour from "oLevel" of "psView", with the cells that
// GDALRasterBand::IRasterIO() would select. Thread-safe.
CPLErr EMITRead(struct emit_view *psView, const EMITGridLevel &oLevel, const EMITRequest &oRequest);

// GDALRasterBand::GetDataCoverageStatus(): whether cells of a band show pixels, without reading
// values. After a failure it reports possible data, and the later read reports the error.
// Thread-safe.
int EMITGetCoverage(struct emit_view *psView, const EMITGridLevel &oLevel,
                    const EMITWindow &oWindow, int nBand, double *pdfDataPct);

// Prefetches what EMITRead() of a window needs from a server, if that fits the cache. "panBandMap"
// is 1-based; nullptr for the first "nBandCount" bands. Failures are reported by the read.
// CE_Failure for windows outside the raster. Thread-safe.
CPLErr EMITAdvise(struct emit_view *psView, const EMITGridLevel &oLevel, const EMITWindow &oWindow,
                  int nBandCount, const int *panBandMap);
