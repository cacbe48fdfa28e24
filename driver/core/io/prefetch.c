/* SPDX-License-Identifier: MIT */
#include "core/io/prefetch.h"

#include "core/base/block_cache.h"
#include "core/base/request_threads.h"

#include <string.h>

/* Extra bytes of a range at its ends, since files are fetched in pages of 4096 bytes. */
#define ENDS_NBYTES 4096

void emit_prefetch_add(struct emit_prefetch_list *list, struct emit_file *file, uint64_t offset,
                       uint64_t nbytes)
{
    size_t at = 0;
    if (!emit_file_can_fetch(file))
        return;
    while (at < list->count && list->files[at].file != file)
        at++;
    if (at == EMIT_FILES_AT_ONCE)
        return;
    if (at == list->count)
        list->files[list->count++].file = file;
    if (emit_ranges_add(&list->files[at].ranges, offset, nbytes, NULL) == EMIT_OK)
        list->nbytes += nbytes + ENDS_NBYTES;
}

void emit_prefetch_widen(struct emit_prefetch_list *list, uint64_t nbytes)
{
    for (size_t i = 0; i < list->count; i++)
    {
        struct emit_file *file = list->files[i].file;
        struct emit_ranges *ranges = &list->files[i].ranges;
        for (size_t k = 0; k < ranges->count; k++)
            if (!emit_file_is_cached(file, ranges->range[k].offset, ranges->range[k].nbytes))
                emit_range_widen(&ranges->range[k], nbytes, emit_file_size(file));
    }
}

static enum emit_status fetch(const void *context, size_t i, struct emit_scratch *scratch,
                              struct emit_error *error)
{
    (void)scratch;
    (void)error;
    struct emit_prefetch_list *list = *(struct emit_prefetch_list *const *)context;
    emit_file_fetch(list->files[i].file, &list->files[i].ranges);
    return EMIT_OK;
}

void emit_prefetch_run(struct emit_prefetch_list *list)
{
    emit_request_threads_run(list->count, fetch, &list, NULL);
    emit_prefetch_close(list);
}

enum emit_status emit_prefetch_run_if(enum emit_status status, struct emit_prefetch_list *list)
{
    if (status == EMIT_OK)
        emit_prefetch_run(list);
    emit_prefetch_close(list);
    return status;
}

void emit_prefetch_close(struct emit_prefetch_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        emit_ranges_close(&list->files[i].ranges);
    memset(list, 0, sizeof *list);
}

/* Half of what a fetch may bring: gaps that are read along come on top. */
uint64_t emit_prefetch_budget(void)
{
    return emit_cache_budget() / 4;
}
