/* SPDX-License-Identifier: MIT */
/* A file on a server as pages of the process's cache. A fetch lists what is missing of many ranges
 * and divides it into batches, which several threads take one after another; each request has a
 * handle of its own. A read copies what is cached, and requests what is missing with some pages
 * around it. No lock is held during a request. */
#include "core/io/remote_file.h"

#include "core/base/block_cache.h"
#include "core/base/bytes.h"
#include "core/base/parallel.h"
#include "core/base/platform.h"
#include "core/base/request_threads.h"
#include "core/io/connections.h"
#include "core/io/page_cache.h"
#include "core/io/page_owner.h"
#include "core/io/range_request.h"

#include <cpl_error.h>

#include <stdatomic.h>
#include <stdlib.h>

/* GDAL reads and caches this many bytes at the start of every file that it opens. */
#define HEAD_NBYTES ((uint64_t)16384)

/* Pages of a request for bytes that were not prefetched, and how many of them precede the first
 * missing one: metadata lie in clusters of some hundred to some thousand bytes all over a granule,
 * and are not read in file order. */
#define WINDOW_PAGES ((uint64_t)4)
#define WINDOW_PAGES_BEFORE ((uint64_t)1)

/* Cost of a request, in bytes: some 50 ms at 40 MB/s, with sixteen concurrent ones. */
#define REQUEST_NBYTES ((uint64_t)128 << 10)

/* Maximum bytes of a range to prefetch, and of a read that was not prefetched. */
#define RANGE_NBYTES ((uint64_t)2 << 20)
#define READ_NBYTES ((uint64_t)4 << 20)

/* Maximum number of ranges that a thread requests at once. */
#define BATCH_RANGES 32

/* Maximum number of open handles that wait for the next request. */
#define IDLE_HANDLES 8

struct emit_remote
{
    const char *path; /* borrowed */
    uint64_t size;
    struct emit_page_owner *pages;

    struct emit_mutex lock; /* guards the members below; not held during requests */
    unsigned process;       /* that opened the handles */
    VSILFILE *idle[IDLE_HANDLES];
    size_t idle_count;
};

static enum emit_status open_pages(struct emit_remote *remote, struct emit_error *error)
{
    const char *path = remote->path;
    const struct emit_revision revision = emit_revision_find(path, remote->size);
    if (revision.size != remote->size)
    {
        VSICurlPartialClearCache(path);
        return emit_error_set(error, EMIT_ERROR_FILE,
                              "%s was changed on the server while it was being opened: reopen it",
                              path);
    }
    remote->pages = emit_page_owner_open(path, &revision);
    return remote->pages != NULL ? EMIT_OK
                                 : emit_error_memory(error, sizeof revision, "a file's pages");
}

/* A parent process may have been using its handles during the fork(), so a child does not close
 * them. */
static void forget_parents_handles(struct emit_remote *remote)
{
    if (remote->process != emit_process())
        remote->idle_count = 0;
    remote->process = emit_process();
}

enum emit_status emit_remote_open(const char *path, VSILFILE *handle, uint64_t size,
                                  struct emit_remote **remote_ret, struct emit_error *error)
{
    struct emit_remote *remote = calloc(1, sizeof *remote);
    *remote_ret = NULL;
    if (remote == NULL)
    {
        VSIFCloseL(handle);
        return emit_error_memory(error, sizeof *remote, "a file on a server");
    }
    emit_mutex_init(&remote->lock);
    emit_request_threads_use();
    remote->process = emit_process();
    remote->path = path;
    remote->size = size;
    remote->idle[remote->idle_count++] = handle;
    const enum emit_status status = open_pages(remote, error);
    if (status == EMIT_OK)
        *remote_ret = remote;
    else
        emit_remote_close(remote);
    return status;
}

void emit_remote_close(struct emit_remote *remote)
{
    if (remote == NULL)
        return;
    emit_page_owner_close(remote->pages);
    forget_parents_handles(remote);
    for (size_t i = 0; i < remote->idle_count; i++)
        VSIFCloseL(remote->idle[i]);
    emit_request_threads_release();
    emit_mutex_close(&remote->lock);
    free(remote);
}

/* ---- Requests ------------------------------------------------------------------------------- */

/* Each concurrent request has a handle of its own, so that a slow answer delays no other
 * request. */
static VSILFILE *acquire_handle(struct emit_remote *remote, struct emit_error *error)
{
    VSILFILE *handle = NULL;
    emit_connections_use();
    emit_mutex_lock(&remote->lock);
    forget_parents_handles(remote);
    if (remote->idle_count > 0)
        handle = remote->idle[--remote->idle_count];
    emit_mutex_unlock(&remote->lock);
    if (handle == NULL)
        handle = VSIFOpenL(remote->path, "rb");
    if (handle == NULL)
        emit_error_set(error, EMIT_ERROR_FILE, "cannot reopen %s", remote->path);
    return handle;
}

