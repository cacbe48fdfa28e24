/* SPDX-License-Identifier: MIT */
#include "core/granule/granule.h"

#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINES 5
#define SAMPLES 7

static const int32_t glt[3 * 4];
static const double zeros[LINES * SAMPLES];

static struct emit_granule *finish_and_open(struct test_granule *fixture)
{
    struct emit_granule *granule = NULL;
    test_granule_end(fixture);
    EXPECT_OK(emit_granule_open(fixture->file.path, &granule, &last_error));
    return granule;
}

static void expect_refused(struct test_granule *fixture, enum emit_status status, const char *words)
{
    struct emit_granule *granule = (void *)&last_error;
    test_granule_end(fixture);
    EXPECT_ERROR(status, emit_granule_open(fixture->file.path, &granule, &last_error),
                 fixture->file.path, words);
    assert_null(granule);
}

static void a_granule_knows_its_grids_and_where_they_lie(void **state)
{
    static const double expected[6] = {10.0, 0.5, 0.0, 50.0, 0.0, -0.5};
    struct test_granule fixture;
    (void)state;
    test_granule_begin(&fixture, "grids.nc", LINES, SAMPLES);
    test_granule_add(&fixture, "obs", NC_FLOAT, 3, -9999.0, &mk_contiguous, NULL);
    test_granule_add_glt(&fixture, 3, 4, glt, glt);
    test_granule_text(&fixture, "spatial_ref", "GEOGCS[...]");
    struct emit_granule *granule = finish_and_open(&fixture);
    assert_int_equal(granule->extent.downtrack, LINES);
    assert_int_equal(granule->extent.crosstrack, SAMPLES);
    assert_true(granule->has_glt);
    assert_int_equal(granule->ortho_rows, 3);
    assert_int_equal(granule->ortho_columns, 4);
    for (int i = 0; i < 6; i++)
        assert_true(granule->geotransform[i] == expected[i] &&
                    signbit(granule->geotransform[i]) == signbit(expected[i]));
    assert_string_equal(granule->spatial_ref, "GEOGCS[...]");
    assert_string_equal(granule->time_start, "2024-03-15T10:11:12+0000");
    assert_false(granule->has_lonlat);
    emit_granule_close(granule);
    emit_granule_close(NULL);
}

static void variables_over_the_raw_grid_are_listed_main_ones_first(void **state)
{
    static const char *const expected[] = {"mask", "reflectance", "a_layer",    "zz",
                                           "lon",  "lat",         "water_vapor"};
    struct test_granule fixture;
    int id = -1;
    (void)state;
    test_granule_begin(&fixture, "variables.nc", LINES, SAMPLES);
    test_granule_add(&fixture, "zz", NC_SHORT, 0, 1.0, &mk_packed, NULL);
    test_granule_add(&fixture, "reflectance", NC_FLOAT, 9, -9999.0, &mk_contiguous, NULL);
    test_granule_add(&fixture, "a_layer", NC_UBYTE, 2, 1.0, &mk_packed, NULL);
    test_granule_add(&fixture, "mask", NC_FLOAT, 8, -9999.0, &mk_packed, NULL);
    test_granule_add_in(&fixture, "location", "lat", zeros);
    test_granule_add_in(&fixture, "location", "lon", zeros);
    test_granule_add_in(&fixture, "state_variables", "water_vapor", zeros);
    /* Over other axes: no swath variable. */
    const int turned[2] = {fixture.crosstrack, fixture.downtrack};
    assert_int_equal(nc_def_var(fixture.file.id, "flat_field", NC_FLOAT, 2, turned, &id), NC_NOERR);
    struct emit_granule *granule = finish_and_open(&fixture);
    assert_int_equal(granule->variable_count, COUNT_OF(expected));
    for (size_t i = 0; i < COUNT_OF(expected); i++)
        assert_string_equal(granule->variables[i].name, expected[i]);
    assert_string_equal(granule->variables[0].units, "furlong");
    assert_string_equal(granule->variables[0].long_name, "a hand-made one");
    assert_true(granule->has_lonlat);
    assert_int_equal(emit_swath_variable_bands(emit_granule_find(granule, "reflectance")), 9);
    assert_int_equal(emit_swath_variable_bands(emit_granule_find(granule, "zz")), 1);
    assert_null(emit_granule_find(granule, "flat_field"));
    assert_string_equal(emit_granule_main(granule)->name, "reflectance");
    const struct emit_encoding own =
        emit_layout_encoding(&emit_granule_find(granule, "zz")->layout);
    assert_true(own.has_fill && emit_number_get(own.type, own.fill) == 1.0);
    emit_granule_close(granule);
}

static void a_granule_of_layers_has_no_main_variable(void **state)
{
    struct test_granule fixture;
    (void)state;
    test_granule_begin(&fixture, "layers.nc", LINES, SAMPLES);
    test_granule_add(&fixture, "group_1_fit", NC_FLOAT, 0, -9999.0, &mk_packed, NULL);
    struct emit_granule *granule = finish_and_open(&fixture);
    assert_null(emit_granule_main(granule));
    assert_false(granule->has_glt);
    emit_granule_close(granule);
}

