/* SPDX-License-Identifier: MIT */
#include "core/granule/companion.h"

#include "support.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SCENE "20240315T101112"

/* Writes a granule of 5 x 7 pixels or another size, with one variable. */
static const char *write_granule(const char *name, size_t lines, size_t samples, const char *time)
{
    struct test_granule fixture;
    float values[100] = {0};
    test_granule_begin(&fixture, name, lines, samples);
    test_granule_text(&fixture, "time_coverage_start", time);
    test_granule_add(&fixture, "mask", NC_FLOAT, 2, -9999.0, &mk_contiguous, values);
    test_granule_end(&fixture);
    return test_path(name);
}

static struct emit_granule *open_granule(const char *path)
{
    struct emit_granule *granule = NULL;
    EXPECT_OK(emit_granule_open(path, &granule, &last_error));
    return granule;
}

/* The granule whose companions are searched. */
static struct emit_granule *open_scene(void)
{
    return open_granule(write_granule("EMIT_L2A_RFL_001_" SCENE "_2407507_004.nc", 5, 7,
                                      "2024-03-15T10:11:12+0000"));
}

/* ---- Times ---------------------------------------------------------------------------------- */

static void expect_time(const char *name, const char *attribute, const char *expected)
{
    struct emit_granule *granule = open_granule(write_granule(name, 2, 3, attribute));
    char time[16];
    emit_companion_time(granule, time);
    assert_string_equal(time, expected);
    emit_granule_close(granule);
}

static void the_time_is_that_of_the_name_or_else_of_the_attribute(void **state)
{
    (void)state;
    expect_time("EMIT_L2A_RFL_002_20230101T000000.nc", "2024-03-15T10:11:12+0000",
                "20230101T000000");
    expect_time("crop.nc", "2024-03-15T10:11:12+0000", "20240315T101112");
    expect_time("crop2.nc", "2024-03-15T10:11:12", "20240315T101112");
    expect_time("crop3.nc", "2024-03-15 10:11:12", "");
    expect_time("crop4.nc", "2024-03-15T10:11", "");
    expect_time("crop5.nc", "x", "");
}

/* ---- Searching ------------------------------------------------------------------------------ */

static void expect_found(const struct emit_companions *found, size_t i, const char *name)
{
    assert_true(i < found->count);
    assert_string_equal(found->file[i].path, test_path(name));
    assert_null(found->file[i].granule); /* not opened before its first use */
}

/* Makes files of these names, searches the folder of "granule_name" and expects the first "count"
 * of them, in this order. */
static void expect_search(const char *granule_name, const char *const *names, size_t name_count,
                          size_t count)
{
    struct emit_granule *granule =
        open_granule(write_granule(granule_name, 5, 7, "2024-03-15T10:11:12+0000"));
    struct emit_companions found;
    for (size_t i = name_count; i > 0; i--)
        write_file(test_path(names[i - 1]), "not opened", 10);
    EXPECT_OK(emit_companions_search(granule, "MASK", false, &found, &last_error));
    assert_int_equal(found.count, count);
    for (size_t i = 0; i < count; i++)
        expect_found(&found, i, names[i]);
    emit_companions_close(&found);
    assert_int_equal(found.count, 0);
    for (size_t i = 0; i < name_count; i++)
        unlink(test_path(names[i]));
    emit_granule_close(granule);
    unlink(test_path(granule_name));
}

static void names_that_fit_come_first_then_the_newest_version(void **state)
{
    static const char *const names[] = {
        /* The same suffix: */
        "EMIT_L2A_MASK_003_" SCENE "_2407507_004.nc", "EMIT_L2A_MASK_V003_" SCENE ".nc",
        "EMIT_L2A_MASK_002_" SCENE "_2407507_004.nc", "emit_l2a_mask_001_" SCENE "_2407507_004.NC",
        /* The mission's own, but of another orbit or scene: */
        "EMIT_L2A_MASK_002_" SCENE "_2407507_005.nc",
        /* Others: */
        "EMIT_L2A_MASK_003_" SCENE "_a.nc", "EMIT_L2A_MASK_002_" SCENE ".nc",
        "EMIT_L2A_MASK_001_" SCENE ".nc", "EMIT_L2A_MASK_001_" SCENE "_2407507_004 (1).nc",
        /* Of another time, of other levels and products, of other kinds: */
        "EMIT_L2A_MASK_003_20240315T101113.nc", "EMIT_L3_MASK_003_" SCENE ".nc",
        "EMIT_L2A_MASKS_003_" SCENE ".nc", "EMIT_L2A_RFLUNCERT_001_" SCENE "_2407507_004.nc",
        "EMIT_L2A_MASK_003_" SCENE ".nc.aux.xml", "EMIT_L2A_MASK_003_" SCENE,
        "EMIT_L2A_MASK_003_" SCENE ".nc.part", "my_EMIT_L2A_MASK_003_" SCENE ".nc"};
    (void)state;
    expect_search("EMIT_L2A_RFL_001_" SCENE "_2407507_004.nc", names, COUNT_OF(names), 9);
}

