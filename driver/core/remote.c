/* SPDX-License-Identifier: MIT */
/* GDAL's VSIStatBufL is glibc's struct stat64. */
#define _LARGEFILE64_SOURCE

#include "core/remote.h"

#include "core/cache.h"

#include <cpl_conv.h>
#include <cpl_error.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* What is kept: small, so that the ends of a run bring little along that nobody asked for. */
#define PAGE_NBYTES ((uint64_t)4096)

/* What a request nobody announced takes in: the metadata of a granule lie in a few clusters of some
 * thousand bytes, and GDAL asks servers for no less. */
#define WINDOW_NBYTES ((uint64_t)16384)

/* What a request costs, in bytes: some 50 ms at 40 MB/s, with sixteen under way at once. */
#define REQUEST_NBYTES ((uint64_t)128 << 10)

/* Requests that are under way at once, and how many bytes they bring. */
#define BATCH_REQUESTS 16
#define BATCH_NBYTES ((uint64_t)16 << 20)

/* A file as the server described it, and its pages' owner in the cache. These are never forgotten
 * while the process lives, so that its pages are found by who opens it next. */
struct identity
{
    char *path;
    uint64_t size;
    int64_t modified;
    uint64_t owner;
    struct identity *next;
};

struct emit_remote
{
    const char *path;
    VSILFILE *handle;
    uint64_t size;
    uint64_t owner;
    pthread_mutex_t lock; /* guards the handle, and keeps two threads from fetching the same */
};

static pthread_mutex_t identities_lock = PTHREAD_MUTEX_INITIALIZER;
static struct identity *identities;

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* ---- Opening -------------------------------------------------------------------------------- */

/* When the server says the file was changed last; 0 when it does not. Known since the opening. */
static int64_t time_of_change(const char *path)
{
    VSIStatBufL found;
    return VSIStatExL(path, &found, VSI_STAT_EXISTS_FLAG | VSI_STAT_SIZE_FLAG) == 0 ? found.st_mtime
                                                                                    : 0;
}

/* Under the lock: the identity of "path", a new one where there is none; NULL without memory. */
static struct identity *find_identity(const char *path)
{
    struct identity *identity = identities;
    while (identity != NULL && strcmp(identity->path, path) != 0)
        identity = identity->next;
    if (identity != NULL)
        return identity;
    identity = calloc(1, sizeof *identity);
    if (identity != NULL)
        identity->path = strdup(path);
    if (identity == NULL || identity->path == NULL)
    {
        free(identity);
        return NULL;
    }
    identity->next = identities;
    identities = identity;
    return identity;
}

/* GDAL may have a time from an index page, which shows no seconds. */
static bool is_same_time(int64_t a, int64_t b)
{
    const bool without_seconds = a % 60 == 0 || b % 60 == 0;
    return a == b || (without_seconds && a / 60 == b / 60);
}

/* The owner of the pages of the file as it is now; 0 without memory. */
static uint64_t find_owner(const char *path, uint64_t size)
{
    const int64_t modified = time_of_change(path);
    uint64_t owner = 0;
    pthread_mutex_lock(&identities_lock);
    struct identity *identity = find_identity(path);
    if (identity != NULL && (identity->owner == 0 || identity->size != size ||
                             !is_same_time(identity->modified, modified)))
    {
        emit_cache_forget(identity->owner);
        identity->owner = emit_cache_new_owner();
        identity->size = size;
        identity->modified = modified;
    }
    if (identity != NULL)
        owner = identity->owner;
    pthread_mutex_unlock(&identities_lock);
    return owner;
}

enum emit_status emit_remote_open(const char *path, VSILFILE *handle, uint64_t size,
                                  struct emit_remote **remote_ret, struct emit_error *error)
{
    struct emit_remote *remote = calloc(1, sizeof *remote);
    const uint64_t owner = find_owner(path, size);
    *remote_ret = NULL;
    if (remote == NULL || owner == 0 || pthread_mutex_init(&remote->lock, NULL) != 0)
    {
        free(remote);
        return emit_error_memory(error, sizeof *remote, "a file on a server");
    }
    remote->path = path;
    remote->handle = handle;
    remote->size = size;
    remote->owner = owner;
    *remote_ret = remote;
    return EMIT_OK;
}

void emit_remote_close(struct emit_remote *remote)
{
    if (remote == NULL)
        return;
    pthread_mutex_destroy(&remote->lock);
    free(remote);
}

