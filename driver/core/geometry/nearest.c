/* SPDX-License-Identifier: MIT */
#include "core/geometry/nearest.h"

#include "core/base/longitude.h"

#include <math.h>
#include <stdlib.h>

/* Pixels to search on each side. One is enough on a regular grid; three reach past single lines
 * without a location and irregularities caused by terrain. */
#define REACH 3

static const double radians_per_degree = 0.017453292519943295;

/* The target location, and the best pixel found. */
struct search
{
    const struct emit_places *places;
    double lat;
    double lon;
    double east_scale; /* length of a degree of longitude relative to one of latitude */
    struct emit_pixel best;
    double distance; /* of "best", squared, in degrees of latitude */
};

static bool precedes(struct emit_pixel a, struct emit_pixel b)
{
    return a.downtrack != b.downtrack ? a.downtrack < b.downtrack : a.crosstrack < b.crosstrack;
}

/* Compares a pixel with the best one; false if it has no location. */
static bool consider(struct search *search, struct emit_pixel pixel)
{
    const struct emit_places *places = search->places;
    const size_t number = emit_pixel_number(pixel, places->extent);
    const double north = places->lat[number] - search->lat;
    const double east =
        emit_longitude_difference(places->lon[number], search->lon) * search->east_scale;
    const double distance = east * east + north * north;
    if (distance < search->distance ||
        (distance == search->distance && precedes(pixel, search->best)))
    {
        search->distance = distance;
        search->best = pixel;
    }
    return !isnan(distance);
}

/* The line or sample of the raw grid that is nearest to "number". */
static int32_t clamp(int32_t number, int32_t size)
{
    return number < 0 ? 0 : number < size ? number : size - 1;
}

/* Compares the pixels around "centre". Returns whether a nearer one may lie outside: if the best
 * lies at the edge, or if pixels without a location may separate it from the edge. */
static bool search_ring(struct search *search, struct emit_pixel centre)
{
    const struct emit_extent extent = search->places->extent;
    const int32_t last_line = clamp(centre.downtrack + REACH, extent.downtrack);
    const int32_t last_sample = clamp(centre.crosstrack + REACH, extent.crosstrack);
    bool gaps = false;
    const int32_t first_line = clamp(centre.downtrack - REACH, extent.downtrack);
    const int32_t first_sample = clamp(centre.crosstrack - REACH, extent.crosstrack);
    for (int32_t line = first_line; line <= last_line; line++)
    {
        for (int32_t sample = first_sample; sample <= last_sample; sample++)
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
    /* Terminates, because each round ends at a pixel that is nearer, or as near with a lower
     * number. */
    while (search_ring(&search, search.best))
        ;
    return search.best;
}
