// SPDX-License-Identifier: MIT
#include "compat.h"

#include "raster_io.h"

#include "errors.h"

#include <algorithm>
#include <vector>

// Bytes read in the view's type before conversion: a few rows of all bands.
constexpr size_t PIECE_NBYTES = size_t{16} << 20;

namespace
{

// The window in source pixels, with fractions if the caller set them.
struct SourceWindow
{
    double dfXOff;
    double dfYOff;
    double dfXSize;
    double dfYSize;
};

} // namespace

static SourceWindow GetSourceWindow(const EMITRequest &oRequest)
{
    const GDALRasterIOExtraArg *psExtraArg = oRequest.psExtraArg;
    if (psExtraArg->bFloatingPointWindowValidity)
        return {psExtraArg->dfXOff, psExtraArg->dfYOff, psExtraArg->dfXSize, psExtraArg->dfYSize};
    return {static_cast<double>(oRequest.nXOff), static_cast<double>(oRequest.nYOff),
            static_cast<double>(oRequest.nXSize), static_cast<double>(oRequest.nYSize)};
}

bool EMITIsReduced(const EMITRequest &oRequest)
{
    return oRequest.nBufXSize < oRequest.nXSize || oRequest.nBufYSize < oRequest.nYSize;
}

bool EMITIsNearest(const EMITRequest &oRequest)
{
    if (oRequest.psExtraArg->eResampleAlg == GRIORA_NearestNeighbour)
        return true;
    const SourceWindow oWindow = GetSourceWindow(oRequest);
    return oWindow.dfXOff == oRequest.nXOff && oWindow.dfYOff == oRequest.nYOff &&
           oWindow.dfXSize == oRequest.nBufXSize && oWindow.dfYSize == oRequest.nBufYSize;
}

namespace
{

// A nearest-neighbour read, processed in pieces of whole rows.
class NearestReader final
{
  public:
    NearestReader(struct emit_view *psView, const EMITGridLevel &oLevel,
                  const EMITRequest &oRequest);

    CPLErr Read();

  private:
    size_t GetPieceRowCount() const;
    bool ReadCells(size_t iRow, size_t nRows, const struct emit_buffer &sBuffer);
    bool ReadDirectly(size_t iRow, size_t nRows);
    bool ReadConverted(size_t iRow, size_t nRows);
    void ConvertRow(const GByte *pabySource, GByte *pabyTarget) const;
    bool ReportProgress(size_t nRowsDone) const;

    struct emit_view *m_psView;
    const EMITRequest &m_oRequest;
    GDALDataType m_eType;
    size_t m_nTypeSize;
    std::vector<int64_t> m_anRows;
    std::vector<int64_t> m_anColumns;
    std::vector<int> m_anBands;      // 0-based, as the core counts
    std::vector<GByte> m_abyPiece{}; // rows of bands of columns, in the view's type
};

} // namespace

NearestReader::NearestReader(struct emit_view *psView, const EMITGridLevel &oLevel,
                             const EMITRequest &oRequest)
    : m_psView(psView), m_oRequest(oRequest)
{
    const struct emit_view_info *psInfo = emit_view_describe(psView);
    m_eType = GDALGetDataTypeByName(emit_type_name(psInfo->type));
    m_nTypeSize = emit_type_size(psInfo->type);

    const SourceWindow oWindow = GetSourceWindow(oRequest);
    m_anRows = oLevel.PickRows(oWindow.dfYOff, oWindow.dfYSize, oRequest.nBufYSize);
    m_anColumns = oLevel.PickColumns(oWindow.dfXOff, oWindow.dfXSize, oRequest.nBufXSize);
    for (int i = 0; i < oRequest.nBandCount; ++i)
        m_anBands.push_back(oRequest.panBandMap[i] - 1);
}

// The whole window in one piece, unless it must be converted or has a progress callback.
size_t NearestReader::GetPieceRowCount() const
{
    if (m_eType == m_oRequest.eBufType && m_oRequest.psExtraArg->pfnProgress == nullptr)
        return m_anRows.size();
    const size_t nRowBytes = m_anColumns.size() * m_anBands.size() * m_nTypeSize;
    return std::max<size_t>(1, PIECE_NBYTES / nRowBytes);
}

