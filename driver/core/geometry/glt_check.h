/* SPDX-License-Identifier: MIT */
/* Checks the lookup table against lon and lat. In files from which lines, samples or cells were cut
 * out without re-basing the table, cells show pixels that lie elsewhere. */
#pragma once

#include "core/base/platform.h"
#include "core/geometry/glt.h"
#include "core/granule/granule.h"
#include "core/store/lazy_array.h"

/* Distances between cells and the pixels that they show, in cells, along rows or columns, whichever
 * is larger. */
struct emit_misfit
{
    size_t count; /* number of cells compared; if 0, the distances are 0 */
    double median;
    double high;        /* 90th percentile */
    bool is_zero_based; /* lines and samples seem to count from 0 */
    bool names_others;  /* an empty cell names a pixel beyond the raw grid: some were cut out */
};

/* Compares filled cells all over "area" of the grid with lon and lat of "granule": 64 of a local
 * file; 8 of a file on a server, if possible those of which emit_glt_check_prefetch() has fetched
 * lon and lat; 4 where a read means a request or decoding an archive. "glt" is loaded in "area". */
enum emit_status emit_misfit_measure(const struct emit_granule *granule, const struct emit_glt *glt,
                                     const struct emit_area *area, struct emit_misfit *misfit,
                                     struct emit_error *error);

/* The table of which some is loaded. "glt": glt_x and glt_y. */
static inline struct emit_glt emit_glt_of(const struct emit_granule *granule,
                                          struct emit_lazy_array *const *glt)
{
    return (struct emit_glt){emit_lazy_array_elements(glt[0]), emit_lazy_array_elements(glt[1]),
                             emit_glt_is_narrow(granule->extent), granule->extent};
}

/* Zeroed: no table to check, and valid. */
struct emit_glt_check
{
    const struct emit_granule *granule;
    struct emit_lazy_array *const *glt; /* glt_x, glt_y */
    atomic_bool measured;               /* "misfit" is valid */
    atomic_bool warned;
    struct emit_mutex lock; /* guards the members below; held while measuring */
    struct emit_misfit misfit;
    int failures; /* to measure it */
};

/* Reads nothing. "granule" and "glt", glt_x and glt_y as for emit_glt_of(), are borrowed and must
 * outlive the check. Release with emit_glt_check_close(). */
void emit_glt_check_open(const struct emit_granule *granule, struct emit_lazy_array *const *glt,
                         struct emit_glt_check *check);
void emit_glt_check_close(struct emit_glt_check *check);

/* Prefetches what the first emit_glt_check_run() reads from a server. Fails only if the table is
 * known to be wrong. Thread-safe. */
enum emit_status emit_glt_check_prefetch(const struct emit_glt_check *check,
                                         struct emit_error *error);

/* EMIT_ERROR_FORMAT if half of the cells or more show pixels that lie more than ten cells away. The
 * first call loads the table, on up to "threads" threads, and reads some of lon and lat. EMIT_OK
 * if these are missing or cannot be read. Thread-safe. */
enum emit_status emit_glt_check_run(struct emit_glt_check *check, int threads,
                                    struct emit_error *error);

/* Moves the warning of emit_glt_check_run() to "*warning": the table fits badly, or all cells are
 * empty because it names pixels beyond the raw grid. False without one, and for all callers but the
 * first. Thread-safe. */
bool emit_glt_check_take_warning(struct emit_glt_check *check, struct emit_error *warning);
