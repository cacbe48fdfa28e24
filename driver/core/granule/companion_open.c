/* SPDX-License-Identifier: MIT */
/* Opens a granule on a server and, at the same time, prefetches its companions. */
#include "core/base/request_threads.h"
#include "core/granule/companion.h"
#include "core/io/gdal_messages.h"

#include <cpl_vsi.h>

struct opening
{
    const char *path;
    const char *product;
    const char *named;
    struct emit_granule **granule_ret;
};

static void prefetch_companions(const struct opening *opening)
{
    /* All that is known of the granule so far. */
    struct emit_granule granule = {.time_start = ""};
    granule.path = opening->path;
    struct emit_companions companions = {.granule = &granule};
    if (opening->named == NULL)
        emit_companions_search(&granule, opening->product, true, &companions, NULL);
    else if (emit_companions_add_named(opening->named, &companions, NULL) == EMIT_OK)
        emit_companions_prefetch(&companions);
    emit_companions_close(&companions);
}

/* The calling thread, which has a connection since GDAL read the beginning of the granule,
 * prefetches the companions: they take more round trips, since they have to be found first. */
static enum emit_status prefetch_or_open(const void *context, size_t i, struct emit_error *error)
{
    const struct opening *opening = context;
    if (i == 0)
    {
        prefetch_companions(opening);
        return EMIT_OK;
    }
    struct emit_gdal_messages messages; /* this thread does not have the caller's error handlers */
    emit_gdal_messages_hold(&messages);
    const enum emit_status status = emit_granule_open(opening->path, opening->granule_ret, error);
    emit_gdal_messages_release(&messages);
    return status;
}

enum emit_status emit_companions_open_granule(const char *path, const char *product,
                                              const char *named, struct emit_granule **granule_ret,
                                              struct emit_error *error)
{
    const struct opening opening = {path, product, named, granule_ret};
    if (product == NULL || VSIIsLocal(path))
        return emit_granule_open(path, granule_ret, error);
    return emit_request_threads_run(2, prefetch_or_open, &opening, error);
}
