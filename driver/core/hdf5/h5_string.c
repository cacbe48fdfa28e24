/* SPDX-License-Identifier: MIT */
/* Strings of variables and attributes. */
#include "core/hdf5/h5_internal.h"

#include <stdlib.h>

#define MAX_STRING_NBYTES 65536        /* one string, with its end */
#define MAX_STRINGS_NBYTES (64u << 20) /* all strings of a variable */

void emit_h5_fixed_strings(hid_t type, size_t nbytes, const char *bytes, size_t count,
                           struct emit_arena *arena, const char **strings)
{
    const bool space_padded = H5Tget_strpad(type) == H5T_STR_SPACEPAD || nbytes > H5Tget_size(type);
    for (size_t i = 0; i < count; i++, bytes += nbytes)
    {
        size_t length = nbytes;
        while (space_padded && length > 0 && bytes[length - 1] == ' ')
            length--;
        strings[i] = emit_arena_utf8(arena, bytes, length);
    }
}

enum emit_status emit_h5_variable_strings(const struct emit_h5_vlens *vlens,
                                          struct emit_arena *arena, const char **strings)
{
    struct emit_arena read = {0};
    struct emit_h5_vlen *values;
    const enum emit_status status = emit_h5_read_vlens(vlens, 1, &read, &values);
    for (size_t i = 0; i < vlens->count && status == EMIT_OK; i++)
        strings[i] = emit_arena_utf8(arena, values[i].bytes, values[i].nbytes);
    emit_arena_close(&read);
    return status;
}

/* Sets the number of strings and the bytes of each. In the classic form of netCDF, strings are
 * characters, whose last dimension is the length of a string. */
static enum emit_status measure(const struct emit_h5_dataset *dataset, size_t limit,
                                size_t *count_ret, size_t *nbytes_ret)
{
    hsize_t shape[2] = {1, 0};
    const int rank = H5Sget_simple_extent_ndims(dataset->space);
    *nbytes_ret = H5Tget_size(dataset->type);
    if (*nbytes_ret != 1 || rank < 1 || rank > 2)
        return emit_h5_dataset_length(dataset, limit, count_ret);
    H5Sget_simple_extent_dims(dataset->space, rank == 2 ? shape : shape + 1, NULL);
    if (shape[0] < 1 || shape[0] > limit || shape[1] > MAX_STRING_NBYTES)
        return emit_h5_format_error(&dataset->subject, "%llu strings of %llu characters",
                                    (unsigned long long)shape[0], (unsigned long long)shape[1]);
    *count_ret = (size_t)shape[0];
    *nbytes_ret = (size_t)shape[1];
    return EMIT_OK;
}

static enum emit_status read_fixed_strings(const struct emit_h5_dataset *dataset, size_t count,
                                           size_t size, const char **strings)
{
    if (size == 0 || size > MAX_STRING_NBYTES || count > MAX_STRINGS_NBYTES / size)
        return emit_h5_format_error(&dataset->subject, "%zu strings of %zu bytes are too much",
                                    count, size);
    char *bytes = calloc(count, size);
    if (bytes == NULL)
        return emit_error_memory(dataset->subject.error, count * size, "strings");
    enum emit_status status = EMIT_OK;
    herr_t result = -1;
    for (struct emit_h5_attempt attempt = {0}; emit_h5_attempt(dataset->subject.file, &attempt);)
        result = H5Dread(dataset->id, dataset->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes);
    if (result < 0)
        status = emit_h5_library_error(&dataset->subject, "cannot read the strings");
    else
        emit_h5_fixed_strings(dataset->type, size, bytes, count, &dataset->subject.file->arena,
                              strings);
    free(bytes);
    return status;
}

static enum emit_status read_strings(const struct emit_h5_dataset *dataset, size_t limit,
                                     const char *const **strings_ret, size_t *count_ret)
{
    struct emit_arena *arena = &dataset->subject.file->arena;
    size_t count = 0, nbytes = 0;
    if (H5Tget_class(dataset->type) != H5T_STRING)
        return emit_h5_format_error(&dataset->subject, "the variable does not hold strings");
    EMIT_TRY(measure(dataset, limit, &count, &nbytes));
    const char **strings = emit_arena_array(arena, count, sizeof *strings);
    EMIT_TRY(emit_arena_check(arena, dataset->subject.error));
    const struct emit_h5_vlens vlens = {&dataset->subject, dataset->id, count, MAX_STRING_NBYTES};
    if (H5Tis_variable_str(dataset->type) > 0)
        EMIT_TRY(emit_h5_variable_strings(&vlens, arena, strings));
    else
        EMIT_TRY(read_fixed_strings(dataset, count, nbytes, strings));
    *strings_ret = strings;
    *count_ret = count;
    return emit_arena_check(arena, dataset->subject.error);
}

enum emit_status emit_h5_read_strings(struct emit_h5 *file, const char *name, size_t limit,
                                      const char *const **strings_ret, size_t *count_ret,
                                      struct emit_error *error)
{
    *strings_ret = NULL;
    *count_ret = 0;
    struct emit_h5_dataset dataset;
    enum emit_status status = emit_h5_dataset_open(file, name, false, &dataset, error);
    if (status == EMIT_OK)
        status = read_strings(&dataset, limit, strings_ret, count_ret);
    emit_h5_dataset_close(&dataset);
    return status;
}
