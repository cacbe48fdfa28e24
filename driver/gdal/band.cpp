// SPDX-License-Identifier: MIT
#include "compat.h"

#include "band.h"

#include "dataset.h"
#include "describe.h"
#include "errors.h"
#include "minerals.h"
#include "reading.h"
#include "types.h"

#include <algorithm>

// GDALDatasetCopyWholeRaster() reads strips as high as a block, all bands at once, and cuts them to
// a quarter of the block cache in a way that leaves them unaligned when a row of blocks is larger.
static int GetBlockRowCount(const struct emit_view_info &sInfo)
{
    constexpr int64_t MAX_ROWS = 32;

    const int64_t nRowBytes = sInfo.columns * static_cast<int64_t>(sInfo.band_count) *
                              static_cast<int64_t>(emit_type_size(sInfo.type));
    const int64_t nFitting = GDALGetCacheMax64() / 4 / nRowBytes;
    return static_cast<int>(std::max<int64_t>(1, std::min({MAX_ROWS, nFitting, sInfo.rows})));
}

EMITRasterBand::EMITRasterBand(EMITDataset *poDSIn, int nBandIn)
{
    poDS = poDSIn;
    nBand = nBandIn;
    const struct emit_view_info &sInfo = GetInfo();
    nRasterXSize = static_cast<int>(sInfo.columns);
    nRasterYSize = static_cast<int>(sInfo.rows);
    eDataType = EMITGetDataType(sInfo.type);
    nBlockXSize = nRasterXSize;
    nBlockYSize = GetBlockRowCount(sInfo);

    EMITDescribeBand(sInfo, GetBandInfo(), m_oMetadata);
    m_aosCategoryNames = EMITGetMineralNames(sInfo);
    m_poTable = EMITGetMineralTable(sInfo);
}

EMITRasterBand::~EMITRasterBand() = default;

struct emit_view *EMITRasterBand::GetView() const
{
    return static_cast<EMITDataset *>(poDS)->GetView();
}

const struct emit_view_info &EMITRasterBand::GetInfo() const
{
    return *emit_view_describe(GetView());
}

const struct emit_band &EMITRasterBand::GetBandInfo() const
{
    return GetInfo().bands[nBand - 1];
}

const char *EMITRasterBand::GetDescription() const
{
    const char *pszStored = GDALPamRasterBand::GetDescription();
    return pszStored[0] != '\0' ? pszStored : GetBandInfo().description;
}

double EMITRasterBand::GetNoDataValue(int *pbSuccess)
{
    if (!GetInfo().has_nodata)
        return GDALPamRasterBand::GetNoDataValue(pbSuccess);
    if (pbSuccess != nullptr)
        *pbSuccess = TRUE;
    return GetInfo().nodata;
}

int64_t EMITRasterBand::GetNoDataValueAsInt64(int *pbSuccess)
{
    if (eDataType != GDT_Int64 || !GetInfo().has_nodata)
        return GDALPamRasterBand::GetNoDataValueAsInt64(pbSuccess);
    if (pbSuccess != nullptr)
        *pbSuccess = TRUE;
    return static_cast<int64_t>(GetInfo().nodata);
}

uint64_t EMITRasterBand::GetNoDataValueAsUInt64(int *pbSuccess)
{
    if (eDataType != GDT_UInt64 || !GetInfo().has_nodata)
        return GDALPamRasterBand::GetNoDataValueAsUInt64(pbSuccess);
    if (pbSuccess != nullptr)
        *pbSuccess = TRUE;
    return static_cast<uint64_t>(GetInfo().nodata);
}

const char *EMITRasterBand::GetUnitType()
{
    const char *pszUnits = GetBandInfo().units;
    return pszUnits[0] != '\0' ? pszUnits : GDALPamRasterBand::GetUnitType();
}

GDALColorInterp EMITRasterBand::GetColorInterpretation()
{
    const GDALColorInterp eStored = GDALPamRasterBand::GetColorInterpretation();
    if (eStored != GCI_Undefined)
        return eStored;
    switch (GetBandInfo().colour)
    {
    case EMIT_COLOUR_RED:
        return GCI_RedBand;
    case EMIT_COLOUR_GREEN:
        return GCI_GreenBand;
    case EMIT_COLOUR_BLUE:
        return GCI_BlueBand;
    default:
        return GetInfo().band_count == 1 ? GCI_GrayIndex : GCI_Undefined;
    }
}

char **EMITRasterBand::GetCategoryNames()
{
    char **papszStored = GDALPamRasterBand::GetCategoryNames();
    return papszStored != nullptr ? papszStored : m_aosCategoryNames.List();
}

GDALRasterAttributeTable *EMITRasterBand::GetDefaultRAT()
{
    GDALRasterAttributeTable *poStored = GDALPamRasterBand::GetDefaultRAT();
    return poStored != nullptr ? poStored : m_poTable.get();
}

char **EMITRasterBand::GetMetadataDomainList()
{
    return m_oMetadata.AddDomains(GDALPamRasterBand::GetMetadataDomainList());
}

EMITStringList EMITRasterBand::GetMetadata(const char *pszDomain)
{
    return m_oMetadata.Get(pszDomain, GDALPamRasterBand::GetMetadata(pszDomain));
}

