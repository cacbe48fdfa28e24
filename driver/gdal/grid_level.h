// SPDX-License-Identifier: MIT
// Which cells of a view are shown at one level of detail: all of them, or those of an overview.
#ifndef EMIT_GDAL_GRID_LEVEL_H
#define EMIT_GDAL_GRID_LEVEL_H

#include "compat.h"

#include "emit.h"

#include <vector>

// A level is a grid of its own, laid over the same area; each of its cells shows the view's cell
// under its centre. That is the cell which GDAL picks when it reads the whole view, by nearest
// neighbour, into a buffer of the level's size: an overview and such a read never differ.
class EMITGridLevel final
{
  public:
    // Every "nFactor"-th cell in both directions, rounded up; 1 for all.
    EMITGridLevel(const struct emit_view_info &sInfo, int nFactor);

    // The factors that the overviews of a view have: 2, 4, 8, ... while the smaller side of the
    // overview stays above 256 cells.
    static std::vector<int> GetOverviewFactors(const struct emit_view_info &sInfo);

    int GetRowCount() const
    {
        return m_oRows.nCount;
    }

    int GetColumnCount() const
    {
        return m_oColumns.nCount;
    }

    // The view's rows or columns that nearest neighbour picks when "nCount" of them show the
    // stretch of the level from "dfOff" on over "dfSize".
    std::vector<int64_t> PickRows(double dfOff, double dfSize, int nCount) const;
    std::vector<int64_t> PickColumns(double dfOff, double dfSize, int nCount) const;

  private:
    // One direction of the level.
    struct Axis
    {
        int nCount;      // cells of the level
        int64_t nOfView; // cells of the view

        int64_t ToView(double dfCell) const;
    };

    Axis m_oRows;
    Axis m_oColumns;
};

#endif
