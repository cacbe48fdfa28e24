/* SPDX-License-Identifier: MIT */
/* Positional reads of a file that must not change while open: by the native descriptor of a local
 * file, by few large requests for a remote file. */
#pragma once

#include "core/base/byte_ranges.h"

struct emit_file;

/* Most files of a view: a granule and its companions. */
#define EMIT_FILES_AT_ONCE 4

/* Opens "path" (any GDAL virtual path) for reading; release with emit_file_close(). */
enum emit_status emit_file_open(const char *path, struct emit_file **file_ret,
                                struct emit_error *error);
void emit_file_close(struct emit_file *file); /* may be NULL */

/* Removes from the cache the bytes of a file on a server that is about to be closed unused. */
void emit_file_purge(struct emit_file *file); /* may be NULL */

const char *emit_file_path(const struct emit_file *file);
uint64_t emit_file_size(const struct emit_file *file);

/* Whether reads are requests to a server, so that prefetching pays. */
bool emit_file_is_remote(const struct emit_file *file);

/* Whether a read is a system call, neither a request nor the decompression of an archive. */
bool emit_file_is_native(const struct emit_file *file);

/* Prefetches ranges, as far as they lie in the file: of a remote file together and as far as they
 * fit half of the cache's budget; of a file that emit_file_is_native() into the system's page
 * cache, without waiting for the disk. Does nothing for other files. Changes the list. Failures are
 * reported by the later reads. Thread-safe. */
void emit_file_fetch(struct emit_file *file, struct emit_ranges *ranges);
bool emit_file_can_fetch(const struct emit_file *file);

/* Whether recent reads of the native file had to wait for a disk, so that fetching what comes next
 * pays. Thread-safe. */
bool emit_file_is_cold(const struct emit_file *file);

/* Says that a program reads all of "range", part by part: of a native file, gaps between ranges to
 * fetch are then fetched as well, and by the second function what adjoins the last ones. A range of
 * no bytes ends that. Thread-safe. */
void emit_file_expect_sweep(struct emit_file *file, struct emit_range range);
void emit_file_fetch_beyond(struct emit_file *file);

/* Number of threads that may send requests for the remote file, at least 1. */
size_t emit_file_request_threads(const struct emit_file *file);

/* Whether bytes of the file, of a native file the first one, can be read without waiting for a
 * server or a disk. Thread-safe. */
bool emit_file_is_cached(struct emit_file *file, uint64_t offset, uint64_t nbytes);

/* Reads exactly "nbytes" bytes at "offset"; EMIT_ERROR_FILE if there are fewer. Thread-safe; reads
 * of local files take no lock. */
enum emit_status emit_file_read(struct emit_file *file, uint64_t offset, size_t nbytes, void *bytes,
                                struct emit_error *error);

/* EMIT_ERROR_FILE if one of the files has changed since opening: in size or time of modification,
 * on a server also in ETag. Called after a read, so that a file edited or replaced meanwhile is
 * never accepted. Costs a request for each file of which bytes have come from a server since the
 * last check, all at once. "count" is at most EMIT_FILES_AT_ONCE; files may be listed twice.
 * Thread-safe. */
enum emit_status emit_files_check_unchanged(struct emit_file *const *files, size_t count,
                                            struct emit_error *error);
