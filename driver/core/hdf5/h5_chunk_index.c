/* SPDX-License-Identifier: MIT */
/* Positions of the chunks of a variable. The blocks of a remote file's index are fetched before,
 * level by level. HDF5 then lists all chunks, with one call or, in releases before 1.14, one chunk
 * at a time. Each chunk is checked against the size of the file and of its values. */
#include "core/base/box.h"
#include "core/hdf5/h5_internal.h"
#include "core/hdf5/vfd.h"
#include "core/io/prefetch.h"

#include <string.h>

/* ---- Prefetching ---------------------------------------------------------------------------- */

/* HDF5 reads an index node by node and holds its lock meanwhile. So the nodes of a remote file are
 * fetched before, each level of the tree at once. */

/* Levels and nodes a level: more than a granule has. What exceeds them is not prefetched. */
#define MAX_LEVELS 8
#define MAX_NODES 16384

struct tree
{
    struct emit_file *file;
    uint64_t base;
    uint64_t block_nbytes;     /* of the current level */
    struct emit_ranges blocks; /* the next level */
};

static bool read_cached(void *context, uint64_t offset, size_t nbytes, void *bytes)
{
    const struct tree *tree = context;
    return emit_file_is_cached(tree->file, offset, nbytes) &&
           emit_file_read(tree->file, offset, nbytes, bytes, NULL) == EMIT_OK;
}

static void add_block(void *context, uint64_t address, const unsigned char *name, size_t length)
{
    (void)name;
    (void)length;
    struct tree *tree = context;
    const uint64_t left = emit_file_size(tree->file) - tree->base;
    if (address < left && tree->blocks.count < MAX_NODES)
        emit_ranges_add(&tree->blocks, tree->base + address,
                        emit_min(left - address, tree->block_nbytes), NULL);
}

/* Fetches the blocks of a level, from which the validator finds those of the next one. */
static void fetch_level(struct tree *tree, struct emit_check *check,
                        const struct emit_ranges *level)
{
    struct emit_prefetch_list list = {.count = 0};
    for (size_t i = 0; i < level->count; i++)
        emit_prefetch_add(&list, tree->file, level->range[i].offset, level->range[i].nbytes);
    emit_prefetch_run(&list);
    tree->block_nbytes = EMIT_CHECK_NODE_NBYTES;
    for (size_t i = 0; i < level->count; i++)
    {
        unsigned char bytes[EMIT_CHECK_NODE_NBYTES];
        const struct emit_range *block = &level->range[i];
        if (read_cached(tree, block->offset, (size_t)block->nbytes, bytes))
            emit_check_block(check,
                             &(struct emit_check_block){tree->base, block->offset - tree->base,
                                                        bytes, (size_t)block->nbytes, true});
    }
}

static void prefetch_tree(struct emit_h5 *file, uint64_t header)
{
    struct tree tree = {file->file, file->base, EMIT_CHECK_HEADER_NBYTES, {0}};
    struct emit_check *check =
        emit_check_create(&(struct emit_check_source){read_cached, &tree, file->nbytes, add_block});
    if (check == NULL)
        return;
    add_block(&tree, header, NULL, 0);
    for (int i = 0; i < MAX_LEVELS && tree.blocks.count > 0; i++)
    {
        struct emit_ranges level = tree.blocks;
        tree.blocks = (struct emit_ranges){0};
        fetch_level(&tree, check, &level);
        emit_ranges_close(&level);
    }
    emit_ranges_close(&tree.blocks);
    emit_check_destroy(check);
}

/* A failure is left to HDF5, which reads the same. */
static void prefetch_index(struct emit_h5 *file, const char *name)
{
    H5L_info_t link;
    haddr_t header = HADDR_UNDEF;
    if (!emit_file_is_remote(file->file) || emit_h5_check_fork(file->path, NULL) != EMIT_OK)
        return;
    emit_h5_lock(file);
    if (H5Lget_info(file->id, name, &link, file->link_access) >= 0)
        header = emit_h5_link_address(file->id, &link);
    emit_h5_unlock();
    if (header != HADDR_UNDEF)
        prefetch_tree(file, header);
}

/* ---- Reading -------------------------------------------------------------------------------- */

