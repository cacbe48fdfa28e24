/* SPDX-License-Identifier: MIT */
#include "core/granule/companion.h"

#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCENE "20240315T101112"

/* Writes a granule of 5 x 7 pixels or another size, with one variable. */
static const char *write_granule(const char *name, size_t lines, size_t samples, const char *time)
{
    struct toy toy;
    float values[100] = {0};
    toy_begin(&toy, name, lines, samples);
    toy_text(&toy, "time_coverage_start", time);
    toy_add(&toy, "mask", NC_FLOAT, 2, -9999.0, &mk_contiguous, values);
    toy_end(&toy);
    return test_path(name);
}

static struct emit_granule *open_granule(const char *path)
{
    struct emit_granule *granule = NULL;
    EXPECT_OK(emit_granule_open(path, &granule, &said));
    return granule;
}

/* The granule whose companions are looked for. */
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
    assert_null(found->file[i].granule); /* nothing is opened before it is asked for */
}

static void granules_of_the_scene_are_found_newest_version_first(void **state)
{
    static const char *const others[] = {
        "EMIT_L2A_MASK_002_" SCENE "_2407507_005.nc", "EMIT_L2A_MASK_V003_" SCENE ".nc",
        "EMIT_L2A_MASK_001_" SCENE "_2407507_004.NC", "EMIT_L2A_MASK_002_" SCENE "_2407507_004.nc",
        /* Of another time, of other products, of other kinds: */
        "EMIT_L2A_MASK_003_20240315T101113.nc", "EMIT_L2A_MASKS_003_" SCENE ".nc",
        "EMIT_L2A_RFLUNCERT_001_" SCENE "_2407507_004.nc", "EMIT_L2A_MASK_003_" SCENE ".nc.aux.xml",
        "EMIT_L2A_MASK_003_" SCENE, "my_EMIT_L2A_MASK_003_" SCENE ".nc"};
    struct emit_granule *granule = open_scene();
    struct emit_companions found;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(others); i++)
        write_file(test_path(others[i]), "not opened", 10);
    EXPECT_OK(emit_companions_search(granule, "MASK", &found, &said));
    assert_int_equal(found.count, 4);
    expect_found(&found, 0, others[1]);
    expect_found(&found, 1, others[3]);
    expect_found(&found, 2, others[0]);
    expect_found(&found, 3, others[2]);
    emit_companions_close(&found);
    assert_int_equal(found.count, 0);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        unlink(test_path(others[i]));
    emit_granule_close(granule);
}

static void none_is_no_error(void **state)
{
    struct emit_granule *granule = open_scene();
    struct emit_companions found;
    (void)state;
    EXPECT_OK(emit_companions_search(granule, "MASK", &found, &said));
    assert_int_equal(found.count, 0);
    emit_companions_close(&found);
    emit_granule_close(granule);
}

static void the_granule_itself_is_found_as_itself(void **state)
{
    struct emit_granule *granule = open_scene();
    struct emit_companions found;
    (void)state;
    EXPECT_OK(emit_companions_search(granule, "RFL", &found, &said));
    assert_int_equal(found.count, 1);
    assert_ptr_equal(found.file[0].granule, granule);
    emit_companions_close(&found);
    emit_granule_close(granule); /* was not closed with the others */
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
    const enum emit_status status = emit_companions_search(granule, "MASK", &found, &said);
    unlink("EMIT_L2A_MASK_001_" SCENE "_2407507_004.nc");
    assert_int_equal(chdir(".."), 0);
    EXPECT_OK(status);
    assert_int_equal(found.count, 1);
    assert_string_equal(found.file[0].path, "EMIT_L2A_MASK_001_" SCENE "_2407507_004.nc");
    emit_companions_close(&found);
    emit_granule_close(granule);
}

static void there_is_an_end_to_how_many_are_listed(void **state)
{
    struct emit_granule *granule = open_scene();
    struct emit_companions files = {.granule = granule};
    (void)state;
    for (int i = 0; i < EMIT_MAX_COMPANIONS - 1; i++)
        EXPECT_OK(emit_companions_add(&files, "a.nc", &said));
    EXPECT_OK(emit_companions_add_self(&files, &said));
    assert_ptr_equal(files.file[0].granule, granule);
    assert_string_equal(files.file[15].path, "a.nc");
    EXPECT_ERROR(EMIT_ERROR_OPTION, emit_companions_add(&files, "b.nc", &said), "more than 16",
                 granule->path);
    emit_companions_close(&files);
    emit_granule_close(granule);
}

/* ---- Opening -------------------------------------------------------------------------------- */

