/* SPDX-License-Identifier: MIT */
/*
 * Decoded pixels kept for reuse: one cache for the process, bounded by emit_cache_set_budget(),
 * least recently used first out. All functions are thread-safe.
 */
#ifndef EMIT_BASE_BLOCK_CACHE_H
#define EMIT_BASE_BLOCK_CACHE_H

#include "core/base/error.h"

struct emit_cache_key
{
    uint64_t owner; /* from emit_cache_new_owner() */
    uint64_t index; /* the owner's own numbering */
};

/* Bytes shared between the cache and those who hold it; constant once it is in the cache. */
struct emit_block
{
    struct emit_cache_key key;
    size_t nbytes;
    unsigned char *bytes;
    /* The cache's own, under its lock: */
    int refcount; /* the cache itself counts as one */
    struct emit_block *next_in_bucket;
    struct emit_block *newer;
    struct emit_block *older;
    struct emit_block *next_of_owner;
    struct emit_block *previous_of_owner;
};

/* A number that no other owner in the process has. */
uint64_t emit_cache_new_owner(void);

/* A block with undefined bytes, held by the caller, not yet in the cache; NULL without memory. */
struct emit_block *emit_block_new(struct emit_cache_key key, size_t nbytes);

/* The block of "key", held by the caller, or NULL. */
struct emit_block *emit_cache_find(struct emit_cache_key key);

/* Puts "block" in, dropping the longest unused to stay in the budget; the caller goes on holding
 * it. Where the key is there already, or the block exceeds the budget, the cache stays as it is. */
void emit_cache_add(struct emit_block *block);

/* Takes "block", which the caller holds, out of the cache: it will not be asked for again. */
void emit_cache_erase(struct emit_block *block);

/* Ends the caller's hold; NULL is fine. */
void emit_block_release(struct emit_block *block);

/* Drops all blocks of "owner"; the blocks of others cost nothing. */
void emit_cache_purge_owner(uint64_t owner);

/* The budget in force, and what is kept now, in bytes. */
size_t emit_cache_budget(void);
size_t emit_cache_used(void);

#endif
