/* SPDX-License-Identifier: MIT */
#include "core/geometry/nearest.h"

#include "core/base/longitude.h"

#include <math.h>
#include <stdlib.h>

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
    struct emit_pixel best;
    double distance; /* of "best", squared, in degrees of latitude */
};

static bool comes_before(struct emit_pixel a, struct emit_pixel b)
{
    return a.downtrack != b.downtrack ? a.downtrack < b.downtrack : a.crosstrack < b.crosstrack;
}

/* Whether the pixel has a place to compare. */
static bool consider(struct search *search, struct emit_pixel pixel)
{
    const struct emit_places *places = search->places;
    const size_t number = emit_pixel_number(pixel, places->extent);
    const double north = places->lat[number] - search->lat;
    const double east =
        emit_longitude_difference(places->lon[number], search->lon) * search->east_scale;
    const double distance = east * east + north * north;
    if (distance < search->distance ||
        (distance == search->distance && comes_before(pixel, search->best)))
    {
        search->distance = distance;
        search->best = pixel;
    }
    return !isnan(distance);
}

static int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static int32_t smaller(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* Looks at the pixels around "centre"; whether a nearer one than the best may lie beyond: when the
 * best lies at the rim, or when pixels without a place may stand between it and the rim. */
static bool look_around(struct search *search, struct emit_pixel centre)
{
    const struct emit_extent extent = search->places->extent;
    const int32_t last_line = smaller(centre.downtrack + REACH, extent.downtrack - 1);
    const int32_t last_sample = smaller(centre.crosstrack + REACH, extent.crosstrack - 1);
    bool gaps = false;
    for (int32_t line = larger(centre.downtrack - REACH, 0); line <= last_line; line++)
    {
        for (int32_t sample = larger(centre.crosstrack - REACH, 0); sample <= last_sample; sample++)
            gaps |= !consider(search, (struct emit_pixel){line, sample});
    }
    const int32_t lines_off = abs(search->best.downtrack - centre.downtrack);
    const int32_t samples_off = abs(search->best.crosstrack - centre.crosstrack);
    return lines_off == REACH || samples_off == REACH || (gaps && lines_off + samples_off > 0);
}

struct emit_pixel emit_nearest_pixel(const struct emit_places *places, struct emit_pixel start,
                                     double lat, double lon)
{
    struct search search = {places, lat, lon, cos(lat * radians_per_degree), start, INFINITY};
    /* Each round ends at a pixel that is nearer, or as near and lower, so this comes to an end. */
    while (look_around(&search, search.best))
        ;
    return search.best;
}
