/* SPDX-License-Identifier: MIT */
#include "core/io/prefetch.h"

#include "core/base/block_cache.h"

#include <string.h>

/* What a range brings along at its ends, since files are fetched in pages of 4096 bytes. */
#define ENDS_NBYTES 4096

void emit_prefetch_add(struct emit_prefetch_list *plan, struct emit_file *file, uint64_t offset,
                       uint64_t nbytes)
{
    size_t at = 0;
    if (!emit_file_is_remote(file))
        return;
    while (at < plan->count && plan->part[at].file != file)
        at++;
    if (at == EMIT_PREFETCH_FILES)
        return;
    if (at == plan->count)
        plan->part[plan->count++].file = file;
    if (emit_ranges_add(&plan->part[at].ranges, offset, nbytes, NULL) == EMIT_OK)
        plan->nbytes += nbytes + ENDS_NBYTES;
}

void emit_prefetch_run(struct emit_prefetch_list *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        emit_file_fetch(plan->part[i].file, &plan->part[i].ranges);
    emit_prefetch_close(plan);
}

void emit_prefetch_close(struct emit_prefetch_list *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        emit_ranges_close(&plan->part[i].ranges);
    memset(plan, 0, sizeof *plan);
}

/* Half of what a fetch may bring: gaps that are read along come on top. */
uint64_t emit_prefetch_budget(void)
{
    return emit_cache_budget() / 4;
}
