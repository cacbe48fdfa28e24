/* SPDX-License-Identifier: MIT */
/* Which requests continue one another. */
#include "core/read/sweep.h"

#include "support.h"

#define COLUMNS 90
#define MOST_ROWS 20000

/* A request for "count" rows from "first" on, "step" apart, and the first "columns" columns of
 * COLUMNS; what emit_sweep_add() answers. */
struct request
{
    int64_t first;
    size_t count;
    int64_t step;
    size_t columns;
    bool is_sweep;
};

static bool add(struct emit_sweep *sweep, const struct request *request)
{
    static int64_t rows[MOST_ROWS];
    int64_t places[COLUMNS];
    const struct emit_cells cells = {rows, request->count, places, request->columns};
    for (size_t i = 0; i < request->count; i++)
        rows[i] = request->first + (int64_t)i * request->step;
    for (size_t i = 0; i < request->columns; i++)
        places[i] = (int64_t)i;
    return emit_sweep_add(sweep, &cells, COLUMNS);
}

/* One reader's requests, in order. */
static void requests_that_continue_one_another_are_a_sweep(void **state)
{
    static const struct request readers[][8] = {
        {{0, 32, 1, COLUMNS, false}, /* strips one after another */
         {0, 32, 1, COLUMNS, false}, /* another band */
         {32, 32, 1, COLUMNS, false},
         {64, 32, 1, COLUMNS, true},
         {64, 32, 1, COLUMNS, true},
         {96, 7, 1, COLUMNS, true},
         {4, 32, 1, COLUMNS, false}},
        {{52, 16, 5, COLUMNS, false}, /* rows of an overview */
         {132, 16, 5, COLUMNS, false},
         {212, 16, 5, COLUMNS, true},
         {312, 16, 5, COLUMNS, false}},
        {{0, 32, 1, COLUMNS / 2 - 1, false}, /* windows that are narrow, and then not */
         {32, 32, 1, COLUMNS / 2 - 1, false},
         {64, 32, 1, COLUMNS / 2 - 1, false},
         {96, 32, 1, COLUMNS / 2 - 1, false},
         {128, 32, 1, COLUMNS / 2, true}},
        {{0, MOST_ROWS, 1, COLUMNS, true}, /* large requests */
         {0, MOST_ROWS / 2, 1, COLUMNS, false}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
    {
        struct emit_sweep sweep = {0};
        for (const struct request *request = readers[i]; request->count > 0; request++)
            if (add(&sweep, request) != request->is_sweep)
                fail_msg("reader %zu, request %td", i, request - readers[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_that_continue_one_another_are_a_sweep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
