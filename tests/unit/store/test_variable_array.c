/* SPDX-License-Identifier: MIT */
#include "core/store/variable_array.h"

#include "support.h"

#include <math.h>

#define ROWS 13
#define COLUMNS 17
#define LINES 11
#define SAMPLES 7

/* Numbers that a GLT may hold, good and bad, by cell. */
static double entry(size_t cell)
{
    static const double bad[] = {0, -9999, -2147483648.0, 2147483647.0};
    return cell % 6 == 5 ? bad[cell / 6 % 4] : (double)(cell * 3 % 20);
}

/* Writes the GLT as variables of "type" and opens the granule. */
static struct emit_granule *open_with_glt(nc_type type, bool odd)
{
    struct test_granule fixture;
    struct emit_granule *granule = NULL;
    static int32_t glt[ROWS * COLUMNS];
    static double numbers[ROWS * COLUMNS];
    int group = -1, y = -1, x = -1, id = -1;
    test_granule_begin(&fixture, "glt.nc", LINES, SAMPLES);
    test_granule_add(&fixture, "mask", NC_FLOAT, 1, -9999.0, &mk_contiguous, NULL);
    for (size_t i = 0; i < ROWS * COLUMNS; i++)
    {
        glt[i] = (int32_t)entry(i);
        numbers[i] = odd && i % 5 == 0 ? (i % 2 == 0 ? 1.5 : 4294967297.0) : entry(i);
    }
    test_granule_add_glt(&fixture, ROWS, COLUMNS, glt, glt);
    if (type != NC_INT)
    {
        /* The same again under another name, in the other type. */
        nc_inq_dimid(fixture.file.id, "ortho_y", &y);
        nc_inq_dimid(fixture.file.id, "ortho_x", &x);
        nc_inq_grp_ncid(fixture.file.id, "location", &group);
        assert_int_equal(nc_def_var(group, "other", type, 2, (const int[]){y, x}, &id), NC_NOERR);
        assert_int_equal(nc_put_var_double(group, id, numbers), NC_NOERR);
    }
    test_granule_end(&fixture);
    EXPECT_OK(emit_granule_open(test_path("glt.nc"), &granule, &last_error));
    return granule;
}

static int32_t expected_entry(size_t cell, bool odd, bool is_narrow)
{
    const int32_t whole = odd && cell % 5 == 0 ? 0 : (int32_t)entry(cell);
    if (!is_narrow)
        return whole;
    return whole < 0 ? 0 : whole > 65535 ? 65535 : whole;
}

static void expect_entries(struct emit_granule *granule, const char *name, bool odd, bool is_narrow)
{
    const struct emit_area all = {0, 0, ROWS, COLUMNS};
    struct emit_layout layout;
    struct emit_lazy_array *table = NULL;
    EXPECT_OK(emit_h5_layout(granule->h5, name, &layout, &last_error));
    EXPECT_OK(emit_variable_array_open_glt(granule, &layout, is_narrow, &table, &last_error));
    EXPECT_OK(emit_lazy_arrays_load(&table, 1, &all, 3, &last_error));
    const void *cells = emit_lazy_array_elements(table);
    for (size_t i = 0; i < ROWS * COLUMNS; i++)
        assert_int_equal(is_narrow ? ((const uint16_t *)cells)[i] : ((const int32_t *)cells)[i],
                         expected_entry(i, odd, is_narrow));
    emit_lazy_array_close(table);
}

static void a_lookup_table_is_read_whatever_its_type_and_storage(void **state)
{
    static const nc_type types[] = {NC_INT, NC_INT64, NC_DOUBLE};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(types); i++)
    {
        struct emit_granule *granule = open_with_glt(types[i], false);
        const char *name = types[i] == NC_INT ? "/location/glt_x" : "/location/other";
        expect_entries(granule, name, false, false);
        expect_entries(granule, name, false, true);
        emit_granule_close(granule);
    }
}

static void entries_that_do_not_fit_int32_are_empty(void **state)
{
    struct emit_granule *granule = open_with_glt(NC_DOUBLE, true);
    (void)state;
    expect_entries(granule, "/location/other", true, false);
    expect_entries(granule, "/location/other", true, true);
    emit_granule_close(granule);
}

/* ---- Numbers -------------------------------------------------------------------------------- */

static void numbers_are_doubles_and_nodata_is_nan(void **state)
{
    const struct emit_area all = {0, 0, 300, SAMPLES};
    struct test_granule fixture;
    struct emit_granule *granule = NULL;
    struct emit_lazy_array *table = NULL;
    static double lat[300 * SAMPLES]; /* more lines than a tile has */
    (void)state;
    for (size_t i = 0; i < 300 * SAMPLES; i++)
        lat[i] = i % 11 == 3 ? -9999.0 : 40.0 + 0.001 * (double)i;
    test_granule_begin(&fixture, "numbers.nc", 300, SAMPLES);
    test_granule_add(&fixture, "mask", NC_FLOAT, 1, -9999.0, &mk_contiguous, NULL);
    test_granule_add_in(&fixture, "location", "lat", lat);
    test_granule_end(&fixture);
    EXPECT_OK(emit_granule_open(test_path("numbers.nc"), &granule, &last_error));
    EXPECT_OK(emit_variable_array_open_numbers(granule, "lat", &table, &last_error));
    EXPECT_OK(emit_lazy_arrays_load(&table, 1, &all, 2, &last_error));
    const double *cells = emit_lazy_array_elements(table);
    for (size_t i = 0; i < 300 * SAMPLES; i++)
        assert_true(i % 11 == 3 ? isnan(cells[i]) : cells[i] == lat[i]);
    emit_lazy_array_close(table);
    emit_granule_close(granule);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lookup_table_is_read_whatever_its_type_and_storage),
        cmocka_unit_test(entries_that_do_not_fit_int32_are_empty),
        cmocka_unit_test(numbers_are_doubles_and_nodata_is_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
