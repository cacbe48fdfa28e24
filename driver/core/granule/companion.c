/* SPDX-License-Identifier: MIT */
#include "core/granule/companion.h"

#include "core/base/path.h"
#include "core/base/request_threads.h"
#include "core/granule/filename.h"

#include <cpl_port.h>
#include <cpl_vsi.h>

#include <stdlib.h>
#include <string.h>

/* ---- Times ---------------------------------------------------------------------------------- */

bool emit_compact_time(const char *text, char time[16])
{
    static const char pattern[] = "9999-99-99T99:99:99";
    size_t length = 0;
    for (size_t i = 0; pattern[i] != '\0'; i++)
    {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        if (pattern[i] == '9' ? !digit : text[i] != pattern[i])
            return false;
        if (digit || text[i] == 'T')
            time[length++] = text[i];
    }
    time[length] = '\0';
    return true;
}

void emit_companion_time(const struct emit_granule *granule, char time[16])
{
    struct emit_filename_parts parts;
    if (emit_filename_parse_any_case(granule->path, &parts))
        memcpy(time, parts.time, sizeof parts.time);
    else if (!emit_compact_time(granule->time_start, time))
        time[0] = '\0';
}

/* ---- Lists ---------------------------------------------------------------------------------- */

void emit_companions_close(struct emit_companions *companions)
{
    for (size_t i = 0; i < companions->count; i++)
    {
        emit_granule_close(companions->file[i].owned);
        free(companions->file[i].path);
    }
    free(companions->file);
    free(companions->missing.text);
    free(companions->rejected.text);
    memset(companions, 0, sizeof *companions);
}

static bool is_same_rest(const struct emit_filename_parts *a, const struct emit_filename_parts *b)
{
    const size_t length = emit_path_stem(a->rest);
    return length == emit_path_stem(b->rest) && EQUALN(a->rest, b->rest, length);
}

/* Whether orbit and scene are equal, or missing in one of the two because of its version. */
static bool is_same_scene_number(const struct emit_filename_parts *a,
                                 const struct emit_filename_parts *b)
{
    const bool one_has_none = (a->scene[0] == '\0') != (b->scene[0] == '\0');
    return strcmp(a->scene, b->scene) == 0 || (one_has_none && emit_filename_has_mission_scene(a) &&
                                               emit_filename_has_mission_scene(b));
}

static enum emit_name_fit fit_of(const char *granule_path, const struct emit_filename_parts *parts)
{
    struct emit_filename_parts own;
    const bool original = emit_filename_is_original(parts);
    if (!emit_filename_parse_any_case(granule_path, &own))
        return original ? EMIT_FIT_EXACT : EMIT_FIT_OTHER;
    if (is_same_rest(&own, parts) && is_same_scene_number(&own, parts))
        return EMIT_FIT_EXACT;
    return original ? EMIT_FIT_MISSION : EMIT_FIT_OTHER;
}

enum emit_status emit_companions_add(struct emit_companions *companions, size_t at,
                                     const char *path, struct emit_error *error)
{
    const size_t size = sizeof companions->file[0];
    struct emit_companion file = {.path = strdup(path)};
    struct emit_companion *files = realloc(companions->file, (companions->count + 1) * size);
    if (files != NULL)
        companions->file = files;
    if (files == NULL || file.path == NULL)
    {
        free(file.path);
        return emit_error_memory(error, strlen(path) + size, "a path");
    }
    struct emit_filename_parts parts;
    if (emit_filename_parse_any_case(path, &parts))
    {
        file.fit = fit_of(companions->granule->path, &parts);
        file.version = parts.version;
    }
    if (strcmp(path, companions->granule->path) == 0)
        file.granule = companions->granule;
    memmove(files + at + 1, files + at, (companions->count - at) * size);
    files[at] = file;
    companions->count++;
    return EMIT_OK;
}

static enum emit_status prefetch_file(const void *context, size_t i, struct emit_error *error)
{
    (void)error;
    const struct emit_companions *companions = context;
    if (companions->file[i].granule == NULL && !VSIIsLocal(companions->file[i].path))
        emit_granule_prefetch_companion(companions->file[i].path);
    return EMIT_OK;
}

void emit_companions_prefetch(const struct emit_companions *companions)
{
    emit_request_threads_run(companions->count, prefetch_file, companions, NULL);
}
