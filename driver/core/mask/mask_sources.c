/* SPDX-License-Identifier: MIT */
/* Candidates for the mask granule are listed best first: those that the user names, or those
 * that a search finds, with the viewed granule if it has a mask itself. Of these the first one
 * that has all flags and data bands serves; without one, the first that has them together with
 * state variables of a reflectance granule. The band mask is chosen independently, since only
 * old versions have one. If none serves, opening fails: the message is that of the best
 * candidate, followed by the files that were rejected. */
#include "core/mask/mask_sources.h"

#include "core/granule/schema.h"
#include "core/mask/candidate.h"

#include <stdlib.h>
#include <string.h>

void emit_mask_sources_close(struct emit_mask_sources *masks)
{
    emit_companions_close(&masks->mask_files);
    emit_companions_close(&masks->state_files);
    memset(masks, 0, sizeof *masks);
}

/* ---- Candidates ----------------------------------------------------------------------------- */

static bool lists_itself(const struct emit_companions *files)
{
    for (size_t i = 0; i < files->count; i++)
        if (files->file[i].granule == files->granule)
            return true;
    return false;
}

/* Lists the mask granules that may serve, best first. */
static enum emit_status find_mask_files(const struct emit_granule *granule,
                                        const struct emit_options *options,
                                        struct emit_companions *files, struct emit_error *error)
{
    files->granule = granule;
    files->named = options->mask_file != NULL;
    if (files->named)
    {
        const enum emit_status status = emit_companions_add_named(options->mask_file, files, error);
        return status == EMIT_OK ? EMIT_OK : emit_error_prefix(error, status, "MASK_FILE");
    }
    EMIT_TRY(emit_companions_search(granule, EMIT_PRODUCT_MASK, false, files, error));
    if (emit_granule_find(granule, EMIT_VARIABLE_MASK) != NULL && !lists_itself(files))
        return emit_companions_add(files, 0, granule->path, error);
    return EMIT_OK;
}

/* Files that the user names must exist and show the scene, even if none of them is needed. */
static enum emit_status check_named(struct emit_companions *files, struct emit_error *error)
{
    for (size_t i = 0; i < files->count; i++)
    {
        const struct emit_granule *mask = NULL;
        const enum emit_status status = emit_candidate_open(files, i, &mask, error);
        if (status == EMIT_ERROR_OPTION)
            emit_error_append(error, ". Name the mask granule of this scene with MASK_FILE");
        if (status != EMIT_OK)
            return emit_error_prefix(error, status, "MASK_FILE");
    }
    return EMIT_OK;
}

static const char *requesting_option(const struct emit_options *options)
{
    if (options->quality_flags != NULL)
        return "QUALITY_FLAGS";
    if (options->quality_where != NULL)
        return "QUALITY_WHERE";
    return options->has_cloud_buffer ? "CLOUD_BUFFER" : "BAND_MASK";
}

static enum emit_status no_mask_file(const struct emit_companions *files,
                                     const struct emit_options *options, struct emit_error *error)
{
    const struct emit_granule *granule = files->granule;
    const char *missing = files->missing.text;
    char time[16];
    emit_companion_time(granule, time);
    if (time[0] == '\0')
        return emit_error_set(error, EMIT_ERROR_OPTION,
                              "%s needs the L2A MASK granule of the scene, but neither the name of "
                              "%s nor its attributes give the acquisition time to look for: name "
                              "it with MASK_FILE",
                              requesting_option(options), granule->path);
    if (!emit_path_has_folder(granule->path))
        return emit_error_set(
            error, EMIT_ERROR_OPTION,
            "%s needs the L2A MASK granule of the scene, which cannot be "
            "searched for, as the address of %s has a query or is encoded: name the mask "
            "with MASK_FILE, with its own query",
            requesting_option(options), granule->path);
    return emit_error_set(error, EMIT_ERROR_OPTION,
                          "%s needs the L2A MASK granule of the scene: none of acquisition time %s "
                          "in the folder of %s fits%s%s%s. Put it there or name it with MASK_FILE",
                          requesting_option(options), time, granule->path,
                          missing != NULL ? " (not found: " : "", missing != NULL ? missing : "",
                          missing != NULL ? ")" : "");
}

