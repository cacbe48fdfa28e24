/* SPDX-License-Identifier: MIT */
/* All names and numbers of EMIT granules that the driver uses (sources in docs/format.md). Pure. */
#ifndef EMIT_GRANULE_SCHEMA_H
#define EMIT_GRANULE_SCHEMA_H

#include "emit.h"

#define EMIT_DIMENSION_DOWNTRACK "downtrack"
#define EMIT_DIMENSION_CROSSTRACK "crosstrack"

#define EMIT_GROUP_LOCATION "/location"
#define EMIT_SUFFIX_MINERAL_ID "_mineral_id"

/* Maximum rows of a mineral table: ids are 16-bit. */
#define EMIT_MAX_MINERALS 32767

/*
 * Paths of a dataset, best first, NULL-terminated: in the mission's group, or in the root group of
 * a file flattened by NASA's emit_xarray().
 */
typedef const char *const emit_paths[5];
extern emit_paths emit_schema_lon;
extern emit_paths emit_schema_lat;
extern emit_paths emit_schema_glt_x;
extern emit_paths emit_schema_glt_y;
extern emit_paths emit_schema_wavelengths; /* in nm; includes the name in early radiance files */
extern emit_paths emit_schema_fwhm;        /* as emit_schema_wavelengths */
extern emit_paths emit_schema_good_wavelengths;
extern emit_paths emit_schema_mask_labels;
extern emit_paths emit_schema_obs_labels;
extern emit_paths emit_schema_mineral_index;
extern emit_paths emit_schema_mineral_name;
extern emit_paths emit_schema_mineral_library;
extern emit_paths emit_schema_mineral_record;
extern emit_paths emit_schema_mineral_url;
extern emit_paths emit_schema_mineral_group;

#define EMIT_ATTRIBUTE_GEOTRANSFORM "geotransform"
#define EMIT_ATTRIBUTE_SPATIAL_REF "spatial_ref"
#define EMIT_ATTRIBUTE_TIME_START "time_coverage_start"
#define EMIT_ATTRIBUTE_BUILD "software_build_version"

#define EMIT_VARIABLE_MASK "mask"
#define EMIT_VARIABLE_BAND_MASK "band_mask"
#define EMIT_PRODUCT_MASK "MASK"

/* Nodata of every float variable and of the 2-byte layers; of a GLT before November 2025. */
#define EMIT_NODATA (-9999.0)

/* Value of cells without a pixel in the unpacked band mask, whose other values are 0 and 1. */
#define EMIT_BAND_MASK_NODATA 255

/* Bands of the instrument, and the packed bytes of their bits. */
#define EMIT_BAND_COUNT 285
#define EMIT_BAND_MASK_NBYTES 36

/* Maximum number of bands, wavelengths or labels of a file: 14 times those of the instrument. */
#define EMIT_MAX_BANDS 4096

/* Main variables in order of preference, NULL-terminated: the first one present opens by
 * default. */
extern const char *const emit_schema_main_variables[];

/* Root variables that identify a granule of which only masks or state variables are used. */
extern const char *const emit_schema_companion_variables[];
extern const size_t emit_schema_companion_variable_count;

/* Whether the bands of a variable of this name are wavelengths, if the file does not list them. */
bool emit_schema_is_spectral(const char *variable);

/* Rank-2 variables in groups of the mission's files, by the name used in dataset names. */
struct emit_group_variable
{
    const char *name;
    const char *const *paths; /* as emit_paths */
    bool is_location;
};
extern const struct emit_group_variable emit_schema_group_variables[];
extern const size_t emit_schema_group_variable_count;

/* Wavelengths in nm of the red, green and blue bands. */
extern const double emit_schema_true_colour_nm[3];

/* Data bands of a mask that options refer to. */
#define EMIT_LABEL_BUFFER_DISTANCE "SpecTf-Buffer Distance"

/* Content of a mask band. */
enum emit_label_kind
{
    EMIT_LABEL_FLAG, /* 0 or 1 */
    EMIT_LABEL_DATA  /* a quantity: never a flag */
};
enum emit_label_kind emit_schema_label_kind(const char *label);

/*
 * Whether a label of a file matches the "length" characters at "name". Case, spaces, hyphens,
 * underscores, a trailing "flag" and a unit in brackets are ignored.
 */
bool emit_schema_label_matches(const char *label, const char *name, size_t length);

/* State variable of V002 reflectance that replaces a mask's data band, or NULL. */
const char *emit_schema_state_variable(const char *name, size_t length);

#endif