const char *EMITRasterBand::GetMetadataItem(const char *pszName, const char *pszDomain)
{
    const char *pszStored = GDALPamRasterBand::GetMetadataItem(pszName, pszDomain);
    return pszStored != nullptr ? pszStored : m_oMetadata.GetItem(pszName, pszDomain);
}

CPLErr EMITRasterBand::SetMetadata(EMITStringList papszMetadata, const char *pszDomain)
{
    CPLStringList aosStored = m_oMetadata.WithoutOwn(pszDomain, papszMetadata);
    return GDALPamRasterBand::SetMetadata(aosStored.List(), pszDomain);
}

// PAM writes the description of every band as soon as one has statistics, and then serves what it
// wrote instead of the driver's.
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
    // A band number and nothing else is what GDAL calls nothing to attach.
    if (psTree->psChild == nullptr || psTree->psChild->psNext == nullptr)
    {
        CPLDestroyXMLNode(psTree);
        return nullptr;
    }
    return psTree;
}

CPLErr EMITRasterBand::IReadBlock(int nBlockXOff, int nBlockYOff, void *pImage)
{
    GDALRasterIOExtraArg sExtraArg;
    INIT_RASTERIO_EXTRA_ARG(sExtraArg);
    const int nXOff = nBlockXOff * nBlockXSize;
    const int nYOff = nBlockYOff * nBlockYSize;
    const int nXSize = std::min(nBlockXSize, nRasterXSize - nXOff);
    const int nYSize = std::min(nBlockYSize, nRasterYSize - nYOff);
    const GSpacing nPixelSpace = GDALGetDataTypeSizeBytes(eDataType);
    return EMITRead(GetView(), {nXOff, nYOff, nXSize, nYSize, pImage, nXSize, nYSize, eDataType, 1,
                                &nBand, nPixelSpace, nPixelSpace * nBlockXSize, 0, &sExtraArg});
}

// Whole lines, fewer than a block has: programs that ask so (the netCDF writer) take the next ones
// next, and are served from GDAL's block cache, since a line costs little more with its neighbours.
bool EMITRasterBand::IsFewLines(const EMITRequest &oRequest) const
{
    return oRequest.nXSize == nRasterXSize && oRequest.nBufXSize == oRequest.nXSize &&
           oRequest.nBufYSize == oRequest.nYSize && oRequest.nYSize < nBlockYSize &&
           oRequest.nYSize < nRasterYSize;
}

CPLErr EMITRasterBand::IRasterIO(GDALRWFlag eRWFlag, int nXOff, int nYOff, int nXSize, int nYSize,
                                 void *pData, int nBufXSize, int nBufYSize, GDALDataType eBufType,
                                 GSpacing nPixelSpace, GSpacing nLineSpace,
                                 GDALRasterIOExtraArg *psExtraArg)
{
    const EMITRequest oRequest = {nXOff,       nYOff,      nXSize,   nYSize,    pData,
                                  nBufXSize,   nBufYSize,  eBufType, 1,         &nBand,
                                  nPixelSpace, nLineSpace, 0,        psExtraArg};
    if (eRWFlag != GF_Read || !EMITIsCellPick(oRequest) || IsFewLines(oRequest))
        return GDALPamRasterBand::IRasterIO(eRWFlag, nXOff, nYOff, nXSize, nYSize, pData, nBufXSize,
                                            nBufYSize, eBufType, nPixelSpace, nLineSpace,
                                            psExtraArg);

    if (EMITIsReduced(oRequest) && GetOverviewCount() > 0)
    {
        int bTried = FALSE;
        const CPLErr eErr =
            TryOverviewRasterIO(eRWFlag, nXOff, nYOff, nXSize, nYSize, pData, nBufXSize, nBufYSize,
                                eBufType, nPixelSpace, nLineSpace, psExtraArg, &bTried);
        if (bTried)
            return eErr;
    }
    return EMITRead(GetView(), oRequest);
}

#if EMIT_GDAL_NATIVE_THREAD_SAFETY
GDALRasterBlock *EMITRasterBand::GetLockedBlockRef(int nXBlockOff, int nYBlockOff,
                                                   int bJustInitialize)
{
    std::lock_guard<std::recursive_mutex> oLock(m_oBlockMutex);
    return GDALPamRasterBand::GetLockedBlockRef(nXBlockOff, nYBlockOff, bJustInitialize);
}

GDALRasterBlock *EMITRasterBand::TryGetLockedBlockRef(int nXBlockOff, int nYBlockOff)
{
    std::lock_guard<std::recursive_mutex> oLock(m_oBlockMutex);
    return GDALPamRasterBand::TryGetLockedBlockRef(nXBlockOff, nYBlockOff);
}

CPLErr EMITRasterBand::FlushBlock(int nXBlockOff, int nYBlockOff, int bWriteDirtyBlock)
{
    std::lock_guard<std::recursive_mutex> oLock(m_oBlockMutex);
    return GDALPamRasterBand::FlushBlock(nXBlockOff, nYBlockOff, bWriteDirtyBlock);
}
#endif
