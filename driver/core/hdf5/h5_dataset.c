/* SPDX-License-Identifier: MIT */
/* Shape, type and place of a variable. */
#include "core/hdf5/h5_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Dimensions: a help, not a need, so what cannot be read stays "" ---- */

#define REFERENCE_NBYTES 8     /* of an object reference in the file: its address */
#define MAX_SCALES_NBYTES 4096 /* references of one dimension */

static void copy_name(const char *from, char name[EMIT_NAME_SIZE])
{
    if (strlen(from) < EMIT_NAME_SIZE)
        strcpy(name, from);
}

/* Whether the variable is a dimension's own: one of netCDF's dimensions or coordinates. */
static bool is_scale(const struct emit_h5 *file, hid_t dataset)
{
    char *class = emit_h5_attribute_text(file, dataset, "CLASS");
    const bool found = class != NULL && strcmp(class, "DIMENSION_SCALE") == 0;
    free(class);
    return found;
}

/* A search among the links of the root group, where the dimensions of granules lie. */
struct search
{
    haddr_t address;
    char *name;
};

static herr_t compare_link(hid_t group, const char *name, const H5L_info_t *info, void *data)
{
    const struct search *search = data;
    if (emit_h5_link_address(group, info) != search->address)
        return 0;
    copy_name(name, search->name);
    return 1;
}

/*
 * The name of the scale at the address that the 8 bytes of an object reference hold. Not by opening
 * it and asking for its name: the library then searches all groups, for ever where a damaged one
 * holds itself.
 */
static void copy_scale_name(const struct emit_h5 *file, const char *reference,
                            char name[EMIT_NAME_SIZE])
{
    struct search search = {.name = name};
    for (int i = REFERENCE_NBYTES - 1; i >= 0; i--)
        search.address = search.address << 8 | (unsigned char)reference[i];
    H5Literate(file->id, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, compare_link, &search);
}

/* DIMENSION_LIST holds for each dimension a list of references, of which netCDF uses the first. */
static void copy_scale_names(const struct emit_h5 *file, hid_t dataset, struct emit_layout *layout)
{
    const size_t rank = (size_t)layout->rank;
    struct emit_h5_attr attr;
    struct emit_arena arena = {0};
    struct emit_h5_vlen *lists;
    if (emit_h5_attr_open(dataset, "DIMENSION_LIST", &attr) && attr.count == rank &&
        H5Tget_class(attr.type) == H5T_VLEN &&
        emit_h5_read_vlen(file, layout->name, attr.id, rank, REFERENCE_NBYTES, MAX_SCALES_NBYTES,
                          &arena, &lists, NULL) == EMIT_OK)
        for (size_t i = 0; i < rank; i++)
            if (lists[i].nbytes >= REFERENCE_NBYTES)
                copy_scale_name(file, lists[i].bytes, layout->dimensions[i]);
    emit_arena_close(&arena);
    emit_h5_attr_close(&attr);
}

static void read_dimensions(const struct emit_h5 *file, hid_t dataset, struct emit_layout *layout)
{
    const char *slash = strrchr(layout->name, '/');
    if (layout->rank == 1 && is_scale(file, dataset))
        copy_name(slash != NULL ? slash + 1 : layout->name, layout->dimensions[0]);
    else
        copy_scale_names(file, dataset, layout);
}

/* ---- Layout ---- */

#define MAX_CHUNK_NBYTES ((uint64_t)4 << 30)
#define UNWRITTEN_NBYTES ((uint64_t)64 << 20) /* that a small file may leave unwritten */

/* All that the steps of learning a layout need. */
struct layout_context
{
    const struct emit_h5 *file;
    const struct emit_h5_dataset *dataset;
    hid_t properties;
    struct emit_layout *layout;
    struct emit_error *error;
};

#define FORMAT_ERROR(layout_context, ...)                                                          \
    emit_h5_format_error((layout_context)->file, (layout_context)->layout->name,                   \
                         (layout_context)->error, __VA_ARGS__)
#define LIBRARY_ERROR(layout_context, problem)                                                     \
    emit_h5_library_error((layout_context)->file, (layout_context)->layout->name, problem,         \
                          (layout_context)->error)