/* ---- Quality -------------------------------------------------------------------------------- */

static bool has_mask_bands(const struct emit_granule *granule)
{
    const struct emit_swath_variable *mask = emit_granule_find(granule, EMIT_VARIABLE_MASK);
    return mask != NULL && emit_swath_variable_bands(mask) == granule->mask_labels.count;
}

static struct emit_mask_bands bands_of(const struct emit_granule *mask)
{
    if (mask == NULL)
        return (struct emit_mask_bands){"the mask (none was found)", NULL, 0};
    return (struct emit_mask_bands){mask->path, (const char *const *)mask->mask_labels.text,
                                    mask->mask_labels.count};
}

static enum emit_status resolve_with(const struct emit_granule *mask,
                                     const struct emit_options *options,
                                     struct emit_mask_conditions *conditions,
                                     struct emit_error *error)
{
    const char *unread = emit_granule_unread(mask, EMIT_VARIABLE_MASK);
    if (unread != NULL)
        return emit_error_set(error, EMIT_ERROR_OPTION, "%s: %s", requesting_option(options),
                              unread);
    if (!has_mask_bands(mask))
        return emit_error_set(
            error, EMIT_ERROR_OPTION,
            "%s: %s is not an L2A MASK granule: it has no mask with as many bands "
            "as labels (mask_bands). Name one with MASK_FILE",
            requesting_option(options), mask->path);
    const struct emit_mask_bands bands = bands_of(mask);
    return emit_quality_resolve(options, &bands, conditions, error);
}

static bool uses(const struct emit_mask_conditions *conditions, bool state)
{
    for (size_t i = 0; i < conditions->count; i++)
        if (conditions->condition[i].in_state == state)
            return true;
    return false;
}

/* Chooses the first mask that has all flags and data bands, or, if "with_state", has them together
 * with state variables. If none has, masks->quality stays NULL and "error" is the reason of the
 * first mask that fits; "*fits" is false if no file fits. */
static enum emit_status choose_quality(const struct emit_options *options, bool with_state,
                                       struct emit_mask_sources *masks, bool *fits,
                                       struct emit_error *error)
{
    *fits = false;
    for (size_t i = 0; i < masks->mask_files.count && masks->quality == NULL; i++)
    {
        const struct emit_granule *mask = NULL;
        EMIT_TRY(emit_candidate_open(&masks->mask_files, i, &mask, error));
        if (mask == NULL)
            continue;
        const enum emit_status status =
            resolve_with(mask, options, &masks->conditions, *fits ? NULL : error);
        *fits = true;
        if (status == EMIT_OK && (with_state || !uses(&masks->conditions, true)))
            masks->quality = mask;
        else if (status != EMIT_OK && status != EMIT_ERROR_OPTION)
            return status;
    }
    return EMIT_OK;
}

static enum emit_status no_state(const struct emit_granule *granule,
                                 const struct emit_mask_condition *condition,
                                 const struct emit_mask_sources *masks, struct emit_error *error)
{
    const struct emit_mask_bands mask = bands_of(masks->quality);
    char *labels = emit_mask_bands_list(&mask, EMIT_LABEL_DATA);
    emit_error_set(
        error, EMIT_ERROR_OPTION,
        "QUALITY_WHERE: %s is not a data band of %s (available: %s), and neither %s nor a "
        "reflectance granule in its folder has the state variable %s. Name a mask that "
        "has it with MASK_FILE",
        condition->user_label, mask.path, labels != NULL ? labels : "?", granule->path,
        condition->state_variable);
    free(labels);
    return EMIT_ERROR_OPTION;
}