bool NearestReader::ReadCells(size_t iRow, size_t nRows, const struct emit_buffer &sBuffer)
{
    const struct emit_cells sCells = {m_anRows.data() + iRow, nRows, m_anColumns.data(),
                                      m_anColumns.size()};
    struct emit_error sError = {};
    const enum emit_status eStatus =
        emit_view_read(m_psView, &sCells, m_anBands.data(), m_anBands.size(), &sBuffer, &sError);
    if (eStatus != EMIT_OK)
        EMITReportError(eStatus, sError);
    else if (emit_view_take_warning(m_psView, &sError))
        EMITError(CE_Warning, CPLE_AppDefined, "%s", sError.message);
    return eStatus == EMIT_OK;
}

bool NearestReader::ReadDirectly(size_t iRow, size_t nRows)
{
    const auto nStart =
        static_cast<GPtrDiff_t>(static_cast<GSpacing>(iRow) * m_oRequest.nLineSpace);
    const struct emit_buffer sBuffer = {static_cast<GByte *>(m_oRequest.pData) + nStart,
                                        static_cast<ptrdiff_t>(m_oRequest.nLineSpace),
                                        static_cast<ptrdiff_t>(m_oRequest.nPixelSpace),
                                        static_cast<ptrdiff_t>(m_oRequest.nBandSpace)};
    return ReadCells(iRow, nRows, sBuffer);
}

void NearestReader::ConvertRow(const GByte *pabySource, GByte *pabyTarget) const
{
    const int nTypeSize = static_cast<int>(m_nTypeSize);
    const GPtrDiff_t nCount = static_cast<GPtrDiff_t>(m_anColumns.size());
    if (m_oRequest.nPixelSpace == static_cast<int>(m_oRequest.nPixelSpace))
    {
        GDALCopyWords64(pabySource, m_eType, nTypeSize, pabyTarget, m_oRequest.eBufType,
                        static_cast<int>(m_oRequest.nPixelSpace), nCount);
        return;
    }
    // GDALCopyWords64() has int strides.
    for (GPtrDiff_t i = 0; i < nCount; ++i)
        GDALCopyWords64(pabySource + i * nTypeSize, m_eType, 0,
                        pabyTarget + i * m_oRequest.nPixelSpace, m_oRequest.eBufType, 0, 1);
}

bool NearestReader::ReadConverted(size_t iRow, size_t nRows)
{
    const size_t nBandBytes = m_anColumns.size() * m_nTypeSize;
    const size_t nRowBytes = nBandBytes * m_anBands.size();
    m_abyPiece.resize(nRows * nRowBytes);
    const struct emit_buffer sBuffer = {m_abyPiece.data(), static_cast<ptrdiff_t>(nRowBytes),
                                        static_cast<ptrdiff_t>(m_nTypeSize),
                                        static_cast<ptrdiff_t>(nBandBytes)};
    if (!ReadCells(iRow, nRows, sBuffer))
        return false;

    for (size_t i = 0; i < nRows; ++i)
    {
        const GByte *pabySource = m_abyPiece.data() + i * nRowBytes;
        GByte *pabyTarget = static_cast<GByte *>(m_oRequest.pData) +
                            static_cast<GPtrDiff_t>(iRow + i) * m_oRequest.nLineSpace;
        for (size_t iBand = 0; iBand < m_anBands.size(); ++iBand)
            ConvertRow(pabySource + iBand * nBandBytes,
                       pabyTarget + static_cast<GPtrDiff_t>(iBand) * m_oRequest.nBandSpace);
    }
    return true;
}

bool NearestReader::ReportProgress(size_t nRowsDone) const
{
    const GDALRasterIOExtraArg *psExtraArg = m_oRequest.psExtraArg;
    return psExtraArg->pfnProgress == nullptr ||
           psExtraArg->pfnProgress(static_cast<double>(nRowsDone) /
                                       static_cast<double>(m_anRows.size()),
                                   "", psExtraArg->pProgressData);
}

CPLErr NearestReader::Read()
{
    const size_t nPieceRows = GetPieceRowCount();
    for (size_t iRow = 0; iRow < m_anRows.size(); iRow += nPieceRows)
    {
        const size_t nRows = std::min(nPieceRows, m_anRows.size() - iRow);
        const bool bRead =
            m_eType == m_oRequest.eBufType ? ReadDirectly(iRow, nRows) : ReadConverted(iRow, nRows);
        if (!bRead || !ReportProgress(iRow + nRows))
            return CE_Failure;
    }
    return CE_None;
}

