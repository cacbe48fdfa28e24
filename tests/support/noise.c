/* SPDX-License-Identifier: MIT */
#include "noise.h"

#include <math.h>

/* Turning each octave by about 37 degrees (3-4-5 triangle) keeps the lattices from lining up. */
static const double TURN_COS = 0.8;
static const double TURN_SIN = 0.6;

static uint32_t hash(uint32_t seed, int64_t x, int64_t y)
{
    uint32_t bits = seed * 0x9e3779b1U ^ (uint32_t)x * 0x8da6b343U ^ (uint32_t)y * 0xd8163841U;
    bits ^= bits >> 16;
    bits *= 0x7feb352dU;
    bits ^= bits >> 15;
    bits *= 0x846ca68bU;
    return bits ^ (bits >> 16);
}

double mk_noise_random(uint32_t seed, int64_t x, int64_t y)
{
    return hash(seed, x, y) / 4294967296.0;
}

/*
 * floor() is a library call on plain x86-64, and millions of pixels take hundreds of noises each.
 */
static int64_t whole_below(double value)
{
    const int64_t whole = (int64_t)value;
    return whole - (value < (double)whole);
}

/*
 * Height, at a point "to_x", "to_y" away from a lattice corner, of the sloping plane that the
 * corner has.
 */
static double corner_plane(uint32_t seed, int64_t x, int64_t y, double to_x, double to_y)
{
    const uint32_t bits = hash(seed, x, y);
    const double slope_x = (double)(bits & 0xffffU) / 32768.0 - 1.0;
    const double slope_y = (double)(bits >> 16) / 32768.0 - 1.0;
    return slope_x * to_x + slope_y * to_y;
}

double mk_noise_at(uint32_t seed, double x, double y)
{
    const int64_t i = whole_below(x), j = whole_below(y);
    const double u = x - (double)i, v = y - (double)j;
    const double a = corner_plane(seed, i, j, u, v);
    const double b = corner_plane(seed, i + 1, j, u - 1, v);
    const double c = corner_plane(seed, i, j + 1, u, v - 1);
    const double d = corner_plane(seed, i + 1, j + 1, u - 1, v - 1);
    const double su = u * u * u * (u * (u * 6 - 15) + 10);
    const double sv = v * v * v * (v * (v * 6 - 15) + 10);
    return a + su * (b - a) + sv * (c - a + su * (a - b - c + d));
}

static void next_octave(double *x, double *y)
{
    const double turned_x = 2 * (TURN_COS * *x - TURN_SIN * *y);
    *y = 2 * (TURN_SIN * *x + TURN_COS * *y);
    *x = turned_x;
}

double mk_noise_fractal(uint32_t seed, double x, double y, int octaves)
{
    double sum = 0, weight = 1;
    for (int octave = 0; octave < octaves; octave++)
    {
        sum += weight * mk_noise_at(seed + (uint32_t)octave, x, y);
        weight *= 0.5;
        next_octave(&x, &y);
    }
    return sum;
}

double mk_noise_ridged(uint32_t seed, double x, double y, int octaves)
{
    double sum = 0, weight = 0.5, carried = 1;
    for (int octave = 0; octave < octaves; octave++)
    {
        const double fold = 1 - 1.5 * fabs(mk_noise_at(seed + (uint32_t)octave, x, y));
        const double ridge = fold > 0 ? fold * fold : 0;
        sum += weight * ridge * carried;
        carried = ridge < 0.4 ? 2.5 * ridge : 1;
        weight *= 0.52;
        next_octave(&x, &y);
    }
    return sum;
}
