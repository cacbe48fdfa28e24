/* SPDX-License-Identifier: MIT */
#include "core/io/range_request.h"

#include "core/io/gdal_messages.h"

#include <stdlib.h>
#include <string.h>

/* Default limit. One connection each, unless the server supports HTTP/2. */
#define RANGES_AT_ONCE 32

/* Concurrent requests of one thread: they end together, so that a slow answer delays the others. */
#define THREAD_RANGES 4
#define LEAST_THREADS 8

size_t emit_request_limit(const char *path)
{
    const char *limit = VSIGetPathSpecificOption(path, "GDAL_HTTP_MAX_TOTAL_CONNECTIONS", "");
    const long count = strtol(limit, NULL, 10);
    if (count <= 0)
        return RANGES_AT_ONCE;
    return count < EMIT_REQUEST_RANGES ? (size_t)count : EMIT_REQUEST_RANGES;
}

size_t emit_request_threads(const char *path)
{
    const size_t limit = emit_request_limit(path);
    const size_t threads = limit / THREAD_RANGES;
    if (VSIGetPathSpecificOption(path, "GDAL_HTTP_COOKIEJAR", NULL) != NULL)
        return 1;
    if (threads > LEAST_THREADS)
        return threads;
    return limit < LEAST_THREADS ? limit : LEAST_THREADS;
}

/* Explanation of a GDAL message. */
static const char *explanation(const char *reason)
{
    if (strstr(reason, "Range downloading not supported") != NULL ||
        strstr(reason, "response_code=200") != NULL)
        return ". The server sent the whole file, or perhaps a login page, instead of the range; "
               "download the file if the server does not support ranges";
    if (reason[0] == '\0' || strstr(reason, "response_code=206") != NULL ||
        strstr(reason, "response_code=0") != NULL)
        return " (the connection was lost)";
    return "";
}

static enum emit_status request_failed(const struct emit_source *source, uint64_t offset,
                                       uint64_t nbytes, struct emit_error *error)
{
    const char *reason = emit_gdal_last_message("");
    return emit_error_set(
        error, EMIT_ERROR_FILE, "cannot read %llu bytes at offset %llu of %s: %s%s",
        (unsigned long long)nbytes, (unsigned long long)offset, source->path,
        reason[0] != '\0' ? reason : "the transfer ended early", explanation(reason));
}

/* Retries as GDAL is configured. */
static enum emit_status read_one(const struct emit_source *source, const struct emit_range *range,
                                 unsigned char *bytes, struct emit_error *error)
{
    if (VSIFSeekL(source->handle, range->offset, SEEK_SET) == 0 &&
        VSIFReadL(bytes, 1, (size_t)range->nbytes, source->handle) == range->nbytes)
        return EMIT_OK;
    return request_failed(source, range->offset, range->nbytes, error);
}

static uint64_t total(const struct emit_range *ranges, size_t count)
{
    uint64_t nbytes = 0;
    for (size_t i = 0; i < count; i++)
        nbytes += ranges[i].nbytes;
    return nbytes;
}

/* A single range is requested as two halves, which GDAL joins again: otherwise GDAL's read-ahead
 * would fetch up to 2 MB more, in separate blocks. */
static bool read_at_once(const struct emit_source *source, const struct emit_range *ranges,
                         size_t range_count, unsigned char *bytes)
{
    vsi_l_offset offset[EMIT_REQUEST_RANGES + 1];
    size_t nbytes[EMIT_REQUEST_RANGES + 1];
    void *at[EMIT_REQUEST_RANGES + 1];
    int count = 0;
    for (size_t i = 0; i < range_count; i++)
    {
        const size_t half = range_count == 1 ? (size_t)ranges[i].nbytes / 2 : 0;
        if (half > 0)
        {
            offset[count] = ranges[i].offset;
            nbytes[count] = half;
            at[count++] = bytes;
        }
        offset[count] = ranges[i].offset + half;
        nbytes[count] = (size_t)ranges[i].nbytes - half;
        at[count++] = bytes + half;
        bytes += ranges[i].nbytes;
    }
    return VSIFReadMultiRangeL(count, at, offset, nbytes, source->handle) == 0;
}

static bool retries_are_enabled(const struct emit_source *source)
{
    return atoi(VSIGetPathSpecificOption(source->path, "GDAL_HTTP_MAX_RETRY", "0")) > 0;
}

/* Before 3.12 GDAL does not retry concurrent requests, so they are retried one by one. */
static enum emit_status read_ranges(const struct emit_source *source,
                                    const struct emit_range *ranges, size_t count,
                                    unsigned char *bytes, struct emit_error *error)
{
    if (read_at_once(source, ranges, count, bytes))
        return EMIT_OK;
    if (!retries_are_enabled(source))
        return request_failed(source, ranges[0].offset, total(ranges, count), error);
    for (size_t i = 0; i < count; i++)
    {
        EMIT_TRY(read_one(source, &ranges[i], bytes, error));
        bytes += ranges[i].nbytes;
    }
    return EMIT_OK;
}

/* GDAL's plain read does not report most answers that are errors; its read of ranges does. */
enum emit_status emit_request_cached(const struct emit_source *source,
                                     const struct emit_range *range, unsigned char *bytes,
                                     struct emit_error *error)
{
    struct emit_gdal_messages messages;
    emit_gdal_messages_hold(&messages);
    enum emit_status status = read_one(source, range, bytes, error);
    if (status != EMIT_OK && emit_gdal_last_message("")[0] == '\0')
        status = read_at_once(source, range, 1, bytes)
                     ? EMIT_OK
                     : request_failed(source, range->offset, range->nbytes, error);
    emit_gdal_messages_release(&messages);
    return status;
}

enum emit_status emit_request_ranges(const struct emit_source *source,
                                     const struct emit_range *ranges, size_t count,
                                     unsigned char *bytes, struct emit_error *error)
{
    struct emit_gdal_messages messages;
    emit_gdal_messages_hold(&messages);
    const enum emit_status status = read_ranges(source, ranges, count, bytes, error);
    emit_gdal_messages_release(&messages);
    return status;
}
