/* SPDX-License-Identifier: MIT */
#include "core/options/options.h"

#include "core/base/parallel.h"

#include "support.h"

#include <cpl_minixml.h>
#include <cpl_string.h>
#include <limits.h>
#include <math.h>
#include <string.h>

/* Reads options from their texts: read_options(&options, "ORTHO=NO", ...). */
#define READ(options, ...)                                                                         \
    emit_options_read((const char *const[]){__VA_ARGS__, NULL}, options, &last_error)

static void expect_defaults(const char *const *list)
{
    struct emit_options options;
    memset(&options, 0x5A, sizeof options);
    EXPECT_OK(emit_options_read(list, &options, &last_error));
    assert_int_equal(options.ortho, EMIT_ORTHO_GLT);
    assert_null(options.quality_flags);
    assert_null(options.quality_where);
    assert_false(options.has_cloud_buffer);
    assert_false(options.band_mask);
    assert_null(options.mask_file);
    assert_int_equal(options.bad_wavelengths, EMIT_BAD_KEEP);
    assert_null(options.wavelengths);
    assert_true(options.nodata == -9999.0);
    assert_int_in_range(options.thread_count, 1, EMIT_MAX_THREADS);
}

static void defaults_apply_without_options(void **state)
{
    static const char *const empty[] = {NULL};
    static const char *const unknown[] = {"COMPRESS=ZSTD",      "ORTHO", "BANDS=3",
                                          "QUALITY=9",          "=NO",   "MASKS=NO",
                                          "SUPERGRIDS_MASK=NO", NULL};
    static const char *const blank[] = {
        "ORTHO=", "WAVELENGTHS=", "BAD_WAVELENGTHS=", "NODATA=", "NUM_THREADS=", NULL};
    (void)state;
    expect_defaults(NULL);
    expect_defaults(empty);
    expect_defaults(unknown);
    expect_defaults(blank);
}

static void a_misspelt_key_is_refused_with_the_likely_name(void **state)
{
    static const struct
    {
        const char *item, *name;
    } cases[] = {
        {"QUALITY_FLAG=cloud", "QUALITY_FLAGS"},
        {"qualityflags=cloud", "QUALITY_FLAGS"},
        {"quality-flags=cloud", "QUALITY_FLAGS"},
        {"QUALTIY_FLAGS=cloud", "QUALITY_FLAGS"},
        {"EMIT_QUALITY_FLAGS=1", "QUALITY_FLAGS"},
        {"FLAGS=cloud", "QUALITY_FLAGS"},
        {"QUALITY_WERE=H2O>3", "QUALITY_WHERE"},
        {"CLOUD_BUFER=2", "CLOUD_BUFFER"},
        {"BANDMASK=YES", "BAND_MASK"},
        {"BAND_MASKS=YES", "BAND_MASK"},
        {"MASKFILE=m.nc", "MASK_FILE"},
        {"mask=m.nc", "MASK_FILE"},
        {"WAVELENGTH=650", "WAVELENGTHS"},
        {"WAVELENGHTS=650", "WAVELENGTHS"},
        {"BAD_WAVELENGTH=DROP", "BAD_WAVELENGTHS"},
        {"NO_DATA=0", "NODATA"},
        {"NUM_THREAD=2", "NUM_THREADS"},
        {"THREADS=2", "NUM_THREADS"},
        {"ORTHOS=NO", "ORTHO"},
        {"QUALITY_FLAG", "QUALITY_FLAGS"},
        {"CLOUD_FLAG=1", "QUALITY_FLAGS"},
        {"mask-flags=cloud", "QUALITY_FLAGS"},
        {"CIRRUS=1", "QUALITY_FLAGS"},
        {"QA_FLAGS=cloud", "QUALITY_FLAGS"},
        {"EMIT-QUALITY-FLAGS=cloud", "QUALITY_FLAGS"},
        {"amp;QUALITY_WHERE=H2O>3", "QUALITY_WHERE"},
        {"amp;BAND_MASK=YES", "MASK_FILE"},
        {"MASK_BANDS=0,1", "MASK_FILE"},
        {"APPLY_MASK=YES", "MASK_FILE"},
    };
    struct emit_options options;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
    {
        char key[32] = "";
        strncat(key, cases[i].item, strcspn(cases[i].item, "="));
        assert_string_equal(emit_option_meant(cases[i].item), cases[i].name);
        EXPECT_ERROR(EMIT_ERROR_OPTION, READ(&options, "ORTHO=NO", cases[i].item), key,
                     cases[i].name);
    }
}

