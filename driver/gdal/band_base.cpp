// SPDX-License-Identifier: MIT
// Properties come first: those that the user has set in PAM, then the driver's own. Reads follow:
// blocks for GDAL's block cache, windows past it, and, on GDAL versions that allow one dataset for
// several threads, a lock around the block cache of the band.
#include "compat.h"

#include "band_base.h"

#include "errors.h"
#include "raster_io.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

// GDALDatasetCopyWholeRaster() reads strips as high as a block, of all bands, and limits them to a
// quarter of the block cache, which leaves them unaligned if a row of blocks is larger.
static int GetBlockRowCount(const struct emit_view_info &sInfo, const EMITGridLevel &oLevel)
{
    constexpr int64_t MAX_ROWS = 32;

    const int64_t nRowBytes = oLevel.GetColumnCount() * static_cast<int64_t>(sInfo.band_count) *
                              static_cast<int64_t>(emit_type_size(sInfo.type));
    const int64_t nFitting = GDALGetCacheMax64() / 4 / nRowBytes;
    return static_cast<int>(
        std::max<int64_t>(1, std::min<int64_t>({MAX_ROWS, nFitting, oLevel.GetRowCount()})));
}

EMITBandBase::EMITBandBase(GDALDataset *poDSIn, int nBandIn, struct emit_view *psView,
                           const EMITGridLevel &oLevel, const EMITMetadata &oMetadata)
    : EMITWithMetadata(oMetadata), m_psView(psView), m_oLevel(oLevel)
{
    poDS = poDSIn;
    nBand = nBandIn;
    nRasterXSize = oLevel.GetColumnCount();
    nRasterYSize = oLevel.GetRowCount();
    eDataType = GDALGetDataTypeByName(emit_type_name(GetInfo().type));
    nBlockXSize = nRasterXSize;
    nBlockYSize = GetBlockRowCount(GetInfo(), oLevel);
    m_poNoDataMask.reset(new GDALNoDataMaskBand(this));
}

const struct emit_view_info &EMITBandBase::GetInfo() const
{
    return *emit_view_describe(m_psView);
}

const struct emit_band &EMITBandBase::GetBandInfo() const
{
    return GetInfo().bands[nBand - 1];
}

const char *EMITBandBase::GetDescription() const
{
    const char *pszUserItem = GDALPamRasterBand::GetDescription();
    return pszUserItem[0] != '\0' ? pszUserItem : GetBandInfo().description;
}

double EMITBandBase::GetNoDataValue(int *pbSuccess)
{
    if (pbSuccess != nullptr)
        *pbSuccess = TRUE;
    return GetInfo().nodata;
}

template <class Integer>
static Integer GetNoDataInteger(const struct emit_view_info &sInfo, int *pbSuccess)
{
    if (pbSuccess != nullptr)
        *pbSuccess = TRUE;
    Integer nNoData;
    memcpy(&nNoData, sInfo.nodata_bytes, sizeof(nNoData));
    return nNoData;
}

int64_t EMITBandBase::GetNoDataValueAsInt64(int *pbSuccess)
{
    return eDataType == GDT_Int64 ? GetNoDataInteger<int64_t>(GetInfo(), pbSuccess)
                                  : GDALPamRasterBand::GetNoDataValueAsInt64(pbSuccess);
}

uint64_t EMITBandBase::GetNoDataValueAsUInt64(int *pbSuccess)
{
    return eDataType == GDT_UInt64 ? GetNoDataInteger<uint64_t>(GetInfo(), pbSuccess)
                                   : GDALPamRasterBand::GetNoDataValueAsUInt64(pbSuccess);
}

// Cells without data hold the view's nodata value: another one would unmask them.

static CPLErr RefuseNoData(const struct emit_view_info &sInfo)
{
    return EMITRefuse(sInfo.path,
                      "the nodata value is chosen when the granule is opened (NODATA=<number>, for "
                      "float variables) and cannot be set or deleted later");
}

CPLErr EMITBandBase::SetNoDataValue(double dfNoData)
{
    const double dfOwn = GetInfo().nodata;
    const bool bSame = dfNoData == dfOwn || (std::isnan(dfNoData) && std::isnan(dfOwn));
    return bSame ? CE_None : RefuseNoData(GetInfo());
}

CPLErr EMITBandBase::SetNoDataValueAsInt64(int64_t nNoData)
{
    const bool bSame = eDataType == GDT_Int64 && nNoData == GetNoDataValueAsInt64();
    return bSame ? CE_None : RefuseNoData(GetInfo());
}

CPLErr EMITBandBase::SetNoDataValueAsUInt64(uint64_t nNoData)
{
    const bool bSame = eDataType == GDT_UInt64 && nNoData == GetNoDataValueAsUInt64();
    return bSame ? CE_None : RefuseNoData(GetInfo());
}

CPLErr EMITBandBase::DeleteNoDataValue()
{
    return RefuseNoData(GetInfo());
}

// User items come first, as for the description.