static void release_handle(struct emit_remote *remote, VSILFILE *handle)
{
    emit_mutex_lock(&remote->lock);
    const bool fits = remote->idle_count < IDLE_HANDLES;
    if (fits)
        remote->idle[remote->idle_count++] = handle;
    emit_mutex_unlock(&remote->lock);
    if (!fits)
        VSIFCloseL(handle);
}

/* Requests ranges concurrently and caches their pages; "bytes" has room for all of them. The head
 * of the file comes from GDAL's cache. */
static enum emit_status request(struct emit_remote *remote, const struct emit_range *ranges,
                                size_t count, unsigned char *bytes, struct emit_error *error)
{
    VSILFILE *handle = acquire_handle(remote, error);
    if (handle == NULL)
        return EMIT_ERROR_FILE;
    const struct emit_source source = {remote->path, handle};
    const bool is_head = count == 1 && ranges[0].offset == 0 && ranges[0].nbytes <= HEAD_NBYTES;
    const enum emit_status status = is_head
                                        ? emit_request_cached(&source, ranges, bytes, error)
                                        : emit_request_ranges(&source, ranges, count, bytes, error);
    release_handle(remote, handle);
    emit_page_owner_record_fetch(remote->pages);
    for (size_t i = 0; i < count && status == EMIT_OK; i++)
    {
        emit_page_cache_store(remote->pages->owner, &ranges[i], bytes);
        bytes += ranges[i].nbytes;
    }
    emit_page_cache_wake();
    return status;
}

enum emit_status emit_remote_check(struct emit_remote *remote, struct emit_error *error)
{
    return emit_page_owner_check(remote->pages, remote->path, error);
}

void emit_remote_purge(struct emit_remote *remote)
{
    emit_page_owner_purge(remote->pages);
}

bool emit_remote_is_verified(const struct emit_remote *remote)
{
    return emit_page_owner_is_verified(remote->pages);
}

bool emit_remote_is_cached(const struct emit_remote *remote, uint64_t offset, uint64_t nbytes)
{
    const uint64_t end = emit_page_cache_end(&(struct emit_range){offset, nbytes});
    return emit_page_cache_next_missing(remote->pages->owner, offset / EMIT_PAGE_NBYTES, end) ==
           end;
}

/* ---- Ranges to prefetch ---------------------------------------------------------------------- */

/* State of a fetch. The missing ranges, in file order, are dealt out to the batches like cards:
 * each group of "threads" batches shares threads * per_batch ranges, in steps of "threads". So
 * batches arrive about in file order, are of similar size, and hold no adjacent ranges, which GDAL
 * would join. */
struct fetch
{
    struct emit_remote *remote;
    struct emit_ranges missing;
    size_t threads;
    size_t per_batch;
    atomic_size_t next; /* batch */
};

/* Adds a run of missing bytes, cut into ranges to request. */
static enum emit_status add_run(struct emit_ranges *ranges, uint64_t offset, uint64_t end,
                                struct emit_error *error)
{
    for (uint64_t part; offset < end; offset += part)
    {
        part = emit_min(end - offset, RANGE_NBYTES);
        EMIT_TRY(emit_ranges_add(ranges, offset, part, error));
    }
    return EMIT_OK;
}

/* Adds the parts of a range that are not cached. */
static enum emit_status add_missing(struct fetch *fetch, const struct emit_range *range,
                                    struct emit_error *error)
{
    const uint64_t owner = fetch->remote->pages->owner;
    const uint64_t end = emit_page_cache_end(range);
    uint64_t page = range->offset / EMIT_PAGE_NBYTES;
    while ((page = emit_page_cache_next_missing(owner, page, end)) < end)
    {
        const uint64_t offset = page * EMIT_PAGE_NBYTES;
        page = emit_page_cache_next_cached(owner, page, end);
        EMIT_TRY(add_run(&fetch->missing, offset,
                         emit_min(page * EMIT_PAGE_NBYTES, fetch->remote->size), error));
    }
    return EMIT_OK;
}

/* Adds ranges as far as they fit half of the cache's budget. */
static enum emit_status add_all_missing(struct fetch *fetch, const struct emit_ranges *ranges,
                                        struct emit_error *error)
{
    uint64_t left = emit_cache_budget() / 2;
    for (size_t i = 0; i < ranges->count && ranges->range[i].nbytes <= left; i++)
    {
        left -= ranges->range[i].nbytes;
        EMIT_TRY(add_missing(fetch, &ranges->range[i], error));
    }
    return EMIT_OK;
}

static enum emit_status send_batch(const struct fetch *fetch, size_t batch,
                                   struct emit_scratch *answers, struct emit_error *error)
{
    struct emit_range ranges[BATCH_RANGES];
    size_t count = 0;
    uint64_t nbytes = 0;
    const size_t first = batch / fetch->threads * fetch->threads * fetch->per_batch;
    for (size_t i = first + batch % fetch->threads;
         i < fetch->missing.count && count < fetch->per_batch; i += fetch->threads)
    {
        nbytes += fetch->missing.range[i].nbytes;
        ranges[count++] = fetch->missing.range[i];
    }
    if (count == 0)
        return EMIT_OK;
    unsigned char *bytes = emit_scratch_get(answers, (size_t)nbytes);
    if (bytes == NULL)
        return emit_error_memory(error, (size_t)nbytes, "the answers of a server");
    return request(fetch->remote, ranges, count, bytes, error);
}

