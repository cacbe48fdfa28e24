/* SPDX-License-Identifier: MIT */
/* RFL, RFLUNCERT and RAD: one spectrum a pixel. */
#include "products.h"

#include <math.h>
#include <stdlib.h>

#define BAD_BAND_REFLECTANCE                                                                       \
    (-0.01F) /* what version 001 holds in the deep water bands: not nodata */

static bool put_band_axis(const struct mk_acquisition *acquisition,
                          const struct mk_granule *granule, struct mk_error *error)
{
    const struct mk_spectra *spectra = &acquisition->spectra;
    const bool early = granule->product == MK_RAD && acquisition->options->early_names;
    const struct mk_variable wavelengths = {early ? "radiance_wl" : "wavelengths",
                                            "Wavelength Centers",
                                            "nm",
                                            NC_FLOAT,
                                            1,
                                            {granule->bands}};
    const struct mk_variable fwhm = {early ? "radiance_fwhm" : "fwhm",
                                     "Full Width at Half Max",
                                     "nm",
                                     NC_FLOAT,
                                     1,
                                     {granule->bands}};
    const struct mk_variable good = {
        "good_wavelengths",
        "Wavelengths where reflectance is useable: 1 = good data, 0 = bad data",
        "unitless",
        NC_UBYTE,
        1,
        {granule->bands}};
    MK_TRY(mk_put_vector(granule->sensor, &wavelengths, spectra->wavelength, error));
    MK_TRY(mk_put_vector(granule->sensor, &fwhm, spectra->fwhm, error));
    return granule->product == MK_RAD ||
           mk_put_vector(granule->sensor, &good, spectra->good, error);
}

/* Turns a pixel's reflectance into what the product holds. */
static void convert(const struct mk_spectra *spectra, enum mk_product product, float *values)
{
    for (size_t band = 0; band < spectra->bands; band++)
    {
        if (product == MK_RAD)
            values[band] = fmaxf(0, spectra->gain[band] * values[band] + spectra->path[band]);
        else if (product == MK_RFLUNCERT)
            values[band] = 0.002F + spectra->grain[band] + 0.02F * fabsf(values[band]);
        else if (!spectra->good[band])
            values[band] = BAD_BAND_REFLECTANCE;
    }
}

static void fill_line(const struct mk_acquisition *acquisition, enum mk_product product,
                      size_t line, struct mk_ground *ground, float *values)
{
    const struct mk_swath *swath = &acquisition->swath;
    const size_t bands = acquisition->spectra.bands;
    if (mk_swath_line_is_screened(swath->lines, line))
    {
        for (size_t i = 0; i < swath->samples * bands; i++)
            values[i] = MK_NODATA;
        return;
    }
    mk_look_at_line(acquisition, line, ground);
    for (size_t sample = 0; sample < swath->samples; sample++)
    {
        float *pixel = values + sample * bands;
        mk_spectra_mix(&acquisition->spectra, ground[sample].weight, line * swath->samples + sample,
                       pixel);
        convert(&acquisition->spectra, product, pixel);
    }
}

static bool put_cube(const struct mk_acquisition *acquisition, const struct mk_granule *granule,
                     int id, struct mk_error *error)
{
    const struct mk_swath *swath = &acquisition->swath;
    float *values = malloc(swath->samples * acquisition->spectra.bands * sizeof *values);
    struct mk_ground *ground = malloc(swath->samples * sizeof *ground);
    bool ok = values != NULL && ground != NULL;
    if (!ok)
        mk_fail(error, "no memory for a line of %zu pixels", swath->samples);
    for (size_t line = 0; ok && line < swath->lines; line++)
    {
        fill_line(acquisition, granule->product, line, ground, values);
        ok = mk_put_line(granule->root, id, line, values, error);
    }
    free(ground);
    free(values);
    return ok;
}

/*
 * Small corrections around 1, one a detector element: an array over the swath's columns, not an
 * image.
 */
