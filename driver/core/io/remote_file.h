/* SPDX-License-Identifier: MIT */
/*
 * Bytes of a file on a server.
 *
 * Each read there is a request, which takes as long as a million bytes. So ranges that reads
 * will need are prefetched, many at once, and cached as pages (page_cache.h). Pages belong to the
 * file's revision (revision.h), not to an opening: they serve all who open the same revision, one
 * after another or at once. Where a server does not distinguish revisions they live as long as the
 * opening.
 */
#pragma once

#include "core/base/byte_ranges.h"

#include <cpl_vsi.h>

struct emit_remote;

/* Opens the file at "path", which is borrowed, "size" bytes long. Takes over "handle", an open
 * handle, even on failure. EMIT_ERROR_FILE if the server has another revision than GDAL opened.
 * Release with emit_remote_close(). */
enum emit_status emit_remote_open(const char *path, VSILFILE *handle, uint64_t size,
                                  struct emit_remote **remote_ret, struct emit_error *error);
void emit_remote_close(struct emit_remote *remote); /* may be NULL */

/* Purges the pages of a file that is about to be closed unused. Thread-safe. */
void emit_remote_purge(struct emit_remote *remote);

/* Reads bytes that lie within the file, from the cache or, if they were not prefetched, with a
 * request of their own. Thread-safe. */
enum emit_status emit_remote_read(struct emit_remote *remote, uint64_t offset, size_t nbytes,
                                  void *bytes, struct emit_error *error);

/* Prefetches ranges within the file, changing the list. Skips ranges that exceed half of the
 * cache's budget, and those after a failure. Thread-safe. */
void emit_remote_fetch(struct emit_remote *remote, struct emit_ranges *ranges);

/* Whether bytes are cached, all of them. Thread-safe. */
bool emit_remote_is_cached(const struct emit_remote *remote, uint64_t offset, uint64_t nbytes);

/* Whether emit_remote_check() needs no request. Thread-safe. */
bool emit_remote_is_verified(const struct emit_remote *remote);

/* EMIT_ERROR_FILE if the file is not the one that was opened, checked by one request if bytes were
 * received since the last check; purges its pages then. Thread-safe. */
enum emit_status emit_remote_check(struct emit_remote *remote, struct emit_error *error);
