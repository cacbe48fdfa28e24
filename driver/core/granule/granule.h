/* SPDX-License-Identifier: MIT */
/* Content of a granule: sizes, georeferencing, bands, variables, and their storage layout. */
#pragma once

#include "core/base/raw_grid.h"
#include "core/base/strings.h"
#include "core/granule/schema.h"
#include "core/hdf5/h5.h"

/* A variable over the raw grid. */
struct emit_swath_variable
{
    const char *name;
    const char *long_name; /* "" if absent; also "units" */
    const char *units;
    struct emit_layout layout; /* rank 2 or 3, over downtrack and crosstrack first */
};

/* The spectral axis; arrays have "count" elements, or are NULL if the file does not have them. */
struct emit_spectral_axis
{
    size_t count; /* 0: no spectral axis */
    const double *wavelength_nm;
    const double *fwhm_nm;
    const double *good; /* 1 good, 0 bad */
};

/* Whether the granule marks the band as bad; tolerates a packing error. */
bool emit_axis_is_bad(const struct emit_spectral_axis *axis, size_t band);

/* A root variable that exists but is not read: of a type that is not supported, or a main one whose
 * dimensions are in another order. */
struct emit_unread_variable
{
    const char *name;
    const char *reason; /* names file and variable */
};

struct emit_labels
{
    size_t count;
    const char *const *text;
};

/* Constant once open; reads through "h5" are thread-safe. */
struct emit_granule
{
    struct emit_h5 *h5;
    const char *path;
    struct emit_extent extent; /* of the raw grid */

    bool has_glt; /* implies geotransform */
    struct emit_layout glt_x;
    struct emit_layout glt_y;
    int64_t ortho_rows;
    int64_t ortho_columns;
    double geotransform[6];
    bool has_lonlat;
    const char
        *conflict; /* names an array of location of another size than the raw grid, or NULL */
    const char *spatial_ref; /* "" if absent */
    const char *time_start;  /* "" if absent */

    const struct emit_pair *attributes; /* of the root group */
    size_t attribute_count;
    struct emit_spectral_axis axis;
    struct emit_labels mask_labels;
    struct emit_labels obs_labels;
    struct emit_swath_variable
        *variables; /* main variables first, then by name, those of groups last */
    size_t variable_count;
    struct emit_unread_variable *unread; /* of any shape */
    size_t unread_count;

    struct emit_arena arena;
};

/* Opens the granule at "path" (any GDAL virtual path), reading metadata only. EMIT_NOT_A_GRANULE if
 * it is not HDF5 or has neither a GLT nor a variable over downtrack and crosstrack. Release with
 * emit_granule_close(). */
enum emit_status emit_granule_open(const char *path, struct emit_granule **granule_ret,
                                   struct emit_error *error);
/* Opens a granule of which only masks or state variables are used: without geometry, bands and
 * attributes, which would cost requests on a server. EMIT_NOT_A_GRANULE if it is not HDF5,
 * EMIT_ERROR_OPTION if it has no swath. */
enum emit_status emit_granule_open_companion(const char *path, struct emit_granule **granule_ret,
                                             struct emit_error *error);

/* Prefetches from a server what emit_granule_open_companion() will read; any failure is left to
 * that function. */
void emit_granule_prefetch_companion(const char *path);

void emit_granule_close(struct emit_granule *granule); /* may be NULL */

/* The first that the file has of "path", its other name "synonym" (NULL: none), and the same names
 * in the root group, where NASA's emit_xarray() puts the datasets of all groups; NULL without any.
 */
const char *emit_granule_find_path(const struct emit_granule *granule, const char *path,
                                   const char *synonym);

/* The variable "name", or NULL. */
const struct emit_swath_variable *emit_granule_find(const struct emit_granule *granule,
                                                    const char *name);

/* The main variable, or NULL where the product has none (L2B MIN) or the file's is not read. */
const struct emit_swath_variable *emit_granule_main(const struct emit_granule *granule);

/* Why the file's variable called "name" (NULL: its main one) is not read; NULL if it is read or
 * does not exist. */
const char *emit_granule_unread(const struct emit_granule *granule, const char *name);

/* layout->encoding for reading values. Without _FillValue the mission's -9999 marks missing values,
 * except in packed integers, where it is a valid value. */
struct emit_encoding emit_layout_encoding(const struct emit_layout *layout);

/* Number of bands of a variable; 1 for rank 2. */
size_t emit_swath_variable_bands(const struct emit_swath_variable *variable);
