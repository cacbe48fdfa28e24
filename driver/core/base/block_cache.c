/* SPDX-License-Identifier: MIT */
/* Three structures hold each cached block: a hash table, which finds it; the list by last use,
 * whose end is evicted first; and the list of its owner, by which a view that closes removes its
 * blocks. The cache holds one reference to a block, each user another; whoever drops the last one
 * frees it. One lock guards all of it, and is never held while a block is filled. */
#include "core/base/block_cache.h"

#include "core/base/process_lock.h"

#include <stddef.h>
#include <stdlib.h>

/* Until the GDAL side sets one. */
#define DEFAULT_BUDGET ((size_t)64 << 20)

/* Chains of blocks with the same hash. GDAL's hash set is not suitable: it shrinks its table as
 * readily as it grows it, so a full cache, which replaces blocks all the time, would rebuild the
 * table again and again. The number is a power of two; blocks of 64 x 64 pixels of all bands of two
 * granules make chains of some three blocks. */
#define BUCKET_COUNT ((size_t)1 << 16)

/* An owner of blocks in the cache. A view has some five; a mosaic may have a thousand views. */
struct owner
{
    uint64_t number;
    struct emit_link blocks;
    struct owner *next_in_bucket;
};
#define OWNER_BUCKET_COUNT ((size_t)1 << 10)

/* Memory of a mark: block and owner, with malloc()'s overhead. Most marks are their owner's only
 * block. */
#define MARK_NBYTES (sizeof(struct emit_block) + sizeof(struct owner) + 48)

static size_t budget = DEFAULT_BUDGET;
static size_t used;
static uint64_t owner_count;
static struct emit_block *buckets[BUCKET_COUNT];
static struct owner *owners[OWNER_BUCKET_COUNT];
static struct emit_link blocks_by_use = {&blocks_by_use, &blocks_by_use};

static struct emit_block **bucket_of(struct emit_cache_key key)
{
    const uint64_t mixed =
        key.owner * UINT64_C(0x9E3779B97F4A7C15) ^ key.index * UINT64_C(0xC2B2AE3D27D4EB4F);
    return &buckets[(mixed >> 40) & (BUCKET_COUNT - 1)];
}

/* The link to the block of "key", or the empty one at the end of its chain. */
static struct emit_block **find_link(struct emit_cache_key key)
{
    struct emit_block **link = bucket_of(key);
    while (*link != NULL && ((*link)->key.owner != key.owner || (*link)->key.index != key.index))
        link = &(*link)->next_in_bucket;
    return link;
}

/* The link to the owner, or the empty one at the end of its chain. */
static struct owner **find_owner(uint64_t number)
{
    const uint64_t mixed = number * UINT64_C(0x9E3779B97F4A7C15);
    struct owner **link = &owners[(mixed >> 40) & (OWNER_BUCKET_COUNT - 1)];
    while (*link != NULL && (*link)->number != number)
        link = &(*link)->next_in_bucket;
    return link;
}

/* False without memory. */
static bool link_to_owner(struct emit_block *block)
{
    struct owner **link = find_owner(block->key.owner);
    struct owner *owner = *link != NULL ? *link : calloc(1, sizeof *owner);
    if (owner == NULL)
        return false;
    if (*link == NULL)
    {
        owner->number = block->key.owner;
        owner->blocks = (struct emit_link){&owner->blocks, &owner->blocks};
        *link = owner;
    }
    emit_link_add(&owner->blocks, &block->of_owner);
    return true;
}

static void unlink_from_owner(const struct emit_block *block)
{
    struct owner **link = find_owner(block->key.owner);
    struct owner *owner = *link;
    emit_link_remove(&block->of_owner);
    if (owner->blocks.next == &owner->blocks)
    {
        *link = owner->next_in_bucket;
        free(owner);
    }
}

/* Under the lock. */
static void release_locked(struct emit_block *block)
{
    if (--block->refcount == 0)
    {
        free(block->bytes);
        free(block);
    }
}