double EMITBandBase::GetScale(int *pbSuccess)
{
    int bUserItem = FALSE;
    const double dfUserValue = GDALPamRasterBand::GetScale(&bUserItem);
    if (pbSuccess != nullptr)
        *pbSuccess = bUserItem || GetInfo().scaled;
    return bUserItem ? dfUserValue : GetInfo().scale;
}

double EMITBandBase::GetOffset(int *pbSuccess)
{
    int bUserItem = FALSE;
    const double dfUserValue = GDALPamRasterBand::GetOffset(&bUserItem);
    if (pbSuccess != nullptr)
        *pbSuccess = bUserItem || GetInfo().scaled;
    return bUserItem ? dfUserValue : GetInfo().offset;
}

// GDAL's own mask band would first search for a .msk file, which does not depend on open options,
// and would be created by the first thread that needs it.

int EMITBandBase::GetMaskFlags()
{
    return GMF_NODATA;
}

GDALRasterBand *EMITBandBase::GetMaskBand()
{
    return m_poNoDataMask.get();
}

CPLErr EMITBandBase::CreateMaskBand(int /* nFlags */)
{
    return EMITRefuse(GetInfo().path, EMIT_NO_MASK_BAND);
}

const char *EMITBandBase::GetUnitType()
{
    const char *pszUserItem = GDALPamRasterBand::GetUnitType();
    return pszUserItem[0] != '\0' ? pszUserItem : GetBandInfo().units;
}

