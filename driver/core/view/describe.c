/* SPDX-License-Identifier: MIT */
/* Fills emit_view_info from the top to the bottom: variables, files, bands, and the options in
 * use. The option key comes last, because it is made from the options in use, spelt canonically. */
#include "core/view/describe.h"

#include "core/base/hash.h"
#include "core/base/number.h"
#include "core/base/path.h"
#include "core/granule/minerals.h"
#include "core/granule/schema.h"
#include "core/view/file_key.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* To be incremented when the effect of options on pixels changes, so that statistics stored by
 * earlier releases are not used. */
#define KEY_FORMAT 1

/* ---- Bands ---------------------------------------------------------------------------------- */

/* The labels of the variable's bands; none if their number differs, as in a file of which only the
 * variable was cut. */
static struct emit_labels find_labels(const struct emit_subject *subject)
{
    const char *name = subject->variable->name;
    struct emit_labels labels = {0, NULL};
    if (strcmp(name, EMIT_VARIABLE_MASK) == 0)
        labels = subject->granule->mask_labels;
    else if (strcmp(name, "obs") == 0)
        labels = subject->granule->obs_labels;
    return labels.count == subject->band_count ? labels : (struct emit_labels){0, NULL};
}

static const char *band_text(const struct emit_subject *subject, struct emit_arena *arena,
                             size_t band)
{
    const char *name = subject->variable->name;
    const struct emit_labels labels = find_labels(subject);
    if (subject->axis.count > 0 && !isnan(subject->axis.wavelength_nm[band]))
        return emit_arena_text(arena, "%.2f nm", subject->axis.wavelength_nm[band]);
    if (labels.count > 0)
        return labels.text[band];
    if (subject->unpacked)
        return emit_arena_text(arena, "band %zu", band);
    return subject->choice.count == 1 ? name : emit_arena_text(arena, "%s %zu", name, band);
}

static struct emit_band describe_band(const struct emit_subject *subject, struct emit_arena *arena,
                                      size_t band)
{
    const struct emit_spectral_axis *axis = &subject->axis;
    const bool known = axis->count > 0;
    return (struct emit_band){.description = band_text(subject, arena, band),
                              .units = subject->unpacked ? "" : subject->variable->units,
                              .wavelength_nm = known ? axis->wavelength_nm[band] : NAN,
                              .fwhm_nm = known && axis->fwhm_nm != NULL ? axis->fwhm_nm[band] : NAN,
                              .good =
                                  known && axis->good != NULL ? !emit_axis_is_bad(axis, band) : -1,
                              .file_band = (int)band};
}

/* Sets the colours of the bands nearest to red, green and blue, if all three differ. */
static void choose_colours(struct emit_band *bands, size_t count)
{
    size_t chosen[3];
    for (int c = 0; c < 3; c++)
    {
        const double nm = emit_schema_true_colour_nm[c];
        chosen[c] = 0;
        for (size_t i = 1; i < count; i++)
        {
            const double nearest = fabs(bands[chosen[c]].wavelength_nm - nm);
            if (isnan(nearest) || fabs(bands[i].wavelength_nm - nm) < nearest)
                chosen[c] = i;
        }
    }
    if (chosen[0] == chosen[1] || chosen[1] == chosen[2] || chosen[0] == chosen[2])
        return;
    bands[chosen[0]].colour = EMIT_COLOUR_RED;
    bands[chosen[1]].colour = EMIT_COLOUR_GREEN;
    bands[chosen[2]].colour = EMIT_COLOUR_BLUE;
}

