/* SPDX-License-Identifier: MIT */
#include "core/options/band_selection.h"

#include "support.h"

#include <stdlib.h>
#include <string.h>

/* Eight bands; 3 and 4 are bad. Half a FWHM is 5 to 8.5 nm. */
static const double wavelengths[8] = {400, 420, 441, 460, 480, 500, 521, 540};
static const double fwhm[8] = {10, 11, 12, 13, 14, 15, 16, 17};
static const double good[8] = {1, 1, 1, 0, 0, 1, 1, 1};
static const struct emit_spectral_axis axis = {8, wavelengths, fwhm, good};
static const struct emit_spectral_axis no_axis = {0, NULL, NULL, NULL};

static enum emit_status choose(const struct emit_spectral_axis *of, const char *list,
                               enum emit_bad_wavelengths bad, struct emit_band_selection *choice)
{
    const struct emit_options options = {.wavelengths = list, .bad_wavelengths = bad};
    return emit_band_selection_choose(&options, of, 8, "rfl.nc", choice, &last_error);
}

/* "expected" has a digit a band, followed by '*' where the band is blank. */
static void expect_choice(const char *list, enum emit_bad_wavelengths bad, const char *expected)
{
    struct emit_band_selection choice;
    char text[100] = "";
    EXPECT_OK(choose(&axis, list, bad, &choice));
    for (size_t i = 0; i < choice.count; i++)
    {
        const char band[3] = {(char)('0' + choice.file_bands[i]), choice.blank[i] ? '*' : '\0', 0};
        strcat(text, band);
    }
    assert_string_equal(text, expected);
    emit_band_selection_close(&choice);
    assert_int_equal(choice.count, 0);
    assert_null(choice.file_bands);
}

static void expect_refused(const char *list, const char *words, const char *problem)
{
    struct emit_band_selection choice;
    EXPECT_ERROR(EMIT_ERROR_OPTION, choose(&axis, list, EMIT_BAD_KEEP, &choice), "WAVELENGTHS",
                 words, problem, "rfl.nc", "8 bands from 400.00 to 540.00 nm");
    assert_int_equal(choice.count, 0);
    assert_null(choice.file_bands);
    emit_band_selection_close(&choice);
}

static void all_bands_are_shown_unless_some_are_chosen(void **state)
{
    (void)state;
    expect_choice(NULL, EMIT_BAD_KEEP, "01234567");
}

static void a_wavelength_takes_the_nearest_band(void **state)
{
    (void)state;
    expect_choice("400", EMIT_BAD_KEEP, "0");
    expect_choice("409.9", EMIT_BAD_KEEP, "0");
    expect_choice("410.1", EMIT_BAD_KEEP, "1");
    expect_choice("554", EMIT_BAD_KEEP, "7");
    expect_choice("4.4e2", EMIT_BAD_KEEP, "2");
    expect_choice("470", EMIT_BAD_KEEP, "3"); /* of two equally near the first */
}

static void bands_come_in_the_order_of_the_list_and_as_often(void **state)
{
    (void)state;
    expect_choice("540,441,400,441", EMIT_BAD_KEEP, "7202");
    expect_choice(" 500 ,\t420 ", EMIT_BAD_KEEP, "51");
}

static void a_range_takes_all_bands_within_its_ends(void **state)
{
    (void)state;
    expect_choice("420-460", EMIT_BAD_KEEP, "123");
    expect_choice("420.1-459.9", EMIT_BAD_KEEP, "2");
    expect_choice("460-460", EMIT_BAD_KEEP, "3");
    expect_choice("0-9999", EMIT_BAD_KEEP, "01234567");
    expect_choice("500 - 530,400-410", EMIT_BAD_KEEP, "560");
}

static void good_takes_all_good_bands(void **state)
{
    (void)state;
    expect_choice("GOOD", EMIT_BAD_KEEP, "012567");
    expect_choice("good ,460", EMIT_BAD_KEEP, "0125673");
    expect_choice("540,Good,480-490", EMIT_BAD_KEEP, "70125674");
}

static void bad_bands_are_kept_blanked_or_dropped(void **state)
{
    (void)state;
    expect_choice(NULL, EMIT_BAD_NODATA, "0123*4*567");
    expect_choice(NULL, EMIT_BAD_DROP, "012567");
    expect_choice("480,441,460", EMIT_BAD_NODATA, "4*23*");
    expect_choice("480,441,460", EMIT_BAD_DROP, "2");
    expect_choice("GOOD", EMIT_BAD_DROP, "012567");
}

static void an_empty_selection_is_refused(void **state)
{
    struct emit_band_selection choice;
    (void)state;
    EXPECT_ERROR(EMIT_ERROR_OPTION, choose(&axis, "460,480", EMIT_BAD_DROP, &choice),
                 "exclude all bands", "rfl.nc");
    assert_null(choice.file_bands);
}

static void a_wavelength_farther_than_one_fwhm_is_refused(void **state)
{
    (void)state;
    expect_choice("390", EMIT_BAD_KEEP, "0");
    expect_refused("389.9", "\"389.9\"", "FWHM");
    expect_choice("557", EMIT_BAD_KEEP, "7");
    expect_refused("400,557.1", "\"557.1\"", "FWHM");
    expect_refused("-400", "\"-400\"", "FWHM");
}

