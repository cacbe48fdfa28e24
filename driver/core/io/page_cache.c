/* SPDX-License-Identifier: MIT */
#include "core/io/page_cache.h"

#include "core/base/block_cache.h"

#include <string.h>

#define PAGE_GRAINS ((uint64_t)32)
#define PAGE_NBYTES (PAGE_GRAINS * EMIT_GRAIN_NBYTES)

/* Sets the numbers of pages apart from those of grains. */
#define PAGE_MARK ((uint64_t)1 << 63)

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t emit_pages_end(const struct emit_range *range)
{
    return (range->offset + range->nbytes + EMIT_GRAIN_NBYTES - 1) / EMIT_GRAIN_NBYTES;
}

/* The page or grain that holds "grain", and where in the file it begins; NULL when neither is kept.
 */
static struct emit_block *find(uint64_t owner, uint64_t grain, uint64_t *offset)
{
    const uint64_t page = grain / PAGE_GRAINS;
    struct emit_block *block = emit_cache_find((struct emit_cache_key){owner, PAGE_MARK | page});
    *offset = page * PAGE_NBYTES;
    if (block == NULL)
    {
        block = emit_cache_find((struct emit_cache_key){owner, grain});
        *offset = grain * EMIT_GRAIN_NBYTES;
    }
    return block;
}

static bool is_kept(uint64_t owner, uint64_t index)
{
    struct emit_block *block = emit_cache_find((struct emit_cache_key){owner, index});
    emit_block_release(block);
    return block != NULL;
}

/* The first grain that is kept, or that is not. */
static uint64_t next(uint64_t owner, uint64_t grain, uint64_t end, bool wanted)
{
    while (grain < end)
    {
        const uint64_t page = grain / PAGE_GRAINS;
        const uint64_t page_end = smaller((page + 1) * PAGE_GRAINS, end);
        const bool whole = is_kept(owner, PAGE_MARK | page);
        for (; grain < page_end; grain++)
        {
            if ((whole || is_kept(owner, grain)) == wanted)
                return grain;
        }
    }
    return end;
}

uint64_t emit_pages_next_kept(uint64_t owner, uint64_t grain, uint64_t end)
{
    return next(owner, grain, end, true);
}

uint64_t emit_pages_next_missing(uint64_t owner, uint64_t grain, uint64_t end)
{
    return next(owner, grain, end, false);
}

void emit_pages_keep(uint64_t owner, const struct emit_range *run, const unsigned char *bytes)
{
    uint64_t nbytes;
    for (uint64_t done = 0; done < run->nbytes; done += nbytes)
    {
        const uint64_t offset = run->offset + done;
        const uint64_t left = run->nbytes - done;
        const bool whole_page = offset % PAGE_NBYTES == 0 && left >= PAGE_NBYTES;
        nbytes = smaller(whole_page ? PAGE_NBYTES : EMIT_GRAIN_NBYTES, left);
        const uint64_t index =
            whole_page ? PAGE_MARK | (offset / PAGE_NBYTES) : offset / EMIT_GRAIN_NBYTES;
        struct emit_block *block =
            emit_block_new((struct emit_cache_key){owner, index}, (size_t)nbytes);
        if (block == NULL)
            return;
        memcpy(block->bytes, bytes + done, (size_t)nbytes);
        emit_cache_add(block);
        emit_block_release(block);
    }
}

void emit_pages_copy_common(const struct emit_range *run, const unsigned char *bytes,
                            const struct emit_range *wanted, unsigned char *to)
{
    const uint64_t first = run->offset > wanted->offset ? run->offset : wanted->offset;
    const uint64_t end = smaller(run->offset + run->nbytes, wanted->offset + wanted->nbytes);
    if (first < end)
        memcpy(to + (first - wanted->offset), bytes + (first - run->offset), (size_t)(end - first));
}

uint64_t emit_pages_copy(uint64_t owner, uint64_t grain, uint64_t end,
                         const struct emit_range *wanted, unsigned char *to)
{
    while (grain < end)
    {
        struct emit_range run;
        struct emit_block *block = find(owner, grain, &run.offset);
        if (block == NULL)
            return grain;
        run.nbytes = block->nbytes;
        emit_pages_copy_common(&run, block->bytes, wanted, to);
        grain = emit_pages_end(&run);
        emit_block_release(block);
    }
    return end;
}
