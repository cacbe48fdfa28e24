/* SPDX-License-Identifier: MIT */
/* Shape, type and place of a variable, read in the order in which each check needs the one before:
 * the type, the shape (whose size must fit the file), the encoding and fill value, the storage
 * with chunks and filters, and last the names of the dimensions, which are optional. */
#include "core/base/bytes.h"
#include "core/hdf5/h5_internal.h"

#include <stdio.h>
#include <string.h>

/* ---- Dimensions: optional, so names that cannot be read stay "" ---- */

#define REFERENCE_NBYTES 8     /* of an object reference in the file: its address */
#define MAX_SCALES_NBYTES 4096 /* references of one dimension */

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
    /* What netCDF calls a dimension that has no name. */
    if (strlen(name) < EMIT_NAME_SIZE && strncmp(name, "phony_dim_", 10) != 0)
        strcpy(search->name, name);
    return 1;
}

/* Copies the name of the scale that an object reference, which is an address, refers to. Opening
 * it and asking for its name would make the library search all groups, endlessly if a damaged one
 * contains itself. */
static void copy_scale_name(const struct emit_h5 *file, const char *reference,
                            char name[EMIT_NAME_SIZE])
{
    struct search search = {emit_little_endian((const unsigned char *)reference, REFERENCE_NBYTES),
                            name};
    H5Literate(file->id, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, compare_link, &search);
}

/* DIMENSION_LIST holds for each dimension a list of references, of which netCDF uses the first. */
static void copy_scale_names(const struct emit_h5_dataset *dataset, struct emit_layout *layout)
{
    const struct emit_h5_subject subject = {dataset->subject.file, layout->name, NULL};
    struct emit_h5_attr attr;
    const bool is_open = emit_h5_attr_open(dataset->id, "DIMENSION_LIST", &attr);
    const struct emit_h5_vlens vlens = {&subject, attr.id, (size_t)layout->rank, MAX_SCALES_NBYTES};
    struct emit_arena arena = {0};
    struct emit_h5_vlen *lists;
    if (is_open && attr.count == vlens.count && H5Tget_class(attr.type) == H5T_VLEN &&
        emit_h5_read_vlens(&vlens, REFERENCE_NBYTES, &arena, &lists) == EMIT_OK)
        for (size_t i = 0; i < vlens.count; i++)
            if (lists[i].nbytes >= REFERENCE_NBYTES)
                copy_scale_name(subject.file, lists[i].bytes, layout->dimensions[i]);
    emit_arena_close(&arena);
    emit_h5_attr_close(&attr);
}

/* ---- Layout ---- */

#define MAX_CHUNK_NBYTES ((uint64_t)4 << 30)
#define UNWRITTEN_NBYTES ((uint64_t)64 << 20) /* that a small file may leave unwritten */

/* A layout that is being read. */
struct context
{
    struct emit_h5_dataset dataset;
    const struct emit_h5_subject *subject; /* of "dataset" */
    hid_t properties;
    struct emit_layout *layout;
};