/* Finds the granule with a state variable: the viewed one, or the scene's reflectance. */
static enum emit_status find_state(const struct emit_granule *granule,
                                   const struct emit_mask_condition *condition,
                                   struct emit_mask_sources *masks, struct emit_error *error)
{
    const char *variable = condition->state_variable;
    if (emit_granule_find(granule, variable) != NULL)
    {
        masks->state = granule;
        return EMIT_OK;
    }
    EMIT_TRY(emit_companions_search(granule, "RFL", true, &masks->state_files, error));
    for (size_t i = 0; i < masks->state_files.count; i++)
    {
        const struct emit_granule *candidate = NULL;
        EMIT_TRY(emit_candidate_open(&masks->state_files, i, &candidate, error));
        if (candidate != NULL && emit_granule_find(candidate, variable) != NULL)
        {
            masks->state = candidate;
            return EMIT_OK;
        }
    }
    return no_state(granule, condition, masks, error);
}

static enum emit_status find_states(const struct emit_granule *granule,
                                    struct emit_mask_sources *masks, struct emit_error *error)
{
    for (size_t i = 0; i < masks->conditions.count; i++)
    {
        const struct emit_mask_condition *condition = &masks->conditions.condition[i];
        if (condition->in_state && masks->state == NULL)
            EMIT_TRY(find_state(granule, condition, masks, error));
        if (condition->in_state &&
            emit_granule_find(masks->state, condition->state_variable) == NULL)
            return emit_error_set(
                error, EMIT_ERROR_OPTION,
                "QUALITY_WHERE: %s is not a data band of a mask, and %s has no state "
                "variable %s",
                condition->user_label, masks->state->path, condition->state_variable);
    }
    return EMIT_OK;
}

/* Without a mask granule, state variables may suffice. */
static enum emit_status quality_without_mask(const struct emit_options *options,
                                             struct emit_mask_sources *masks,
                                             struct emit_error *error)
{
    const struct emit_mask_bands none = bands_of(NULL);
    if (options->quality_flags == NULL && !options->has_cloud_buffer &&
        emit_quality_resolve(options, &none, &masks->conditions, NULL) == EMIT_OK)
        return EMIT_OK;
    return no_mask_file(&masks->mask_files, options, error);
}

static enum emit_status find_quality(const struct emit_granule *granule,
                                     const struct emit_options *options,
                                     struct emit_mask_sources *masks, struct emit_error *error)
{
    bool fits = false;
    EMIT_TRY(choose_quality(options, false, masks, &fits, error));
    if (masks->quality == NULL)
        EMIT_TRY(choose_quality(options, true, masks, &fits, error));
    if (!fits)
        EMIT_TRY(quality_without_mask(options, masks, error));
    else if (masks->quality == NULL)
        return EMIT_ERROR_OPTION; /* the message is choose_quality's */
    EMIT_TRY(find_states(granule, masks, error));
    if (!uses(&masks->conditions, false))
        masks->quality = NULL;
    emit_mask_conditions_normalise(&masks->conditions);
    return EMIT_OK;
}

/* ---- Band mask ------------------------------------------------------------------------------ */

static enum emit_status check_band_mask(const struct emit_granule *mask,
                                        const struct emit_swath_variable *variable,
                                        size_t wavelength_count, struct emit_error *error)
{
    const size_t packed = emit_swath_variable_bands(variable);
    if (wavelength_count == 0)
        return emit_error_set(
            error, EMIT_ERROR_OPTION,
            "BAND_MASK: band_mask of %s marks single wavelengths, and this variable has "
            "none: leave BAND_MASK out",
            mask->path);
    if (packed == EMIT_BAND_MASK_NBYTES && wavelength_count != EMIT_BAND_COUNT)
        return emit_error_set(error, EMIT_ERROR_OPTION,
                              "BAND_MASK: band_mask of %s is that of %d bands, but the variable "
                              "has %zu: it is not known which. Take the granule with all bands, "
                              "and select some with WAVELENGTHS",
                              mask->path, EMIT_BAND_COUNT, wavelength_count);
    if (packed == emit_band_mask_nbytes(wavelength_count))
        return EMIT_OK;
    return emit_error_set(error, EMIT_ERROR_OPTION,
                          "BAND_MASK: band_mask of %s has %zu packed bytes a pixel, for %zu to %zu "
                          "bands, but the variable has %zu bands: name the mask of this scene with "
                          "MASK_FILE",
                          mask->path, packed, packed * 8 - 7, packed * 8, wavelength_count);
}

