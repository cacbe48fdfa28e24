/* SPDX-License-Identifier: MIT */
/* Lists of strings, as they come from a file: any bytes go in, valid UTF-8 comes out. */
#ifndef EMIT_CORE_TEXTS_H
#define EMIT_CORE_TEXTS_H

#include "core/error.h"
#include "core/text.h"

/* A growing list of strings; the zero state is an empty one. Close it with free(bytes.text). */
struct emit_texts
{
    struct emit_buffer_text bytes; /* the strings, each with its NUL; tells of failures too */
    size_t count;
};

/* Appends "text" up to its first NUL, at most "length" bytes. */
void emit_texts_add(struct emit_texts *texts, const char *text, size_t length);

/* The same with '?' in place of every byte that is not part of valid UTF-8. */
void emit_texts_add_utf8(struct emit_texts *texts, const char *text, size_t length);

/*
 * One block of "head_nbytes" followed by the strings, which begin at "*first_ret"; release it with
 * free(). EMIT_ERROR_MEMORY also when adding had failed.
 */
enum emit_status emit_texts_pack(const struct emit_texts *texts, size_t head_nbytes,
                                 void **block_ret, char **first_ret, struct emit_error *error);

/* The same with pointers to the strings, and NULL after the last, as its head. */
enum emit_status emit_texts_pack_array(const struct emit_texts *texts, char ***strings_ret,
                                       size_t *count_ret, struct emit_error *error);

#endif
