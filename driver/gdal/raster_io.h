// SPDX-License-Identifier: MIT
// From RasterIO() to emit_view_read(): which cells a request shows, in which type and where.
#ifndef EMIT_GDAL_RASTER_IO_H
#define EMIT_GDAL_RASTER_IO_H

#include "compat.h"

#include "emit.h"
#include "grid_level.h"

// The arguments of an IRasterIO() that reads, for datasets and bands alike.
struct EMITRequest
{
    int nXOff;
    int nYOff;
    int nXSize;
    int nYSize;
    void *pData;
    int nBufXSize;
    int nBufYSize;
    GDALDataType eBufType;
    int nBandCount;
    const int *panBandMap; // 1-based, as GDAL counts
    GSpacing nPixelSpace;
    GSpacing nLineSpace;
    GSpacing nBandSpace;
    const GDALRasterIOExtraArg *psExtraArg;
};

// Whether every value of the buffer is the value of one cell, so that EMITRead() can answer.
bool EMITIsNearest(const EMITRequest &oRequest);

// Whether overviews could serve the request.
bool EMITIsReduced(const EMITRequest &oRequest);

// Answers a cell pick from "oLevel" of "psView", with the cells that GDALRasterBand::IRasterIO()
// would pick. Safe to call from several threads.
CPLErr EMITRead(struct emit_view *psView, const EMITGridLevel &oLevel, const EMITRequest &oRequest);

// The arguments of an AdviseRead() that say what is going to be read.
struct EMITWindow
{
    int nXOff;
    int nYOff;
    int nXSize;
    int nYSize;
    int nBufXSize;
    int nBufYSize;
};

// GDALRasterBand::GetDataCoverageStatus(): whether cells of a band show pixels, without reading
// any. What cannot be counted may hold data: the read reports why. Safe to call from several
// threads.
int EMITGetCoverage(struct emit_view *psView, const EMITGridLevel &oLevel,
                    const EMITWindow &oWindow, int nBand, double *pdfDataPct);

// Fetches what EMITRead() of a window would need of a server, if that fits the cache. A hint: what
// cannot be fetched is for the read to tell. CE_Failure for windows beyond the raster. Safe to call
// from several threads.
CPLErr EMITAdvise(struct emit_view *psView, const EMITGridLevel &oLevel, const EMITWindow &oWindow,
                  int nBandCount, const int *panBandMap);

#endif
