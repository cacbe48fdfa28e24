/* SPDX-License-Identifier: MIT */
/* The text of paths: base names and endings. */
#pragma once

#include "core/base/strings.h"

/* The base name within "path", of "*length" characters. The query of a URL
 * (/vsicurl/https://..., /vsicurl?url=https%3A%2F%2F...), which may contain slashes, does not
 * count. */
const char *emit_path_base(const char *path, size_t *length);

/* "path" without secrets, see emit_redact(), in "arena"; "" (and failed) without memory. */
const char *emit_path_shown(struct emit_arena *arena, const char *path);

/* Length of an HDF5 file ending (.nc, .nc4, .h5 or .hdf5, in any case) at the beginning
 * of "text" if ':', '?' or the end follows; else 0. */
size_t emit_path_ending(const char *text);

/* Whether the base name of "path" ends with an HDF5 file ending. */
bool emit_path_is_hdf5(const char *path);

/* Length of the base name "name", up to a query, without its endings: OPeNDAP adds one, as in
 * x.nc.h5 and x.nc.dap.nc4. */
size_t emit_path_stem(const char *name);
