/* SPDX-License-Identifier: MIT */
/*
 * The band axis, the spectra that every pixel is mixed from, and how reflectance becomes radiance.
 */
#ifndef MK_SPECTRA_H
#define MK_SPECTRA_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

enum mk_member
{
    MK_RED_SOIL,
    MK_PALE_SOIL,
    MK_DARK_ROCK,
    MK_CROP,
    MK_FOREST,
    MK_STUBBLE,
    MK_DEEP_WATER,
    MK_TURBID_WATER,
    MK_SNOW,
    MK_CLOUD,
    MK_CIRRUS,
    MK_MEMBERS
};

/* All arrays hold one value a band and belong to the struct. */
struct mk_spectra
{
    size_t bands;
    float *wavelength;   /* nm, rising from 381 to 2493 */
    float *fwhm;         /* nm, the spacing of the bands */
    unsigned char *good; /* 0 in the deep water bands (1325-1435, 1770-1962 nm), else 1 */
    float *reflectance[MK_MEMBERS]; /* 0..1 */
    float *gain, *path;             /* radiance = gain * reflectance + path, uW/cm^2/SR/nm */
    float *grain;                   /* typical noise of reflectance */
    void *storage;                  /* freed by mk_spectra_free() */
};

/* Zeroed "spectra" is valid for mk_spectra_free(). Fails only for lack of memory. */
bool mk_spectra_init(struct mk_spectra *spectra, size_t bands, struct mk_error *error);
void mk_spectra_free(struct mk_spectra *spectra);

/*
 * Mixes one pixel: out[band] = sum of weight[member] * reflectance[member][band], plus sensor noise
 * that depends on "pixel" (any number) alone. "out" holds spectra->bands values.
 */
void mk_spectra_mix(const struct mk_spectra *spectra, const float weight[MK_MEMBERS], size_t pixel,
                    float *out);

#endif
