// SPDX-License-Identifier: MIT
// Which cells of a view are shown at one level of detail: all of them, or those of an overview.
#pragma once

#include "compat.h"

#include "emit.h"

#include <vector>

// A level is a grid over the same area; each of its cells shows the view's cell under its centre.
// GDAL selects the same cell when it reads the whole view by nearest neighbour into a buffer of the
// level's size, so that an overview and such a read never differ.
class EMITGridLevel final
{
  public:
    // Every "nFactor"-th cell in both directions, rounded up; 1 for all.
    EMITGridLevel(const struct emit_view_info &sInfo, int nFactor);

    // Factors of a view's overviews: 2, 4, 8, ... while the smaller side of the overview has more
    // than 256 cells.
    static std::vector<int> GetOverviewFactors(const struct emit_view_info &sInfo);

    int GetRowCount() const
    {
        return m_oRows.nCount;
    }

    int GetColumnCount() const
    {
        return m_oColumns.nCount;
    }

    // The view's rows or columns that nearest neighbour selects for "nCount" rows or columns of a
    // window that begins at "dfOff" and is "dfSize" long, in cells of the level.
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
