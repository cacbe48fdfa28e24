/* SPDX-License-Identifier: MIT */
/* GDAL's VSIStatBufL is glibc's struct stat64. */
#define _LARGEFILE64_SOURCE

#include "core/io/file_exists.h"

#include "core/base/block_cache.h"
#include "core/io/gdal_messages.h"
#include "core/io/revision.h"

#include <cpl_vsi.h>
#include <cpl_vsi_error.h>

#include <stdlib.h>
#include <string.h>

enum answer
{
    ANSWER_EXISTS,
    ANSWER_ABSENT,
    ANSWER_SILENCE, /* GDAL sent no request, because it remembers an unknown failure */
    ANSWER_FAILURE
};

/* The HTTP status in GDAL's message "HTTP response code ...: 503"; 0 if it has none. */
static long http_status(const char *message)
{
    const char *code = strstr(message, "HTTP response code");
    const char *colon = code != NULL ? strchr(code, ':') : NULL;
    if (strncmp(message, "HTTP response code on ", 22) ==
        0) /* followed by an address with colons */
        colon = strrchr(message, ':');
    return colon != NULL ? strtol(colon + 1, NULL, 10) : 0;
}

/* Whether GDAL's error means that a server does not have the file, or hides it from clients that
 * may not list files. "reason" and "message" are those of VSI and CPL. */
static bool means_absent(int error, const char *reason, const char *message)
{
    const bool is_page = strncmp(reason, "Invalid AWS response", 20) == 0; /* of a proxy */
    if (error >= VSIE_AWSError && !is_page)
        return error == VSIE_AWSObjectNotFound || error == VSIE_AWSBucketNotFound ||
               error == VSIE_AWSAccessDenied;
    const long status = http_status(reason[0] != '\0' && !is_page ? reason : message);
    return status == 403 || status == 404 || status == 410;
}

/* Asks GDAL whether the file exists. Its reason goes into "error". */
static enum answer ask(const char *path, struct emit_error *error)
{
    VSIStatBufL found;
    VSIErrorReset();
    CPLErrorReset();
    if (VSIStatExL(path, &found, VSI_STAT_EXISTS_FLAG | VSI_STAT_SET_ERROR_FLAG) == 0)
        return ANSWER_EXISTS;
    const char *reason = VSIGetLastErrorMsg();
    const char *message = emit_gdal_last_message("");
    if (reason[0] == '\0' && message[0] == '\0')
        return ANSWER_SILENCE;
    if (means_absent(VSIGetLastErrorNo(), reason, message))
        return ANSWER_ABSENT;
    emit_error_set(error, EMIT_ERROR_FILE, "cannot determine whether %s exists: %s", path,
                   reason[0] != '\0' ? reason : message);
    return ANSWER_FAILURE;
}

/* ---- Absent files --------------------------------------------------------------------------- */

/* Before 3.10 GDAL remembers a failure, but not which one. A block in the process's cache marks a
 * file that a server reported as absent. */
static struct emit_cache_key absence_of(const char *path)
{
    const struct emit_revision none = {.size = UINT64_MAX, .modified = 1};
    return (struct emit_cache_key){emit_revision_hash(path, &none), 0};
}

static bool is_known_absent(const char *path)
{
    struct emit_block *block = emit_cache_find(absence_of(path));
    emit_block_release(block);
    return block != NULL;
}

static void remember_answer(const char *path, enum answer answer)
{
    const struct emit_cache_key key = absence_of(path);
    if (answer == ANSWER_ABSENT)
        emit_cache_mark(key);
    else
        emit_cache_purge_owner(key.owner);
    if (answer == ANSWER_FAILURE) /* otherwise GDAL assumes that the file is absent */
        VSICurlPartialClearCache(path);
}

static enum answer query_server(const char *path, struct emit_error *error)
{
    enum answer answer = ask(path, error);
    if (answer == ANSWER_SILENCE && is_known_absent(path))
        return ANSWER_ABSENT;
    if (answer == ANSWER_SILENCE)
    {
        VSICurlPartialClearCache(path);
        answer = ask(path, error);
    }
    remember_answer(path, answer);
    return answer;
}

enum emit_status emit_file_exists(const char *path, bool *exists, struct emit_error *error)
{
    struct emit_gdal_messages messages;
    emit_gdal_messages_hold(&messages);
    const enum answer answer = VSIIsLocal(path) ? ask(path, NULL) : query_server(path, error);
    VSIErrorReset();
    emit_gdal_messages_release(&messages);
    *exists = answer == ANSWER_EXISTS;
    return answer == ANSWER_FAILURE && !VSIIsLocal(path) ? EMIT_ERROR_FILE : EMIT_OK;
}
