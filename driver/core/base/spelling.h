/* SPDX-License-Identifier: MIT */
/* Edit distance of words. Pure. */
#pragma once

#include <stddef.h>

/* Number of edits that turn the "length" characters at "word" into "name": letters inserted,
 * removed, replaced or swapped with their neighbour. Only ASCII letters and digits count, in any
 * case. SIZE_MAX if one of the words has more than 31. */
size_t emit_spelling_distance(const char *word, size_t length, const char *name);
