/* SPDX-License-Identifier: MIT */
/* Internal to the granule writer: shared by the writers of the products. */
#ifndef MK_PRODUCTS_H
#define MK_PRODUCTS_H

#include "granule_writer.h"
#include "quality.h"
#include "spectra.h"
#include "swath.h"

/* Data from which all products of one acquisition are made. */
struct mk_acquisition
{
    const struct mk_options *options;
    struct mk_scene scene;
    struct mk_swath swath;
    struct mk_glt glt;
    struct mk_spectra spectra;
    struct mk_clouds clouds;
    bool toolchain_2026;
    struct mk_storage packed; /* of masks, tables and mineral layers */
};

/* An unfinished file: its groups and dimensions, by netCDF id. */
struct mk_granule
{
    enum mk_product product;
    int root, sensor; /* "sensor": /sensor_band_parameters */
    int downtrack, crosstrack, bands, ortho_y, ortho_x;
};

/* Looks at every pixel of one line; "ground" holds swath.samples. */
void mk_look_at_line(const struct mk_acquisition *acquisition, size_t line,
                     struct mk_ground *ground);

/* How a root variable over downtrack x crosstrack is stored if the user did not choose. */
const struct mk_storage *mk_storage_or(const struct mk_acquisition *acquisition,
                                       const struct mk_storage *habit);

/* Writes /location, unless the options leave it out. The order of a file's objects depends on its
 * product. */
bool mk_write_location(const struct mk_acquisition *acquisition, const struct mk_granule *granule,
                       struct mk_error *error);

/* How many bands the product's file counts in dimension "bands"; 0: it has no such dimension. */
size_t mk_product_bands(const struct mk_acquisition *acquisition, enum mk_product product);

/* Each writes the variables of its products into a granule with groups and dimensions. */
bool mk_write_cube(const struct mk_acquisition *acquisition, const struct mk_granule *granule,
                   struct mk_error *error);
bool mk_write_mask(const struct mk_acquisition *acquisition, const struct mk_granule *granule,
                   struct mk_error *error);
bool mk_write_observation(const struct mk_acquisition *acquisition,
                          const struct mk_granule *granule, struct mk_error *error);
bool mk_write_minerals(const struct mk_acquisition *acquisition, const struct mk_granule *granule,
                       struct mk_error *error);

/* Root attributes of the granule. */
bool mk_write_attributes(const struct mk_acquisition *acquisition, const struct mk_granule *granule,
                         struct mk_error *error);

#endif
