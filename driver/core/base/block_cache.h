/* SPDX-License-Identifier: MIT */
/* Cache of decoded pixels and of pages of files, one for the process: LRU, bounded by
 * emit_cache_set_budget(). All functions are thread-safe. */
#pragma once

#include "core/base/error.h"
#include "core/base/link.h"

struct emit_cache_key
{
    uint64_t owner; /* from emit_cache_new_owner() */
    uint64_t index; /* numbered by the owner */
};

/* Bytes shared by the cache and the holders of references; constant once it is in the cache. */
struct emit_block
{
    struct emit_cache_key key;
    size_t nbytes;
    unsigned char *bytes;
    /* Private to the cache, under its lock: */
    int refcount; /* including the cache's own reference */
    struct emit_block *next_in_bucket;
    struct emit_link by_use; /* most recent first */
    struct emit_link of_owner;
};

/* A number that is unique in the process. */
uint64_t emit_cache_new_owner(void);

/* A block with undefined bytes, not yet in the cache, with one reference of the caller; NULL
 * without memory. */
struct emit_block *emit_block_new(struct emit_cache_key key, size_t nbytes);

/* The block of "key", with a reference for the caller; or NULL. */
struct emit_block *emit_cache_find(struct emit_cache_key key);

/* Inserts "block", and evicts the least recently used ones to stay in the budget; the caller keeps
 * its reference. Does nothing if the key is present already, or the block exceeds the budget. */
void emit_cache_add(struct emit_block *block);

/* Marks "key" by a block without content, which the budget counts as what it takes. False if there
 * is no room for it. */
bool emit_cache_mark(struct emit_cache_key key);

/* Removes "block", to which the caller has a reference, from the cache. */
void emit_cache_erase(struct emit_block *block);

/* Releases a reference of the caller; accepts NULL. */
void emit_block_release(struct emit_block *block);

/* Removes all blocks of "owner", in a time that does not depend on the blocks of others. */
void emit_cache_purge_owner(uint64_t owner);

/* The budget in bytes. */
size_t emit_cache_budget(void);