static void the_rest_of_a_split_list_is_refused(void **state)
{
    static const char *const rests[] = {
        "cirrus", "cirrus=", "550", "dilated cloud", "cirrus BAND_MASK=YES", "H2O>=3", "5<=0.4"};
    struct emit_options options;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rests); i++)
    {
        assert_true(emit_option_is_remainder(rests[i]));
        char key[32] = "";
        strncat(key, rests[i], strcspn(rests[i], "="));
        EXPECT_ERROR(EMIT_ERROR_OPTION, READ(&options, "QUALITY_FLAGS=cloud", rests[i]), key,
                     "KEY=VALUE");
    }
    assert_false(emit_option_is_remainder("COMPRESS=ZSTD"));
    assert_false(emit_option_is_remainder("ORTHO"));
    assert_false(emit_option_is_remainder("=NO"));
}

static void a_masking_option_without_a_value_is_refused_with_the_word_for_none(void **state)
{
    struct emit_options options;
    (void)state;
    EXPECT_ERROR(EMIT_ERROR_OPTION, READ(&options, "QUALITY_FLAGS="), "QUALITY_FLAGS", "NONE");
    EXPECT_ERROR(EMIT_ERROR_OPTION, READ(&options, "QUALITY_FLAGS"), "QUALITY_FLAGS", "NONE");
    EXPECT_ERROR(EMIT_ERROR_OPTION, READ(&options, "QUALITY_WHERE="), "QUALITY_WHERE", "NONE");
    EXPECT_ERROR(EMIT_ERROR_OPTION, READ(&options, "CLOUD_BUFFER="), "CLOUD_BUFFER", "NONE");
    EXPECT_ERROR(EMIT_ERROR_OPTION, READ(&options, "BAND_MASK="), "BAND_MASK", "NO");
    EXPECT_ERROR(EMIT_ERROR_OPTION, READ(&options, "MASK_FILE="), "MASK_FILE", "L2A MASK");
    EXPECT_OK(READ(&options, "QUALITY_WHERE=none", "CLOUD_BUFFER=None"));
    assert_null(options.quality_where);
    assert_false(options.has_cloud_buffer);
}

static void every_option_is_read(void **state)
{
    struct emit_options options;
    (void)state;
    EXPECT_OK(READ(&options, "ORTHO=NO", "QUALITY_FLAGS=cloud", "QUALITY_WHERE=H2O>3",
                   "CLOUD_BUFFER=12", "BAND_MASK=YES", "MASK_FILE=m.nc", "BAD_WAVELENGTHS=DROP",
                   "WAVELENGTHS=650,GOOD", "NODATA=-0.5", "NUM_THREADS=3"));
    assert_int_equal(options.ortho, EMIT_ORTHO_NO);
    assert_string_equal(options.quality_flags, "cloud");
    assert_string_equal(options.quality_where, "H2O>3");
    assert_true(options.has_cloud_buffer);
    assert_int_equal(options.cloud_buffer, 12);
    assert_true(options.band_mask);
    assert_string_equal(options.mask_file, "m.nc");
    assert_int_equal(options.bad_wavelengths, EMIT_BAD_DROP);
    assert_string_equal(options.wavelengths, "650,GOOD");
    assert_true(options.nodata == -0.5);
    assert_int_equal(options.thread_count, 3);
}

static void the_first_of_equal_keys_counts_in_any_case(void **state)
{
    struct emit_options options;
    (void)state;
    EXPECT_OK(READ(&options, "ortho=no", "ORTHO=GLT", "Num_Threads=2", "NUM_THREADS=7"));
    assert_int_equal(options.ortho, EMIT_ORTHO_NO);
    assert_int_equal(options.thread_count, 2);
}