/* ---- Pages ---------------------------------------------------------------------------------- */

static struct emit_block *find_page(const struct emit_remote *remote, uint64_t page)
{
    return emit_cache_find((struct emit_cache_key){remote->owner, page});
}

static bool has_page(const struct emit_remote *remote, uint64_t page)
{
    struct emit_block *block = find_page(remote, page);
    emit_block_release(block);
    return block != NULL;
}

/* Keeps the pages of a run that begins with one. A page without memory is not kept: that costs
 * speed only. */
static void keep_pages(const struct emit_remote *remote, uint64_t offset, uint64_t nbytes,
                       const unsigned char *bytes)
{
    for (uint64_t done = 0; done < nbytes; done += PAGE_NBYTES)
    {
        const size_t page_nbytes = (size_t)smaller(PAGE_NBYTES, nbytes - done);
        const struct emit_cache_key key = {remote->owner, (offset + done) / PAGE_NBYTES};
        struct emit_block *block = emit_block_new(key, page_nbytes);
        if (block == NULL)
            return;
        memcpy(block->bytes, bytes + done, page_nbytes);
        emit_cache_add(block);
        emit_block_release(block);
    }
}

/* Copies what the bytes at "offset" and the wanted ones have in common. */
static void copy_common(uint64_t offset, uint64_t nbytes, const unsigned char *bytes,
                        const struct emit_range *wanted, unsigned char *to)
{
    const uint64_t first = offset > wanted->offset ? offset : wanted->offset;
    const uint64_t end = smaller(offset + nbytes, wanted->offset + wanted->nbytes);
    if (first < end)
        memcpy(to + (first - wanted->offset), bytes + (first - offset), (size_t)(end - first));
}

/* The first page from "page" to "end" that the cache has not; copies those before it. */
static uint64_t copy_pages(const struct emit_remote *remote, uint64_t page, uint64_t end,
                           const struct emit_range *wanted, unsigned char *to)
{
    for (; page < end; page++)
    {
        struct emit_block *block = find_page(remote, page);
        if (block == NULL)
            return page;
        copy_common(page * PAGE_NBYTES, block->nbytes, block->bytes, wanted, to);
        emit_block_release(block);
    }
    return end;
}

/* The first page from "page" to "end" that the cache has. */
static uint64_t skip_missing(const struct emit_remote *remote, uint64_t page, uint64_t end)
{
    while (page < end && !has_page(remote, page))
        page++;
    return page;
}

static uint64_t pages_end(const struct emit_range *range)
{
    return (range->offset + range->nbytes + PAGE_NBYTES - 1) / PAGE_NBYTES;
}

/* ---- Requests ------------------------------------------------------------------------------- */

/* GDAL's own state of errors, put back after a request: what it says of a failure goes into our
 * message, and what a second try has mended is nobody's concern. */
struct quiet
{
    CPLErr kind;
    CPLErrorNum number;
    char *message;
};

/* Warnings tell of tries that are going to be repeated. */
static void CPL_STDCALL keep_back(CPLErr kind, CPLErrorNum number, const char *message)
{
    (void)number;
    if (kind == CE_Warning)
        CPLDebug("EMIT", "%s", message);
}

static void begin_quiet(struct quiet *quiet)
{
    *quiet =
        (struct quiet){CPLGetLastErrorType(), CPLGetLastErrorNo(), CPLStrdup(CPLGetLastErrorMsg())};
    CPLErrorReset();
    CPLPushErrorHandler(keep_back);
    CPLSetCurrentErrorHandlerCatchDebug(FALSE);
}

static void end_quiet(struct quiet *quiet)
{
    CPLPopErrorHandler();
    CPLErrorSetState(quiet->kind, quiet->number, quiet->message);
    CPLFree(quiet->message);
}

/* What GDAL's reason does not say. */
static const char *explanation(const char *reason)
{
    if (strstr(reason, "Range downloading not supported") != NULL ||
        strstr(reason, "response_code=200") != NULL)
        return ". Instead of a part the server sent the whole file, or a page, for a login "
               "perhaps; "
               "download the file if the server cannot send parts";
    if (reason[0] == '\0' || strstr(reason, "response_code=206") != NULL ||
        strstr(reason, "response_code=0") != NULL)
        return " (the connection broke off)";
    return "";
}

