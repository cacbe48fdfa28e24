/* SPDX-License-Identifier: MIT */
#include "core/mask/mask_sources.h"

#include "support.h"

#include <string.h>
#include <unistd.h>

#define LINES 5
#define SAMPLES 7
#define BANDS 12 /* two packed bytes */
#define RFL "EMIT_L2A_RFL_001_20240315T101112_2407507_004.nc"
#define RFL2 "EMIT_L2A_RFL_002_20240315T101112.nc"
#define MASK1 "EMIT_L2A_MASK_001_20240315T101112_2407507_004.nc"
#define MASK2 "EMIT_L2A_MASK_002_20240315T101112_2407507_004.nc"
#define MASK3 "EMIT_L2A_MASK_003_20240315T101112.nc"

/* ---- Files ---------------------------------------------------------------------------------- */

static const double numbers[LINES * SAMPLES];

static void write_reflectance(const char *name, bool with_state)
{
    struct test_granule fixture;
    test_granule_begin(&fixture, name, LINES, SAMPLES);
    test_granule_add(&fixture, "reflectance", NC_FLOAT, BANDS, -9999.0, &mk_contiguous, NULL);
    if (with_state)
        test_granule_add_in(&fixture, "state_variables", "aerosol_optical_thickness", numbers);
    test_granule_end(&fixture);
}

/* A mask of "version" with "packed" bytes of band mask a pixel, 0 for none. */
static void write_mask(const char *name, int version, size_t packed)
{
    struct test_granule fixture;
    test_granule_begin(&fixture, name, LINES, SAMPLES);
    test_granule_add(&fixture, "mask", NC_FLOAT, mask_label_count[version], -9999.0, &mk_contiguous,
                     NULL);
    if (packed > 0)
        test_granule_add(&fixture, "band_mask", NC_UBYTE, packed, 241, &mk_packed, NULL);
    test_granule_add_labels(&fixture, "mask_bands", mask_labels[version],
                            mask_label_count[version]);
    test_granule_end(&fixture);
}

/* Every test begins with a reflectance granule alone in its folder. */
static int alone(void **state)
{
    static const char *const names[] = {MASK1, MASK2, MASK3, RFL2};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        unlink(test_path(names[i]));
    write_reflectance(RFL, false);
    return 0;
}

/* A granule and the masks found for it. */
struct found
{
    struct emit_granule *granule;
    struct emit_mask_sources masks;
};

static enum emit_status find_for(struct found *found, const char *name, const char *const *list)
{
    struct emit_options options;
    EXPECT_OK(emit_granule_open(test_path(name), &found->granule, &last_error));
    EXPECT_OK(emit_options_read(list, &options, &last_error));
    return emit_mask_sources_find(found->granule, &options, BANDS, &found->masks, &last_error);
}

#define FIND(found, ...) find_for(found, RFL, (const char *const[]){__VA_ARGS__, NULL})

static void close_found(struct found *found)
{
    emit_mask_sources_close(&found->masks);
    emit_granule_close(found->granule);
    memset(found, 0, sizeof *found);
}

/* The search must fail with all of the words. */
#define EXPECT_REFUSED(option1, option2, ...)                                                      \
    do                                                                                             \
    {                                                                                              \
        struct found refused = {.granule = NULL};                                                  \
        EXPECT_ERROR(EMIT_ERROR_OPTION, FIND(&refused, option1, option2), __VA_ARGS__);            \
        assert_int_equal(refused.masks.mask_files.count, 0);                                       \
        assert_null(refused.masks.quality);                                                        \
        close_found(&refused);                                                                     \
    } while (0)

static void expect_file(const struct emit_granule *granule, const char *name)
{
    assert_non_null(granule);
    assert_string_equal(granule->path, test_path(name));
}

/* ---- Quality -------------------------------------------------------------------------------- */

static void without_masking_options_no_mask_is_needed(void **state)
{
    struct found found;
    (void)state;
    EXPECT_OK(FIND(&found, "ORTHO=NO"));
    assert_null(found.masks.quality);
    assert_null(found.masks.band_mask);
    assert_null(found.masks.state);
    assert_int_equal(found.masks.conditions.count, 0);
    close_found(&found);
}