static void masking_options_have_one_value(void **state)
{
    (void)state;
    struct emit_options options;
    EXPECT_OK(READ(&options, "QUALITY_FLAGS=cloud", "quality_flags=cloud"));
    EXPECT_ERROR(EMIT_ERROR_OPTION, READ(&options, "QUALITY_FLAGS=cloud", "QUALITY_FLAGS=cirrus"),
                 "QUALITY_FLAGS", "cloud", "cirrus");
    EXPECT_ERROR(EMIT_ERROR_OPTION, READ(&options, "BAND_MASK=NO", "ORTHO=NO", "band_mask=YES"),
                 "BAND_MASK", "NO", "YES");
    EXPECT_ERROR(EMIT_ERROR_OPTION, READ(&options, "MASK_FILE=m.nc", "MASK_FILE=M.nc"), "MASK_FILE",
                 "m.nc", "M.nc");
}

static void ortho_is_chosen_by_name_or_as_a_boolean(void **state)
{
    static const struct
    {
        const char *text;
        enum emit_ortho ortho;
    } cases[] = {
        {"ORTHO=GLT", EMIT_ORTHO_GLT},         {"ORTHO=glt", EMIT_ORTHO_GLT},
        {"ORTHO=YES", EMIT_ORTHO_GLT},         {"ORTHO=true", EMIT_ORTHO_GLT},
        {"ORTHO=On", EMIT_ORTHO_GLT},          {"ORTHO=1", EMIT_ORTHO_GLT},
        {"ORTHO=NEAREST", EMIT_ORTHO_NEAREST}, {"ORTHO=nearest", EMIT_ORTHO_NEAREST},
        {"ORTHO=NO", EMIT_ORTHO_NO},           {"ORTHO=False", EMIT_ORTHO_NO},
        {"ORTHO=OFF", EMIT_ORTHO_NO},          {"ORTHO=0", EMIT_ORTHO_NO},
    };
    struct emit_options options;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
    {
        EXPECT_OK(READ(&options, cases[i].text));
        assert_int_equal(options.ortho, cases[i].ortho);
    }
    EXPECT_ERROR(EMIT_ERROR_OPTION, READ(&options, "ORTHO=MAYBE"), "ORTHO", "\"MAYBE\"", "GLT",
                 "NEAREST", "NO");
    EXPECT_ERROR(EMIT_ERROR_OPTION, READ(&options, "ORTHO= NO"), "ORTHO", "\" NO\"");
}

static void bad_wavelengths_are_kept_blanked_or_dropped(void **state)
{
    struct emit_options options;
    (void)state;
    EXPECT_OK(READ(&options, "BAD_WAVELENGTHS=keep"));
    assert_int_equal(options.bad_wavelengths, EMIT_BAD_KEEP);
    EXPECT_OK(READ(&options, "BAD_WAVELENGTHS=Nodata"));
    assert_int_equal(options.bad_wavelengths, EMIT_BAD_NODATA);
    EXPECT_OK(READ(&options, "BAD_WAVELENGTHS=DROP"));
    assert_int_equal(options.bad_wavelengths, EMIT_BAD_DROP);
    EXPECT_ERROR(EMIT_ERROR_OPTION, READ(&options, "BAD_WAVELENGTHS=DROPS"), "BAD_WAVELENGTHS",
                 "\"DROPS\"", "KEEP", "NODATA", "DROP");
}

static void the_band_mask_is_a_boolean(void **state)
{
    struct emit_options options;
    (void)state;
    EXPECT_OK(READ(&options, "BAND_MASK=on"));
    assert_true(options.band_mask);
    EXPECT_OK(READ(&options, "BAND_MASK=NO"));
    assert_false(options.band_mask);
    EXPECT_ERROR(EMIT_ERROR_OPTION, READ(&options, "BAND_MASK=2"), "BAND_MASK", "\"2\"",
                 "YES or NO");
}

static void no_quality_flags_are_none(void **state)
{
    struct emit_options options;
    (void)state;
    EXPECT_OK(READ(&options, "QUALITY_FLAGS=none"));
    assert_null(options.quality_flags);
    EXPECT_OK(READ(&options, "QUALITY_FLAGS=NONE,cloud"));
    assert_string_equal(options.quality_flags, "NONE,cloud");
}

