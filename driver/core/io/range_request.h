/* SPDX-License-Identifier: MIT */
/*
 * Requests for bytes of a file on a server. What GDAL says of a failure goes into the error's
 * message; of what another try has mended it says nothing.
 */
#ifndef EMIT_IO_RANGE_REQUEST_H
#define EMIT_IO_RANGE_REQUEST_H

#include "core/io/together.h"

#include <cpl_vsi.h>

/* Ranges that are asked for together, and their bytes. */
#define EMIT_REQUEST_RANGES EMIT_TOGETHER_RANGES
#define EMIT_REQUEST_NBYTES ((uint64_t)16 << 20)

struct emit_source
{
    VSILFILE *handle; /* guarded by the caller */
    struct emit_identity *identity;
};

/* One range within the file, through GDAL's own cache and in GDAL's blocks. */
enum emit_status emit_request_one(const struct emit_source *source, const struct emit_range *range,
                                  unsigned char *bytes, struct emit_error *error);

/*
 * 1 to EMIT_REQUEST_RANGES ranges within the file, in ascending order and apart, one after the
 * other into "bytes". Many of them are several to a request where the server can do that.
 */
enum emit_status emit_request_many(const struct emit_source *source,
                                   const struct emit_range *ranges, size_t count,
                                   unsigned char *bytes, struct emit_error *error);

#endif
