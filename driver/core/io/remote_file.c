/* SPDX-License-Identifier: MIT */
#include "core/io/remote_file.h"

#include "core/base/block_cache.h"
#include "core/base/platform.h"
#include "core/io/identity.h"
#include "core/io/page_cache.h"
#include "core/io/range_request.h"

#include <stdlib.h>

/* GDAL looks at so many first bytes of whatever it opens, and has them when they are asked for. */
#define HEAD_NBYTES ((uint64_t)16384)

/*
 * What a request nobody announced takes in, in grains, and how many of them lie before what was
 * asked for: metadata lie in clusters of some hundred to some thousand bytes all over a granule,
 * and are not read in their order. Windows grow where a file needs more of them than granules do.
 */
#define WINDOW_GRAINS ((uint64_t)13)
#define WINDOW_GRAINS_BEFORE ((uint64_t)7)
#define WINDOWS_OF_A_SIZE 16
#define WINDOW_DOUBLINGS 5

/* What a request costs, in bytes: some 50 ms at 40 MB/s, with sixteen under way at once. */
#define REQUEST_NBYTES ((uint64_t)128 << 10)

struct emit_remote
{
    struct emit_source source;
    uint64_t owner;         /* of its pages */
    struct emit_mutex lock; /* guards the handle, and keeps two threads from fetching the same */
    unsigned windows;       /* asked for so far */
};

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

enum emit_status emit_remote_open(const char *path, VSILFILE *handle, uint64_t size,
                                  struct emit_remote **remote_ret, struct emit_error *error)
{
    struct emit_remote *remote = calloc(1, sizeof *remote);
    struct emit_identity *identity = emit_identity_find(path, size);
    *remote_ret = NULL;
    if (remote == NULL || identity == NULL)
    {
        free(remote);
        return emit_error_memory(error, sizeof *remote, "a file on a server");
    }
    remote->source = (struct emit_source){handle, identity};
    remote->owner = identity->owner;
    emit_mutex_init(&remote->lock);
    *remote_ret = remote;
    return EMIT_OK;
}

void emit_remote_close(struct emit_remote *remote)
{
    if (remote == NULL)
        return;
    emit_mutex_close(&remote->lock);
    free(remote);
}

/* ---- Ranges that were announced ------------------------------------------------------------- */

/* What is going to be asked for together. */
struct batch
{
    struct emit_range range[EMIT_REQUEST_RANGES];
    size_t count;
    uint64_t nbytes;
};

/* Asks for a batch, keeps what comes, and empties it. */
static enum emit_status send_batch(const struct emit_remote *remote, struct batch *batch,
                                   struct emit_error *error)
{
    if (batch->count == 0)
        return EMIT_OK;
    unsigned char *bytes = malloc((size_t)batch->nbytes);
    if (bytes == NULL)
        return emit_error_memory(error, (size_t)batch->nbytes, "the answers of a server");
    const enum emit_status status =
        emit_request_many(&remote->source, batch->range, batch->count, bytes, error);
    const unsigned char *at = bytes;
    for (size_t i = 0; i < batch->count && status == EMIT_OK; i++)
    {
        emit_pages_keep(remote->owner, &batch->range[i], at);
        at += batch->range[i].nbytes;
    }
    free(bytes);
    batch->count = 0;
    batch->nbytes = 0;
    return status;
}

/* Adds a run to the batch, which is sent whenever it is full. */
static enum emit_status add_run(const struct emit_remote *remote, uint64_t offset, uint64_t nbytes,
                                struct batch *batch, struct emit_error *error)
{
    while (nbytes > 0)
    {
        const uint64_t part = smaller(nbytes, EMIT_REQUEST_NBYTES - batch->nbytes);
        batch->range[batch->count++] = (struct emit_range){offset, part};
        batch->nbytes += part;
        offset += part;
        nbytes -= part;
        if (batch->count == EMIT_REQUEST_RANGES || batch->nbytes == EMIT_REQUEST_NBYTES)
            EMIT_TRY(send_batch(remote, batch, error));
    }
    return EMIT_OK;
}

/* Adds the runs of a range that are not kept. */
static enum emit_status add_missing(const struct emit_remote *remote,
                                    const struct emit_range *range, struct batch *batch,
                                    struct emit_error *error)
{
    const uint64_t end = emit_pages_end(range);
    uint64_t grain = range->offset / EMIT_GRAIN_NBYTES;
    while ((grain = emit_pages_next_missing(remote->owner, grain, end)) < end)
    {
        const uint64_t offset = grain * EMIT_GRAIN_NBYTES;
        grain = emit_pages_next_kept(remote->owner, grain, end);
        const uint64_t run_end = smaller(grain * EMIT_GRAIN_NBYTES, remote->source.identity->size);
        EMIT_TRY(add_run(remote, offset, run_end - offset, batch, error));
    }
    return EMIT_OK;
}

