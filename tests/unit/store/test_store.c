/* SPDX-License-Identifier: MIT */
#include "core/store/store.h"

#include "support.h"

#include <hdf5.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Files ---------------------------------------------------------------------------------- */

/* Storage of a variable that the HDF5 library writes. */
struct recipe
{
    const char *name; /* of the file */
    int rank;
    hsize_t shape[3];
    hsize_t chunk[3]; /* all 0: contiguous */
    bool compact, shuffle, fletcher32, nbit, big_endian;
    int deflate;
    bool partial; /* write the first line only, so that chunks are missing */
    bool unwritten;
};

static const struct recipe recipes[] = {
    {.name = "contiguous.h5", .rank = 3, .shape = {7, 5, 9}},
    {.name = "contiguous2.h5", .rank = 2, .shape = {11, 6}},
    {.name = "big.h5", .rank = 3, .shape = {4, 6, 5}, .big_endian = true},
    {.name = "unwritten.h5", .rank = 3, .shape = {5, 3, 4}, .unwritten = true},
    {.name = "wide.h5", .rank = 3, .shape = {70, 130, 19}},
    {.name = "chunked.h5", .rank = 3, .shape = {7, 5, 9}, .chunk = {3, 2, 4}},
    {.name = "chunked2.h5", .rank = 2, .shape = {11, 6}, .chunk = {4, 5}, .deflate = 1},
    {.name = "deflated.h5",
     .rank = 3,
     .shape = {8, 10, 6},
     .chunk = {3, 4, 6},
     .deflate = 9,
     .shuffle = true},
    {.name = "summed.h5",
     .rank = 3,
     .shape = {5, 7, 3},
     .chunk = {2, 7, 1},
     .deflate = 4,
     .shuffle = true,
     .fletcher32 = true},
    {.name = "big_chunks.h5",
     .rank = 3,
     .shape = {6, 5, 4},
     .chunk = {4, 3, 2},
     .deflate = 2,
     .shuffle = true,
     .big_endian = true},
    {.name = "sparse.h5",
     .rank = 3,
     .shape = {7, 5, 9},
     .chunk = {3, 2, 4},
     .deflate = 5,
     .partial = true},
    {.name = "one_chunk.h5", .rank = 3, .shape = {3, 4, 2}, .chunk = {3, 4, 2}},
    {.name = "compact.h5", .rank = 3, .shape = {3, 5, 4}, .compact = true},
    {.name = "nbit.h5", .rank = 2, .shape = {9, 7}, .chunk = {4, 3}, .nbit = true},
    {.name = "single.h5", .rank = 2, .shape = {1, 1}},
};

#define UNWRITTEN (-4321)

/* Value at a position; all values of a file differ. */
static int32_t value_of(const struct recipe *recipe, uint64_t l, uint64_t c, uint64_t b)
{
    /* A partly written chunk holds fill values too. */
    if (recipe->unwritten || (recipe->partial && l > 0))
        return UNWRITTEN;
    return (int32_t)(l * 100000 + c * 100 + b);
}

static hid_t make_properties(const struct recipe *recipe)
{
    const int32_t fill = UNWRITTEN;
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_fill_value(properties, H5T_NATIVE_INT32, &fill);
    if (recipe->compact)
        H5Pset_layout(properties, H5D_COMPACT);
    if (recipe->chunk[0] > 0)
        H5Pset_chunk(properties, recipe->rank, recipe->chunk);
    if (recipe->nbit)
        H5Pset_nbit(properties);
    if (recipe->shuffle)
        H5Pset_shuffle(properties);
    if (recipe->deflate > 0)
        H5Pset_deflate(properties, (unsigned)recipe->deflate);
    if (recipe->fletcher32)
        H5Pset_fletcher32(properties);
    return properties;
}

static uint64_t bands_of(const struct recipe *recipe)
{
    return recipe->rank == 3 ? recipe->shape[2] : 1;
}

static void write_values(hid_t cube, const struct recipe *recipe)
{
    const hsize_t start[3] = {0, 0, 0};
    hsize_t count[3] = {recipe->partial ? 1 : recipe->shape[0], recipe->shape[1], recipe->shape[2]};
    const uint64_t bands = bands_of(recipe);
    int32_t *values = malloc(count[0] * count[1] * bands * sizeof *values);
    for (uint64_t i = 0; i < count[0] * count[1] * bands; i++)
        values[i] = value_of(recipe, i / bands / count[1], i / bands % count[1], i % bands);
    const hid_t memory = H5Screate_simple(recipe->rank, count, NULL);
    const hid_t space = H5Dget_space(cube);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
    assert_true(H5Dwrite(cube, H5T_NATIVE_INT32, memory, space, H5P_DEFAULT, values) >= 0);
    H5Sclose(space);
    H5Sclose(memory);
    free(values);
}

