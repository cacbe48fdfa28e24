/* SPDX-License-Identifier: MIT */
/*
 * Checks the lookup table against lon and lat. In files from which lines, samples or cells were cut
 * out without re-basing the table, cells show pixels that lie elsewhere.
 */
#ifndef EMIT_GEOMETRY_GLT_CHECK_H
#define EMIT_GEOMETRY_GLT_CHECK_H

#include "core/granule/granule.h"
#include "core/store/lazy_array.h"

struct emit_glt_check;

/* The lookup table as int32 over the ortho grid. */
struct emit_glt_arrays
{
    struct emit_lazy_array *crosstrack; /* glt_x */
    struct emit_lazy_array *downtrack;  /* glt_y */
};

/* Reads nothing. "granule" and the arrays are borrowed and must outlive the check. Release with
 * emit_glt_check_close(). */
enum emit_status emit_glt_check_open(const struct emit_granule *granule,
                                     struct emit_glt_arrays arrays,
                                     struct emit_glt_check **check_ret, struct emit_error *error);
void emit_glt_check_close(struct emit_glt_check *check); /* may be NULL */

/*
 * EMIT_ERROR_FORMAT if half of the cells or more show pixels that lie more than ten cells away. The
 * first call loads the arrays, on up to "threads" threads, and reads some of lon and lat. EMIT_OK
 * if these are missing or cannot be read. Thread-safe.
 */
enum emit_status emit_glt_check_run(struct emit_glt_check *check, int threads,
                                    struct emit_error *error);

/*
 * Moves the warning of emit_glt_check_run() to "*warning": the table fits badly, or all cells are
 * empty because it names pixels beyond the raw grid. False without one, and for all callers but the
 * first. Thread-safe.
 */
bool emit_glt_check_take_warning(struct emit_glt_check *check, struct emit_error *warning);

#endif