static void a_crop_s_mask_has_the_same_suffix(void **state)
{
    static const char *const names[] = {
        "EMIT_L2A_MASK_003_" SCENE "_roi.nc", "EMIT_L2A_MASK_001_" SCENE "_2407507_004_roi.nc",
        "EMIT_L2A_MASK_003_" SCENE ".nc", "EMIT_L2A_MASK_001_" SCENE "_2407507_004.nc",
        "EMIT_L2A_MASK_003_" SCENE "_roi2.nc"};
    (void)state;
    expect_search("EMIT_L2A_RFL_001_" SCENE "_2407507_004_roi.nc", names, COUNT_OF(names), 5);
}

static void beside_a_renamed_granule_the_mission_s_names_come_first(void **state)
{
    static const char *const names[] = {"EMIT_L2A_MASK_001_" SCENE "_2407507_004.nc",
                                        "EMIT_L2A_MASK_003_" SCENE "_a.nc"};
    (void)state;
    expect_search("any.nc", names, COUNT_OF(names), 2);
}

static void every_one_of_many_is_listed(void **state)
{
    char texts[100][64];
    const char *names[COUNT_OF(texts)];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
    {
        snprintf(texts[i], sizeof texts[i], "EMIT_L2A_MASK_001_" SCENE "_2407507_004%.2s%02zu.nc",
                 i > 0 ? "_x" : "", i);
        names[i] = texts[i];
    }
    strcpy(texts[0], "EMIT_L2A_MASK_001_" SCENE "_2407507_004.nc");
    expect_search("EMIT_L2A_RFL_001_" SCENE "_2407507_004.nc", names, COUNT_OF(names),
                  COUNT_OF(names));
}

static void no_companion_is_not_an_error(void **state)
{
    struct emit_granule *granule = open_scene();
    struct emit_companions found;
    (void)state;
    EXPECT_OK(emit_companions_search(granule, "MASK", false, &found, &last_error));
    assert_int_equal(found.count, 0);
    emit_companions_close(&found);
    emit_granule_close(granule);
}

static void the_granule_itself_is_found_as_itself(void **state)
{
    struct emit_granule *granule = open_scene();
    struct emit_companions found;
    (void)state;
    EXPECT_OK(emit_companions_search(granule, "RFL", false, &found, &last_error));
    assert_int_equal(found.count, 1);
    assert_ptr_equal(found.file[0].granule, granule);
    emit_companions_close(&found);
    emit_granule_close(granule); /* it it it was not closed with the others */
}

static void a_name_without_a_folder_is_searched_around(void **state)
{
    struct emit_granule *granule;
    struct emit_companions found;
    (void)state;
    emit_granule_close(open_scene());
    assert_int_equal(chdir(test_folder()), 0);
    write_file("EMIT_L2A_MASK_001_" SCENE "_2407507_004.nc", "", 0);
    granule = open_granule("EMIT_L2A_RFL_001_" SCENE "_2407507_004.nc");
    const enum emit_status status =
        emit_companions_search(granule, "MASK", false, &found, &last_error);
    unlink("EMIT_L2A_MASK_001_" SCENE "_2407507_004.nc");
    assert_int_equal(chdir(".."), 0);
    EXPECT_OK(status);
    assert_int_equal(found.count, 1);
    assert_string_equal(found.file[0].path, "EMIT_L2A_MASK_001_" SCENE "_2407507_004.nc");
    emit_companions_close(&found);
    emit_granule_close(granule);
}

static void named_files_stay_in_order_and_the_granule_itself_comes_first(void **state)
{
    struct emit_granule *granule = open_scene();
    struct emit_companions files = {.granule = granule};
    (void)state;
    EXPECT_OK(emit_companions_add(&files, files.count, "b.nc", &last_error));
    EXPECT_OK(emit_companions_add(&files, files.count, "a.nc", &last_error));
    EXPECT_OK(emit_companions_add(&files, 0, files.granule->path, &last_error));
    assert_int_equal(files.count, 3);
    assert_ptr_equal(files.file[0].granule, granule);
    assert_string_equal(files.file[1].path, "b.nc");
    assert_string_equal(files.file[2].path, "a.nc");
    emit_companions_close(&files);
    emit_granule_close(granule);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_time_is_that_of_the_name_or_else_of_the_attribute),
        cmocka_unit_test(names_that_fit_come_first_then_the_newest_version),
        cmocka_unit_test(a_crop_s_mask_has_the_same_suffix),
        cmocka_unit_test(beside_a_renamed_granule_the_mission_s_names_come_first),
        cmocka_unit_test(every_one_of_many_is_listed),
        cmocka_unit_test(no_companion_is_not_an_error),
        cmocka_unit_test(the_granule_itself_is_found_as_itself),
        cmocka_unit_test(a_name_without_a_folder_is_searched_around),
        cmocka_unit_test(named_files_stay_in_order_and_the_granule_itself_comes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
