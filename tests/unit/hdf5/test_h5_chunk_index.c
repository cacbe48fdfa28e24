/* SPDX-License-Identifier: MIT */
#include "h5support.h"

#include <cpl_conv.h>
#include <stdlib.h>
#include <string.h>

/* Reads all chunks' places; free() them. */
static struct emit_chunk *chunks_of(struct emit_h5 *file, const struct emit_layout *layout,
                                    uint64_t *count)
{
    *count = 1;
    for (int i = 0; i < layout->rank; i++)
        *count *= layout->chunk_counts[i];
    struct emit_chunk *chunks = malloc(*count * sizeof *chunks);
    if (emit_h5_chunks(file, layout, chunks, &last_error) != EMIT_OK)
        fail_msg("%s", last_error.message);
    return chunks;
}

/* Start of chunk "position" of the grid, in values. */
static void chunk_start(const struct emit_layout *layout, uint64_t position, hsize_t *start)
{
    for (int i = layout->rank - 1; i >= 0; i--)
    {
        start[i] = position % layout->chunk_counts[i] * layout->chunk[i];
        position /= layout->chunk_counts[i];
    }
}

/* HDF5 with its own file driver must find the same stored bytes in every chunk, and miss the same.
 */
static void assert_chunks_are_where_hdf5_finds_them(const char *name, uint64_t expected_missing)
{
    struct emit_h5 *h5 = open_local();
    const struct emit_layout layout = layout_of(h5, name);
    assert_int_equal(layout.storage, EMIT_STORAGE_CHUNKED);
    uint64_t count;
    struct emit_chunk *chunks = chunks_of(h5, &layout, &count);
    size_t size;
    unsigned char *bytes = file_bytes(local_path, &size);
    const hid_t file = H5Fopen(local_path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    uint64_t missing = 0;
    for (uint64_t i = 0; i < count; i++)
    {
        hsize_t start[EMIT_MAX_RANK];
        chunk_start(&layout, i, start);
        unsigned char stored[4096];
        uint32_t filter_mask = 0;
        const bool found = read_stored_chunk(dataset, start, &filter_mask, stored, sizeof stored);
        assert_int_equal(chunks[i].size > 0, found);
        missing += !found;
        assert_true(chunks[i].size <= sizeof stored);
        assert_true(chunks[i].offset + chunks[i].size <= size);
        assert_int_equal(chunks[i].filter_mask, filter_mask);
        assert_memory_equal(bytes + chunks[i].offset, stored, chunks[i].size);
    }
    assert_int_equal(missing, expected_missing);
    H5Dclose(dataset);
    H5Fclose(file);
    CPLFree(bytes);
    free(chunks);
    emit_h5_close(h5);
}

static void chunks_are_found_through_every_kind_of_index(void **state)
{
    (void)state;
    for (size_t i = 0; i < INDEX_KINDS; i++)
    {
        const struct index_kind *kind = &index_kinds[i];
        print_message("             %s\n", kind->name);
        write_cube(kind, 7);
        assert_chunks_are_where_hdf5_finds_them("/cube", 0);
        write_cube(kind, 3); /* touches two of the four rows of 4 x 3 chunks */
        assert_chunks_are_where_hdf5_finds_them("/cube", kind->early || kind->one_chunk ? 0 : 24);
        write_cube(kind, 0);
        assert_chunks_are_where_hdf5_finds_them("/cube",
                                                kind->early ? 0 : (kind->one_chunk ? 1 : 48));
    }
}

static void grown_and_shrunk_variables_keep_their_chunks(void **state)
{
    (void)state;
    for (int latest = 0; latest < 2; latest++)
    {
        const struct index_kind kind = {.latest = latest == 1, .unlimited = 3, .early = true};
        write_cube(&kind, 7);
        hid_t file = H5Fopen(local_path, H5F_ACC_RDWR, H5P_DEFAULT);
        hid_t dataset = H5Dopen2(file, "cube", H5P_DEFAULT);
        assert_true(H5Dset_extent(dataset, (const hsize_t[]){5, 13, 3}) >= 0);
        H5Dclose(dataset);
        H5Fclose(file);
        assert_chunks_are_where_hdf5_finds_them("/cube", 0);
    }
}

static void reserved_space_is_not_a_chunk(void **state)
{
    (void)state;
    const hsize_t shape[] = {5, 4};
    const hsize_t limit[] = {15, 12};
    const hsize_t chunk[] = {2, 3};
    for (int latest = 0; latest < 2; latest++)
    {
        const hid_t file = create_file((struct file_kind){.latest = latest == 1});
        const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_chunk(properties, 2, chunk);
        H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY);
        H5Dclose(add_dataset(file, "v", H5T_STD_I32LE, 2, shape, limit, properties));
        H5Fclose(file);
        assert_chunks_are_where_hdf5_finds_them("/v", 0);
    }
}

