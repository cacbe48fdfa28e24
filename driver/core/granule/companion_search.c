/* SPDX-License-Identifier: MIT */
/* Finds the granules of a scene, in folder listings and under likely paths. */
#include "core/granule/companion.h"

#include "core/base/path.h"
#include "core/base/request_threads.h"
#include "core/granule/filename.h"
#include "core/granule/likely_paths.h"
#include "core/io/file_exists.h"
#include "core/io/gdal_messages.h"

#include <cpl_conv.h>
#include <cpl_string.h>
#include <cpl_vsi.h>

#include <stdlib.h>
#include <string.h>

/* GDAL's functions that take paths apart, and join them, return "" from 2048 bytes on. */
#define MAX_GRANULE_PATH 1900

/* What to search for. */
struct search
{
    const char *product;
    char time[16];
    bool prefetch; /* the metadata of files on servers */
    struct emit_companions *companions;
    char **likely; /* paths, and which of them exist */
    bool *exists;
};

/* ---- Folder listings ------------------------------------------------------------------------ */

static bool is_of_scene(const struct search *search, const char *name)
{
    struct emit_filename_parts parts;
    return emit_filename_parse_any_case(name, &parts) && strcmp(parts.level, "L2A") == 0 &&
           strcmp(parts.product, search->product) == 0 && strcmp(parts.time, search->time) == 0 &&
           emit_path_is_hdf5(name);
}

static bool is_listed(const struct emit_companions *companions, const char *path)
{
    for (size_t i = 0; i < companions->count; i++)
        if (strcmp(companions->file[i].path, path) == 0)
            return true;
    return false;
}

/* An index page may link a file twice. */
static enum emit_status add_listed(const struct search *search, const char *folder, char **names,
                                   struct emit_error *error)
{
    struct emit_companions *companions = search->companions;
    for (char **name = names; *name != NULL; name++)
    {
        if (!is_of_scene(search, *name))
            continue;
        const char *path = CPLFormFilename(folder, *name, NULL);
        if (!is_listed(companions, path))
            EMIT_TRY(emit_companions_add(companions, companions->count, path, error));
    }
    return EMIT_OK;
}

/* The names in a folder; NULL if it cannot be listed. */
static char **read_folder(const char *path, const char *folder)
{
    if (VSIIsLocal(path))
        return VSIReadDir(folder[0] != '\0' ? folder : ".");
    if (!emit_may_list_folder(path))
        return NULL;
    struct emit_gdal_messages messages;
    emit_gdal_messages_hold(&messages);
    char **names = VSIReadDir(folder);
    emit_gdal_messages_release(&messages);
    return names;
}

/* ---- Likely paths --------------------------------------------------------------------------- */

static enum emit_status check_path(const void *context, size_t i, struct emit_error *error)
{
    const struct search *search = context;
    EMIT_TRY(emit_file_exists(search->likely[i], &search->exists[i], error));
    if (search->exists[i] && search->prefetch && !VSIIsLocal(search->likely[i]))
        emit_granule_prefetch_companion(search->likely[i]);
    return EMIT_OK;
}

/* Sends the requests to a server concurrently: those for the first path, the likeliest one, by the
 * calling thread, which has a connection. */
static enum emit_status add_existing(struct search *search, struct emit_error *error)
{
    struct emit_companions *companions = search->companions;
    struct emit_string_builder *missing = &companions->missing;
    char **paths = search->likely;
    const size_t count = (size_t)CSLCount(paths);
    search->exists = calloc(count + 1, sizeof *search->exists);
    if (search->exists == NULL)
        return emit_error_memory(error, count, "likely paths");
    enum emit_status status = emit_request_threads_run_if(!VSIIsLocal(companions->granule->path),
                                                          count, check_path, search, error);
    for (size_t i = 0; i < count && status == EMIT_OK; i++)
    {
        if (!search->exists[i])
            emit_string_append(missing, "%s%s", missing->text != NULL ? ", " : "", paths[i]);
        else if (!is_listed(companions, paths[i]))
            status = emit_companions_add(companions, companions->count, paths[i], error);
    }
    free(search->exists);
    return status;
}

/* ---- Searching ------------------------------------------------------------------------------ */

/* Sorts by rank, then the newest version first, then by name. */
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
    search->likely = emit_likely_paths(path, search->product, search->time, names != NULL);
    enum emit_status status = EMIT_OK;
    if (names != NULL)
        status = add_listed(search, folder, names, error);
    if (status == EMIT_OK && search->prefetch)
        emit_companions_prefetch(search->companions);
    if (status == EMIT_OK)
        status = add_existing(search, error);
    CSLDestroy(search->likely);
    CSLDestroy(names);
    CPLFree(folder);
    return status;
}

enum emit_status emit_companions_search(const struct emit_granule *granule, const char *product,
                                        bool prefetch, struct emit_companions *companions,
                                        struct emit_error *error)
{
    struct search search = {.product = product, .prefetch = prefetch, .companions = companions};
    memset(companions, 0, sizeof *companions);
    companions->granule = granule;
    emit_companion_time(granule, search.time);
    const bool possible = search.time[0] != '\0' && emit_path_has_folder(granule->path);
    if (possible && strlen(granule->path) > MAX_GRANULE_PATH)
        return emit_error_set(
            error, EMIT_ERROR_OPTION,
            "no %s granule is searched for beside %s, whose path has more than %d "
            "bytes: name the mask with MASK_FILE",
            product, granule->path, MAX_GRANULE_PATH);
    const enum emit_status status = possible ? find(&search, error) : EMIT_OK;
    if (status != EMIT_OK)
        emit_companions_close(companions);
    else if (companions->count > 0)
        qsort(companions->file, companions->count, sizeof companions->file[0], compare);
    return status;
}