static enum emit_status read_type(const struct layout_context *layout_context)
{
    struct emit_layout *layout = layout_context->layout;
    if (emit_h5_number(layout_context->dataset->type, &layout->type, &layout->swap_bytes))
        return EMIT_OK;
    char name[EMIT_H5_TYPE_NAME_SIZE];
    emit_h5_type_name(layout_context->dataset->type, name);
    return FORMAT_ERROR(layout_context,
                        "holds %s; only integers of 8 to 64 bits and IEEE floats of 32 or 64 bits "
                        "are read",
                        name);
}

/* Of all values; needs a shape that has been checked. */
static uint64_t values_nbytes(const struct emit_layout *layout)
{
    uint64_t nbytes = emit_type_size(layout->type);
    for (int i = 0; i < layout->rank; i++)
        nbytes *= layout->shape[i];
    return nbytes;
}

static enum emit_status too_large(const struct layout_context *layout_context, uint64_t nbytes)
{
    return emit_error_set(layout_context->error, EMIT_ERROR_FILE,
                          "%s: %s: a file of %llu bytes cannot hold the %llu bytes of its values: "
                          "the file is truncated or damaged",
                          layout_context->file->path, layout_context->layout->name,
                          (unsigned long long)layout_context->file->nbytes,
                          (unsigned long long)nbytes);
}

/* Most bytes of values that the file can hold, however well they are packed. */
static uint64_t most_nbytes(const struct layout_context *layout_context)
{
    const uint64_t nbytes = layout_context->file->nbytes;
    return (nbytes < UINT64_MAX / 2 / EMIT_MOST_PACKED ? nbytes * EMIT_MOST_PACKED
                                                       : UINT64_MAX / 2) +
           UNWRITTEN_NBYTES;
}

static enum emit_status read_shape(const struct layout_context *layout_context)
{
    struct emit_layout *layout = layout_context->layout;
    layout->rank = H5Sget_simple_extent_ndims(layout_context->dataset->space);
    if (layout->rank < 1 || layout->rank > EMIT_MAX_RANK)
        return FORMAT_ERROR(layout_context, "the variable has %d dimensions, not 1 to %d",
                            layout->rank, EMIT_MAX_RANK);
    hsize_t shape[EMIT_MAX_RANK] = {0};
    if (H5Sget_simple_extent_dims(layout_context->dataset->space, shape, NULL) != layout->rank)
        return LIBRARY_ERROR(layout_context, "cannot read the shape");
    uint64_t left = (uint64_t)INT64_MAX / 2 / emit_type_size(layout->type);
    for (int i = 0; i < layout->rank; i++)
    {
        if (shape[i] < 1)
            return FORMAT_ERROR(layout_context, "dimension %d is empty", i);
        if (shape[i] > left)
            return FORMAT_ERROR(layout_context, "the variable is too large for any file");
        left /= shape[i];
        layout->shape[i] = shape[i];
    }
    const uint64_t nbytes = values_nbytes(layout);
    return nbytes <= most_nbytes(layout_context) ? EMIT_OK : too_large(layout_context, nbytes);
}

static enum emit_status read_default_fill(const struct layout_context *layout_context)
{
    struct emit_layout *layout = layout_context->layout;
    H5D_fill_value_t defined = H5D_FILL_VALUE_UNDEFINED;
    if (H5Pfill_value_defined(layout_context->properties, &defined) < 0)
        return LIBRARY_ERROR(layout_context, "cannot read the fill value");
    if (defined == H5D_FILL_VALUE_UNDEFINED)
        return EMIT_OK;
    if (H5Pget_fill_value(layout_context->properties, emit_h5_native(layout->type),
                          layout->default_fill) < 0)
        return LIBRARY_ERROR(layout_context, "cannot read the fill value");
    return EMIT_OK;
}

/* ---- Storage -------------------------------------------------------------------------------- */

