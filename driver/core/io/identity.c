/* SPDX-License-Identifier: MIT */
/* GDAL's VSIStatBufL is glibc's struct stat64. */
#define _LARGEFILE64_SOURCE

#include "core/io/identity.h"

#include "core/base/block_cache.h"
#include "core/base/process_lock.h"

#include <cpl_vsi.h>

#include <stdlib.h>
#include <string.h>

static struct emit_identity *newest;

/* When the server says the file was changed last; 0 when it does not. Known since the opening. */
static int64_t time_of_change(const char *path)
{
    VSIStatBufL found;
    return VSIStatExL(path, &found, VSI_STAT_EXISTS_FLAG | VSI_STAT_SIZE_FLAG) == 0 ? found.st_mtime
                                                                                    : 0;
}

/* GDAL may have a time from an index page, which shows no seconds. */
static bool is_same_time(int64_t a, int64_t b)
{
    const bool without_seconds = a % 60 == 0 || b % 60 == 0;
    return a == b || (without_seconds && a / 60 == b / 60);
}

/* Under the lock: a new one. */
static struct emit_identity *add(const char *path, uint64_t size, int64_t modified)
{
    struct emit_identity *identity = calloc(1, sizeof *identity);
    if (identity == NULL)
        return NULL;
    identity->path = strdup(path);
    if (identity->path == NULL)
    {
        free(identity);
        return NULL;
    }
    identity->owner = emit_cache_new_owner();
    identity->size = size;
    identity->modified = modified;
    identity->older = newest;
    newest = identity;
    return identity;
}

/* Under the lock. */
static struct emit_identity *find(const char *path, uint64_t size, int64_t modified)
{
    struct emit_identity *identity = newest;
    while (identity != NULL && strcmp(identity->path, path) != 0)
        identity = identity->older;
    if (identity == NULL)
        return add(path, size, modified);
    if (identity->size == size && is_same_time(identity->modified, modified))
        return identity;
    emit_cache_forget(identity->owner);
    return add(path, size, modified);
}

struct emit_identity *emit_identity_find(const char *path, uint64_t size)
{
    const int64_t modified = time_of_change(path);
    emit_lock(EMIT_LOCK_FILES);
    struct emit_identity *identity = find(path, size, modified);
    emit_unlock(EMIT_LOCK_FILES);
    return identity;
}