static void describe_bands(const struct emit_subject *subject, struct emit_arena *arena,
                           struct emit_view_info *info)
{
    const size_t count = subject->choice.count;
    struct emit_band *bands = emit_arena_array(arena, count, sizeof *bands);
    if (bands == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        bands[i] = describe_band(subject, arena, (size_t)subject->choice.file_bands[i]);
    if (subject->axis.count > 0 && count >= 3)
        choose_colours(bands, count);
    info->bands = bands;
    info->band_count = count;
}

/* ---- Variables ------------------------------------------------------------------------------ */

size_t emit_describe_unpacked_bands(const struct emit_granule *granule,
                                    const struct emit_swath_variable *variable)
{
    const size_t packed = emit_swath_variable_bands(variable);
    if (granule->axis.count > 0 && emit_band_mask_nbytes(granule->axis.count) == packed)
        return granule->axis.count;
    return packed == EMIT_BAND_MASK_NBYTES ? EMIT_BAND_COUNT : packed * 8;
}

static void describe_variables(const struct emit_granule *granule, struct emit_arena *arena,
                               struct emit_view_info *info)
{
    struct emit_variable *out = emit_arena_array(arena, granule->variable_count, sizeof *out);
    if (out == NULL)
        return;
    for (size_t i = 0; i < granule->variable_count; i++)
    {
        const struct emit_swath_variable *variable = &granule->variables[i];
        const bool packed = strcmp(variable->name, EMIT_VARIABLE_BAND_MASK) == 0;
        out[i].name = variable->name;
        out[i].description = variable->long_name;
        out[i].downtrack = granule->extent.downtrack;
        out[i].crosstrack = granule->extent.crosstrack;
        out[i].bands = (int64_t)(packed ? emit_describe_unpacked_bands(granule, variable)
                                        : emit_swath_variable_bands(variable));
        out[i].type = packed ? EMIT_UINT8 : variable->layout.encoding.type;
        out[i].scaled = variable->layout.encoding.scaled;
        out[i].scale = variable->layout.encoding.scale;
        out[i].offset = variable->layout.encoding.offset;
    }
    info->variables = out;
    info->variable_count = granule->variable_count;
}

/* ---- Masks and options in use --------------------------------------------------------------- */

/* Number of items of a view that uses every option. */
#define MAX_APPLIED 11

/* A growing list of keys and values. */
struct pairs
{
    struct emit_arena *arena;
    struct emit_pair *pair;
    size_t count;
};

static void add_pair(struct pairs *pairs, const char *key, const char *value)
{
    assert(pairs->count < MAX_APPLIED);
    pairs->pair[pairs->count++] = (struct emit_pair){key, value};
}

static const char *number_text(struct emit_arena *arena, enum emit_type type, const void *bytes)
{
    char text[EMIT_NUMBER_SIZE];
    if (isnan(emit_number_get(type, bytes)))
        return "NAN";
    emit_number_format(type, bytes, text);
    return emit_arena_text(arena, "%s", text);
}

/* The flags in use, or else the comparisons, joined by commas, with the labels of the files. */
static const char *conditions_text(const struct emit_mask_sources *masks, bool flags,
                                   struct emit_arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < masks->conditions.count; i++)
    {
        const struct emit_mask_condition *condition = &masks->conditions.condition[i];
        const char *comparison = emit_comparison_texts[condition->rule.test];
        if (comparison == NULL || (*comparison == '\0') != flags)
            continue;
        const char *label = condition->in_state ? condition->state_variable
                                                : masks->quality->mask_labels.text[condition->band];
        text = emit_arena_text(
            arena, "%s%s%s%s%s", text, *text != '\0' ? "," : "", label, comparison,
            flags ? "" : number_text(arena, EMIT_FLOAT64, &condition->rule.threshold));
    }
    return text;
}

/* Adds the path of a companion, unless it is NULL. */
static void add_path(struct pairs *pairs, const char *key, const struct emit_granule *granule)
{
    if (granule != NULL)
        add_pair(pairs, key, emit_path_shown(pairs->arena, granule->path));
}

static void apply_masks(const struct emit_subject *subject, struct pairs *pairs)
{
    const struct emit_mask_sources *masks = &subject->masks;
    const struct emit_granule *quality = masks->quality, *band_mask = masks->band_mask;
    const char *flags = conditions_text(masks, true, pairs->arena);
    const char *where = conditions_text(masks, false, pairs->arena);
    if (quality != NULL && band_mask != NULL && quality != band_mask)
    {
        add_pair(pairs, "EMIT_MASK_FILE",
                 emit_arena_text(pairs->arena, "%s,%s",
                                 emit_path_shown(pairs->arena, quality->path),
                                 emit_path_shown(pairs->arena, band_mask->path)));
        add_path(pairs, "EMIT_QUALITY_FILE", quality);
        add_path(pairs, "EMIT_BAND_MASK_FILE", band_mask);
    }
    else
        add_path(pairs, "EMIT_MASK_FILE", quality != NULL ? quality : band_mask);
    if (*flags != '\0')
        add_pair(pairs, "EMIT_QUALITY_FLAGS", flags);
    if (*where != '\0')
        add_pair(pairs, "EMIT_QUALITY_WHERE", where);
    add_path(pairs, "EMIT_STATE_FILE", masks->state);
    if (subject->options.has_cloud_buffer)
        add_pair(pairs, "EMIT_CLOUD_BUFFER",
                 emit_arena_text(pairs->arena, "%d", subject->options.cloud_buffer));
    if (band_mask != NULL)
        add_pair(pairs, "EMIT_BAND_MASK", "YES");
}

static void describe_applied(const struct emit_subject *subject, struct emit_arena *arena,
                             struct emit_view_info *info)
{
    const struct emit_options *options = &subject->options;
    struct pairs pairs = {arena, emit_arena_array(arena, MAX_APPLIED, sizeof *pairs.pair), 0};
    if (pairs.pair == NULL)
        return;
    add_pair(&pairs, "EMIT_ORTHO", emit_ortho_names[info->ortho ? options->ortho : EMIT_ORTHO_NO]);
    apply_masks(subject, &pairs);
    if (options->wavelengths != NULL)
        add_pair(&pairs, "EMIT_WAVELENGTHS", emit_arena_text(arena, "%s", options->wavelengths));
    if (options->bad_wavelengths != EMIT_BAD_KEEP)
        add_pair(&pairs, "EMIT_BAD_WAVELENGTHS",
                 emit_bad_wavelengths_names[options->bad_wavelengths]);
    info->applied = pairs.pair;
    info->applied_count = pairs.count;
}

