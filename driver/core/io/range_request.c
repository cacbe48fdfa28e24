/* SPDX-License-Identifier: MIT */
#include "core/io/range_request.h"

#include "core/io/identity.h"
#include "core/io/together.h"

#include <cpl_conv.h>
#include <cpl_error.h>

#include <stdlib.h>
#include <string.h>

/* Requests for one range each that are under way at once. */
#define SINGLES_AT_ONCE 16

/* ---- What GDAL says ------------------------------------------------------------------------- */

/* GDAL's own state of errors, put back after a request. */
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

static enum emit_status request_failed(const struct emit_source *source, uint64_t offset,
                                       uint64_t nbytes, struct emit_error *error)
{
    const char *reason = CPLGetLastErrorMsg();
    return emit_error_set(
        error, EMIT_ERROR_FILE, "cannot read %llu bytes at offset %llu of %s: %s%s",
        (unsigned long long)nbytes, (unsigned long long)offset, source->identity->path,
        reason[0] != '\0' ? reason : "nothing more came", explanation(reason));
}

/* ---- Requests ------------------------------------------------------------------------------- */

/* Repeated as GDAL is configured to. */
static enum emit_status read_one(const struct emit_source *source, const struct emit_range *range,
                                 unsigned char *bytes, struct emit_error *error)
{
    if (VSIFSeekL(source->handle, range->offset, SEEK_SET) == 0 &&
        VSIFReadL(bytes, 1, (size_t)range->nbytes, source->handle) == range->nbytes)
        return EMIT_OK;
    return request_failed(source, range->offset, range->nbytes, error);
}

enum emit_status emit_request_one(const struct emit_source *source, const struct emit_range *range,
                                  unsigned char *bytes, struct emit_error *error)
{
    struct quiet quiet;
    begin_quiet(&quiet);
    const enum emit_status status = read_one(source, range, bytes, error);
    end_quiet(&quiet);
    return status;
}

static uint64_t total(const struct emit_range *ranges, size_t count)
{
    uint64_t nbytes = 0;
    for (size_t i = 0; i < count; i++)
        nbytes += ranges[i].nbytes;
    return nbytes;
}

/*
 * All at once, SINGLES_AT_ONCE at most. A request that stands alone is given as two halves, which
 * GDAL joins again: alone it would go through a read-ahead that fetches up to 2 MB more, and round
 * to blocks of its own.
 */
static bool read_at_once(const struct emit_source *source, const struct emit_range *ranges,
                         size_t range_count, unsigned char *bytes)
{
    vsi_l_offset offset[SINGLES_AT_ONCE + 1];
    size_t nbytes[SINGLES_AT_ONCE + 1];
    void *at[SINGLES_AT_ONCE + 1];
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

static bool retries_are_wanted(const struct emit_source *source)
{
    return atoi(VSIGetPathSpecificOption(source->identity->path, "GDAL_HTTP_MAX_RETRY", "0")) > 0;
}

/* Before 3.12 GDAL does not repeat requests that were made together, so that is done one by one. */
static enum emit_status read_some(const struct emit_source *source, const struct emit_range *ranges,
                                  size_t count, unsigned char *bytes, struct emit_error *error)
{
    if (read_at_once(source, ranges, count, bytes))
        return EMIT_OK;
    if (!retries_are_wanted(source))
        return request_failed(source, ranges[0].offset, total(ranges, count), error);
    for (size_t i = 0; i < count; i++)
    {
        EMIT_TRY(read_one(source, &ranges[i], bytes, error));
        bytes += ranges[i].nbytes;
    }
    return EMIT_OK;
}

static enum emit_status read_singly(const struct emit_source *source,
                                    const struct emit_range *ranges, size_t count,
                                    unsigned char *bytes, struct emit_error *error)
{
    while (count > 0)
    {
        const size_t some = count < SINGLES_AT_ONCE ? count : SINGLES_AT_ONCE;
        EMIT_TRY(read_some(source, ranges, some, bytes, error));
        bytes += total(ranges, some);
        ranges += some;
        count -= some;
    }
    return EMIT_OK;
}

enum emit_status emit_request_many(const struct emit_source *source,
                                   const struct emit_range *ranges, size_t count,
                                   unsigned char *bytes, struct emit_error *error)
{
    struct quiet quiet;
    enum emit_status status = EMIT_OK;
    begin_quiet(&quiet);
    if (!emit_together_read(source->identity, ranges, count, bytes))
        status = read_singly(source, ranges, count, bytes, error);
    end_quiet(&quiet);
    return status;
}
