/* SPDX-License-Identifier: MIT */
#include "core/cache.h"

#include <cpl_hash_set.h>

#include <pthread.h>
#include <stdlib.h>

/* In force until the GDAL side sets one. */
#define DEFAULT_BUDGET ((size_t)64 << 20)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static size_t budget = DEFAULT_BUDGET;
static size_t used;
static uint64_t owner_count;
static CPLHashSet *blocks; /* created with the first block */
static struct emit_block *newest;
static struct emit_block *oldest;

static unsigned long hash(const void *element)
{
    const struct emit_block *block = element;
    return (unsigned long)(block->key.owner * UINT64_C(0x9E3779B97F4A7C15) ^
                           block->key.index * UINT64_C(0xC2B2AE3D27D4EB4F));
}

static int equal(const void *a, const void *b)
{
    const struct emit_block *first = a;
    const struct emit_block *second = b;
    return first->key.owner == second->key.owner && first->key.index == second->key.index;
}

static void unlink_block(struct emit_block *block)
{
    *(block->newer != NULL ? &block->newer->older : &newest) = block->older;
    *(block->older != NULL ? &block->older->newer : &oldest) = block->newer;
    block->newer = block->older = NULL;
}

static void link_newest(struct emit_block *block)
{
    block->older = newest;
    block->newer = NULL;
    *(newest != NULL ? &newest->newer : &oldest) = block;
    newest = block;
}

/* Ends one hold, under the lock. */
static void drop(struct emit_block *block)
{
    if (--block->holders == 0)
    {
        free(block->bytes);
        free(block);
    }
}

/* Takes a block out of the cache, under the lock. */
static void evict(struct emit_block *block)
{
    CPLHashSetRemove(blocks, block);
    unlink_block(block);
    used -= block->nbytes;
    drop(block);
}

static void shrink_to(size_t nbytes)
{
    while (used > nbytes && oldest != NULL)
        evict(oldest);
}

uint64_t emit_cache_new_owner(void)
{
    pthread_mutex_lock(&lock);
    const uint64_t owner = ++owner_count;
    pthread_mutex_unlock(&lock);
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
    block->holders = 1;
    return block;
}

struct emit_block *emit_cache_find(struct emit_cache_key key)
{
    const struct emit_block wanted = {.key = key};
    pthread_mutex_lock(&lock);
    struct emit_block *block = blocks != NULL ? CPLHashSetLookup(blocks, &wanted) : NULL;
    if (block != NULL)
    {
        block->holders++;
        unlink_block(block);
        link_newest(block);
    }
    pthread_mutex_unlock(&lock);
    return block;
}

void emit_cache_add(struct emit_block *block)
{
    pthread_mutex_lock(&lock);
    if (blocks == NULL)
        blocks = CPLHashSetNew(hash, equal, NULL);
    if (block->nbytes <= budget && CPLHashSetLookup(blocks, block) == NULL)
    {
        shrink_to(budget - block->nbytes);
        CPLHashSetInsert(blocks, block);
        link_newest(block);
        block->holders++;
        used += block->nbytes;
    }
    pthread_mutex_unlock(&lock);
}

void emit_block_release(struct emit_block *block)
{
    if (block == NULL)
        return;
    pthread_mutex_lock(&lock);
    drop(block);
    pthread_mutex_unlock(&lock);
}

void emit_cache_forget(uint64_t owner)
{
    pthread_mutex_lock(&lock);
    for (struct emit_block *block = newest, *older; block != NULL; block = older)
    {
        older = block->older;
        if (block->key.owner == owner)
            evict(block);
    }
    pthread_mutex_unlock(&lock);
}

void emit_cache_set_budget(size_t budget_nbytes)
{
    pthread_mutex_lock(&lock);
    budget = budget_nbytes;
    shrink_to(budget);
    pthread_mutex_unlock(&lock);
}

size_t emit_cache_budget(void)
{
    pthread_mutex_lock(&lock);
    const size_t nbytes = budget;
    pthread_mutex_unlock(&lock);
    return nbytes;
}

size_t emit_cache_used(void)
{
    pthread_mutex_lock(&lock);
    const size_t nbytes = used;
    pthread_mutex_unlock(&lock);
    return nbytes;
}
