// SPDX-License-Identifier: MIT
#include "compat.h"

#include "overview.h"

#include "band.h"
#include "raster_io.h"

namespace
{

// A band of a lower level of detail. It has the properties of the full band, but not what the user
// stores: statistics of an overview are not those of the band.
class OverviewBand final : public EMITBandBase
{
  public:
    OverviewBand(GDALDataset *poDSIn, EMITRasterBand &oFull, struct emit_view *psView,
                 const EMITGridLevel &oLevel)
        : EMITBandBase(poDSIn, oFull.GetBand(), psView, oLevel, oFull.GetDriverMetadata()),
          m_oFull(oFull)
    {
    }

    char **GetCategoryNames() override
    {
        return m_oFull.GetCategoryNames();
    }

    GDALRasterAttributeTable *GetDefaultRAT() override
    {
        return m_oFull.GetDefaultRAT();
    }

  private:
    CPL_DISALLOW_COPY_ASSIGN(OverviewBand)

    EMITRasterBand &m_oFull;
};

} // namespace

EMITOverviewDataset::EMITOverviewDataset(GDALDataset &oFull, struct emit_view *psView, int nFactor)
    : m_psView(psView), m_oLevel(*emit_view_describe(m_psView), nFactor)
{
    SetDescription(oFull.GetDescription());
    nRasterXSize = m_oLevel.GetColumnCount();
    nRasterYSize = m_oLevel.GetRowCount();
    for (int iBand = 1; iBand <= oFull.GetRasterCount(); ++iBand)
    {
        auto &oBand = static_cast<EMITRasterBand &>(*oFull.GetRasterBand(iBand));
        SetBand(iBand, new OverviewBand(this, oBand, m_psView, m_oLevel));
    }
}

CPLErr EMITOverviewDataset::IRasterIO(GDALRWFlag eRWFlag, int nXOff, int nYOff, int nXSize,
                                      int nYSize, void *pData, int nBufXSize, int nBufYSize,
                                      GDALDataType eBufType, int nBandCount, int *panBandMap,
                                      GSpacing nPixelSpace, GSpacing nLineSpace,
                                      GSpacing nBandSpace, GDALRasterIOExtraArg *psExtraArg)
{
    const EMITWindow oWindow = {nXOff, nYOff, nXSize, nYSize, nBufXSize, nBufYSize};
    const EMITRequest oRequest = {oWindow,     pData,      eBufType,   nBandCount, panBandMap,
                                  nPixelSpace, nLineSpace, nBandSpace, psExtraArg};
    if (eRWFlag == GF_Read && EMITIsNearest(oRequest))
        return EMITRead(m_psView, m_oLevel, oRequest);
    return BandBasedRasterIO(eRWFlag, nXOff, nYOff, nXSize, nYSize, pData, nBufXSize, nBufYSize,
                             eBufType, nBandCount, panBandMap, nPixelSpace, nLineSpace, nBandSpace,
                             psExtraArg);
}
