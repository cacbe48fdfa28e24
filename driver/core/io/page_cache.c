/* SPDX-License-Identifier: MIT */
#include "core/io/page_cache.h"

#include "core/base/block_cache.h"
#include "core/base/bytes.h"
#include "core/base/process_lock.h"

#include <string.h>

uint64_t emit_page_cache_end(const struct emit_range *range)
{
    return (range->offset + range->nbytes + EMIT_PAGE_NBYTES - 1) / EMIT_PAGE_NBYTES;
}

static struct emit_block *find(uint64_t owner, uint64_t page)
{
    return emit_cache_find((struct emit_cache_key){owner, page});
}

static bool is_cached(uint64_t owner, uint64_t page)
{
    struct emit_block *block = find(owner, page);
    emit_block_release(block);
    return block != NULL;
}

uint64_t emit_page_cache_next_cached(uint64_t owner, uint64_t page, uint64_t end)
{
    while (page < end && !is_cached(owner, page))
        page++;
    return page;
}

uint64_t emit_page_cache_next_missing(uint64_t owner, uint64_t page, uint64_t end)
{
    while (page < end && is_cached(owner, page))
        page++;
    return page;
}

void emit_page_cache_store(uint64_t owner, const struct emit_range *run, const unsigned char *bytes)
{
    for (uint64_t done = 0; done < run->nbytes; done += EMIT_PAGE_NBYTES)
    {
        const uint64_t page = (run->offset + done) / EMIT_PAGE_NBYTES;
        const size_t nbytes = (size_t)emit_min(EMIT_PAGE_NBYTES, run->nbytes - done);
        struct emit_block *block = emit_block_new((struct emit_cache_key){owner, page}, nbytes);
        if (block == NULL)
            return;
        memcpy(block->bytes, bytes + done, nbytes);
        emit_cache_add(block);
        emit_block_release(block);
    }
}

static uint64_t wake_count = 1; /* under EMIT_LOCK_CACHE */

void emit_page_cache_wait(uint64_t *wakes)
{
    emit_lock(EMIT_LOCK_CACHE);
    while (wake_count == *wakes)
        emit_lock_wait(EMIT_LOCK_CACHE);
    *wakes = wake_count;
    emit_unlock(EMIT_LOCK_CACHE);
}

void emit_page_cache_wake(void)
{
    emit_lock(EMIT_LOCK_CACHE);
    wake_count++;
    emit_lock_broadcast(EMIT_LOCK_CACHE);
    emit_unlock(EMIT_LOCK_CACHE);
}

void emit_page_cache_copy_common(const struct emit_range *run, const unsigned char *bytes,
                                 const struct emit_range *wanted, unsigned char *to)
{
    const uint64_t first = run->offset > wanted->offset ? run->offset : wanted->offset;
    const uint64_t end = emit_min(run->offset + run->nbytes, wanted->offset + wanted->nbytes);
    if (first < end)
        memcpy(to + (first - wanted->offset), bytes + (first - run->offset), (size_t)(end - first));
}

uint64_t emit_page_cache_copy(uint64_t owner, uint64_t page, uint64_t end,
                              const struct emit_range *wanted, unsigned char *to)
{
    for (; page < end; page++)
    {
        struct emit_block *block = find(owner, page);
        if (block == NULL)
            return page;
        const struct emit_range run = {page * EMIT_PAGE_NBYTES, block->nbytes};
        emit_page_cache_copy_common(&run, block->bytes, wanted, to);
        emit_block_release(block);
    }
    return end;
}
