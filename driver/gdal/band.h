// SPDX-License-Identifier: MIT
#ifndef EMIT_GDAL_BAND_H
#define EMIT_GDAL_BAND_H

#include "compat.h"

#include "band_base.h"

#include <memory>

class EMITDataset;

// One band of a view, with all its cells.
class EMITRasterBand final : public EMITBandBase
{
  public:
    EMITRasterBand(EMITDataset *poDSIn, int nBandIn, const EMITGridLevel &oLevel);
    ~EMITRasterBand() override;

    char **GetCategoryNames() override;
    GDALRasterAttributeTable *GetDefaultRAT() override;

    int GetOverviewCount() override;
    GDALRasterBand *GetOverview(int iOverview) override;

  protected:
    CPLXMLNode *SerializeToXML(const char *pszUnused) override;

  private:
    CPL_DISALLOW_COPY_ASSIGN(EMITRasterBand)

    EMITDataset &GetOwner() const;

    CPLStringList m_aosCategoryNames{};
    std::unique_ptr<GDALRasterAttributeTable> m_poTable{};
};

#endif