// While the driver's cache holds more than an eighth of GDAL_CACHEMAX, GDAL's block cache holds at
// most a quarter: a copy of a deflated granule would otherwise fill both. Its blocks are those of
// the output, or can be read again from the driver's cache.
static void ShareMemory()
{
    const GIntBig nBudget = GDALGetCacheMax64();
    if (emit_cache_used() <= static_cast<size_t>(nBudget / 8))
        return;
    while (GDALGetCacheUsed64() > nBudget / 4 && GDALFlushCacheBlock())
        continue;
}

CPLErr EMITRead(struct emit_view *psView, const EMITGridLevel &oLevel, const EMITRequest &oRequest)
{
    if (oRequest.nBandCount == 0)
        return CE_None;
    ShareMemory();
    return EMITGuard(CE_Failure, [&]() { return NearestReader(psView, oLevel, oRequest).Read(); });
}

// Whether the window from "nOff" on over "nSize" of "nAll" cells is valid.
static bool IsInside(int nOff, int nSize, int nBufSize, int nAll)
{
    return nOff >= 0 && nSize > 0 && nSize <= nAll && nOff <= nAll - nSize && nBufSize > 0;
}

static CPLErr Fetch(struct emit_view *psView, const EMITGridLevel &oLevel,
                    const EMITWindow &oWindow, int nBandCount, const int *panBandMap)
{
    const auto anRows =
        oLevel.PickRows(oWindow.nYOff, oWindow.nYSize, std::min(oWindow.nBufYSize, oWindow.nYSize));
    const auto anColumns = oLevel.PickColumns(oWindow.nXOff, oWindow.nXSize,
                                              std::min(oWindow.nBufXSize, oWindow.nXSize));
    std::vector<int> anBands;
    anBands.reserve(static_cast<size_t>(nBandCount));
    for (int i = 0; i < nBandCount; ++i)
        anBands.push_back(panBandMap != nullptr ? panBandMap[i] - 1 : i);
    const struct emit_cells sCells = {anRows.data(), anRows.size(), anColumns.data(),
                                      anColumns.size()};
    struct emit_error sError = {};
    if (emit_view_fetch(psView, &sCells, anBands.data(), anBands.size(), &sError) != EMIT_OK)
        EMITDebug("not prefetched: %s", sError.message);
    return CE_None;
}

CPLErr EMITAdvise(struct emit_view *psView, const EMITGridLevel &oLevel, const EMITWindow &oWindow,
                  int nBandCount, const int *panBandMap)
{
    if (!IsInside(oWindow.nXOff, oWindow.nXSize, oWindow.nBufXSize, oLevel.GetColumnCount()) ||
        !IsInside(oWindow.nYOff, oWindow.nYSize, oWindow.nBufYSize, oLevel.GetRowCount()))
    {
        EMITError(CE_Failure, CPLE_IllegalArg, "AdviseRead: the window is not within the raster");
        return CE_Failure;
    }
    return EMITGuard(CE_Failure,
                     [&]() { return Fetch(psView, oLevel, oWindow, nBandCount, panBandMap); });
}

int EMITGetCoverage(struct emit_view *psView, const EMITGridLevel &oLevel,
                    const EMITWindow &oWindow, int nBand, double *pdfDataPct)
{
    const auto anRows = oLevel.PickRows(oWindow.nYOff, oWindow.nYSize, oWindow.nBufYSize);
    const auto anColumns = oLevel.PickColumns(oWindow.nXOff, oWindow.nXSize, oWindow.nBufXSize);
    const struct emit_cells sCells = {anRows.data(), anRows.size(), anColumns.data(),
                                      anColumns.size()};
    const uint64_t nCells = static_cast<uint64_t>(anRows.size()) * anColumns.size();
    uint64_t nShown = 0;
    struct emit_error sError = {};
    int nStatus = 0;
    if (emit_view_count(psView, &sCells, nBand - 1, &nShown, &sError) != EMIT_OK)
    {
        EMITDebug("no coverage: %s", sError.message);
        nStatus = GDAL_DATA_COVERAGE_STATUS_UNIMPLEMENTED;
        nShown = nCells;
    }
    if (nShown > 0)
        nStatus |= GDAL_DATA_COVERAGE_STATUS_DATA;
    if (nShown < nCells)
        nStatus |= GDAL_DATA_COVERAGE_STATUS_EMPTY;
    if (pdfDataPct != nullptr)
        *pdfDataPct = 100.0 * static_cast<double>(nShown) / static_cast<double>(nCells);
    return nStatus;
}
