/* SPDX-License-Identifier: MIT */
#include "core/store/lazy_array.h"

#include "support.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

/* An array of 11 x 17 cells of four bytes in tiles of 3 x 5: 4 x 4 tiles, those at the edges cut.
 */
#define LINES 11
#define COLUMNS 17
#define TILES 16

/* Counters of an array's fill function, whose context pointer is constant. */
struct record
{
    atomic_int fills[TILES];
    atomic_int wrong_areas;
    atomic_int failures_left; /* of the tile that holds cell (4, 6) */
    atomic_bool slow;
    uint32_t first; /* value of cell (0, 0) */
};

static uint32_t cell_value(const struct record *record, uint64_t line, uint64_t column)
{
    return record->first + (uint32_t)(line * 100 + column);
}

static size_t tile_of(uint64_t line, uint64_t column)
{
    return (size_t)(line / 3 * 4 + column / 5);
}

/* Whether the area is exactly one tile. */
static bool is_tile(const struct emit_area *area)
{
    const uint64_t lines = LINES - area->line < 3 ? LINES - area->line : 3;
    const uint64_t columns = COLUMNS - area->column < 5 ? COLUMNS - area->column : 5;
    return area->line % 3 == 0 && area->column % 5 == 0 && area->lines == lines &&
           area->columns == columns;
}

static enum emit_status fill(const void *context, const struct emit_lazy_tile *lazy_tile,
                             struct emit_error *error)
{
    struct record *record = *(struct record *const *)context;
    const struct emit_area *area = &lazy_tile->area;
    const size_t tile = tile_of(area->line, area->column);
    atomic_fetch_add(&record->fills[tile], 1);
    for (int i = 0; i < 200 && atomic_load(&record->slow); i++)
        sched_yield();
    if (!is_tile(area))
        atomic_fetch_add(&record->wrong_areas, 1);
    if (tile == tile_of(4, 6) && atomic_fetch_sub(&record->failures_left, 1) > 0)
        return emit_error_set(error, EMIT_ERROR_FILE, "tile %zu cannot be read", tile);
    for (uint64_t l = 0; l < area->lines; l++)
    {
        for (uint64_t c = 0; c < area->columns; c++)
        {
            const uint32_t value = cell_value(record, area->line + l, area->column + c);
            memcpy(lazy_tile->elements + l * lazy_tile->line_nbytes + c * 4, &value, 4);
        }
    }
    return EMIT_OK;
}

static struct emit_lazy_array *open_array(struct record *const *record)
{
    const struct emit_lazy_array_config config = {.lines = LINES,
                                                  .columns = COLUMNS,
                                                  .cell_nbytes = 4,
                                                  .tile_lines = 3,
                                                  .tile_columns = 5,
                                                  .fill = fill,
                                                  .context = record};
    struct emit_lazy_array *array = NULL;
    EXPECT_OK(emit_lazy_array_open(&config, &array, &last_error));
    return array;
}

static void expect_cells(const struct emit_lazy_array *array, const struct record *record,
                         const struct emit_area *area)
{
    const uint32_t *cells = emit_lazy_array_elements(array);
    for (uint64_t l = area->line; l < area->line + area->lines; l++)
    {
        for (uint64_t c = area->column; c < area->column + area->columns; c++)
            assert_int_equal(cells[l * COLUMNS + c], cell_value(record, l, c));
    }
}

/* ---- One thread ----------------------------------------------------------------------------- */

static void opening_fills_nothing(void **state)
{
    struct record record = {.first = 0};
    struct record *context = &record;
    struct emit_lazy_array *array = open_array(&context);
    (void)state;
    for (size_t i = 0; i < TILES; i++)
        assert_int_equal(atomic_load(&record.fills[i]), 0);
    emit_lazy_array_close(array);
    emit_lazy_array_close(NULL);
}

