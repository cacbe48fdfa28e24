/* SPDX-License-Identifier: MIT */
/* Where the pixels of a granule lie, and the ortho grid that the lookup table maps them to. */
#ifndef MK_SWATH_H
#define MK_SWATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "scene.h"

/* Size of an ortho cell in degrees; every mission grid is a part of one lattice of such cells. */
#define MK_GRID_STEP 0.000542232520256367

struct mk_swath
{
    size_t lines, samples;        /* downtrack, crosstrack */
    double *longitude, *latitude; /* degrees, pixel centres, lines x samples, owned */
    double *elevation;            /* m, likewise */
};

struct mk_glt
{
    size_t rows, columns;
    double geotransform[6]; /* corner of the upper left cell, on the global lattice */
    int32_t *sample, *line; /* 1-based raw pixel of each cell, rows x columns, owned */
};

struct mk_swath_plan
{
    size_t lines, samples;
    double heading;   /* of flight, degrees clockwise from north */
    double longitude; /* upper left corner of the box around the swath, within a few cells */
    double latitude;
};

/* Zeroed structs are valid for the two _free functions. Both _init fail only for lack of memory. */
bool mk_swath_init(struct mk_swath *swath, const struct mk_swath_plan *plan,
                   const struct mk_scene *scene, struct mk_error *error);
void mk_swath_free(struct mk_swath *swath);

/*
 * Builds the table from the pixel centres. Cells without a pixel hold "fill" (0 or negative). As in
 * real granules about two thirds of the cells get the truly nearest pixel, a third of the pixels
 * appear twice and one in twenty never.
 */
bool mk_glt_init(struct mk_glt *glt, const struct mk_swath *swath, int32_t fill,
                 struct mk_error *error);
void mk_glt_free(struct mk_glt *glt);

/*
 * How far the line of sight of a sample leans from the vertical, radians, negative on the first
 * samples.
 */
double mk_swath_view_angle(size_t samples, size_t sample);

/* True for the few lines that the instrument dropped: data cubes hold -9999 there. */
bool mk_swath_line_is_screened(size_t lines, size_t line);

#endif
