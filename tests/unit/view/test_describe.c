/* SPDX-License-Identifier: MIT */
/* Descriptions, read through views. */
#include "core/view/describe.h"

#include "support.h"

#include <math.h>
#include <string.h>

#define LINES 5
#define SAMPLES 7
#define RFL "EMIT_L2A_RFL_002_20240315T101112.nc"
#define MASK1 "EMIT_L2A_MASK_001_20240315T101112_2407507_004.nc"
#define MASK3 "EMIT_L2A_MASK_003_20240315T101112.nc"
#define OBS "EMIT_L1B_OBS_001_20240315T101112_2407507_004.nc"
#define CUT_OBS "cut_obs.nc"
#define MIN "EMIT_L2B_MIN_001_20240315T101112_2407507_004.nc"

/* ---- Granules of one scene ------------------------------------------------------------------ */

static const int32_t glt[3 * 4];
static const double zeros[LINES * SAMPLES];

static void write_reflectance(void)
{
    static const float wavelengths[9] = {455, 470, 545, 560, 635, 650, 1350, 2000, 2100};
    static const float fwhm[9] = {8, 8, 8, 8, 8.5F, 8, 8, 8, 8};
    static const unsigned char good[9] = {1, 1, 1, 1, 1, 1, 0, 1, 1};
    struct test_granule fixture;
    test_granule_begin(&fixture, RFL, LINES, SAMPLES);
    test_granule_add(&fixture, "reflectance", NC_FLOAT, 9, -9999.0, &mk_contiguous, NULL);
    test_granule_add_in(&fixture, "state_variables", "water_vapor", zeros);
    test_granule_add_glt(&fixture, 3, 4, glt, glt);
    test_granule_add_axis(&fixture, 9, wavelengths, fwhm, good);
    test_granule_text(&fixture, "title", "Reflectance");
    test_granule_end(&fixture);
}

static void write_mask(const char *name, int version)
{
    struct test_granule fixture;
    test_granule_begin(&fixture, name, LINES, SAMPLES);
    test_granule_add(&fixture, "mask", NC_FLOAT, mask_label_count[version], -9999.0, &mk_packed,
                     NULL);
    if (version == 1)
        test_granule_add(&fixture, "band_mask", NC_UBYTE, 2, 241, &mk_packed, NULL);
    test_granule_add_labels(&fixture, "mask_bands", mask_labels[version],
                            mask_label_count[version]);
    test_granule_end(&fixture);
}

/* "bands" bands with the labels of two. */
static void write_observations(const char *name, size_t bands)
{
    static const char *const labels[] = {"To-sensor zenith", "Path length"};
    struct test_granule fixture;
    test_granule_begin(&fixture, name, LINES, SAMPLES);
    test_granule_add(&fixture, "obs", NC_DOUBLE, bands, -9999.0, &mk_packed, NULL);
    test_granule_add_labels(&fixture, "observation_bands", labels, 2);
    test_granule_end(&fixture);
}

static void write_minerals(void)
{
    static const unsigned index[2] = {12, 150};
    struct test_granule fixture;
    int group = -1, rows = -1, id = -1;
    test_granule_begin(&fixture, MIN, LINES, SAMPLES);
    test_granule_add(&fixture, "group_1_band_depth", NC_FLOAT, 0, -9999.0, &mk_packed, NULL);
    test_granule_add(&fixture, "group_1_mineral_id", NC_SHORT, 0, -9999.0, &mk_packed, NULL);
    nc_def_grp(fixture.file.id, "mineral_metadata", &group);
    nc_def_dim(fixture.file.id, "minerals", 2, &rows);
    nc_def_var(group, "index", NC_UINT, 1, &rows, &id);
    assert_int_equal(nc_put_var(group, id, index), NC_NOERR);
    test_granule_end(&fixture);
}

static int write_all(void **state)
{
    (void)state;
    write_reflectance();
    write_mask(MASK1, 1);
    write_mask(MASK3, 3);
    write_observations(OBS, 2);
    write_observations(CUT_OBS, 3);
    write_minerals();
    return 0;
}

static struct emit_view *view;

static const struct emit_view_info *open_view(const char *name, const char *variable,
                                              const char *const *options)
{
    EXPECT_OK(emit_view_open(test_path(name), variable, options, &view, &last_error));
    return emit_view_describe(view);
}

#define OPEN(...) open_view(RFL, NULL, (const char *const[]){__VA_ARGS__, NULL})

static void close_view(void)
{
    emit_view_close(view);
    view = NULL;
}

