/* SPDX-License-Identifier: MIT */
/* Finding the granules of a scene: in a granule's folder, and in the folders of NASA's archive. */
#include "core/granule/companion.h"

#include "core/base/parallel.h"
#include "core/base/path.h"
#include "core/base/platform.h"
#include "core/granule/filename.h"
#include "core/io/file_exists.h"
#include "core/io/gdal_messages.h"

#include <cpl_conv.h>
#include <cpl_string.h>
#include <cpl_vsi.h>

#include <stdlib.h>
#include <string.h>

/* What is looked for. */
struct search
{
    const char *product;
    char time[16];
    struct emit_filename_parts own; /* of the granule */
    struct emit_companions *companions;
    char **likely; /* paths that may exist, as a list of GDAL */
};

/* ---- Folders that are listed ---------------------------------------------------------------- */

static bool is_of_scene(const struct search *search, const char *name)
{
    struct emit_filename_parts parts;
    return emit_filename_parse_any_case(name, &parts) && strcmp(parts.level, "L2A") == 0 &&
           strcmp(parts.product, search->product) == 0 && strcmp(parts.time, search->time) == 0 &&
           emit_path_is_hdf5(name);
}

static enum emit_status add_listed(const struct search *search, const char *folder, char **names,
                                   struct emit_error *error)
{
    for (char **name = names; *name != NULL; name++)
    {
        if (is_of_scene(search, *name))
            EMIT_TRY(emit_companions_add(search->companions, CPLFormFilename(folder, *name, NULL),
                                         error));
    }
    return EMIT_OK;
}

static bool may_list(const char *path)
{
    const char *disabled = VSIGetPathSpecificOption(path, "GDAL_DISABLE_READDIR_ON_OPEN", "NO");
    return VSIIsLocal(path) || !(EQUAL(disabled, "EMPTY_DIR") || CPLTestBool(disabled));
}

/* The names in a folder; NULL if it cannot be listed. */
static char **read_folder(const char *path, const char *folder)
{
    if (VSIIsLocal(path))
        return VSIReadDir(folder[0] != '\0' ? folder : ".");
    if (!may_list(path))
        return NULL;
    struct emit_gdal_messages messages;
    emit_gdal_messages_hold(&messages);
    char **names = VSIReadDir(folder);
    emit_gdal_messages_release(&messages);
    return names;
}

/* ---- Likely paths --------------------------------------------------------------------------- */

/* Companions as the mission names them. */
static const struct mission_name
{
    const char *product;
    int version;
    bool has_scene;      /* orbit and scene follow the time */
    const char *granule; /* the product whose collection and folder the archive puts it in */
} mission_names[] = {{"MASK", 3, false, "MASK"},
                     {"MASK", 2, true, "MASK"},
                     {"MASK", 1, true, "RFL"},
                     {"RFL", 2, false, "RFL"},
                     {"RFL", 1, true, "RFL"}};
#define MISSION_NAMES (sizeof mission_names / sizeof mission_names[0])

static void add_likely(struct search *search, const char *folder, const char *name)
{
    const char *path = CPLFormFilename(folder, name, NULL);
    const struct emit_companions *companions = search->companions;
    for (size_t i = 0; i < companions->count; i++)
    {
        if (strcmp(companions->file[i].path, path) == 0)
            return;
    }
    if (CSLFindStringCaseSensitive(search->likely, path) < 0)
        search->likely = CSLAddString(search->likely, path);
}

/* The name in "folder" that ends as the granule's does, and the mission's own. */
static void add_names(struct search *search, const struct mission_name *mission, const char *folder,
                      const char *scene)
{
    const char *rest = search->own.rest;
    char *name = CPLStrdup(CPLSPrintf("EMIT_L2A_%s_%03d_%s%s", mission->product, mission->version,
                                      search->time, mission->has_scene ? scene : ""));
    if (emit_path_is_hdf5(rest))
        add_likely(search, folder, CPLSPrintf("%s%s", name, rest));
    add_likely(search, folder, CPLSPrintf("%s.nc", name));
    CPLFree(name);
}

/* Names in a folder that is not listed. */
static void add_unlisted(struct search *search, const char *folder)
{
    const char *scene = search->own.scene;
    for (size_t i = 0; i < MISSION_NAMES; i++)
    {
        const struct mission_name *mission = &mission_names[i];
        if (strcmp(mission->product, search->product) == 0 &&
            (!mission->has_scene || scene[0] != '\0'))
            add_names(search, mission, folder, scene);
    }
}

/* ---- The archive ---------------------------------------------------------------------------- */

/* Object stores list what begins with a prefix in one request. */
static bool may_list_prefix(const char *path)
{
    const bool is_store = STARTS_WITH(path, "/vsis3/") || STARTS_WITH(path, "/vsigs/") ||
                          STARTS_WITH(path, "/vsiaz/");
    return VSIIsLocal(path) || (is_store && may_list(path));
}