static const char *write_recipe(const struct recipe *recipe)
{
    const char *path = test_path(recipe->name);
    const hid_t type = recipe->big_endian ? H5T_STD_I32BE : H5T_STD_I32LE;
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t space = H5Screate_simple(recipe->rank, recipe->shape, NULL);
    const hid_t properties = make_properties(recipe);
    const hid_t cube = H5Dcreate2(file, "cube", type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    assert_true(cube >= 0);
    if (!recipe->unwritten)
        write_values(cube, recipe);
    H5Dclose(cube);
    H5Pclose(properties);
    H5Sclose(space);
    H5Fclose(file);
    return path;
}

/* A store and the objects below it. */
struct opened
{
    struct emit_h5 *h5;
    struct emit_store *store;
    struct emit_scratch scratch[EMIT_SCRATCH_COUNT];
    const struct recipe *recipe;
};

static struct opened open_recipe(const struct recipe *recipe)
{
    struct opened opened = {.recipe = recipe};
    struct emit_layout layout;
    const char *path = write_recipe(recipe);
    EXPECT_OK(emit_h5_open(path, NULL, &opened.h5, &last_error));
    EXPECT_OK(emit_h5_layout(opened.h5, "/cube", &layout, &last_error));
    EXPECT_OK(emit_store_open(opened.h5, &layout, &opened.store, &last_error));
    return opened;
}

static void close_opened(struct opened *opened)
{
    for (int i = 0; i < EMIT_SCRATCH_COUNT; i++)
        emit_scratch_close(&opened->scratch[i]);
    emit_store_close(opened->store);
    emit_h5_close(opened->h5);
}

static const struct recipe *recipe_named(const char *name)
{
    size_t i = 0;
    while (strcmp(recipes[i].name, name) != 0)
        i++;
    return &recipes[i];
}

static int with_budget(void **state)
{
    (void)state;
    emit_cache_set_budget(0);
    emit_cache_set_budget((size_t)8 << 20);
    return 0;
}

/* ---- Shape ---------------------------------------------------------------------------------- */

static void a_store_is_a_cube_cut_into_blocks(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(recipes); i++)
    {
        const struct recipe *recipe = &recipes[i];
        struct opened opened = open_recipe(recipe);
        const uint64_t *block = opened.store->block;
        for (int axis = 0; axis < 3; axis++)
        {
            const uint64_t length = axis < recipe->rank ? recipe->shape[axis] : 1;
            assert_int_equal(opened.store->shape[axis], length);
            assert_int_in_range(block[axis], 1, recipe->chunk[0] > 0 ? 1000 : length);
            if (recipe->chunk[0] > 0 && !recipe->nbit && axis < recipe->rank)
                assert_int_equal(block[axis], recipe->chunk[axis]);
        }
        assert_int_equal(emit_store_has_spectra(opened.store),
                         recipe->chunk[0] == 0 && !recipe->compact);
        assert_string_equal(opened.store->layout.name, "/cube");
        close_opened(&opened);
    }
    emit_store_close(NULL);
}

static void unsupported_pipelines_go_through_the_library(void **state)
{
    struct opened opened = open_recipe(recipe_named("deflated.h5"));
    struct emit_layout layout = opened.store->layout;
    (void)state;
    emit_store_close(opened.store);
    layout.filters[0] = EMIT_FILTER_DEFLATE; /* deflate twice */
    EXPECT_OK(emit_store_open(opened.h5, &layout, &opened.store, &last_error));
    assert_int_equal(opened.store->layout.storage, EMIT_STORAGE_LIBRARY);
    close_opened(&opened);
}

/* ---- Boxes ---------------------------------------------------------------------------------- */

