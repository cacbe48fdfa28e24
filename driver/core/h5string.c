/* SPDX-License-Identifier: MIT */
/* Lists of strings, and string variables. */
#include "core/h5internal.h"

#include <stdlib.h>
#include <string.h>

#define MAX_STRING_NBYTES 65536        /* one string, with its end */
#define MAX_STRINGS_NBYTES (64u << 20) /* all strings of a variable */

/* ---- UTF-8 ---------------------------------------------------------------------------------- */

/* Bytes of the character that "text" begins with; 0 when that is no UTF-8. */
static size_t utf8_length(const unsigned char *text)
{
    const unsigned lead = text[0];
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    const size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    /* Narrower where a longer form than needed, a surrogate or more than U+10FFFF would begin. */
    const unsigned lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (text[1] < lowest || text[1] > highest)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

static void make_utf8(char *text)
{
    while (*text != '\0')
    {
        const size_t length = utf8_length((const unsigned char *)text);
        if (length == 0)
            *text = '?';
        text += length == 0 ? 1 : length;
    }
}

/* ---- Lists ---------------------------------------------------------------------------------- */

void emit_h5_texts_add(struct emit_h5_texts *texts, const char *text, size_t length)
{
    emit_text_add(&texts->bytes, "%.*s%c", (int)length, text, '\0');
    texts->count++;
}

void emit_h5_texts_add_utf8(struct emit_h5_texts *texts, const char *text, size_t length)
{
    const size_t before = texts->bytes.length;
    emit_h5_texts_add(texts, text, length);
    if (!texts->bytes.failed)
        make_utf8(texts->bytes.text + before);
}

void emit_h5_texts_add_fixed(struct emit_h5_texts *texts, hid_t type, const char *bytes,
                             size_t count)
{
    const size_t size = H5Tget_size(type);
    const bool space_padded = H5Tget_strpad(type) == H5T_STR_SPACEPAD;
    for (size_t i = 0; i < count; i++, bytes += size)
    {
        size_t length = size;
        while (space_padded && length > 0 && bytes[length - 1] == ' ')
            length--;
        emit_h5_texts_add_utf8(texts, bytes, length);
    }
}

enum emit_status emit_h5_texts_add_variable(struct emit_h5_texts *texts, const struct emit_h5 *file,
                                            const char *name, hid_t id, size_t count,
                                            size_t limit_nbytes, struct emit_error *error)
{
    struct emit_arena arena = {0};
    struct emit_h5_sequence *strings;
    const enum emit_status status =
        emit_h5_read_sequences(file, name, id, count, 1, limit_nbytes, &arena, &strings, error);
    for (size_t i = 0; i < count && status == EMIT_OK; i++)
        emit_h5_texts_add_utf8(texts, strings[i].bytes, strings[i].nbytes);
    emit_arena_close(&arena);
    return status;
}

enum emit_status emit_h5_texts_pack(const struct emit_h5_texts *texts, size_t head_nbytes,
                                    void **block_ret, char **first_ret, struct emit_error *error)
{
    const size_t nbytes = head_nbytes + texts->bytes.length;
    char *block = texts->bytes.failed ? NULL : malloc(nbytes);
    if (block == NULL)
        return emit_error_memory(error, nbytes, "strings");
    *block_ret = block;
    *first_ret = block + head_nbytes;
    if (texts->bytes.length > 0)
        memcpy(*first_ret, texts->bytes.text, texts->bytes.length);
    return EMIT_OK;
}

enum emit_status emit_h5_texts_pack_array(const struct emit_h5_texts *texts, char ***strings_ret,
                                          size_t *count_ret, struct emit_error *error)
{
    void *block;
    char *text;
    EMIT_TRY(emit_h5_texts_pack(texts, (texts->count + 1) * sizeof(char *), &block, &text, error));
    char **strings = block;
    for (size_t i = 0; i < texts->count; i++, text += strlen(text) + 1)
        strings[i] = text;
    strings[texts->count] = NULL;
    *strings_ret = strings;
    *count_ret = texts->count;
    return EMIT_OK;
}

/* ---- String variables ----------------------------------------------------------------------- */

static enum emit_status read_fixed_length(const struct emit_h5 *file, const char *name,
                                          const struct emit_h5_dataset *dataset, size_t count,
                                          struct emit_h5_texts *texts, struct emit_error *error)
{
    const size_t size = H5Tget_size(dataset->type);
    if (size == 0 || size > MAX_STRING_NBYTES || count > MAX_STRINGS_NBYTES / size)
        return emit_h5_format_error(file, name, error, "%zu strings of %zu bytes are too much",
                                    count, size);
    char *bytes = calloc(count, size);
    if (bytes == NULL)
        return emit_error_memory(error, count * size, "strings");
    enum emit_status status = EMIT_OK;
    if (H5Dread(dataset->id, dataset->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes) < 0)
        status = emit_h5_library_error(file, name, "cannot read the strings", error);
    else
        emit_h5_texts_add_fixed(texts, dataset->type, bytes, count);
    free(bytes);
    return status;
}

static enum emit_status read_strings(const struct emit_h5 *file, const char *name, size_t limit,
                                     struct emit_h5_texts *texts, struct emit_error *error)
{
    struct emit_h5_dataset dataset;
    size_t count = 0;
    enum emit_status status = emit_h5_dataset_open(file, name, &dataset, error);
    if (status == EMIT_OK)
        status = emit_h5_dataset_length(file, name, &dataset, limit, &count, error);
    if (status != EMIT_OK)
        ;
    else if (H5Tget_class(dataset.type) != H5T_STRING)
        status = emit_h5_format_error(file, name, error, "the variable holds no strings");
    else if (H5Tis_variable_str(dataset.type) > 0)
        status = emit_h5_texts_add_variable(texts, file, name, dataset.id, count, MAX_STRING_NBYTES,
                                            error);
    else
        status = read_fixed_length(file, name, &dataset, count, texts, error);
    emit_h5_dataset_close(&dataset);
    return status;
}

enum emit_status emit_h5_read_strings(struct emit_h5 *file, const char *name, size_t limit,
                                      char ***strings_ret, size_t *count_ret,
                                      struct emit_error *error)
{
    *strings_ret = NULL;
    *count_ret = 0;
    struct emit_h5_texts texts = {0};
    struct emit_h5_guard guard;
    emit_h5_enter(&guard, file);
    enum emit_status status = read_strings(file, name, limit, &texts, error);
    emit_h5_leave(&guard);
    if (status == EMIT_OK)
        status = emit_h5_texts_pack_array(&texts, strings_ret, count_ret, error);
    free(texts.bytes.text);
    return status;
}
