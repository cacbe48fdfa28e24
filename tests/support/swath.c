/* SPDX-License-Identifier: MIT */
#include "swath.h"

#include <math.h>
#include <stdlib.h>

#define RADIAN (3.14159265358979323846 / 180)
#define METRES_PER_DEGREE 111195.0
#define PIXEL_METRES 64.5
#define ORBIT_METRES 420000.0

struct metres
{
    double east, north; /* from the middle of the first line */
};

double mk_swath_view_angle(size_t samples, size_t sample)
{
    return atan(((double)sample - 0.5 * ((double)samples - 1)) * PIXEL_METRES / ORBIT_METRES);
}

bool mk_swath_line_is_screened(size_t lines, size_t line)
{
    const size_t first = lines * 3 / 4, count = 1 + lines / 1000;
    return lines > 1 && line >= first && line < first + count;
}

/*
 * The orbit bends over the turning Earth and the platform trembles by parts of a pixel, so no
 * affine formula gives the positions. Samples run to the left of flight, which keeps the raw image
 * free of mirroring.
 */
static struct metres nominal_position(const struct mk_swath_plan *plan, size_t line, size_t sample)
{
    const double along = ((double)line + 0.15 * sin((double)line / 7.3)) * PIXEL_METRES;
    const double across = tan(mk_swath_view_angle(plan->samples, sample)) * ORBIT_METRES +
                          0.12 * PIXEL_METRES * sin((double)line / 11.9);
    const double bend = 0.7 * RADIAN * along / 77000;
    const double heading = plan->heading * RADIAN + bend;
    const double middle = plan->heading * RADIAN + 0.5 * bend; /* chord of the arc so far */
    const struct metres position = {along * sin(middle) - across * cos(heading),
                                    along * cos(middle) + across * sin(heading)};
    return position;
}

/* West and north edge of the swath, which places the upper left corner of its box. */
static struct metres upper_left(const struct mk_swath_plan *plan)
{
    struct metres corner = {INFINITY, -INFINITY};
    for (size_t line = 0; line < plan->lines; line++)
    {
        const struct metres ends[] = {nominal_position(plan, line, 0),
                                      nominal_position(plan, line, plan->samples - 1)};
        for (int end = 0; end < 2; end++)
        {
            corner.east = fmin(corner.east, ends[end].east);
            corner.north = fmax(corner.north, ends[end].north);
        }
    }
    return corner;
}

static void locate(struct mk_swath *swath, const struct mk_swath_plan *plan,
                   const struct mk_scene *scene, struct metres corner, size_t line, size_t sample)
{
    const struct metres nominal = nominal_position(plan, line, sample);
    const size_t pixel = line * plan->samples + sample;
    double north = nominal.north - corner.north, east = nominal.east - corner.east;
    double latitude = plan->latitude + north / METRES_PER_DEGREE;
    const double east_scale = METRES_PER_DEGREE * cos(latitude * RADIAN);
    double longitude = plan->longitude + east / east_scale;
    const double height = mk_scene_elevation(scene, longitude, latitude);
    /*
     * A slanted line of sight meets high ground before the point below: it moves towards the track.
     * Small granules show heights of a larger land; there the shift must shrink with the land.
     */
    const double shift = height / scene->zoom * tan(mk_swath_view_angle(plan->samples, sample));
    const double heading = plan->heading * RADIAN;
    longitude += shift * cos(heading) / east_scale;
    latitude -= shift * sin(heading) / METRES_PER_DEGREE;
    swath->longitude[pixel] = longitude;
    swath->latitude[pixel] = latitude;
    swath->elevation[pixel] = height;
}

bool mk_swath_init(struct mk_swath *swath, const struct mk_swath_plan *plan,
                   const struct mk_scene *scene, struct mk_error *error)
{
    const size_t pixels = plan->lines * plan->samples;
    const struct metres corner = upper_left(plan);
    *swath = (struct mk_swath){.lines = plan->lines, .samples = plan->samples};
    swath->longitude = malloc(pixels * sizeof *swath->longitude);
    swath->latitude = malloc(pixels * sizeof *swath->latitude);
    swath->elevation = malloc(pixels * sizeof *swath->elevation);
    if (!swath->longitude || !swath->latitude || !swath->elevation)
        return mk_fail(error, "no memory for the positions of %zu pixels", pixels);
    for (size_t line = 0; line < plan->lines; line++)
    {
        for (size_t sample = 0; sample < plan->samples; sample++)
            locate(swath, plan, scene, corner, line, sample);
    }
    return true;
}

void mk_swath_free(struct mk_swath *swath)
{
    free(swath->longitude);
    free(swath->latitude);
    free(swath->elevation);
    *swath = (struct mk_swath){0};
}