/* Learns orbit and scene, which later names leave out, from the reflectance of version 001. */
static void find_scene(struct search *search, const char *base, char scene[13])
{
    char *folder = CPLStrdup(CPLFormFilename(base, "EMITL2ARFL.001", NULL));
    char *prefix = CPLStrdup(CPLSPrintf("PREFIX=EMIT_L2A_RFL_001_%s", search->time));
    const char *const options[] = {prefix, NULL};
    struct emit_filename_parts parts = {.scene = ""};
    struct emit_gdal_messages messages;
    emit_gdal_messages_hold(&messages);
    VSIDIR *listing = may_list_prefix(folder) ? VSIOpenDir(folder, 0, options) : NULL;
    const VSIDIREntry *entry = listing != NULL ? VSIGetNextDirEntry(listing) : NULL;
    while (entry != NULL && !(emit_filename_parse_any_case(entry->pszName, &parts) &&
                              strcmp(parts.time, search->time) == 0 && parts.scene[0] != '\0'))
        entry = VSIGetNextDirEntry(listing);
    memcpy(scene, entry != NULL ? parts.scene : "", entry != NULL ? sizeof parts.scene : 1);
    if (listing != NULL)
        VSICloseDir(listing);
    emit_gdal_messages_release(&messages);
    CPLFree(prefix);
    CPLFree(folder);
}

static void add_archived(struct search *search, const char *base)
{
    char scene[13];
    memcpy(scene, search->own.scene, sizeof scene);
    if (scene[0] == '\0')
        find_scene(search, base, scene);
    for (size_t i = 0; i < MISSION_NAMES; i++)
    {
        const struct mission_name *mission = &mission_names[i];
        if (strcmp(mission->product, search->product) != 0 ||
            (mission->has_scene && scene[0] == '\0'))
            continue;
        char *folder = CPLStrdup(
            CPLFormFilename(base,
                            CPLSPrintf("EMITL2A%s.%03d/EMIT_L2A_%s_%03d_%s%s", mission->granule,
                                       mission->version, mission->granule, mission->version,
                                       search->time, mission->has_scene ? scene : ""),
                            NULL));
        add_names(search, mission, folder, scene);
        CPLFree(folder);
    }
}

/* Adds the paths under which the archive has the companions of the granule at "path". A local path
 * may be relative. */
static void add_from_archive(struct search *search, const char *path)
{
    size_t length = 0;
    char *real = NULL;
    if (!emit_filename_is_in_archive(path, &length) && !STARTS_WITH(path, "/vsi"))
        path = real = emit_real_path(path);
    if (path != NULL && emit_filename_is_in_archive(path, &length))
    {
        char *base = CPLStrdup(path);
        base[length] = '\0';
        add_archived(search, base);
        CPLFree(base);
    }
    free(real);
}

/* ---- Which of them exist -------------------------------------------------------------------- */

struct check
{
    char **path;
    bool *exists;
};

static enum emit_status check_path(const void *context, size_t i, struct emit_scratch *scratch,
                                   struct emit_error *error)
{
    const struct check *check = context;
    (void)scratch;
    return emit_file_exists(check->path[i], &check->exists[i], error);
}

/* Requests to a server are made at once. */
static enum emit_status add_existing(const struct search *search, struct emit_error *error)
{
    struct emit_string_builder *missing = &search->companions->missing;
    const size_t count = (size_t)CSLCount(search->likely);
    const struct check check = {search->likely, calloc(count + 1, sizeof(bool))};
    if (check.exists == NULL)
        return emit_error_memory(error, count, "likely paths");
    const bool local = VSIIsLocal(search->companions->granule->path);
    enum emit_status status =
        emit_parallel_for(count, local ? 1 : (int)count, 0, check_path, &check, error);
    for (size_t i = 0; i < count && status == EMIT_OK; i++)
    {
        if (check.exists[i])
            status = emit_companions_add(search->companions, check.path[i], error);
        else
            emit_string_append(missing, "%s%s", missing->text != NULL ? ", " : "", check.path[i]);
    }
    free(check.exists);
    return status;
}

/* ---- Searching ------------------------------------------------------------------------------ */

/* By fit, then the newest version first, then by name. */
static int compare(const void *one, const void *other)
{
    const struct emit_companion *a = one;
    const struct emit_companion *b = other;
    if (a->fit != b->fit)
        return a->fit < b->fit ? -1 : 1;
    if (a->version != b->version)
        return a->version > b->version ? -1 : 1;
    return strcmp(a->path, b->path);
}

static enum emit_status find(struct search *search, struct emit_error *error)
{
    const char *path = search->companions->granule->path;
    char *folder = CPLStrdup(CPLGetPath(path));
    char **names = read_folder(path, folder);
    enum emit_status status = EMIT_OK;
    if (names != NULL)
        status = add_listed(search, folder, names, error);
    else
        add_unlisted(search, folder);
    add_from_archive(search, path);
    CSLDestroy(names);
    CPLFree(folder);
    return status == EMIT_OK ? add_existing(search, error) : status;
}

enum emit_status emit_companions_search(const struct emit_granule *granule, const char *product,
                                        struct emit_companions *companions,
                                        struct emit_error *error)
{
    struct search search = {.product = product, .own = {.rest = ".nc"}, .companions = companions};
    memset(companions, 0, sizeof *companions);
    companions->granule = granule;
    emit_companion_time(granule, search.time);
    emit_filename_parse_any_case(granule->path, &search.own);
    const bool possible = search.time[0] != '\0' && emit_path_has_folder(granule->path);
    const enum emit_status status = possible ? find(&search, error) : EMIT_OK;
    CSLDestroy(search.likely);
    if (status != EMIT_OK)
        emit_companions_close(companions);
    else if (companions->count > 0)
        qsort(companions->file, companions->count, sizeof companions->file[0], compare);
    return status;
}
