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

static haddr_t link_address(hid_t group, const H5L_info_t *info)
{
    haddr_t address = HADDR_UNDEF;
    if (info->type != H5L_TYPE_HARD)
        return address;
#if H5_VERSION_GE(1, 12, 0)
    if (H5VLnative_token_to_addr(group, info->u.token, &address) < 0)
        return HADDR_UNDEF;
#else
    (void)group;
    address = info->u.address;
#endif
    return address;
}

static herr_t compare_link(hid_t group, const char *name, const H5L_info_t *info, void *data)
{
    const struct search *search = data;
    if (link_address(group, info) != search->address)
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
    struct emit_h5_sequence *lists;
    if (emit_h5_attr_open(dataset, "DIMENSION_LIST", &attr) && attr.count == rank &&
        H5Tget_class(attr.type) == H5T_VLEN &&
        emit_h5_read_sequences(file, layout->name, attr.id, rank, REFERENCE_NBYTES,
                               MAX_SCALES_NBYTES, &arena, &lists, NULL) == EMIT_OK)
        for (size_t i = 0; i < rank; i++)
            if (lists[i].nbytes >= REFERENCE_NBYTES)
                copy_scale_name(file, lists[i].bytes, layout->dimensions[i]);
    emit_arena_close(&arena);
    emit_h5_attr_close(&attr);
}

static void learn_dimensions(const struct emit_h5 *file, hid_t dataset, struct emit_layout *layout)
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
struct lesson
{
    const struct emit_h5 *file;
    const struct emit_h5_dataset *dataset;
    hid_t properties;
    struct emit_layout *layout;
    struct emit_error *error;
};

#define FORMAT_ERROR(lesson, ...)                                                                  \
    emit_h5_format_error((lesson)->file, (lesson)->layout->name, (lesson)->error, __VA_ARGS__)
#define LIBRARY_ERROR(lesson, problem)                                                             \
    emit_h5_library_error((lesson)->file, (lesson)->layout->name, problem, (lesson)->error)

static enum emit_status learn_type(const struct lesson *lesson)
{
    struct emit_layout *layout = lesson->layout;
    if (!emit_h5_number(lesson->dataset->type, &layout->type, &layout->swap_bytes))
        return FORMAT_ERROR(lesson, "the values are no integers or IEEE numbers of 1 to 8 bytes");
    return EMIT_OK;
}

/* Of all values; needs a shape that has been checked. */
static uint64_t values_nbytes(const struct emit_layout *layout)
{
    uint64_t nbytes = emit_type_size(layout->type);
    for (int i = 0; i < layout->rank; i++)
        nbytes *= layout->shape[i];
    return nbytes;
}

static enum emit_status too_large(const struct lesson *lesson, uint64_t nbytes)
{
    return emit_error_set(lesson->error, EMIT_ERROR_FILE,
                          "%s: %s: a file of %llu bytes cannot hold the %llu bytes of its values: "
                          "the file is truncated or damaged",
                          lesson->file->path, lesson->layout->name,
                          (unsigned long long)lesson->file->nbytes, (unsigned long long)nbytes);
}

/* Most bytes of values that the file can hold, however well they are packed. */
static uint64_t most_nbytes(const struct lesson *lesson)
{
    const uint64_t nbytes = lesson->file->nbytes;
    return (nbytes < UINT64_MAX / 2 / EMIT_MOST_PACKED ? nbytes * EMIT_MOST_PACKED
                                                       : UINT64_MAX / 2) +
           UNWRITTEN_NBYTES;
}

static enum emit_status learn_shape(const struct lesson *lesson)
{
    struct emit_layout *layout = lesson->layout;
    layout->rank = H5Sget_simple_extent_ndims(lesson->dataset->space);
    if (layout->rank < 1 || layout->rank > EMIT_MAX_RANK)
        return FORMAT_ERROR(lesson, "the variable has %d dimensions, not 1 to %d", layout->rank,
                            EMIT_MAX_RANK);
    hsize_t shape[EMIT_MAX_RANK] = {0};
    if (H5Sget_simple_extent_dims(lesson->dataset->space, shape, NULL) != layout->rank)
        return LIBRARY_ERROR(lesson, "cannot read the shape");
    uint64_t left = (uint64_t)INT64_MAX / 2 / emit_type_size(layout->type);
    for (int i = 0; i < layout->rank; i++)
    {
        if (shape[i] < 1)
            return FORMAT_ERROR(lesson, "dimension %d is empty", i);
        if (shape[i] > left)
            return FORMAT_ERROR(lesson, "the variable is too large for any file");
        left /= shape[i];
        layout->shape[i] = shape[i];
    }
    const uint64_t nbytes = values_nbytes(layout);
    return nbytes <= most_nbytes(lesson) ? EMIT_OK : too_large(lesson, nbytes);
}