/* Value of an applied option, or NULL. */
static const char *applied(const struct emit_view_info *info, const char *key)
{
    for (size_t i = 0; i < info->applied_count; i++)
    {
        if (strcmp(info->applied[i].key, key) == 0)
            return info->applied[i].value;
    }
    return NULL;
}

/* ---- Bands ---------------------------------------------------------------------------------- */

static void bands_are_named_by_their_wavelengths(void **state)
{
    const struct emit_view_info *info = OPEN("ORTHO=GLT");
    (void)state;
    assert_int_equal(info->band_count, 9);
    assert_string_equal(info->bands[4].description, "635.00 nm");
    assert_string_equal(info->bands[4].units, "furlong");
    assert_true(info->bands[4].wavelength_nm == 635.0 && info->bands[4].fwhm_nm == 8.5);
    assert_int_equal(info->bands[4].file_band, 4);
    assert_int_equal(info->bands[4].good, 1);
    assert_int_equal(info->bands[6].good, 0);
    close_view();
}

static void the_bands_nearest_to_red_green_and_blue_have_their_colours(void **state)
{
    static const enum emit_colour expected[9] = {
        EMIT_COLOUR_BLUE, EMIT_COLOUR_NONE, EMIT_COLOUR_GREEN, EMIT_COLOUR_NONE, EMIT_COLOUR_RED};
    const struct emit_view_info *info = OPEN("ORTHO=GLT");
    (void)state;
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(info->bands[i].colour, expected[i]);
    close_view();
    info = OPEN("WAVELENGTHS=470,560,650,2000");
    assert_int_equal(info->bands[0].colour, EMIT_COLOUR_BLUE);
    assert_int_equal(info->bands[1].colour, EMIT_COLOUR_GREEN);
    assert_int_equal(info->bands[2].colour, EMIT_COLOUR_RED);
    assert_int_equal(info->bands[3].colour, EMIT_COLOUR_NONE);
    assert_int_equal(info->bands[3].file_band, 7);
    close_view();
    info = OPEN("WAVELENGTHS=650,2000,2100"); /* one band would have all three colours */
    assert_int_equal(info->bands[0].colour, EMIT_COLOUR_NONE);
    close_view();
    info = OPEN("WAVELENGTHS=650,560");
    assert_int_equal(info->bands[0].colour, EMIT_COLOUR_NONE);
    close_view();
}

static void bands_without_wavelengths_are_named_by_their_labels_or_numbers(void **state)
{
    const struct emit_view_info *info = open_view(MASK3, NULL, NULL);
    (void)state;
    assert_string_equal(info->bands[6].description, "SpecTf-Buffer Distance");
    assert_true(isnan(info->bands[6].wavelength_nm) && isnan(info->bands[6].fwhm_nm));
    assert_int_equal(info->bands[6].good, -1);
    assert_int_equal(info->bands[6].colour, EMIT_COLOUR_NONE);
    close_view();
    info = open_view(OBS, NULL, NULL);
    assert_string_equal(info->bands[1].description, "Path length");
    close_view();
    info = open_view(CUT_OBS, NULL, NULL); /* which bands have the labels is not known */
    assert_string_equal(info->bands[1].description, "obs 1");
    close_view();
    info = open_view(MASK1, "band_mask", NULL);
    assert_int_equal(info->band_count, 16);
    assert_string_equal(info->bands[11].description, "band 11");
    assert_string_equal(info->bands[11].units, "");
    close_view();
    info = open_view(MIN, "group_1_band_depth", NULL);
    assert_int_equal(info->band_count, 1);
    assert_string_equal(info->bands[0].description, "group_1_band_depth");
    close_view();
}

static void packed_bands_follow_the_wavelengths_or_count_all_bits(void **state)
{
    struct emit_granule granule = {.axis = {.count = 0}};
    struct emit_swath_variable packed = {.layout = {.rank = 3, .shape = {1, 1, 36}}};
    (void)state;
    assert_int_equal(emit_describe_unpacked_bands(&granule, &packed), 285);
    packed.layout.shape[2] = 3;
    assert_int_equal(emit_describe_unpacked_bands(&granule, &packed), 24);
    granule.axis.count = 17;
    assert_int_equal(emit_describe_unpacked_bands(&granule, &packed), 17);
    granule.axis.count = 16; /* would need two bytes */
    assert_int_equal(emit_describe_unpacked_bands(&granule, &packed), 24);
}

/* ---- Grid, variables and attributes
 * ------------------------------------------------------------------------- */

