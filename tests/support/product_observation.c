/* SPDX-License-Identifier: MIT */
/* OBS: geometry of view and illumination. */
#include "products.h"

#include <math.h>
#include <stdlib.h>

#define DEGREE (180 / 3.14159265358979323846)
#define ORBIT_METRES 420000.0
#define LINE_HOURS (0.00926 / 3600)

struct direction
{
    double azimuth, zenith; /* radians */
};

static double degrees_around(double radians)
{
    const double degrees = fmod(radians * DEGREE, 360);
    return degrees < 0 ? degrees + 360 : degrees;
}

static double cosine_between(struct direction a, struct direction b)
{
    return cos(a.zenith) * cos(b.zenith) +
           sin(a.zenith) * sin(b.zenith) * cos(a.azimuth - b.azimuth);
}

/* Samples run to the left of flight: those with a positive angle see the sensor to their right. */
static struct direction to_sensor(const struct mk_options *options, size_t sample)
{
    const double angle = mk_swath_view_angle(options->samples, sample);
    const double right = options->heading + 90;
    const struct direction direction = {(angle > 0 ? right : right + 180) / DEGREE, fabs(angle)};
    return direction;
}

/* The sun climbs and turns a little from west to east. */
static struct direction to_sun(const struct mk_acquisition *acquisition, size_t pixel)
{
    const double east = acquisition->swath.longitude[pixel] - acquisition->options->longitude;
    const struct direction direction = {(MK_SUN_AZIMUTH + 1.3 * east) / DEGREE,
                                        (MK_SUN_ZENITH - 0.7 * east) / DEGREE};
    return direction;
}

/* Nearest on 4 January; the year's share is close enough by months of 30.4 days. */
static double earth_sun_distance(const struct mk_time *time)
{
    const double day = (time->month - 1) * 30.4 + time->day;
    return 1 - 0.0167 * cos((day - 4) / 365.25 * 360 / DEGREE);
}

static void observe(const struct mk_acquisition *acquisition, size_t line, size_t sample,
                    const struct mk_ground *ground, float values[MK_OBS_BANDS])
{
    const struct mk_time *time = &acquisition->options->id.time;
    const struct direction sensor = to_sensor(acquisition->options, sample);
    const struct direction sun = to_sun(acquisition, line * acquisition->swath.samples + sample);
    /* The slope's own normal as a direction: downhill, leaning by the slope. */
    const struct direction slope = {atan2(-ground->rise_east, -ground->rise_north),
                                    atan(hypot(ground->rise_east, ground->rise_north))};
    const double hours = time->hour + time->minute / 60.0 + time->second / 3600.0;
    values[0] = (float)((ORBIT_METRES - ground->elevation) / cos(sensor.zenith));
    values[1] = (float)degrees_around(sensor.azimuth);
    values[2] = (float)(sensor.zenith * DEGREE);
    values[3] = (float)degrees_around(sun.azimuth);
    values[4] = (float)(sun.zenith * DEGREE);
    values[5] = (float)(acos(fmin(1, cosine_between(sensor, sun))) * DEGREE);
    values[6] = (float)(slope.zenith * DEGREE);
    values[7] = (float)degrees_around(slope.azimuth);
    values[8] = (float)cosine_between(slope, sun);
    values[9] = (float)(hours + ((double)line + 0.5) * LINE_HOURS);
    values[10] = (float)earth_sun_distance(time);
}

bool mk_write_observation(const struct mk_acquisition *acquisition,
                          const struct mk_granule *granule, struct mk_error *error)
{
    const struct mk_swath *swath = &acquisition->swath;
    const struct mk_variable labels = {
        "observation_bands", "Observation Band Names", NULL, NC_STRING, 1, {granule->bands}};
    const struct mk_variable obs = {
        "obs", "Observation Data",
        NULL,  NC_FLOAT,
        3,     {granule->downtrack, granule->crosstrack, granule->bands}};
    const char *texts[MK_OBS_BANDS];
    int id;
    for (int band = 0; band < MK_OBS_BANDS; band++)
        texts[band] = mk_obs_labels[band];
    MK_TRY(mk_define(granule->root, &obs, MK_NODATA, mk_storage_or(acquisition, &mk_contiguous),
                     &id, error));
    float(*values)[MK_OBS_BANDS] = malloc(swath->samples * sizeof *values);
    struct mk_ground *ground = malloc(swath->samples * sizeof *ground);
    bool ok = values != NULL && ground != NULL;
    if (!ok)
        mk_fail(error, "no memory for a line of %zu pixels", swath->samples);
    for (size_t line = 0; ok && line < swath->lines; line++)
    {
        mk_look_at_line(acquisition, line, ground);
        for (size_t sample = 0; sample < swath->samples; sample++)
            observe(acquisition, line, sample, &ground[sample], values[sample]);
        ok = mk_put_line(granule->root, id, line, values, error);
    }
    free(ground);
    free(values);
    return ok && mk_put_vector(granule->sensor, &labels, texts, error) &&
           mk_write_location(acquisition, granule, error);
}