/* ---- The key -------------------------------------------------------------------------------- */

/* The companions that masks are read from. */
static void add_files(struct emit_string_builder *key, const struct emit_subject *subject,
                      struct emit_arena *arena)
{
    const struct emit_mask_sources *masks = &subject->masks;
    const struct emit_granule *const files[] = {masks->quality, masks->band_mask, masks->state};
    static const char *const labels[] = {"QUALITY_FILE", "BAND_MASK_FILE", "STATE_FILE"};
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
        if (files[i] != NULL)
            emit_string_append(key, ";%s=%s", labels[i],
                               emit_file_key(arena, subject->granule->path, files[i]->path));
}

/* All options that change pixels, in canonical order and spelling. Bands are named by number, files
 * by emit_file_key(): equal keys mean equal pixels as long as the files do not change. */
static const char *key_text(const struct emit_subject *subject, struct emit_arena *arena,
                            const struct emit_view_info *info)
{
    struct emit_string_builder key = {0};
    emit_string_append(&key, "EMIT:%d:%s", KEY_FORMAT, subject->variable->name);
    for (size_t i = 0; i < info->applied_count; i++)
    {
        const struct emit_pair *pair = &info->applied[i];
        if (strcmp(pair->key, "EMIT_WAVELENGTHS") != 0 && strstr(pair->key, "_FILE") == NULL)
            emit_string_append(&key, ";%s=%s", pair->key + strlen("EMIT_"), pair->value);
    }
    add_files(&key, subject, arena);
    emit_string_append(&key, ";NODATA=%s",
                       emit_type_is_float(info->type)
                           ? number_text(arena, EMIT_FLOAT64, &info->nodata)
                           : number_text(arena, info->type, info->nodata_bytes));
    if (subject->options.wavelengths != NULL)
    {
        for (size_t i = 0; i < subject->choice.count; i++)
            emit_string_append(&key, "%s%llu", i > 0 ? "," : ";BANDS=",
                               (unsigned long long)subject->choice.file_bands[i]);
    }
    const char *text = emit_arena_text(arena, "%s", key.text != NULL ? key.text : "");
    arena->failed = arena->failed || key.failed;
    free(key.text);
    return text;
}

static void describe_files(const struct emit_subject *subject, struct emit_arena *arena,
                           struct emit_view_info *info)
{
    const struct emit_granule *used[4] = {subject->granule, subject->masks.quality,
                                          subject->masks.band_mask, subject->masks.state};
    const char **files = emit_arena_array(arena, 4, sizeof *files);
    for (int i = 0; i < 4 && files != NULL; i++)
    {
        bool listed = used[i] == NULL;
        for (int before = 0; before < i; before++)
            listed = listed || used[before] == used[i];
        if (!listed)
            files[info->file_count++] = used[i]->path;
    }
    info->files = files;
}

static enum emit_status describe_minerals(const struct emit_subject *subject,
                                          struct emit_arena *arena, struct emit_view_info *info,
                                          struct emit_error *error)
{
    if (info->scaled)
        return emit_error_set(error, EMIT_ERROR_FORMAT,
                              "%s: %s has the attribute scale_factor or add_offset, which mineral "
                              "ids cannot have",
                              info->path, info->variable);
    return emit_minerals_read(subject->granule, arena, &info->minerals, &info->mineral_count,
                              error);
}

enum emit_status emit_describe(const struct emit_subject *subject, struct emit_arena *arena,
                               struct emit_view_info *info, struct emit_error *error)
{
    const struct emit_granule *granule = subject->granule;
    info->path = granule->path;
    info->attributes = granule->attributes;
    info->attribute_count = granule->attribute_count;
    info->spatial_ref = granule->spatial_ref;
    info->has_geolocation = granule->has_lonlat;
    info->warning = "";
    info->option_key = "";
    describe_variables(granule, arena, info);
    describe_files(subject, arena, info);
    if (subject->variable != NULL)
    {
        info->variable = subject->variable->name;
        describe_bands(subject, arena, info);
        describe_applied(subject, arena, info);
        info->option_key = key_text(subject, arena, info);
        info->option_hash = emit_hash(EMIT_HASH_SEED, info->option_key, strlen(info->option_key));
        if (emit_minerals_named_by(info->variable))
            EMIT_TRY(describe_minerals(subject, arena, info, error));
    }
    return emit_arena_check(arena, error);
}
