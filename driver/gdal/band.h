// SPDX-License-Identifier: MIT
#ifndef EMIT_GDAL_BAND_H
#define EMIT_GDAL_BAND_H

#include "compat.h"

#include "band_base.h"

#include <memory>

// The overviews that a dataset offers while no file holds others.
class EMITVirtualOverviews
{
  public:
    virtual int GetVirtualOverviewCount() const = 0;
    virtual GDALRasterBand *GetVirtualOverview(int iOverview, int nBand) const = 0;

  protected:
    ~EMITVirtualOverviews() = default;
};

// A band of a view at full resolution.
class EMITRasterBand final : public EMITBandBase
{
  public:
    // The band borrows "psView" and "oOverviews", both of which live as long as the dataset.
    EMITRasterBand(GDALDataset *poDSIn, int nBandIn, struct emit_view *psView,
                   const EMITGridLevel &oLevel, const EMITVirtualOverviews &oOverviews);
    ~EMITRasterBand() override;

    char **GetCategoryNames() override;
    GDALRasterAttributeTable *GetDefaultRAT() override;

    int GetOverviewCount() override;
    GDALRasterBand *GetOverview(int iOverview) override;

  protected:
    CPLXMLNode *SerializeToXML(const char *pszUnused) override;

  private:
    CPL_DISALLOW_COPY_ASSIGN(EMITRasterBand)

    const EMITVirtualOverviews &m_oOverviews;
    CPLStringList m_aosCategoryNames{};
    std::unique_ptr<GDALRasterAttributeTable> m_poTable{};
};

#endif