static void the_band_axis_and_the_labels_are_read(void **state)
{
    static const float wavelengths[4] = {400.5F, 410.25F, 420.0F, 430.0F};
    static const float fwhm[4] = {8.5F, 8.25F, 8.0F, 7.0F};
    static const unsigned char good[4] = {1, 0, 1, 1};
    struct test_granule fixture;
    (void)state;
    test_granule_begin(&fixture, "axis.nc", LINES, SAMPLES);
    test_granule_add(&fixture, "reflectance", NC_FLOAT, 4, -9999.0, &mk_contiguous, NULL);
    test_granule_add_axis(&fixture, 4, wavelengths, fwhm, good);
    test_granule_add_labels(&fixture, "mask_bands", mask_labels[3], 7);
    struct emit_granule *granule = finish_and_open(&fixture);
    assert_int_equal(granule->axis.count, 4);
    for (int i = 0; i < 4; i++)
    {
        assert_true(granule->axis.wavelength_nm[i] == (double)wavelengths[i]);
        assert_true(granule->axis.fwhm_nm[i] == (double)fwhm[i]);
        assert_true(granule->axis.good[i] == (double)good[i]);
    }
    assert_int_equal(granule->mask_labels.count, 7);
    assert_string_equal(granule->mask_labels.text[6], "SpecTf-Buffer Distance");
    assert_int_equal(granule->obs_labels.count, 0);
    emit_granule_close(granule);
}

static void a_file_without_a_swath_is_not_a_granule(void **state)
{
    struct test_granule fixture;
    struct emit_granule *granule = NULL;
    (void)state;
    test_granule_begin(&fixture, "empty.nc", LINES, SAMPLES);
    expect_refused(&fixture, EMIT_NOT_A_GRANULE, "downtrack");
    write_file(test_path("short.nc"), "\x89HDF", 4);
    EXPECT_ERROR(EMIT_NOT_A_GRANULE,
                 emit_granule_open(test_path("short.nc"), &granule, &last_error), "short.nc");
}

static void a_lookup_table_needs_a_geotransform(void **state)
{
    struct test_granule fixture;
    (void)state;
    test_granule_begin(&fixture, "no_transform.nc", LINES, SAMPLES);
    test_granule_add(&fixture, "obs", NC_FLOAT, 3, -9999.0, &mk_contiguous, NULL);
    test_granule_add_glt(&fixture, 3, 4, glt, glt);
    assert_int_equal(nc_del_att(fixture.file.id, NC_GLOBAL, "geotransform"), NC_NOERR);
    expect_refused(&fixture, EMIT_ERROR_FORMAT, "geotransform");
}

/* reflectance over bands, downtrack and crosstrack. */
static void add_turned_reflectance(struct test_granule *fixture)
{
    int dimensions[3] = {-1, fixture->downtrack, fixture->crosstrack};
    int id = -1;
    assert_int_equal(nc_def_dim(fixture->file.id, "bands", 9, &dimensions[0]), NC_NOERR);
    assert_int_equal(nc_def_var(fixture->file.id, "reflectance", NC_FLOAT, 3, dimensions, &id),
                     NC_NOERR);
}

static void a_main_variable_with_turned_dimensions_is_refused(void **state)
{
    struct test_granule fixture;
    (void)state;
    test_granule_begin(&fixture, "turned.nc", LINES, SAMPLES);
    add_turned_reflectance(&fixture);
    test_granule_add_glt(&fixture, 3, 4, glt, glt);
    expect_refused(&fixture, EMIT_ERROR_FORMAT, "bands 9, downtrack 5, crosstrack 7");
}

static void beside_others_it_is_unread_and_not_replaced(void **state)
{
    struct test_granule fixture;
    (void)state;
    test_granule_begin(&fixture, "turned_beside.nc", LINES, SAMPLES);
    add_turned_reflectance(&fixture);
    test_granule_add(&fixture, "obs", NC_FLOAT, 3, -9999.0, &mk_contiguous, NULL);
    struct emit_granule *granule = finish_and_open(&fixture);
    assert_null(emit_granule_main(granule));
    assert_null(emit_granule_find(granule, "reflectance"));
    assert_non_null(emit_granule_find(granule, "obs"));
    assert_int_equal(granule->unread_count, 1);
    assert_string_equal(granule->unread[0].name, "reflectance");
    assert_non_null(strstr(granule->unread[0].reason, "bands 9, downtrack 5, crosstrack 7"));
    emit_granule_close(granule);
}