/* Removes a block from the cache, under the lock. */
static void evict(struct emit_block *block)
{
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): a freed block is in no list (emit_link_remove) */
    *find_link(block->key) = block->next_in_bucket;
    emit_link_remove(&block->by_use);
    unlink_from_owner(block);
    used -= block->nbytes;
    release_locked(block);
}

/* Inserts a block that is linked to its owner already, under the lock. */
static void insert(struct emit_block *block)
{
    struct emit_block **link = find_link(block->key);
    block->next_in_bucket = NULL;
    *link = block;
    emit_link_add(&blocks_by_use, &block->by_use);
    block->refcount++;
    used += block->nbytes;
}

static void shrink_to(size_t nbytes)
{
    while (used > nbytes)
        evict(EMIT_LINKED(blocks_by_use.previous, struct emit_block, by_use));
}

uint64_t emit_cache_new_owner(void)
{
    emit_lock(EMIT_LOCK_CACHE);
    const uint64_t owner = ++owner_count;
    emit_unlock(EMIT_LOCK_CACHE);
    return owner;
}

struct emit_block *emit_block_new(struct emit_cache_key key, size_t nbytes)
{
    struct emit_block *block = calloc(1, sizeof *block);
    if (block == NULL)
        return NULL;
    block->bytes = malloc(nbytes > 0 ? nbytes : 1);
    if (block->bytes == NULL)
    {
        free(block);
        return NULL;
    }
    block->key = key;
    block->nbytes = nbytes;
    block->refcount = 1;
    return block;
}

struct emit_block *emit_cache_find(struct emit_cache_key key)
{
    emit_lock(EMIT_LOCK_CACHE);
    struct emit_block *block = *find_link(key);
    if (block != NULL)
    {
        block->refcount++;
        emit_link_remove(&block->by_use);
        emit_link_add(&blocks_by_use, &block->by_use);
    }
    emit_unlock(EMIT_LOCK_CACHE);
    return block;
}

void emit_cache_add(struct emit_block *block)
{
    emit_lock(EMIT_LOCK_CACHE);
    if (block->nbytes <= budget && *find_link(block->key) == NULL)
    {
        shrink_to(budget - block->nbytes);
        if (link_to_owner(block))
            insert(block);
    }
    emit_unlock(EMIT_LOCK_CACHE);
}

bool emit_cache_mark(struct emit_cache_key key)
{
    struct emit_block *mark = emit_block_new(key, 0);
    if (mark == NULL)
        return false;
    mark->nbytes = MARK_NBYTES;
    emit_cache_add(mark);
    emit_block_release(mark);
    struct emit_block *found = emit_cache_find(key);
    emit_block_release(found);
    return found != NULL;
}

void emit_cache_erase(struct emit_block *block)
{
    emit_lock(EMIT_LOCK_CACHE);
    if (*find_link(block->key) == block)
        evict(block);
    emit_unlock(EMIT_LOCK_CACHE);
}

void emit_block_release(struct emit_block *block)
{
    if (block == NULL)
        return;
    emit_lock(EMIT_LOCK_CACHE);
    release_locked(block);
    emit_unlock(EMIT_LOCK_CACHE);
}

void emit_cache_purge_owner(uint64_t owner)
{
    emit_lock(EMIT_LOCK_CACHE);
    while (*find_owner(owner) != NULL)
        evict(EMIT_LINKED((*find_owner(owner))->blocks.next, struct emit_block, of_owner));
    emit_unlock(EMIT_LOCK_CACHE);
}

void emit_cache_set_budget(size_t budget_nbytes)
{
    emit_lock(EMIT_LOCK_CACHE);
    budget = budget_nbytes;
    shrink_to(budget);
    emit_unlock(EMIT_LOCK_CACHE);
}

size_t emit_cache_budget(void)
{
    emit_lock(EMIT_LOCK_CACHE);
    const size_t nbytes = budget;
    emit_unlock(EMIT_LOCK_CACHE);
    return nbytes;
}

size_t emit_cache_used(void)
{
    emit_lock(EMIT_LOCK_CACHE);
    const size_t nbytes = used;
    emit_unlock(EMIT_LOCK_CACHE);
    return nbytes;
}