static void expect_box(struct opened *opened, const struct emit_box *box)
{
    const uint64_t nvalues = box->count[0] * box->count[1] * box->count[2];
    int32_t *values = malloc((nvalues + 1) * sizeof *values);
    values[nvalues] = 77;
    EXPECT_OK(emit_store_read_box(opened->store, box, values, opened->scratch, &last_error));
    for (uint64_t i = 0; i < nvalues; i++)
    {
        const uint64_t b = box->start[2] + i % box->count[2];
        const uint64_t c = box->start[1] + i / box->count[2] % box->count[1];
        const uint64_t l = box->start[0] + i / box->count[2] / box->count[1];
        assert_int_equal(values[i], value_of(opened->recipe, l, c, b));
    }
    assert_int_equal(values[nvalues], 77);
    free(values);
}

static void any_box_of_any_storage_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(recipes); i++)
    {
        struct opened opened = open_recipe(&recipes[i]);
        const uint64_t *shape = opened.store->shape;
        const struct emit_box all = {{0, 0, 0}, {shape[0], shape[1], shape[2]}};
        expect_box(&opened, &all);
        for (uint64_t k = 0; k < 150; k++)
        {
            struct emit_box box = {{k % shape[0], k / 2 % shape[1], k / 3 % shape[2]}, {0}};
            for (int axis = 0; axis < 3; axis++)
                box.count[axis] =
                    1 + k * (5 + (uint64_t)axis) / 7 % (shape[axis] - box.start[axis]);
            expect_box(&opened, &box);
        }
        close_opened(&opened);
    }
}

static void an_empty_box_reads_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(recipes); i++)
    {
        struct opened opened = open_recipe(&recipes[i]);
        for (int axis = 0; axis < 3; axis++)
        {
            struct emit_box box = {{0, 0, 0}, {1, 1, 1}};
            box.count[axis] = 0;
            EXPECT_OK(emit_store_read_box(opened.store, &box, NULL, opened.scratch, &last_error));
        }
        close_opened(&opened);
    }
}

/* ---- Blocks --------------------------------------------------------------------------------- */

/* Whether all values of a block are right. */
static bool block_is_right(const struct recipe *recipe, const struct emit_values *values)
{
    const struct emit_box *box = &values->box;
    bool right = true;
    for (uint64_t i = 0; i < box->count[0] * box->count[1] * box->count[2]; i++)
    {
        const uint64_t at[3] = {i / box->count[2] / box->count[1],
                                i / box->count[2] % box->count[1], i % box->count[2]};
        int32_t value;
        memcpy(&value,
               values->bytes + (ptrdiff_t)at[0] * values->stride[0] +
                   (ptrdiff_t)at[1] * values->stride[1] + (ptrdiff_t)at[2] * values->stride[2],
               sizeof value);
        right = right && value == value_of(recipe, box->start[0] + at[0], box->start[1] + at[1],
                                           box->start[2] + at[2]);
    }
    return right;
}

/* Blocks along each axis. */
static void find_grid(const struct emit_store *store, uint64_t grid[3])
{
    for (int axis = 0; axis < 3; axis++)
    {
        const uint64_t block = store->block[axis];
        grid[axis] = (store->shape[axis] + block - 1) / block;
    }
}

static size_t block_count(const struct emit_store *store)
{
    uint64_t grid[3];
    find_grid(store, grid);
    return (size_t)(grid[0] * grid[1] * grid[2]);
}

/* Whether block "i" is right. */
static bool get_block(const struct opened *opened, size_t i, struct emit_scratch *scratch)
{
    uint64_t grid[3];
    find_grid(opened->store, grid);
    const uint64_t *shape = opened->store->block;
    const uint64_t position[3] = {i / grid[2] / grid[1], i / grid[2] % grid[1], i % grid[2]};
    struct emit_block *block = NULL;
    struct emit_values values;
    if (emit_store_block(opened->store, position, &block, &values, scratch, NULL) != EMIT_OK)
        return false;
    bool right = block_is_right(opened->recipe, &values);
    for (int axis = 0; axis < 3; axis++)
    {
        const uint64_t left = opened->store->shape[axis] - values.box.start[axis];
        right = right && values.box.start[axis] == position[axis] * shape[axis] &&
                values.box.count[axis] == (left < shape[axis] ? left : shape[axis]);
    }
    emit_block_release(block);
    return right;
}

