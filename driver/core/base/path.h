/* SPDX-License-Identifier: MIT */
/* What the text of a path says: base name, ending, whether other files have paths like it. */
#ifndef EMIT_BASE_PATH_H
#define EMIT_BASE_PATH_H

#include "emit.h"

/*
 * The base name of "path": "*length" characters from the returned place in it. Of a URL
 * (/vsicurl/https://..., /vsicurl?url=https%3A%2F%2F...) the query does not count, though it may
 * hold slashes.
 */
const char *emit_path_base(const char *path, size_t *length);

/* Whether replacing the base name gives the path of another file in the folder. Not in a URL with a
 * query, which may be a signature for this file alone, nor in an encoded one. */
bool emit_path_has_folder(const char *path);

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