static enum emit_status read_contiguous(const struct layout_context *layout_context)
{
    struct emit_layout *layout = layout_context->layout;
    const int external_count = H5Pget_external_count(layout_context->properties);
    if (external_count < 0)
        return LIBRARY_ERROR(layout_context, "cannot read where the values are");
    if (external_count > 0)
        return FORMAT_ERROR(layout_context,
                            "the values lie in another file, and no file may name others");
    layout->storage = EMIT_STORAGE_CONTIGUOUS;
    const uint64_t stored = H5Dget_storage_size(layout_context->dataset->id);
    if (stored == 0)
        return EMIT_OK;
    const uint64_t nbytes = values_nbytes(layout);
    if (stored < nbytes)
        return FORMAT_ERROR(layout_context, "%llu bytes are stored where the shape needs %llu",
                            (unsigned long long)stored, (unsigned long long)nbytes);
    layout->allocated = true;
    const haddr_t offset = H5Dget_offset(layout_context->dataset->id);
    if (offset == HADDR_UNDEF)
        return LIBRARY_ERROR(layout_context, "cannot read where the values are");
    layout->offset = offset;
    const uint64_t size = layout_context->file->nbytes;
    if (offset > size || nbytes > size - offset)
        return emit_error_set(layout_context->error, EMIT_ERROR_FILE,
                              "%s: %s: %llu bytes at %llu end behind the file's %llu bytes: "
                              "the file is truncated or damaged, get it again",
                              layout_context->file->path, layout->name, (unsigned long long)nbytes,
                              (unsigned long long)offset, (unsigned long long)size);
    return EMIT_OK;
}

static enum emit_status read_chunk_shape(const struct layout_context *layout_context)
{
    struct emit_layout *layout = layout_context->layout;
    hsize_t chunk[EMIT_MAX_RANK] = {0};
    const int rank = H5Pget_chunk(layout_context->properties, EMIT_MAX_RANK, chunk);
    if (rank < 0)
        return LIBRARY_ERROR(layout_context, "cannot read the chunk shape");
    if (rank != layout->rank)
        return FORMAT_ERROR(layout_context, "chunks have %d dimensions, the variable %d", rank,
                            layout->rank);
    uint64_t nbytes_left = MAX_CHUNK_NBYTES / emit_type_size(layout->type);
    const uint64_t most_chunks = emit_most_chunks(layout_context->file->nbytes);
    uint64_t chunks_left = most_chunks;
    layout->chunk_nbytes = emit_type_size(layout->type);
    for (int i = 0; i < rank; i++)
    {
        if (chunk[i] < 1 || chunk[i] > nbytes_left)
            return FORMAT_ERROR(layout_context, "chunks are empty or larger than 4 GiB");
        const uint64_t count = (layout->shape[i] - 1) / chunk[i] + 1;
        if (count > chunks_left)
            return FORMAT_ERROR(layout_context, "there are more than %llu chunks",
                                (unsigned long long)most_chunks);
        nbytes_left /= chunk[i];
        chunks_left /= count;
        layout->chunk[i] = chunk[i];
        layout->chunk_counts[i] = count;
        layout->chunk_nbytes *= chunk[i];
    }
    if (layout->chunk_nbytes > most_nbytes(layout_context))
        return too_large(layout_context, layout->chunk_nbytes);
    return EMIT_OK;
}

/* Whether filter "index" of the pipeline is one that emit_decode() undoes exactly as HDF5 does. */
static bool read_filter(const struct layout_context *layout_context, unsigned index)
{
    struct emit_layout *layout = layout_context->layout;
    unsigned flags = 0;
    unsigned values[8] = {0};
    size_t value_count = sizeof values / sizeof values[0];
    unsigned config = 0;
    enum emit_filter *filter = &layout->filters[index];
    switch (H5Pget_filter2(layout_context->properties, index, &flags, &value_count, values, 0, NULL,
                           &config))
    {
    case H5Z_FILTER_DEFLATE:
        *filter = EMIT_FILTER_DEFLATE;
        return true;
    case H5Z_FILTER_SHUFFLE:
        *filter = EMIT_FILTER_SHUFFLE;
        return value_count == 1 && values[0] == emit_type_size(layout->type);
    case H5Z_FILTER_FLETCHER32:
        *filter = EMIT_FILTER_FLETCHER32;
        return true;
    default:
        return false;
    }
}

/* Fills the filters; false when only the library can undo them. */
static bool read_filters(const struct layout_context *layout_context)
{
    struct emit_layout *layout = layout_context->layout;
    const int count = H5Pget_nfilters(layout_context->properties);
    if (count < 0 || count > EMIT_MAX_FILTERS)
        return false;
    for (unsigned i = 0; i < (unsigned)count; i++)
        if (!read_filter(layout_context, i))
            return false;
    layout->filter_count = count;
    unsigned options = 0;
    if (count > 0 && H5Pget_chunk_opts(layout_context->properties, &options) < 0)
        return false;
    /* Chunks cut by the edge are then stored unfiltered, which their filter masks do not tell. */
    return (options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) == 0;
}

/* Whether a chunk of scaleoffset filters to its own size; the library trusts the filter's number.
 */