static enum emit_status request_failed(const struct emit_remote *remote, uint64_t offset,
                                       uint64_t nbytes, struct emit_error *error)
{
    const char *reason = CPLGetLastErrorMsg();
    return emit_error_set(error, EMIT_ERROR_FILE,
                          "cannot read %llu bytes at offset %llu of %s: %s%s",
                          (unsigned long long)nbytes, (unsigned long long)offset, remote->path,
                          reason[0] != '\0' ? reason : "nothing more came", explanation(reason));
}

/* One request, repeated as GDAL is configured to. */
static bool read_once(const struct emit_remote *remote, uint64_t offset, uint64_t nbytes,
                      unsigned char *bytes)
{
    return VSIFSeekL(remote->handle, offset, SEEK_SET) == 0 &&
           VSIFReadL(bytes, 1, (size_t)nbytes, remote->handle) == nbytes;
}

/* Requests that go together, and where their answers go: one after the other into "bytes". */
struct batch
{
    int count;
    vsi_l_offset offset[BATCH_REQUESTS];
    size_t nbytes[BATCH_REQUESTS];
    uint64_t total_nbytes;
    unsigned char *bytes;
};

/*
 * All at once. A request that stands alone is given as two halves, which GDAL joins again: alone it
 * would go through a read-ahead that fetches up to 2 MB more, and round to blocks of its own.
 */
static bool read_together(const struct emit_remote *remote, const struct batch *batch)
{
    vsi_l_offset offset[BATCH_REQUESTS + 1];
    size_t nbytes[BATCH_REQUESTS + 1];
    void *bytes[BATCH_REQUESTS + 1];
    unsigned char *at = batch->bytes;
    int count = 0;
    for (int i = 0; i < batch->count; i++)
    {
        const size_t half = batch->count == 1 ? batch->nbytes[i] / 2 : 0;
        if (half > 0)
        {
            offset[count] = batch->offset[i];
            nbytes[count] = half;
            bytes[count++] = at;
        }
        offset[count] = batch->offset[i] + half;
        nbytes[count] = batch->nbytes[i] - half;
        bytes[count++] = at + half;
        at += batch->nbytes[i];
    }
    return VSIFReadMultiRangeL(count, bytes, offset, nbytes, remote->handle) == 0;
}

static bool retries_are_wanted(const struct emit_remote *remote)
{
    return atoi(VSIGetPathSpecificOption(remote->path, "GDAL_HTTP_MAX_RETRY", "0")) > 0;
}

/* Before 3.12 GDAL does not repeat requests that were made together, so that is done one by one. */
static enum emit_status read_batch(const struct emit_remote *remote, const struct batch *batch,
                                   struct emit_error *error)
{
    if (read_together(remote, batch))
        return EMIT_OK;
    if (!retries_are_wanted(remote))
        return request_failed(remote, batch->offset[0], batch->total_nbytes, error);
    unsigned char *at = batch->bytes;
    for (int i = 0; i < batch->count; i++)
    {
        if (!read_once(remote, batch->offset[i], batch->nbytes[i], at))
            return request_failed(remote, batch->offset[i], batch->nbytes[i], error);
        at += batch->nbytes[i];
    }
    return EMIT_OK;
}

static enum emit_status send_batch(const struct emit_remote *remote, struct batch *batch,
                                   struct emit_error *error)
{
    struct quiet quiet;
    if (batch->count == 0)
        return EMIT_OK;
    batch->bytes = malloc((size_t)batch->total_nbytes);
    if (batch->bytes == NULL)
        return emit_error_memory(error, (size_t)batch->total_nbytes, "the answers of a server");
    begin_quiet(&quiet);
    const enum emit_status status = read_batch(remote, batch, error);
    end_quiet(&quiet);
    const unsigned char *at = batch->bytes;
    for (int i = 0; i < batch->count && status == EMIT_OK; i++)
    {
        keep_pages(remote, batch->offset[i], batch->nbytes[i], at);
        at += batch->nbytes[i];
    }
    free(batch->bytes);
    *batch = (struct batch){.count = 0};
    return status;
}

/* Adds a run to the batch, which is sent whenever it is full. */
static enum emit_status add_run(const struct emit_remote *remote, uint64_t offset, uint64_t nbytes,
                                struct batch *batch, struct emit_error *error)
{
    while (nbytes > 0)
    {
        const uint64_t part = smaller(nbytes, BATCH_NBYTES - batch->total_nbytes);
        batch->offset[batch->count] = offset;
        batch->nbytes[batch->count++] = (size_t)part;
        batch->total_nbytes += part;
        offset += part;
        nbytes -= part;
        if (batch->count == BATCH_REQUESTS || batch->total_nbytes == BATCH_NBYTES)
            EMIT_TRY(send_batch(remote, batch, error));
    }
    return EMIT_OK;
}

