/* SPDX-License-Identifier: MIT */
#include "core/geometry/grid.h"

#include "support.h"

#include <math.h>

#define LINES 30
#define SAMPLES 26
#define ROWS 41
#define COLUMNS 37
static const struct emit_area all = {0, 0, ROWS, COLUMNS};

/* How a file is made: cell (r, c) shows pixel (r - 4, c - 6) where there is one. */
struct kind
{
    double rows_off;    /* of all pixels, to the south */
    double columns_off; /* of the pixels of even lines, to the east */
    double turn;        /* degrees added to the longitudes of odd samples */
    int missing;        /* first lines, without coordinates */
};

static int32_t glt_x[ROWS * COLUMNS];
static int32_t glt_y[ROWS * COLUMNS];
static double lat[LINES * SAMPLES];
static double lon[LINES * SAMPLES];

static void make_tables(struct kind kind)
{
    for (int i = 0; i < ROWS * COLUMNS; i++)
    {
        const int line = i / COLUMNS - 4, sample = i % COLUMNS - 6;
        const bool filled = line >= 0 && line < LINES && sample >= 0 && sample < SAMPLES;
        glt_x[i] = filled ? sample + 1 : 0;
        glt_y[i] = filled ? line + 1 : 0;
    }
    for (int i = 0; i < LINES * SAMPLES; i++)
    {
        const int line = i / SAMPLES, sample = i % SAMPLES;
        const double east = line % 2 == 0 ? kind.columns_off : 0.0;
        lat[i] = line < kind.missing ? -9999.0 : 50.0 - 0.5 * (line + 4.5 + kind.rows_off);
        lon[i] = 10.0 + 0.5 * (sample + 6.5 + east) + (sample % 2) * kind.turn;
    }
}

static struct emit_granule *write_and_open(struct kind kind)
{
    struct test_granule fixture;
    struct emit_granule *granule = NULL;
    make_tables(kind);
    test_granule_begin(&fixture, "misfit.nc", LINES, SAMPLES);
    test_granule_add(&fixture, "mask", NC_FLOAT, 1, -9999.0, &mk_contiguous, NULL);
    test_granule_add_in(&fixture, "location", "lat", lat);
    test_granule_add_in(&fixture, "location", "lon", lon);
    test_granule_add_glt(&fixture, ROWS, COLUMNS, glt_x, glt_y);
    test_granule_end(&fixture);
    EXPECT_OK(emit_granule_open(test_path("misfit.nc"), &granule, &last_error));
    return granule;
}

static struct emit_misfit measure(struct kind kind, const struct emit_area *area)
{
    struct emit_granule *granule = write_and_open(kind);
    const struct emit_glt glt = {glt_x, glt_y, false, granule->extent};
    struct emit_misfit misfit = {.count = 99};
    EXPECT_OK(emit_misfit_measure(granule, &glt, area, &misfit, &last_error));
    emit_granule_close(granule);
    return misfit;
}

static void expect(struct emit_misfit misfit, double median, double high)
{
    assert_true(fabs(misfit.median - median) < 1e-9);
    assert_true(fabs(misfit.high - high) < 1e-9);
}

static void distances_are_in_cells_along_rows_or_columns(void **state)
{
    (void)state;
    expect(measure((struct kind){.rows_off = 0.0}, &all), 0.0, 0.0);
    expect(measure((struct kind){.rows_off = -7.25}, &all), 7.25, 7.25);
    expect(measure((struct kind){.rows_off = 2.0, .columns_off = 31.0}, &all), 31.0, 31.0);
    expect(measure((struct kind){.columns_off = 4.0, .turn = -360.0}, &all), 4.0, 4.0);
}

static void cells_all_over_the_area_are_compared(void **state)
{
    const struct emit_area corner = {0, 0, 4, COLUMNS}; /* no filled cells there */
    const struct emit_area cell = {20, 17, 1, 1};
    (void)state;
    /* Of 8 x 8 parts those that hold a filled cell. */
    assert_int_in_range(measure((struct kind){.rows_off = 0.0}, &all).count, 36, 64);
    assert_int_equal(measure((struct kind){.rows_off = 50.0}, &corner).count, 0);
    assert_int_equal(measure((struct kind){.rows_off = 50.0}, &cell).count, 1);
}

static void pixels_without_coordinates_are_ignored(void **state)
{
    const struct emit_misfit some = measure((struct kind){.rows_off = 12.0, .missing = 15}, &all);
    const struct emit_misfit none =
        measure((struct kind){.rows_off = 12.0, .missing = LINES}, &all);
    (void)state;
    assert_int_in_range(some.count, 12, 40);
    expect(some, 12.0, 12.0);
    assert_int_equal(none.count, 0);
    expect(none, 0.0, 0.0);
}

static void a_grid_far_off_fails_every_load(void **state)
{
    struct emit_granule *granule = write_and_open((struct kind){.rows_off = 10.5});
    struct emit_grid grid;
    (void)state;
    EXPECT_OK(emit_grid_open(granule, EMIT_ORTHO_GLT, &grid, &last_error));
    for (int i = 0; i < 2; i++)
        EXPECT_ERROR(EMIT_ERROR_FORMAT, emit_grid_check(&grid, 2, &last_error), "misfit.nc",
                     "glt_x", "ORTHO=NO");
    emit_grid_close(&grid);
    emit_granule_close(granule);
}

/* Loads by several threads, each of which then asks for warnings. */
struct crowd
{
    struct emit_grid grid;
    int warnings[6];
};

static void load_and_look(void *context, size_t thread)
{
    struct crowd *crowd = context;
    struct emit_error warning;
    if (emit_grid_check(&crowd->grid, 2, NULL) == EMIT_OK)
        crowd->warnings[thread] = emit_glt_check_take_warning(&crowd->grid.check, &warning);
}

static void a_grid_slightly_off_warns_once(void **state)
{
    struct emit_granule *granule = write_and_open((struct kind){.rows_off = 9.5});
    (void)state;
    for (int round = 0; round < 10; round++)
    {
        struct crowd crowd = {.warnings = {0}};
        EXPECT_OK(emit_grid_open(granule, EMIT_ORTHO_NEAREST, &crowd.grid, &last_error));
        assert_false(emit_glt_check_take_warning(&crowd.grid.check, &last_error));
        run_together(6, load_and_look, &crowd);
        int warnings = 0;
        for (int i = 0; i < 6; i++)
            warnings += crowd.warnings[i];
        assert_int_equal(warnings, 1);
        emit_grid_close(&crowd.grid);
    }
    emit_granule_close(granule);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_are_in_cells_along_rows_or_columns),
        cmocka_unit_test(cells_all_over_the_area_are_compared),
        cmocka_unit_test(pixels_without_coordinates_are_ignored),
        cmocka_unit_test(a_grid_far_off_fails_every_load),
        cmocka_unit_test(a_grid_slightly_off_warns_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
