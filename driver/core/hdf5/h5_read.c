/* SPDX-License-Identifier: MIT */
/* Values read through the library. */
#include "core/base/number.h"
#include "core/hdf5/h5_internal.h"
#include "core/hdf5/vfd.h"

static bool box_is_inside(const struct emit_layout *layout, const uint64_t *start,
                          const uint64_t *count)
{
    for (int i = 0; i < layout->rank; i++)
        if (count[i] < 1 || start[i] >= layout->shape[i] || count[i] > layout->shape[i] - start[i])
            return false;
    return true;
}

/* A chunk that a filter rejects concerns only its own values: other failures alone are recorded for
 * emit_h5_check(). */
static enum emit_status read_values(const struct emit_h5_dataset *dataset, enum emit_type type,
                                    hid_t memory, void *values)
{
    H5E_auto2_t handler = NULL;
    void *handler_data = NULL;
    enum emit_status status = EMIT_OK;
    H5Eget_auto2(H5E_DEFAULT, &handler, &handler_data);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    if (H5Dread(dataset->id, emit_h5_native(type), memory, dataset->space, H5P_DEFAULT, values) <
            0 &&
        !emit_vfd_has_missed())
    {
        const struct emit_h5_reason reason = emit_h5_reason(H5E_DEFAULT);
        if (!reason.is_filter)
            emit_h5_record_error(dataset->subject.file, reason.text);
        status = emit_h5_library_error(&dataset->subject, "cannot read values");
    }
    H5Eset_auto2(H5E_DEFAULT, handler, handler_data);
    return status;
}

static enum emit_status read_box(const struct emit_h5_dataset *dataset,
                                 const struct emit_layout *layout, const uint64_t *start,
                                 const uint64_t *count, void *values)
{
    hsize_t from[EMIT_MAX_RANK] = {0};
    hsize_t size[EMIT_MAX_RANK] = {0};
    for (int i = 0; i < layout->rank; i++)
    {
        from[i] = start[i];
        size[i] = count[i];
    }
    enum emit_status status = EMIT_OK;
    const hid_t memory = H5Screate_simple(layout->rank, size, NULL);
    if (memory < 0 || H5Sget_simple_extent_ndims(dataset->space) != layout->rank ||
        H5Sselect_hyperslab(dataset->space, H5S_SELECT_SET, from, NULL, size, NULL) < 0)
        status = emit_h5_library_error(&dataset->subject, "cannot read values");
    else
        for (struct emit_h5_attempt attempt = {0};
             emit_h5_attempt(dataset->subject.file, &attempt);)
            status = read_values(dataset, layout->type, memory, values);
    if (memory >= 0)
        H5Sclose(memory);
    return status;
}

enum emit_status emit_h5_read_box(struct emit_h5 *file, const struct emit_layout *layout,
                                  const uint64_t *start, const uint64_t *count, void *values,
                                  struct emit_error *error)
{
    if (!box_is_inside(layout, start, count))
        return emit_error_set(error, EMIT_ERROR_INTERNAL, "%s: box outside the variable",
                              layout->name);
    struct emit_h5_dataset dataset;
    enum emit_status status = emit_h5_dataset_open(file, layout->name, true, &dataset, error);
    if (status == EMIT_OK)
        status = read_box(&dataset, layout, start, count, values);
    emit_h5_dataset_close(&dataset);
    return status;
}

/* Replaces stored values, packed at the beginning of the array, by doubles: from the last one on,
 * so that none is overwritten before it is read. */
static void unpack(const struct emit_encoding *encoding, double *values, size_t count)
{
    const size_t size = emit_type_size(encoding->type);
    const unsigned char *stored = (const unsigned char *)values;
    for (size_t i = count; i > 0; i--)
        values[i - 1] = emit_encoding_read(encoding, stored + (i - 1) * size);
}

static enum emit_status read_doubles(const struct emit_h5_dataset *dataset, size_t limit,
                                     const double **values_ret, size_t *count_ret)
{
    const struct emit_h5_subject *subject = &dataset->subject;
    size_t count;
    enum emit_type number;
    bool swap_bytes;
    struct emit_encoding encoding;
    EMIT_TRY(emit_h5_dataset_length(dataset, limit, &count));
    if (!emit_h5_number(dataset->type, &number, &swap_bytes))
        return emit_h5_format_error(subject, "the variable does not hold numbers");
    EMIT_TRY(emit_h5_read_encoding(dataset, number, &encoding));
    EMIT_TRY(emit_h5_check_encoding(subject->file, subject->name, &encoding, subject->error));
    double *values = emit_arena_array(&subject->file->arena, count, sizeof *values);
    EMIT_TRY(emit_arena_check(&subject->file->arena, subject->error));
    herr_t result = -1;
    for (struct emit_h5_attempt attempt = {0}; emit_h5_attempt(subject->file, &attempt);)
        result =
            H5Dread(dataset->id, emit_h5_native(number), H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    if (result < 0)
        return emit_h5_library_error(subject, "cannot read values");
    unpack(&encoding, values, count);
    *values_ret = values;
    *count_ret = count;
    return EMIT_OK;
}

enum emit_status emit_h5_read_doubles(struct emit_h5 *file, const char *name, size_t limit,
                                      const double **values_ret, size_t *count_ret,
                                      struct emit_error *error)
{
    *values_ret = NULL;
    *count_ret = 0;
    struct emit_h5_dataset dataset;
    enum emit_status status = emit_h5_dataset_open(file, name, false, &dataset, error);
    if (status == EMIT_OK)
        status = read_doubles(&dataset, limit, values_ret, count_ret);
    emit_h5_dataset_close(&dataset);
    return status;
}
