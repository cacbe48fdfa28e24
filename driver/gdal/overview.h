// SPDX-License-Identifier: MIT
#pragma once

#include "compat.h"

#include "band_base.h"

// A view at a lower level of detail as a dataset. It holds no pixels: its cells are some of the
// view's, read when requested. It lives no longer than the dataset it belongs to.
class EMITOverviewDataset final : public GDALDataset
{
  public:
    // "psView" is the view of "oFull", whose bands are EMITRasterBand.
    EMITOverviewDataset(GDALDataset &oFull, struct emit_view *psView, int nFactor);

  protected:
    CPLErr IRasterIO(GDALRWFlag eRWFlag, int nXOff, int nYOff, int nXSize, int nYSize, void *pData,
                     int nBufXSize, int nBufYSize, GDALDataType eBufType, int nBandCount,
                     int *panBandMap, GSpacing nPixelSpace, GSpacing nLineSpace,
                     GSpacing nBandSpace, GDALRasterIOExtraArg *psExtraArg) override;

  private:
    CPL_DISALLOW_COPY_ASSIGN(EMITOverviewDataset)

    struct emit_view *m_psView; // owned by the full dataset
    EMITGridLevel m_oLevel;
};
