/* SPDX-License-Identifier: MIT */
/* Which requests continue one another. */
#include "core/read/sweep.h"

#include "support.h"

#include <stdlib.h>

#define COLUMNS 90
#define MOST_ROWS 20000

/* Adds a request for "count" rows from "first" on, "step" apart, and the first "columns" columns of
 * COLUMNS. */
static bool add(struct emit_sweep *sweep, int64_t first, size_t count, int64_t step, size_t columns)
{
    static int64_t rows[MOST_ROWS];
    int64_t places[COLUMNS];
    const struct emit_cells cells = {rows, count, places, columns};
    for (size_t i = 0; i < count; i++)
        rows[i] = first + (int64_t)i * step;
    for (size_t i = 0; i < columns; i++)
        places[i] = (int64_t)i;
    return emit_sweep_add(sweep, &cells, COLUMNS);
}

static void strips_one_after_another_are_a_sweep(void **state)
{
    struct emit_sweep sweep = {0};
    (void)state;
    assert_false(add(&sweep, 0, 32, 1, COLUMNS));
    assert_false(add(&sweep, 0, 32, 1, COLUMNS)); /* another band */
    assert_false(add(&sweep, 32, 32, 1, COLUMNS));
    assert_true(add(&sweep, 64, 32, 1, COLUMNS));
    assert_true(add(&sweep, 64, 32, 1, COLUMNS));
    assert_true(add(&sweep, 96, 7, 1, COLUMNS));
    assert_false(add(&sweep, 4, 32, 1, COLUMNS));
}

static void rows_of_an_overview_lie_apart(void **state)
{
    struct emit_sweep sweep = {0};
    (void)state;
    assert_false(add(&sweep, 52, 16, 5, COLUMNS));
    assert_false(add(&sweep, 132, 16, 5, COLUMNS));
    assert_true(add(&sweep, 212, 16, 5, COLUMNS));
    assert_false(add(&sweep, 312, 16, 5, COLUMNS));
}

static void narrow_windows_are_none(void **state)
{
    struct emit_sweep sweep = {0};
    (void)state;
    for (int64_t row = 0; row < 320; row += 32)
        assert_false(add(&sweep, row, 32, 1, COLUMNS / 2 - 1));
    assert_true(add(&sweep, 320, 32, 1, COLUMNS / 2));
}

static void one_large_request_is_a_sweep(void **state)
{
    struct emit_sweep sweep = {0};
    (void)state;
    assert_true(add(&sweep, 0, MOST_ROWS, 1, COLUMNS));
    assert_false(add(&sweep, 0, MOST_ROWS / 2, 1, COLUMNS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strips_one_after_another_are_a_sweep),
        cmocka_unit_test(rows_of_an_overview_lie_apart),
        cmocka_unit_test(narrow_windows_are_none),
        cmocka_unit_test(one_large_request_is_a_sweep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