static void a_view_describes_its_grid_type_and_nodata(void **state)
{
    const struct emit_view_info *info = OPEN("NODATA=-0.5");
    (void)state;
    assert_string_equal(info->path, test_path(RFL));
    assert_string_equal(info->variable, "reflectance");
    assert_true(info->ortho && !info->has_geolocation);
    assert_int_equal(info->rows, 3);
    assert_int_equal(info->columns, 4);
    assert_int_equal(info->type, EMIT_FLOAT32);
    assert_true(info->nodata == -0.5);
    assert_string_equal(info->warning, "");
    close_view();
    info = OPEN("ORTHO=NO", "NODATA=0.1");
    assert_true(!info->ortho);
    assert_int_equal(info->rows, LINES);
    assert_int_equal(info->columns, SAMPLES);
    assert_true(info->nodata == (double)0.1F); /* exact in the view's type */
    close_view();
}

static void swath_variables_are_listed_as_they_open(void **state)
{
    const struct emit_view_info *info = open_view(MASK1, NULL, NULL);
    (void)state;
    assert_int_equal(info->variable_count, 2);
    assert_string_equal(info->variables[0].name, "mask");
    assert_int_equal(info->variables[0].bands, 8);
    assert_int_equal(info->variables[0].type, EMIT_FLOAT32);
    assert_int_equal(info->variables[0].downtrack, LINES);
    assert_int_equal(info->variables[0].crosstrack, SAMPLES);
    assert_string_equal(info->variables[0].description, "a hand-made one");
    assert_string_equal(info->variables[1].name, "band_mask");
    assert_int_equal(info->variables[1].bands, 16);
    assert_int_equal(info->variables[1].type, EMIT_UINT8);
    close_view();
}

static void a_granule_of_layers_has_no_bands_but_variables(void **state)
{
    const struct emit_view_info *info = open_view(MIN, NULL, NULL);
    (void)state;
    assert_null(info->variable);
    assert_int_equal(info->band_count, 0);
    assert_int_equal(info->variable_count, 2);
    assert_int_equal(info->file_count, 1);
    close_view();
}

static void only_mineral_ids_come_with_minerals(void **state)
{
    const struct emit_view_info *info = open_view(MIN, "group_1_mineral_id", NULL);
    (void)state;
    assert_int_equal(info->mineral_count, 3);
    assert_int_equal(info->minerals[2].id, 150);
    close_view();
    info = open_view(MIN, "group_1_band_depth", NULL);
    assert_int_equal(info->mineral_count, 0);
    close_view();
}

static void attributes_of_the_granule_are_passed_on(void **state)
{
    const struct emit_view_info *info = OPEN("ORTHO=GLT");
    bool found = false;
    (void)state;
    for (size_t i = 0; i < info->attribute_count; i++)
        found = found || (strcmp(info->attributes[i].key, "title") == 0 &&
                          strcmp(info->attributes[i].value, "Reflectance") == 0);
    assert_true(found);
    close_view();
}

/* ---- Applied options ----------------------------------------------------------------------- */

static void applied_options_are_listed_and_nothing_else(void **state)
{
    const struct emit_view_info *info = OPEN("ORTHO=NO");
    (void)state;
    assert_int_equal(info->applied_count, 1);
    assert_string_equal(applied(info, "EMIT_ORTHO"), "NO");
    assert_int_equal(info->file_count, 1);
    assert_string_equal(info->files[0], test_path(RFL));
    close_view();
    info = OPEN("QUALITY_FLAGS=1,cloud", "QUALITY_WHERE=H2O>3,spectf-cloud probability<=0.25",
                "CLOUD_BUFFER=12", "BAND_MASK=YES", "WAVELENGTHS=650,560", "BAD_WAVELENGTHS=DROP");
    assert_int_equal(info->applied_count, 11); /* of every option; describe.c has room for them */
    assert_string_equal(applied(info, "EMIT_ORTHO"), "GLT");
    assert_string_equal(applied(info, "EMIT_QUALITY_FLAGS"), "Cloud Flag,Cirrus Flag");
    assert_string_equal(applied(info, "EMIT_QUALITY_WHERE"),
                        "SpecTf-Cloud Probability<=0.25,water_vapor>3");
    assert_string_equal(applied(info, "EMIT_CLOUD_BUFFER"), "12");
    assert_string_equal(applied(info, "EMIT_BAND_MASK"), "YES");
    assert_string_equal(applied(info, "EMIT_QUALITY_FILE"), test_path(MASK3));
    assert_string_equal(applied(info, "EMIT_BAND_MASK_FILE"), test_path(MASK1));
    assert_string_equal(applied(info, "EMIT_STATE_FILE"), test_path(RFL));
    assert_string_equal(applied(info, "EMIT_WAVELENGTHS"), "650,560");
    assert_string_equal(applied(info, "EMIT_BAD_WAVELENGTHS"), "DROP");
    assert_non_null(strstr(applied(info, "EMIT_MASK_FILE"), test_path(MASK3)));
    assert_non_null(strstr(applied(info, "EMIT_MASK_FILE"), test_path(MASK1)));
    assert_int_equal(info->file_count, 3);
    assert_string_equal(info->files[0], test_path(RFL));
    close_view();
}

