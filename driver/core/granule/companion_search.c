/* SPDX-License-Identifier: MIT */
/* Finding the granules of a scene in a granule's folder. */
#include "core/granule/companion.h"

#include "core/base/path.h"
#include "core/granule/filename.h"
#include "core/io/file_exists.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <cpl_vsi.h>

#include <stdlib.h>
#include <string.h>

/* What is looked for, and where. */
struct search
{
    const char *product;
    char time[16];
    char *folder;
    struct emit_companions *companions;
};

static enum emit_status add(const struct search *search, const char *name, struct emit_error *error)
{
    return emit_companions_add(search->companions, CPLFormFilename(search->folder, name, NULL),
                               error);
}

/* ---- Folders that are listed ---------------------------------------------------------------- */

static bool is_of_scene(const struct search *search, const char *name)
{
    struct emit_filename_parts parts;
    return emit_filename_parse_any_case(name, &parts) && strcmp(parts.level, "L2A") == 0 &&
           strcmp(parts.product, search->product) == 0 && strcmp(parts.time, search->time) == 0 &&
           emit_path_is_hdf5(name);
}

static enum emit_status add_listed(const struct search *search, char **names,
                                   struct emit_error *error)
{
    for (char **name = names; *name != NULL; name++)
    {
        if (is_of_scene(search, *name))
            EMIT_TRY(add(search, *name, error));
    }
    return EMIT_OK;
}

/* The names in a folder; NULL if it cannot be listed. */
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

/* ---- Folders that are not ------------------------------------------------------------------- */

/* Companions as the mission names them: the versions, and whether orbit and scene follow the time.
 */
static const struct
{
    const char *product;
    int version;
    bool has_scene;
} mission_names[] = {
    {"MASK", 3, false}, {"MASK", 2, true}, {"MASK", 1, true}, {"RFL", 2, false}, {"RFL", 1, true}};

static enum emit_status try_name(const struct search *search, const char *name,
                                 struct emit_error *error)
{
    struct emit_string_builder *missing = &search->companions->missing;
    bool exists;
    char *path = CPLStrdup(CPLFormFilename(search->folder, name, NULL));
    enum emit_status status = emit_file_exists(path, &exists, error);
    if (status == EMIT_OK && exists)
        status = emit_companions_add(search->companions, path, error);
    else if (status == EMIT_OK)
        emit_string_append(missing, "%s%s", missing->text != NULL ? ", " : "", name);
    CPLFree(path);
    return status;
}

/* The mission's names with "rest" as their end. */
static enum emit_status try_names(const struct search *search, const char *scene, const char *rest,
                                  struct emit_error *error)
{
    for (size_t i = 0; i < sizeof mission_names / sizeof mission_names[0]; i++)
    {
        const bool has_scene = mission_names[i].has_scene;
        if (strcmp(mission_names[i].product, search->product) != 0 ||
            (has_scene && scene[0] == '\0'))
            continue;
        struct emit_string_builder name = {0};
        emit_string_append(&name, "EMIT_L2A_%s_%03d_%s%s%s", search->product,
                           mission_names[i].version, search->time, has_scene ? scene : "", rest);
        const enum emit_status status = name.failed
                                            ? emit_error_memory(error, strlen(rest), "a name")
                                            : try_name(search, name.text, error);
        free(name.text);
        EMIT_TRY(status);
    }
    return EMIT_OK;
}

/* Names that end as the granule's does, and the mission's own. */
static enum emit_status add_likely(const struct search *search, struct emit_error *error)
{
    struct emit_filename_parts own = {.rest = ".nc"};
    emit_filename_parse_any_case(search->companions->granule->path, &own);
    if (!EQUAL(own.rest, ".nc") && emit_path_is_hdf5(own.rest))
        EMIT_TRY(try_names(search, own.scene, own.rest, error));
    return try_names(search, own.scene, ".nc", error);
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

enum emit_status emit_companions_search(const struct emit_granule *granule, const char *product,
                                        struct emit_companions *companions,
                                        struct emit_error *error)
{
    struct search search = {.product = product, .companions = companions};
    memset(companions, 0, sizeof *companions);
    companions->granule = granule;
    emit_companion_time(granule, search.time);
    if (search.time[0] == '\0')
        return EMIT_OK;
    search.folder = CPLStrdup(CPLGetPath(granule->path));
    char **names = read_folder(granule->path, search.folder);
    const enum emit_status status =
        names != NULL ? add_listed(&search, names, error) : add_likely(&search, error);
    CSLDestroy(names);
    CPLFree(search.folder);
    if (status != EMIT_OK)
        emit_companions_close(companions);
    else if (companions->count > 0)
        qsort(companions->file, companions->count, sizeof companions->file[0], compare);
    return status;
}
