/* SPDX-License-Identifier: MIT */
#include "core/mask/same_scene.h"

#include "core/base/longitude.h"
#include "core/granule/companion.h"
#include "core/granule/filename.h"
#include "core/granule/schema.h"
#include "core/store/variable_array.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Half a pixel. Crops may differ by one pixel, and users store lon and lat as float or packed. */
#define TOLERANCE_DEGREES 0.0003

/* Ten pixels: reprocessing a scene may change its geolocation. */
#define TOLERANCE_OF_BUILDS_DEGREES 0.006

#define DEGREE_METRES 111200.0
#define FARTHEST_METRES 2e7
#define PI 3.14159265358979323846

/* Pixels to compare first: two opposite corners and the middle. The corners are not those that
 * turning lines into samples leaves in place. */
#define FEW_PIXELS 3

/* Rows and columns of pixels over the whole raw grid, compared if one of the few has no location:
 * a scene that was cut along a polygon has none in its corners. */
#define GRID 16
#define MAX_PIXELS ((size_t)GRID * GRID)

static enum emit_status check_size(const struct emit_granule *granule,
                                   const struct emit_granule *other, struct emit_error *error)
{
    if (other->extent.downtrack == granule->extent.downtrack &&
        other->extent.crosstrack == granule->extent.crosstrack)
        return EMIT_OK;
    return emit_error_set(error, EMIT_ERROR_OPTION,
                          "%s (%d x %d pixels, downtrack x crosstrack) and %s (%d x %d) do not "
                          "show the same scene",
                          other->path, other->extent.downtrack, other->extent.crosstrack,
                          granule->path, granule->extent.downtrack, granule->extent.crosstrack);
}

/* ---- Time ----------------------------------------------------------------------------------- */

static enum emit_status check_time(const struct emit_granule *granule,
                                   const struct emit_granule *other, struct emit_error *error)
{
    char own_time[16];
    char other_time[16];
    if (!emit_compact_time(granule->time_start, own_time) ||
        !emit_compact_time(other->time_start, other_time))
    {
        emit_companion_time(granule, own_time);
        emit_companion_time(other, other_time);
    }
    if (strcmp(own_time, other_time) == 0)
        return EMIT_OK;
    return emit_error_set(error, EMIT_ERROR_OPTION,
                          "%s (acquired at %s) and %s (at %s) do not show the same scene",
                          other->path, other_time[0] != '\0' ? other_time : "an unknown time",
                          granule->path, own_time[0] != '\0' ? own_time : "an unknown time");
}

/* ---- Place ---------------------------------------------------------------------------------- */

/* NaN where the granule does not have both. */
struct places
{
    double lat[MAX_PIXELS];
    double lon[MAX_PIXELS];
};

/* The largest distance of a pixel in degrees of a great circle; NaN if nothing can be compared. */
struct distance
{
    double degrees;
    bool complete; /* all pixels have a location in both granules */
};

static struct distance measure(const struct places *a, const struct places *b, size_t count)
{
    struct distance distance = {NAN, true};
    for (size_t i = 0; i < count; i++)
    {
        /* xarray writes NaN as the _FillValue of arrays that hold -9999. */
        const double north = a->lat[i] != EMIT_NODATA ? a->lat[i] - b->lat[i] : NAN;
        const double turn = emit_longitude_difference(a->lon[i], b->lon[i]);
        const double degrees = hypot(turn * cos(a->lat[i] * PI / 180.0), north);
        distance.degrees = fmax(distance.degrees, degrees); /* skips a NaN */
        distance.complete = distance.complete && !isnan(degrees);
    }
    return distance;
}

static enum emit_status compare_pixels(const struct emit_granule *granule,
                                       const struct emit_granule *other,
                                       const struct emit_pixel *pixels, size_t count,
                                       struct distance *distance, struct emit_error *error)
{
    struct places own, others;
    EMIT_TRY(emit_variable_read_places(granule, pixels, count, own.lat, own.lon, error));
    EMIT_TRY(emit_variable_read_places(other, pixels, count, others.lat, others.lon, error));
    *distance = measure(&own, &others, count);
    return EMIT_OK;
}

