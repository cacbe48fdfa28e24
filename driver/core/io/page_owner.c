/* SPDX-License-Identifier: MIT */
#include "core/io/page_owner.h"

#include "core/base/block_cache.h"
#include "core/base/process_lock.h"

#include <stdlib.h>

/* Index of a block in the cache that marks the unverified pages of a closed file. It is newer than
 * the pages, so that it is never evicted before them. Not a page number. */
#define UNVERIFIED_MARK UINT64_MAX

/* Owners in use; those of closed files are removed. */
static struct emit_page_owner *first;

/* Under the lock. */
static struct emit_page_owner *find(uint64_t owner)
{
    struct emit_page_owner *pages = first;
    while (pages != NULL && pages->owner != owner)
        pages = pages->next;
    return pages;
}

/* Marks pages of a closed file as unverified. */
static void set_mark(uint64_t owner)
{
    if (!emit_cache_mark((struct emit_cache_key){owner, UNVERIFIED_MARK}))
        emit_cache_purge_owner(owner);
}

static bool take_mark(uint64_t owner)
{
    struct emit_block *mark = emit_cache_find((struct emit_cache_key){owner, UNVERIFIED_MARK});
    if (mark == NULL)
        return false;
    emit_cache_erase(mark);
    emit_block_release(mark);
    return true;
}

/* Under the lock. */
static struct emit_page_owner *add(uint64_t owner, const struct emit_revision *revision)
{
    struct emit_page_owner *pages = calloc(1, sizeof *pages);
    if (pages == NULL)
        return NULL;
    pages->is_shared = owner != 0;
    pages->owner = owner != 0 ? owner : emit_cache_new_owner();
    pages->revision = *revision;
    atomic_store(&pages->fetched, take_mark(pages->owner));
    pages->next = first;
    first = pages;
    return pages;
}

struct emit_page_owner *emit_page_owner_open(const char *path, const struct emit_revision *revision)
{
    const uint64_t owner = emit_revision_hash(path, revision);
    emit_lock(EMIT_LOCK_FILES);
    struct emit_page_owner *pages = owner != 0 ? find(owner) : NULL;
    if (pages == NULL)
        pages = add(owner, revision);
    if (pages != NULL)
        pages->openings++;
    emit_unlock(EMIT_LOCK_FILES);
    return pages;
}

/* Under the lock. */
static void remove_owner(const struct emit_page_owner *pages)
{
    struct emit_page_owner **link = &first;
    while (*link != pages)
        link = &(*link)->next;
    *link = pages->next;
    if (!pages->is_shared)
        emit_cache_purge_owner(pages->owner);
    else if (!emit_page_owner_is_verified(pages))
        set_mark(pages->owner);
}

void emit_page_owner_close(struct emit_page_owner *pages)
{
    if (pages == NULL)
        return;
    emit_lock(EMIT_LOCK_FILES);
    const bool is_last = --pages->openings == 0;
    if (is_last)
        remove_owner(pages);
    emit_unlock(EMIT_LOCK_FILES);
    if (is_last)
        free(pages);
}

void emit_page_owner_purge(struct emit_page_owner *pages)
{
    const unsigned long long fetched = atomic_load(&pages->fetched);
    emit_cache_purge_owner(pages->owner);
    emit_lock(EMIT_LOCK_FILES);
    if (pages->openings == 1) /* no other opening has read the bytes */
        atomic_store(&pages->verified, fetched);
    emit_unlock(EMIT_LOCK_FILES);
}

void emit_page_owner_record_fetch(struct emit_page_owner *pages)
{
    atomic_fetch_add(&pages->fetched, 1);
}

bool emit_page_owner_is_verified(const struct emit_page_owner *pages)
{
    return atomic_load(&pages->fetched) == atomic_load(&pages->verified);
}

enum emit_status emit_page_owner_check(struct emit_page_owner *pages, const char *path,
                                       struct emit_error *error)
{
    const unsigned long long fetched = atomic_load(&pages->fetched);
    if (fetched == atomic_load(&pages->verified))
        return EMIT_OK;
    emit_lock(EMIT_LOCK_FILES);
    struct emit_revision revision = pages->revision;
    emit_unlock(EMIT_LOCK_FILES);
    const enum emit_status status = emit_revision_check(path, &revision, error);
    if (status != EMIT_OK)
    {
        emit_cache_purge_owner(pages->owner);
        return status;
    }
    emit_lock(EMIT_LOCK_FILES);
    if (atomic_load(&pages->verified) < fetched)
        atomic_store(&pages->verified, fetched);
    pages->revision = revision; /* now complete */
    emit_unlock(EMIT_LOCK_FILES);
    return EMIT_OK;
}