static void a_cloud_buffer_is_a_whole_number_of_pixels(void **state)
{
    static const char *const refused[] = {
        "CLOUD_BUFFER=-1", "CLOUD_BUFFER=1.5",        "CLOUD_BUFFER=ten",
        "CLOUD_BUFFER=3 ", "CLOUD_BUFFER=2147483648", "CLOUD_BUFFER=99999999999999999999"};
    struct emit_options options;
    (void)state;
    EXPECT_OK(READ(&options, "CLOUD_BUFFER=0"));
    assert_true(options.has_cloud_buffer);
    assert_int_equal(options.cloud_buffer, 0);
    EXPECT_OK(READ(&options, "CLOUD_BUFFER=2147483647"));
    assert_int_equal(options.cloud_buffer, INT_MAX);
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        EXPECT_ERROR(EMIT_ERROR_OPTION, READ(&options, refused[i]), "CLOUD_BUFFER",
                     strchr(refused[i], '=') + 1, "whole number");
}

static void nodata_is_a_finite_number_or_nan(void **state)
{
    static const char *const refused[] = {"NODATA=none", "NODATA=1e999", "NODATA=-inf",
                                          "NODATA=1,5",  "NODATA=0x",    "NODATA=5 "};
    struct emit_options options;
    (void)state;
    EXPECT_OK(READ(&options, "NODATA=nan"));
    assert_true(isnan(options.nodata));
    EXPECT_OK(READ(&options, "NODATA=-1.5e3"));
    assert_true(options.nodata == -1500.0);
    EXPECT_OK(READ(&options, "NODATA=0"));
    assert_true(options.nodata == 0.0);
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        EXPECT_ERROR(EMIT_ERROR_OPTION, READ(&options, refused[i]), "NODATA",
                     strchr(refused[i], '=') + 1, "number or NAN");
}

static void threads_are_a_number_or_all_processors(void **state)
{
    static const char *const refused[] = {"NUM_THREADS=0", "NUM_THREADS=-2", "NUM_THREADS=many",
                                          "NUM_THREADS=2x", "NUM_THREADS=4294967297"};
    struct emit_options options;
    (void)state;
    EXPECT_OK(READ(&options, "NUM_THREADS=1"));
    assert_int_equal(options.thread_count, 1);
    EXPECT_OK(READ(&options, "NUM_THREADS=100000"));
    assert_int_equal(options.thread_count, EMIT_MAX_THREADS);
    EXPECT_OK(READ(&options, "NUM_THREADS=all_cpus"));
    assert_int_in_range(options.thread_count, 1, EMIT_MAX_THREADS);
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        EXPECT_ERROR(EMIT_ERROR_OPTION, READ(&options, refused[i]), "NUM_THREADS",
                     strchr(refused[i], '=') + 1, "ALL_CPUS");
}

#define MASK_ASKED(...) emit_options_mask((const char *const[]){__VA_ARGS__, NULL})

static void masks_are_requested_by_any_value_but_none_and_no(void **state)
{
    (void)state;
    assert_null(emit_options_mask(NULL));
    assert_null(MASK_ASKED("ORTHO=NO", "NODATA=5", "QUALITY_FLAGS=None", "BAND_MASK=OFF"));
    assert_string_equal(MASK_ASKED("QUALITY_FLAGS=NONE", "QUALITY_FLAGS=cloud"), "QUALITY_FLAGS");
    assert_string_equal(MASK_ASKED("ORTHO=NO", "quality_flags=cloud"), "QUALITY_FLAGS");
    assert_string_equal(MASK_ASKED("QUALITY_WHERE=H2O>3"), "QUALITY_WHERE");
    assert_string_equal(MASK_ASKED("CLOUD_BUFFER=0"), "CLOUD_BUFFER");
    assert_string_equal(MASK_ASKED("BAND_MASK=1"), "BAND_MASK");
    assert_string_equal(MASK_ASKED("BAND_MASK=perhaps"), "BAND_MASK");
    assert_string_equal(MASK_ASKED("QUALITY_FLAGS=NONE", "MASK_FILE=m.nc"), "MASK_FILE");
    assert_string_equal(MASK_ASKED("QUALITY_FLAGS="), "QUALITY_FLAGS");
    assert_string_equal(MASK_ASKED("CLOUD_BUFFER"), "CLOUD_BUFFER");
    assert_string_equal(MASK_ASKED("NODATA=0", "BANDMASK=YES"), "BAND_MASK");
    assert_null(MASK_ASKED("MASK=YES", "WAVELENGTH=650")); /* may be another driver's */
}

/* ---- The list for GDAL ---------------------------------------------------------------------- */

