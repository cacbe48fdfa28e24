// SPDX-License-Identifier: MIT
#include "compat.h"

#include "band.h"

#include "metadata.h"
#include "rat.h"

static EMITMetadata Describe(const struct emit_view *psView, int nBand)
{
    const struct emit_view_info &sInfo = *emit_view_describe(psView);
    EMITMetadata oMetadata;
    EMITDescribeBand(sInfo, sInfo.bands[nBand - 1], oMetadata);
    return oMetadata;
}

EMITRasterBand::EMITRasterBand(GDALDataset *poDSIn, int nBandIn, struct emit_view *psView,
                               const EMITGridLevel &oLevel, const EMITOverviewList &aoOverviews)
    : EMITBandBase(poDSIn, nBandIn, psView, oLevel, Describe(psView, nBandIn)),
      m_aoOverviews(aoOverviews), m_aosCategoryNames(EMITGetMineralNames(GetInfo())),
      m_poTable(EMITGetMineralTable(GetInfo()))
{
}

char **EMITRasterBand::GetCategoryNames()
{
    char **papszUserItems = GDALPamRasterBand::GetCategoryNames();
    return papszUserItems != nullptr ? papszUserItems : m_aosCategoryNames.List();
}

GDALRasterAttributeTable *EMITRasterBand::GetDefaultRAT()
{
    GDALRasterAttributeTable *poUserItems = GDALPamRasterBand::GetDefaultRAT();
    return poUserItems != nullptr ? poUserItems : m_poTable.get();
}

int EMITRasterBand::GetOverviewCount()
{
    // Overviews in a file precede the driver's own.
    const int nExternal = GDALPamRasterBand::GetOverviewCount();
    if (nExternal > 0 || !poDS->AreOverviewsEnabled())
        return nExternal;
    return static_cast<int>(m_aoOverviews.size());
}

GDALRasterBand *EMITRasterBand::GetOverview(int iOverview)
{
    if (GDALPamRasterBand::GetOverviewCount() > 0)
        return GDALPamRasterBand::GetOverview(iOverview);
    if (iOverview < 0 || iOverview >= GetOverviewCount())
        return nullptr;
    return m_aoOverviews[static_cast<size_t>(iOverview)]->GetRasterBand(nBand);
}

// PAM writes the description of every band with the first statistics, and would then serve it
// instead of the driver's.
CPLXMLNode *EMITRasterBand::SerializeToXML(const char *pszUnused)
{
    CPLXMLNode *psTree = GDALPamRasterBand::SerializeToXML(pszUnused);
    if (psTree == nullptr || GDALPamRasterBand::GetDescription()[0] != '\0')
        return psTree;

    CPLXMLNode *psDescription = CPLGetXMLNode(psTree, "Description");
    if (psDescription != nullptr)
    {
        CPLRemoveXMLChild(psTree, psDescription);
        CPLDestroyXMLNode(psDescription);
    }
    // A tree with only a band number is empty.
    if (psTree->psChild == nullptr || psTree->psChild->psNext == nullptr)
    {
        CPLDestroyXMLNode(psTree);
        return nullptr;
    }
    return psTree;
}
