/* SPDX-License-Identifier: MIT */
#include "scene.h"

#include <math.h>

#include "noise.h"

#define RADIAN (3.14159265358979323846 / 180)
#define EARTH_KM 6371.0

/*
 * One seed drives many independent noises; each has its own number. Fractals use up to 16 in a row.
 */
enum salt
{
    SALT_COAST = 0x100,
    SALT_WARP = 0x200,
    SALT_RANGE = 0x300,
    SALT_PEAKS = 0x400,
    SALT_RIVER = 0x500,
    SALT_GEOLOGY = 0x600,
    SALT_STRATA = 0x700,
    SALT_GREEN = 0x800,
    SALT_FIELDS = 0x900,
    SALT_CLOUD = 0xa00,
    SALT_CIRRUS = 0xb00,
    SALT_AIR = 0xc00,
    SALT_TEXTURE = 0xd00,
    SALT_SEA = 0xe00,
};

struct place
{
    double x, y;   /* km east and north of about the middle of the picture */
    uint32_t seed; /* of the ground */
    uint32_t sky;  /* of clouds and cirrus */
};

struct land
{
    double shore;    /* > 0 land, < 0 sea; changes by about 1 in 40 km */
    double river_km; /* distance from the river */
    double range;    /* 0 plain .. 1 mountains */
    double rough;    /* 0 on the river's plain .. 1 */
};

static double smooth(double from, double to, double value)
{
    const double t = fmin(1, fmax(0, (value - from) / (to - from)));
    return t * t * (3 - 2 * t);
}

static double fractal(const struct place *at, enum salt salt, double scale_km, int octaves)
{
    return mk_noise_fractal(at->seed + (uint32_t)salt, at->x / scale_km, at->y / scale_km, octaves);
}

struct mk_scene mk_scene_make(uint32_t seed, uint32_t weather, double samples)
{
    const double instrument_samples = 1242;
    const struct mk_scene scene = {.seed = seed * 0x10001U,
                                   .sky = (seed + weather) * 0x10001U,
                                   .zoom = fmax(1, instrument_samples / samples)};
    return scene;
}

/*
 * Mercator: conformal, so shapes look right anywhere, and it needs no reference of the single
 * scene.
 */
static struct place place_of(const struct mk_scene *scene, double longitude, double latitude)
{
    const double scale = scene->zoom * EARTH_KM * cos(MK_SCENE_LATITUDE * RADIAN);
    const double northing = asinh(tan(latitude * RADIAN));
    const double northing0 = asinh(tan(MK_SCENE_LATITUDE * RADIAN));
    const double corner_x = -64, corner_y = 56;
    const struct place at = {.x = corner_x + scale * RADIAN * (longitude - MK_SCENE_LONGITUDE),
                             .y = corner_y + scale * (northing - northing0),
                             .seed = scene->seed,
                             .sky = scene->sky};
    return at;
}

/*
 * Land and sea take turns in belts: a full scene across the edge of one has a coast. Islands lie
 * before it.
 */
static double shore_at(const struct place *at)
{
    const double belt_km = 300;
    const double across = at->x * 0.96 + at->y * 0.28 + 26;
    const double shore =
        sin(2 * 3.14159265 * across / belt_km) + 0.34 * fractal(at, SALT_COAST, 24, 8);
    if (shore > -0.05)
        return shore;
    const double island = smooth(0.2, 0.75, fractal(at, SALT_COAST + 16, 12, 7));
    return shore + 1.6 * island * smooth(-0.05, -0.25, shore);
}

/* The zero line of a smooth noise winds like a river; value over slope is the distance from it. */
static double river_at(const struct place *at)
{
    const double scale_km = 42;
    struct place bent = *at;
    bent.x += 5 * fractal(at, SALT_WARP, 9, 4);
    bent.y += 5 * fractal(at, SALT_WARP + 8, 9, 4);
    const uint32_t seed = at->seed + SALT_RIVER;
    const double x = bent.x / scale_km, y = bent.y / scale_km, step = 0.01;
    const double value = mk_noise_at(seed, x, y);
    const double slope_x = (mk_noise_at(seed, x + step, y) - value) / step;
    const double slope_y = (mk_noise_at(seed, x, y + step) - value) / step;
    return scale_km * fabs(value) / (hypot(slope_x, slope_y) + 0.05);
}

