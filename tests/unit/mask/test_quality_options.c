/* SPDX-License-Identifier: MIT */
#include "core/mask/quality_options.h"

#include "support.h"

#include <stdlib.h>
#include <string.h>

static struct emit_mask_bands bands_of(int version)
{
    return (struct emit_mask_bands){"mask.nc", mask_labels[version], mask_label_count[version]};
}

static struct emit_mask_conditions conditions;

static enum emit_status resolve_flags(const char *text, int version)
{
    const struct emit_options options = {.quality_flags = text};
    const struct emit_mask_bands mask = bands_of(version);
    return emit_quality_resolve(&options, &mask, &conditions, &last_error);
}

static enum emit_status resolve_where(const char *text, int version)
{
    const struct emit_options options = {.quality_where = text};
    const struct emit_mask_bands mask = bands_of(version);
    return emit_quality_resolve(&options, &mask, &conditions, &last_error);
}

static void expect_term(size_t i, size_t band, enum emit_comparison test, double threshold)
{
    assert_true(i < conditions.count);
    assert_false(conditions.condition[i].in_state);
    assert_null(conditions.condition[i].state_variable);
    assert_int_equal(conditions.condition[i].band, band);
    assert_int_equal(conditions.condition[i].rule.test, test);
    assert_true(test == EMIT_COMPARISON_SET || conditions.condition[i].rule.threshold == threshold);
}

/* ---- Asking --------------------------------------------------------------------------------- */

static void each_of_three_options_requests_quality_masking(void **state)
{
    const struct emit_options none = {.band_mask = true, .cloud_buffer = 3, .mask_file = "m.nc"};
    const struct emit_options flags = {.quality_flags = "cloud"};
    const struct emit_options where = {.quality_where = "H2O>3"};
    const struct emit_options buffer = {.has_cloud_buffer = true};
    const struct emit_mask_bands mask = bands_of(1);
    (void)state;
    assert_false(emit_quality_is_requested(&none));
    assert_true(emit_quality_is_requested(&flags));
    assert_true(emit_quality_is_requested(&where));
    assert_true(emit_quality_is_requested(&buffer));
    EXPECT_OK(emit_quality_resolve(&none, &mask, &conditions, &last_error));
    assert_int_equal(conditions.count, 0);
}

/* ---- QUALITY_FLAGS -------------------------------------------------------------------------- */

static void flags_are_named_by_label_in_any_spelling(void **state)
{
    (void)state;
    EXPECT_OK(resolve_flags("cloud, Cirrus Flag ,\"dilated_cloud\",'AGGREGATE-FLAG'", 1));
    assert_int_equal(conditions.count, 4);
    expect_term(0, 0, EMIT_COMPARISON_SET, 1);
    expect_term(1, 1, EMIT_COMPARISON_SET, 1);
    expect_term(2, 4, EMIT_COMPARISON_SET, 1);
    expect_term(3, 7, EMIT_COMPARISON_SET, 1);
    EXPECT_OK(resolve_flags("spectf-cloud", 3));
    assert_int_equal(conditions.count, 1);
    expect_term(0, 5, EMIT_COMPARISON_SET, 1);
    EXPECT_OK(resolve_flags("spectf-cloud", 2));
    expect_term(0, 9, EMIT_COMPARISON_SET, 1);
}

static void flags_are_named_by_number(void **state)
{
    (void)state;
    EXPECT_OK(resolve_flags("0,1,3, 04", 1));
    assert_int_equal(conditions.count, 4);
    expect_term(2, 3, EMIT_COMPARISON_SET, 1);
    expect_term(3, 4, EMIT_COMPARISON_SET, 1);
    EXPECT_OK(resolve_flags("5", 3)); /* AOD550 in version 1, a flag in version 3 */
    expect_term(0, 5, EMIT_COMPARISON_SET, 1);
}

static void an_unknown_flag_is_refused_with_the_list_of_flags(void **state)
{
    (void)state;
    EXPECT_ERROR(EMIT_ERROR_OPTION, resolve_flags("cloud,clowd", 1), "QUALITY_FLAGS", "\"clowd\"",
                 "not a flag", "mask.nc", "0 Cloud flag, 1 Cirrus flag, 2 Water flag",
                 "4 Dilated Cloud Flag, 7 Aggregate Flag");
    EXPECT_ERROR(EMIT_ERROR_OPTION, resolve_flags("spectf-cloud", 1), "spectf-cloud", "not a flag");
    EXPECT_ERROR(EMIT_ERROR_OPTION, resolve_flags("cloud,,water", 1), "\"\"", "not a flag");
    EXPECT_ERROR(EMIT_ERROR_OPTION, resolve_flags("cloud,", 1), "\"\"");
    EXPECT_ERROR(EMIT_ERROR_OPTION, resolve_flags("-1", 1), "\"-1\"");
    EXPECT_ERROR(EMIT_ERROR_OPTION, resolve_flags("8", 1), "\"8\"", "not a flag");
    EXPECT_ERROR(EMIT_ERROR_OPTION, resolve_flags("18446744073709551616", 1), "not a flag");
}

