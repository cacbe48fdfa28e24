/* SPDX-License-Identifier: MIT */
/* MIN and MINUNCERT: which mineral of two groups the bare ground shows, how deep, how sure. */
#include "products.h"

#include <math.h>
#include <stdlib.h>

#include "noise.h"

#define GROUPS 2
#define LEAST_BARE 0.3F /* below this share of bare ground nothing matches */

struct mineral
{
    unsigned index, record, group;
    const char *name, *library;
};

/* Numbers are those of no real table: they have gaps on purpose, as the mission's have. */
static const struct mineral MINERALS[] = {
    {1, 1240, 1, "Hematite coarse grained", "splib06"},
    {2, 1278, 1, "Hematite fine grained", "splib06"},
    {4, 3418, 1, "Hematite nano-size", "sprlb06"},
    {5, 1116, 1, "Goethite coarse grained", "splib06"},
    {7, 1134, 1, "Goethite fine grained", "splib06"},
    {11, 4012, 1, "Goethite thin coating", "sprlb06"},
    {12, 2066, 1, "Jarosite, potassium bearing", "splib06"},
    {13, 1866, 1, "Ferrihydrite", "splib06"},
    {19, 5202, 1, "Maghemite", "sprlb06"},
    {23, 5310, 1, "Iron 2+ broad feature, \"pyroxene\"", "splib06"},
    {24, 5322, 1, "Iron 2+ and hematite mixture", "sprlb06"},
    {31, 5434, 1, "Chlorite & epidote slope", "sprlb06"},
    {120, 2166, 2, "Kaolinite well crystallised", "splib06"},
    {121, 2184, 2, "Kaolinite poorly crystallised", "splib06"},
    {123, 2286, 2, "Montmorillonite, calcium bearing", "splib06"},
    {127, 2304, 2, "Montmorillonite, sodium bearing", "splib06"},
    {130, 2580, 2, "Illite", "splib06"},
    {135, 2436, 2, "Muscovite, low aluminium", "splib06"},
    {150, 912, 2, "Calcite", "splib06"},
    {151, 924, 2, "Calcite 0.7 + Kaolinite 0.3", "sprlb06"},
    {153, 1020, 2, "Dolomite", "splib06"},
    {160, 1314, 2, "Gypsum", "splib06"},
    {171, 890, 2, "Chlorite", "splib06"},
    {301, 2918, 2, "Vermiculite", "splib06"},
};

enum
{
    MINERAL_COUNT = sizeof MINERALS / sizeof *MINERALS,
    GROUP_SIZE = MINERAL_COUNT / GROUPS
};

static bool put_metadata_group(const struct mk_granule *granule, struct mk_error *error)
{
    unsigned numbers[3][MINERAL_COUNT];
    const char *texts[3][MINERAL_COUNT];
    int group, minerals;
    for (size_t i = 0; i < MINERAL_COUNT; i++)
    {
        numbers[0][i] = MINERALS[i].index;
        numbers[1][i] = MINERALS[i].record;
        numbers[2][i] = MINERALS[i].group;
        texts[0][i] = "https://crustal.usgs.gov/speclab/";
        texts[1][i] = MINERALS[i].library;
        texts[2][i] = MINERALS[i].name;
    }
    MK_TRY(mk_put_dimension(granule->root, "minerals", MINERAL_COUNT, &minerals, error));
    MK_TRY(mk_put_group(granule->root, "mineral_metadata", &group, error));
    const struct mk_variable number[] = {{"index", "Index", NULL, NC_UINT, 1, {minerals}},
                                         {"record", "Record", NULL, NC_UINT, 1, {minerals}},
                                         {"group", "Group", NULL, NC_UINT, 1, {minerals}}};
    const struct mk_variable text[] = {{"url", "URL", NULL, NC_STRING, 1, {minerals}},
                                       {"library", "Library", NULL, NC_STRING, 1, {minerals}},
                                       {"name", "Name", NULL, NC_STRING, 1, {minerals}}};
    for (size_t i = 0; i < 3; i++)
    {
        MK_TRY(mk_put_vector(group, &number[i], numbers[i], error));
        MK_TRY(mk_put_vector(group, &text[i], texts[i], error));
    }
    return true;
}

struct match
{
    short id;
    float depth, depth_uncertainty, fit;
};

/* Rocks follow the scene's geology; scattered pixels match a neighbour in the table. */
static struct match match_mineral(const struct mk_ground *ground, int group, size_t pixel)
{
    const double chance = mk_noise_random(0x6d696eU, (int64_t)pixel, group);
    const double place =
        0.5 + 0.5 * ground->geology * (group == 0 ? 1 : -1) + 0.06 * (chance - 0.5);
    const int row = (int)fmin(GROUP_SIZE - 1, fmax(0, place * GROUP_SIZE));
    struct match match = {0};
    if (ground->bare < LEAST_BARE || chance < 0.04)
        return match;
    match.id = (short)MINERALS[group * GROUP_SIZE + row].index;
    match.depth = 0.02F + 0.14F * ground->bare * (float)fabs(place - 0.5) + 0.02F * (float)chance;
    match.depth_uncertainty = 0.004F + 0.006F * (1 - ground->bare);
    match.fit = 0.62F + 0.3F * ground->bare + 0.05F * (float)chance;
    return match;
}

