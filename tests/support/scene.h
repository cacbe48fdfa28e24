/* SPDX-License-Identifier: MIT */
/*
 * The invented piece of Earth that sample granules look at: a coast with islands, mountains with
 * snow, a river with fields, desert, clouds and their shadows. Everything is a pure function of the
 * place, so two granules of one seed and width agree where they touch.
 */
#ifndef MK_SCENE_H
#define MK_SCENE_H

#include <stdint.h>

#include "spectra.h"

struct mk_scene
{
    uint32_t seed; /* of the ground */
    uint32_t sky;  /* of clouds and cirrus */
    double zoom; /* 1; more for granules narrower than the instrument: the same picture, coarser */
};

/* The upper left corner of the box around a granule that shows what the picture is made for. */
#define MK_SCENE_LONGITUDE (-10.20)
#define MK_SCENE_LATITUDE 30.90

/* Degrees, clockwise from north and from the zenith: the same all over, so that shading agrees. */
#define MK_SUN_AZIMUTH 142.0
#define MK_SUN_ZENITH 41.0

struct mk_ground
{
    double elevation;             /* m, 0 at sea */
    double rise_east, rise_north; /* slope, m per m */
    float weight[MK_MEMBERS];     /* share of each spectrum times its illumination */
    float cirrus;                 /* 0..1: how much it covers */
    float water;                  /* 0..1: share of the surface under it */
    float bare;                   /* 0..1: share of soil and rock that the sensor sees */
    float geology;                /* -1..1: which rocks the soil comes from */
    float aerosol;                /* optical thickness at 550 nm */
    float vapour;                 /* g/cm^2 */
};

/* A scene for granules of "samples" pixels a line; each "weather" has other clouds over the same
 * ground. */
struct mk_scene mk_scene_make(uint32_t seed, uint32_t weather, double samples);

/*
 * Height of the ground in m. Longitude and latitude in degrees; longitudes beyond 180 go on without
 * a seam.
 */
double mk_scene_elevation(const struct mk_scene *scene, double longitude, double latitude);

/* 0..1, how opaque the clouds are. */
float mk_scene_cloud(const struct mk_scene *scene, double longitude, double latitude);

/* All properties of a place. */
void mk_scene_look(const struct mk_scene *scene, double longitude, double latitude,
                   struct mk_ground *ground);

#endif