static void options_that_need_a_mask_are_refused_without_one(void **state)
{
    (void)state;
    EXPECT_REFUSED("QUALITY_FLAGS=cloud", "A=1", "QUALITY_FLAGS", "MASK", "20240315T101112", RFL,
                   "MASK_FILE");
    EXPECT_REFUSED("QUALITY_WHERE=H2O>3", "A=1", "QUALITY_WHERE", "H2O", RFL, "water_vapor");
    EXPECT_REFUSED("QUALITY_WHERE=ozone>3", "A=1", "QUALITY_WHERE", RFL, "MASK_FILE");
    EXPECT_REFUSED("CLOUD_BUFFER=3", "A=1", "CLOUD_BUFFER", RFL);
    EXPECT_REFUSED("BAND_MASK=YES", "A=1", "BAND_MASK", RFL);
}

static void the_newest_mask_with_the_requested_bands_is_used(void **state)
{
    struct found found;
    (void)state;
    write_mask(MASK1, 1, 2);
    write_mask(MASK2, 2, 0);
    write_mask(MASK3, 3, 0);
    EXPECT_OK(FIND(&found, "QUALITY_FLAGS=cloud,cirrus"));
    expect_file(found.masks.quality, MASK3);
    assert_int_equal(found.masks.conditions.count, 2);
    close_found(&found);
    EXPECT_OK(FIND(&found, "QUALITY_FLAGS=cloud,spacecraft")); /* 003 has none */
    expect_file(found.masks.quality, MASK2);
    assert_int_equal(found.masks.conditions.condition[1].band, 3);
    close_found(&found);
    EXPECT_OK(FIND(&found, "QUALITY_WHERE=AOD550>0.4")); /* as a band, before any state variable */
    expect_file(found.masks.quality, MASK2);
    assert_null(found.masks.state);
    close_found(&found);
}

static void the_reported_reason_is_that_of_the_newest_mask(void **state)
{
    (void)state;
    write_mask(MASK1, 1, 2);
    write_mask(MASK3, 3, 0);
    EXPECT_REFUSED("QUALITY_FLAGS=snow", "A=1", "\"snow\"", MASK3, "5 SpecTf-Cloud Flag");
}

static void a_mask_whose_labels_do_not_fit_is_refused(void **state)
{
    struct test_granule fixture;
    (void)state;
    test_granule_begin(&fixture, MASK1, LINES, SAMPLES);
    test_granule_add(&fixture, "mask", NC_FLOAT, 7, -9999.0, &mk_contiguous, NULL);
    test_granule_add_labels(&fixture, "mask_bands", mask_labels[1], 8);
    test_granule_end(&fixture);
    EXPECT_REFUSED("QUALITY_FLAGS=cloud", "A=1", MASK1, "not an L2A MASK granule",
                   "as many bands as labels", "MASK_FILE");
}

static void write_larger_mask(const char *name)
{
    struct test_granule fixture;
    test_granule_begin(&fixture, name, LINES, SAMPLES + 1);
    test_granule_add(&fixture, "mask", NC_FLOAT, 7, -9999.0, &mk_contiguous, NULL);
    test_granule_add_labels(&fixture, "mask_bands", mask_labels[3], 7);
    test_granule_end(&fixture);
}

static void a_mask_of_another_scene_is_rejected(void **state)
{
    struct found found;
    (void)state;
    write_larger_mask(MASK3);
    write_mask(MASK1, 1, 2);
    EXPECT_OK(FIND(&found, "QUALITY_FLAGS=cloud", "BAND_MASK=YES"));
    expect_file(found.masks.quality, MASK1);
    expect_file(found.masks.band_mask, MASK1);
    close_found(&found);
    EXPECT_REFUSED("QUALITY_FLAGS=snow", "A=1", "\"snow\"", MASK1, MASK3, "5 x 8", "5 x 7");
}

