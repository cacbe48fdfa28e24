/* SPDX-License-Identifier: MIT */
#include "core/geometry/grid.h"

#include "support.h"

#include <math.h>

#define LINES 9
#define SAMPLES 14
#define ROWS 80 /* more than are searched together */
#define COLUMNS 11

static int32_t glt_x[ROWS * COLUMNS];
static int32_t glt_y[ROWS * COLUMNS];
static double lat[LINES * SAMPLES];
static double lon[LINES * SAMPLES];

/* Every fourth cell is empty; the others name a pixel near the right one, or a distant one. */
static void make_tables(void)
{
    for (int i = 0; i < ROWS * COLUMNS; i++)
    {
        const int row = i / COLUMNS, column = i % COLUMNS;
        glt_x[i] = i % 4 == 3 ? 0 : 1 + (column + row / 40) % SAMPLES;
        glt_y[i] = i % 4 == 3 ? -9999 : 1 + row * LINES / ROWS;
    }
    /* The cells are half a degree wide, from 10 E and 50 N on: 5.5 x 40 degrees. */
    for (int i = 0; i < LINES * SAMPLES; i++)
    {
        const int line = i / SAMPLES, sample = i % SAMPLES;
        lat[i] = 48.0 - 4.5 * line - 0.1 * sample;
        lon[i] = 10.3 + 0.4 * sample + 0.02 * line;
    }
    lat[3 * SAMPLES + 5] = -9999.0;
}

static struct emit_granule *write_and_open(bool with_glt, bool with_places)
{
    struct test_granule fixture;
    struct emit_granule *granule = NULL;
    make_tables();
    test_granule_begin(&fixture, "grid.nc", LINES, SAMPLES);
    test_granule_add(&fixture, "mask", NC_FLOAT, 1, -9999.0, &mk_contiguous, NULL);
    if (with_places)
    {
        test_granule_add_in(&fixture, "location", "lat", lat);
        test_granule_add_in(&fixture, "location", "lon", lon);
    }
    if (with_glt)
        test_granule_add_glt(&fixture, ROWS, COLUMNS, glt_x, glt_y);
    test_granule_end(&fixture);
    EXPECT_OK(emit_granule_open(test_path("grid.nc"), &granule, &last_error));
    return granule;
}

/* The pixel of one loaded cell, by number; -1 for none. */
static int pixel_at(const struct emit_grid *grid, int64_t row, int64_t column)
{
    struct emit_pixel pixel;
    emit_grid_pixels(grid, row, &column, 1, &pixel);
    return emit_is_pixel(pixel) ? pixel.downtrack * SAMPLES + pixel.crosstrack : -1;
}

static void the_raw_grid_shows_every_pixel_at_its_place(void **state)
{
    struct emit_granule *granule = write_and_open(true, true);
    struct emit_grid grid;
    const struct emit_area all = {0, 0, LINES, SAMPLES};
    (void)state;
    EXPECT_OK(emit_grid_open(granule, EMIT_ORTHO_NO, &grid, &last_error));
    assert_int_equal(grid.rows, LINES);
    assert_int_equal(grid.columns, SAMPLES);
    EXPECT_OK(emit_grid_load(&grid, &all, 2, &last_error));
    for (int i = 0; i < LINES * SAMPLES; i++)
        assert_int_equal(pixel_at(&grid, i / SAMPLES, i % SAMPLES), i);
    emit_grid_close(&grid);
    emit_grid_close(&grid);
    emit_granule_close(granule);
}

static void without_a_lookup_table_only_the_raw_grid_exists(void **state)
{
    struct emit_granule *granule = write_and_open(false, true);
    struct emit_grid grid;
    (void)state;
    EXPECT_OK(emit_grid_open(granule, EMIT_ORTHO_GLT, &grid, &last_error));
    assert_int_equal(grid.rows, LINES);
    assert_int_equal(grid.columns, SAMPLES);
    emit_grid_close(&grid);
    emit_granule_close(granule);
}

static void the_lookup_table_says_which_pixel_a_cell_shows(void **state)
{
    struct emit_granule *granule = write_and_open(true, false);
    struct emit_grid grid;
    const struct emit_area all = {0, 0, ROWS, COLUMNS};
    static const int64_t columns[5] = {10, 0, 3, 3, 7};
    struct emit_pixel pixels[5];
    (void)state;
    EXPECT_OK(emit_grid_open(granule, EMIT_ORTHO_GLT, &grid, &last_error));
    assert_int_equal(grid.rows, ROWS);
    assert_int_equal(grid.columns, COLUMNS);
    EXPECT_OK(emit_grid_load(&grid, &all, 2, &last_error));
    for (int i = 0; i < ROWS * COLUMNS; i++)
        assert_int_equal(pixel_at(&grid, i / COLUMNS, i % COLUMNS),
                         i % 4 == 3 ? -1 : (glt_y[i] - 1) * SAMPLES + glt_x[i] - 1);
    emit_grid_pixels(&grid, 6, columns, 5, pixels);
    for (int i = 0; i < 5; i++)
    {
        const int cell = 6 * COLUMNS + (int)columns[i];
        assert_int_equal(emit_is_pixel(pixels[i]), cell % 4 != 3);
        if (cell % 4 != 3)
            assert_int_equal(pixels[i].crosstrack, glt_x[cell] - 1);
    }
    emit_grid_close(&grid);
    emit_granule_close(granule);
}

