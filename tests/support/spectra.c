/* SPDX-License-Identifier: MIT */
#include "spectra.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "noise.h"

#define FIRST_NM 381.00558
#define LAST_NM 2492.9238
#define KNOTS 16

/* Where the curves below are given: dense where vegetation, iron and clay have their features. */
static const double KNOT_NM[KNOTS] = {370, 450,  500,  560,  620,  670,  700,  750,
                                      900, 1100, 1250, 1450, 1650, 1950, 2200, 2500};

/* Percent reflectance at the knots, drawn by hand after published library spectra. */
static const double CURVE[MK_MEMBERS][KNOTS] = {
    [MK_RED_SOIL] = {5, 7, 8.5, 13, 21.5, 24, 25.5, 28, 27.5, 34, 38, 37, 43, 39, 39, 35},
    [MK_PALE_SOIL] = {13, 18, 21, 26, 30.5, 32.5, 34, 36, 39, 43, 45, 42, 47, 41, 44, 38},
    [MK_DARK_ROCK] = {8, 9.5, 10.5, 12, 13.5, 14.2, 14.6, 15, 15, 16, 17, 17, 18, 17, 18, 16},
    [MK_CROP] = {3, 3.4, 4.2, 9.5, 6, 4, 12, 40, 45, 43, 40, 18, 24, 5, 11, 5},
    [MK_FOREST] = {1.8, 2.2, 2.6, 4.6, 3.2, 2.5, 5.5, 20, 24, 22, 19, 8, 11, 2, 5, 2},
    [MK_STUBBLE] = {8, 11, 14, 19.5, 24, 26.5, 28.5, 32, 38, 42, 44, 35, 42, 26, 31, 22},
    [MK_DEEP_WATER] = {3.2, 3.4, 2.8, 1.6, .8, .6, .5, .35, .2, .1, .1, .05, .05, 0, 0, 0},
    [MK_TURBID_WATER] = {6, 8.5, 11, 11.5, 7, 5, 4, 2, 1, .4, .2, .1, .1, 0, 0, 0},
    [MK_SNOW] = {93, 95, 95, 95, 94, 94, 93, 91, 85, 70, 50, 6, 10, 3, 8, 5},
    [MK_CLOUD] = {74, 76, 77, 78, 78, 78, 78, 78, 77, 75, 72, 52, 62, 35, 45, 38},
    [MK_CIRRUS] = {52, 53, 54, 55, 55, 55, 55, 55, 54, 52, 50, 30, 38, 18, 24, 20},
};

struct feature
{
    enum mk_member member;
    double centre, width, depth; /* nm, nm (Gauss), fraction of the reflectance taken away */
};

static const struct feature FEATURES[] = {
    {MK_RED_SOIL, 870, 70, .12},    {MK_RED_SOIL, 2207, 18, .16},  {MK_RED_SOIL, 2165, 12, .07},
    {MK_PALE_SOIL, 2338, 22, .17},  {MK_PALE_SOIL, 1915, 30, .10}, {MK_DARK_ROCK, 2320, 28, .10},
    {MK_DARK_ROCK, 1000, 120, .08}, {MK_CROP, 980, 30, .07},       {MK_CROP, 1200, 35, .12},
    {MK_FOREST, 980, 30, .06},      {MK_FOREST, 1200, 35, .11},    {MK_STUBBLE, 2100, 40, .12},
    {MK_STUBBLE, 2300, 35, .10},    {MK_SNOW, 1030, 40, .12},      {MK_CLOUD, 1500, 60, .15},
};

/* Share of light that reaches the sensor: oxygen, water vapour and carbon dioxide take the rest. */
static const struct feature GASES[] = {
    {0, 761, 4, .55},   {0, 822, 10, .12},  {0, 940, 25, .45},  {0, 1130, 28, .55},
    {0, 1380, 48, .99}, {0, 1870, 62, .99}, {0, 2010, 12, .35}, {0, 2060, 12, .30},
};

static double bell(const struct feature *feature, double nm)
{
    const double away = (nm - feature->centre) / feature->width;
    return 1 - feature->depth * exp(-0.5 * away * away);
}

/* Hermite spline through the knots: no kinks that would look like features. */
static double spline(const double *value, double nm)
{
    size_t i = 1;
    while (i + 3 < KNOTS && nm >= KNOT_NM[i + 1])
        i++;
    const double width = KNOT_NM[i + 1] - KNOT_NM[i];
    const double t = (nm - KNOT_NM[i]) / width;
    const double slope0 = (value[i + 1] - value[i - 1]) / (KNOT_NM[i + 1] - KNOT_NM[i - 1]) * width;
    const double slope1 = (value[i + 2] - value[i]) / (KNOT_NM[i + 2] - KNOT_NM[i]) * width;
    if (t < 0 || t > 1) /* outer intervals lack a neighbour: straight line */
        return t < 0 ? value[1] +
                           (value[1] - value[0]) * (nm - KNOT_NM[1]) / (KNOT_NM[1] - KNOT_NM[0])
                     : value[i + 1] + (value[i + 2] - value[i + 1]) * (nm - KNOT_NM[i + 1]) /
                                          (KNOT_NM[i + 2] - KNOT_NM[i + 1]);
    return value[i] + t * (slope0 + t * (3 * (value[i + 1] - value[i]) - 2 * slope0 - slope1 +
                                         t * (2 * (value[i] - value[i + 1]) + slope0 + slope1)));
}

