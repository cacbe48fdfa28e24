/* SPDX-License-Identifier: MIT */
/* Where in the file lies what is about to be read. */
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
                             uint64_t count, struct emit_prefetch_list *plan)
{
    if (store->layout.allocated)
        emit_prefetch_add(plan, store->file, emit_store_spectrum_offset(store, line, column, 0),
                          count * store->shape[2] * store->value_nbytes);
}

static void plan_contiguous(struct emit_store *store, const struct emit_box *box,
                            struct emit_prefetch_list *plan)
{
    for (uint64_t line = box->start[0]; line < box->start[0] + box->count[0]; line++)
        emit_store_list_spectra(store, line, box->start[1], box->count[1], plan);
}

static enum emit_status plan_chunk(struct emit_store *store, const uint64_t position[3],
                                   struct emit_prefetch_list *plan, struct emit_error *error)
{
    struct emit_chunk chunk;
    EMIT_TRY(emit_store_find_chunk(store, position, &chunk, error));
    emit_prefetch_add(plan, store->file, chunk.offset, chunk.size);
    return EMIT_OK;
}

static enum emit_status plan_chunks(struct emit_store *store, const struct emit_box *box,
                                    struct emit_prefetch_list *plan, struct emit_error *error)
{
    uint64_t first[3], last[3], at[3];
    emit_store_touched(store, box, first, last);
    for (at[0] = first[0]; at[0] <= last[0]; at[0]++)
    {
        for (at[1] = first[1]; at[1] <= last[1]; at[1]++)
        {
            for (at[2] = first[2]; at[2] <= last[2]; at[2]++)
                EMIT_TRY(plan_chunk(store, at, plan, error));
        }
    }
    return EMIT_OK;
}

enum emit_status emit_store_list_box(struct emit_store *store, const struct emit_box *box,
                                     struct emit_prefetch_list *plan, struct emit_error *error)
{
    if (!emit_store_is_remote(store) || emit_box_values(box) == 0)
        return EMIT_OK;
    switch (store->layout.storage)
    {
    case EMIT_STORAGE_CONTIGUOUS:
        plan_contiguous(store, box, plan);
        break;
    case EMIT_STORAGE_CHUNKED:
        return plan_chunks(store, box, plan, error);
    case EMIT_STORAGE_LIBRARY:
        break;
    }
    return EMIT_OK;
}
