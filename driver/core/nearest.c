/* SPDX-License-Identifier: MIT */
#include "core/nearest.h"

#include <math.h>
#include <stdbool.h>

/* Pixels looked at to each side. A step of one would do on an even grid; three see past single
 * lines without a place and the unevenness that terrain makes. */
#define REACH 3

static const double radians_per_degree = 0.017453292519943295;

/* A place, and the best pixel found for it. */
struct search
{
    const struct emit_places *places;
    double lat;
    double lon;
    double east_scale; /* metres of a degree eastwards per metre of one northwards */
    emit_pixel best;
    double distance; /* of "best", squared, in degrees of latitude */
};

static void consider(struct search *search, emit_pixel pixel)
{
    const double north = search->places->lat[pixel] - search->lat;
    const double east = (search->places->lon[pixel] - search->lon) * search->east_scale;
    const double distance = east * east + north * north;
    if (distance < search->distance || (distance == search->distance && pixel < search->best))
    {
        search->distance = distance;
        search->best = pixel;
    }
}

static int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static int32_t smaller(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* Looks at the pixels around (line, sample); whether the best now lies at the rim, so that a nearer
 * one may lie beyond. */
static bool look_around(struct search *search, int32_t line, int32_t sample)
{
    const struct emit_extent extent = search->places->extent;
    const int32_t last_line = smaller(line + REACH, extent.downtrack - 1);
    const int32_t last_sample = smaller(sample + REACH, extent.crosstrack - 1);
    for (int32_t l = larger(line - REACH, 0); l <= last_line; l++)
    {
        for (int32_t s = larger(sample - REACH, 0); s <= last_sample; s++)
            consider(search, l * extent.crosstrack + s);
    }
    const int32_t lines_off = search->best / extent.crosstrack - line;
    const int32_t samples_off = search->best % extent.crosstrack - sample;
    return lines_off == REACH || lines_off == -REACH || samples_off == REACH ||
           samples_off == -REACH;
}

emit_pixel emit_nearest_pixel(const struct emit_places *places, emit_pixel start, double lat,
                              double lon)
{
    struct search search = {places, lat, lon, cos(lat * radians_per_degree), start, INFINITY};
    const int32_t crosstrack = places->extent.crosstrack;
    /* Each round ends at a pixel that is nearer, or as near and lower, so this comes to an end. */
    emit_pixel centre;
    do
    {
        centre = search.best;
    } while (look_around(&search, centre / crosstrack, centre % crosstrack) &&
             search.best != centre);
    return search.best;
}
