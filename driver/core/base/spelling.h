/* SPDX-License-Identifier: MIT */
/* How far a word is from a name that it may be a misspelling of. Pure. */
#ifndef EMIT_BASE_SPELLING_H
#define EMIT_BASE_SPELLING_H

#include <stddef.h>

/*
 * Edits that turn the "length" characters at "word" into "name": letters inserted, removed,
 * replaced or swapped with their neighbour. Only ASCII letters and digits count, in any case.
 * SIZE_MAX where one of them has more than 31.
 */
size_t emit_spelling_distance(const char *word, size_t length, const char *name);

#endif