/* The positions found so far. */
struct chunk_list
{
    const struct emit_h5_dataset *dataset;
    const struct emit_layout *layout;
    struct emit_chunk *chunks;
    enum emit_status status; /* of the first chunk that is wrong */
};

static enum emit_status unreadable_index(const struct chunk_list *list)
{
    return emit_h5_library_error(&list->dataset->subject, "cannot read where the chunks are");
}

/* Most bytes that the known filters make of a chunk: deflate and fletcher32 add little to what they
 * cannot pack. */
static uint64_t most_stored_nbytes(const struct emit_layout *layout)
{
    const uint64_t slack = layout->filter_count == 0 ? 0 : layout->chunk_nbytes / 8 + 1024;
    return layout->chunk_nbytes + slack;
}

static enum emit_status add_chunk(const struct chunk_list *list, uint64_t position,
                                  const struct emit_chunk *chunk)
{
    const struct emit_layout *layout = list->layout;
    const bool raw = layout->filter_count == 0;
    if (chunk->size < 1 || chunk->size > most_stored_nbytes(layout) ||
        chunk->size < layout->chunk_nbytes / EMIT_MOST_PACKED ||
        (raw && chunk->size != layout->chunk_nbytes))
        return emit_h5_format_error(
            &list->dataset->subject, "a chunk of %llu bytes is stored in %llu bytes",
            (unsigned long long)layout->chunk_nbytes, (unsigned long long)chunk->size);
    EMIT_TRY(emit_h5_check_extent(&list->dataset->subject, "a chunk", chunk->offset, chunk->size));
    list->chunks[position] = *chunk;
    return EMIT_OK;
}

#if H5_VERSION_GE(1, 14, 0)
/* Up to 1.14.3 H5Dchunk_iter() forgets the user block (HDFGroup/hdf5 #3003). Asked at run time,
 * since all releases of 1.14 can stand in for each other. */
static uint64_t address_base(const struct emit_h5 *file)
{
    unsigned major = 0;
    unsigned minor = 0;
    unsigned release = 0;
    H5get_libversion(&major, &minor, &release);
    const bool absolute = major > 1 || minor > 14 || (minor == 14 && release >= 4);
    return absolute ? 0 : file->base;
}

/* Position in the chunk grid of the chunk that begins at "start"; false when it is not in it. */
static bool grid_position(const struct emit_layout *layout, const hsize_t *start,
                          uint64_t *position)
{
    *position = 0;
    for (int i = 0; i < layout->rank; i++)
    {
        const uint64_t index = start[i] / layout->chunk[i];
        if (start[i] % layout->chunk[i] != 0 || index >= layout->chunk_counts[i])
            return false;
        *position = *position * layout->chunk_counts[i] + index;
    }
    return true;
}

static int visit_chunk(const hsize_t *start, unsigned filter_mask, haddr_t address, hsize_t size,
                       void *data)
{
    struct chunk_list *list = data;
    const uint64_t base = address_base(list->dataset->subject.file);
    const struct emit_chunk chunk = {.offset =
                                         address > UINT64_MAX - base ? UINT64_MAX : address + base,
                                     .size = size,
                                     .filter_mask = filter_mask};
    uint64_t position;
    if (!grid_position(list->layout, start, &position) || list->chunks[position].size != 0)
        list->status = emit_h5_format_error(&list->dataset->subject,
                                            "a chunk has a wrong place in the variable");
    else
        list->status = add_chunk(list, position, &chunk);
    return list->status == EMIT_OK ? H5_ITER_CONT : H5_ITER_STOP;
}

static enum emit_status list_chunks(struct chunk_list *list)
{
    if (H5Dchunk_iter(list->dataset->id, H5P_DEFAULT, visit_chunk, list) < 0)
        return unreadable_index(list);
    return list->status;
}
#else
/* Older libraries give the positions of chunks only by H5Dget_chunk_info(), which walks over all
 * chunks before the requested one: 20,000 chunks took 1.10.8 3.5 s (19 s in files of the latest
 * format), 40,000 took 24 s (85 s). H5Dread_chunk() finds a chunk at once, so it is called for each
 * chunk while the file driver only records where it would have read: 0.04 s for 40,000. */