static bool fits_scaleoffset(const struct emit_layout *layout, const unsigned *values, size_t count)
{
    enum
    {
        ELEMENTS = 2,
        ELEMENT_NBYTES = 4
    };
    const uint64_t nbytes = emit_type_size(layout->type);
    return count > ELEMENT_NBYTES && values[ELEMENT_NBYTES] == nbytes &&
           values[ELEMENTS] == layout->chunk_nbytes / nbytes;
}

/* Filters that make far more of a chunk than its size are refused: deflate undone twice makes a
 * million bytes of one. */
static enum emit_status check_filters(const struct layout_context *layout_context)
{
    const int count = H5Pget_nfilters(layout_context->properties);
    unsigned deflate_count = 0;
    for (unsigned i = 0; count > 0 && i < (unsigned)count; i++)
    {
        unsigned flags = 0;
        unsigned values[8] = {0};
        size_t value_count = sizeof values / sizeof values[0];
        const H5Z_filter_t filter = H5Pget_filter2(layout_context->properties, i, &flags,
                                                   &value_count, values, 0, NULL, NULL);
        deflate_count += filter == H5Z_FILTER_DEFLATE;
        if (deflate_count > 1)
            return FORMAT_ERROR(layout_context, "the chunks are deflated more than once");
        if (filter == H5Z_FILTER_SCALEOFFSET &&
            !fits_scaleoffset(layout_context->layout, values, value_count))
            return FORMAT_ERROR(layout_context, "the scaleoffset filter does not fit the chunks");
    }
    return EMIT_OK;
}

static enum emit_status read_chunked(const struct layout_context *layout_context)
{
    EMIT_TRY(read_chunk_shape(layout_context));
    EMIT_TRY(check_filters(layout_context));
    if (read_filters(layout_context))
        layout_context->layout->storage = EMIT_STORAGE_CHUNKED;
    return EMIT_OK;
}

static enum emit_status read_storage(const struct layout_context *layout_context)
{
    layout_context->layout->storage = EMIT_STORAGE_LIBRARY;
    switch (H5Pget_layout(layout_context->properties))
    {
    case H5D_CONTIGUOUS:
        return read_contiguous(layout_context);
    case H5D_CHUNKED:
        return read_chunked(layout_context);
    case H5D_VIRTUAL:
        return FORMAT_ERROR(layout_context,
                            "the values lie in another file, and no file may name others");
    case H5D_COMPACT:
        return EMIT_OK;
    default:
        return LIBRARY_ERROR(layout_context, "cannot read how the values are stored");
    }
}

/* The type comes first: the library must not be asked for the creation properties of a string
 * variable, since it would read their fill value through its unsafe code (see h5sequence.c). */
static enum emit_status read_layout(struct layout_context *layout_context)
{
    EMIT_TRY(read_type(layout_context));
    EMIT_TRY(read_shape(layout_context));
    layout_context->properties = H5Dget_create_plist(layout_context->dataset->id);
    if (layout_context->properties < 0)
        return LIBRARY_ERROR(layout_context, "cannot read how the variable was made");
    EMIT_TRY(emit_h5_read_encoding(layout_context->file, layout_context->layout->name,
                                   layout_context->dataset->id, layout_context->layout->type,
                                   &layout_context->layout->encoding, layout_context->error));
    EMIT_TRY(read_default_fill(layout_context));
    EMIT_TRY(read_storage(layout_context));
    read_dimensions(layout_context->file, layout_context->dataset->id, layout_context->layout);
    return EMIT_OK;
}

enum emit_status emit_h5_layout(struct emit_h5 *file, const char *name, struct emit_layout *layout,
                                struct emit_error *error)
{
    *layout = (struct emit_layout){.rank = 0};
    snprintf(layout->name, sizeof layout->name, "%s", name);
    struct emit_h5_dataset dataset;
    struct layout_context layout_context = {file, &dataset, H5I_INVALID_HID, layout, error};
    struct emit_h5_lock_state guard;
    emit_h5_lock(&guard, file);
    enum emit_status status = emit_h5_dataset_open(file, name, &dataset, error);
    if (status == EMIT_OK)
        status = read_layout(&layout_context);
    if (layout_context.properties >= 0)
        H5Pclose(layout_context.properties);
    emit_h5_dataset_close(&dataset);
    emit_h5_unlock(&guard);
    return status;
}
