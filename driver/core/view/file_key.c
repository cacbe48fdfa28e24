/* SPDX-License-Identifier: MIT */
#include "core/view/file_key.h"

#include "core/base/hash.h"
#include "core/base/path.h"
#include "core/base/platform.h"

#include <stdlib.h>
#include <string.h>

/* The folder of "path", with a trailing slash; "" for the current folder if that is not local. */
static const char *folder_of(struct emit_arena *arena, const char *path)
{
    size_t base_length;
    const int length = (int)(emit_path_base(path, &base_length) - path);
    const char *folder = emit_arena_text(arena, "%.*s", length, path);
    char *real = emit_real_path(length > 0 ? folder : ".");
    if (real != NULL)
        folder = emit_arena_text(arena, "%s/", real);
    free(real);
    return folder;
}

const char *emit_file_key(struct emit_arena *arena, const char *granule_path, const char *path)
{
    /* A query may distinguish files of one name, but must not be stored. */
    if (!emit_path_has_folder(path))
        return emit_arena_text(arena, "%s#%016llx", emit_path_shown(arena, path),
                               (unsigned long long)emit_hash(EMIT_HASH_SEED, path, strlen(path)));
    size_t length;
    const char *folder = folder_of(arena, path);
    const bool beside = strcmp(folder, folder_of(arena, granule_path)) == 0;
    return emit_path_shown(
        arena, emit_arena_text(arena, "%s%s", beside ? "" : folder, emit_path_base(path, &length)));
}