static void any_area_is_readable_once_loaded(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < LINES * COLUMNS * 4; i += 7)
    {
        struct record record = {.first = 5};
        struct record *context = &record;
        struct emit_lazy_array *array = open_array(&context);
        struct emit_area area = {i % LINES, i % COLUMNS, 0, 0};
        area.lines = 1 + i / 4 % (LINES - area.line);
        area.columns = 1 + i / 9 % (COLUMNS - area.column);
        EXPECT_OK(emit_lazy_arrays_load(&array, 1, &area, 1 + (int)(i % 3), &last_error));
        expect_cells(array, &record, &area);
        for (size_t t = 0; t < TILES; t++)
        {
            const bool needed =
                t / 4 >= area.line / 3 && t / 4 <= (area.line + area.lines - 1) / 3 &&
                t % 4 >= area.column / 5 && t % 4 <= (area.column + area.columns - 1) / 5;
            assert_int_equal(atomic_load(&record.fills[t]), needed);
        }
        assert_int_equal(atomic_load(&record.wrong_areas), 0);
        emit_lazy_array_close(array);
    }
}

static void loaded_tiles_are_not_filled_again(void **state)
{
    struct record record = {.first = 1};
    struct record *context = &record;
    struct emit_lazy_array *array = open_array(&context);
    const struct emit_area corner = {0, 0, 4, 6};
    const struct emit_area all = {0, 0, LINES, COLUMNS};
    (void)state;
    EXPECT_OK(emit_lazy_arrays_load(&array, 1, &corner, 2, &last_error));
    EXPECT_OK(emit_lazy_arrays_load(&array, 1, &all, 2, &last_error));
    EXPECT_OK(emit_lazy_arrays_load(&array, 1, &all, 1, &last_error));
    for (size_t i = 0; i < TILES; i++)
        assert_int_equal(atomic_load(&record.fills[i]), 1);
    expect_cells(array, &record, &all);
    emit_lazy_array_close(array);
}

static void several_arrays_are_loaded_together(void **state)
{
    struct record records[3] = {{.first = 0}, {.first = 10000}, {.first = 20000}};
    struct record *contexts[3] = {&records[0], &records[1], &records[2]};
    struct emit_lazy_array *arrays[3];
    const struct emit_area area = {2, 3, 5, 9};
    (void)state;
    for (int i = 0; i < 3; i++)
        arrays[i] = open_array(&contexts[i]);
    EXPECT_OK(emit_lazy_arrays_load(arrays, 3, &area, 4, &last_error));
    for (int i = 0; i < 3; i++)
    {
        expect_cells(arrays[i], &records[i], &area);
        emit_lazy_array_close(arrays[i]);
    }
}

static void empty_areas_and_lists_need_no_loading(void **state)
{
    struct record record = {.first = 0};
    struct record *context = &record;
    struct emit_lazy_array *array = open_array(&context);
    const struct emit_area no_lines = {0, 0, 0, 5};
    const struct emit_area no_columns = {3, 3, 5, 0};
    const struct emit_area some = {0, 0, 1, 1};
    (void)state;
    EXPECT_OK(emit_lazy_arrays_load(&array, 1, &no_lines, 1, &last_error));
    EXPECT_OK(emit_lazy_arrays_load(&array, 1, &no_columns, 1, &last_error));
    EXPECT_OK(emit_lazy_arrays_load(NULL, 0, &some, 1, &last_error));
    for (size_t i = 0; i < TILES; i++)
        assert_int_equal(atomic_load(&record.fills[i]), 0);
    emit_lazy_array_close(array);
}

static enum emit_status fill_one(const void *context, const struct emit_lazy_tile *tile,
                                 struct emit_error *error)
{
    (void)context;
    (void)error;
    tile->elements[0] = (unsigned char)(40 + tile->area.lines + tile->area.columns);
    return EMIT_OK;
}

static void an_array_may_have_a_single_cell_smaller_than_its_tile(void **state)
{
    const struct emit_lazy_array_config config = {.lines = 1,
                                                  .columns = 1,
                                                  .cell_nbytes = 1,
                                                  .tile_lines = 64,
                                                  .tile_columns = 64,
                                                  .fill = fill_one};
    const struct emit_area all = {0, 0, 1, 1};
    struct emit_lazy_array *array = NULL;
    (void)state;
    EXPECT_OK(emit_lazy_array_open(&config, &array, &last_error));
    EXPECT_OK(emit_lazy_arrays_load(&array, 1, &all, 8, &last_error));
    assert_int_equal(*(const unsigned char *)emit_lazy_array_elements(array), 42);
    emit_lazy_array_close(array);
}