static void if_no_mask_fits_all_are_listed(void **state)
{
    struct test_granule fixture;
    (void)state;
    write_larger_mask(MASK3);
    test_granule_begin(&fixture, MASK2, LINES,
                       SAMPLES); /* HDF5 without a swath, as gridded exports are */
    test_granule_end(&fixture);
    EXPECT_REFUSED("QUALITY_FLAGS=cloud", "A=1", "QUALITY_FLAGS", RFL, MASK3, "5 x 8", MASK2,
                   "MASK_FILE");
    EXPECT_REFUSED("BAND_MASK=YES", "A=1", "BAND_MASK", RFL, MASK3, "5 x 8", MASK2);
}

static void a_broken_mask_of_the_fitting_name_is_an_error(void **state)
{
    static const char *const names[] = {MASK3, MASK2};
    (void)state;
    write_mask(MASK1, 1, 2);
    for (size_t i = 0; i < COUNT_OF(names); i++)
    {
        struct found found = {.granule = NULL};
        write_file(test_path(names[i]), "", 0); /* a download that has just begun */
        EXPECT_REFUSED("QUALITY_FLAGS=cloud", "A=1", names[i]);
        write_file(test_path(names[i]), "\211HDF\r\n\032\n", 8);
        EXPECT_ERROR(EMIT_ERROR_FILE, FIND(&found, "QUALITY_FLAGS=cloud"), names[i]);
        close_found(&found);
        EXPECT_OK(FIND(&found, "BAND_MASK=YES")); /* not needed, so not opened */
        close_found(&found);
        unlink(test_path(names[i]));
    }
}

static void a_broken_mask_of_another_name_is_rejected(void **state)
{
    static const char *const broken[] = {"EMIT_L2A_MASK_003_20240315T101112 (1).nc",
                                         "EMIT_L2A_MASK_001_20240315T101112.nc"};
    struct found found;
    (void)state;
    write_file(test_path(broken[0]), "", 0);
    write_file(test_path(broken[1]), "\211HDF\r\n\032\n", 8);
    EXPECT_REFUSED("QUALITY_FLAGS=cloud", "A=1", RFL, broken[0], broken[1]);
    write_mask(MASK1, 1, 2);
    EXPECT_OK(FIND(&found, "QUALITY_FLAGS=cloud", "BAND_MASK=YES"));
    expect_file(found.masks.quality, MASK1);
    expect_file(found.masks.band_mask, MASK1);
    close_found(&found);
    for (size_t i = 0; i < COUNT_OF(broken); i++)
        unlink(test_path(broken[i]));
}

/* ---- State variables ------------------------------------------------------------------------ */

static void state_variables_replace_data_bands_that_no_mask_has(void **state)
{
    struct found found;
    (void)state;
    write_mask(MASK3, 3, 0);
    write_reflectance(RFL2, true);
    EXPECT_OK(FIND(&found, "QUALITY_WHERE=AOD550>0.4", "QUALITY_FLAGS=cloud"));
    expect_file(found.masks.quality, MASK3);
    expect_file(found.masks.state, RFL2);
    assert_int_equal(found.masks.conditions.count, 2);
    close_found(&found);
    EXPECT_OK(FIND(&found, "QUALITY_WHERE=AOD550>0.4"));
    assert_null(found.masks.quality); /* nothing of it is used */
    expect_file(found.masks.state, RFL2);
    close_found(&found);
}

static void the_granule_s_own_state_variables_come_first(void **state)
{
    static const char *const options[] = {"QUALITY_WHERE=AOD550>0.4", NULL};
    struct found found;
    (void)state;
    write_reflectance(RFL2, true);
    EXPECT_OK(find_for(&found, RFL2, options)); /* without any mask */
    assert_ptr_equal(found.masks.state, found.granule);
    close_found(&found);
}

static void a_missing_state_variable_is_refused(void **state)
{
    (void)state;
    write_mask(MASK3, 3, 0);
    EXPECT_REFUSED("QUALITY_WHERE=aod550>0.4", "A=1", "aod550", "aerosol_optical_thickness", RFL);
    write_reflectance(RFL2, true);
    EXPECT_REFUSED("QUALITY_WHERE=AOD550>0.4,H2O>3", "A=1", "H2O", "water_vapor", RFL2);
}

