/* SPDX-License-Identifier: MIT */
/*
 * Repeatable noise over the plane: the same seed and place always give the same value. Pure
 * functions.
 */
#ifndef MK_NOISE_H
#define MK_NOISE_H

#include <stdint.h>

/* Uniform in [0, 1), without any relation between neighbouring arguments. */
double mk_noise_random(uint32_t seed, int64_t x, int64_t y);

/* Smooth gradient noise within -1..1, mean 0, whose features are about one unit wide. */
double mk_noise_at(uint32_t seed, double x, double y);

/*
 * Sum of "octaves" layers, each twice as fine and half as strong as the one before; within about
 * -1..1.
 */
double mk_noise_fractal(uint32_t seed, double x, double y, int octaves);

/*
 * Mountains, 0..1: layers folded at their zero lines into sharp ridges, finer layers only where the
 * coarser ones are high, so that slopes are rugged and valley floors smooth.
 */
double mk_noise_ridged(uint32_t seed, double x, double y, int octaves);

#endif