static void an_array_larger_than_memory_is_refused(void **state)
{
    const uint64_t side = UINT64_C(1) << 31;
    const struct emit_lazy_array_config config = {.lines = side,
                                                  .columns = side,
                                                  .cell_nbytes = 8,
                                                  .tile_lines = side,
                                                  .tile_columns = side,
                                                  .fill = fill_one};
    struct emit_lazy_array *array = (void *)&last_error;
    (void)state;
    EXPECT_ERROR(EMIT_ERROR_MEMORY, emit_lazy_array_open(&config, &array, &last_error), "table");
    assert_null(array);
}

/* ---- Failures ------------------------------------------------------------------------------- */

static void a_tile_that_failed_is_tried_again_when_it_is_next_needed(void **state)
{
    struct record record = {.first = 3, .failures_left = 2};
    struct record *context = &record;
    struct emit_lazy_array *array = open_array(&context);
    const struct emit_area all = {0, 0, LINES, COLUMNS};
    const struct emit_area corner = {0, 0, 1, 1};
    (void)state;
    for (int i = 0; i < 2; i++)
        EXPECT_ERROR(EMIT_ERROR_FILE, emit_lazy_arrays_load(&array, 1, &all, 3, &last_error),
                     "tile 5", "cannot be read");
    EXPECT_OK(emit_lazy_arrays_load(&array, 1, &corner, 1, &last_error));
    EXPECT_OK(emit_lazy_arrays_load(&array, 1, &all, 3, &last_error));
    expect_cells(array, &record, &all);
    assert_int_equal(atomic_load(&record.fills[5]), 3);
    for (size_t i = 0; i < TILES; i++)
        assert_true(i == 5 || atomic_load(&record.fills[i]) == 1);
    emit_lazy_array_close(array);
}

/* ---- Several threads ------------------------------------------------------------------------ */

struct crowd
{
    struct emit_lazy_array *arrays[2];
    atomic_int failed;
    atomic_int wrong;
    struct record *record;
};

/* Loads both arrays completely and compares every cell of the first. */
static void load_all(void *context, size_t thread)
{
    struct crowd *crowd = context;
    const struct emit_area all = {0, 0, LINES, COLUMNS};
    if (emit_lazy_arrays_load(crowd->arrays, 2, &all, 1 + (int)(thread % 2), NULL) != EMIT_OK)
    {
        atomic_fetch_add(&crowd->failed, 1);
        return;
    }
    const uint32_t *cells = emit_lazy_array_elements(crowd->arrays[0]);
    for (uint64_t i = 0; i < LINES * COLUMNS; i++)
    {
        if (cells[i] != cell_value(crowd->record, i / COLUMNS, i % COLUMNS))
            atomic_fetch_add(&crowd->wrong, 1);
    }
}

static void threads_that_ask_for_the_same_tiles_fill_each_once(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++)
    {
        struct record records[2] = {{.first = 7, .slow = true}, {.first = 9, .slow = true}};
        struct record *contexts[2] = {&records[0], &records[1]};
        struct crowd crowd = {.record = &records[0]};
        for (int i = 0; i < 2; i++)
            crowd.arrays[i] = open_array(&contexts[i]);
        run_together(6, load_all, &crowd);
        assert_int_equal(atomic_load(&crowd.failed), 0);
        assert_int_equal(atomic_load(&crowd.wrong), 0);
        for (size_t i = 0; i < 2 * TILES; i++)
            assert_int_equal(atomic_load(&records[i / TILES].fills[i % TILES]), 1);
        emit_lazy_array_close(crowd.arrays[0]);
        emit_lazy_array_close(crowd.arrays[1]);
    }
}

