/* SPDX-License-Identifier: MIT */
#include "core/granule/schema.h"

#include "support.h"

#include <string.h>

static bool matches(const char *label, const char *name)
{
    return emit_schema_label_matches(label, name, strlen(name));
}

static void quantities_are_data_and_all_else_is_a_flag(void **state)
{
    /* 1 where a label of the version is data: read off docs/format.md, not off the code. */
    static const int data[4][11] = {
        {0}, {0, 0, 0, 0, 0, 1, 1, 0}, {0, 0, 0, 0, 0, 1, 1, 0, 1, 0, 1}, {0, 0, 0, 0, 1, 0, 1}};
    (void)state;
    for (int version = 1; version <= 3; version++)
    {
        for (size_t i = 0; i < mask_label_count[version]; i++)
            assert_int_equal(emit_schema_label_kind(mask_labels[version][i]),
                             data[version][i] ? EMIT_LABEL_DATA : EMIT_LABEL_FLAG);
    }
}

static void data_labels_are_known_in_any_spelling(void **state)
{
    (void)state;
    assert_int_equal(emit_schema_label_kind("aod 550"), EMIT_LABEL_DATA);
    assert_int_equal(emit_schema_label_kind("H2O"), EMIT_LABEL_DATA);
    assert_int_equal(emit_schema_label_kind("SPECTF_BUFFER_DISTANCE"), EMIT_LABEL_DATA);
    assert_int_equal(emit_schema_label_kind("spectf-cloud-probability (0-1)"), EMIT_LABEL_DATA);
    assert_int_equal(emit_schema_label_kind("AOD551"), EMIT_LABEL_FLAG);
    assert_int_equal(emit_schema_label_kind(""), EMIT_LABEL_FLAG);
}

static void labels_match_whatever_their_case_separators_and_trailing_flag(void **state)
{
    static const char *const names[] = {"Dilated Cloud Flag", "dilated cloud", "DILATED_CLOUD",
                                        "dilated-cloud-flag", "dilatedcloud",  "Dilated\tCloud",
                                        " dilated cloud "};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_true(matches("Dilated Cloud Flag", names[i]));
    assert_true(matches("H2O (g cm-2)", "h2o"));
    assert_true(matches("H2O", "h2o (g cm-2)"));
    assert_true(matches("Cloud flag", "cloud"));
    assert_true(matches("cloud", "Cloud Flag"));
}

static void other_labels_do_not_match(void **state)
{
    (void)state;
    assert_false(matches("SpecTf-Cloud Flag", "cloud"));
    assert_false(matches("Cloud flag", "dilated cloud"));
    assert_false(matches("Cloud flag", "cloudy"));
    assert_false(matches("Cloud flag", "clou"));
    assert_false(matches("Cloud flag", "flag cloud"));
    assert_false(matches("AOD550", "AOD55"));
}

static void a_name_without_letters_matches_nothing(void **state)
{
    (void)state;
    assert_false(matches("Cloud flag", ""));
    assert_false(matches("", ""));
    assert_false(matches("( )", " - _"));
    assert_false(matches("(x)", "(y)"));
    assert_true(matches("flag", "Flag")); /* the whole label is not a suffix */
    assert_false(matches("Cloud flag", "flag"));
}

static void names_are_compared_up_to_a_limit(void **state)
{
    (void)state;
    assert_true(emit_schema_label_matches("Cirrus flag", "cirrus,water", 6));
    assert_false(emit_schema_label_matches("Cirrus flag", "cirrus,water", 7));
    assert_false(emit_schema_label_matches("Cirrus flag", "cirrus", 0));
}

static void overlong_labels_are_truncated(void **state)
{
    char label[1000];
    (void)state;
    memset(label, 'a', sizeof label - 1);
    label[sizeof label - 1] = '\0';
    assert_true(matches(label, label));
    assert_false(matches(label, "a"));
    assert_int_equal(emit_schema_label_kind(label), EMIT_LABEL_FLAG);
    assert_null(emit_schema_state_variable(label, strlen(label)));
}

static void state_variables_stand_for_aerosol_and_water_vapour(void **state)
{
    (void)state;
    assert_string_equal(emit_schema_state_variable("AOD550>0.4", 6), "aerosol_optical_thickness");
    assert_string_equal(emit_schema_state_variable("h2o (g cm-2)", 12), "water_vapor");
    assert_null(emit_schema_state_variable("cloud", 5));
    assert_null(emit_schema_state_variable("", 0));
    assert_null(emit_schema_state_variable("AOD550", 5));
}

static bool is_group_variable(const char *name, const char *path)
{
    for (size_t i = 0; i < EMIT_GROUP_VARIABLES; i++)
    {
        if (strcmp(emit_schema_group_variables[i].name, name) == 0)
            return strcmp(emit_schema_group_variables[i].path, path) == 0;
    }
    return false;
}

static void the_tables_hold_the_names_of_the_format(void **state)
{
    static const char *const main_variables[] = {"reflectance", "reflectance_uncertainty",
                                                 "radiance", "obs", "mask"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(main_variables); i++)
        assert_string_equal(emit_schema_main_variables[i], main_variables[i]);
    assert_null(emit_schema_main_variables[COUNT_OF(main_variables)]);
    assert_true(is_group_variable("lon", "/location/lon"));
    assert_true(is_group_variable("lat", "/location/lat"));
    assert_true(is_group_variable("elev", "/location/elev"));
    assert_true(is_group_variable("aerosol_optical_thickness",
                                  "/state_variables/aerosol_optical_thickness"));
    assert_true(is_group_variable("water_vapor", "/state_variables/water_vapor"));
    assert_string_equal(EMIT_PATH_WAVELENGTHS, "/sensor_band_parameters/wavelengths");
    assert_string_equal(EMIT_PATH_EARLY_WAVELENGTHS, "/sensor_band_parameters/radiance_wl");
    assert_string_equal(EMIT_PATH_FWHM, "/sensor_band_parameters/fwhm");
    assert_string_equal(EMIT_PATH_EARLY_FWHM, "/sensor_band_parameters/radiance_fwhm");
}

static void only_the_cubes_have_bands_that_are_wavelengths(void **state)
{
    (void)state;
    assert_true(emit_schema_is_spectral("reflectance"));
    assert_true(emit_schema_is_spectral("reflectance_uncertainty"));
    assert_true(emit_schema_is_spectral("radiance"));
    assert_false(emit_schema_is_spectral("obs"));
    assert_false(emit_schema_is_spectral("mask"));
    assert_false(emit_schema_is_spectral("band_mask"));
    assert_false(emit_schema_is_spectral("reflect"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantities_are_data_and_all_else_is_a_flag),
        cmocka_unit_test(data_labels_are_known_in_any_spelling),
        cmocka_unit_test(labels_match_whatever_their_case_separators_and_trailing_flag),
        cmocka_unit_test(other_labels_do_not_match),
        cmocka_unit_test(a_name_without_letters_matches_nothing),
        cmocka_unit_test(names_are_compared_up_to_a_limit),
        cmocka_unit_test(overlong_labels_are_truncated),
        cmocka_unit_test(state_variables_stand_for_aerosol_and_water_vapour),
        cmocka_unit_test(the_tables_hold_the_names_of_the_format),
        cmocka_unit_test(only_the_cubes_have_bands_that_are_wavelengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