static void data_bands_are_not_flags(void **state)
{
    (void)state;
    EXPECT_ERROR(EMIT_ERROR_OPTION, resolve_flags("5", 1), "\"5\"", "data band AOD550",
                 "QUALITY_WHERE=\"AOD550>");
    EXPECT_ERROR(EMIT_ERROR_OPTION, resolve_flags("cloud,h2o", 2), "\"h2o\"", "data band");
    EXPECT_ERROR(EMIT_ERROR_OPTION, resolve_flags("spectf cloud probability", 3), "data band");
}

static void the_number_of_flags_is_limited(void **state)
{
    char text[200] = "0";
    (void)state;
    for (int i = 1; i < EMIT_MAX_CONDITIONS; i++)
        strcat(text, ",0");
    EXPECT_OK(resolve_flags(text, 1));
    assert_int_equal(conditions.count, EMIT_MAX_CONDITIONS);
    strcat(text, ",0");
    EXPECT_ERROR(EMIT_ERROR_OPTION, resolve_flags(text, 1), "more than 64");
}

/* ---- QUALITY_WHERE -------------------------------------------------------------------------- */

static void comparisons_take_all_four_operators(void **state)
{
    (void)state;
    EXPECT_OK(resolve_where("AOD550>0.4,H2O>=3,aod 550<-1e-2,h2o<=.5", 1));
    assert_int_equal(conditions.count, 4);
    expect_term(0, 5, EMIT_COMPARISON_ABOVE, 0.4);
    expect_term(1, 6, EMIT_COMPARISON_AT_LEAST, 3.0);
    expect_term(2, 5, EMIT_COMPARISON_BELOW, -0.01);
    expect_term(3, 6, EMIT_COMPARISON_AT_MOST, 0.5);
}

static void spaces_and_quotes_around_a_comparison_do_not_count(void **state)
{
    (void)state;
    EXPECT_OK(resolve_where(" 'SpecTf-Cloud Probability' > 0.7 , H2O (g cm-2)<2 ", 2));
    assert_int_equal(conditions.count, 2);
    expect_term(0, 8, EMIT_COMPARISON_ABOVE, 0.7);
    expect_term(1, 6, EMIT_COMPARISON_BELOW, 2.0);
}

