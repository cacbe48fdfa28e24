/* SPDX-License-Identifier: MIT */
/* Strings: an arena for those that live as long as a granule or view, strings that grow, and lists
 * of strings from a file, where any bytes go in and valid UTF-8 comes out. */
#ifndef EMIT_BASE_STRINGS_H
#define EMIT_BASE_STRINGS_H

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

/* EMIT_ERROR_MEMORY when any allocation has failed. */
enum emit_status emit_arena_check(const struct emit_arena *arena, struct emit_error *error);

/* A string that grows; zeroed: empty and valid. Free "text" with free(). */
struct emit_string_builder
{
    char *text; /* NULL while nothing was added, or without memory */
    size_t length;
    bool failed;
};

void emit_string_append(struct emit_string_builder *buffer, const char *format, ...)
    EMIT_PRINTF(2, 3);

/* Letters compared without case in ASCII alone, whatever the locale. */
bool emit_string_equal_nocase(const char *a, const char *b);
bool emit_text_begins_nocase(const char *text, const char *beginning);

/* A growing list of strings; the zero state is an empty one. Close it with free(bytes.text). */
struct emit_string_list
{
    struct emit_string_builder bytes; /* the strings, each with its NUL; tells of failures too */
    size_t count;
};

/* Appends "text" up to its first NUL, at most "length" bytes. */
void emit_string_list_add(struct emit_string_list *texts, const char *text, size_t length);

/* The same with '?' in place of every byte that is not part of valid UTF-8. */
void emit_string_list_add_utf8(struct emit_string_list *texts, const char *text, size_t length);

/*
 * One block of "head_nbytes" followed by the strings, which begin at "*first_ret"; release it with
 * free(). EMIT_ERROR_MEMORY also when adding had failed.
 */
enum emit_status emit_string_list_pack(const struct emit_string_list *texts, size_t head_nbytes,
                                       void **block_ret, char **first_ret,
                                       struct emit_error *error);

/* The same with pointers to the strings, and NULL after the last, as its head. */
enum emit_status emit_string_list_pack_array(const struct emit_string_list *texts,
                                             char ***strings_ret, size_t *count_ret,
                                             struct emit_error *error);

#endif