/* Opens "path" as the companion of the scene; it is closed again. */
static enum emit_status open_beside(const char *path)
{
    struct emit_granule *granule = open_scene();
    struct emit_companions files = {.granule = granule};
    const struct emit_granule *opened = NULL;
    EXPECT_OK(emit_companions_add(&files, path, &said));
    const enum emit_status status = emit_companion_open(&files, 0, &opened, &said);
    emit_companions_close(&files);
    emit_granule_close(granule);
    return status;
}

static void a_file_of_the_same_scene_opens_once(void **state)
{
    struct emit_granule *granule = open_scene();
    struct emit_companions files = {.granule = granule};
    const struct emit_granule *first = NULL;
    const struct emit_granule *second = NULL;
    (void)state;
    /* Another name, another writing of the time zone, another version: still the scene. */
    EXPECT_OK(emit_companions_add(
        &files, write_granule("EMIT_L2A_MASK_003_20230101T000000.nc", 5, 7, "2024-03-15T10:11:12Z"),
        &said));
    EXPECT_OK(emit_companion_open(&files, 0, &first, &said));
    EXPECT_OK(emit_companion_open(&files, 0, &second, &said));
    assert_non_null(first);
    assert_ptr_equal(first, second);
    emit_companions_close(&files);
    emit_granule_close(granule);
}

static void a_file_of_another_size_is_not_of_the_scene(void **state)
{
    static const size_t sizes[][2] = {{4, 7}, {5, 6}, {7, 5}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
    {
        char size[32];
        const char *path =
            write_granule("other_size.nc", sizes[i][0], sizes[i][1], "2024-03-15T10:11:12+0000");
        snprintf(size, sizeof size, "%zu x %zu", sizes[i][0], sizes[i][1]);
        EXPECT_ERROR(EMIT_ERROR_OPTION, open_beside(path), "other_size.nc", size, "5 x 7",
                     "EMIT_L2A_RFL_001_" SCENE, "not of one scene");
    }
}

static void a_file_of_another_time_is_not_of_the_scene(void **state)
{
    (void)state;
    EXPECT_ERROR(EMIT_ERROR_OPTION,
                 open_beside(write_granule("EMIT_L2A_MASK_001_" SCENE ".nc", 5, 7,
                                           "2024-03-15T10:11:13+0000")),
                 "20240315T101113", SCENE, "EMIT_L2A_MASK_001_", "EMIT_L2A_RFL_001_",
                 "not of one scene");
    unlink(test_path("EMIT_L2A_MASK_001_" SCENE ".nc"));
    EXPECT_ERROR(EMIT_ERROR_OPTION, open_beside(write_granule("timeless.nc", 5, 7, "unknown")),
                 "timeless.nc", "an unknown time", "not of one scene");
}

static void without_a_time_inside_the_names_tell(void **state)
{
    const char *path = write_granule("EMIT_L2A_MASK_001_" SCENE ".nc", 5, 7, "unknown");
    (void)state;
    EXPECT_OK(open_beside(path));
    unlink(path);
    path = write_granule("EMIT_L2A_MASK_001_20240315T101113.nc", 5, 7, "unknown");
    EXPECT_ERROR(EMIT_ERROR_OPTION, open_beside(path), "20240315T101113", SCENE);
    unlink(path);
}

static void a_file_that_is_no_granule_is_a_fault_of_the_option(void **state)
{
    (void)state;
    write_file(test_path("text.nc"), "just a text, no HDF5 at all", 27);
    EXPECT_ERROR(EMIT_ERROR_OPTION, open_beside(test_path("text.nc")), "text.nc");
}

static void a_file_that_is_not_there_is_a_fault_of_the_file(void **state)
{
    (void)state;
    EXPECT_ERROR(EMIT_ERROR_FILE, open_beside(test_path("missing.nc")), "missing.nc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_time_is_that_of_the_name_or_else_of_the_attribute),
        cmocka_unit_test(granules_of_the_scene_are_found_newest_version_first),
        cmocka_unit_test(none_is_no_error),
        cmocka_unit_test(the_granule_itself_is_found_as_itself),
        cmocka_unit_test(a_name_without_a_folder_is_searched_around),
        cmocka_unit_test(there_is_an_end_to_how_many_are_listed),
        cmocka_unit_test(a_file_of_the_same_scene_opens_once),
        cmocka_unit_test(a_file_of_another_size_is_not_of_the_scene),
        cmocka_unit_test(a_file_of_another_time_is_not_of_the_scene),
        cmocka_unit_test(without_a_time_inside_the_names_tell),
        cmocka_unit_test(a_file_that_is_no_granule_is_a_fault_of_the_option),
        cmocka_unit_test(a_file_that_is_not_there_is_a_fault_of_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
