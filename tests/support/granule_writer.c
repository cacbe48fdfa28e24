/* SPDX-License-Identifier: MIT */
#include "granule_writer.h"

#include <string.h>

#include "products.h"

struct mk_options mk_options_default(void)
{
    const struct mk_options options = {
        .products = {[MK_RFL] = true, [MK_MASK] = true},
        .lines = 1280,
        .samples = 1242,
        .bands = 285,
        .seed = 1,
        .heading = 40,
        .longitude = MK_SCENE_LONGITUDE,
        .latitude = MK_SCENE_LATITUDE,
        .id = {.time = {2024, 3, 15, 10, 11, 12},
               .generation = 1,
               .mask_version = 1,
               .orbit = "2407507",
               .scene = "004"},
        .location = true,
    };
    return options;
}

/* The panel's blue cells hide the ground, and the clouds over it. */
static void hide_behind_panel(struct mk_ground *ground)
{
    memset(ground->weight, 0, sizeof ground->weight);
    ground->weight[MK_DEEP_WATER] = 4;
    ground->weight[MK_CIRRUS] = 0.08F;
}

void mk_look_at_line(const struct mk_acquisition *acquisition, size_t line,
                     struct mk_ground *ground)
{
    const struct mk_swath *swath = &acquisition->swath;
    for (size_t sample = 0; sample < swath->samples; sample++)
    {
        const size_t pixel = line * swath->samples + sample;
        mk_scene_look(&acquisition->scene, swath->longitude[pixel], swath->latitude[pixel],
                      &ground[sample]);
        if (mk_is_spacecraft(swath, &acquisition->scene, line, sample))
            hide_behind_panel(&ground[sample]);
    }
}

const struct mk_storage *mk_storage_or(const struct mk_acquisition *acquisition,
                                       const struct mk_storage *habit)
{
    return acquisition->options->main_storage_chosen ? &acquisition->options->main_storage : habit;
}

size_t mk_product_bands(const struct mk_acquisition *acquisition, enum mk_product product)
{
    enum mk_mask_band bands[MK_MASK_BANDS];
    switch (product)
    {
    case MK_OBS:
        return MK_OBS_BANDS;
    case MK_MASK:
        return mk_mask_layout(acquisition->options->id.mask_version, bands);
    case MK_MIN:
    case MK_MINUNCERT:
        return 0;
    default:
        return acquisition->options->bands;
    }
}

static bool put_plane(int group, const struct mk_variable *variable, const double *values,
                      struct mk_error *error)
{
    int id;
    MK_TRY(mk_define(group, variable, MK_NODATA, &mk_contiguous, &id, error));
    return mk_put_values(group, id, values, error);
}

static bool put_table(const struct mk_acquisition *acquisition, int group,
                      const struct mk_variable *variable, const int32_t *values,
                      struct mk_error *error)
{
    /* In files of 2022 to 2025 the attribute is unused: empty cells hold 0. */
    const double fill = acquisition->toolchain_2026 ? 0 : MK_NODATA;
    int id;
    MK_TRY(mk_define(group, variable, fill, &acquisition->packed, &id, error));
    return mk_put_chunks(group, id, values, error);
}

bool mk_write_location(const struct mk_acquisition *acquisition, const struct mk_granule *granule,
                       struct mk_error *error)
{
    const struct mk_swath *swath = &acquisition->swath;
    const struct mk_glt *glt = &acquisition->glt;
    const int x = granule->crosstrack, y = granule->downtrack;
    const int ortho_x = granule->ortho_x, ortho_y = granule->ortho_y;
    const struct mk_variable lon = {"lon", "Longitude (WGS-84)", "degrees east", NC_DOUBLE, 2,
                                    {y, x}};
    const struct mk_variable lat = {"lat", "Latitude (WGS-84)", "degrees north", NC_DOUBLE, 2,
                                    {y, x}};
    const struct mk_variable elev = {"elev", "Surface Elevation", "m", NC_DOUBLE, 2, {y, x}};
    const struct mk_variable glt_x = {"glt_x", "GLT Sample Lookup", "pixel location", NC_INT,
                                      2,       {ortho_y, ortho_x}};
    const struct mk_variable glt_y = {"glt_y", "GLT Line Lookup", "pixel location", NC_INT,
                                      2,       {ortho_y, ortho_x}};
    int group;
    if (!acquisition->options->location)
        return true;
    MK_TRY(mk_put_group(granule->root, "location", &group, error));
    MK_TRY(put_plane(group, &lon, swath->longitude, error));
    MK_TRY(put_plane(group, &lat, swath->latitude, error));
    MK_TRY(put_plane(group, &elev, swath->elevation, error));
    MK_TRY(put_table(acquisition, group, &glt_x, glt->sample, error));
    return put_table(acquisition, group, &glt_y, glt->line, error);
}

/* Mineral granules of version 001 count four bands, which no variable has. */
#define UNUSED_MINERAL_BANDS 4