static enum emit_status read_type(const struct context *context)
{
    if (emit_h5_number(context->dataset.type, &context->layout->type, &context->layout->swap_bytes))
        return EMIT_OK;
    char name[EMIT_H5_TYPE_NAME_SIZE];
    emit_h5_type_name(context->dataset.type, name);
    return emit_h5_format_error(
        context->subject,
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

static enum emit_status too_large(const struct context *context, uint64_t nbytes)
{
    return emit_h5_damage_error(
        context->subject, "a file of %llu bytes cannot hold the %llu bytes of its values",
        (unsigned long long)context->subject->file->nbytes, (unsigned long long)nbytes);
}

/* Most bytes of values that the file can hold, however well they are packed. */
static uint64_t most_nbytes(const struct context *context)
{
    const uint64_t nbytes = context->subject->file->nbytes;
    return (nbytes < UINT64_MAX / 2 / EMIT_MOST_PACKED ? nbytes * EMIT_MOST_PACKED
                                                       : UINT64_MAX / 2) +
           UNWRITTEN_NBYTES;
}

static enum emit_status read_shape(const struct context *context)
{
    struct emit_layout *layout = context->layout;
    layout->rank = H5Sget_simple_extent_ndims(context->dataset.space);
    if (layout->rank < 1 || layout->rank > EMIT_MAX_RANK)
        return emit_h5_format_error(context->subject, "the variable has %d dimensions, not 1 to %d",
                                    layout->rank, EMIT_MAX_RANK);
    hsize_t shape[EMIT_MAX_RANK] = {0};
    if (H5Sget_simple_extent_dims(context->dataset.space, shape, NULL) != layout->rank)
        return emit_h5_library_error(context->subject, "cannot read the shape");
    uint64_t left = (uint64_t)INT64_MAX / 2 / emit_type_size(layout->type);
    for (int i = 0; i < layout->rank; i++)
    {
        if (shape[i] < 1)
            return emit_h5_format_error(context->subject, "dimension %d is empty", i);
        if (shape[i] > left)
            return emit_h5_format_error(context->subject, "the variable is too large for any file");
        left /= shape[i];
        layout->shape[i] = shape[i];
    }
    const uint64_t nbytes = values_nbytes(layout);
    return nbytes <= most_nbytes(context) ? EMIT_OK : too_large(context, nbytes);
}

static enum emit_status read_default_fill(const struct context *context)
{
    struct emit_layout *layout = context->layout;
    H5D_fill_value_t defined = H5D_FILL_VALUE_UNDEFINED;
    if (H5Pfill_value_defined(context->properties, &defined) < 0)
        return emit_h5_library_error(context->subject, "cannot read the fill value");
    if (defined == H5D_FILL_VALUE_UNDEFINED)
        return EMIT_OK;
    if (H5Pget_fill_value(context->properties, emit_h5_native(layout->type), layout->default_fill) <
        0)
        return emit_h5_library_error(context->subject, "cannot read the fill value");
    return EMIT_OK;
}

/* ---- Storage -------------------------------------------------------------------------------- */

static enum emit_status read_contiguous(const struct context *context)
{
    struct emit_layout *layout = context->layout;
    const int external_count = H5Pget_external_count(context->properties);
    if (external_count < 0)
        return emit_h5_library_error(context->subject, "cannot read where the values are");
    if (external_count > 0)
        return emit_h5_format_error(context->subject,
                                    "the values lie in another file, and no file may name others");
    layout->storage = EMIT_STORAGE_CONTIGUOUS;
    const uint64_t stored = H5Dget_storage_size(context->dataset.id);
    if (stored == 0)
        return EMIT_OK;
    const uint64_t nbytes = values_nbytes(layout);
    if (stored < nbytes)
        return emit_h5_format_error(context->subject,
                                    "%llu bytes are stored where the shape needs %llu",
                                    (unsigned long long)stored, (unsigned long long)nbytes);
    layout->allocated = true;
    const haddr_t offset = H5Dget_offset(context->dataset.id);
    if (offset == HADDR_UNDEF)
        return emit_h5_library_error(context->subject, "cannot read where the values are");
    layout->offset = offset;
    return emit_h5_check_extent(context->subject, "a block", offset, nbytes);
}

static enum emit_status read_chunk_shape(const struct context *context)
{
    struct emit_layout *layout = context->layout;
    hsize_t chunk[EMIT_MAX_RANK] = {0};
    const int rank = H5Pget_chunk(context->properties, EMIT_MAX_RANK, chunk);
    if (rank < 0)
        return emit_h5_library_error(context->subject, "cannot read the chunk shape");
    if (rank != layout->rank)
        return emit_h5_format_error(context->subject, "chunks have %d dimensions, the variable %d",
                                    rank, layout->rank);
    uint64_t nbytes_left = MAX_CHUNK_NBYTES / emit_type_size(layout->type);
    const uint64_t most_chunks = emit_most_chunks(context->subject->file->nbytes);
    uint64_t chunks_left = most_chunks;
    layout->chunk_nbytes = emit_type_size(layout->type);
    for (int i = 0; i < rank; i++)
    {
        if (chunk[i] < 1 || chunk[i] > nbytes_left)
            return emit_h5_format_error(context->subject, "chunks are empty or larger than 4 GiB");
        const uint64_t count = (layout->shape[i] - 1) / chunk[i] + 1;
        if (count > chunks_left)
            return emit_h5_format_error(context->subject, "there are more than %llu chunks",
                                        (unsigned long long)most_chunks);
        nbytes_left /= chunk[i];
        chunks_left /= count;
        layout->chunk[i] = chunk[i];
        layout->chunk_counts[i] = count;
        layout->chunk_nbytes *= chunk[i];
    }
    if (layout->chunk_nbytes > most_nbytes(context))
        return too_large(context, layout->chunk_nbytes);
    return EMIT_OK;
}

struct filter
{
    H5Z_filter_t id;
    unsigned values[8];
    size_t value_count;
};

static struct filter get_filter(hid_t properties, unsigned index)
{
    struct filter filter = {.value_count = 8};
    unsigned flags = 0;
    filter.id = H5Pget_filter2(properties, index, &flags, &filter.value_count, filter.values, 0,
                               NULL, NULL);
    return filter;
}

/* Whether filters.h undoes the filter exactly as HDF5 does. */
static bool is_known(const struct emit_layout *layout, const struct filter *filter,
                     enum emit_filter *known)
{
    switch (filter->id)
    {
    case H5Z_FILTER_DEFLATE:
        *known = EMIT_FILTER_DEFLATE;
        return true;
    case H5Z_FILTER_SHUFFLE:
        *known = EMIT_FILTER_SHUFFLE;
        return filter->value_count == 1 && filter->values[0] == emit_type_size(layout->type);
    case H5Z_FILTER_FLETCHER32:
        *known = EMIT_FILTER_FLETCHER32;
        return true;
    default:
        return false;
    }
}

/* Whether a chunk of scaleoffset becomes as long as it should; the library trusts the filter's
 * numbers. */
static bool fits_scaleoffset(const struct emit_layout *layout, const struct filter *filter)
{
    enum
    {
        ELEMENTS = 2,
        ELEMENT_NBYTES = 4
    };
    const uint64_t nbytes = emit_type_size(layout->type);
    return filter->value_count > ELEMENT_NBYTES && filter->values[ELEMENT_NBYTES] == nbytes &&
           filter->values[ELEMENTS] == layout->chunk_nbytes / nbytes;
}

/* Chunks cut by the edge may be stored unfiltered, which their filter masks do not show. */
static bool filters_all_chunks(const struct context *context)
{
    unsigned options = 0;
    return H5Pget_chunk_opts(context->properties, &options) >= 0 &&
           (options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) == 0;
}

/* Reads the filters; only the library can undo others than the known ones. Rejects filters that
 * make far more of a chunk than its size: deflate undone twice makes a million bytes of one. */
static enum emit_status read_filters(const struct context *context)
{
    struct emit_layout *layout = context->layout;
    const int count = H5Pget_nfilters(context->properties);
    bool known =
        count == 0 || (count > 0 && count <= EMIT_MAX_FILTERS && filters_all_chunks(context));
    unsigned deflate_count = 0;
    for (int i = 0; i < count; i++)
    {
        const struct filter filter = get_filter(context->properties, (unsigned)i);
        deflate_count += filter.id == H5Z_FILTER_DEFLATE;
        if (deflate_count > 1)
            return emit_h5_format_error(context->subject, "the chunks are deflated more than once");
        if (filter.id == H5Z_FILTER_SCALEOFFSET && !fits_scaleoffset(layout, &filter))
            return emit_h5_format_error(context->subject,
                                        "the scaleoffset filter does not fit the chunks");
        known = known && is_known(layout, &filter, &layout->filters[i]);
    }
    if (known)
    {
        layout->filter_count = count;
        layout->storage = EMIT_STORAGE_CHUNKED;
    }
    return EMIT_OK;
}

static enum emit_status read_storage(const struct context *context)
{
    context->layout->storage = EMIT_STORAGE_LIBRARY;
    switch (H5Pget_layout(context->properties))
    {
    case H5D_CONTIGUOUS:
        return read_contiguous(context);
    case H5D_CHUNKED:
        EMIT_TRY(read_chunk_shape(context));
        return read_filters(context);
    case H5D_VIRTUAL:
        return emit_h5_format_error(context->subject,
                                    "the values lie in another file, and no file may name others");
    case H5D_COMPACT:
        return EMIT_OK;
    default:
        return emit_h5_library_error(context->subject, "cannot read how the values are stored");
    }
}

/* The type comes first: reading the creation properties of a string variable would make the
 * library read their fill value by its unsafe code (see h5_vlen.c). */
static enum emit_status read_layout(struct context *context)
{
    EMIT_TRY(read_type(context));
    EMIT_TRY(read_shape(context));
    context->properties = H5Dget_create_plist(context->dataset.id);
    if (context->properties < 0)
        return emit_h5_library_error(context->subject, "cannot read the creation properties");
    EMIT_TRY(emit_h5_read_encoding(&context->dataset, context->layout->type,
                                   &context->layout->encoding));
    EMIT_TRY(read_default_fill(context));
    EMIT_TRY(read_storage(context));
    if (context->layout->rank > 1)
        copy_scale_names(&context->dataset, context->layout);
    return EMIT_OK;
}

enum emit_status emit_h5_layout(struct emit_h5 *file, const char *name, struct emit_layout *layout,
                                struct emit_error *error)
{
    *layout = (struct emit_layout){.rank = 0};
    snprintf(layout->name, sizeof layout->name, "%s", name);
    struct context context = {.properties = H5I_INVALID_HID, .layout = layout};
    context.subject = &context.dataset.subject;
    enum emit_status status = emit_h5_dataset_open(file, name, false, &context.dataset, error);
    if (status == EMIT_OK)
        status = read_layout(&context);
    if (context.properties >= 0)
        H5Pclose(context.properties);
    emit_h5_dataset_close(&context.dataset);
    return status;
}