static void every_block_of_any_storage_holds_its_box(void **state)
{
    static const size_t budgets[] = {0, 20000, (size_t)8 << 20};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(recipes) * COUNT_OF(budgets); i++)
    {
        emit_cache_set_budget(budgets[i % COUNT_OF(budgets)]);
        struct opened opened = open_recipe(&recipes[i / COUNT_OF(budgets)]);
        const size_t count = block_count(opened.store);
        for (size_t k = 0; k < 2 * count; k++)
            assert_true(get_block(&opened, k * 7 % count, opened.scratch));
        for (size_t k = 0; k < 2 * count; k++) /* in order, as a sweep does */
            assert_true(get_block(&opened, k % count, opened.scratch));
        assert_true(emit_cache_used() <= emit_cache_budget());
        close_opened(&opened);
        assert_int_equal(emit_cache_used(), 0);
    }
}

static void a_block_comes_from_the_cache_the_second_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(recipes); i++)
    {
        struct opened opened = open_recipe(&recipes[i]);
        const uint64_t position[3] = {0, 0, 0};
        struct emit_block *blocks[2] = {NULL, NULL};
        struct emit_values values;
        for (int k = 0; k < 2; k++)
            EXPECT_OK(emit_store_block(opened.store, position, &blocks[k], &values, opened.scratch,
                                       &last_error));
        assert_ptr_equal(blocks[0], blocks[1]);
        emit_block_release(blocks[0]);
        emit_block_release(blocks[1]);
        close_opened(&opened);
    }
}

/* ---- Threads -------------------------------------------------------------------------------- */

struct crowd
{
    const struct opened *opened;
    atomic_int wrong;
};

static void get_blocks(void *context, size_t thread)
{
    struct crowd *crowd = context;
    struct emit_scratch scratch[EMIT_SCRATCH_COUNT] = {{NULL, 0}};
    const size_t count = block_count(crowd->opened->store);
    for (size_t i = 0; i < 3 * count; i++)
    {
        /* Half of the threads request the same blocks at the same time. */
        const size_t at = thread % 2 == 0 ? i % count : (i * 5 + thread) % count;
        if (!get_block(crowd->opened, at, scratch))
            atomic_fetch_add(&crowd->wrong, 1);
    }
    for (int i = 0; i < EMIT_SCRATCH_COUNT; i++)
        emit_scratch_close(&scratch[i]);
}

static void many_threads_read_one_store(void **state)
{
    static const size_t budgets[] = {0, 20000, (size_t)8 << 20};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(recipes) * COUNT_OF(budgets) * 4; i++)
    {
        emit_cache_set_budget(budgets[i % COUNT_OF(budgets)]);
        struct opened opened = open_recipe(&recipes[i / COUNT_OF(budgets) % COUNT_OF(recipes)]);
        struct crowd crowd = {.opened = &opened};
        run_together(4, get_blocks, &crowd);
        assert_int_equal(atomic_load(&crowd.wrong), 0);
        close_opened(&opened);
    }
}

static void get_first_block(void *context, size_t thread)
{
    struct crowd *crowd = context;
    struct emit_scratch scratch[EMIT_SCRATCH_COUNT] = {{NULL, 0}};
    (void)thread;
    if (!get_block(crowd->opened, 0, scratch))
        atomic_fetch_add(&crowd->wrong, 1);
    for (int i = 0; i < EMIT_SCRATCH_COUNT; i++)
        emit_scratch_close(&scratch[i]);
}

/* Crashed once: a thread that saw the block neither cached nor, a moment later, missing got
 * none. */
static void threads_that_ask_for_one_block_at_once_all_get_it(void **state)
{
    static const char *const names[] = {"contiguous.h5", "chunked.h5"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
    {
        struct opened opened = open_recipe(recipe_named(names[i]));
        struct crowd crowd = {.opened = &opened};
        for (int round = 0; round < 500; round++)
        {
            emit_cache_set_budget(0); /* drops the blocks of the previous round */
            emit_cache_set_budget((size_t)8 << 20);
            run_together(4, get_first_block, &crowd);
        }
        assert_int_equal(atomic_load(&crowd.wrong), 0);
        close_opened(&opened);
    }
}

/* ---- Spectra -------------------------------------------------------------------------------- */

static void spectra_are_read_alone_in_part_or_in_runs(void **state)
{
    static const char *const names[] = {"contiguous.h5", "contiguous2.h5", "big.h5",
                                        "unwritten.h5",  "wide.h5",        "single.h5"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names) * 40; i++)
    {
        struct opened opened = open_recipe(recipe_named(names[i / 40]));
        const uint64_t *shape = opened.store->shape;
        const uint64_t line = i * 3 % shape[0];
        const uint64_t column = i * 5 % shape[1];
        const uint64_t count = i % 2 == 0 ? 1 : 1 + i % (shape[1] - column);
        const uint64_t first = count > 1 ? 0 : i % shape[2];
        const uint64_t bands = count > 1 ? shape[2] : 1 + i / 3 % (shape[2] - first);
        int32_t *values = malloc(count * bands * sizeof *values);
        const struct emit_box box = {{line, column, first}, {1, count, bands}};
        EXPECT_OK(emit_store_read_box(opened.store, &box, values, opened.scratch, &last_error));
        for (uint64_t k = 0; k < count * bands; k++)
            assert_int_equal(values[k],
                             value_of(opened.recipe, line, column + k / bands, first + k % bands));
        free(values);
        close_opened(&opened);
    }
}

