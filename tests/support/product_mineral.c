/* SPDX-License-Identifier: MIT */
/* MIN and MINUNCERT: matching mineral of two groups, band depth and its uncertainty. */
#include "products.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "noise.h"

#define GROUPS 2
#define LEAST_BARE 0.3F /* below this share of bare ground nothing matches */

/*
 * The table has as many rows as the mission's of version 001, and as there numbers have gaps and
 * some names stand twice. Rows are made of minerals and descriptions that vary: no row of a real
 * table is among them.
 */
enum
{
    MINERAL_COUNT = 294,
    GROUP_SIZE = MINERAL_COUNT / GROUPS,
    REPEATED_NAMES = 11,
    NAME_SIZE = 64
};

static const char *const MINERALS[GROUPS][7] = {
    {"Hematite", "Goethite", "Jarosite, potassium bearing", "Ferrihydrite", "Maghemite",
     "Iron 2+ broad feature, \"pyroxene\"", "Chlorite & epidote slope"},
    {"Kaolinite", "Montmorillonite, calcium bearing", "Illite", "Muscovite, low aluminium",
     "Calcite", "Dolomite", "Gypsum"},
};
static const char *const GRAINS[] = {"coarse grained",     "medium grained", "fine grained",
                                     "nano-size",          "thin coating",   "well crystallised",
                                     "poorly crystallised"};
static const char *const MIXTURES[] = {"pure", "with quartz", "0.7 + dry grass 0.3"};

struct mineral
{
    unsigned index, record, group;
    char name[NAME_SIZE];
    const char *library;
};

/* Row "i" of the table, those of group 1 first: 7 minerals x 7 grains x 3 mixtures a group. */
static struct mineral mineral_of_row(int i)
{
    const int group = i / GROUP_SIZE;
    const int row = i % GROUP_SIZE;
    /* The last names of group 2 are those of the rows before them. */
    const int named = i >= MINERAL_COUNT - REPEATED_NAMES ? row - REPEATED_NAMES : row;
    struct mineral mineral = {.index = (unsigned)(i + 1 + i / 9 * 2),
                              .record = (unsigned)(890 + i * 37 % 4519),
                              .group = (unsigned)(group + 1),
                              .library = i % 3 == 0 ? "splib06" : "sprlb06"};
    snprintf(mineral.name, sizeof mineral.name, "%s %s %s", MINERALS[group][named / 21],
             GRAINS[named / 3 % 7], MIXTURES[named % 3]);
    return mineral;
}

/* Version 001 has a column of addresses, 002 one of samples' names in its place. */
static bool put_metadata_group(const struct mk_acquisition *acquisition,
                               const struct mk_granule *granule, struct mk_error *error)
{
    struct mineral rows[MINERAL_COUNT];
    unsigned numbers[3][MINERAL_COUNT];
    const char *texts[3][MINERAL_COUNT];
    const bool first = acquisition->options->id.generation == 1;
    int group, minerals;
    for (int i = 0; i < MINERAL_COUNT; i++)
    {
        rows[i] = mineral_of_row(i);
        numbers[0][i] = rows[i].index;
        numbers[1][i] = rows[i].record;
        numbers[2][i] = rows[i].group;
        texts[0][i] = first ? "https://example.org/minerals/" : rows[i].name;
        texts[1][i] = rows[i].library;
        texts[2][i] = rows[i].name;
    }
    MK_TRY(mk_put_dimension(granule->root, "minerals", MINERAL_COUNT, &minerals, error));
    MK_TRY(mk_put_group(granule->root, "mineral_metadata", &group, error));
    const struct mk_variable number[] = {{"index", "Index", NULL, NC_UINT, 1, {minerals}},
                                         {"record", "Record", NULL, NC_UINT, 1, {minerals}},
                                         {"group", "Group", NULL, NC_UINT, 1, {minerals}}};
    const struct mk_variable text[] = {{first ? "url" : "sample_name",
                                        first ? "URL" : "Sample Name",
                                        NULL,
                                        NC_STRING,
                                        1,
                                        {minerals}},
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
    match.id = (short)mineral_of_row(group * GROUP_SIZE + row).index;
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
    const struct mk_storage *storage = mk_storage_or(acquisition, &acquisition->packed);
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
        MK_TRY(put_metadata_group(acquisition, granule, error));
    MK_TRY(mk_write_location(acquisition, granule, error));
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