enum emit_status emit_remote_fetch(struct emit_remote *remote, struct emit_ranges *ranges,
                                   struct emit_error *error)
{
    struct batch batch = {.count = 0};
    uint64_t left = emit_cache_budget() / 2;
    enum emit_status status = EMIT_OK;
    emit_ranges_widen(ranges, EMIT_GRAIN_NBYTES, remote->source.identity->size);
    emit_ranges_merge(ranges, REQUEST_NBYTES);
    emit_mutex_lock(&remote->lock);
    for (size_t i = 0; i < ranges->count && status == EMIT_OK; i++)
    {
        if (ranges->range[i].nbytes > left)
            break;
        left -= ranges->range[i].nbytes;
        status = add_missing(remote, &ranges->range[i], &batch, error);
    }
    if (status == EMIT_OK)
        status = send_batch(remote, &batch, error);
    emit_mutex_unlock(&remote->lock);
    return status;
}

/* ---- Reads that nobody announced ------------------------------------------------------------ */

/* Grains from "first" on, "end" excluded. */
struct window
{
    uint64_t first;
    uint64_t end;
};

/* The missing grains before "grain" that a window takes in. */
static uint64_t begin_window(const struct emit_remote *remote, uint64_t grain)
{
    const uint64_t owner = remote->owner;
    uint64_t first = grain - smaller(grain, WINDOW_GRAINS_BEFORE);
    uint64_t kept = emit_pages_next_kept(owner, first, grain);
    while (kept < grain)
    {
        first = emit_pages_next_missing(owner, kept, grain);
        kept = emit_pages_next_kept(owner, first, grain);
    }
    return first;
}

/* What to ask for when grains from "grain" to "end" are missing. */
static struct window choose_window(struct emit_remote *remote, uint64_t grain, uint64_t end)
{
    const unsigned doublings = remote->windows++ / WINDOWS_OF_A_SIZE;
    uint64_t grains = WINDOW_GRAINS << smaller(doublings, WINDOW_DOUBLINGS);
    struct window window = {grain, end};
    if (grain == 0)
        grains = HEAD_NBYTES / EMIT_GRAIN_NBYTES;
    else if (end - grain < grains)
        window.first = begin_window(remote, grain);
    if (end - window.first < grains)
        window.end = emit_pages_next_kept(remote->owner, end, window.first + grains);
    return window;
}

/* Reads grains that are missing, with those around them. */
static enum emit_status read_missing(struct emit_remote *remote, uint64_t grain, uint64_t end,
                                     const struct emit_range *wanted, unsigned char *to,
                                     struct emit_error *error)
{
    if (grain == end)
        return EMIT_OK;
    const struct window window = choose_window(remote, grain, end);
    struct emit_range run = {window.first * EMIT_GRAIN_NBYTES, 0};
    run.nbytes =
        smaller(window.end * EMIT_GRAIN_NBYTES, remote->source.identity->size) - run.offset;
    unsigned char *bytes = malloc((size_t)run.nbytes);
    if (bytes == NULL)
        return emit_error_memory(error, (size_t)run.nbytes, "the answer of a server");
    const enum emit_status status = grain == 0
                                        ? emit_request_one(&remote->source, &run, bytes, error)
                                        : emit_request_many(&remote->source, &run, 1, bytes, error);
    if (status == EMIT_OK)
    {
        emit_pages_copy_common(&run, bytes, wanted, to);
        emit_pages_keep(remote->owner, &run, bytes);
    }
    free(bytes);
    return status;
}

enum emit_status emit_remote_read(struct emit_remote *remote, uint64_t offset, size_t nbytes,
                                  void *bytes, struct emit_error *error)
{
    const struct emit_range wanted = {offset, nbytes};
    const uint64_t end = emit_pages_end(&wanted);
    const uint64_t owner = remote->owner;
    enum emit_status status = EMIT_OK;
    uint64_t grain = emit_pages_copy(owner, offset / EMIT_GRAIN_NBYTES, end, &wanted, bytes);
    if (grain == end)
        return EMIT_OK;
    emit_mutex_lock(&remote->lock);
    while (grain < end && status == EMIT_OK)
    {
        const uint64_t most = smaller(end, grain + EMIT_REQUEST_NBYTES / EMIT_GRAIN_NBYTES);
        const uint64_t missing_end = emit_pages_next_kept(owner, grain, most);
        status = read_missing(remote, grain, missing_end, &wanted, bytes, error);
        grain = emit_pages_copy(owner, missing_end, end, &wanted, bytes);
    }
    emit_mutex_unlock(&remote->lock);
    return status;
}
