/* SPDX-License-Identifier: MIT */
/* How option keys name files. */
#ifndef EMIT_VIEW_FILE_KEY_H
#define EMIT_VIEW_FILE_KEY_H

#include "core/base/strings.h"

/*
 * Names the file "path" independently of how the paths were typed, and of where the granule's
 * folder lies: files in the folder of "granule_path" by base name, others by absolute path. Paths
 * that are not the system's (/vsicurl/ and the like) count as typed. Lives as long as "arena".
 */
const char *emit_file_key(struct emit_arena *arena, const char *granule_path, const char *path);

#endif