static enum emit_status learn_default_fill(const struct lesson *lesson)
{
    struct emit_layout *layout = lesson->layout;
    H5D_fill_value_t defined = H5D_FILL_VALUE_UNDEFINED;
    if (H5Pfill_value_defined(lesson->properties, &defined) < 0)
        return LIBRARY_ERROR(lesson, "cannot read the fill value");
    if (defined == H5D_FILL_VALUE_UNDEFINED)
        return EMIT_OK;
    if (H5Pget_fill_value(lesson->properties, emit_h5_native(layout->type), layout->default_fill) <
        0)
        return LIBRARY_ERROR(lesson, "cannot read the fill value");
    return EMIT_OK;
}

/* ---- Storage -------------------------------------------------------------------------------- */

static enum emit_status learn_contiguous(const struct lesson *lesson)
{
    struct emit_layout *layout = lesson->layout;
    const int external_count = H5Pget_external_count(lesson->properties);
    if (external_count < 0)
        return LIBRARY_ERROR(lesson, "cannot read where the values are");
    if (external_count > 0)
        return FORMAT_ERROR(lesson, "the values lie in another file, and no file may name others");
    layout->storage = EMIT_STORAGE_CONTIGUOUS;
    const uint64_t stored = H5Dget_storage_size(lesson->dataset->id);
    if (stored == 0)
        return EMIT_OK;
    const uint64_t nbytes = values_nbytes(layout);
    if (stored < nbytes)
        return FORMAT_ERROR(lesson, "%llu bytes are stored where the shape needs %llu",
                            (unsigned long long)stored, (unsigned long long)nbytes);
    layout->allocated = true;
    const haddr_t offset = H5Dget_offset(lesson->dataset->id);
    if (offset == HADDR_UNDEF)
        return LIBRARY_ERROR(lesson, "cannot read where the values are");
    layout->offset = offset;
    const uint64_t size = lesson->file->nbytes;
    if (offset > size || nbytes > size - offset)
        return emit_error_set(lesson->error, EMIT_ERROR_FILE,
                              "%s: %s: %llu bytes at %llu end behind the file's %llu bytes: "
                              "the file is truncated or damaged, get it again",
                              lesson->file->path, layout->name, (unsigned long long)nbytes,
                              (unsigned long long)offset, (unsigned long long)size);
    return EMIT_OK;
}

static enum emit_status learn_chunk_shape(const struct lesson *lesson)
{
    struct emit_layout *layout = lesson->layout;
    hsize_t chunk[EMIT_MAX_RANK] = {0};
    const int rank = H5Pget_chunk(lesson->properties, EMIT_MAX_RANK, chunk);
    if (rank < 0)
        return LIBRARY_ERROR(lesson, "cannot read the chunk shape");
    if (rank != layout->rank)
        return FORMAT_ERROR(lesson, "chunks have %d dimensions, the variable %d", rank,
                            layout->rank);
    uint64_t nbytes_left = MAX_CHUNK_NBYTES / emit_type_size(layout->type);
    const uint64_t most_chunks = emit_most_chunks(lesson->file->nbytes);
    uint64_t chunks_left = most_chunks;
    layout->chunk_nbytes = emit_type_size(layout->type);
    for (int i = 0; i < rank; i++)
    {
        if (chunk[i] < 1 || chunk[i] > nbytes_left)
            return FORMAT_ERROR(lesson, "chunks are empty or larger than 4 GiB");
        const uint64_t count = (layout->shape[i] - 1) / chunk[i] + 1;
        if (count > chunks_left)
            return FORMAT_ERROR(lesson, "there are more than %llu chunks",
                                (unsigned long long)most_chunks);
        nbytes_left /= chunk[i];
        chunks_left /= count;
        layout->chunk[i] = chunk[i];
        layout->chunk_counts[i] = count;
        layout->chunk_nbytes *= chunk[i];
    }
    if (layout->chunk_nbytes > most_nbytes(lesson))
        return too_large(lesson, layout->chunk_nbytes);
    return EMIT_OK;
}

