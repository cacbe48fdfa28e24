/* SPDX-License-Identifier: MIT */
#include "core/io/multirange.h"

#include "core/base/strings.h"
#include "core/io/multipart.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_http.h>
#include <cpl_string.h>
#include <cpl_vsi.h>

#include <stdlib.h>
#include <string.h>

#define PREFIX "/vsicurl/"
#define OWN_HEADERS "GDAL_HTTP_HEADERS"

bool emit_multirange_allowed(const char *path)
{
    return (strncmp(path, PREFIX "http://", strlen(PREFIX "http://")) == 0 ||
            strncmp(path, PREFIX "https://", strlen(PREFIX "https://")) == 0) &&
           VSIGetPathSpecificOption(path, "GDAL_HTTP_MULTIRANGE", NULL) == NULL;
}

struct answer
{
    char *bytes;
    size_t nbytes;
    size_t capacity;
};

/* Takes in a piece of an answer. What it returns ends the transfer where it is not all of it. An
 * answer that is none leaves nothing behind, so that GDAL may repeat the request (503). */
static size_t take_in(void *bytes, size_t size, size_t count, void *data)
{
    struct answer *answer = data;
    const size_t nbytes = size * count;
    if (nbytes == 0 || nbytes > answer->capacity - answer->nbytes ||
        (answer->nbytes == 0 && !emit_multipart_may_begin(bytes, nbytes)))
        return 0;
    memcpy(answer->bytes + answer->nbytes, bytes, nbytes);
    answer->nbytes += nbytes;
    return nbytes;
}

/* What the user has set, such as a bearer token, in either of the forms that GDAL takes. */
static void add_own_headers(struct emit_buffer_text *headers, const char *path)
{
    const char *own = VSIGetPathSpecificOption(path, OWN_HEADERS, "");
    char **lines = strstr(own, "\r\n") != NULL ? CSLTokenizeString2(own, "\r\n", 0)
                                               : CSLTokenizeString2(own, ",", CSLT_HONOURSTRINGS);
    for (int i = 0; i < CSLCount(lines); i++)
        emit_text_add(headers, "%s\r\n", lines[i]);
    CSLDestroy(lines);
}

/* As options of CPLHTTPFetch(); NULL without memory. No packing: it would hide the ranges. */
static char **ask_for(const char *path, const struct emit_range *ranges, size_t count)
{
    char **options = NULL;
    struct emit_buffer_text headers = {0};
    add_own_headers(&headers, path);
    emit_text_add(&headers, "Accept-Encoding: identity\r\nRange: bytes=");
    for (size_t i = 0; i < count; i++)
        emit_text_add(&headers, "%s%llu-%llu", i > 0 ? "," : "",
                      (unsigned long long)ranges[i].offset,
                      (unsigned long long)(ranges[i].offset + ranges[i].nbytes - 1));
    if (!headers.failed)
        options = CSLSetNameValue(NULL, "HEADERS", headers.text);
    free(headers.text);
    return options;
}

/* The user's headers are among the options: some releases of GDAL send those of the configuration
 * besides, some do not. Nothing is set there meanwhile. */
static bool fetch(const char *url, char **options, struct answer *answer)
{
    const char *set = CPLGetThreadLocalConfigOption(OWN_HEADERS, NULL);
    char *of_thread = set != NULL ? CPLStrdup(set) : NULL;
    CPLSetThreadLocalConfigOption(OWN_HEADERS, "");
    CPLPushErrorHandler(CPLQuietErrorHandler);
    CPLHTTPResult *result = CPLHTTPFetchEx(url, options, NULL, NULL, take_in, answer);
    CPLPopErrorHandler();
    CPLSetThreadLocalConfigOption(OWN_HEADERS, of_thread);
    CPLFree(of_thread);
    const bool done = result != NULL && result->nStatus == 0;
    CPLHTTPDestroyResult(result);
    return done;
}

bool emit_multirange_read(const char *path, const struct emit_range *ranges, size_t count,
                          uint64_t file_nbytes, unsigned char *bytes)
{
    struct answer answer = {.capacity = EMIT_MULTIPART_HEAD_NBYTES * (count + 1)};
    for (size_t i = 0; i < count; i++)
        answer.capacity += (size_t)ranges[i].nbytes;
    answer.bytes = malloc(answer.capacity);
    char **options = ask_for(path, ranges, count);
    const bool done =
        answer.bytes != NULL && options != NULL && fetch(path + strlen(PREFIX), options, &answer) &&
        emit_multipart_take(answer.bytes, answer.nbytes, ranges, count, file_nbytes, bytes);
    CSLDestroy(options);
    free(answer.bytes);
    return done;
}