/* ---- Band masks ----------------------------------------------------------------------------- */

static void the_band_mask_comes_from_the_mask_that_has_one(void **state)
{
    struct found found;
    (void)state;
    write_mask(MASK1, 1, 2);
    write_mask(MASK3, 3, 0);
    EXPECT_OK(FIND(&found, "BAND_MASK=YES", "QUALITY_FLAGS=spectf-cloud"));
    expect_file(found.masks.band_mask, MASK1);
    expect_file(found.masks.quality, MASK3);
    close_found(&found);
}

static void of_several_band_masks_the_oldest_version_is_used(void **state)
{
    struct found found;
    (void)state;
    write_mask(MASK1, 1, 2);
    write_mask(MASK2, 2, 2);
    EXPECT_OK(FIND(&found, "BAND_MASK=YES"));
    expect_file(found.masks.band_mask, MASK1);
    close_found(&found);
}

static void a_band_mask_that_is_missing_or_of_other_bands_is_refused(void **state)
{
    (void)state;
    write_mask(MASK3, 3, 0);
    EXPECT_REFUSED("BAND_MASK=YES", "A=1", "BAND_MASK", MASK3, "no band_mask");
    write_mask(MASK1, 1, 3);
    EXPECT_REFUSED("BAND_MASK=YES", "A=1", MASK1, "3 packed bytes", "17 to 24", "12 bands");
}

static void a_band_mask_of_other_bands_is_rejected(void **state)
{
    struct found found;
    (void)state;
    write_mask(MASK1, 1, 3);
    write_mask(MASK2, 2, 2);
    EXPECT_OK(FIND(&found, "BAND_MASK=YES"));
    expect_file(found.masks.band_mask, MASK2);
    close_found(&found);
}

static void a_band_mask_for_bands_without_wavelengths_is_refused(void **state)
{
    const struct emit_options options = {.band_mask = true};
    struct emit_granule *granule = NULL;
    struct emit_mask_sources masks;
    (void)state;
    write_mask(MASK1, 1, 2);
    EXPECT_OK(emit_granule_open(test_path(RFL), &granule, &last_error));
    EXPECT_ERROR(EMIT_ERROR_OPTION,
                 emit_mask_sources_find(granule, &options, 0, &masks, &last_error), "BAND_MASK",
                 MASK1, "wavelengths");
    emit_granule_close(granule);
}

/* ---- MASK_FILE ------------------------------------------------------------------------------ */

static const char *mask_file_option(const char *first, const char *second)
{
    static char option[2048];
    strcpy(option, "MASK_FILE=");
    strcat(option, test_path(first));
    if (second != NULL)
        strcat(strcat(option, ", "), test_path(second));
    return option;
}

static void a_named_mask_precedes_those_in_the_granule_s_folder(void **state)
{
    struct found found;
    (void)state;
    write_mask(MASK3, 3, 0);
    write_mask("mine.nc", 1, 2);
    EXPECT_OK(FIND(&found, mask_file_option("mine.nc", NULL), "QUALITY_FLAGS=cloud"));
    expect_file(found.masks.quality, "mine.nc");
    close_found(&found);
    EXPECT_REFUSED(mask_file_option("mine.nc", NULL), "QUALITY_FLAGS=spectf-cloud", "mine.nc");
}

static void several_masks_may_be_named_in_any_order(void **state)
{
    struct found found;
    (void)state;
    write_mask("old.nc", 1, 2);
    write_mask("new.nc", 3, 0);
    EXPECT_OK(
        FIND(&found, mask_file_option("old.nc", "new.nc"), "QUALITY_FLAGS=cloud", "BAND_MASK=YES"));
    expect_file(found.masks.quality, "old.nc");
    expect_file(found.masks.band_mask, "old.nc");
    close_found(&found);
    EXPECT_OK(
        FIND(&found, mask_file_option("new.nc", "old.nc"), "QUALITY_FLAGS=cloud", "BAND_MASK=YES"));
    expect_file(found.masks.quality, "new.nc");
    expect_file(found.masks.band_mask, "old.nc");
    close_found(&found);
}

