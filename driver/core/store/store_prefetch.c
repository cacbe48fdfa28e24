/* SPDX-License-Identifier: MIT */
/* Lists the byte ranges of a read. */
#include "core/store/store_internal.h"

bool emit_store_is_remote(const struct emit_store *store)
{
    return emit_file_is_remote(store->file);
}

bool emit_store_is_native(const struct emit_store *store)
{
    return emit_file_is_native(store->file);
}

void emit_store_list_spectra(struct emit_store *store, uint64_t line, uint64_t column,
                             uint64_t count, struct emit_prefetch_list *prefetch)
{
    if (store->layout.allocated)
        emit_prefetch_add(prefetch, store->file, emit_store_spectrum_offset(store, line, column, 0),
                          count * store->shape[2] * store->value_nbytes);
}

static void list_contiguous(struct emit_store *store, const struct emit_box *box,
                            struct emit_prefetch_list *prefetch)
{
    for (uint64_t line = box->start[0]; line < box->start[0] + box->count[0]; line++)
        emit_store_list_spectra(store, line, box->start[1], box->count[1], prefetch);
}

static enum emit_status list_chunk(struct emit_store *store, const uint64_t position[3],
                                   struct emit_prefetch_list *prefetch, struct emit_error *error)
{
    struct emit_chunk chunk;
    EMIT_TRY(emit_store_find_chunk(store, position, &chunk, error));
    emit_prefetch_add(prefetch, store->file, chunk.offset, chunk.size);
    return EMIT_OK;
}

static enum emit_status list_chunks(struct emit_store *store, const struct emit_box *box,
                                    struct emit_prefetch_list *prefetch, struct emit_error *error)
{
    uint64_t first[3], last[3], at[3];
    emit_store_touched(store, box, first, last);
    for (at[0] = first[0]; at[0] <= last[0]; at[0]++)
    {
        for (at[1] = first[1]; at[1] <= last[1]; at[1]++)
        {
            for (at[2] = first[2]; at[2] <= last[2]; at[2]++)
                EMIT_TRY(list_chunk(store, at, prefetch, error));
        }
    }
    return EMIT_OK;
}

enum emit_status emit_store_list_box(struct emit_store *store, const struct emit_box *box,
                                     struct emit_prefetch_list *prefetch, struct emit_error *error)
{
    if (!emit_store_is_remote(store) || emit_box_values(box) == 0)
        return EMIT_OK;
    switch (store->layout.storage)
    {
    case EMIT_STORAGE_CONTIGUOUS:
        list_contiguous(store, box, prefetch);
        break;
    case EMIT_STORAGE_CHUNKED:
        return list_chunks(store, box, prefetch, error);
    case EMIT_STORAGE_LIBRARY:
        break;
    }
    return EMIT_OK;
}