static void many_chunks_are_found_quickly(void **state)
{
    (void)state;
    const hsize_t shape[] = {100003};
    const hsize_t chunk[] = {2};
    const hid_t file = new_file();
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(properties, 1, chunk);
    H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(properties, H5D_FILL_TIME_NEVER);
    H5Dclose(add_dataset(file, "v", H5T_STD_U8LE, 1, shape, NULL, properties));
    H5Fclose(file);
    assert_chunks_are_where_hdf5_finds_them("/v", 0);
}

static void chunks_cut_by_the_edge_count_in_full(void **state)
{
    (void)state;
    write_cube(&index_kinds[0], 7);
    struct emit_h5 *h5 = open_local();
    const struct emit_layout layout = layout_of(h5, "/cube");
    assert_int_equal(layout.chunk_counts[0], 4);
    assert_int_equal(layout.chunk_counts[1], 4);
    assert_int_equal(layout.chunk_counts[2], 3);
    assert_int_equal(layout.chunk_nbytes, 2 * 3 * 4 * 2);
    assert_int_equal(layout.filter_count, 0);
    uint64_t count;
    struct emit_chunk *chunks = chunks_of(h5, &layout, &count);
    assert_int_equal(count, 48);
    assert_int_equal(chunks[47].size, layout.chunk_nbytes);
    free(chunks);
    emit_h5_close(h5);
}

static void only_chunked_variables_have_an_index(void **state)
{
    (void)state;
    const hid_t file = new_file();
    add_list(file, "v", H5T_STD_I32LE, 6);
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    const struct emit_layout layout = layout_of(h5, "/v");
    assert_int_equal(emit_h5_chunks(h5, &layout, NULL, &last_error), EMIT_ERROR_INTERNAL);
    emit_h5_close(h5);
}

static void too_many_chunks_are_refused(void **state)
{
    (void)state;
    const hsize_t shape[] = {4097, 4096};
    const hsize_t one[] = {1, 1};
    const hid_t file = new_file();
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(properties, 2, one);
    H5Dclose(add_dataset(file, "v", H5T_STD_I32LE, 2, shape, NULL, properties));
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    assert_layout_fails(h5, "/v", EMIT_ERROR_FORMAT);
    emit_h5_close(h5);
}

static void chunks_after_the_end_are_refused(void **state)
{
    (void)state;
    write_cube(&index_kinds[0], 7);
    struct emit_h5 *h5 = open_local();
    struct emit_layout layout = layout_of(h5, "/cube");
    uint64_t count;
    struct emit_chunk *chunks = chunks_of(h5, &layout, &count);
    uint64_t last = 0;
    for (uint64_t i = 0; i < count; i++)
        last = chunks[i].offset > last ? chunks[i].offset : last;
    emit_h5_close(h5);
    size_t size;
    unsigned char *bytes = file_bytes(local_path, &size);
    const size_t length = (size_t)last + 10;
    assert_true(length < size);
    for (size_t i = 0; i < 8; i++)
        bytes[40 + i] = (unsigned char)(i < 4 ? length >> (8 * i) : 0);
    put_bytes(bytes, length);
    h5 = open_path(memory_path);
    layout = layout_of(h5, "/cube");
    assert_int_equal(emit_h5_chunks(h5, &layout, chunks, &last_error), EMIT_ERROR_FILE);
    assert_message_has("/cube");
    emit_h5_close(h5);
    CPLFree(bytes);
    free(chunks);
}

/* The B-tree of the cube's chunks: a leaf of version 1, of type 1. */
static unsigned char *find_chunk_index(unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i + 32 < size; i++)
        if (memcmp(bytes + i, "TREE\1\0", 6) == 0)
            return bytes + i;
    fail_msg("there is no index of chunks");
    return NULL;
}

static void chunks_of_impossible_sizes_are_refused(void **state)
{
    (void)state;
    static const unsigned stored[] = {
        90, 1200}; /* not all values of 96 bytes; more than deflate makes */
    for (size_t i = 0; i < 2; i++)
    {
        write_cube(&index_kinds[i], 7);
        size_t size;
        unsigned char *bytes = file_bytes(local_path, &size);
        unsigned char *nbytes_of_first = find_chunk_index(bytes, size) + 24;
        nbytes_of_first[0] = (unsigned char)(stored[i] % 256);
        nbytes_of_first[1] = (unsigned char)(stored[i] / 256);
        put_bytes(bytes, size);
        struct emit_h5 *h5 = open_path(memory_path);
        const struct emit_layout layout = layout_of(h5, "/cube");
        struct emit_chunk chunks[128];
        assert_int_equal(emit_h5_chunks(h5, &layout, chunks, &last_error), EMIT_ERROR_FORMAT);
        assert_message_has("/cube");
        assert_message_has("is stored in");
        emit_h5_close(h5);
        CPLFree(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(chunks_are_found_through_every_kind_of_index),
        TEST(grown_and_shrunk_variables_keep_their_chunks),
        TEST(reserved_space_is_not_a_chunk),
        TEST(many_chunks_are_found_quickly),
        TEST(chunks_cut_by_the_edge_count_in_full),
        TEST(only_chunked_variables_have_an_index),
        TEST(too_many_chunks_are_refused),
        TEST(chunks_after_the_end_are_refused),
        TEST(chunks_of_impossible_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, begin_h5, end_h5);
}
