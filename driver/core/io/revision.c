/* SPDX-License-Identifier: MIT */
/* GDAL's VSIStatBufL is glibc's struct stat64. */
#define _LARGEFILE64_SOURCE

#include "core/io/revision.h"

#include "core/base/hash.h"
#include "core/io/gdal_messages.h"

#include <cpl_error.h>
#include <cpl_string.h>
#include <cpl_vsi.h>

#include <string.h>

/* Network file systems whose paths are addresses and that provide the headers of an answer. */
static const char *const networks[] = {"/vsicurl",  "/vsis3/",  "/vsigs/",   "/vsiaz/",
                                       "/vsiadls/", "/vsioss/", "/vsiswift/"};

static bool has_headers(const char *path)
{
    for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++)
        if (strncmp(path, networks[i], strlen(networks[i])) == 0)
            return true;
    return false;
}

/* Takes what GDAL knows of the file, without a request. */
static bool query_gdal(const char *path, struct emit_revision *revision)
{
    VSIStatBufL found;
    if (VSIStatExL(path, &found, VSI_STAT_EXISTS_FLAG | VSI_STAT_SIZE_FLAG) != 0)
        return false;
    revision->size = (uint64_t)found.st_size;
    revision->modified = found.st_mtime;
    return true;
}

/* Sends one request, after which GDAL has the current size and time. If it fails, sends another
 * one, for which GDAL retries and sets a message. */
static bool ask(const char *path, struct emit_revision *revision)
{
    char **headers = VSIGetFileMetadata(path, "HEADERS", NULL);
    const char *etag = CSLFetchNameValueDef(headers, "ETag", "");
    if (headers == NULL)
        VSICurlPartialClearCache(path);
    const bool found = query_gdal(path, revision);
    if (headers != NULL && CSLFetchNameValue(headers, "Last-Modified") == NULL)
        revision->modified = 0;
    revision->etag[0] = '\0';
    if (strlen(etag) < sizeof revision->etag)
        strcpy(revision->etag, etag);
    CSLDestroy(headers);
    if (!found) /* otherwise GDAL remembers the failure as an absent file */
        VSICurlPartialClearCache(path);
    return found;
}

/* A time without seconds may come from the index page of a web server, where times are rounded and
 * in the server's time zone. */
static bool is_exact(const char *path, int64_t time)
{
    return time != 0 && (time % 60 != 0 || strncmp(path, "/vsicurl", strlen("/vsicurl")) != 0);
}

struct emit_revision emit_revision_find(const char *path, uint64_t size)
{
    struct emit_revision revision = {.size = size};
    struct emit_gdal_messages messages;
    emit_gdal_messages_hold(&messages);
    if (!query_gdal(path, &revision) || (has_headers(path) && !is_exact(path, revision.modified)))
        ask(path, &revision);
    emit_gdal_messages_release(&messages);
    return revision;
}

uint64_t emit_revision_hash(const char *path, const struct emit_revision *revision)
{
    if (revision->modified == 0 && revision->etag[0] == '\0')
        return 0;
    const char *etag = revision->modified == 0 ? revision->etag : "";
    uint64_t owner = emit_hash(EMIT_HASH_SEED, path, strlen(path));
    owner = emit_hash(owner, &revision->size, sizeof revision->size);
    owner = emit_hash(owner, &revision->modified, sizeof revision->modified);
    return (uint64_t)1 << 63 | emit_hash(owner, etag, strlen(etag));
}

/* Properties that are unknown on one side do not differ. */
static bool is_same(const struct emit_revision *a, const struct emit_revision *b)
{
    const bool times = a->modified == 0 || b->modified == 0 || a->modified == b->modified;
    const bool etags = a->etag[0] == '\0' || b->etag[0] == '\0' || strcmp(a->etag, b->etag) == 0;
    return a->size == b->size && times && etags;
}

enum emit_status emit_revision_check(const char *path, struct emit_revision *revision,
                                     struct emit_error *error)
{
    struct emit_revision now = {.size = 0};
    struct emit_gdal_messages messages;
    enum emit_status status = EMIT_OK;
    if (!has_headers(path))
        return EMIT_OK;
    emit_gdal_messages_hold(&messages);
    if (!ask(path, &now))
        status = emit_error_set(error, EMIT_ERROR_FILE,
                                "cannot determine whether %s was changed while it was open: %s",
                                path, emit_gdal_last_message("the server does not answer"));
    else if (!is_same(revision, &now))
    {
        VSICurlPartialClearCache(path);
        status = emit_error_set(error, EMIT_ERROR_FILE,
                                "%s was changed on the server while it was open: reopen it", path);
    }
    else if (revision->etag[0] == '\0')
        memcpy(revision->etag, now.etag, sizeof now.etag);
    emit_gdal_messages_release(&messages);
    return status;
}
