/* SPDX-License-Identifier: MIT */
#include "core/mask/candidate.h"

#include "core/mask/same_scene.h"

/* Number of rejected files that a message lists with reasons. */
#define REASONS_LISTED 6

static enum emit_status open_and_check(const struct emit_companions *files,
                                       struct emit_companion *file, struct emit_error *error)
{
    const struct emit_granule *granule = files->granule;
    const bool needs_place = !files->named && file->fit == EMIT_FIT_OTHER;
    if (file->granule == NULL)
        EMIT_TRY(emit_granule_open_companion(file->path, &file->owned, error));
    if (file->owned != NULL)
        file->granule = file->owned;
    return file->fits || file->granule == granule
               ? EMIT_OK
               : emit_check_same_scene(granule, file->granule, needs_place, error);
}

static void reject(struct emit_companions *files, struct emit_companion *file, const char *reason)
{
    struct emit_string_builder *text = &files->rejected;
    emit_granule_close(file->owned);
    file->owned = NULL;
    file->granule = NULL;
    file->rejected = true;
    if (files->rejected_count++ < REASONS_LISTED)
        emit_string_append(text, "%s%s", text->text != NULL ? "; " : "", reason);
}

enum emit_status emit_candidate_open(struct emit_companions *files, size_t i,
                                     const struct emit_granule **granule_ret,
                                     struct emit_error *error)
{
    struct emit_companion *file = &files->file[i];
    struct emit_error reason = {""};
    *granule_ret = NULL;
    if (file->rejected)
        return EMIT_OK;
    const enum emit_status status = open_and_check(files, file, &reason);
    file->fits = status == EMIT_OK;
    if (file->fits)
        *granule_ret = file->granule;
    /* The next file is tried if this one shows something else, or is broken but does not have the
     * name of the right file. */
    else if (!files->named && status != EMIT_ERROR_MEMORY &&
             (status == EMIT_ERROR_OPTION || file->fit != EMIT_FIT_EXACT))
        reject(files, file, reason.message);
    /* Not EMIT_NOT_A_GRANULE, which would make GDAL try other drivers on the viewed granule. */
    else
        return emit_error_set(error, status == EMIT_NOT_A_GRANULE ? EMIT_ERROR_OPTION : status,
                              "%s", reason.message);
    return EMIT_OK;
}

void emit_candidates_explain(const struct emit_companions *files, struct emit_error *error)
{
    if (files->rejected.text != NULL)
        emit_error_append(error, ". Rejected %zu: %s", files->rejected_count, files->rejected.text);
}