/* ---- The key -------------------------------------------------------------------------------- */

static char first_key[4096];

static void keep_key(const char *const *options)
{
    strcpy(first_key, open_view(RFL, NULL, options)->option_key);
    close_view();
}

/* Whether the key of these options is the saved one. */
static bool has_kept_key(const char *const *options)
{
    const bool equal = strcmp(open_view(RFL, NULL, options)->option_key, first_key) == 0;
    close_view();
    return equal;
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static void equivalent_options_have_equal_keys(void **state)
{
    (void)state;
    keep_key(LIST("A=1"));
    assert_true(has_kept_key(LIST("ORTHO=YES", "NODATA=-9999.0", "NUM_THREADS=1")));
    keep_key(LIST("QUALITY_FLAGS=cloud,cirrus", "WAVELENGTHS=650,560"));
    assert_true(has_kept_key(LIST("QUALITY_FLAGS=1,0,cloud", "WAVELENGTHS=651,559")));
}

static void every_choice_that_changes_pixels_changes_the_key(void **state)
{
    static const char *const choices[] = {"ORTHO=NO",
                                          "NODATA=NAN",
                                          "NODATA=0",
                                          "QUALITY_FLAGS=cloud",
                                          "QUALITY_FLAGS=cirrus",
                                          "QUALITY_WHERE=H2O>3",
                                          "QUALITY_WHERE=H2O>=3",
                                          "QUALITY_WHERE=H2O>3.5",
                                          "CLOUD_BUFFER=3",
                                          "CLOUD_BUFFER=4",
                                          "BAND_MASK=YES",
                                          "WAVELENGTHS=650",
                                          "WAVELENGTHS=560",
                                          "WAVELENGTHS=650,560",
                                          "WAVELENGTHS=560,650",
                                          "BAD_WAVELENGTHS=NODATA",
                                          "BAD_WAVELENGTHS=DROP"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(choices); i++)
    {
        keep_key(LIST(choices[i]));
        assert_true(has_kept_key(LIST(choices[i])));
        assert_false(has_kept_key(LIST("A=1")));
        for (size_t k = 0; k < i; k++)
            assert_false(has_kept_key(LIST(choices[k])));
    }
}

static void variables_have_keys_of_their_own(void **state)
{
    char key[4096];
    (void)state;
    strcpy(key, open_view(MIN, "group_1_band_depth", NULL)->option_key);
    close_view();
    assert_string_not_equal(open_view(MIN, "group_1_mineral_id", NULL)->option_key, key);
    close_view();
}

/* ---- Warnings ------------------------------------------------------------------------------- */

static void a_granule_without_a_lookup_table_opens_with_a_warning(void **state)
{
    const struct emit_view_info *info = open_view(MASK3, NULL, NULL);
    (void)state;
    assert_non_null(strstr(info->warning, "no geometry lookup table"));
    assert_non_null(strstr(info->warning, MASK3));
    assert_string_equal(applied(info, "EMIT_ORTHO"), "NO");
    close_view();
    info = open_view(MASK3, NULL, LIST("ORTHO=NO"));
    assert_string_equal(info->warning, "");
    close_view();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bands_are_named_by_their_wavelengths),
        cmocka_unit_test(the_bands_nearest_to_red_green_and_blue_have_their_colours),
        cmocka_unit_test(bands_without_wavelengths_are_named_by_their_labels_or_numbers),
        cmocka_unit_test(packed_bands_follow_the_wavelengths_or_count_all_bits),
        cmocka_unit_test(a_view_describes_its_grid_type_and_nodata),
        cmocka_unit_test(swath_variables_are_listed_as_they_open),
        cmocka_unit_test(a_granule_of_layers_has_no_bands_but_variables),
        cmocka_unit_test(only_mineral_ids_come_with_minerals),
        cmocka_unit_test(attributes_of_the_granule_are_passed_on),
        cmocka_unit_test(applied_options_are_listed_and_nothing_else),
        cmocka_unit_test(equivalent_options_have_equal_keys),
        cmocka_unit_test(every_choice_that_changes_pixels_changes_the_key),
        cmocka_unit_test(variables_have_keys_of_their_own),
        cmocka_unit_test(a_granule_without_a_lookup_table_opens_with_a_warning),
    };
    return cmocka_run_group_tests(tests, write_all, NULL);
}