static const struct listed
{
    const char *name, *type, *fallback; /* "" for no default */
} listed[] = {
    {"ORTHO", "string-select", "GLT"},
    {"QUALITY_FLAGS", "string", "NONE"},
    {"QUALITY_WHERE", "string", "NONE"},
    {"CLOUD_BUFFER", "string", "NONE"},
    {"BAND_MASK", "boolean", "NO"},
    {"MASK_FILE", "string", ""},
    {"BAD_WAVELENGTHS", "string-select", "KEEP"},
    {"WAVELENGTHS", "string", ""},
    {"NODATA", "string", "-9999"},
    {"NUM_THREADS", "string", "ALL_CPUS"},
};

static const CPLXMLNode *find_listed(const CPLXMLNode *list, const char *name)
{
    for (const CPLXMLNode *node = list->psChild; node != NULL; node = node->psNext)
    {
        if (strcmp(CPLGetXMLValue(node, "name", ""), name) == 0)
            return node;
    }
    return NULL;
}

static void the_list_has_every_option_with_type_default_and_description(void **state)
{
    CPLXMLNode *list = CPLParseXMLString(emit_option_list_xml());
    (void)state;
    assert_non_null(list);
    assert_string_equal(list->pszValue, "OpenOptionList");
    for (size_t i = 0; i < COUNT_OF(listed); i++)
    {
        const CPLXMLNode *option = find_listed(list, listed[i].name);
        assert_non_null(option);
        assert_string_equal(CPLGetXMLValue(option, "type", ""), listed[i].type);
        assert_string_equal(CPLGetXMLValue(option, "default", ""), listed[i].fallback);
        assert_int_in_range(strlen(CPLGetXMLValue(option, "description", "")), 20, 1000);
    }
    CPLDestroyXMLNode(list);
}

static void every_listed_choice_is_accepted(void **state)
{
    CPLXMLNode *list = CPLParseXMLString(emit_option_list_xml());
    (void)state;
    size_t choices = 0;
    for (const CPLXMLNode *option = list->psChild; option != NULL; option = option->psNext)
    {
        for (const CPLXMLNode *value = option->psChild; value != NULL; value = value->psNext)
        {
            struct emit_options options;
            if (strcmp(value->pszValue, "Value") != 0)
                continue;
            const char *const text[] = {CPLSPrintf("%s=%s", CPLGetXMLValue(option, "name", ""),
                                                   CPLGetXMLValue(value, NULL, "")),
                                        NULL};
            EXPECT_OK(emit_options_read(text, &options, &last_error));
            choices++;
        }
    }
    assert_int_in_range(choices, 6, 100);
    CPLDestroyXMLNode(list);
}

static void fetch_list(void *context, size_t i)
{
    ((const char **)context)[i] = emit_option_list_xml();
}

static void the_list_is_built_once_by_many_threads(void **state)
{
    const char *lists[8] = {NULL};
    (void)state;
    run_together(COUNT_OF(lists), fetch_list, (void *)lists);
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        assert_ptr_equal(lists[i], emit_option_list_xml());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list_is_built_once_by_many_threads),
        cmocka_unit_test(defaults_apply_without_options),
        cmocka_unit_test(a_misspelt_key_is_refused_with_the_likely_name),
        cmocka_unit_test(the_rest_of_a_split_list_is_refused),
        cmocka_unit_test(a_masking_option_without_a_value_is_refused_with_the_word_for_none),
        cmocka_unit_test(every_option_is_read),
        cmocka_unit_test(the_first_of_equal_keys_counts_in_any_case),
        cmocka_unit_test(masking_options_have_one_value),
        cmocka_unit_test(ortho_is_chosen_by_name_or_as_a_boolean),
        cmocka_unit_test(bad_wavelengths_are_kept_blanked_or_dropped),
        cmocka_unit_test(the_band_mask_is_a_boolean),
        cmocka_unit_test(no_quality_flags_are_none),
        cmocka_unit_test(a_cloud_buffer_is_a_whole_number_of_pixels),
        cmocka_unit_test(nodata_is_a_finite_number_or_nan),
        cmocka_unit_test(threads_are_a_number_or_all_processors),
        cmocka_unit_test(masks_are_requested_by_any_value_but_none_and_no),
        cmocka_unit_test(the_list_has_every_option_with_type_default_and_description),
        cmocka_unit_test(every_listed_choice_is_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