/* Adds the runs of missing pages of a range. */
static enum emit_status add_missing(const struct emit_remote *remote,
                                    const struct emit_range *range, struct batch *batch,
                                    struct emit_error *error)
{
    const uint64_t end = pages_end(range);
    uint64_t page = range->offset / PAGE_NBYTES;
    while (page < end)
    {
        const uint64_t missing_end = skip_missing(remote, page, end);
        const uint64_t offset = page * PAGE_NBYTES;
        const uint64_t run_end = smaller(missing_end * PAGE_NBYTES, remote->size);
        if (missing_end > page)
            EMIT_TRY(add_run(remote, offset, run_end - offset, batch, error));
        for (page = missing_end; page < end && has_page(remote, page);)
            page++;
    }
    return EMIT_OK;
}

enum emit_status emit_remote_fetch(struct emit_remote *remote, struct emit_ranges *ranges,
                                   struct emit_error *error)
{
    struct batch batch = {.count = 0};
    uint64_t left = emit_cache_budget() / 2;
    enum emit_status status = EMIT_OK;
    emit_ranges_widen(ranges, PAGE_NBYTES, remote->size);
    emit_ranges_merge(ranges, REQUEST_NBYTES);
    pthread_mutex_lock(&remote->lock);
    for (size_t i = 0; i < ranges->count && status == EMIT_OK; i++)
    {
        if (ranges->range[i].nbytes > left)
            break;
        left -= ranges->range[i].nbytes;
        status = add_missing(remote, &ranges->range[i], &batch, error);
    }
    if (status == EMIT_OK)
        status = send_batch(remote, &batch, error);
    pthread_mutex_unlock(&remote->lock);
    return status;
}

/* ---- Reads that nobody announced ------------------------------------------------------------ */

static enum emit_status read_run(const struct emit_remote *remote, const struct emit_range *run,
                                 const struct emit_range *wanted, unsigned char *to,
                                 struct emit_error *error)
{
    struct quiet quiet;
    enum emit_status status = EMIT_OK;
    unsigned char *bytes = malloc((size_t)run->nbytes);
    if (bytes == NULL)
        return emit_error_memory(error, (size_t)run->nbytes, "the answer of a server");
    begin_quiet(&quiet);
    if (!read_once(remote, run->offset, run->nbytes, bytes))
        status = request_failed(remote, run->offset, run->nbytes, error);
    end_quiet(&quiet);
    if (status == EMIT_OK)
    {
        copy_common(run->offset, run->nbytes, bytes, wanted, to);
        keep_pages(remote, run->offset, run->nbytes, bytes);
    }
    free(bytes);
    return status;
}

/* Reads pages that are missing, in whole windows. */
static enum emit_status read_missing(const struct emit_remote *remote, uint64_t page, uint64_t end,
                                     const struct emit_range *wanted, unsigned char *to,
                                     struct emit_error *error)
{
    struct emit_range run = {page * PAGE_NBYTES, (end - page) * PAGE_NBYTES};
    struct emit_ranges windows = {&run, 1, 1};
    if (page == end)
        return EMIT_OK;
    emit_ranges_widen(&windows, WINDOW_NBYTES, remote->size);
    return read_run(remote, &run, wanted, to, error);
}

enum emit_status emit_remote_read(struct emit_remote *remote, uint64_t offset, size_t nbytes,
                                  void *bytes, struct emit_error *error)
{
    const struct emit_range wanted = {offset, nbytes};
    const uint64_t end = pages_end(&wanted);
    enum emit_status status = EMIT_OK;
    uint64_t page = copy_pages(remote, offset / PAGE_NBYTES, end, &wanted, bytes);
    if (page == end)
        return EMIT_OK;
    pthread_mutex_lock(&remote->lock);
    while (page < end && status == EMIT_OK)
    {
        const uint64_t most = smaller(end, page + BATCH_NBYTES / PAGE_NBYTES);
        const uint64_t missing_end = skip_missing(remote, page, most);
        status = read_missing(remote, page, missing_end, &wanted, bytes, error);
        page = copy_pages(remote, missing_end, end, &wanted, bytes);
    }
    pthread_mutex_unlock(&remote->lock);
    return status;
}
