/* SPDX-License-Identifier: MIT */
#include "core/base/strings.h"

#include "core/base/platform.h"

#include <stdarg.h>
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
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int length = emit_c_vsnprintf(NULL, 0, format, arguments);
    char *text = length < 0 ? NULL : emit_arena_array(arena, (size_t)length + 1, 1);
    if (text != NULL)
        emit_c_vsnprintf(text, (size_t)length + 1, format, again);
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

void emit_string_append(struct emit_string_builder *buffer, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int length = emit_c_vsnprintf(NULL, 0, format, arguments);
    char *text = length < 0 ? NULL : realloc(buffer->text, buffer->length + (size_t)length + 1);
    if (text == NULL)
        buffer->failed = true;
    else
    {
        emit_c_vsnprintf(text + buffer->length, (size_t)length + 1, format, again);
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

/* Length of the common beginning of two texts. */
static size_t common_length(const char *a, const char *b)
{
    size_t length = 0;
    while (a[length] != '\0' && lower((unsigned char)a[length]) == lower((unsigned char)b[length]))
        length++;
    return length;
}

bool emit_string_equal_nocase(const char *a, const char *b)
{
    const size_t length = common_length(a, b);
    return a[length] == '\0' && b[length] == '\0';
}

bool emit_text_begins_nocase(const char *text, const char *beginning)
{
    return beginning[common_length(text, beginning)] == '\0';
}

/* ---- UTF-8 ---------------------------------------------------------------------------------- */

/* Bytes of the first character of "text"; 0 if it is not valid UTF-8. */
static size_t utf8_length(const unsigned char *text)
{
    const unsigned lead = text[0];
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    const size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    /* Narrower where overlong forms, surrogates or characters above U+10FFFF would begin. */
    const unsigned lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (text[1] < lowest || text[1] > highest)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

const char *emit_arena_utf8(struct emit_arena *arena, const char *text, size_t length)
{
    char *copy = emit_arena_array(arena, length + 1, 1);
    if (copy == NULL)
        return "";
    strncpy(copy, text, length);
    for (char *at = copy; *at != '\0';)
    {
        const size_t nbytes = utf8_length((const unsigned char *)at);
        if (nbytes == 0)
            *at = '?';
        at += nbytes == 0 ? 1 : nbytes;
    }
    return copy;
}