static bool put_flat_field(const struct mk_acquisition *acquisition,
                           const struct mk_granule *granule, struct mk_error *error)
{
    const size_t samples = acquisition->swath.samples, bands = acquisition->spectra.bands;
    const struct mk_variable flat = {"flat_field_update",
                                     "Flat Field Update",
                                     NULL,
                                     NC_FLOAT,
                                     2,
                                     {granule->crosstrack, granule->bands}};
    float *values = malloc(samples * bands * sizeof *values);
    if (values == NULL)
        return mk_fail(error, "no memory for a flat field of %zu columns", samples);
    for (size_t i = 0; i < samples * bands; i++)
        values[i] = 1 + 0.01F * (float)sin(0.37 * (double)(i / bands) + 1.9 * (double)(i % bands));
    const bool ok = mk_put_vector(granule->root, &flat, values, error);
    free(values);
    return ok;
}

/* The second generation stores the state of the atmosphere with the reflectance. */
static bool put_state(const struct mk_acquisition *acquisition, const struct mk_granule *granule,
                      struct mk_error *error)
{
    const struct mk_swath *swath = &acquisition->swath;
    const int y = granule->downtrack, x = granule->crosstrack;
    const struct mk_variable aerosol = {
        "aerosol_optical_thickness",
        "Optical thickness of atmosphere layer due to ambient aerosol particles at 550 nm",
        "unitless",
        NC_DOUBLE,
        2,
        {y, x}};
    const struct mk_variable vapour = {
        "water_vapor", "Atmospheric mass content of water vapor", "g/cm^2", NC_DOUBLE, 2, {y, x}};
    int group, ids[2];
    MK_TRY(mk_put_group(granule->root, "state_variables", &group, error));
    MK_TRY(mk_define(group, &aerosol, MK_NODATA, &mk_contiguous, &ids[0], error));
    MK_TRY(mk_define(group, &vapour, MK_NODATA, &mk_contiguous, &ids[1], error));
    double *values = malloc(2 * swath->samples * sizeof *values);
    struct mk_ground *ground = malloc(swath->samples * sizeof *ground);
    bool ok = values != NULL && ground != NULL;
    if (!ok)
        mk_fail(error, "no memory for a line of %zu pixels", swath->samples);
    for (size_t line = 0; ok && line < swath->lines; line++)
    {
        const bool screened = mk_swath_line_is_screened(swath->lines, line);
        mk_look_at_line(acquisition, line, ground);
        for (size_t sample = 0; sample < swath->samples; sample++)
        {
            values[sample] = screened ? MK_NODATA : ground[sample].aerosol;
            values[swath->samples + sample] = screened ? MK_NODATA : ground[sample].vapour;
        }
        ok = mk_put_line(group, ids[0], line, values, error) &&
             mk_put_line(group, ids[1], line, values + swath->samples, error);
    }
    free(ground);
    free(values);
    return ok;
}

bool mk_write_cube(const struct mk_acquisition *acquisition, const struct mk_granule *granule,
                   struct mk_error *error)
{
    const int y = granule->downtrack, x = granule->crosstrack, z = granule->bands;
    const bool first = acquisition->options->id.generation == 1;
    const bool location_first = granule->product != MK_RAD;
    const struct mk_variable variables[] = {
        [MK_RFL] = {"reflectance",
                    first ? "Surface Reflectance" : "Hemispherical-Directional Reflectance Factor",
                    "unitless",
                    NC_FLOAT,
                    3,
                    {y, x, z}},
        [MK_RFLUNCERT] = {"reflectance_uncertainty",
                          first ? "Surface Reflectance Uncertainty"
                                : "Hemispherical-Directional Reflectance Factor Uncertainty",
                          "unitless",
                          NC_FLOAT,
                          3,
                          {y, x, z}},
        [MK_RAD] = {"radiance", "Radiance Data", "uW/cm^2/SR/nm", NC_FLOAT, 3, {y, x, z}},
    };
    const struct mk_storage *storage = mk_storage_or(acquisition, &mk_contiguous);
    const struct mk_options *options = acquisition->options;
    int id;
    MK_TRY(put_band_axis(acquisition, granule, error));
    if (location_first)
        MK_TRY(mk_write_location(acquisition, granule, error));
    MK_TRY(mk_define(granule->root, &variables[granule->product], MK_NODATA, storage, &id, error));
    MK_TRY(put_cube(acquisition, granule, id, error));
    if (granule->product == MK_RAD && options->flat_field)
        MK_TRY(put_flat_field(acquisition, granule, error));
    if (granule->product == MK_RFL && options->id.generation == 2)
        MK_TRY(put_state(acquisition, granule, error));
    return location_first || mk_write_location(acquisition, granule, error);
}