/* One of the threads that send batches until all are sent or one fails. */
static enum emit_status send_batches(const void *context, size_t index, struct emit_error *error)
{
    (void)index;
    struct fetch *fetch = *(struct fetch *const *)context;
    struct emit_scratch answers = {NULL, 0};
    enum emit_status status = EMIT_OK;
    size_t batch;
    while (status == EMIT_OK && (batch = atomic_fetch_add(&fetch->next, 1)) < fetch->missing.count)
        status = send_batch(fetch, batch, &answers, error);
    emit_scratch_close(&answers);
    if (status != EMIT_OK)
        atomic_store(&fetch->next, fetch->missing.count);
    return status;
}

static enum emit_status fetch_missing(struct fetch *fetch, const struct emit_ranges *ranges,
                                      struct emit_error *error)
{
    EMIT_TRY(add_all_missing(fetch, ranges, error));
    const size_t count = fetch->missing.count;
    const size_t at_once = emit_request_limit(fetch->remote->path);
    const size_t most_threads = emit_request_threads(fetch->remote->path);
    const size_t each = ((count < at_once ? count : at_once) + most_threads - 1) / most_threads;
    if (count == 0)
        return EMIT_OK;
    fetch->per_batch = each < BATCH_RANGES ? each : BATCH_RANGES;
    const size_t batch_count = (count + fetch->per_batch - 1) / fetch->per_batch;
    fetch->threads = batch_count < most_threads ? batch_count : most_threads;
    return emit_request_threads_run(fetch->threads, send_batches, &fetch, error);
}

void emit_remote_fetch(struct emit_remote *remote, struct emit_ranges *ranges)
{
    struct fetch fetch = {.remote = remote};
    struct emit_error error = {""};
    for (size_t i = 0; i < ranges->count; i++)
        emit_range_align(&ranges->range[i], EMIT_PAGE_NBYTES, remote->size);
    emit_ranges_coalesce(ranges, REQUEST_NBYTES);
    if (fetch_missing(&fetch, ranges, &error) != EMIT_OK)
        CPLDebug("EMIT", "prefetch failed: %s", error.message);
    emit_ranges_close(&fetch.missing);
}

/* ---- Reads that were not prefetched ---------------------------------------------------------- */

/* The range to request when the pages from "page" to "end" are missing. */
static struct emit_range choose_window(const struct emit_remote *remote, uint64_t page,
                                       uint64_t end)
{
    uint64_t first = page;
    const uint64_t least = page - emit_min(page, WINDOW_PAGES_BEFORE);
    if (emit_page_cache_next_cached(remote->pages->owner, least, page) == page)
        first = least;
    if (end - first < WINDOW_PAGES)
        end = emit_page_cache_next_cached(remote->pages->owner, end, first + WINDOW_PAGES);
    const uint64_t offset = first * EMIT_PAGE_NBYTES;
    return (struct emit_range){offset, emit_min(end * EMIT_PAGE_NBYTES, remote->size) - offset};
}

/* Reads the missing pages from "page" to before "end", and some around them. */
static enum emit_status read_missing(struct emit_remote *remote, uint64_t page, uint64_t end,
                                     const struct emit_range *wanted, unsigned char *to,
                                     struct emit_error *error)
{
    const struct emit_range run = choose_window(remote, page, end);
    unsigned char *bytes = malloc((size_t)run.nbytes);
    if (bytes == NULL)
        return emit_error_memory(error, (size_t)run.nbytes, "the answer of a server");
    const enum emit_status status = request(remote, &run, 1, bytes, error);
    if (status == EMIT_OK)
        emit_page_cache_copy_common(&run, bytes, wanted, to);
    free(bytes);
    return status;
}

enum emit_status emit_remote_read(struct emit_remote *remote, uint64_t offset, size_t nbytes,
                                  void *bytes, struct emit_error *error)
{
    const struct emit_range wanted = {offset, nbytes};
    const uint64_t end = emit_page_cache_end(&wanted);
    const uint64_t owner = remote->pages->owner;
    enum emit_status status = EMIT_OK;
    uint64_t page = emit_page_cache_copy(owner, offset / EMIT_PAGE_NBYTES, end, &wanted, bytes);
    while (page < end && status == EMIT_OK)
    {
        const uint64_t most = emit_min(end, page + READ_NBYTES / EMIT_PAGE_NBYTES);
        const uint64_t missing_end = emit_page_cache_next_cached(owner, page, most);
        /* Another thread may have cached the page meanwhile. */
        if (missing_end > page)
            status = read_missing(remote, page, missing_end, &wanted, bytes, error);
        page = emit_page_cache_copy(owner, missing_end, end, &wanted, bytes);
    }
    return status;
}
