/* SPDX-License-Identifier: MIT */
#include "core/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct emit_arena_piece
{
    struct emit_arena_piece *before;
    max_align_t bytes[];
};

void emit_arena_close(struct emit_arena *arena)
{
    while (arena->last != NULL)
    {
        struct emit_arena_piece *before = arena->last->before;
        free(arena->last);
        arena->last = before;
    }
    arena->failed = false;
}

void *emit_arena_array(struct emit_arena *arena, size_t count, size_t size)
{
    struct emit_arena_piece *piece = NULL;
    if (size == 0 || count < (SIZE_MAX - sizeof *piece) / size)
        piece = calloc(1, sizeof *piece + count * size);
    if (piece == NULL)
    {
        arena->failed = true;
        return NULL;
    }
    piece->before = arena->last;
    arena->last = piece;
    return piece->bytes;
}

const char *emit_arena_text(struct emit_arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    char *text = length < 0 ? NULL : emit_arena_array(arena, (size_t)length + 1, 1);
    if (text != NULL)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
    return text != NULL ? text : "";
}

enum emit_status emit_arena_check(const struct emit_arena *arena, struct emit_error *error)
{
    if (arena->failed)
        return emit_error_set(error, EMIT_ERROR_MEMORY, "not enough memory for metadata");
    return EMIT_OK;
}

void emit_text_add(struct emit_buffer_text *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    char *text = length < 0 ? NULL : realloc(buffer->text, buffer->length + (size_t)length + 1);
    if (text == NULL)
        buffer->failed = true;
    else
    {
        vsnprintf(text + buffer->length, (size_t)length + 1, format, again);
        buffer->text = text;
        buffer->length += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
}

static int lower(unsigned char character)
{
    return character >= 'A' && character <= 'Z' ? character - 'A' + 'a' : character;
}

bool emit_text_equal_nocase(const char *a, const char *b)
{
    while (*a != '\0' && lower((unsigned char)*a) == lower((unsigned char)*b))
    {
        a++;
        b++;
    }
    return lower((unsigned char)*a) == lower((unsigned char)*b);
}
