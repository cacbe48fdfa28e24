/* SPDX-License-Identifier: MIT */
/* Strings: an arena for those that live as long as a file, granule or view, strings that grow, and
 * comparisons. */
#pragma once

#include "core/base/error.h"

/* Zeroed: empty and valid. Released all at once. */
struct emit_arena
{
    struct emit_arena_piece *last;
    bool failed; /* an allocation failed: checked once, at the end of a series */
};

void emit_arena_close(struct emit_arena *arena);

/* "count" zeroed elements of "size" bytes, aligned for any type; NULL (and failed) without memory.
 */
void *emit_arena_array(struct emit_arena *arena, size_t count, size_t size);

/* A formatted string. Never NULL: "" (and failed) without memory. */
const char *emit_arena_text(struct emit_arena *arena, const char *format, ...) EMIT_PRINTF(2, 3);

/* A copy of "text" up to its first NUL, at most "length" bytes, with '?' in place of every byte
 * that is not part of valid UTF-8. Never NULL: "" (and failed) without memory. */
const char *emit_arena_utf8(struct emit_arena *arena, const char *text, size_t length);

/* EMIT_ERROR_MEMORY if any allocation has failed. */
enum emit_status emit_arena_check(const struct emit_arena *arena, struct emit_error *error);

/* A string that grows; zeroed: empty and valid. Free "text" with free(). */
struct emit_string_builder
{
    char *text; /* NULL while nothing was added, or without memory */
    size_t length;
    bool failed;
};

/* Appends formatted text; without memory the string stays as it is and "failed" is set. */
void emit_string_append(struct emit_string_builder *buffer, const char *format, ...)
    EMIT_PRINTF(2, 3);

/* Letters compared without case in ASCII alone, whatever the locale. */
bool emit_string_equal_nocase(const char *a, const char *b);
bool emit_text_begins_nocase(const char *text, const char *beginning);