/* Index of the "i"th file in the order for band masks: within one fit the oldest version first, as
 * only old versions have one. Files that the user names keep their order. */
static size_t oldest_first(const struct emit_companions *files, size_t i)
{
    size_t begin = i;
    size_t end = i + 1;
    while (begin > 0 && files->file[begin - 1].fit == files->file[i].fit)
        begin--;
    while (end < files->count && files->file[end].fit == files->file[i].fit)
        end++;
    return files->named ? i : begin + end - 1 - i;
}

/* Chooses the first mask whose band_mask fits the variable. */
static enum emit_status find_band_mask(const struct emit_options *options, size_t wavelength_count,
                                       struct emit_mask_sources *masks, struct emit_error *error)
{
    struct emit_companions *files = &masks->mask_files;
    const struct emit_granule *without = NULL;
    enum emit_status refused = EMIT_OK;
    for (size_t i = 0; i < files->count; i++)
    {
        const struct emit_granule *mask = NULL;
        EMIT_TRY(emit_candidate_open(files, oldest_first(files, i), &mask, error));
        const struct emit_swath_variable *variable =
            mask != NULL ? emit_granule_find(mask, EMIT_VARIABLE_BAND_MASK) : NULL;
        if (mask != NULL && variable == NULL)
            without = mask;
        if (variable == NULL)
            continue;
        const enum emit_status status =
            check_band_mask(mask, variable, wavelength_count, refused == EMIT_OK ? error : NULL);
        if (status == EMIT_OK)
        {
            masks->band_mask = mask;
            return EMIT_OK;
        }
        refused = status;
    }
    if (refused != EMIT_OK)
        return refused;
    if (without == NULL)
        return no_mask_file(files, options, error);
    const char *unread = emit_granule_unread(without, EMIT_VARIABLE_BAND_MASK);
    if (unread != NULL)
        return emit_error_set(error, EMIT_ERROR_OPTION, "BAND_MASK: %s", unread);
    return emit_error_set(error, EMIT_ERROR_OPTION,
                          "BAND_MASK: %s has no band_mask. L2A MASK granules of version 001 have "
                          "one: put that of the scene into its folder or name it with MASK_FILE",
                          without->path);
}

enum emit_status emit_mask_sources_find(const struct emit_granule *granule,
                                        const struct emit_options *options, size_t wavelength_count,
                                        struct emit_mask_sources *masks, struct emit_error *error)
{
    memset(masks, 0, sizeof *masks);
    const bool quality = emit_quality_is_requested(options);
    enum emit_status status = EMIT_OK;
    if (quality || options->band_mask || options->mask_file != NULL)
        status = find_mask_files(granule, options, &masks->mask_files, error);
    if (status == EMIT_OK && options->mask_file != NULL)
        status = check_named(&masks->mask_files, error);
    if (status == EMIT_OK && quality)
        status = find_quality(granule, options, masks, error);
    if (status == EMIT_OK && options->band_mask)
        status = find_band_mask(options, wavelength_count, masks, error);
    if (status == EMIT_ERROR_OPTION)
    {
        emit_candidates_explain(&masks->mask_files, error);
        emit_candidates_explain(&masks->state_files, error);
    }
    if (status != EMIT_OK)
        emit_mask_sources_close(masks);
    return status;
}
