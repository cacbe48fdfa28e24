/* SPDX-License-Identifier: MIT */
#include "core/companion.h"

#include "core/name.h"

#include <cpl_conv.h>
#include <cpl_string.h>
#include <cpl_vsi.h>

#include <stdlib.h>
#include <string.h>

void emit_companions_close(struct emit_companions *companions)
{
    for (size_t i = 0; i < companions->count; i++)
    {
        emit_granule_close(companions->file[i].owned);
        free(companions->file[i].path);
    }
    memset(companions, 0, sizeof *companions);
}

/* ---- Times ---------------------------------------------------------------------------------- */

/* Turns 2022-08-27T06:07:53+0000 into 20220827T060753; false when the text is no such time. */
static bool compact_time(const char *text, char time[16])
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
    if (emit_filename_parse(granule->path, &parts))
        memcpy(time, parts.time, sizeof parts.time);
    else if (!compact_time(granule->time_start, time))
        time[0] = '\0';
}

/* ---- Lists ---------------------------------------------------------------------------------- */

static enum emit_status insert(struct emit_companions *companions, size_t at, const char *path,
                               struct emit_error *error)
{
    if (companions->count == EMIT_MAX_COMPANIONS)
        return emit_error_set(error, EMIT_ERROR_OPTION, "more than %d companions of %s",
                              EMIT_MAX_COMPANIONS, companions->granule->path);
    struct emit_companion file = {.path = strdup(path)};
    if (file.path == NULL)
        return emit_error_memory(error, strlen(path), "a path");
    if (strcmp(path, companions->granule->path) == 0)
        file.granule = companions->granule;
    memmove(companions->file + at + 1, companions->file + at,
            (companions->count - at) * sizeof companions->file[0]);
    companions->file[at] = file;
    companions->count++;
    return EMIT_OK;
}

enum emit_status emit_companions_add(struct emit_companions *companions, const char *path,
                                     struct emit_error *error)
{
    return insert(companions, companions->count, path, error);
}

enum emit_status emit_companions_add_self(struct emit_companions *companions,
                                          struct emit_error *error)
{
    return insert(companions, 0, companions->granule->path, error);
}

/* Newest version first; of one version the first by name. */
static bool comes_before(const char *path, const char *other)
{
    struct emit_filename_parts a = {.version = 0};
    struct emit_filename_parts b = {.version = 0};
    emit_filename_parse(path, &a);
    emit_filename_parse(other, &b);
    return a.version != b.version ? a.version > b.version : strcmp(path, other) < 0;
}

static enum emit_status insert_sorted(struct emit_companions *companions, const char *path,
                                      struct emit_error *error)
{
    size_t at = 0;
    while (at < companions->count && comes_before(companions->file[at].path, path))
        at++;
    return insert(companions, at, path, error);
}

static bool is_of_scene(const char *name, const char *product, const char *time)
{
    struct emit_filename_parts parts;
    return emit_filename_parse(name, &parts) && strcmp(parts.product, product) == 0 &&
           strcmp(parts.time, time) == 0 && EQUAL(CPLGetExtension(name), "nc");
}

enum emit_status emit_companions_search(const struct emit_granule *granule, const char *product,
                                        struct emit_companions *companions,
                                        struct emit_error *error)
{
    char time[16];
    memset(companions, 0, sizeof *companions);
    companions->granule = granule;
    emit_companion_time(granule, time);
    char *folder = CPLStrdup(CPLGetPath(granule->path));
    char **names = VSIReadDir(folder[0] != '\0' ? folder : ".");
    enum emit_status status = EMIT_OK;
    for (char **name = names; name != NULL && *name != NULL && status == EMIT_OK; name++)
    {
        if (is_of_scene(*name, product, time))
            status = insert_sorted(companions, CPLFormFilename(folder, *name, NULL), error);
    }
    CSLDestroy(names);
    CPLFree(folder);
    if (status != EMIT_OK)
        emit_companions_close(companions);
    return status;
}

/* ---- Opening -------------------------------------------------------------------------------- */

static enum emit_status check_scene(const struct emit_granule *granule,
                                    const struct emit_granule *other, struct emit_error *error)
{
    if (other->extent.downtrack != granule->extent.downtrack ||
        other->extent.crosstrack != granule->extent.crosstrack)
        return emit_error_set(error, EMIT_ERROR_OPTION,
                              "%s has %d x %d pixels (downtrack x crosstrack), but %s has %d x %d: "
                              "they are not of one scene",
                              other->path, other->extent.downtrack, other->extent.crosstrack,
                              granule->path, granule->extent.downtrack, granule->extent.crosstrack);
    char own_time[16];
    char other_time[16];
    const bool comparable =
        compact_time(granule->time_start, own_time) && compact_time(other->time_start, other_time);
    if (!comparable)
    {
        emit_companion_time(granule, own_time);
        emit_companion_time(other, other_time);
    }
    if (strcmp(own_time, other_time) != 0)
        return emit_error_set(error, EMIT_ERROR_OPTION,
                              "%s was acquired at %s, but %s at %s: they are not of one scene",
                              other->path, other_time[0] != '\0' ? other_time : "an unknown time",
                              granule->path, own_time[0] != '\0' ? own_time : "an unknown time");
    return EMIT_OK;
}

enum emit_status emit_companion_open(struct emit_companions *companions, size_t i,
                                     const struct emit_granule **granule_ret,
                                     struct emit_error *error)
{
    struct emit_companion *file = &companions->file[i];
    if (file->granule == NULL)
    {
        struct emit_granule *opened = NULL;
        const enum emit_status status = emit_granule_open(file->path, &opened, error);
        /* As a companion, a file that is no granule is a fault of what was asked for. */
        if (status != EMIT_OK)
            return status == EMIT_NOT_A_GRANULE ? EMIT_ERROR_OPTION : status;
        file->owned = opened;
        file->granule = opened;
    }
    *granule_ret = file->granule;
    return check_scene(companions->granule, file->granule, error);
}