static enum emit_status compare_places(const struct emit_granule *granule,
                                       const struct emit_granule *other, double *degrees,
                                       struct emit_error *error)
{
    const int64_t lines = granule->extent.downtrack, samples = granule->extent.crosstrack;
    struct emit_pixel pixels[MAX_PIXELS] = {{0, (int32_t)samples - 1},
                                            {(int32_t)lines / 2, (int32_t)samples / 2},
                                            {(int32_t)lines - 1, 0}};
    struct distance few, all;
    EMIT_TRY(compare_pixels(granule, other, pixels, FEW_PIXELS, &few, error));
    *degrees = few.degrees;
    if (few.complete)
        return EMIT_OK;
    for (int64_t i = 0; i < (int64_t)MAX_PIXELS; i++)
    {
        pixels[i].downtrack = (int32_t)((2 * (i / GRID) + 1) * lines / 2 / GRID);
        pixels[i].crosstrack = (int32_t)((2 * (i % GRID) + 1) * samples / 2 / GRID);
    }
    EMIT_TRY(compare_pixels(granule, other, pixels, MAX_PIXELS, &all, error));
    *degrees = fmax(few.degrees, all.degrees);
    return EMIT_OK;
}

static bool has_same_build(const struct emit_granule *granule, const struct emit_granule *other)
{
    const char *own = emit_h5_attribute(granule->h5, "/", EMIT_ATTRIBUTE_BUILD);
    const char *others = emit_h5_attribute(other->h5, "/", EMIT_ATTRIBUTE_BUILD);
    return own == NULL || others == NULL || strcmp(own, others) == 0;
}

static enum emit_status elsewhere(const struct emit_granule *granule,
                                  const struct emit_granule *other, const char *by,
                                  struct emit_error *error)
{
    return emit_error_set(error, EMIT_ERROR_OPTION, "%s and %s do not show the same place (%s)",
                          other->path, granule->path, by);
}

static enum emit_status check_distance(const struct emit_granule *granule,
                                       const struct emit_granule *other, double degrees,
                                       struct emit_error *error)
{
    char by[64];
    if (degrees <= TOLERANCE_DEGREES ||
        (degrees <= TOLERANCE_OF_BUILDS_DEGREES && !has_same_build(granule, other)))
        return EMIT_OK;
    snprintf(by, sizeof by, "lon and lat are %d m apart",
             (int)fmin(degrees * DEGREE_METRES, FARTHEST_METRES));
    return elsewhere(granule, other, by, error);
}

static bool is_original(const struct emit_granule *granule)
{
    struct emit_filename_parts parts;
    return emit_filename_parse_any_case(granule->path, &parts) && emit_filename_is_original(&parts);
}

/* On servers reading lon and lat costs requests. Granules with names of the mission and the same
 * geotransform are not crops. */
static bool is_geotransform_enough(const struct emit_granule *granule,
                                   const struct emit_granule *other)
{
    return emit_file_is_remote(emit_h5_file(other->h5)) && is_original(granule) &&
           is_original(other);
}

static enum emit_status check_place(const struct emit_granule *granule,
                                    const struct emit_granule *other, bool needs_place,
                                    struct emit_error *error)
{
    double own[6];
    double others[6];
    bool known = emit_h5_attribute_doubles(granule->h5, "/", EMIT_ATTRIBUTE_GEOTRANSFORM, own, 6) &&
                 emit_h5_attribute_doubles(other->h5, "/", EMIT_ATTRIBUTE_GEOTRANSFORM, others, 6);
    bool same = known;
    for (int i = 0; i < 6 && same; i++)
        same = own[i] == others[i];
    if (same && is_geotransform_enough(granule, other))
        return EMIT_OK;
    double degrees;
    EMIT_TRY(compare_places(granule, other, &degrees, error));
    if (!isnan(degrees))
        return check_distance(granule, other, degrees, error);
    if (known && !same)
        return elsewhere(granule, other, "the geotransforms differ", error);
    return !needs_place ? EMIT_OK
                        : emit_error_set(error, EMIT_ERROR_OPTION,
                                         "%s and %s may show different places: one of them has no "
                                         "lon and lat",
                                         other->path, granule->path);
}

enum emit_status emit_check_same_scene(const struct emit_granule *granule,
                                       const struct emit_granule *other, bool needs_place,
                                       struct emit_error *error)
{
    EMIT_TRY(check_size(granule, other, error));
    EMIT_TRY(check_time(granule, other, error));
    return check_place(granule, other, needs_place, error);
}
