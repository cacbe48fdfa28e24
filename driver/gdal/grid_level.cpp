// SPDX-License-Identifier: MIT
#include "compat.h"

#include "grid_level.h"

#include <algorithm>

// GDALRasterBand::IRasterIO()'s tolerance for cells on a boundary.
constexpr double EPS = 1e-10;

static int DivideUp(int64_t nCells, int nFactor)
{
    return static_cast<int>((nCells + nFactor - 1) / nFactor);
}

EMITGridLevel::EMITGridLevel(const struct emit_view_info &sInfo, int nFactor)
    : m_oRows{DivideUp(sInfo.rows, nFactor), sInfo.rows}, m_oColumns{
                                                              DivideUp(sInfo.columns, nFactor),
                                                              sInfo.columns}
{
}

std::vector<int> EMITGridLevel::GetOverviewFactors(const struct emit_view_info &sInfo)
{
    constexpr int SMALLEST = 256;

    std::vector<int> anFactors;
    const int64_t nSide = std::min(sInfo.rows, sInfo.columns);
    for (int nFactor = 2; DivideUp(nSide, nFactor) > SMALLEST; nFactor *= 2)
        anFactors.push_back(nFactor);
    return anFactors;
}

// The centre of cell i is (i + 1/2) * nOfView / nCount, in integer arithmetic.
int64_t EMITGridLevel::Axis::ToView(double dfCell) const
{
    const double dfLast = static_cast<double>(nCount - 1);
    const int64_t nCell = static_cast<int64_t>(std::min(std::max(0.0, dfCell), dfLast));
    return (2 * nCell + 1) * nOfView / (2 * static_cast<int64_t>(nCount));
}

// Both functions select cells as GDALRasterBand::IRasterIO() does, including its rounding: it
// multiplies for rows, but adds for columns.

std::vector<int64_t> EMITGridLevel::PickRows(double dfOff, double dfSize, int nCount) const
{
    const double dfStep = dfSize / nCount;
    std::vector<int64_t> anRows(static_cast<size_t>(nCount));
    for (size_t i = 0; i < anRows.size(); ++i)
        anRows[i] = m_oRows.ToView((static_cast<double>(i) + 0.5) * dfStep + dfOff + EPS);
    return anRows;
}

std::vector<int64_t> EMITGridLevel::PickColumns(double dfOff, double dfSize, int nCount) const
{
    const double dfStep = dfSize / nCount;
    std::vector<int64_t> anColumns(static_cast<size_t>(nCount));
    double dfCell = 0.5 * dfStep + dfOff + EPS;
    for (int64_t &nColumn : anColumns)
    {
        nColumn = m_oColumns.ToView(dfCell);
        dfCell += dfStep;
    }
    return anColumns;
}
