/* SPDX-License-Identifier: MIT */
/* Every EMIT name and number that the driver relies on (docs/format.md has their sources). Pure. */
#ifndef EMIT_GRANULE_SCHEMA_H
#define EMIT_GRANULE_SCHEMA_H

#include "emit.h"

#define EMIT_DIMENSION_DOWNTRACK "downtrack"
#define EMIT_DIMENSION_CROSSTRACK "crosstrack"

#define EMIT_GROUP_LOCATION "/location"
#define EMIT_SUFFIX_MINERAL_ID "_mineral_id"

/* Most rows of a mineral table: ids are 16-bit. */
#define EMIT_MAX_MINERALS 32767

/*
 * Where a dataset may lie, best first, NULL at the end: in the mission's group, or in the root
 * group of a file that NASA's emit_xarray() has flattened.
 */
typedef const char *const emit_paths[5];
extern emit_paths emit_schema_lon;
extern emit_paths emit_schema_lat;
extern emit_paths emit_schema_glt_x;
extern emit_paths emit_schema_glt_y;
extern emit_paths emit_schema_wavelengths; /* in nm, also by the name of early radiance files */
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

/* What marks cells without a pixel among the 0s and 1s of the unpacked band mask. */
#define EMIT_BAND_MASK_NODATA 255

/* Bands of the instrument, and packed bytes that hold their bits. */
#define EMIT_BAND_COUNT 285
#define EMIT_BAND_MASK_NBYTES 36

/* Most bands, wavelengths or labels that a file may have: 14 times what the instrument gives. */
#define EMIT_MAX_BANDS 4096

/* The variable that opens when none is named, in order of preference; NULL at the end. */
extern const char *const emit_schema_main_variables[];

/* The groups that granules have. */
extern const char *const emit_schema_groups[];
extern const size_t emit_schema_group_count;

/* Root variables to know a granule by that only lends masks or state variables. */
extern const char *const emit_schema_companion_variables[];
extern const size_t emit_schema_companion_variable_count;

/* Whether the bands of a variable by this name are wavelengths, should the file not list them. */
bool emit_schema_is_spectral(const char *variable);

/* Variables of rank 2 that lie in a group of the mission's files, by the name that users give. */
struct emit_group_variable
{
    const char *name;
    const char *const *paths; /* as emit_paths */
    bool is_location;
};
extern const struct emit_group_variable emit_schema_group_variables[];
extern const size_t emit_schema_group_variable_count;

/* Wavelengths, in nm, that red, green and blue are taken nearest to. */
extern const double emit_schema_true_colour_nm[3];

/* Data bands of a mask that the options speak of. */
#define EMIT_LABEL_BUFFER_DISTANCE "SpecTf-Buffer Distance"

/* What a band of a mask holds. */
enum emit_label_kind
{
    EMIT_LABEL_FLAG, /* 0 or 1 */
    EMIT_LABEL_DATA  /* a quantity: never a flag */
};
enum emit_label_kind emit_schema_label_kind(const char *label);

/*
 * Whether a label in a file is the one that the user's "length" characters at "name" mean: case,
 * spaces, hyphens, underscores and a trailing "flag" do not count, nor does a unit in brackets.
 */
bool emit_schema_label_matches(const char *label, const char *name, size_t length);

/* State variable of V002 reflectance that stands for a mask's data band, or NULL. */
const char *emit_schema_state_variable(const char *name, size_t length);

#endif
