/* SPDX-License-Identifier: MIT */
/*
 * Revisions of a file on a server: what distinguishes the file from another one that is put under
 * its address later. Servers send a time of change, an ETag, both, or neither.
 */
#ifndef EMIT_IO_REVISION_H
#define EMIT_IO_REVISION_H

#include "core/base/error.h"

#define EMIT_ETAG_SIZE 128

struct emit_revision
{
    uint64_t size;
    int64_t modified;          /* seconds since 1970; 0 if unknown */
    char etag[EMIT_ETAG_SIZE]; /* "" if unknown or longer */
};

/*
 * The revision of the file at "path", "size" bytes long, which GDAL has opened. Asks the server
 * only where GDAL does not know the time of change. Thread-safe.
 */
struct emit_revision emit_revision_find(const char *path, uint64_t size);

/*
 * A hash of the address and the revision, with the highest bit set; 0 if the server does not
 * distinguish revisions, so that nothing may be shared between two openings.
 */
uint64_t emit_revision_hash(const char *path, const struct emit_revision *revision);

/*
 * Asks the server whether "path" still has the revision "*revision", and adds to it what the answer
 * shows in addition. EMIT_ERROR_FILE if it is another one, or if the server does not answer. GDAL
 * then forgets the file, so that it can be opened anew. Files in archives are not checked.
 */
enum emit_status emit_revision_check(const char *path, struct emit_revision *revision,
                                     struct emit_error *error);

#endif
