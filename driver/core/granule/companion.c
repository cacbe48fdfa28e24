/* SPDX-License-Identifier: MIT */
/* GDAL's VSIStatBufL is glibc's struct stat64. */
#define _LARGEFILE64_SOURCE

#include "core/granule/companion.h"

#include "core/base/strings.h"
#include "core/granule/filename.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <cpl_vsi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void emit_companions_close(struct emit_companions *companions)
{
    for (size_t i = 0; i < companions->count; i++)
    {
        emit_granule_close(companions->file[i].owned);
        free(companions->file[i].path);
    }
    free(companions->missing);
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

static enum emit_status list_names(const char *folder, char **names, const char *product,
                                   const char *time, struct emit_companions *companions,
                                   struct emit_error *error)
{
    for (char **name = names; *name != NULL; name++)
    {
        if (is_of_scene(*name, product, time))
            EMIT_TRY(insert_sorted(companions, CPLFormFilename(folder, *name, NULL), error));
    }
    return EMIT_OK;
}

/* ---- Names where a folder is not listed ----------------------------------------------------- */

/* Companions as the mission names them: the versions, and whether orbit and scene follow the time.
 */
static const struct
{
    const char *product;
    int version;
    bool has_scene;
} mission_names[] = {
    {"MASK", 3, false}, {"MASK", 2, true}, {"MASK", 1, true}, {"RFL", 2, false}, {"RFL", 1, true}};

/* The HTTP status that GDAL's last message ends with; 0 without one. */
static long last_http_status(void)
{
    const char *colon = strrchr(CPLGetLastErrorMsg(), ':');
    return colon != NULL ? strtol(colon + 1, NULL, 10) : 0;
}

/* GDAL says nothing of files that are not there (404), and warns of other answers. Those that
 * concern the client (403 where nobody may list what there is) mean "no" as well. */
static enum emit_status file_exists(const char *path, bool *exists, struct emit_error *error)
{
    VSIStatBufL found;
    enum emit_status status = EMIT_OK;
    CPLErrorReset();
    CPLPushErrorHandler(CPLQuietErrorHandler);
    *exists = VSIStatExL(path, &found, VSI_STAT_EXISTS_FLAG) == 0;
    const bool silent = CPLGetLastErrorType() == CE_None;
    const long http_status = last_http_status();
    if (!*exists && !silent && (http_status < 400 || http_status >= 500))
        status = emit_error_set(error, EMIT_ERROR_FILE, "cannot tell whether there is %s: %s", path,
                                CPLGetLastErrorMsg());
    CPLPopErrorHandler();
    CPLErrorReset();
    return status;
}

static enum emit_status try_name(const char *folder, const char *name,
                                 struct emit_companions *companions,
                                 struct emit_buffer_text *missing, struct emit_error *error)
{
    bool exists;
    char *path = CPLStrdup(CPLFormFilename(folder, name, NULL));
    enum emit_status status = file_exists(path, &exists, error);
    if (status == EMIT_OK && exists)
        status = insert_sorted(companions, path, error);
    else if (status == EMIT_OK)
        emit_text_add(missing, "%s%s", missing->text != NULL ? ", " : "", name);
    CPLFree(path);
    return status;
}

static enum emit_status try_names(const char *folder, const char *product, const char *time,
                                  struct emit_companions *companions, struct emit_error *error)
{
    struct emit_filename_parts own = {.scene = ""};
    struct emit_buffer_text missing = {0};
    enum emit_status status = EMIT_OK;
    emit_filename_parse(companions->granule->path, &own);
    for (size_t i = 0; i < sizeof mission_names / sizeof mission_names[0] && status == EMIT_OK; i++)
    {
        char name[64];
        if (strcmp(mission_names[i].product, product) != 0 ||
            (mission_names[i].has_scene && own.scene[0] == '\0'))
            continue;
        snprintf(name, sizeof name, "EMIT_L2A_%s_%03d_%s%s.nc", product, mission_names[i].version,
                 time, mission_names[i].has_scene ? own.scene : "");
        status = try_name(folder, name, companions, &missing, error);
    }
    companions->missing = missing.text;
    return status;
}

/* ---- Searching ------------------------------------------------------------------------------ */

/* The names in a folder; NULL when they are not to be had. */
static char **read_folder(const char *path, const char *folder)
{
    if (VSIIsLocal(path))
        return VSIReadDir(folder[0] != '\0' ? folder : ".");
    const char *disabled = VSIGetPathSpecificOption(path, "GDAL_DISABLE_READDIR_ON_OPEN", "NO");
    if (EQUAL(disabled, "EMPTY_DIR") || CPLTestBool(disabled))
        return NULL;
    CPLPushErrorHandler(CPLQuietErrorHandler);
    char **names = VSIReadDir(folder);
    CPLPopErrorHandler();
    CPLErrorReset();
    return names;
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
    char **names = read_folder(granule->path, folder);
    enum emit_status status = EMIT_OK;
    if (names != NULL)
        status = list_names(folder, names, product, time, companions, error);
    else if (!VSIIsLocal(granule->path))
        status = try_names(folder, product, time, companions, error);
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
                              "they are not of one scene. Name the mask granule of this scene with "
                              "MASK_FILE",
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
                              "%s was acquired at %s, but %s at %s: they are not of one scene. "
                              "Name the mask granule of this scene with MASK_FILE",
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
        const enum emit_status status = emit_granule_open_companion(file->path, &opened, error);
        /* As a companion, a file that is no granule is a fault of what was asked for. */
        if (status != EMIT_OK)
            return status == EMIT_NOT_A_GRANULE ? EMIT_ERROR_OPTION : status;
        file->owned = opened;
        file->granule = opened;
    }
    *granule_ret = file->granule;
    return check_scene(companions->granule, file->granule, error);
}
