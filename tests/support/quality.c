/* SPDX-License-Identifier: MIT */
#include "quality.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "noise.h"

#define CLOUD_OPACITY 0.4F
#define CIRRUS_OPACITY 0.2F
#define SPECTF_THRESHOLD 0.51F
#define DILATION_PIXELS 8.0 /* in a granule as wide as the instrument */
#define BUFFER_PIXELS 12.0F /* where the SpecTf buffer ends and -1 begins */
#define SATURATION 1.0F     /* cloud brightness above which some bands overflow */

static void lower(float *value, float candidate)
{
    if (candidate < *value)
        *value = candidate;
}

/*
 * Distances by steps to the eight neighbours: one pass down, one pass up. "plane" starts as 0 or
 * large.
 */
static void spread_distances(float *plane, size_t lines, size_t samples)
{
    const float diagonal = 1.41421356F;
    for (int pass = 0; pass < 2; pass++)
    {
        for (size_t step = 0; step < lines * samples; step++)
        {
            const size_t pixel = pass == 0 ? step : lines * samples - 1 - step;
            const size_t line = pixel / samples, sample = pixel % samples;
            const bool left = pass == 0 ? sample > 0 : sample + 1 < samples;
            const bool right = pass == 0 ? sample + 1 < samples : sample > 0;
            const bool up = pass == 0 ? line > 0 : line + 1 < lines;
            const size_t before = pass == 0 ? pixel - 1 : pixel + 1;
            const size_t above = pass == 0 ? pixel - samples : pixel + samples;
            if (left)
                lower(&plane[pixel], plane[before] + 1);
            if (up)
                lower(&plane[pixel], plane[above] + 1);
            if (up && left)
                lower(&plane[pixel], plane[pass == 0 ? above - 1 : above + 1] + diagonal);
            if (up && right)
                lower(&plane[pixel], plane[pass == 0 ? above + 1 : above - 1] + diagonal);
        }
    }
}

/* The detector is nearly right: it is unsure of thin edges and, rarely, at random. */
static float spectf_probability(float opacity, const struct mk_scene *scene, size_t pixel)
{
    const double doubt = 0.08 * (mk_noise_random(scene->seed + 77, (int64_t)pixel, 0) - 0.5);
    return (float)(1 / (1 + exp(-11 * (opacity - 0.33 + doubt))));
}

bool mk_clouds_init(struct mk_clouds *clouds, const struct mk_swath *swath,
                    const struct mk_scene *scene, struct mk_error *error)
{
    const float far = 1e6F;
    const size_t pixels = swath->lines * swath->samples;
    float **plane[] = {&clouds->to_cloud, &clouds->probability, &clouds->to_spectf};
    *clouds = (struct mk_clouds){0};
    for (size_t i = 0; i < sizeof plane / sizeof *plane; i++)
    {
        *plane[i] = malloc(pixels * sizeof **plane[i]);
        if (*plane[i] == NULL)
            return mk_fail(error, "no memory for the clouds of %zu pixels", pixels);
    }
    for (size_t pixel = 0; pixel < pixels; pixel++)
    {
        const float opacity =
            mk_scene_cloud(scene, swath->longitude[pixel], swath->latitude[pixel]);
        const float probability = spectf_probability(opacity, scene, pixel);
        clouds->to_cloud[pixel] = opacity > CLOUD_OPACITY ? 0 : far;
        clouds->probability[pixel] = probability;
        clouds->to_spectf[pixel] = probability > SPECTF_THRESHOLD ? 0 : far;
    }
    spread_distances(clouds->to_cloud, swath->lines, swath->samples);
    spread_distances(clouds->to_spectf, swath->lines, swath->samples);
    return true;
}

void mk_clouds_free(struct mk_clouds *clouds)
{
    free(clouds->to_cloud);
    free(clouds->probability);
    free(clouds->to_spectf);
    *clouds = (struct mk_clouds){0};
}

bool mk_is_spacecraft(const struct mk_swath *swath, const struct mk_scene *scene, size_t line,
                      size_t sample)
{
    const double along = (double)line / (double)swath->lines;
    const double across = (double)sample / (double)swath->samples;
    const double edge = 0.04 * (1 - fabs(along - 0.6) / 0.1);
    return scene->seed % 2 == 1 && across < edge;
}