static bool put_dimensions(const struct mk_acquisition *acquisition, struct mk_granule *granule,
                           struct mk_error *error)
{
    const struct mk_swath *swath = &acquisition->swath;
    const struct mk_glt *glt = &acquisition->glt;
    const int root = granule->root;
    size_t bands = mk_product_bands(acquisition, granule->product);
    if (bands == 0 && acquisition->options->id.generation == 1)
        bands = UNUSED_MINERAL_BANDS;
    MK_TRY(mk_put_dimension(root, "downtrack", swath->lines, &granule->downtrack, error));
    MK_TRY(mk_put_dimension(root, "crosstrack", swath->samples, &granule->crosstrack, error));
    if (bands > 0)
        MK_TRY(mk_put_dimension(root, "bands", bands, &granule->bands, error));
    if (!acquisition->options->location)
        return true;
    MK_TRY(mk_put_dimension(root, "ortho_y", glt->rows, &granule->ortho_y, error));
    return mk_put_dimension(root, "ortho_x", glt->columns, &granule->ortho_x, error);
}

static bool put_frame(const struct mk_acquisition *acquisition, struct mk_granule *granule,
                      struct mk_error *error)
{
    MK_TRY(put_dimensions(acquisition, granule, error));
    MK_TRY(mk_write_attributes(acquisition, granule, error));
    MK_TRY(mk_nc_ok(error, nc_sync(granule->root), "dimensions and attributes"));
    return mk_product_bands(acquisition, granule->product) == 0 ||
           mk_put_group(granule->root, "sensor_band_parameters", &granule->sensor, error);
}

static bool put_product(const struct mk_acquisition *acquisition, struct mk_granule *granule,
                        struct mk_error *error)
{
    MK_TRY(put_frame(acquisition, granule, error));
    switch (granule->product)
    {
    case MK_OBS:
        return mk_write_observation(acquisition, granule, error);
    case MK_MASK:
        return mk_write_mask(acquisition, granule, error);
    case MK_MIN:
    case MK_MINUNCERT:
        return mk_write_minerals(acquisition, granule, error);
    default:
        return mk_write_cube(acquisition, granule, error);
    }
}

static bool write_granule(const struct mk_acquisition *acquisition, enum mk_product product,
                          const char *folder, void (*report)(const char *path),
                          struct mk_error *error)
{
    struct mk_file file;
    struct mk_error reason = {""};
    char name[128];
    mk_file_name(product, &acquisition->options->id, name, sizeof name);
    MK_TRY(mk_file_create(&file, folder, name, error));
    struct mk_granule granule = {.product = product, .root = file.id};
    if (!put_product(acquisition, &granule, &reason))
    {
        mk_file_discard(&file);
        return mk_fail(error, "%s: %s", file.path, reason.message);
    }
    MK_TRY(mk_file_finish(&file, error));
    if (report != NULL)
        report(file.path);
    return true;
}

static bool acquire(struct mk_acquisition *acquisition, struct mk_error *error)
{
    const struct mk_options *options = acquisition->options;
    const struct mk_swath_plan plan = {.lines = options->lines,
                                       .samples = options->samples,
                                       .heading = options->heading,
                                       .longitude = options->longitude,
                                       .latitude = options->latitude};
    const enum mk_toolchain toolchain = options->toolchain;
    acquisition->toolchain_2026 = toolchain == MK_TOOLCHAIN_OF_GENERATION
                                      ? options->id.generation == 2
                                      : toolchain == MK_TOOLCHAIN_2026;
    acquisition->packed = mk_packed;
    if (acquisition->toolchain_2026)
        acquisition->packed.target_nbytes = (size_t)16 << 20;
    acquisition->scene = mk_scene_make(options->seed, options->weather, (double)options->samples);
    MK_TRY(mk_swath_init(&acquisition->swath, &plan, &acquisition->scene, error));
    MK_TRY(mk_glt_init(&acquisition->glt, &acquisition->swath, options->glt_fill, error));
    MK_TRY(mk_spectra_init(&acquisition->spectra, options->bands, error));
    return !options->products[MK_MASK] ||
           mk_clouds_init(&acquisition->clouds, &acquisition->swath, &acquisition->scene, error);
}

static void release(struct mk_acquisition *acquisition)
{
    mk_clouds_free(&acquisition->clouds);
    mk_spectra_free(&acquisition->spectra);
    mk_glt_free(&acquisition->glt);
    mk_swath_free(&acquisition->swath);
}

bool mk_write_granules(const struct mk_options *options, const char *folder,
                       void (*report)(const char *path), struct mk_error *error)
{
    struct mk_acquisition acquisition = {.options = options};
    bool ok = acquire(&acquisition, error);
    for (int product = 0; ok && product < MK_PRODUCTS; product++)
    {
        if (options->products[product])
            ok = write_granule(&acquisition, (enum mk_product)product, folder, report, error);
    }
    release(&acquisition);
    return ok;
}
