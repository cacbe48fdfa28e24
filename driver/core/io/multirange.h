/* SPDX-License-Identifier: MIT */
/*
 * Several ranges of a file on a web server with one request.
 *
 * Not every server can do that: some answer with the whole file, or with one range of those asked
 * for. GDAL's own means (GDAL_HTTP_MULTIRANGE=SINGLE_GET) would take in all of the file, and looks
 * at no range that it is given. Here an answer is given up at the first byte that shows that it is
 * another one, and nothing of it is used unless all of it is what was asked for.
 */
#ifndef EMIT_IO_MULTIRANGE_H
#define EMIT_IO_MULTIRANGE_H

#include "core/base/byte_ranges.h"

/* Whether one may try it with the file at "path": it lies on a plain web server, and the user has
 * not said how to ask (GDAL_HTTP_MULTIRANGE). */
bool emit_multirange_allowed(const char *path);

/*
 * Reads ranges, in ascending order and apart, of a file of "file_nbytes" bytes, one after the other
 * into "bytes". False, quietly, when that did not work out, for whatever reason: "bytes" are
 * undefined then, and there are other ways to ask. Signs in as GDAL is configured to. Thread-safe.
 */
bool emit_multirange_read(const char *path, const struct emit_range *ranges, size_t count,
                          uint64_t file_nbytes, unsigned char *bytes);

#endif
