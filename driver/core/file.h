/* SPDX-License-Identifier: MIT */
/* Positional reads of a file that stays as it was when it was opened. */
#ifndef EMIT_CORE_FILE_H
#define EMIT_CORE_FILE_H

#include "core/error.h"

struct emit_file;

/* Opens "path" (any GDAL virtual path) for reading; release with emit_file_close(). */
enum emit_status emit_file_open(const char *path, struct emit_file **file_ret,
                                struct emit_error *error);
void emit_file_close(struct emit_file *file); /* NULL is fine */

const char *emit_file_path(const struct emit_file *file);
uint64_t emit_file_size(const struct emit_file *file);

/*
 * Reads exactly "nbytes" bytes at "offset"; anything less is EMIT_ERROR_FILE. Thread-safe; local
 * files are read without a lock, so threads share nothing.
 */
enum emit_status emit_file_read(struct emit_file *file, uint64_t offset, size_t nbytes, void *bytes,
                                struct emit_error *error);

/*
 * EMIT_ERROR_FILE when a local file is no longer the one that was opened (other size or time of
 * modification). Called after a read, so that a file edited meanwhile is never passed off as whole.
 */
enum emit_status emit_file_check_unchanged(struct emit_file *file, struct emit_error *error);

#endif