static void tables_must_have_one_shape_of_two_dimensions(void **state)
{
    struct test_granule fixture;
    (void)state;
    for (int rank = 1; rank <= 2; rank++)
    {
        int group = -1, id = -1, dimensions[2] = {-1, -1};
        test_granule_begin(&fixture, rank == 1 ? "list.nc" : "shapes.nc", LINES, SAMPLES);
        test_granule_add(&fixture, "obs", NC_FLOAT, 3, -9999.0, &mk_contiguous, NULL);
        test_granule_geotransform(&fixture, 10.0);
        assert_int_equal(nc_def_dim(fixture.file.id, "rows", 3, &dimensions[0]), NC_NOERR);
        assert_int_equal(nc_def_dim(fixture.file.id, "columns", 4, &dimensions[1]), NC_NOERR);
        assert_int_equal(nc_def_grp(fixture.file.id, "location", &group), NC_NOERR);
        assert_int_equal(nc_def_var(group, "glt_x", NC_INT, rank, dimensions, &id), NC_NOERR);
        dimensions[0] = dimensions[1];
        assert_int_equal(nc_def_var(group, "glt_y", NC_INT, rank, dimensions, &id), NC_NOERR);
        expect_refused(&fixture, EMIT_ERROR_FORMAT, "glt_x");
    }
}

/* A variable of "lines" x 46341 values that were never written, in a file that could hold them. */
static char *write_unwritten(const char *name, size_t lines)
{
    struct test_granule fixture;
    test_granule_begin(&fixture, name, lines, 46341);
    test_granule_add(&fixture, "obs", NC_UBYTE, 1, 0.0, &mk_contiguous, NULL);
    test_granule_end(&fixture);
    assert_int_equal(truncate(fixture.file.path, 4 << 20), 0);
    return strdup(fixture.file.path);
}

static void a_raw_grid_beyond_numbering_is_refused(void **state)
{
    struct emit_granule *granule;
    (void)state;
    char *path = write_unwritten("huge.nc", 46341);
    EXPECT_ERROR(EMIT_ERROR_FORMAT, emit_granule_open(path, &granule, &last_error), path,
                 "46341 x 46341");
    free(path);
    path = write_unwritten("large.nc", 46340);
    EXPECT_OK(emit_granule_open(path, &granule, &last_error));
    emit_granule_close(granule);
    free(path);
}

static void widths_must_be_as_many_as_wavelengths(void **state)
{
    static const float numbers[4] = {1, 2, 3, 4};
    struct test_granule fixture;
    int dimension = -1, id = -1;
    (void)state;
    test_granule_begin(&fixture, "widths.nc", LINES, SAMPLES);
    test_granule_add(&fixture, "reflectance", NC_FLOAT, 4, -9999.0, &mk_contiguous, NULL);
    test_granule_add_axis(&fixture, 4, numbers, NULL, NULL);
    assert_int_equal(nc_def_dim(fixture.file.id, "three", 3, &dimension), NC_NOERR);
    assert_int_equal(nc_def_var(fixture.sensor, "fwhm", NC_FLOAT, 1, &dimension, &id), NC_NOERR);
    assert_int_equal(nc_put_var_float(fixture.sensor, id, numbers), NC_NOERR);
    expect_refused(&fixture, EMIT_ERROR_FORMAT, "different length");
}

static void root_attributes_are_texts(void **state)
{
    static const double pair[2] = {1.5, -2.0};
    struct test_granule fixture;
    (void)state;
    test_granule_begin(&fixture, "attributes.nc", LINES, SAMPLES);
    test_granule_add(&fixture, "obs", NC_FLOAT, 3, -9999.0, &mk_contiguous, NULL);
    test_granule_text(&fixture, "title", "A \xC3\xBC title");
    nc_put_att_double(fixture.file.id, NC_GLOBAL, "pair", NC_DOUBLE, 2, pair);
    struct emit_granule *granule = finish_and_open(&fixture);
    assert_int_equal(granule->attribute_count, 3);
    assert_string_equal(granule->attributes[0].key, "time_coverage_start");
    assert_string_equal(granule->attributes[1].key, "title");
    assert_string_equal(granule->attributes[1].value, "A \xC3\xBC title");
    assert_string_equal(granule->attributes[2].value, "{1.5,-2}");
    emit_granule_close(granule);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_granule_knows_its_grids_and_where_they_lie),
        cmocka_unit_test(variables_over_the_raw_grid_are_listed_main_ones_first),
        cmocka_unit_test(a_granule_of_layers_has_no_main_variable),
        cmocka_unit_test(the_band_axis_and_the_labels_are_read),
        cmocka_unit_test(a_file_without_a_swath_is_not_a_granule),
        cmocka_unit_test(a_lookup_table_needs_a_geotransform),
        cmocka_unit_test(a_main_variable_with_turned_dimensions_is_refused),
        cmocka_unit_test(beside_others_it_is_unread_and_not_replaced),
        cmocka_unit_test(tables_must_have_one_shape_of_two_dimensions),
        cmocka_unit_test(a_raw_grid_beyond_numbering_is_refused),
        cmocka_unit_test(widths_must_be_as_many_as_wavelengths),
        cmocka_unit_test(root_attributes_are_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
