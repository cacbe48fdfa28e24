/* SPDX-License-Identifier: MIT */
/* Requests for bytes of a file on a server. Errors contain GDAL's message; a failure that a retry
 * makes up for is not reported. */
#pragma once

#include "core/base/byte_ranges.h"

#include <cpl_vsi.h>

/* Ranges of one call. */
#define EMIT_REQUEST_RANGES 128

/* An open remote file; both members are borrowed. A handle serves one thread at a time. */
struct emit_source
{
    const char *path;
    VSILFILE *handle;
};

/* Number of ranges of the file at "path" to request concurrently: 1 to EMIT_REQUEST_RANGES. */
size_t emit_request_limit(const char *path);

/* Number of threads that may send them: 1 if GDAL stores cookies, as each request rewrites the file
 * with the session that the others need. */
size_t emit_request_threads(const char *path);

/* Reads one range within the file through GDAL's own cache, in GDAL's blocks. */
enum emit_status emit_request_cached(const struct emit_source *source,
                                     const struct emit_range *range, unsigned char *bytes,
                                     struct emit_error *error);

/* Reads 1 to EMIT_REQUEST_RANGES disjoint ranges within the file, in ascending order, concurrently
 * into consecutive parts of "bytes". */
enum emit_status emit_request_ranges(const struct emit_source *source,
                                     const struct emit_range *ranges, size_t count,
                                     unsigned char *bytes, struct emit_error *error);