/* ---- Damage --------------------------------------------------------------------------------- */

static void a_file_cut_short_while_open_is_an_error(void **state)
{
    static const char *const names[] = {"wide.h5", "deflated.h5"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
    {
        struct opened opened = open_recipe(recipe_named(names[i]));
        const uint64_t *shape = opened.store->shape;
        const struct emit_box all = {{0, 0, 0}, {shape[0], shape[1], shape[2]}};
        int32_t *values = malloc(shape[0] * shape[1] * shape[2] * sizeof *values);
        expect_box(&opened, &all); /* which reads the chunk index */
        assert_int_equal(truncate(emit_file_path(emit_h5_file(opened.h5)), 3000), 0);
        EXPECT_ERROR(EMIT_ERROR_FILE,
                     emit_store_read_box(opened.store, &all, values, opened.scratch, &last_error),
                     names[i], "cannot read");
        assert_false(get_block(&opened, block_count(opened.store) - 1, opened.scratch));
        free(values);
        close_opened(&opened);
    }
}

static void overwrite(const char *path, uint64_t offset, unsigned char byte)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, (long)offset, SEEK_SET), 0);
    assert_int_equal(fputc(byte, file), byte);
    fclose(file);
}

static void a_damaged_chunk_is_an_error_that_names_file_and_variable(void **state)
{
    struct opened opened = open_recipe(recipe_named("summed.h5"));
    struct emit_chunk *chunks = calloc(block_count(opened.store), sizeof *chunks);
    const struct emit_box first = {{0, 0, 0}, {2, 7, 1}};
    const struct emit_box other = {{2, 0, 1}, {3, 7, 2}};
    int32_t values[14];
    (void)state;
    EXPECT_OK(emit_h5_chunks(opened.h5, &opened.store->layout, chunks, &last_error));
    overwrite(emit_file_path(emit_h5_file(opened.h5)), chunks[0].offset + 5, 0x5A);
    EXPECT_ERROR(EMIT_ERROR_FILE,
                 emit_store_read_box(opened.store, &first, values, opened.scratch, &last_error),
                 "summed.h5", "/cube", "damaged");
    expect_box(&opened, &other);
    assert_false(get_block(&opened, 0, opened.scratch));
    assert_false(get_block(&opened, 0, opened.scratch)); /* it was not cached */
    assert_true(get_block(&opened, 1, opened.scratch));
    free(chunks);
    close_opened(&opened);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_store_is_a_cube_cut_into_blocks, with_budget),
        cmocka_unit_test_setup(unsupported_pipelines_go_through_the_library, with_budget),
        cmocka_unit_test_setup(any_box_of_any_storage_is_read, with_budget),
        cmocka_unit_test_setup(an_empty_box_reads_nothing, with_budget),
        cmocka_unit_test_setup(every_block_of_any_storage_holds_its_box, with_budget),
        cmocka_unit_test_setup(a_block_comes_from_the_cache_the_second_time, with_budget),
        cmocka_unit_test_setup(many_threads_read_one_store, with_budget),
        cmocka_unit_test_setup(threads_that_ask_for_one_block_at_once_all_get_it, with_budget),
        cmocka_unit_test_setup(spectra_are_read_alone_in_part_or_in_runs, with_budget),
        cmocka_unit_test_setup(a_file_cut_short_while_open_is_an_error, with_budget),
        cmocka_unit_test_setup(a_damaged_chunk_is_an_error_that_names_file_and_variable,
                               with_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