static bool is_aggregate(const struct mk_clouds *clouds, const struct mk_swath *swath,
                         const struct mk_scene *scene, const struct mk_ground *ground, size_t line,
                         size_t sample)
{
    static const enum mk_mask_band FLAGS[] = {MK_FLAG_CLOUD, MK_FLAG_CIRRUS, MK_FLAG_WATER,
                                              MK_FLAG_SPACECRAFT, MK_FLAG_DILATED_CLOUD};
    for (size_t i = 0; i < sizeof FLAGS / sizeof *FLAGS; i++)
    {
        if (mk_mask_value(FLAGS[i], clouds, swath, scene, ground, line, sample) > 0)
            return true;
    }
    return ground->aerosol > MK_AEROSOL_LIMIT;
}

float mk_mask_value(enum mk_mask_band band, const struct mk_clouds *clouds,
                    const struct mk_swath *swath, const struct mk_scene *scene,
                    const struct mk_ground *ground, size_t line, size_t sample)
{
    const size_t pixel = line * swath->samples + sample;
    switch (band)
    {
    case MK_FLAG_CLOUD:
        return clouds->to_cloud[pixel] <= 0;
    case MK_FLAG_CIRRUS:
        return ground->cirrus > CIRRUS_OPACITY;
    case MK_FLAG_WATER:
        return ground->water > 0.5F && clouds->to_cloud[pixel] > 0;
    case MK_FLAG_SPACECRAFT:
        return mk_is_spacecraft(swath, scene, line, sample);
    case MK_FLAG_DILATED_CLOUD:
        return clouds->to_cloud[pixel] <= fmax(1, DILATION_PIXELS / scene->zoom);
    case MK_DATA_AEROSOL:
        return ground->aerosol;
    case MK_DATA_VAPOUR:
        return ground->vapour;
    case MK_FLAG_AGGREGATE:
        return is_aggregate(clouds, swath, scene, ground, line, sample);
    case MK_DATA_SPECTF_PROBABILITY:
        return clouds->probability[pixel];
    case MK_FLAG_SPECTF_CLOUD:
        return clouds->probability[pixel] > SPECTF_THRESHOLD;
    case MK_DATA_SPECTF_BUFFER:
        return clouds->to_spectf[pixel] <= BUFFER_PIXELS ? clouds->to_spectf[pixel] : -1;
    case MK_MASK_BANDS:
        break;
    }
    return 0;
}

size_t mk_band_mask_bytes(size_t bands)
{
    return (bands + 7) / 8;
}

static void set_bit(unsigned char *packed, size_t band)
{
    packed[band / 8] |= (unsigned char)(0x80U >> (band % 8));
}

/* A blemish of the detector: a round patch of bad elements around the band that NASA's guide shows.
 */
static bool is_blemished(size_t bands, size_t samples, size_t sample, size_t band)
{
    const double across = ((double)sample / (double)samples - 0.62) / 0.008;
    const double along = ((double)band / (double)bands - 0.822) / 0.02;
    return hypot(across, along) < 1;
}

/*
 * The detector belongs to the instrument, not to the scene: its bad columns do not depend on the
 * seed. One column loses bands 0-3 and 7, whose byte is 241, the fill value, which is valid data
 * here.
 */
static void add_bad_elements(size_t bands, size_t samples, size_t sample, unsigned char *packed)
{
    const uint32_t detector = 0x454d4954U;
    if (sample == samples / 3)
    {
        for (size_t band = 0; band < bands && band < 8; band++)
        {
            if (band < 4 || band == 7)
                set_bit(packed, band);
        }
    }
    else if (mk_noise_random(detector, (int64_t)sample, 0) < 0.095)
    {
        const int count = 1 + (int)(4 * mk_noise_random(detector, (int64_t)sample, 1));
        for (int i = 0; i < count; i++)
            set_bit(packed,
                    (size_t)((double)bands * mk_noise_random(detector, (int64_t)sample, 2 + i)));
    }
}

void mk_band_mask_pixel(const struct mk_spectra *spectra, const struct mk_ground *ground,
                        size_t samples, size_t sample, unsigned char *packed)
{
    memset(packed, 0, mk_band_mask_bytes(spectra->bands));
    add_bad_elements(spectra->bands, samples, sample, packed);
    const bool saturated = ground->weight[MK_CLOUD] > SATURATION;
    for (size_t band = 0; band < spectra->bands; band++)
    {
        const float nm = spectra->wavelength[band];
        if ((saturated && nm > 430 && nm < 510) ||
            is_blemished(spectra->bands, samples, sample, band))
            set_bit(packed, band);
    }
}