static struct land land_at(const struct place *at)
{
    struct land land = {.shore = shore_at(at), .river_km = river_at(at)};
    const double inland = smooth(0.1, 0.9, land.shore + 0.2 * fractal(at, SALT_RANGE + 16, 20, 4));
    land.rough = smooth(0.3, 6, land.river_km);
    land.range = inland * land.rough * smooth(-0.3, 0.35, fractal(at, SALT_RANGE, 40, 2));
    return land;
}

/*
 * Metres, negative below the sea. "land" may be that of a place some 100 m away: it changes slowly.
 */
static double height_at(const struct place *at, const struct land *land)
{
    struct place bent = *at;
    bent.x += 1.6 * fractal(at, SALT_PEAKS + 32, 6, 3);
    bent.y += 1.6 * fractal(at, SALT_PEAKS + 48, 6, 3);
    const double peaks = mk_noise_ridged(at->seed + SALT_PEAKS, bent.x / 19, bent.y / 19, 9);
    const double hills = fractal(at, SALT_PEAKS + 16, 3.5, 6) + 0.5;
    const double height = 220 * land->shore + 2700 * land->range * peaks +
                          70 * hills * land->rough * smooth(0, 0.3, land->shore);
    return land->shore > 0 ? fmax(height, 1) : height;
}

double mk_scene_elevation(const struct mk_scene *scene, double longitude, double latitude)
{
    const struct place at = place_of(scene, longitude, latitude);
    const struct land land = land_at(&at);
    return fmax(0, height_at(&at, &land));
}

static double cloud_at(const struct place *ground)
{
    const struct place at = {.x = ground->x, .y = ground->y, .seed = ground->sky};
    struct place bent = at;
    bent.x += 2.5 * fractal(&at, SALT_CLOUD + 32, 7, 3);
    bent.y += 2.5 * fractal(&at, SALT_CLOUD + 48, 7, 3);
    const double cover = fractal(&at, SALT_CLOUD, 55, 2);
    const double puffs = fractal(&bent, SALT_CLOUD + 16, 6, 7);
    return smooth(0.02, 0.30, puffs + 1.1 * cover - 0.30);
}

float mk_scene_cloud(const struct mk_scene *scene, double longitude, double latitude)
{
    const struct place at = place_of(scene, longitude, latitude);
    return (float)cloud_at(&at);
}

/*
 * A cloud 2.2 km up throws its shadow that far, times the tangent of the sun's zenith, from the
 * sun.
 */
static double shadow_at(const struct place *at)
{
    const double cloud_km = 2.2, away = cloud_km * tan(MK_SUN_ZENITH * RADIAN);
    struct place caster = *at;
    caster.x += away * sin(MK_SUN_AZIMUTH * RADIAN);
    caster.y += away * cos(MK_SUN_AZIMUTH * RADIAN);
    return cloud_at(&caster);
}

/* Streaks: noise stretched along the wind, in the belt where a coarser noise allows them. */
static double cirrus_at(const struct place *ground)
{
    const struct place at = {.x = ground->x, .y = ground->y, .seed = ground->sky};
    struct place streak = {.x = 0.8 * at.x + 0.6 * at.y, .seed = at.seed};
    streak.y = 7 * (0.8 * at.y - 0.6 * at.x);
    const double veil = smooth(0.0, 0.5, fractal(&at, SALT_CIRRUS, 60, 2));
    return 0.75 * veil * smooth(-0.4, 0.7, fractal(&streak, SALT_CIRRUS + 16, 30, 6));
}

struct field
{
    double crop, stubble; /* shares; the rest is bare soil */
    double shade;         /* darkening of the boundary */
};

/*
 * Fields are cells of a grid turned by a fixed angle; some cells are split, some hold a pivot
 * circle.
 */
