/* SPDX-License-Identifier: MIT */
/* Names of files in option keys. */
#pragma once

#include "core/base/strings.h"

/* Returns a name of file "path" that does not depend on how the paths were typed, or on the
 * location of the granule's folder: the base name for files in the folder of "granule_path", the
 * absolute path for others. Virtual paths (/vsicurl/ and others) are used as typed. Lives as long
 * as "arena". */
const char *emit_file_key(struct emit_arena *arena, const char *granule_path, const char *path);