/* Two calls fail; a thread that waited for their tile fills it instead. */
static void a_failure_of_one_thread_does_not_leave_the_others_waiting(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++)
    {
        struct record records[2] = {{.first = 7, .slow = true, .failures_left = 2},
                                    {.first = 9, .slow = true}};
        struct record *contexts[2] = {&records[0], &records[1]};
        struct crowd crowd = {.record = &records[0]};
        for (int i = 0; i < 2; i++)
            crowd.arrays[i] = open_array(&contexts[i]);
        run_together(6, load_all, &crowd);
        assert_int_equal(atomic_load(&crowd.failed), 2);
        assert_int_equal(atomic_load(&crowd.wrong), 0);
        assert_int_equal(atomic_load(&records[0].fills[5]), 3);
        emit_lazy_array_close(crowd.arrays[0]);
        emit_lazy_array_close(crowd.arrays[1]);
    }
}

/* ---- Eviction ------------------------------------------------------------------------------- */

#define ARRAY_NBYTES ((size_t)(LINES * COLUMNS * 4))

static const struct emit_area everything = {0, 0, LINES, COLUMNS};

/* A budget for "count" whole arrays. */
static void set_budget(size_t count)
{
    emit_cache_set_budget((count * ARRAY_NBYTES + 1) * 5 / 2 + 1);
}

/* A read of all of an array. */
static void read_all(struct emit_lazy_array *array, const struct record *record)
{
    emit_lazy_arrays_hold(&array, 1, true);
    emit_lazy_arrays_trim();
    EXPECT_OK(emit_lazy_arrays_load(&array, 1, &everything, 2, &last_error));
    expect_cells(array, record, &everything);
    emit_lazy_arrays_hold(&array, 1, false);
}

static int count_fills(struct record *record)
{
    int fills = 0;
    for (size_t i = 0; i < TILES; i++)
        fills += atomic_load(&record->fills[i]);
    return fills;
}

#define CROWD 5

struct collection
{
    struct record records[CROWD];
    struct record *contexts[CROWD];
    struct emit_lazy_array *arrays[CROWD];
};

static void open_collection(struct collection *collection)
{
    memset(collection, 0, sizeof *collection);
    for (size_t i = 0; i < CROWD; i++)
    {
        collection->records[i].first = (uint32_t)i * 10000;
        collection->contexts[i] = &collection->records[i];
        collection->arrays[i] = open_array(&collection->contexts[i]);
    }
}

static void close_collection(struct collection *collection)
{
    for (size_t i = 0; i < CROWD; i++)
        emit_lazy_array_close(collection->arrays[i]);
    emit_cache_set_budget((size_t)64 << 20);
}

static void the_least_recently_used_arrays_are_evicted_and_filled_again(void **state)
{
    struct collection all;
    (void)state;
    open_collection(&all);
    set_budget(3);
    for (size_t i = 0; i < CROWD; i++)
        read_all(all.arrays[i], &all.records[i]); /* leaves 1 to 4: the last one is not trimmed */
    assert_false(emit_lazy_array_is_loaded(all.arrays[0], 10, 16));
    assert_null(emit_lazy_array_elements(all.arrays[0]));
    for (size_t i = 1; i < CROWD; i++)
        assert_true(emit_lazy_array_is_loaded(all.arrays[i], 10, 16));
    read_all(all.arrays[2], &all.records[2]); /* in memory; 1 is evicted before */
    read_all(all.arrays[0], &all.records[0]);
    read_all(all.arrays[3], &all.records[3]); /* the oldest, held: 4 is evicted */
    assert_int_equal(count_fills(&all.records[0]), 2 * TILES);
    for (size_t i = 1; i < CROWD; i++)
        assert_int_equal(count_fills(&all.records[i]), TILES);
    assert_null(emit_lazy_array_elements(all.arrays[1]));
    assert_null(emit_lazy_array_elements(all.arrays[4]));
    close_collection(&all);
}

