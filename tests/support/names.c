/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <stdio.h>
#include <string.h>

static const struct
{
    const char *level, *name, *title, *summary;
} PRODUCTS[MK_PRODUCTS] = {
    [MK_RFL] = {"L2A", "RFL", "EMIT L2A Estimated Surface Reflectance 60 m",
                "It holds surface reflectance as a fraction of 1."},
    [MK_RFLUNCERT] = {"L2A", "RFLUNCERT", "EMIT L2A Estimated Surface Reflectance Uncertainty 60 m",
                      "It holds the uncertainty of the surface reflectance."},
    [MK_RAD] = {"L1B", "RAD", "EMIT L1B At-Sensor Calibrated Radiance Data 60 m",
                "It holds radiance at the sensor."},
    [MK_OBS] = {"L1B", "OBS", "EMIT L1B Observation Data 60 m",
                "It holds the angles of view and sun, path lengths and times of the pixels."},
    [MK_MASK] = {"L2A", "MASK", "EMIT L2A Masks 60 m",
                 "It holds flags of clouds, water and doubtful pixels."},
    [MK_MIN] = {"L2B", "MIN", "EMIT L2B Estimated Mineral Identification and Band Depth 60 m",
                "It holds the best matching mineral of two groups and the depth of its feature."},
    [MK_MINUNCERT] =
        {"L2B", "MINUNCERT",
         "EMIT L2B Estimated Mineral Identification and Band Depth Uncertainty 60 m",
         "It holds the uncertainty of mineral band depths and the quality of the fits."},
};

enum mk_product mk_product_named(const char *name, size_t length)
{
    int product = 0;
    while (product < MK_PRODUCTS && (strlen(PRODUCTS[product].name) != length ||
                                     strncmp(PRODUCTS[product].name, name, length) != 0))
        product++;
    return (enum mk_product)product;
}

const char *mk_product_title(enum mk_product product)
{
    return PRODUCTS[product].title;
}

const char *mk_product_summary(enum mk_product product)
{
    return PRODUCTS[product].summary;
}

int mk_product_version(enum mk_product product, const struct mk_granule_id *id)
{
    return product == MK_MASK ? id->mask_version : id->generation;
}

void mk_file_name(enum mk_product product, const struct mk_granule_id *id, char *name, size_t size)
{
    const struct mk_time *t = &id->time;
    const int length =
        snprintf(name, size, "EMIT_%s_%s_%03d_%04d%02d%02dT%02d%02d%02d", PRODUCTS[product].level,
                 PRODUCTS[product].name, mk_product_version(product, id), t->year, t->month, t->day,
                 t->hour, t->minute, t->second);
    if (length < 0 || (size_t)length >= size)
        return;
    /* Masks of the first two versions have the long name in generation 2 as well. */
    const bool numbered = product == MK_MASK ? id->mask_version < 3 : id->generation == 1;
    if (numbered)
        snprintf(name + length, size - (size_t)length, "_%s_%s.nc", id->orbit, id->scene);
    else
        snprintf(name + length, size - (size_t)length, ".nc");
}

size_t mk_mask_layout(int version, enum mk_mask_band bands[MK_MASK_BANDS])
{
    static const size_t COUNT[] = {8, 11};
    size_t count = 0;
    for (int band = 0; band < MK_MASK_BANDS; band++)
    {
        const bool dropped =
            band == MK_FLAG_SPACECRAFT || (band >= MK_DATA_AEROSOL && band <= MK_FLAG_AGGREGATE);
        if (version == 3 ? !dropped : (size_t)band < COUNT[version - 1])
            bands[count++] = (enum mk_mask_band)band;
    }
    return count;
}

const char *mk_mask_label(int version, enum mk_mask_band band)
{
    static const char *const LABELS[MK_MASK_BANDS] = {
        "Cloud Flag",        "Cirrus Flag",           "Water Flag",
        "Spacecraft Flag",   "Dilated Cloud Flag",    "AOD550",
        "H2O (g cm-2)",      "Aggregate Flag",        "SpecTf-Cloud Probability",
        "SpecTf-Cloud Flag", "SpecTf-Buffer Distance"};
    static const char *const FIRST_VERSION[] = {"Cloud flag", "Cirrus flag", "Water flag"};
    return version == 1 && band <= MK_FLAG_WATER ? FIRST_VERSION[band] : LABELS[band];
}

const char *const mk_obs_labels[MK_OBS_BANDS] = {
    "Path length (sensor-to-ground in meters)",
    "To-sensor azimuth (0 to 360 degrees CW from N)",
    "To-sensor zenith (0 to 90 degrees from zenith)",
    "To-sun azimuth (0 to 360 degrees CW from N)",
    "To-sun zenith (0 to 90 degrees from zenith)",
    "Solar phase (degrees between to-sensor and to-sun vectors in principal plane)",
    "Slope (local surface slope as derived from DEM in degrees)",
    "Aspect (local surface aspect 0 to 360 degrees clockwise from N)",
    ("Cosine(i) (apparent local illumination factor based on DEM slope and aspect and to sun "
     "vector)"),
    "UTC Time (decimal hours for mid-line pixels)",
    "Earth-sun distance (AU)",
};

static int days_of_month(int year, int month)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return DAYS[month - 1] + (month == 2 && leap);
}

bool mk_time_parse(const char *text, struct mk_time *time)
{
    if (strlen(text) != 15 || text[8] != 'T' || strspn(text, "0123456789") != 8 ||
        strspn(text + 9, "0123456789") != 6)
        return false;
    sscanf(text, "%4d%2d%2dT%2d%2d%2d", &time->year, &time->month, &time->day, &time->hour,
           &time->minute, &time->second);
    return time->month >= 1 && time->month <= 12 && time->day >= 1 &&
           time->day <= days_of_month(time->year, time->month) && time->hour < 24 &&
           time->minute < 60 && time->second < 60;
}

struct mk_time mk_time_later(struct mk_time time, int seconds)
{
    const int total = time.hour * 3600 + time.minute * 60 + time.second + seconds;
    time.hour = total / 3600 % 24;
    time.minute = total / 60 % 60;
    time.second = total % 60;
    if (total < 24 * 3600 || ++time.day <= days_of_month(time.year, time.month))
        return time;
    time.day = 1;
    if (++time.month > 12)
    {
        time.month = 1;
        time.year++;
    }
    return time;
}
