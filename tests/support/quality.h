/* SPDX-License-Identifier: MIT */
/*
 * Contents of the mask product: quality flags, and which bands the producer
 * interpolated.
 */
#ifndef MK_QUALITY_H
#define MK_QUALITY_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "names.h"
#include "scene.h"
#include "swath.h"

#define MK_AEROSOL_LIMIT 0.5F /* optical thickness above which the aggregate flag is set */

/* Planes of lines x samples, owned. */
struct mk_clouds
{
    float *to_cloud; /* pixels to the nearest pixel with the cloud flag, 0 within; large if none */
    float *probability; /* 0..1, of the SpecTf detector */
    float *to_spectf;   /* like to_cloud, for the SpecTf cloud flag */
};

/* Zeroed "clouds" is valid for mk_clouds_free(). Fails only for lack of memory. */
bool mk_clouds_init(struct mk_clouds *clouds, const struct mk_swath *swath,
                    const struct mk_scene *scene, struct mk_error *error);
void mk_clouds_free(struct mk_clouds *clouds);

/*
 * A solar panel of the station that looks into the field of view of every other seed, slanted along
 * the left edge.
 */
bool mk_is_spacecraft(const struct mk_swath *swath, const struct mk_scene *scene, size_t line,
                      size_t sample);

/* One band of the mask for one pixel of lines x samples. "ground" is what lies there. */
float mk_mask_value(enum mk_mask_band band, const struct mk_clouds *clouds,
                    const struct mk_swath *swath, const struct mk_scene *scene,
                    const struct mk_ground *ground, size_t line, size_t sample);

/* Bytes that a pixel's band mask takes: one bit a band. */
size_t mk_band_mask_bytes(size_t bands);

/*
 * Sets the bits of interpolated bands of one pixel, most significant bit first, and clears all
 * others. "packed" holds mk_band_mask_bytes(spectra->bands) bytes. Detector elements fail in whole
 * columns; bands saturate over thick clouds of reflectance above 1.
 */
void mk_band_mask_pixel(const struct mk_spectra *spectra, const struct mk_ground *ground,
                        size_t samples, size_t sample, unsigned char *packed);

#endif
