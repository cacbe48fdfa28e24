/* SPDX-License-Identifier: MIT */
#include "core/store/store_internal.h"

#include <string.h>

static struct emit_cache_key block_key(const struct emit_store *store, const uint64_t position[3])
{
    const uint64_t *grid = store->grid;
    return (struct emit_cache_key){store->cache_owner,
                                   (position[0] * grid[1] + position[1]) * grid[2] + position[2]};
}

/* Layout of a cached block: chunks as stored, other blocks in the size of their box. */
static struct emit_values block_values(const struct emit_store *store, const uint64_t position[3],
                                       const struct emit_block *block)
{
    const struct emit_box box = emit_store_block_box(store, position);
    if (store->layout.storage == EMIT_STORAGE_CHUNKED)
        return emit_values_in_c_order(block->bytes, &box, store->block, store->value_nbytes);
    return emit_values_in_c_order(block->bytes, &box, box.count, store->value_nbytes);
}

static size_t block_nbytes(const struct emit_store *store, const uint64_t position[3])
{
    if (store->layout.storage == EMIT_STORAGE_CHUNKED)
        return (size_t)store->layout.chunk_nbytes;
    const struct emit_box box = emit_store_block_box(store, position);
    return emit_box_values(&box) * store->value_nbytes;
}

static enum emit_status load_block(struct emit_store *store, const uint64_t position[3],
                                   struct emit_block **block_ret, struct emit_scratch *scratch,
                                   struct emit_error *error)
{
    const size_t nbytes = block_nbytes(store, position);
    struct emit_block *block = emit_block_new(block_key(store, position), nbytes);
    if (block == NULL)
        return emit_error_memory(error, nbytes, "a block of pixels");
    enum emit_status status;
    if (store->layout.storage == EMIT_STORAGE_CHUNKED)
        status = emit_store_read_chunk(store, position, block->bytes, scratch, error);
    else
    {
        const struct emit_box box = emit_store_block_box(store, position);
        status =
            emit_h5_read_box(store->h5, &store->layout, box.start, box.count, block->bytes, error);
    }
    if (status == EMIT_OK)
    {
        emit_cache_add(block);
        *block_ret = block;
    }
    else
        emit_block_release(block);
    return status;
}

enum emit_status emit_store_block(struct emit_store *store, const uint64_t position[3],
                                  struct emit_block **block_ret, struct emit_values *values,
                                  struct emit_scratch *scratch, struct emit_error *error)
{
    *block_ret = emit_cache_find(block_key(store, position));
    if (*block_ret == NULL)
        EMIT_TRY(load_block(store, position, block_ret, scratch, error));
    *values = block_values(store, position, *block_ret);
    return EMIT_OK;
}

enum emit_status emit_store_list_block(struct emit_store *store, const uint64_t position[3],
                                       struct emit_prefetch_list *prefetch,
                                       struct emit_error *error)
{
    const struct emit_box box = emit_store_block_box(store, position);
    struct emit_block *cached = emit_cache_find(block_key(store, position));
    emit_block_release(cached);
    return cached != NULL ? EMIT_OK : emit_store_list_box(store, &box, prefetch, error);
}
