/* SPDX-License-Identifier: MIT */
#include "core/mask/candidate.h"

#include "core/mask/same_scene.h"

/* Whether the next file is tried after file "i" has failed: if it shows something else, or if it is
 * broken but has not the name of the file that is wanted. */
static bool is_passed_over(const struct emit_companions *files, size_t i, enum emit_status status)
{
    if (files->named || status == EMIT_ERROR_MEMORY)
        return false;
    return status == EMIT_ERROR_OPTION || files->file[i].fit != EMIT_FIT_EXACT;
}

enum emit_status emit_candidate_open(struct emit_companions *files, size_t i,
                                     const struct emit_granule **granule_ret,
                                     struct emit_error *error)
{
    struct emit_companion *file = &files->file[i];
    struct emit_error reason = {""};
    *granule_ret = NULL;
    if (file->passed_over)
        return EMIT_OK;
    enum emit_status status = emit_companion_open(files, i, granule_ret, &reason);
    if (status == EMIT_OK && !file->fits && file->granule != files->granule)
        status = emit_check_same_scene(files->granule, file->granule, &reason);
    file->fits = status == EMIT_OK;
    if (file->fits)
        return EMIT_OK;
    *granule_ret = NULL;
    if (is_passed_over(files, i, status))
    {
        emit_companion_pass_over(files, i, reason.message);
        return EMIT_OK;
    }
    /* Not EMIT_NOT_A_GRANULE, which would make GDAL try other drivers on the viewed granule. */
    return emit_error_set(error, status == EMIT_NOT_A_GRANULE ? EMIT_ERROR_OPTION : status, "%s",
                          reason.message);
}

void emit_candidates_explain(const struct emit_companions *files, struct emit_error *error)
{
    const char *reasons = files->passed_over.text;
    if (reasons != NULL)
        emit_error_append(error, ". Passed over %zu: %s", files->passed_over_count, reasons);
}