static void arrays_that_a_read_holds_are_not_evicted(void **state)
{
    struct collection all;
    (void)state;
    open_collection(&all);
    emit_cache_set_budget(0);
    struct emit_lazy_array *const some[3] = {all.arrays[0], NULL, all.arrays[1]};
    emit_lazy_arrays_hold(some, 3, true);
    emit_lazy_arrays_hold(&all.arrays[1], 1, true); /* another read */
    for (size_t i = 0; i < 2; i++)
        EXPECT_OK(emit_lazy_arrays_load(&all.arrays[i], 1, &everything, 1, &last_error));
    read_all(all.arrays[2], &all.records[2]);
    emit_lazy_arrays_hold(some, 3, false);
    read_all(all.arrays[3], &all.records[3]);
    assert_null(emit_lazy_array_elements(all.arrays[0]));
    assert_null(emit_lazy_array_elements(all.arrays[2]));
    expect_cells(all.arrays[1], &all.records[1], &everything);
    emit_lazy_arrays_hold(&all.arrays[1], 1, false);
    emit_lazy_arrays_trim();
    assert_null(emit_lazy_array_elements(all.arrays[1]));
    assert_null(emit_lazy_array_elements(all.arrays[3]));
    close_collection(&all);
}

/* Whatever the budget, a program that reads one array strip by strip fills it once. */
static void the_arrays_of_the_last_read_stay(void **state)
{
    struct collection all;
    (void)state;
    open_collection(&all);
    emit_cache_set_budget(0);
    for (uint64_t line = 0; line < LINES; line++)
    {
        const struct emit_area strip = {line, 0, 1, COLUMNS};
        emit_lazy_arrays_hold(&all.arrays[0], 1, true);
        emit_lazy_arrays_trim();
        EXPECT_OK(emit_lazy_arrays_load(&all.arrays[0], 1, &strip, 1, &last_error));
        emit_lazy_arrays_hold(&all.arrays[0], 1, false);
    }
    assert_int_equal(count_fills(&all.records[0]), TILES);
    close_collection(&all);
}

/* Elements that number items: cell (l, c) has item 1 + c % 3 of its tile. */
static enum emit_status fill_items(const void *context, const struct emit_lazy_tile *tile,
                                   struct emit_error *error)
{
    struct emit_lazy_array *array = *(struct emit_lazy_array *const *)context;
    uint32_t numbers[3];
    for (uint32_t i = 0; i < 3; i++)
    {
        const uint32_t item = (uint32_t)(tile->area.line * 1000 + tile->area.column * 10 + i);
        numbers[i] = emit_lazy_array_add_item(array, &item);
        if (numbers[i] == EMIT_NO_ITEM)
            return emit_error_memory(error, sizeof item, "an item");
    }
    for (uint64_t i = 0; i < tile->area.lines * tile->area.columns; i++)
        memcpy(tile->elements + i / tile->area.columns * tile->line_nbytes +
                   i % tile->area.columns * 4,
               &numbers[i % tile->area.columns % 3], 4);
    return EMIT_OK;
}

static struct emit_lazy_array *open_with_items(struct emit_lazy_array *const *context)
{
    const struct emit_lazy_array_config config = {.lines = LINES,
                                                  .columns = COLUMNS,
                                                  .cell_nbytes = 4,
                                                  .tile_lines = 3,
                                                  .tile_columns = 5,
                                                  .fill = fill_items,
                                                  .context = context,
                                                  .item_nbytes = 4,
                                                  .item_capacity = 1 + 3 * TILES};
    struct emit_lazy_array *array = NULL;
    EXPECT_OK(emit_lazy_array_open(&config, &array, &last_error));
    return array;
}

/* There is room for the items of one filling. */
static void items_are_evicted_with_the_elements(void **state)
{
    struct emit_lazy_array *array = NULL;
    (void)state;
    array = open_with_items(&array);
    emit_cache_set_budget(0);
    for (int round = 0; round < 3; round++)
    {
        emit_lazy_arrays_trim();
        assert_null(emit_lazy_array_items(array));
        EXPECT_OK(emit_lazy_arrays_load(&array, 1, &everything, 3, &last_error));
        const uint32_t *cells = emit_lazy_array_elements(array);
        for (uint64_t i = 0; i < LINES * COLUMNS; i++)
        {
            const uint64_t line = i / COLUMNS, column = i % COLUMNS;
            const uint32_t wanted =
                (uint32_t)(line / 3 * 3 * 1000 + column / 5 * 5 * 10 + column % 5 % 3);
            uint32_t item;
            memcpy(&item, emit_lazy_array_items(array) + (size_t)cells[i] * 4, 4);
            assert_int_equal(item, wanted);
        }
    }
    emit_lazy_array_close(array);
    emit_cache_set_budget((size_t)64 << 20);
}