static void without_widths_any_wavelength_has_a_nearest_band(void **state)
{
    const struct emit_spectral_axis widthless = {8, wavelengths, NULL, NULL};
    struct emit_band_selection choice;
    (void)state;
    EXPECT_OK(choose(&widthless, "9000,1", EMIT_BAD_KEEP, &choice));
    assert_int_equal(choice.count, 2);
    assert_int_equal(choice.file_bands[0], 7);
    assert_int_equal(choice.file_bands[1], 0);
    emit_band_selection_close(&choice);
}

static void malformed_lists_are_refused_with_a_message(void **state)
{
    static const char *const entries[] = {"abc",    "400nm",   "400-",     "400-abc", "500-400",
                                          "400--5", "400;500", "400 500",  "nan",     "inf",
                                          "GOODS",  "BAD",     "400-500x", "400-nan"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(entries); i++)
        expect_refused(entries[i], entries[i], "is not a wavelength");
    expect_refused("400,,500", "\"\"", "is not a wavelength");
    expect_refused("400,", "\"\"", "is not a wavelength");
    expect_refused("", "\"\"", "is not a wavelength");
    expect_refused("600-700", "\"600-700\"", "no band");
}

static void wavelengths_of_bands_that_have_none_are_refused(void **state)
{
    struct emit_band_selection choice;
    (void)state;
    EXPECT_ERROR(EMIT_ERROR_OPTION, choose(&no_axis, "500", EMIT_BAD_KEEP, &choice), "WAVELENGTHS",
                 "500", "no wavelengths", "rfl.nc");
    EXPECT_OK(choose(&no_axis, NULL, EMIT_BAD_KEEP, &choice));
    assert_int_equal(choice.count, 8);
    emit_band_selection_close(&choice);
}

static void good_and_bad_need_good_wavelengths(void **state)
{
    const struct emit_spectral_axis unrated = {8, wavelengths, fwhm, NULL};
    struct emit_band_selection choice;
    (void)state;
    EXPECT_ERROR(EMIT_ERROR_OPTION, choose(&unrated, "GOOD", EMIT_BAD_KEEP, &choice), "GOOD",
                 "good_wavelengths");
    EXPECT_ERROR(EMIT_ERROR_OPTION, choose(&unrated, NULL, EMIT_BAD_DROP, &choice),
                 "BAD_WAVELENGTHS=DROP", "rfl.nc");
    EXPECT_ERROR(EMIT_ERROR_OPTION, choose(&no_axis, NULL, EMIT_BAD_NODATA, &choice),
                 "BAD_WAVELENGTHS=NODATA", "rfl.nc");
}

static void a_list_that_makes_too_many_bands_is_refused(void **state)
{
    static const char entry[] = "0-9999,";
    const size_t entries = 65535 / 8; /* 65528 bands; one more makes 65536 */
    char *list = calloc(entries + 2, sizeof entry);
    struct emit_band_selection choice;
    (void)state;
    for (size_t i = 0; i < entries; i++)
        memcpy(list + i * (sizeof entry - 1), entry, sizeof entry - 1);
    list[entries * (sizeof entry - 1) - 1] = '\0';
    EXPECT_OK(choose(&axis, list, EMIT_BAD_KEEP, &choice));
    assert_int_equal(choice.count, 65528);
    emit_band_selection_close(&choice);
    strcat(list, ",0-9999");
    EXPECT_ERROR(EMIT_ERROR_OPTION, choose(&axis, list, EMIT_BAD_KEEP, &choice), "more than 65535");
    free(list);
}

static void nearest_is_nearest_whatever_the_order_of_the_bands(void **state)
{
    static const double falling[3] = {900, 500, 100};
    const struct emit_spectral_axis backwards = {3, falling, NULL, NULL};
    (void)state;
    assert_int_equal(emit_band_selection_nearest(&backwards, 10000), 0);
    assert_int_equal(emit_band_selection_nearest(&backwards, 299), 2);
    assert_int_equal(emit_band_selection_nearest(&backwards, 300), 1);
    assert_int_equal(emit_band_selection_nearest(&backwards, 700), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_bands_are_shown_unless_some_are_chosen),
        cmocka_unit_test(a_wavelength_takes_the_nearest_band),
        cmocka_unit_test(bands_come_in_the_order_of_the_list_and_as_often),
        cmocka_unit_test(a_range_takes_all_bands_within_its_ends),
        cmocka_unit_test(good_takes_all_good_bands),
        cmocka_unit_test(bad_bands_are_kept_blanked_or_dropped),
        cmocka_unit_test(an_empty_selection_is_refused),
        cmocka_unit_test(a_wavelength_farther_than_one_fwhm_is_refused),
        cmocka_unit_test(without_widths_any_wavelength_has_a_nearest_band),
        cmocka_unit_test(malformed_lists_are_refused_with_a_message),
        cmocka_unit_test(wavelengths_of_bands_that_have_none_are_refused),
        cmocka_unit_test(good_and_bad_need_good_wavelengths),
        cmocka_unit_test(a_list_that_makes_too_many_bands_is_refused),
        cmocka_unit_test(nearest_is_nearest_whatever_the_order_of_the_bands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
