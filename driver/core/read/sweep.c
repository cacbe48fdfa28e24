/* SPDX-License-Identifier: MIT */
#include "core/read/sweep.h"

/* Number of requests, each continuing the one before, that make a sweep. */
#define SWEEP_STEPS 2

/* Minimum number of cells of a request that is a sweep on its own. */
#define SWEEP_CELLS ((size_t)1 << 20)

/* Rows of overviews lie apart. */
static bool continues(const struct emit_cells *cells, int64_t next_row)
{
    const int64_t first = cells->rows[0];
    const int64_t span = cells->rows[cells->row_count - 1] - first;
    return first >= next_row && first - next_row <= span / (int64_t)cells->row_count;
}

bool emit_sweep_add(struct emit_sweep *sweep, const struct emit_cells *cells, int64_t columns)
{
    const int64_t width = cells->columns[cells->column_count - 1] - cells->columns[0] + 1;
    const int64_t first_row = cells->rows[0];
    const bool is_again = first_row == atomic_exchange(&sweep->first_row, first_row);
    const bool is_next =
        continues(cells, atomic_exchange(&sweep->next_row, cells->rows[cells->row_count - 1] + 1));
    const unsigned steps = atomic_load(&sweep->steps);
    const unsigned now = is_again ? steps : is_next ? steps + 1 : 0;
    atomic_store(&sweep->steps, now);
    return width >= columns - width &&
           (now >= SWEEP_STEPS || cells->row_count * cells->column_count >= SWEEP_CELLS);
}
