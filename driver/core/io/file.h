/* SPDX-License-Identifier: MIT */
/*
 * Positional reads of a file that stays as it was when it was opened: on the native descriptor of a
 * local file, in few large requests of one on a server.
 */
#ifndef EMIT_IO_FILE_H
#define EMIT_IO_FILE_H

#include "core/base/byte_ranges.h"

struct emit_file;

/* Opens "path" (any GDAL virtual path) for reading; release with emit_file_close(). */
enum emit_status emit_file_open(const char *path, struct emit_file **file_ret,
                                struct emit_error *error);
void emit_file_close(struct emit_file *file); /* NULL is fine */

const char *emit_file_path(const struct emit_file *file);
uint64_t emit_file_size(const struct emit_file *file);

/* Whether reads are requests to a server, so that it pays to announce them. */
bool emit_file_is_remote(const struct emit_file *file);

/* Whether a read is a call of the system, neither a request nor the decoding of an archive. */
bool emit_file_is_native(const struct emit_file *file);

/*
 * Announces ranges that are about to be read: those of a remote file are fetched together, as far
 * as they lie in the file and fit half of the cache's budget; of other files nothing is done. The
 * list is changed. Failures are left to the reads. Thread-safe.
 */
void emit_file_fetch(struct emit_file *file, struct emit_ranges *ranges);

/* Whether bytes of the file can be read without a request. Thread-safe. */
bool emit_file_is_cached(struct emit_file *file, uint64_t offset, uint64_t nbytes);

/*
 * Reads exactly "nbytes" bytes at "offset"; anything less is EMIT_ERROR_FILE. Thread-safe; local
 * files are read without a lock, so threads share nothing.
 */
enum emit_status emit_file_read(struct emit_file *file, uint64_t offset, size_t nbytes, void *bytes,
                                struct emit_error *error);

/*
 * EMIT_ERROR_FILE when the file is no longer the one that was opened: other size or time of
 * modification, on a server also another ETag. Called after a read, so that a file edited or
 * replaced meanwhile is never passed off as whole. Costs a request where bytes have come from a
 * server since the last check. Thread-safe.
 */
enum emit_status emit_file_check_unchanged(struct emit_file *file, struct emit_error *error);

#endif