/* The pixel whose centre is nearest to the centre of a cell, by brute force. */
static int search_all(int row, int column)
{
    const double at_lat = 50.0 - 0.5 * (row + 0.5);
    const double at_lon = 10.0 + 0.5 * (column + 0.5);
    int best = -1;
    double least = INFINITY;
    for (int i = 0; i < LINES * SAMPLES; i++)
    {
        const double north = lat[i] - at_lat;
        const double east = (lon[i] - at_lon) * cos(at_lat * 3.14159265358979323846 / 180.0);
        if (lat[i] != -9999.0 && north * north + east * east < least)
        {
            least = north * north + east * east;
            best = i;
        }
    }
    return best;
}

/* Lines that fit uint16_t, barely do not, and do not. */
static void lines_beyond_16_bits_are_shown(void **state)
{
    static const size_t lines[] = {65534, 65535, 65536, 70001};
    static const int32_t y[] = {1,      65533,     65534, 65535,     65536,  65537, 70001, 70002,
                                131073, INT32_MAX, -1,    INT32_MIN, -65535, 0,     2};
    const struct emit_area all = {0, 0, 5, 3};
    (void)state;
    for (size_t k = 0; k < COUNT_OF(lines); k++)
    {
        struct test_granule fixture;
        struct emit_granule *granule = NULL;
        struct emit_grid grid;
        static const int32_t x[] = {1, 2, 1, 2, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 65538};
        test_granule_begin(&fixture, "tall.nc", lines[k], 2);
        test_granule_add(&fixture, "mask", NC_FLOAT, 1, -9999.0, &mk_contiguous, NULL);
        test_granule_add_glt(&fixture, 5, 3, x, y);
        test_granule_end(&fixture);
        EXPECT_OK(emit_granule_open(test_path("tall.nc"), &granule, &last_error));
        EXPECT_OK(emit_grid_open(granule, EMIT_ORTHO_GLT, &grid, &last_error));
        EXPECT_OK(emit_grid_load(&grid, &all, 2, &last_error));
        for (int i = 0; i < 15; i++)
        {
            const bool filled = y[i] >= 1 && (size_t)y[i] <= lines[k] && x[i] <= 2;
            struct emit_pixel pixel;
            emit_grid_pixels(&grid, i / 3, &(int64_t){i % 3}, 1, &pixel);
            assert_int_equal(pixel.downtrack, filled ? y[i] - 1 : -1);
            assert_int_equal(pixel.crosstrack, filled ? x[i] - 1 : -1);
        }
        emit_grid_close(&grid);
        emit_granule_close(granule);
    }
}

static void filled_cells_show_the_truly_nearest_pixel_on_request(void **state)
{
    struct emit_granule *granule = write_and_open(true, true);
    struct emit_grid grid;
    const struct emit_area parts[] = {{70, 3, 5, 2}, {0, 0, ROWS, COLUMNS}};
    (void)state;
    EXPECT_OK(emit_grid_open(granule, EMIT_ORTHO_NEAREST, &grid, &last_error));
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        EXPECT_OK(emit_grid_load(&grid, &parts[i], 2, &last_error));
    for (int i = 0; i < ROWS * COLUMNS; i++)
        assert_int_equal(pixel_at(&grid, i / COLUMNS, i % COLUMNS),
                         i % 4 == 3 ? -1 : search_all(i / COLUMNS, i % COLUMNS));
    emit_grid_close(&grid);
    emit_granule_close(granule);
}

static void nearest_pixels_need_coordinates(void **state)
{
    struct emit_granule *granule = write_and_open(true, false);
    struct emit_grid grid;
    (void)state;
    EXPECT_ERROR(EMIT_ERROR_OPTION, emit_grid_open(granule, EMIT_ORTHO_NEAREST, &grid, &last_error),
                 "ORTHO=NEAREST", "lat", "lon", "grid.nc");
    emit_grid_close(&grid);
    emit_granule_close(granule);
}

struct crowd
{
    struct emit_grid grid;
    int wrong[6];
};

static void load_and_look(void *context, size_t thread)
{
    struct crowd *crowd = context;
    const struct emit_area all = {0, 0, ROWS, COLUMNS};
    crowd->wrong[thread] = emit_grid_load(&crowd->grid, &all, 2, NULL) != EMIT_OK;
    for (int i = 0; i < ROWS * COLUMNS; i++)
        crowd->wrong[thread] +=
            (pixel_at(&crowd->grid, i / COLUMNS, i % COLUMNS) == -1) != (i % 4 == 3);
}

static void many_threads_search_nearest_pixels(void **state)
{
    struct emit_granule *granule = write_and_open(true, true);
    (void)state;
    for (int round = 0; round < 10; round++)
    {
        struct crowd crowd = {.wrong = {0}};
        EXPECT_OK(emit_grid_open(granule, EMIT_ORTHO_NEAREST, &crowd.grid, &last_error));
        run_together(6, load_and_look, &crowd);
        for (int i = 0; i < 6; i++)
            assert_int_equal(crowd.wrong[i], 0);
        emit_grid_close(&crowd.grid);
    }
    emit_granule_close(granule);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_raw_grid_shows_every_pixel_at_its_place),
        cmocka_unit_test(without_a_lookup_table_only_the_raw_grid_exists),
        cmocka_unit_test(the_lookup_table_says_which_pixel_a_cell_shows),
        cmocka_unit_test(lines_beyond_16_bits_are_shown),
        cmocka_unit_test(filled_cells_show_the_truly_nearest_pixel_on_request),
        cmocka_unit_test(nearest_pixels_need_coordinates),
        cmocka_unit_test(many_threads_search_nearest_pixels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
