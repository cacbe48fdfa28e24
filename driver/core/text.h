/* SPDX-License-Identifier: MIT */
/* Memory for the many small strings and tables that live as long as a granule or view. */
#ifndef EMIT_CORE_TEXT_H
#define EMIT_CORE_TEXT_H

#include "core/error.h"

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

/* EMIT_ERROR_MEMORY when any allocation has failed. */
enum emit_status emit_arena_check(const struct emit_arena *arena, struct emit_error *error);

/* A string that grows; zeroed: empty and valid. Free "text" with free(). */
struct emit_buffer_text
{
    char *text; /* NULL while nothing was added, or without memory */
    size_t length;
    bool failed;
};

void emit_text_add(struct emit_buffer_text *buffer, const char *format, ...) EMIT_PRINTF(2, 3);

/* Letters compared without case in ASCII alone, whatever the locale. */
bool emit_text_equal_nocase(const char *a, const char *b);

#endif