GDALColorInterp EMITBandBase::GetColorInterpretation()
{
    const GDALColorInterp eUserValue = GDALPamRasterBand::GetColorInterpretation();
    if (eUserValue != GCI_Undefined)
        return eUserValue;
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

CPLErr EMITBandBase::IReadBlock(int nBlockXOff, int nBlockYOff, void *pImage)
{
    GDALRasterIOExtraArg sExtraArg;
    INIT_RASTERIO_EXTRA_ARG(sExtraArg);
    const int nXOff = nBlockXOff * nBlockXSize;
    const int nYOff = nBlockYOff * nBlockYSize;
    const int nXSize = std::min(nBlockXSize, nRasterXSize - nXOff);
    const int nYSize = std::min(nBlockYSize, nRasterYSize - nYOff);
    const GSpacing nPixelSpace = GDALGetDataTypeSizeBytes(eDataType);
    const EMITWindow oWindow = {nXOff, nYOff, nXSize, nYSize, nXSize, nYSize};
    const EMITRequest oRequest = {
        oWindow, pImage,    eDataType, 1, &nBand, nPixelSpace, nPixelSpace * nBlockXSize,
        0,       &sExtraArg};
    return EMITRead(m_psView, m_oLevel, oRequest);
}

// Whole lines, fewer than a block has: programs that read them (the netCDF writer) read the next
// ones next. GDAL's block cache then serves these, and reading a line with its neighbours costs
// little more.
bool EMITBandBase::IsFewLines(const EMITRequest &oRequest) const
{
    return oRequest.nXSize == nRasterXSize && oRequest.nBufXSize == oRequest.nXSize &&
           oRequest.nBufYSize == oRequest.nYSize && oRequest.nYSize < nBlockYSize &&
           oRequest.nYSize < nRasterYSize;
}

CPLErr EMITBandBase::AdviseRead(int nXOff, int nYOff, int nXSize, int nYSize, int nBufXSize,
                                int nBufYSize, GDALDataType /* eType */,
                                EMITStringList /* papszOptions */)
{
    const EMITWindow oWindow = {nXOff, nYOff, nXSize, nYSize, nBufXSize, nBufYSize};
    return EMITAdvise(m_psView, m_oLevel, oWindow, 1, &nBand);
}

// The driver's own overviews are not used here: nearest neighbour selects from all cells at the
// same cost, and other methods must see every cell.
CPLErr EMITBandBase::IRasterIO(GDALRWFlag eRWFlag, int nXOff, int nYOff, int nXSize, int nYSize,
                               void *pData, int nBufXSize, int nBufYSize, GDALDataType eBufType,
                               GSpacing nPixelSpace, GSpacing nLineSpace,
                               GDALRasterIOExtraArg *psExtraArg)
{
    const EMITWindow oWindow = {nXOff, nYOff, nXSize, nYSize, nBufXSize, nBufYSize};
    const EMITRequest oRequest = {oWindow,     pData,      eBufType, 1,         &nBand,
                                  nPixelSpace, nLineSpace, 0,        psExtraArg};
    if (eRWFlag != GF_Read || IsFewLines(oRequest))
        return GDALPamRasterBand::IRasterIO(eRWFlag, nXOff, nYOff, nXSize, nYSize, pData, nBufXSize,
                                            nBufYSize, eBufType, nPixelSpace, nLineSpace,
                                            psExtraArg);

    if (EMITIsReduced(oRequest) && GDALPamRasterBand::GetOverviewCount() > 0)
    {
        int bTried = FALSE;
        const CPLErr eErr =
            TryOverviewRasterIO(eRWFlag, nXOff, nYOff, nXSize, nYSize, pData, nBufXSize, nBufYSize,
                                eBufType, nPixelSpace, nLineSpace, psExtraArg, &bTried);
        if (bTried)
            return eErr;
    }
    if (EMITIsNearest(oRequest))
        return EMITRead(m_psView, m_oLevel, oRequest);
    return RasterIOResampled(eRWFlag, nXOff, nYOff, nXSize, nYSize, pData, nBufXSize, nBufYSize,
                             eBufType, nPixelSpace, nLineSpace, psExtraArg);
}

int EMITBandBase::IGetDataCoverageStatus(int nXOff, int nYOff, int nXSize, int nYSize,
                                         int /* nMaskFlagStop */, double *pdfDataPct)
{
    const EMITWindow oWindow = {nXOff, nYOff, nXSize, nYSize, nXSize, nYSize};
    return EMITGuard(GDAL_DATA_COVERAGE_STATUS_UNIMPLEMENTED | GDAL_DATA_COVERAGE_STATUS_DATA, [&]()
                     { return EMITGetCoverage(m_psView, m_oLevel, oWindow, nBand, pdfDataPct); });
}

#if EMIT_GDAL_NATIVE_THREAD_SAFETY
std::unique_lock<std::recursive_mutex> EMITBandMutex::Lock()
{
    static std::mutex oRenewing;
    if (m_nProcess != emit_process())
    {
        std::lock_guard<std::mutex> oLock(oRenewing);
        if (m_nProcess != emit_process())
        {
            m_poMutex.release();
            m_poMutex = std::make_unique<std::recursive_mutex>();
            m_nProcess = emit_process();
        }
    }
    return std::unique_lock<std::recursive_mutex>(*m_poMutex);
}

// Blocks are decoded without the lock, so that a thread that finds its block in GDAL's cache does
// not wait for a server. Two threads that miss the same block both decode it; the first result is
// cached.
GDALRasterBlock *EMITBandBase::GetLockedBlockRef(int nXBlockOff, int nYBlockOff,
                                                 int bJustInitialize)
{
    GDALRasterBlock *poBlock = TryGetLockedBlockRef(nXBlockOff, nYBlockOff);
    const bool bIsBlock = nXBlockOff >= 0 && nXBlockOff < DIV_ROUND_UP(nRasterXSize, nBlockXSize) &&
                          nYBlockOff >= 0 && nYBlockOff < DIV_ROUND_UP(nRasterYSize, nBlockYSize);
    if (poBlock != nullptr || !bIsBlock)
        return poBlock;
    if (bJustInitialize)
    {
        const auto oLock = m_oBlockMutex.Lock();
        return GDALPamRasterBand::GetLockedBlockRef(nXBlockOff, nYBlockOff, TRUE);
    }
    return EMITGuard<GDALRasterBlock *>(nullptr,
                                        [&]() { return ReadToCache(nXBlockOff, nYBlockOff); });
}

GDALRasterBlock *EMITBandBase::ReadToCache(int nXBlockOff, int nYBlockOff)
{
    const size_t nBytes = static_cast<size_t>(nBlockXSize) * static_cast<size_t>(nBlockYSize) *
                          static_cast<size_t>(GDALGetDataTypeSizeBytes(eDataType));
    std::vector<GByte> abyImage(nBytes);
    if (IReadBlock(nXBlockOff, nYBlockOff, abyImage.data()) != CE_None)
        return nullptr;
    const auto oLock = m_oBlockMutex.Lock();
    GDALRasterBlock *poBlock = TryGetLockedBlockRef(nXBlockOff, nYBlockOff);
    if (poBlock != nullptr)
        return poBlock;
    poBlock = GDALPamRasterBand::GetLockedBlockRef(nXBlockOff, nYBlockOff, TRUE);
    if (poBlock != nullptr)
        memcpy(poBlock->GetDataRef(), abyImage.data(), nBytes);
    return poBlock;
}

GDALRasterBlock *EMITBandBase::TryGetLockedBlockRef(int nXBlockOff, int nYBlockOff)
{
    const auto oLock = m_oBlockMutex.Lock();
    return GDALPamRasterBand::TryGetLockedBlockRef(nXBlockOff, nYBlockOff);
}

CPLErr EMITBandBase::FlushBlock(int nXBlockOff, int nYBlockOff, int bWriteDirtyBlock)
{
    const auto oLock = m_oBlockMutex.Lock();
    return GDALPamRasterBand::FlushBlock(nXBlockOff, nYBlockOff, bWriteDirtyBlock);
}

CPLErr EMITBandBase::InterpolateAtPoint(double dfPixel, double dfLine,
                                        GDALRIOResampleAlg eInterpolation, double *pdfRealValue,
                                        double *pdfImagValue) const
{
    const auto oLock = m_oPointMutex.Lock();
    return GDALPamRasterBand::InterpolateAtPoint(dfPixel, dfLine, eInterpolation, pdfRealValue,
                                                 pdfImagValue);
}
#endif
