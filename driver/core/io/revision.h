/* SPDX-License-Identifier: MIT */
/* Revisions of a remote file: distinguish it from another file stored at its address later. Servers
 * send a time of change, an ETag, both, or neither. */
#pragma once

#include "core/base/error.h"

#define EMIT_ETAG_SIZE 128

struct emit_revision
{
    uint64_t size;
    int64_t modified;          /* seconds since 1970; 0 if unknown */
    char etag[EMIT_ETAG_SIZE]; /* "" if unknown or longer */
};

/* The revision of the file at "path", "size" bytes long, which GDAL has opened. Sends a request
 * only if GDAL does not know the time of change. Thread-safe. */
struct emit_revision emit_revision_find(const char *path, uint64_t size);

/* A hash of address and revision, with the highest bit set; 0 if the server does not identify
 * revisions, so that openings cannot share anything. */
uint64_t emit_revision_hash(const char *path, const struct emit_revision *revision);

/* Asks the server whether "path" still has the revision "*revision", and completes it from the
 * answer. EMIT_ERROR_FILE if the revision differs or the server does not answer. GDAL then forgets
 * the file, so that it can be reopened. Files in archives are not checked. */
enum emit_status emit_revision_check(const char *path, struct emit_revision *revision,
                                     struct emit_error *error);
