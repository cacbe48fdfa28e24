/* SPDX-License-Identifier: MIT */
/*
 * A read of a box is divided into pieces: chunks, runs of values of a contiguous variable, or what
 * the HDF5 library reads at once. find_piece() alone knows where a piece lies. Reading decodes the
 * pieces and copies what they have in common with the box; listing adds their byte ranges to a
 * prefetch list, so that prefetching cannot miss what reading needs.
 *
 * Blocks of the grid are boxes that the block cache holds.
 */
#include "core/store/store.h"

#include "core/store/filters.h"

#include <stdlib.h>
#include <string.h>

/* Size of a block that the HDF5 library reads in one call. */
#define LIBRARY_BLOCK_NBYTES ((uint64_t)16 << 20)

/* ---- Opening -------------------------------------------------------------------------------- */

/* Chunks are blocks even if only the library can read them, so that damage stays in one chunk. */
static void choose_block(struct emit_store *store)
{
    const struct emit_layout *layout = &store->layout;
    const uint64_t *shape = store->shape;
    const uint64_t lines = LIBRARY_BLOCK_NBYTES / (shape[1] * shape[2] * store->value_nbytes);
    const uint64_t block[3] = {emit_min(shape[0], lines > 0 ? lines : 1), shape[1], shape[2]};
    const uint64_t chunk[3] = {layout->chunk[0], layout->chunk[1],
                               layout->rank == 3 ? layout->chunk[2] : 1};
    for (int i = 0; i < 3; i++)
    {
        store->block[i] = chunk[0] > 0 ? chunk[i] : block[i];
        store->grid[i] = (shape[i] - 1) / store->block[i] + 1;
    }
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

bool emit_store_has_spectra(const struct emit_store *store)
{
    return store->layout.storage == EMIT_STORAGE_CONTIGUOUS;
}

struct emit_range emit_store_range(const struct emit_store *store)
{
    const uint64_t *shape = store->shape;
    const bool is_one = store->layout.storage == EMIT_STORAGE_CONTIGUOUS && store->layout.allocated;
    return (struct emit_range){store->layout.offset,
                               is_one ? shape[0] * shape[1] * shape[2] * store->value_nbytes : 0};
}

/* ---- Pieces --------------------------------------------------------------------------------- */

/* What one read brings of a box: a run of values in a line of a contiguous variable, a chunk, or
 * what the HDF5 library reads at once. */
struct piece
{
    struct emit_box box; /* its part of the cube */
    uint64_t extent[3];  /* of its values in memory: of a whole chunk, also at the cube's edge */
    struct emit_chunk stored; /* its bytes in the file; size 0: none, or for the library to find */
};

/* First block that intersects "box" along an axis, and how many do. */
static uint64_t first_block(const struct emit_store *store, const struct emit_box *box, int axis)
{
    return box->start[axis] / store->block[axis];
}

static uint64_t count_blocks(const struct emit_store *store, const struct emit_box *box, int axis)
{
    return (box->start[axis] + box->count[axis] - 1) / store->block[axis] -
           first_block(store, box, axis) + 1;
}

/* Number of pieces of "box". */
static uint64_t count_pieces(const struct emit_store *store, const struct emit_box *box)
{
    if (emit_box_values(box) == 0)
        return 0;
    switch (store->layout.storage)
    {
    case EMIT_STORAGE_CONTIGUOUS:
        return box->count[0];
    case EMIT_STORAGE_CHUNKED:
        return count_blocks(store, box, 0) * count_blocks(store, box, 1) *
               count_blocks(store, box, 2);
    case EMIT_STORAGE_LIBRARY:
        break;
    }
    return 1;
}

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

/* Number of the block at "position" of the grid. */
static uint64_t block_number(const struct emit_store *store, const uint64_t position[3])
{
    return (position[0] * store->grid[1] + position[1]) * store->grid[2] + position[2];
}

/* Finds a chunk in the file. The first call builds the index. */
static enum emit_status find_chunk(struct emit_store *store, const uint64_t position[3],
                                   struct emit_chunk *chunk, struct emit_error *error)
{
    enum emit_status status = EMIT_OK;
    emit_mutex_lock(&store->lock);
    if (store->chunks == NULL)
        status = load_chunk_index(store, error);
    if (status == EMIT_OK)
        *chunk = store->chunks[block_number(store, position)];
    emit_mutex_unlock(&store->lock);
    return status;
}

/* The box of the block at "position" of the grid, clipped to the cube. */
static struct emit_box block_box(const struct emit_store *store, const uint64_t position[3])
{
    struct emit_box box;
    for (int i = 0; i < 3; i++)
    {
        box.start[i] = position[i] * store->block[i];
        box.count[i] = emit_min(store->block[i], store->shape[i] - box.start[i]);
    }
    return box;
}

static enum emit_status find_chunk_piece(struct emit_store *store, const struct emit_box *box,
                                         uint64_t index, struct piece *piece,
                                         struct emit_error *error)
{
    const uint64_t columns = count_blocks(store, box, 1);
    const uint64_t bands = count_blocks(store, box, 2);
    const uint64_t position[3] = {first_block(store, box, 0) + index / bands / columns,
                                  first_block(store, box, 1) + index / bands % columns,
                                  first_block(store, box, 2) + index % bands};
    piece->box = block_box(store, position);
    memcpy(piece->extent, store->block, sizeof piece->extent);
    return find_chunk(store, position, &piece->stored, error);
}

/* Of several pixels all bands, because those that are not needed are cheaper to read than to
 * skip. */
static struct piece find_run(const struct emit_store *store, const struct emit_box *box,
                             uint64_t index)
{
    const uint64_t *shape = store->shape;
    const bool one_pixel = box->count[1] == 1;
    const uint64_t band = one_pixel ? box->start[2] : 0;
    const uint64_t count[3] = {1, box->count[1], one_pixel ? box->count[2] : shape[2]};
    const uint64_t line = box->start[0] + index;
    const uint64_t first = (line * shape[1] + box->start[1]) * shape[2] + band;
    return (struct piece){{{line, box->start[1], band}, {count[0], count[1], count[2]}},
                          {count[0], count[1], count[2]},
                          {store->layout.offset + first * store->value_nbytes,
                           store->layout.allocated ? count[1] * count[2] * store->value_nbytes : 0,
                           0}};
}

/* Finds piece "index" of "box". */
static enum emit_status find_piece(struct emit_store *store, const struct emit_box *box,
                                   uint64_t index, struct piece *piece, struct emit_error *error)
{
    if (store->layout.storage == EMIT_STORAGE_CHUNKED)
        return find_chunk_piece(store, box, index, piece, error);
    if (store->layout.storage == EMIT_STORAGE_CONTIGUOUS)
        *piece = find_run(store, box, index);
    else
        *piece = (struct piece){*box, {box->count[0], box->count[1], box->count[2]}, {0, 0, 0}};
    return EMIT_OK;
}

/* ---- Reading -------------------------------------------------------------------------------- */

static enum emit_status read_chunk(struct emit_store *store, const struct piece *piece,
                                   void *values, struct emit_scratch *scratch,
                                   struct emit_error *error)
{
    const size_t nbytes = (size_t)store->layout.chunk_nbytes;
    const size_t stored_nbytes = (size_t)piece->stored.size;
    void *stored = emit_scratch_get(&scratch[0], stored_nbytes);
    void *scratch_block = emit_scratch_get(&scratch[1], nbytes + 4);
    if (stored == NULL || scratch_block == NULL)
        return emit_error_memory(error, stored_nbytes + nbytes, "a chunk");
    EMIT_TRY(emit_file_read(store->file, piece->stored.offset, stored_nbytes, stored, error));
    const struct emit_stored_chunk chunk = {&store->layout, stored, stored_nbytes,
                                            piece->stored.filter_mask};
    const enum emit_status status = emit_filters_decode(chunk, scratch_block, values, error);
    return status == EMIT_OK ? EMIT_OK
                             : emit_error_prefix(error, status, emit_file_path(store->file));
}

/* Reads the values of a piece in C order. */
static enum emit_status read_piece(struct emit_store *store, const struct piece *piece,
                                   unsigned char *values, struct emit_scratch *scratch,
                                   struct emit_error *error)
{
    const struct emit_layout *layout = &store->layout;
    const size_t size = store->value_nbytes;
    const size_t count = (size_t)(piece->extent[0] * piece->extent[1] * piece->extent[2]);
    if (layout->storage == EMIT_STORAGE_LIBRARY)
        return emit_h5_read_box(store->h5, layout, piece->box.start, piece->box.count, values,
                                error);
    if (piece->stored.size == 0)
    {
        for (size_t i = 0; i < count; i++, values += size)
            memcpy(values, layout->default_fill, size);
        return EMIT_OK;
    }
    if (layout->storage == EMIT_STORAGE_CHUNKED)
        return read_chunk(store, piece, values, scratch, error);
    EMIT_TRY(emit_file_read(store->file, piece->stored.offset, count * size, values, error));
    if (layout->swap_bytes)
        emit_swap_bytes(values, count, size);
    return EMIT_OK;
}

/* The place in "to" of a piece that lies in its box and is laid out as there; else NULL. */
static unsigned char *find_place(const struct piece *piece, const struct emit_values *from,
                                 const struct emit_values *to)
{
    const struct emit_box *box = &piece->box;
    ptrdiff_t offset = 0;
    for (int i = 0; i < 3; i++)
    {
        if (box->count[i] != piece->extent[i] || box->start[i] < to->box.start[i] ||
            box->start[i] + box->count[i] > to->box.start[i] + to->box.count[i] ||
            (box->count[i] > 1 && from->stride[i] != to->stride[i]))
            return NULL;
        offset += (ptrdiff_t)(box->start[i] - to->box.start[i]) * to->stride[i];
    }
    return (unsigned char *)(uintptr_t)to->bytes + offset;
}

static enum emit_status read_piece_into(struct emit_store *store, const struct piece *piece,
                                        const struct emit_values *to, struct emit_scratch *scratch,
                                        struct emit_error *error)
{
    struct emit_values from =
        emit_values_in_c_order(NULL, &piece->box, piece->extent, store->value_nbytes);
    unsigned char *place = find_place(piece, &from, to);
    if (place != NULL)
        return read_piece(store, piece, place, scratch, error);
    const size_t nbytes = (size_t)piece->extent[0] * (size_t)from.stride[0];
    unsigned char *values = emit_scratch_get(&scratch[2], nbytes);
    if (values == NULL)
        return emit_error_memory(error, nbytes, "values");
    EMIT_TRY(read_piece(store, piece, values, scratch, error));
    from.bytes = values;
    emit_values_copy_common(&from, to, store->value_nbytes);
    return EMIT_OK;
}

enum emit_status emit_store_read_lines(struct emit_store *store, const struct emit_box *box,
                                       void *values, size_t line_nbytes,
                                       struct emit_scratch *scratch, struct emit_error *error)
{
    const uint64_t count = count_pieces(store, box);
    /* Pixels and runs of spectra: next to the system call, the general way below would show. */
    if (count == 1 && emit_store_has_spectra(store) &&
        (box->count[1] == 1 || box->count[2] == store->shape[2]))
    {
        const struct piece piece = find_run(store, box, 0);
        return read_piece(store, &piece, values, scratch, error);
    }
    struct emit_values to = emit_values_in_c_order(values, box, box->count, store->value_nbytes);
    to.stride[0] = (ptrdiff_t)line_nbytes;
    for (uint64_t i = 0; i < count; i++)
    {
        struct piece piece;
        EMIT_TRY(find_piece(store, box, i, &piece, error));
        EMIT_TRY(read_piece_into(store, &piece, &to, scratch, error));
    }
    return EMIT_OK;
}

enum emit_status emit_store_read_box(struct emit_store *store, const struct emit_box *box,
                                     void *values, struct emit_scratch *scratch,
                                     struct emit_error *error)
{
    const size_t line_nbytes = (size_t)(box->count[1] * box->count[2]) * store->value_nbytes;
    return emit_store_read_lines(store, box, values, line_nbytes, scratch, error);
}

enum emit_status emit_store_list_box(struct emit_store *store, const struct emit_box *box,
                                     struct emit_prefetch_list *prefetch, struct emit_error *error)
{
    const uint64_t count = emit_file_can_fetch(store->file) ? count_pieces(store, box) : 0;
    for (uint64_t i = 0; i < count; i++)
    {
        struct piece piece;
        EMIT_TRY(find_piece(store, box, i, &piece, error));
        if (piece.stored.size > 0)
            emit_prefetch_add(prefetch, store->file, piece.stored.offset, piece.stored.size);
    }
    return EMIT_OK;
}

/* ---- Cached blocks -------------------------------------------------------------------------- */

static struct emit_cache_key block_key(const struct emit_store *store, const uint64_t position[3])
{
    return (struct emit_cache_key){store->cache_owner, block_number(store, position)};
}

static enum emit_status load_block(struct emit_store *store, const uint64_t position[3],
                                   struct emit_block **block_ret, struct emit_scratch *scratch,
                                   struct emit_error *error)
{
    const struct emit_box box = block_box(store, position);
    const size_t nbytes = emit_box_values(&box) * store->value_nbytes;
    struct emit_block *block = emit_block_new(block_key(store, position), nbytes);
    if (block == NULL)
        return emit_error_memory(error, nbytes, "a block of pixels");
    const enum emit_status status = emit_store_read_box(store, &box, block->bytes, scratch, error);
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
    const struct emit_box box = block_box(store, position);
    *block_ret = emit_cache_find(block_key(store, position));
    if (*block_ret == NULL)
        EMIT_TRY(load_block(store, position, block_ret, scratch, error));
    *values = emit_values_in_c_order((*block_ret)->bytes, &box, box.count, store->value_nbytes);
    return EMIT_OK;
}

enum emit_status emit_store_list_block(struct emit_store *store, const uint64_t position[3],
                                       struct emit_prefetch_list *prefetch,
                                       struct emit_error *error)
{
    const struct emit_box box = block_box(store, position);
    struct emit_block *cached = emit_cache_find(block_key(store, position));
    emit_block_release(cached);
    return cached != NULL ? EMIT_OK : emit_store_list_box(store, &box, prefetch, error);
}
