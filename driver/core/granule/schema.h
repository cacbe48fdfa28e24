/* SPDX-License-Identifier: MIT */
/* All names and numbers of EMIT granules that the driver uses (sources in docs/format.md). Pure. */
#pragma once

#include "emit.h"

#define EMIT_DIMENSION_DOWNTRACK "downtrack"
#define EMIT_DIMENSION_CROSSTRACK "crosstrack"

#define EMIT_GROUP_LOCATION "/location"
#define EMIT_SUFFIX_MINERAL_ID "_mineral_id"

/* Maximum rows of a mineral table: ids are 16-bit. */
#define EMIT_MAX_MINERALS 32767

/* Paths of datasets in the mission's files; emit_granule_find_path() finds them in others, too. */
#define EMIT_PATH_LON EMIT_GROUP_LOCATION "/lon"
#define EMIT_PATH_LAT EMIT_GROUP_LOCATION "/lat"
#define EMIT_PATH_GLT_X EMIT_GROUP_LOCATION "/glt_x"
#define EMIT_PATH_GLT_Y EMIT_GROUP_LOCATION "/glt_y"
#define EMIT_PATH_WAVELENGTHS "/sensor_band_parameters/wavelengths" /* in nm, as FWHM */
#define EMIT_PATH_EARLY_WAVELENGTHS "/sensor_band_parameters/radiance_wl"
#define EMIT_PATH_FWHM "/sensor_band_parameters/fwhm"
#define EMIT_PATH_EARLY_FWHM "/sensor_band_parameters/radiance_fwhm"
#define EMIT_PATH_GOOD_WAVELENGTHS "/sensor_band_parameters/good_wavelengths"
#define EMIT_PATH_MASK_LABELS "/sensor_band_parameters/mask_bands"
#define EMIT_PATH_OBS_LABELS "/sensor_band_parameters/observation_bands"
#define EMIT_PATH_MINERAL_INDEX "/mineral_metadata/index"
#define EMIT_PATH_MINERAL_NAME "/mineral_metadata/name"
#define EMIT_PATH_FLAT_MINERAL_NAME "/mineral_name"
#define EMIT_PATH_MINERAL_LIBRARY "/mineral_metadata/library"
#define EMIT_PATH_MINERAL_RECORD "/mineral_metadata/record"
#define EMIT_PATH_MINERAL_URL "/mineral_metadata/url"
#define EMIT_PATH_MINERAL_GROUP "/mineral_metadata/group"

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
#define EMIT_COMPANION_VARIABLES 3
extern const char *const emit_schema_companion_variables[EMIT_COMPANION_VARIABLES];

/* Whether the bands of a variable of this name are wavelengths, if the file does not list them. */
bool emit_schema_is_spectral(const char *variable);

/* Rank-2 variables in groups of the mission's files, by the name used in dataset names. */
struct emit_group_variable
{
    const char *name;
    const char *path;
    bool is_location;
};
#define EMIT_GROUP_VARIABLES 5
extern const struct emit_group_variable emit_schema_group_variables[EMIT_GROUP_VARIABLES];

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

/* Whether a label of a file matches the "length" characters at "name". Case, spaces, hyphens,
 * underscores, a trailing "flag" and a unit in brackets are ignored. */
bool emit_schema_label_matches(const char *label, const char *name, size_t length);

/* State variable of V002 reflectance that replaces a mask's data band, or NULL. */
const char *emit_schema_state_variable(const char *name, size_t length);
