/* SPDX-License-Identifier: MIT */
/* Strings of variables and attributes. */
#include "core/hdf5/h5_internal.h"

#include <stdlib.h>
#include <string.h>

#define MAX_STRING_NBYTES 65536        /* one string, with its end */
#define MAX_STRINGS_NBYTES (64u << 20) /* all strings of a variable */

void emit_h5_add_fixed_strings(struct emit_string_list *texts, hid_t type, const char *bytes,
                               size_t count)
{
    const size_t size = H5Tget_size(type);
    const bool space_padded = H5Tget_strpad(type) == H5T_STR_SPACEPAD;
    for (size_t i = 0; i < count; i++, bytes += size)
    {
        size_t length = size;
        while (space_padded && length > 0 && bytes[length - 1] == ' ')
            length--;
        emit_string_list_add_utf8(texts, bytes, length);
    }
}

enum emit_status emit_h5_add_variable_strings(struct emit_string_list *texts,
                                              const struct emit_h5 *file, const char *name,
                                              hid_t id, size_t count, size_t limit_nbytes,
                                              struct emit_error *error)
{
    struct emit_arena arena = {0};
    struct emit_h5_vlen *strings;
    const enum emit_status status =
        emit_h5_read_vlen(file, name, id, count, 1, limit_nbytes, &arena, &strings, error);
    for (size_t i = 0; i < count && status == EMIT_OK; i++)
        emit_string_list_add_utf8(texts, strings[i].bytes, strings[i].nbytes);
    emit_arena_close(&arena);
    return status;
}

static enum emit_status read_fixed_length(const struct emit_h5 *file, const char *name,
                                          const struct emit_h5_dataset *dataset, size_t count,
                                          struct emit_string_list *texts, struct emit_error *error)
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
        emit_h5_add_fixed_strings(texts, dataset->type, bytes, count);
    free(bytes);
    return status;
}

static enum emit_status read_strings(const struct emit_h5 *file, const char *name, size_t limit,
                                     struct emit_string_list *texts, struct emit_error *error)
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
        status = emit_h5_add_variable_strings(texts, file, name, dataset.id, count,
                                              MAX_STRING_NBYTES, error);
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
    struct emit_string_list texts = {0};
    struct emit_h5_lock_state guard;
    emit_h5_lock(&guard, file);
    enum emit_status status = read_strings(file, name, limit, &texts, error);
    emit_h5_unlock(&guard);
    if (status == EMIT_OK)
        status = emit_string_list_pack_array(&texts, strings_ret, count_ret, error);
    free(texts.bytes.text);
    return status;
}