/* Many reads of arrays that others evict. */
static void read_in_turn(void *context, size_t thread)
{
    struct collection *all = context;
    for (size_t i = 0; i < 60; i++)
    {
        const size_t index = (i * (thread + 1) + thread) % CROWD;
        struct emit_lazy_array *array = all->arrays[index];
        const struct emit_area area = {i % 7, thread, 4, 9};
        emit_lazy_arrays_hold(&array, 1, true);
        emit_lazy_arrays_trim();
        if (emit_lazy_arrays_load(&array, 1, &area, 1 + (int)(i % 2), NULL) != EMIT_OK)
            atomic_fetch_add(&all->records[0].wrong_areas, 1);
        const uint32_t *cells = emit_lazy_array_elements(array);
        for (uint64_t k = 0; k < 4 * 9; k++)
        {
            const uint64_t line = area.line + k / 9, column = area.column + k % 9;
            if (cells[line * COLUMNS + column] != cell_value(&all->records[index], line, column))
                atomic_fetch_add(&all->records[0].wrong_areas, 1);
        }
        emit_lazy_arrays_hold(&array, 1, false);
    }
}

static void threads_read_arrays_that_others_evict(void **state)
{
    (void)state;
    for (size_t budget = 0; budget < 3; budget++)
    {
        struct collection all;
        open_collection(&all);
        set_budget(budget);
        run_together(6, read_in_turn, &all);
        assert_int_equal(atomic_load(&all.records[0].wrong_areas), 0);
        assert_true(count_fills(&all.records[1]) > TILES);
        close_collection(&all);
    }
}

/* ---- Processes ------------------------------------------------------------------------------ */

static bool read_in_child(void *context)
{
    struct collection *all = context;
    for (size_t i = 0; i < CROWD; i++)
        read_all(all->arrays[i], &all->records[i]);
    return true;
}

/* What the parent holds at the moment stays in the child; the rest is evicted and filled there. */
static void a_child_process_reads_and_evicts(void **state)
{
    struct collection all;
    (void)state;
    open_collection(&all);
    emit_cache_set_budget(0);
    emit_lazy_arrays_hold(&all.arrays[1], 1, true);
    EXPECT_OK(emit_lazy_arrays_load(&all.arrays[1], 1, &everything, 1, &last_error));
    read_all(all.arrays[0], &all.records[0]);
    assert_true(run_in_child(read_in_child, &all));
    expect_cells(all.arrays[1], &all.records[1], &everything);
    emit_lazy_arrays_hold(&all.arrays[1], 1, false);
    close_collection(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_fills_nothing),
        cmocka_unit_test(any_area_is_readable_once_loaded),
        cmocka_unit_test(loaded_tiles_are_not_filled_again),
        cmocka_unit_test(several_arrays_are_loaded_together),
        cmocka_unit_test(empty_areas_and_lists_need_no_loading),
        cmocka_unit_test(an_array_may_have_a_single_cell_smaller_than_its_tile),
        cmocka_unit_test(an_array_larger_than_memory_is_refused),
        cmocka_unit_test(a_tile_that_failed_is_tried_again_when_it_is_next_needed),
        cmocka_unit_test(threads_that_ask_for_the_same_tiles_fill_each_once),
        cmocka_unit_test(a_failure_of_one_thread_does_not_leave_the_others_waiting),
        cmocka_unit_test(the_least_recently_used_arrays_are_evicted_and_filled_again),
        cmocka_unit_test(arrays_that_a_read_holds_are_not_evicted),
        cmocka_unit_test(the_arrays_of_the_last_read_stay),
        cmocka_unit_test(items_are_evicted_with_the_elements),
        cmocka_unit_test(threads_read_arrays_that_others_evict),
        cmocka_unit_test(a_child_process_reads_and_evicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