static double member_reflectance(enum mk_member member, double nm)
{
    double value = fmax(0, spline(CURVE[member], nm)) / 100;
    for (size_t i = 0; i < sizeof FEATURES / sizeof *FEATURES; i++)
    {
        if (FEATURES[i].member == member)
            value *= bell(&FEATURES[i], nm);
    }
    return value;
}

/* The sun as a black body of 5778 K, scaled to its 186 uW/cm^2/nm at 550 nm. */
static double sunlight(double nm)
{
    const double x = 14387769.0 / (5778 * nm), x550 = 14387769.0 / (5778 * 550.0);
    return 186 * pow(550 / nm, 5) * (exp(x550) - 1) / (exp(x) - 1);
}

static void fill_band(struct mk_spectra *spectra, size_t band)
{
    const double spacing =
        (LAST_NM - FIRST_NM) / (spectra->bands > 1 ? (double)spectra->bands - 1 : 1);
    const double nm = spectra->bands > 1 ? FIRST_NM + (double)band * spacing : 650;
    double clear = 1;
    for (size_t i = 0; i < sizeof GASES / sizeof *GASES; i++)
        clear *= bell(&GASES[i], nm);
    spectra->wavelength[band] = (float)nm;
    spectra->fwhm[band] = (float)spacing;
    spectra->good[band] = !((nm > 1325 && nm < 1435) || (nm > 1770 && nm < 1962));
    for (int member = 0; member < MK_MEMBERS; member++)
        spectra->reflectance[member][band] = (float)member_reflectance((enum mk_member)member, nm);
    spectra->gain[band] = (float)(sunlight(nm) * 0.72 * 0.85 * clear / 3.14159265);
    spectra->path[band] = (float)(sunlight(nm) * clear * 0.024 * pow(450 / nm, 4));
    spectra->grain[band] = (float)(0.0012 + 0.0015 * fabs(nm - 900) / 1600);
}

bool mk_spectra_init(struct mk_spectra *spectra, size_t bands, struct mk_error *error)
{
    *spectra = (struct mk_spectra){.bands = bands};
    const size_t arrays = MK_MEMBERS + 5;
    float *block = malloc(bands * (arrays * sizeof *block + 1));
    if (block == NULL)
        return mk_fail(error, "no memory for the spectra of %zu bands", bands);
    spectra->storage = block;
    float **slot[] = {&spectra->wavelength, &spectra->fwhm, &spectra->gain, &spectra->path,
                      &spectra->grain};
    for (size_t i = 0; i < sizeof slot / sizeof *slot; i++, block += bands)
        *slot[i] = block;
    for (int member = 0; member < MK_MEMBERS; member++, block += bands)
        spectra->reflectance[member] = block;
    spectra->good = (unsigned char *)block;
    for (size_t band = 0; band < bands; band++)
        fill_band(spectra, band);
    return true;
}

void mk_spectra_free(struct mk_spectra *spectra)
{
    free(spectra->storage);
    *spectra = (struct mk_spectra){0};
}

/* Noise by a few integer operations a value: half a billion of them make a granule. */
static void add_grain(const struct mk_spectra *spectra, size_t pixel, float *out)
{
    const uint32_t start =
        (uint32_t)(mk_noise_random(0x6e6f6973U, (int64_t)pixel, 0) * 4294967295.0);
    for (size_t band = 0; band < spectra->bands; band++)
    {
        uint32_t bits = (start + (uint32_t)band) * 0x9e3779b1U;
        bits = (bits ^ (bits >> 15)) * 0x85ebca6bU;
        out[band] += spectra->grain[band] * ((float)(int32_t)bits * 0x1p-31F);
    }
}

void mk_spectra_mix(const struct mk_spectra *spectra, const float weight[MK_MEMBERS], size_t pixel,
                    float *out)
{
    for (size_t band = 0; band < spectra->bands; band++)
        out[band] = 0;
    for (int member = 0; member < MK_MEMBERS; member++)
    {
        const float share = weight[member];
        const float *reflectance = spectra->reflectance[member];
        if (share <= 0)
            continue;
        for (size_t band = 0; band < spectra->bands; band++)
            out[band] += share * reflectance[band];
    }
    add_grain(spectra, pixel, out);
}