/* Whether filter "index" of the pipeline is one that emit_decode() undoes exactly as HDF5 does. */
static bool learn_filter(const struct lesson *lesson, unsigned index)
{
    struct emit_layout *layout = lesson->layout;
    unsigned flags = 0;
    unsigned values[8] = {0};
    size_t value_count = sizeof values / sizeof values[0];
    unsigned config = 0;
    enum emit_filter *filter = &layout->filters[index];
    switch (
        H5Pget_filter2(lesson->properties, index, &flags, &value_count, values, 0, NULL, &config))
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
static bool learn_filters(const struct lesson *lesson)
{
    struct emit_layout *layout = lesson->layout;
    const int count = H5Pget_nfilters(lesson->properties);
    if (count < 0 || count > EMIT_MAX_FILTERS)
        return false;
    for (unsigned i = 0; i < (unsigned)count; i++)
        if (!learn_filter(lesson, i))
            return false;
    layout->filter_count = count;
    unsigned options = 0;
    if (count > 0 && H5Pget_chunk_opts(lesson->properties, &options) < 0)
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
static enum emit_status check_filters(const struct lesson *lesson)
{
    const int count = H5Pget_nfilters(lesson->properties);
    unsigned deflate_count = 0;
    for (unsigned i = 0; count > 0 && i < (unsigned)count; i++)
    {
        unsigned flags = 0;
        unsigned values[8] = {0};
        size_t value_count = sizeof values / sizeof values[0];
        const H5Z_filter_t filter =
            H5Pget_filter2(lesson->properties, i, &flags, &value_count, values, 0, NULL, NULL);
        deflate_count += filter == H5Z_FILTER_DEFLATE;
        if (deflate_count > 1)
            return FORMAT_ERROR(lesson, "the chunks are deflated more than once");
        if (filter == H5Z_FILTER_SCALEOFFSET &&
            !fits_scaleoffset(lesson->layout, values, value_count))
            return FORMAT_ERROR(lesson, "the scaleoffset filter does not fit the chunks");
    }
    return EMIT_OK;
}

static enum emit_status learn_chunked(const struct lesson *lesson)
{
    EMIT_TRY(learn_chunk_shape(lesson));
    EMIT_TRY(check_filters(lesson));
    if (learn_filters(lesson))
        lesson->layout->storage = EMIT_STORAGE_CHUNKED;
    return EMIT_OK;
}

static enum emit_status learn_storage(const struct lesson *lesson)
{
    lesson->layout->storage = EMIT_STORAGE_LIBRARY;
    switch (H5Pget_layout(lesson->properties))
    {
    case H5D_CONTIGUOUS:
        return learn_contiguous(lesson);
    case H5D_CHUNKED:
        return learn_chunked(lesson);
    case H5D_VIRTUAL:
        return FORMAT_ERROR(lesson, "the values lie in another file, and no file may name others");
    case H5D_COMPACT:
        return EMIT_OK;
    default:
        return LIBRARY_ERROR(lesson, "cannot read how the values are stored");
    }
}

/* The type comes first: the library must not be asked for the creation properties of a string
 * variable, since it would read their fill value through its unsafe code (see h5sequence.c). */
static enum emit_status learn_layout(struct lesson *lesson)
{
    EMIT_TRY(learn_type(lesson));
    EMIT_TRY(learn_shape(lesson));
    lesson->properties = H5Dget_create_plist(lesson->dataset->id);
    if (lesson->properties < 0)
        return LIBRARY_ERROR(lesson, "cannot read how the variable was made");
    EMIT_TRY(emit_h5_read_encoding(lesson->file, lesson->layout->name, lesson->dataset->id,
                                   lesson->layout->type, &lesson->layout->encoding, lesson->error));
    EMIT_TRY(learn_default_fill(lesson));
    EMIT_TRY(learn_storage(lesson));
    learn_dimensions(lesson->file, lesson->dataset->id, lesson->layout);
    return EMIT_OK;
}

enum emit_status emit_h5_layout(struct emit_h5 *file, const char *name, struct emit_layout *layout,
                                struct emit_error *error)
{
    *layout = (struct emit_layout){.rank = 0};
    snprintf(layout->name, sizeof layout->name, "%s", name);
    struct emit_h5_dataset dataset;
    struct lesson lesson = {file, &dataset, H5I_INVALID_HID, layout, error};
    struct emit_h5_guard guard;
    emit_h5_enter(&guard, file);
    enum emit_status status = emit_h5_dataset_open(file, name, &dataset, error);
    if (status == EMIT_OK)
        status = learn_layout(&lesson);
    if (lesson.properties >= 0)
        H5Pclose(lesson.properties);
    emit_h5_dataset_close(&dataset);
    emit_h5_leave(&guard);
    return status;
}