static enum emit_status locate_chunk(const struct chunk_list *list, const hsize_t *start,
                                     hsize_t size, struct emit_chunk *chunk)
{
    struct emit_vfd_trace trace = {.count = 0};
    unsigned char untouched[8];
    emit_vfd_trace_reads(&trace);
    const herr_t result =
        H5Dread_chunk(list->dataset->id, H5P_DEFAULT, start, &chunk->filter_mask, untouched);
    emit_vfd_trace_reads(NULL);
    if (result < 0)
        return unreadable_index(list);
    if (trace.count != 1)
        return emit_error_set(list->dataset->subject.error, EMIT_ERROR_INTERNAL,
                              "%s: this HDF5 library does not read chunks as expected",
                              list->layout->name);
    if (trace.size != size) /* the index and the shape differ */
        return emit_h5_format_error(&list->dataset->subject,
                                    "a chunk of %llu bytes is stored in %llu bytes",
                                    (unsigned long long)size, (unsigned long long)trace.size);
    chunk->offset = trace.offset;
    chunk->size = trace.size;
    return EMIT_OK;
}

static enum emit_status find_chunk(const struct chunk_list *list, uint64_t position,
                                   const hsize_t *start, uint64_t *found_count)
{
    hsize_t size = 0;
    herr_t known;
    /* Fails for chunks that were never written, which must not be recorded as damage. */
    H5E_BEGIN_TRY
    {
        known = H5Dget_chunk_storage_size(list->dataset->id, start, &size);
    }
    H5E_END_TRY
    if (known < 0 || size == 0)
        return EMIT_OK; /* never written, or a damaged index, which the count shows */
    struct emit_chunk chunk = {.size = 0};
    EMIT_TRY(locate_chunk(list, start, size, &chunk));
    (*found_count)++;
    return add_chunk(list, position, &chunk);
}

/* Moves "start" to the next chunk of the grid, in C order. */
static void next_chunk(const struct emit_layout *layout, hsize_t *start)
{
    for (int i = layout->rank - 1; i >= 0; i--)
    {
        start[i] += layout->chunk[i];
        if (start[i] < layout->shape[i])
            return;
        start[i] = 0;
    }
}

static enum emit_status list_chunks(struct chunk_list *list)
{
    hsize_t count = 0;
    if (H5Dget_num_chunks(list->dataset->id, list->dataset->space, &count) < 0)
        return unreadable_index(list);
    uint64_t grid = 1;
    for (int i = 0; i < list->layout->rank; i++)
        grid *= list->layout->chunk_counts[i];
    hsize_t start[EMIT_MAX_RANK] = {0};
    uint64_t found = 0;
    for (uint64_t i = 0; i < grid && found < count; i++, next_chunk(list->layout, start))
        EMIT_TRY(find_chunk(list, i, start, &found));
    if (found != count)
        return emit_h5_format_error(&list->dataset->subject,
                                    "%llu chunks can be found, but %llu were written",
                                    (unsigned long long)found, (unsigned long long)count);
    return EMIT_OK;
}
#endif

/* Lists the "count" chunks of the grid. */
static enum emit_status list_anew(struct chunk_list *list, uint64_t count)
{
    enum emit_status status = EMIT_OK;
    for (struct emit_h5_attempt attempt = {0};
         emit_h5_attempt(list->dataset->subject.file, &attempt);)
    {
        list->status = EMIT_OK;
        memset(list->chunks, 0, (size_t)count * sizeof *list->chunks);
        status = list_chunks(list);
    }
    return status;
}

enum emit_status emit_h5_chunks(struct emit_h5 *file, const struct emit_layout *layout,
                                struct emit_chunk *chunks, struct emit_error *error)
{
    if (layout->storage != EMIT_STORAGE_CHUNKED)
        return emit_error_set(error, EMIT_ERROR_INTERNAL, "%s has no chunks", layout->name);
    uint64_t count = 1;
    for (int i = 0; i < layout->rank; i++)
        count *= layout->chunk_counts[i];

    prefetch_index(file, layout->name);
    struct emit_h5_dataset dataset;
    struct chunk_list list = {&dataset, layout, chunks, EMIT_OK};
    enum emit_status status = emit_h5_dataset_open(file, layout->name, true, &dataset, error);
    if (status == EMIT_OK)
        status = list_anew(&list, count);
    emit_h5_dataset_close(&dataset);
    return status;
}
