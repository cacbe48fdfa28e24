/* SPDX-License-Identifier: MIT */
/* Companions named by the user. */
#include "core/granule/companion.h"

#include "core/base/path.h"
#include "core/io/file_exists.h"

#include <cpl_conv.h>

#include <string.h>

/* Path of "name" in the granule's folder. GDAL's virtual file systems do not resolve "..". */
static const char *in_folder_of(const char *granule_path, const char *name,
                                struct emit_arena *arena)
{
    const char *folder = emit_arena_text(arena, "%s", CPLGetPath(granule_path));
    while (strncmp(granule_path, "/vsi", 4) == 0 && name[0] == '.')
    {
        const bool up = strncmp(name, "../", 3) == 0;
        if (!up && strncmp(name, "./", 2) != 0)
            break;
        if (up)
            folder = emit_arena_text(arena, "%s", CPLGetPath(folder));
        name += up ? 3 : 2;
    }
    return emit_arena_text(arena, "%s", CPLFormFilename(folder, name, NULL));
}

/* Finds the file "name"; "*path_ret" is in "arena". */
static enum emit_status find(const char *granule_path, const char *name, struct emit_arena *arena,
                             const char **path_ret, struct emit_error *error)
{
    bool exists = false;
    *path_ret = name;
    if (!CPLIsFilenameRelative(name))
        return EMIT_OK;
    EMIT_TRY(emit_file_exists(name, &exists, error));
    if (exists)
        return EMIT_OK;
    if (emit_path_has_folder(granule_path))
        *path_ret = in_folder_of(granule_path, name, arena);
    EMIT_TRY(emit_arena_check(arena, error));
    if (strcmp(*path_ret, name) == 0)
        return emit_error_set(error, EMIT_ERROR_FILE, "%s does not exist", name);
    EMIT_TRY(emit_file_exists(*path_ret, &exists, error));
    if (exists)
        return EMIT_OK;
    return emit_error_set(error, EMIT_ERROR_FILE, "neither %s in the current folder nor %s exists",
                          name, *path_ret);
}

static enum emit_status add(const char *name, struct emit_companions *files,
                            struct emit_arena *arena, struct emit_error *error)
{
    const char *path;
    EMIT_TRY(emit_arena_check(arena, error));
    EMIT_TRY(find(files->granule->path, name, arena, &path, error));
    return emit_companions_add(files, files->count, path, error);
}

/* Whether the text, commas included, names one file. */
static bool is_one(const char *text, const struct emit_companions *files, struct emit_arena *arena)
{
    const char *path;
    bool exists = false;
    return strchr(text, ',') == NULL ||
           (find(files->granule->path, text, arena, &path, NULL) == EMIT_OK &&
            emit_file_exists(path, &exists, NULL) == EMIT_OK && exists);
}

enum emit_status emit_companions_add_named(const char *text, struct emit_companions *companions,
                                           struct emit_error *error)
{
    struct emit_arena arena = {NULL, false};
    enum emit_status status = EMIT_OK;
    if (is_one(text, companions, &arena))
    {
        status = add(text, companions, &arena, error);
        text = NULL;
    }
    while (text != NULL && status == EMIT_OK)
    {
        text += strspn(text, " ");
        const size_t length = strcspn(text, ",");
        status = add(emit_arena_text(&arena, "%.*s", (int)length, text), companions, &arena, error);
        text = text[length] == ',' ? text + length + 1 : NULL;
    }
    emit_arena_close(&arena);
    return status;
}
