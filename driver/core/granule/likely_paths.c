/* SPDX-License-Identifier: MIT */
#include "core/granule/likely_paths.h"

#include "core/base/path.h"
#include "core/base/platform.h"
#include "core/granule/filename.h"
#include "core/io/gdal_messages.h"

#include <cpl_conv.h>
#include <cpl_string.h>
#include <cpl_vsi.h>

#include <stdlib.h>
#include <string.h>

/* Names of companions by the mission's rules. The first one that applies to a granule is the
 * likeliest. */
static const struct mission_name
{
    const char *product;
    int version;
    bool has_scene;      /* the time is followed by orbit and scene */
    const char *granule; /* product whose collection and archive folder contain it */
} mission_names[] = {{"MASK", 1, true, "RFL"},
                     {"MASK", 2, true, "MASK"},
                     {"MASK", 3, false, "MASK"},
                     {"RFL", 1, true, "RFL"},
                     {"RFL", 2, false, "RFL"}};
#define MISSION_NAMES (sizeof mission_names / sizeof mission_names[0])

/* What to search for, and the paths found so far. */
struct likely
{
    const char *product;
    const char *time;
    struct emit_filename_parts own; /* parts of the granule's name */
    char **paths;
};

static void add_path(struct likely *likely, const char *folder, const char *name)
{
    const char *path = CPLFormFilename(folder, name, NULL);
    if (CSLFindStringCaseSensitive(likely->paths, path) < 0)
        likely->paths = CSLAddString(likely->paths, path);
}

/* Adds the name in "folder" that ends like the granule's, and the mission's own name. */
static void add_names(struct likely *likely, const struct mission_name *mission, const char *folder,
                      const char *scene)
{
    const char *rest = likely->own.rest;
    char *name = CPLStrdup(CPLSPrintf("EMIT_L2A_%s_%03d_%s%s", mission->product, mission->version,
                                      likely->time, mission->has_scene ? scene : ""));
    if (emit_path_is_hdf5(rest))
        add_path(likely, folder, CPLSPrintf("%s%s", name, rest));
    add_path(likely, folder, CPLSPrintf("%s.nc", name));
    CPLFree(name);
}

/* Whether the name is of the requested product, and its orbit and scene are known if needed. */
static bool applies(const struct likely *likely, const struct mission_name *mission,
                    const char *scene)
{
    return strcmp(mission->product, likely->product) == 0 &&
           (!mission->has_scene || scene[0] != '\0');
}

static void add_in_folder(struct likely *likely, const char *folder)
{
    for (size_t i = 0; i < MISSION_NAMES; i++)
        if (applies(likely, &mission_names[i], likely->own.scene))
            add_names(likely, &mission_names[i], folder, likely->own.scene);
}

/* ---- The archive ---------------------------------------------------------------------------- */

/* Object stores can list names with a prefix in one request. */
static bool may_list_prefix(const char *path)
{
    const bool is_store = STARTS_WITH(path, "/vsis3/") || STARTS_WITH(path, "/vsigs/") ||
                          STARTS_WITH(path, "/vsiaz/");
    return VSIIsLocal(path) || (is_store && emit_may_list_folder(path));
}

/* Takes orbit and scene, which later names omit, from the reflectance of version 001. */
static void find_scene(const struct likely *likely, const char *base, char scene[13])
{
    char *folder = CPLStrdup(CPLFormFilename(base, "EMITL2ARFL.001", NULL));
    char *prefix = CPLStrdup(CPLSPrintf("PREFIX=EMIT_L2A_RFL_001_%s", likely->time));
    const char *const options[] = {prefix, NULL};
    struct emit_filename_parts parts = {.scene = ""};
    struct emit_gdal_messages messages;
    emit_gdal_messages_hold(&messages);
    VSIDIR *listing = may_list_prefix(folder) ? VSIOpenDir(folder, 0, options) : NULL;
    const VSIDIREntry *entry = listing != NULL ? VSIGetNextDirEntry(listing) : NULL;
    while (entry != NULL && !(emit_filename_parse_any_case(entry->pszName, &parts) &&
                              strcmp(parts.time, likely->time) == 0 && parts.scene[0] != '\0'))
        entry = VSIGetNextDirEntry(listing);
    memcpy(scene, entry != NULL ? parts.scene : "", entry != NULL ? sizeof parts.scene : 1);
    if (listing != NULL)
        VSICloseDir(listing);
    emit_gdal_messages_release(&messages);
    CPLFree(prefix);
    CPLFree(folder);
}

static void add_archived(struct likely *likely, const char *base)
{
    char scene[13];
    memcpy(scene, likely->own.scene, sizeof scene);
    if (scene[0] == '\0')
        find_scene(likely, base, scene);
    for (size_t i = 0; i < MISSION_NAMES; i++)
    {
        const struct mission_name *mission = &mission_names[i];
        if (!applies(likely, mission, scene))
            continue;
        char *folder = CPLStrdup(
            CPLFormFilename(base,
                            CPLSPrintf("EMITL2A%s.%03d/EMIT_L2A_%s_%03d_%s%s", mission->granule,
                                       mission->version, mission->granule, mission->version,
                                       likely->time, mission->has_scene ? scene : ""),
                            NULL));
        add_names(likely, mission, folder, scene);
        CPLFree(folder);
    }
}

/* Adds the archive's paths of the companions of the granule at "path". A local path may be
 * relative. */
static void add_from_archive(struct likely *likely, const char *path)
{
    size_t length = 0;
    char *real = NULL;
    if (!emit_filename_is_in_archive(path, &length) && !STARTS_WITH(path, "/vsi"))
        path = real = emit_real_path(path);
    if (path != NULL && emit_filename_is_in_archive(path, &length))
    {
        char *base = CPLStrdup(path);
        base[length] = '\0';
        add_archived(likely, base);
        CPLFree(base);
    }
    free(real);
}

/* ---- Entry points --------------------------------------------------------------------------- */

bool emit_may_list_folder(const char *path)
{
    const char *disabled = VSIGetPathSpecificOption(path, "GDAL_DISABLE_READDIR_ON_OPEN", "NO");
    return VSIIsLocal(path) || !(EQUAL(disabled, "EMPTY_DIR") || CPLTestBool(disabled));
}

char **emit_likely_paths(const char *path, const char *product, const char *time,
                         bool is_folder_listed)
{
    struct likely likely = {.product = product, .time = time, .own = {.rest = ".nc"}};
    emit_filename_parse_any_case(path, &likely.own);
    char *folder = CPLStrdup(CPLGetPath(path));
    add_from_archive(&likely, path);
    if (!is_folder_listed)
        add_in_folder(&likely, folder);
    CPLFree(folder);
    return likely.paths;
}