static void a_malformed_comparison_is_reported_with_its_position(void **state)
{
    static const struct
    {
        const char *text, *expected, *where, *found;
    } cases[] = {
        {"", "label", "character 1,", "found \"\""},
        {">3", "label", "character 1,", "found \">3\""},
        {"AOD550", "one of > >= < <=", "character 7,", "found \"\""},
        {"AOD550=0.4", "one of > >= < <=", "character 7,", "found \"=0.4\""},
        {"AOD550=>3", "one of > >= < <=", "character 7,", "found \"=>3\""},
        {"AOD550 != 0.4", "one of > >= < <=", "character 8,", "found \"!= 0.4\""},
        {"AOD550,H2O>3", "one of > >= < <=", "character 7,", "found \",H2O>3\""},
        {"AOD550>", "a number", "character 8,", "found \"\""},
        {"AOD550>x", "a number", "character 8,", "found \"x\""},
        {"AOD550>=,", "a number", "character 9,", "found \",\""},
        {"AOD550>>1", "a number", "character 8,", "found \">1\""},
        {"AOD550>nan", "a number", "character 8,", "found \"nan\""},
        {"AOD550>-inf", "a number", "character 8,", "found \"-inf\""},
        {"AOD550>1e999", "a number", "character 8,", "found \"1e999\""},
        {"AOD550>0.4 H2O>3", "a comma or the end", "character 12,", "found \"H2O>3\""},
        {"AOD550>0.4,", "label", "character 12,", "found \"\""},
        {"AOD550>0.4,,H2O>3", "label", "character 12,", "found \",H2O>3\""},
        {"AOD550>4;abcdefghijklmnopqrstuvwxyz", "a comma or the end", "character 9,",
         "found \";abcdefghijklmnopqrs\""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        EXPECT_ERROR(EMIT_ERROR_OPTION, resolve_where(cases[i].text, 1), "QUALITY_WHERE",
                     cases[i].text, cases[i].expected, cases[i].where, cases[i].found,
                     "AOD550>0.4");
}

static void only_data_bands_are_compared(void **state)
{
    (void)state;
    EXPECT_ERROR(EMIT_ERROR_OPTION, resolve_where("cloud flag>0", 1), "\"cloud flag\"",
                 "is the flag", "QUALITY_FLAGS");
    EXPECT_ERROR(EMIT_ERROR_OPTION, resolve_where("ozone>0", 1), "\"ozone\"", "not a data band",
                 "mask.nc", "5 AOD550, 6 H2O (g cm-2)");
    EXPECT_ERROR(EMIT_ERROR_OPTION, resolve_where("0>0", 1), "\"0\"", "Cloud flag",
                 "not a data band", "AOD550");
    EXPECT_ERROR(EMIT_ERROR_OPTION, resolve_where("99>0", 1), "\"99\"", "not a data band");
}

static void data_bands_are_compared_by_number_as_by_label(void **state)
{
    (void)state;
    EXPECT_OK(resolve_where("5>0.4,6<=3", 1));
    assert_int_equal(conditions.count, 2);
    expect_term(0, 5, EMIT_COMPARISON_ABOVE, 0.4);
    expect_term(1, 6, EMIT_COMPARISON_AT_MOST, 3);
    EXPECT_ERROR(EMIT_ERROR_OPTION, resolve_where("5>0.4", 3), "SpecTf-Cloud Flag",
                 "QUALITY_FLAGS"); /* a flag in version 3 */
}

static void a_data_band_the_mask_lacks_may_be_a_state_variable(void **state)
{
    (void)state;
    EXPECT_OK(resolve_where("spectf-cloud probability>0.5,Aod550>0.3,h2o<=1", 3));
    assert_int_equal(conditions.count, 3);
    expect_term(0, 4, EMIT_COMPARISON_ABOVE, 0.5);
    assert_true(conditions.condition[1].in_state && conditions.condition[2].in_state);
    assert_string_equal(conditions.condition[1].state_variable, "aerosol_optical_thickness");
    assert_string_equal(conditions.condition[2].state_variable, "water_vapor");
    assert_int_equal(conditions.condition[2].rule.test, EMIT_COMPARISON_AT_MOST);
    assert_int_equal(conditions.condition[2].band, 0);
}

static void without_a_mask_only_state_variables_are_compared(void **state)
{
    const struct emit_mask_bands none = {"no mask", NULL, 0};
    const struct emit_options where = {.quality_where = "AOD550>0.3"};
    const struct emit_options flags = {.quality_flags = "0"};
    (void)state;
    EXPECT_OK(emit_quality_resolve(&where, &none, &conditions, &last_error));
    assert_true(conditions.count == 1 && conditions.condition[0].in_state);
    EXPECT_ERROR(EMIT_ERROR_OPTION, emit_quality_resolve(&flags, &none, &conditions, &last_error),
                 "not a flag", "none");
}

/* ---- CLOUD_BUFFER --------------------------------------------------------------------------- */

static void a_cloud_buffer_compares_the_distance_band(void **state)
{
    const struct emit_options options = {.has_cloud_buffer = true, .cloud_buffer = 12};
    const struct emit_mask_bands second = bands_of(2);
    const struct emit_mask_bands third = bands_of(3);
    const struct emit_mask_bands first = bands_of(1);
    (void)state;
    EXPECT_OK(emit_quality_resolve(&options, &second, &conditions, &last_error));
    assert_int_equal(conditions.count, 1);
    expect_term(0, 10, EMIT_COMPARISON_WITHIN, 12.0);
    EXPECT_OK(emit_quality_resolve(&options, &third, &conditions, &last_error));
    expect_term(0, 6, EMIT_COMPARISON_WITHIN, 12.0);
    EXPECT_ERROR(EMIT_ERROR_OPTION,
                 emit_quality_resolve(&options, &first, &conditions, &last_error), "CLOUD_BUFFER",
                 "SpecTf-Buffer Distance", "mask.nc");
}

/* ---- Masks that were joined ------------------------------------------------------------------ */

static void a_label_of_two_bands_is_refused(void **state)
{
    const char *const labels[] = {
        "Cloud flag",   "H2O (g cm-2)",           "cloud-flag",
        "H2O (g cm-2)", "SpecTf-Buffer Distance", "SpecTf-Buffer Distance"};
    const struct emit_mask_bands mask = {"joined.nc", labels, COUNT_OF(labels)};
    const struct emit_options flags = {.quality_flags = "cloud"};
    const struct emit_options numbers = {.quality_flags = "2"};
    const struct emit_options where = {.quality_where = "H2O>3"};
    const struct emit_options buffer = {.has_cloud_buffer = true, .cloud_buffer = 3};
    (void)state;
    EXPECT_ERROR(EMIT_ERROR_OPTION, emit_quality_resolve(&flags, &mask, &conditions, &last_error),
                 "QUALITY_FLAGS", "\"cloud\"", "joined.nc", "two bands");
    EXPECT_ERROR(EMIT_ERROR_OPTION, emit_quality_resolve(&where, &mask, &conditions, &last_error),
                 "QUALITY_WHERE", "joined.nc", "two bands");
    EXPECT_ERROR(EMIT_ERROR_OPTION, emit_quality_resolve(&buffer, &mask, &conditions, &last_error),
                 "CLOUD_BUFFER", "joined.nc", "two bands");
    EXPECT_OK(emit_quality_resolve(&numbers, &mask, &conditions, &last_error));
    expect_term(0, 2, EMIT_COMPARISON_SET, 1);
}

/* ---- Order and lists ------------------------------------------------------------------------ */

static void equivalent_options_become_equal_conditions(void **state)
{
    const struct emit_mask_bands mask = bands_of(2);
    const struct emit_options said_one_way = {.quality_flags = "water,cloud,0",
                                              .quality_where = "H2O>3,AOD550>0.4,H2O>2,H2O>3"};
    const struct emit_options said_another = {.quality_flags = "0,Water Flag",
                                              .quality_where = "aod550>.4,h2o>2.0,h2o>3"};
    struct emit_mask_conditions first;
    (void)state;
    EXPECT_OK(emit_quality_resolve(&said_one_way, &mask, &conditions, &last_error));
    emit_mask_conditions_normalise(&conditions);
    first = conditions;
    EXPECT_OK(emit_quality_resolve(&said_another, &mask, &conditions, &last_error));
    emit_mask_conditions_normalise(&conditions);
    assert_int_equal(first.count, 5);
    assert_int_equal(conditions.count, 5);
    for (size_t i = 0; i < 5; i++)
        expect_term(i, first.condition[i].band, first.condition[i].rule.test,
                    first.condition[i].rule.threshold);
    expect_term(0, 0, EMIT_COMPARISON_SET, 1);
    expect_term(1, 2, EMIT_COMPARISON_SET, 1);
    expect_term(2, 5, EMIT_COMPARISON_ABOVE, 0.4);
    expect_term(3, 6, EMIT_COMPARISON_ABOVE, 2.0);
    expect_term(4, 6, EMIT_COMPARISON_ABOVE, 3.0);
}

static void conditions_of_different_kinds_are_all_used(void **state)
{
    (void)state;
    EXPECT_OK(resolve_where("H2O>1,H2O>=1,H2O<1,H2O<=1,AOD550>1", 3)); /* all of the state */
    emit_mask_conditions_normalise(&conditions);
    assert_int_equal(conditions.count, 5);
    assert_string_equal(conditions.condition[0].state_variable, "aerosol_optical_thickness");
    conditions.count = 0;
    emit_mask_conditions_normalise(&conditions);
    assert_int_equal(conditions.count, 0);
}

static void labels_of_one_kind_are_listed_with_their_numbers(void **state)
{
    const struct emit_mask_bands mask = bands_of(3);
    const struct emit_mask_bands none = {"", NULL, 0};
    char *data = emit_mask_bands_list(&mask, EMIT_LABEL_DATA);
    char *flags = emit_mask_bands_list(&mask, EMIT_LABEL_FLAG);
    char *nothing = emit_mask_bands_list(&none, EMIT_LABEL_FLAG);
    (void)state;
    assert_string_equal(data, "4 SpecTf-Cloud Probability, 6 SpecTf-Buffer Distance");
    assert_string_equal(flags, "0 Cloud Flag, 1 Cirrus Flag, 2 Water Flag, 3 Dilated Cloud Flag, "
                               "5 SpecTf-Cloud Flag");
    assert_string_equal(nothing, "none");
    free(data);
    free(flags);
    free(nothing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_of_three_options_requests_quality_masking),
        cmocka_unit_test(flags_are_named_by_label_in_any_spelling),
        cmocka_unit_test(flags_are_named_by_number),
        cmocka_unit_test(an_unknown_flag_is_refused_with_the_list_of_flags),
        cmocka_unit_test(data_bands_are_not_flags),
        cmocka_unit_test(the_number_of_flags_is_limited),
        cmocka_unit_test(comparisons_take_all_four_operators),
        cmocka_unit_test(spaces_and_quotes_around_a_comparison_do_not_count),
        cmocka_unit_test(a_malformed_comparison_is_reported_with_its_position),
        cmocka_unit_test(only_data_bands_are_compared),
        cmocka_unit_test(data_bands_are_compared_by_number_as_by_label),
        cmocka_unit_test(a_data_band_the_mask_lacks_may_be_a_state_variable),
        cmocka_unit_test(without_a_mask_only_state_variables_are_compared),
        cmocka_unit_test(a_cloud_buffer_compares_the_distance_band),
        cmocka_unit_test(a_label_of_two_bands_is_refused),
        cmocka_unit_test(equivalent_options_become_equal_conditions),
        cmocka_unit_test(conditions_of_different_kinds_are_all_used),
        cmocka_unit_test(labels_of_one_kind_are_listed_with_their_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