static struct field field_at(const struct place *at)
{
    const double along = (at->x * 0.94 + at->y * 0.34) / 0.9;
    const double across = (at->y * 0.94 - at->x * 0.34) / 0.7;
    const uint32_t seed = at->seed + SALT_FIELDS;
    int64_t i = (int64_t)floor(along), j = (int64_t)floor(across);
    double u = along - floor(along), v = across - floor(across);
    const double split = mk_noise_random(seed + 1, i, j);
    if (split < 0.7)
    {
        i = 3 * i + (u > 0.5);
        u = u > 0.5 ? 2 * u - 1 : 2 * u;
    }
    if (split > 0.25)
    {
        j = 5 * j + (v > 0.4);
        v = v > 0.4 ? (v - 0.4) / 0.6 : v / 0.4;
    }
    const double kind = mk_noise_random(seed, i, j);
    const double pivot = smooth(0.5, 0.44, hypot(u - 0.5, v - 0.5));
    const double lush = mk_noise_random(seed + 2, i, j);
    struct field field = {.crop = kind < 0.45 ? 0.45 + 0.5 * lush : 0.08 * lush};
    if (kind > 0.9)
        field.crop = pivot * (0.6 + 0.4 * lush);
    field.stubble = kind > 0.45 && kind < 0.72 ? 0.9 - field.crop : 0.1;
    field.shade = 0.25 * smooth(0.1, 0.02, fmin(fmin(u, 1 - u), fmin(v, 1 - v)));
    return field;
}

static void add_water(const struct place *at, const struct land *land, struct mk_ground *ground)
{
    const double river_width = 0.07 + 0.22 * smooth(0.5, 0.0, land->shore);
    const double river =
        smooth(river_width + 0.05, river_width - 0.03, land->river_km) * (land->shore > 0);
    const double sea = smooth(0.002, -0.002, land->shore);
    if (river <= 0 && sea <= 0)
        return;
    const double depth = fmax(0, -land->shore) * (1 + 0.35 * fractal(at, SALT_SEA, 6, 5));
    const double plume = exp(-depth * 5) * smooth(9, 0, land->river_km);
    const double turbid = fmin(1, exp(-depth * 22) + 0.7 * plume);
    const double water = fmax(river, sea);
    const double swell = 1 + 0.05 * fractal(at, SALT_SEA + 16, 3, 5);
    ground->water = (float)water;
    ground->weight[MK_TURBID_WATER] = (float)(water * swell * (sea > 0.5 ? turbid : 0.75));
    ground->weight[MK_DEEP_WATER] = (float)(water * swell) - ground->weight[MK_TURBID_WATER];
}

/*
 * Splits "share" of the surface among soils by geology: bent strata of red and pale, dark rock
 * where steep.
 */
static void add_soil(const struct place *at, double share, double steep, struct mk_ground *ground)
{
    struct place bent = *at;
    bent.x += 4 * fractal(at, SALT_STRATA, 11, 4);
    bent.y += 4 * fractal(at, SALT_STRATA + 8, 11, 4);
    const double geology = fractal(&bent, SALT_GEOLOGY, 13, 8);
    const double outcrop = smooth(0.12, 0.5, fractal(&bent, SALT_GEOLOGY + 16, 8, 6));
    const double rock = 0.85 * fmax(smooth(0.25, 0.8, steep), outcrop);
    /* Layers crop out along the contours of the mountains, tilted with the rocks. */
    const double layers =
        0.16 * sin(ground->elevation / 28 + 14 * geology) * smooth(0.05, 0.3, steep);
    /*
     * Dry river beds: pale gravel along the zero lines of a noise, as wide as the line is gentle.
     */
    const double bed = 0.5 * smooth(0.045, 0.01, fabs(fractal(&bent, SALT_STRATA + 16, 6, 6)));
    const double red = smooth(-0.2, 0.24, geology + layers) * (1 - bed);
    const double bright = share * (1 + 0.35 * bed);
    ground->geology = (float)fmin(1, fmax(-1, geology * 1.6));
    ground->weight[MK_DARK_ROCK] += (float)(bright * rock);
    ground->weight[MK_RED_SOIL] += (float)(bright * (1 - rock) * red);
    ground->weight[MK_PALE_SOIL] += (float)(bright * (1 - rock) * (1 - red));
    ground->bare += (float)share;
}

