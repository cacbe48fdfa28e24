// SPDX-License-Identifier: MIT
// Reads, read-ahead and coverage turn a window into the cells of the view that nearest neighbour
// selects, and pass these to the core. A read in the view's type fills the caller's buffer at once;
// any other one goes row by row through a buffer in which it is converted.
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

// The cells of the view that nearest neighbour selects for a buffer.
struct CellList
{
    CellList(const EMITGridLevel &oLevel, const SourceWindow &oSource, int nBufXSize, int nBufYSize)
        : anRows(oLevel.PickRows(oSource.dfYOff, oSource.dfYSize, nBufYSize)),
          anColumns(oLevel.PickColumns(oSource.dfXOff, oSource.dfXSize, nBufXSize))
    {
    }

    struct emit_cells GetRows(size_t iRow, size_t nRows) const
    {
        return {anRows.data() + iRow, nRows, anColumns.data(), anColumns.size()};
    }

    std::vector<int64_t> anRows;
    std::vector<int64_t> anColumns;
};

} // namespace

static SourceWindow GetSourceWindow(const EMITWindow &oWindow,
                                    const GDALRasterIOExtraArg *psExtraArg = nullptr)
{
    if (psExtraArg != nullptr && psExtraArg->bFloatingPointWindowValidity)
        return {psExtraArg->dfXOff, psExtraArg->dfYOff, psExtraArg->dfXSize, psExtraArg->dfYSize};
    return {static_cast<double>(oWindow.nXOff), static_cast<double>(oWindow.nYOff),
            static_cast<double>(oWindow.nXSize), static_cast<double>(oWindow.nYSize)};
}

// Bands as the core counts, from 0 on; the first ones if "panBandMap" is nullptr.
static std::vector<int> GetBands(int nBandCount, const int *panBandMap)
{
    std::vector<int> anBands(static_cast<size_t>(nBandCount));
    for (int i = 0; i < nBandCount; ++i)
        anBands[static_cast<size_t>(i)] = panBandMap != nullptr ? panBandMap[i] - 1 : i;
    return anBands;
}

bool EMITIsReduced(const EMITRequest &oRequest)
{
    return oRequest.nBufXSize < oRequest.nXSize || oRequest.nBufYSize < oRequest.nYSize;
}

bool EMITIsNearest(const EMITRequest &oRequest)
{
    if (oRequest.psExtraArg->eResampleAlg == GRIORA_NearestNeighbour)
        return true;
    const SourceWindow oWindow = GetSourceWindow(oRequest, oRequest.psExtraArg);
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
    CellList m_oCells;
    std::vector<int> m_anBands;
    std::vector<GByte> m_abyPiece{}; // rows of bands of columns, in the view's type
};

} // namespace

NearestReader::NearestReader(struct emit_view *psView, const EMITGridLevel &oLevel,
                             const EMITRequest &oRequest)
    : m_psView(psView), m_oRequest(oRequest),
      m_oCells(oLevel, GetSourceWindow(oRequest, oRequest.psExtraArg), oRequest.nBufXSize,
               oRequest.nBufYSize),
      m_anBands(GetBands(oRequest.nBandCount, oRequest.panBandMap))
{
    const struct emit_view_info *psInfo = emit_view_describe(psView);
    m_eType = GDALGetDataTypeByName(emit_type_name(psInfo->type));
    m_nTypeSize = emit_type_size(psInfo->type);
}

// The whole window in one piece, unless it must be converted or has a progress callback.
size_t NearestReader::GetPieceRowCount() const
{
    if (m_eType == m_oRequest.eBufType && m_oRequest.psExtraArg->pfnProgress == nullptr)
        return m_oCells.anRows.size();
    const size_t nRowBytes = m_oCells.anColumns.size() * m_anBands.size() * m_nTypeSize;
    return std::max<size_t>(1, PIECE_NBYTES / nRowBytes);
}

bool NearestReader::ReadCells(size_t iRow, size_t nRows, const struct emit_buffer &sBuffer)
{
    const struct emit_cells sCells = m_oCells.GetRows(iRow, nRows);
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
    const GPtrDiff_t nCount = static_cast<GPtrDiff_t>(m_oCells.anColumns.size());
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
    const size_t nBandBytes = m_oCells.anColumns.size() * m_nTypeSize;
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
                                       static_cast<double>(m_oCells.anRows.size()),
                                   "", psExtraArg->pProgressData);
}

CPLErr NearestReader::Read()
{
    const size_t nPieceRows = GetPieceRowCount();
    for (size_t iRow = 0; iRow < m_oCells.anRows.size(); iRow += nPieceRows)
    {
        const size_t nRows = std::min(nPieceRows, m_oCells.anRows.size() - iRow);
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
    const CellList oCells(oLevel, GetSourceWindow(oWindow),
                          std::min(oWindow.nBufXSize, oWindow.nXSize),
                          std::min(oWindow.nBufYSize, oWindow.nYSize));
    const std::vector<int> anBands = GetBands(nBandCount, panBandMap);
    const struct emit_cells sCells = oCells.GetRows(0, oCells.anRows.size());
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
    const CellList oCells(oLevel, GetSourceWindow(oWindow), oWindow.nBufXSize, oWindow.nBufYSize);
    const struct emit_cells sCells = oCells.GetRows(0, oCells.anRows.size());
    const uint64_t nCells = static_cast<uint64_t>(sCells.row_count) * sCells.column_count;
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
