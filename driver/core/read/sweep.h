/* SPDX-License-Identifier: MIT */
/* Recognises programs that read a view row after row, a request for some rows each. Thread-safe. */
#pragma once

#include "emit.h"

#include <stdatomic.h>

/* Zeroed: valid. */
struct emit_sweep
{
    atomic_int_least64_t first_row; /* of the last request */
    atomic_int_least64_t next_row;  /* after it */
    atomic_uint steps;              /* requests in a row that continued the one before */
};

/* Adds a request, which has rows and columns. Whether it belongs to a sweep over at least half of
 * the view's "columns". */
bool emit_sweep_add(struct emit_sweep *sweep, const struct emit_cells *cells, int64_t columns);
