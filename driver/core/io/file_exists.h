/* SPDX-License-Identifier: MIT */
/* Existence of local and remote files. */
#pragma once

#include "core/base/error.h"

/* Whether there is a file at "path" (any GDAL virtual path). On a server only the answers 404, 410
 * and 403 (from stores that do not allow listing) mean that it is absent. Any other failure, also
 * one that GDAL remembers, is EMIT_ERROR_FILE. Thread-safe. */
enum emit_status emit_file_exists(const char *path, bool *exists, struct emit_error *error);
