/* SPDX-License-Identifier: MIT */
/* What the text of a path says: base name, ending, whether other files have paths like it. */
#ifndef EMIT_BASE_PATH_H
#define EMIT_BASE_PATH_H

#include "core/base/strings.h"

/*
 * The base name of "path": "*length" characters from the returned place in it. Of a URL
 * (/vsicurl/https://..., /vsicurl?url=https%3A%2F%2F...) the query does not count, though it may
 * hold slashes.
 */
const char *emit_path_base(const char *path, size_t *length);

/* "path" as it may be shown and stored: see emit_redact(). Lives in "arena"; "" (and failed)
 * without memory. */
const char *emit_path_shown(struct emit_arena *arena, const char *path);

/*
 * Length of the ending of HDF5 files that "text" begins with, its dot included, if ':', '?' or
 * nothing follows; else 0. The endings are those of emit_file_endings(), in any case.
 */
size_t emit_path_ending(const char *text);

/* Whether the base name of "path" has such an ending. */
bool emit_path_is_hdf5(const char *path);

/* Length of the base name "name", up to a query, without its endings: OPeNDAP adds one, as in
 * x.nc.h5 and x.nc.dap.nc4. */
size_t emit_path_stem(const char *name);

#endif