static void a_file_whose_name_has_a_comma_is_one_file(void **state)
{
    struct found found;
    (void)state;
    write_mask("one,two.nc", 1, 2);
    EXPECT_OK(FIND(&found, mask_file_option("one,two.nc", NULL), "QUALITY_FLAGS=cloud"));
    expect_file(found.masks.quality, "one,two.nc");
    close_found(&found);
}

static void a_named_mask_that_cannot_be_opened_is_an_error(void **state)
{
    struct found found = {.granule = NULL};
    (void)state;
    write_mask(MASK1, 1, 2); /* suitable, but not the named file */
    EXPECT_ERROR(EMIT_ERROR_FILE,
                 FIND(&found, mask_file_option("nowhere.nc", NULL), "QUALITY_FLAGS=cloud"),
                 "nowhere.nc");
    close_found(&found);
    EXPECT_REFUSED(mask_file_option(RFL, NULL), "QUALITY_FLAGS=cloud", RFL);
    write_larger_mask("larger.nc");
    EXPECT_REFUSED(mask_file_option("larger.nc", NULL), "QUALITY_FLAGS=cloud", "MASK_FILE",
                   "larger.nc", "5 x 8", "5 x 7");
    write_file(test_path("text.nc"), "no HDF5", 7);
    EXPECT_REFUSED(mask_file_option("text.nc", NULL), "QUALITY_FLAGS=cloud", "MASK_FILE",
                   "text.nc");
}

static void a_mask_screens_itself(void **state)
{
    static const char *const options[] = {"QUALITY_FLAGS=cloud", NULL};
    struct found found;
    (void)state;
    write_mask("my_mask.nc", 1, 0);
    EXPECT_OK(find_for(&found, "my_mask.nc", options));
    assert_ptr_equal(found.masks.quality, found.granule);
    close_found(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(without_masking_options_no_mask_is_needed, alone),
        cmocka_unit_test_setup(options_that_need_a_mask_are_refused_without_one, alone),
        cmocka_unit_test_setup(the_newest_mask_with_the_requested_bands_is_used, alone),
        cmocka_unit_test_setup(the_reported_reason_is_that_of_the_newest_mask, alone),
        cmocka_unit_test_setup(a_mask_whose_labels_do_not_fit_is_refused, alone),
        cmocka_unit_test_setup(a_mask_of_another_scene_is_rejected, alone),
        cmocka_unit_test_setup(if_no_mask_fits_all_are_listed, alone),
        cmocka_unit_test_setup(a_broken_mask_of_the_fitting_name_is_an_error, alone),
        cmocka_unit_test_setup(a_broken_mask_of_another_name_is_rejected, alone),
        cmocka_unit_test_setup(state_variables_replace_data_bands_that_no_mask_has, alone),
        cmocka_unit_test_setup(the_granule_s_own_state_variables_come_first, alone),
        cmocka_unit_test_setup(a_missing_state_variable_is_refused, alone),
        cmocka_unit_test_setup(the_band_mask_comes_from_the_mask_that_has_one, alone),
        cmocka_unit_test_setup(of_several_band_masks_the_oldest_version_is_used, alone),
        cmocka_unit_test_setup(a_band_mask_that_is_missing_or_of_other_bands_is_refused, alone),
        cmocka_unit_test_setup(a_band_mask_of_other_bands_is_rejected, alone),
        cmocka_unit_test_setup(a_band_mask_for_bands_without_wavelengths_is_refused, alone),
        cmocka_unit_test_setup(a_named_mask_precedes_those_in_the_granule_s_folder, alone),
        cmocka_unit_test_setup(several_masks_may_be_named_in_any_order, alone),
        cmocka_unit_test_setup(a_file_whose_name_has_a_comma_is_one_file, alone),
        cmocka_unit_test_setup(a_named_mask_that_cannot_be_opened_is_an_error, alone),
        cmocka_unit_test_setup(a_mask_screens_itself, alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
