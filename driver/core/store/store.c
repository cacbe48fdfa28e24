/* SPDX-License-Identifier: MIT */
#include "core/store/store_internal.h"

#include "core/store/filters.h"

#include <stdlib.h>
#include <string.h>

/* Size of a block that the HDF5 library reads in one call. */
#define LIBRARY_BLOCK_NBYTES ((uint64_t)16 << 20)

static uint64_t ceil_divide(uint64_t a, uint64_t b)
{
    return a / b + (a % b != 0);
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t at_least_one(uint64_t a)
{
    return a > 0 ? a : 1;
}

/* ---- Opening -------------------------------------------------------------------------------- */

static void choose_library_block(struct emit_store *store)
{
    const uint64_t *shape = store->shape;
    const uint64_t line_nbytes = shape[1] * shape[2] * store->value_nbytes;
    store->block[0] = smaller(shape[0], at_least_one(LIBRARY_BLOCK_NBYTES / line_nbytes));
    store->block[1] = shape[1];
    store->block[2] = shape[2];
}

/* Chunks are blocks even if only the library can read them, so that damage stays in one chunk. */
static void choose_block(struct emit_store *store)
{
    const struct emit_layout *layout = &store->layout;
    if (layout->chunk[0] > 0)
    {
        for (int i = 0; i < 3; i++)
            store->block[i] = i < layout->rank ? layout->chunk[i] : 1;
    }
    else
        choose_library_block(store);
    for (int i = 0; i < 3; i++)
        store->grid[i] = ceil_divide(store->shape[i], store->block[i]);
}

enum emit_status emit_store_open(struct emit_h5 *h5, const struct emit_layout *layout,
                                 struct emit_store **store_ret, struct emit_error *error)
{
    *store_ret = NULL;
    EMIT_TRY(emit_h5_check_encoding(h5, layout->name, &layout->encoding, error));
    struct emit_store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return emit_error_memory(error, sizeof *store, "a variable's store");
    emit_mutex_init(&store->lock);
    store->h5 = h5;
    store->file = emit_h5_file(h5);
    store->layout = *layout;
    if (layout->storage == EMIT_STORAGE_CHUNKED && !emit_filters_supported(layout))
        store->layout.storage = EMIT_STORAGE_LIBRARY;
    store->value_nbytes = emit_type_size(layout->type);
    for (int i = 0; i < 3; i++)
        store->shape[i] = i < layout->rank ? layout->shape[i] : 1;
    choose_block(store);
    store->cache_owner = emit_cache_new_owner();
    *store_ret = store;
    return EMIT_OK;
}

void emit_store_close(struct emit_store *store)
{
    if (store == NULL)
        return;
    emit_cache_purge_owner(store->cache_owner);
    emit_mutex_close(&store->lock);
    free(store->chunks);
    free(store);
}

const struct emit_layout *emit_store_layout(const struct emit_store *store)
{
    return &store->layout;
}

uint64_t emit_store_thread_nbytes(const struct emit_store *store)
{
    const uint64_t block =
        store->block[0] * store->block[1] * store->block[2] * store->value_nbytes;
    switch (store->layout.storage)
    {
    case EMIT_STORAGE_CHUNKED:
        return 3 * block; /* stored, being decoded, decoded */
    case EMIT_STORAGE_CONTIGUOUS:
        return store->shape[1] * store->shape[2] * store->value_nbytes;
    case EMIT_STORAGE_LIBRARY:
        break;
    }
    return block;
}

const uint64_t *emit_store_shape(const struct emit_store *store)
{
    return store->shape;
}

const uint64_t *emit_store_block_shape(const struct emit_store *store)
{
    return store->block;
}

/* ---- Boxes ---------------------------------------------------------------------------------- */

struct emit_box emit_store_block_box(const struct emit_store *store, const uint64_t position[3])
{
    struct emit_box box;
    for (int i = 0; i < 3; i++)
    {
        box.start[i] = position[i] * store->block[i];
        box.count[i] = smaller(store->block[i], store->shape[i] - box.start[i]);
    }
    return box;
}

static void fill_values(void *values, size_t count, const void *value, size_t value_nbytes)
{
    unsigned char *at = values;
    for (size_t i = 0; i < count; i++, at += value_nbytes)
        memcpy(at, value, value_nbytes);
}

/* ---- Chunked -------------------------------------------------------------------------------- */

static enum emit_status load_chunk_index(struct emit_store *store, struct emit_error *error)
{
    const size_t count = (size_t)(store->grid[0] * store->grid[1] * store->grid[2]);
    struct emit_chunk *chunks = calloc(count, sizeof *chunks);
    if (chunks == NULL)
        return emit_error_memory(error, count * sizeof *chunks, "the index of a variable's chunks");
    const enum emit_status status = emit_h5_chunks(store->h5, &store->layout, chunks, error);
    if (status == EMIT_OK)
        store->chunks = chunks;
    else
        free(chunks);
    return status;
}

enum emit_status emit_store_find_chunk(struct emit_store *store, const uint64_t position[3],
                                       struct emit_chunk *chunk, struct emit_error *error)
{
    const uint64_t *grid = store->grid;
    enum emit_status status = EMIT_OK;
    emit_mutex_lock(&store->lock);
    if (store->chunks == NULL)
        status = load_chunk_index(store, error);
    if (status == EMIT_OK)
        *chunk = store->chunks[(position[0] * grid[1] + position[1]) * grid[2] + position[2]];
    emit_mutex_unlock(&store->lock);
    return status;
}

enum emit_status emit_store_read_chunk(struct emit_store *store, const uint64_t position[3],
                                       void *values, struct emit_scratch *scratch,
                                       struct emit_error *error)
{
    const struct emit_layout *layout = &store->layout;
    const size_t nbytes = (size_t)layout->chunk_nbytes;
    struct emit_chunk chunk;
    EMIT_TRY(emit_store_find_chunk(store, position, &chunk, error));
    if (chunk.size == 0)
    {
        fill_values(values, nbytes / store->value_nbytes, layout->default_fill,
                    store->value_nbytes);
        return EMIT_OK;
    }
    void *stored = emit_scratch_get(&scratch[0], (size_t)chunk.size);
    void *scratch_block = emit_scratch_get(&scratch[1], nbytes + 4);
    if (stored == NULL || scratch_block == NULL)
        return emit_error_memory(error, (size_t)chunk.size + nbytes, "a chunk");
    EMIT_TRY(emit_file_read(store->file, chunk.offset, (size_t)chunk.size, stored, error));
    const enum emit_status status = emit_filters_decode(
        layout, stored, (size_t)chunk.size, chunk.filter_mask, scratch_block, values, error);
    return status == EMIT_OK ? EMIT_OK
                             : emit_error_prefix(error, status, emit_file_path(store->file));
}

void emit_store_touched(const struct emit_store *store, const struct emit_box *box,
                        uint64_t first[3], uint64_t last[3])
{
    for (int i = 0; i < 3; i++)
    {
        first[i] = box->start[i] / store->block[i];
        last[i] = (box->start[i] + box->count[i] - 1) / store->block[i];
    }
}

/* Whether a box in C order at "to" is laid out like the decoded chunk. */
static bool is_whole_chunk(const struct emit_store *store, const struct emit_values *to,
                           const struct emit_box *chunk_box)
{
    const struct emit_values whole =
        emit_values_in_c_order(to->bytes, chunk_box, store->block, store->value_nbytes);
    bool same = true;
    for (int i = 0; i < 3; i++)
        same = same && to->box.start[i] == chunk_box->start[i] &&
               to->box.count[i] == store->block[i] && to->stride[i] == whole.stride[i];
    return same;
}

static enum emit_status read_box_of_chunk(struct emit_store *store, const uint64_t position[3],
                                          const struct emit_values *to,
                                          struct emit_scratch *scratch, struct emit_error *error)
{
    const size_t nbytes = (size_t)store->layout.chunk_nbytes;
    const struct emit_box box = emit_store_block_box(store, position);
    if (is_whole_chunk(store, to, &box))
        return emit_store_read_chunk(store, position, (void *)(uintptr_t)to->bytes, scratch, error);
    void *decoded = emit_scratch_get(&scratch[2], nbytes);
    if (decoded == NULL)
        return emit_error_memory(error, nbytes, "a chunk");
    EMIT_TRY(emit_store_read_chunk(store, position, decoded, scratch, error));
    const struct emit_values from =
        emit_values_in_c_order(decoded, &box, store->block, store->value_nbytes);
    emit_values_copy_common(&from, to, store->value_nbytes);
    return EMIT_OK;
}

static enum emit_status read_box_chunked(struct emit_store *store, const struct emit_values *to,
                                         struct emit_scratch *scratch, struct emit_error *error)
{
    uint64_t first[3], last[3], at[3];
    emit_store_touched(store, &to->box, first, last);
    for (at[0] = first[0]; at[0] <= last[0]; at[0]++)
    {
        for (at[1] = first[1]; at[1] <= last[1]; at[1]++)
        {
            for (at[2] = first[2]; at[2] <= last[2]; at[2]++)
                EMIT_TRY(read_box_of_chunk(store, at, to, scratch, error));
        }
    }
    return EMIT_OK;
}

/* ---- Contiguous ----------------------------------------------------------------------------- */

bool emit_store_has_spectra(const struct emit_store *store)
{
    return store->layout.storage == EMIT_STORAGE_CONTIGUOUS;
}

uint64_t emit_store_spectrum_offset(const struct emit_store *store, uint64_t line, uint64_t column,
                                    uint64_t band)
{
    const uint64_t *shape = store->shape;
    const uint64_t value = (line * shape[1] + column) * shape[2] + band;
    return store->layout.offset + value * store->value_nbytes;
}

enum emit_status emit_store_read_spectra(struct emit_store *store, uint64_t line, uint64_t column,
                                         uint64_t count, uint64_t first_band, uint64_t band_count,
                                         void *values, struct emit_error *error)
{
    const struct emit_layout *layout = &store->layout;
    const size_t value_count = (size_t)(count * band_count);
    if (!layout->allocated)
    {
        fill_values(values, value_count, layout->default_fill, store->value_nbytes);
        return EMIT_OK;
    }
    EMIT_TRY(emit_file_read(store->file,
                            emit_store_spectrum_offset(store, line, column, first_band),
                            value_count * store->value_nbytes, values, error));
    if (layout->swap_bytes)
        emit_swap_bytes(values, value_count, store->value_nbytes);
    return EMIT_OK;
}

static enum emit_status read_box_contiguous(struct emit_store *store, const struct emit_values *to,
                                            struct emit_scratch *scratch, struct emit_error *error)
{
    const struct emit_box *box = &to->box;
    const size_t run_nbytes = (size_t)(box->count[1] * store->shape[2]) * store->value_nbytes;
    void *run = emit_scratch_get(&scratch[2], run_nbytes);
    if (run == NULL)
        return emit_error_memory(error, run_nbytes, "a run of pixels");
    for (uint64_t line = box->start[0]; line < box->start[0] + box->count[0]; line++)
    {
        const struct emit_box run_box = {{line, box->start[1], 0},
                                         {1, box->count[1], store->shape[2]}};
        EMIT_TRY(emit_store_read_spectra(store, line, box->start[1], box->count[1], 0,
                                         store->shape[2], run, error));
        const struct emit_values from =
            emit_values_in_c_order(run, &run_box, run_box.count, store->value_nbytes);
        emit_values_copy_common(&from, to, store->value_nbytes);
    }
    return EMIT_OK;
}

static enum emit_status read_box_library(struct emit_store *store, const struct emit_values *to,
                                         struct emit_scratch *scratch, struct emit_error *error)
{
    const struct emit_box *box = &to->box;
    const size_t nbytes = emit_box_values(box) * store->value_nbytes;
    void *values = emit_scratch_get(&scratch[2], nbytes);
    if (values == NULL)
        return emit_error_memory(error, nbytes, "values");
    EMIT_TRY(emit_h5_read_box(store->h5, &store->layout, box->start, box->count, values, error));
    const struct emit_values from =
        emit_values_in_c_order(values, box, box->count, store->value_nbytes);
    emit_values_copy_common(&from, to, store->value_nbytes);
    return EMIT_OK;
}

enum emit_status emit_store_read_lines(struct emit_store *store, const struct emit_box *box,
                                       void *values, size_t line_nbytes,
                                       struct emit_scratch *scratch, struct emit_error *error)
{
    struct emit_values to = emit_values_in_c_order(values, box, box->count, store->value_nbytes);
    to.stride[0] = (ptrdiff_t)line_nbytes;
    if (emit_box_values(box) == 0)
        return EMIT_OK;
    switch (store->layout.storage)
    {
    case EMIT_STORAGE_CONTIGUOUS:
        return read_box_contiguous(store, &to, scratch, error);
    case EMIT_STORAGE_CHUNKED:
        return read_box_chunked(store, &to, scratch, error);
    case EMIT_STORAGE_LIBRARY:
        break;
    }
    return read_box_library(store, &to, scratch, error);
}

enum emit_status emit_store_read_box(struct emit_store *store, const struct emit_box *box,
                                     void *values, struct emit_scratch *scratch,
                                     struct emit_error *error)
{
    const size_t line_nbytes = (size_t)(box->count[1] * box->count[2]) * store->value_nbytes;
    return emit_store_read_lines(store, box, values, line_nbytes, scratch, error);
}