/* A line of the four layers of one product: group 1 value, group 1 id or fit, group 2 likewise. */
struct mineral_line
{
    float *value[GROUPS], *fit[GROUPS];
    short *id[GROUPS];
};

static void fill_line(const struct mk_acquisition *acquisition, bool uncertain, size_t line,
                      const struct mk_ground *ground, struct mineral_line *out)
{
    const size_t samples = acquisition->swath.samples;
    const bool screened = mk_swath_line_is_screened(acquisition->swath.lines, line);
    for (int group = 0; group < GROUPS; group++)
    {
        for (size_t sample = 0; sample < samples; sample++)
        {
            const struct match match =
                match_mineral(&ground[sample], group, line * samples + sample);
            const float value = uncertain ? match.depth_uncertainty : match.depth;
            out->value[group][sample] = screened ? MK_NODATA : value;
            out->fit[group][sample] = screened ? MK_NODATA : match.fit;
            out->id[group][sample] = screened ? (short)MK_NODATA : match.id;
        }
    }
}

static bool define_layers(const struct mk_acquisition *acquisition,
                          const struct mk_granule *granule, int ids[GROUPS][2],
                          struct mk_error *error)
{
    const int y = granule->downtrack, x = granule->crosstrack;
    const struct mk_variable layers[2][GROUPS][2] = {
        {{{"group_1_band_depth", "Group 1 Band Depth", "unitless", NC_FLOAT, 2, {y, x}},
          {"group_1_mineral_id", "Group 1 Mineral ID", "unitless", NC_SHORT, 2, {y, x}}},
         {{"group_2_band_depth", "Group 2 Band Depth", "unitless", NC_FLOAT, 2, {y, x}},
          {"group_2_mineral_id", "Group 2 Mineral ID", "unitless", NC_SHORT, 2, {y, x}}}},
        {{{"group_1_band_depth_unc",
           "Group 1 Band Depth Uncertainty",
           "unitless",
           NC_FLOAT,
           2,
           {y, x}},
          {"group_1_fit", "Group 1 Fit", "unitless", NC_FLOAT, 2, {y, x}}},
         {{"group_2_band_depth_unc",
           "Group 2 Band Depth Uncertainty",
           "unitless",
           NC_FLOAT,
           2,
           {y, x}},
          {"group_2_fit", "Group 2 Fit", "unitless", NC_FLOAT, 2, {y, x}}}}};
    const struct mk_storage *storage = mk_storage_or(acquisition, &mk_packed);
    for (int group = 0; group < GROUPS; group++)
    {
        for (int layer = 0; layer < 2; layer++)
            MK_TRY(mk_define(granule->root, &layers[granule->product == MK_MINUNCERT][group][layer],
                             MK_NODATA, storage, &ids[group][layer], error));
    }
    return true;
}

static bool put_layers(const struct mk_acquisition *acquisition, const struct mk_granule *granule,
                       struct mk_ground *ground, struct mineral_line *values,
                       struct mk_error *error)
{
    const bool uncertain = granule->product == MK_MINUNCERT;
    int ids[GROUPS][2];
    MK_TRY(define_layers(acquisition, granule, ids, error));
    for (size_t line = 0; line < acquisition->swath.lines; line++)
    {
        mk_look_at_line(acquisition, line, ground);
        fill_line(acquisition, uncertain, line, ground, values);
        for (int group = 0; group < GROUPS; group++)
        {
            const void *second = uncertain ? (const void *)values->fit[group] : values->id[group];
            MK_TRY(mk_put_line(granule->root, ids[group][0], line, values->value[group], error));
            MK_TRY(mk_put_line(granule->root, ids[group][1], line, second, error));
        }
    }
    return true;
}

bool mk_write_minerals(const struct mk_acquisition *acquisition, const struct mk_granule *granule,
                       struct mk_error *error)
{
    const size_t samples = acquisition->swath.samples;
    if (granule->product == MK_MIN)
        MK_TRY(put_metadata_group(granule, error));
    struct mk_ground *ground = malloc(samples * sizeof *ground);
    float *floats = malloc(2 * GROUPS * samples * sizeof *floats);
    short *ids = malloc(GROUPS * samples * sizeof *ids);
    bool ok = ground != NULL && floats != NULL && ids != NULL;
    if (ok)
    {
        struct mineral_line values = {{floats, floats + samples},
                                      {floats + 2 * samples, floats + 3 * samples},
                                      {ids, ids + samples}};
        ok = put_layers(acquisition, granule, ground, &values, error);
    }
    else
        mk_fail(error, "no memory for a line of %zu pixels", samples);
    free(ids);
    free(floats);
    free(ground);
    return ok;
}
