// SPDX-License-Identifier: MIT
#pragma once

#include "compat.h"

#include "band_base.h"

#include <memory>
#include <vector>

// The overviews that a dataset offers while no file holds others.
using EMITOverviewList = std::vector<std::unique_ptr<GDALDataset>>;

// A band of a view at full resolution.
class EMITRasterBand final : public EMITBandBase
{
  public:
    // The band borrows "psView" and "aoOverviews", which live as long as the dataset.
    EMITRasterBand(GDALDataset *poDSIn, int nBandIn, struct emit_view *psView,
                   const EMITGridLevel &oLevel, const EMITOverviewList &aoOverviews);

    char **GetCategoryNames() override;
    GDALRasterAttributeTable *GetDefaultRAT() override;

    int GetOverviewCount() override;
    GDALRasterBand *GetOverview(int iOverview) override;

  protected:
    CPLXMLNode *SerializeToXML(const char *pszUnused) override;

  private:
    CPL_DISALLOW_COPY_ASSIGN(EMITRasterBand)

    const EMITOverviewList &m_aoOverviews;
    CPLStringList m_aosCategoryNames{};
    std::unique_ptr<GDALRasterAttributeTable> m_poTable{};
};
