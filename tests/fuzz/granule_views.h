/* SPDX-License-Identifier: MIT */
/* Opening and reading of views as the targets that take whole granules do it. */
#ifndef EMIT_FUZZ_GRANULE_VIEWS_H
#define EMIT_FUZZ_GRANULE_VIEWS_H

#include "emit.h"

#include <stddef.h>

/*
 * Opens "variable" (NULL: the main one) of the granule at "path" and reads cells from all over it,
 * twice, into buffers that held something else: a success must have written every value.
 */
void fuzz_view(const char *path, const char *variable, const char *const *options);

/* Name of swath variable "i" modulo their number, or NULL; free() it. */
char *fuzz_variable(const char *path, size_t i);

#endif
