/* SPDX-License-Identifier: MIT */
/*
 * Bytes of a file on a server.
 *
 * Each read there is a request, which costs as much as a hundred thousand bytes. So reads are
 * announced, many at a time, fetched in few requests, several of them under way at once, and kept
 * in the process's cache (cache.h) as pages. Pages belong to the file, not to who opened it: they
 * serve all who open the same file of the same size and time of modification, one after another
 * or at once.
 */
#ifndef EMIT_IO_REMOTE_FILE_H
#define EMIT_IO_REMOTE_FILE_H

#include "core/base/byte_ranges.h"

#include <cpl_vsi.h>

struct emit_remote;

/* The file at "path", "size" bytes long, opened as "handle"; both are borrowed. */
enum emit_status emit_remote_open(const char *path, VSILFILE *handle, uint64_t size,
                                  struct emit_remote **remote_ret, struct emit_error *error);
void emit_remote_close(struct emit_remote *remote); /* NULL is fine */

/*
 * Reads bytes that lie within the file, from the cache or, where nobody has announced them, with a
 * request of their own. Thread-safe.
 */
enum emit_status emit_remote_read(struct emit_remote *remote, uint64_t offset, size_t nbytes,
                                  void *bytes, struct emit_error *error);

/*
 * Brings ranges within the file into the cache. They are changed on the way. What exceeds half of
 * the cache's budget is left out. Thread-safe.
 */
enum emit_status emit_remote_fetch(struct emit_remote *remote, struct emit_ranges *ranges,
                                   struct emit_error *error);

#endif