static void add_cover(const struct place *at, const struct land *land, double steep,
                      struct mk_ground *ground)
{
    const double dry = 1 - ground->water;
    const double patch = fractal(at, SALT_GREEN, 17, 7);
    const double snow =
        dry * smooth(1700, 2100, ground->elevation + 500 * patch) * smooth(1.3, 0.5, steep);
    const double farmed = (dry - snow) * smooth(0.35, 0.1, land->range) *
                          smooth(4.4, 3.6, land->river_km + 9 * patch) *
                          smooth(0.015, 0.05, land->shore);
    const double belt = smooth(250, 650, ground->elevation) * smooth(1900, 1300, ground->elevation);
    const double wood =
        (dry - snow - farmed) * 0.85 * belt * smooth(-0.03, 0.16, patch + 0.2 * steep);
    const double scrub = (dry - snow - farmed - wood) * 0.35 * smooth(-0.5, 0.6, patch);
    const struct field field = field_at(at);
    const double light = 1 - field.shade;
    ground->weight[MK_SNOW] = (float)snow;
    ground->weight[MK_CROP] = (float)(farmed * field.crop * light);
    ground->weight[MK_STUBBLE] = (float)(farmed * field.stubble * light + 0.5 * scrub);
    ground->weight[MK_FOREST] = (float)(wood + 0.5 * scrub);
    const double fallow = farmed * (1 - field.crop - field.stubble) * light;
    add_soil(at, fallow + dry - snow - farmed - wood - scrub, steep, ground);
}

/* Slope by differences over nearly a pixel. */
static void add_slope(const struct place *at, const struct land *land, struct mk_ground *ground)
{
    const double step_km = 0.05;
    struct place east = *at, north = *at;
    east.x += step_km;
    north.y += step_km;
    const double height = fmax(0, height_at(at, land));
    ground->elevation = height;
    ground->rise_east = (fmax(0, height_at(&east, land)) - height) / (1000 * step_km);
    ground->rise_north = (fmax(0, height_at(&north, land)) - height) / (1000 * step_km);
}

/* Cosine of the sun's angle to the slope over that to level ground. */
static double illumination(const struct mk_ground *ground)
{
    const double east = sin(MK_SUN_AZIMUTH * RADIAN), north = cos(MK_SUN_AZIMUTH * RADIAN);
    const double uphill = ground->rise_east * east + ground->rise_north * north;
    const double steep = hypot(ground->rise_east, ground->rise_north);
    const double facing =
        (1 - 1.5 * tan(MK_SUN_ZENITH * RADIAN) * uphill) / sqrt(1 + steep * steep);
    return fmin(1.4, fmax(0.22, facing));
}

static void add_sky(const struct place *at, struct mk_ground *ground)
{
    const double cloud = cloud_at(at), cirrus = cirrus_at(at) * (1 - cloud);
    const double sunward = shadow_at(at), shadow = sunward * (1 - cloud);
    const double texture = 1 + 0.16 * fractal(at, SALT_TEXTURE, 1.1, 5);
    const double light = illumination(ground) * texture * (1 - 0.62 * shadow);
    const double through = (1 - cloud) * (1 - 0.5 * cirrus);
    for (int member = 0; member < MK_MEMBERS; member++)
    {
        const int liquid = member == MK_DEEP_WATER || member == MK_TURBID_WATER;
        ground->weight[member] *= (float)(through * (liquid ? 1 - 0.4 * shadow : light));
    }
    /* Lit and shaded sides of the cloud tops: how the cover changes towards the sun. */
    const double relief = 0.22 * (cloud - sunward) + 0.10 * fractal(at, SALT_CLOUD + 64, 1.5, 4);
    ground->weight[MK_CLOUD] = (float)(cloud * (0.94 + relief));
    ground->weight[MK_CIRRUS] = (float)(cirrus * 0.5);
    ground->cirrus = (float)cirrus;
    ground->bare *= (float)(through * (1 - shadow));
}

static void add_air(const struct place *at, struct mk_ground *ground)
{
    const double haze = fractal(at, SALT_AIR, 35, 5), dust = fractal(at, SALT_AIR + 16, 28, 4);
    const double dryness = exp(-ground->elevation / 2200);
    ground->aerosol = (float)(0.16 + 0.07 * haze + 0.5 * smooth(0.15, 0.45, dust));
    ground->vapour = (float)((1.9 + 0.25 * haze) * dryness);
}

void mk_scene_look(const struct mk_scene *scene, double longitude, double latitude,
                   struct mk_ground *ground)
{
    const struct place at = place_of(scene, longitude, latitude);
    const struct land land = land_at(&at);
    *ground = (struct mk_ground){0};
    add_slope(&at, &land, ground);
    add_water(&at, &land, ground);
    add_cover(&at, &land, hypot(ground->rise_east, ground->rise_north), ground);
    add_sky(&at, ground);
    add_air(&at, ground);
}
