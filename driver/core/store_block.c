/* SPDX-License-Identifier: MIT */
#include "core/store_internal.h"

#include <string.h>

/* A 64-byte cache line holds 16 four-byte bands: fetching one costs as much memory traffic as
 * fetching all of them, so a reader that takes band after band gets this many at once. */
#define SWEEP_BANDS 16

#define LOAD_COUNT (RECENT_COUNT + SWEEP_BANDS)

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static struct emit_cache_key block_key(const struct emit_store *store, const uint64_t position[3])
{
    const uint64_t *grid = store->grid;
    return (struct emit_cache_key){store->cache_owner,
                                   (position[0] * grid[1] + position[1]) * grid[2] + position[2]};
}

/* How the bytes of a cached block are laid out: chunks as stored, others as large as their box. */
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

/* Blocks of several bands over the same pixels, loaded in one pass. */
struct band_load
{
    uint64_t position[LOAD_COUNT][3];
    struct emit_block *block[LOAD_COUNT];
    int count;
};

/* Notes that "band" is asked for and copies the bands asked for lately, "band" first. */
static int note_recent(struct emit_store *store, uint64_t band, uint64_t recent[RECENT_COUNT])
{
    pthread_mutex_lock(&store->lock);
    int at = 0;
    while (at < store->recent_count && store->recent[at] != band)
        at++;
    if (at == store->recent_count && store->recent_count < RECENT_COUNT)
        store->recent_count++;
    if (at == RECENT_COUNT)
        at--;
    memmove(store->recent + 1, store->recent, (size_t)at * sizeof store->recent[0]);
    store->recent[0] = band;
    const int count = store->recent_count;
    memcpy(recent, store->recent, sizeof store->recent);
    pthread_mutex_unlock(&store->lock);
    return count;
}

static enum emit_status add_to_load(struct emit_store *store, const uint64_t position[3],
                                    struct band_load *load, struct emit_error *error)
{
    const size_t nbytes = block_nbytes(store, position);
    struct emit_block *block = emit_block_new(block_key(store, position), nbytes);
    if (block == NULL)
        return emit_error_memory(error, nbytes, "a block of pixels");
    memcpy(load->position[load->count], position, sizeof load->position[0]);
    load->block[load->count++] = block;
    return EMIT_OK;
}

/* Adds a block that nobody has asked for yet, unless it is in the load or in the cache. */
static enum emit_status add_ahead(struct emit_store *store, const uint64_t position[3],
                                  struct band_load *load, struct emit_error *error)
{
    struct emit_block *cached = emit_cache_find(block_key(store, position));
    bool known = cached != NULL;
    emit_block_release(cached);
    for (int i = 0; i < load->count; i++)
        known = known || load->position[i][2] == position[2];
    return known ? EMIT_OK : add_to_load(store, position, load, error);
}

/* How many bands from "band" on a sweep is going to ask for, as far as the cache can keep them all
 * until the sweep comes to them: they must fit it twice. */
static uint64_t sweep_length(const struct emit_store *store, uint64_t band)
{
    const uint64_t plane_nbytes = store->shape[0] * store->shape[1] * store->value_nbytes;
    const uint64_t affordable = emit_cache_budget() / 2 / plane_nbytes;
    return smaller(smaller(SWEEP_BANDS, affordable), store->shape[2] - band);
}

/* The wanted block first, then the bands that are likely to be asked for next: those asked for
 * lately, and, when the last two came one after the other, those that follow. */
static enum emit_status plan_load(struct emit_store *store, const uint64_t position[3],
                                  const uint64_t recent[RECENT_COUNT], int recent_count,
                                  struct band_load *load, struct emit_error *error)
{
    uint64_t at[3] = {position[0], position[1], 0};
    EMIT_TRY(add_to_load(store, position, load, error));
    for (int i = 0; i < recent_count; i++)
    {
        at[2] = recent[i];
        EMIT_TRY(add_ahead(store, at, load, error));
    }
    const bool sweeps = recent_count > 1 && recent[1] + 1 == position[2];
    const uint64_t end = position[2] + (sweeps ? sweep_length(store, position[2]) : 1);
    for (at[2] = position[2] + 1; at[2] < end; at[2]++)
        EMIT_TRY(add_ahead(store, at, load, error));
    return EMIT_OK;
}

/* Takes one band out of a run of spectra. */
static void take_band(const struct emit_store *store, const unsigned char *run, uint64_t line,
                      const struct emit_values *to)
{
    const size_t size = store->value_nbytes;
    const size_t pixel_nbytes = (size_t)store->shape[2] * size;
    const unsigned char *from = run + to->box.start[2] * size;
    unsigned char *at = (unsigned char *)(uintptr_t)to->bytes +
                        (ptrdiff_t)(line - to->box.start[0]) * to->stride[0];
    for (uint64_t column = 0; column < to->box.count[1]; column++)
    {
        memcpy(at, from, size);
        at += size;
        from += pixel_nbytes;
    }
}

static enum emit_status load_bands(struct emit_store *store, const struct band_load *load,
                                   struct emit_scratch *scratch, struct emit_error *error)
{
    const struct emit_box box = emit_store_block_box(store, load->position[0]);
    const size_t run_nbytes = (size_t)(box.count[1] * store->shape[2]) * store->value_nbytes;
    unsigned char *run = emit_scratch_get(&scratch[0], run_nbytes);
    if (run == NULL)
        return emit_error_memory(error, run_nbytes, "a run of pixels");
    for (uint64_t line = box.start[0]; line < box.start[0] + box.count[0]; line++)
    {
        EMIT_TRY(emit_store_read_spectra(store, line, box.start[1], box.count[1], 0,
                                         store->shape[2], run, error));
        for (int i = 0; i < load->count; i++)
        {
            const struct emit_values to = block_values(store, load->position[i], load->block[i]);
            take_band(store, run, line, &to);
        }
    }
    return EMIT_OK;
}

/* Loads a block of a contiguous variable; "*block_ret" is set on success. */
static enum emit_status load_contiguous(struct emit_store *store, const uint64_t position[3],
                                        const uint64_t recent[RECENT_COUNT], int recent_count,
                                        struct emit_block **block_ret, struct emit_scratch *scratch,
                                        struct emit_error *error)
{
    struct band_load load = {.count = 0};
    enum emit_status status = plan_load(store, position, recent, recent_count, &load, error);
    if (status == EMIT_OK)
        status = load_bands(store, &load, scratch, error);
    for (int i = 0; i < load.count; i++)
    {
        if (status == EMIT_OK)
            emit_cache_add(load.block[i]);
        if (status == EMIT_OK && i == 0)
            *block_ret = load.block[i];
        else
            emit_block_release(load.block[i]);
    }
    return status;
}

static enum emit_status load_whole(struct emit_store *store, const uint64_t position[3],
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
    const bool contiguous = store->layout.storage == EMIT_STORAGE_CONTIGUOUS;
    uint64_t recent[RECENT_COUNT];
    const int recent_count = contiguous ? note_recent(store, position[2], recent) : 0;
    *block_ret = emit_cache_find(block_key(store, position));
    if (*block_ret == NULL)
    {
        if (contiguous)
            EMIT_TRY(
                load_contiguous(store, position, recent, recent_count, block_ret, scratch, error));
        else
            EMIT_TRY(load_whole(store, position, block_ret, scratch, error));
    }
    *values = block_values(store, position, *block_ret);
    return EMIT_OK;
}
