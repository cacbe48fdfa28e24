/* SPDX-License-Identifier: MIT */
#include "core/mask/same_scene.h"

#include "support.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#define LINES 5
#define SAMPLES 7
#define SCENE "20240315T101112"
#define RFL "EMIT_L2A_RFL_001_" SCENE "_2407507_004.nc"
#define PIXEL 0.00054 /* degrees */

/* What differs from granule to granule. */
struct content
{
    size_t lines;
    size_t samples;
    const char *time;
    const char *build;
    double lon; /* of the first pixel; NAN: no lon and lat */
    double lat;
    double origin; /* of the geotransform; NAN: none */
};

static const struct content usual = {LINES, SAMPLES, "2024-03-15T10:11:12+0000", "010611", 24.0,
                                     60.0,  10.0};

static void write_place(struct test_granule *fixture, const struct content *content)
{
    double lon[100];
    double lat[100];
    for (size_t i = 0; i < content->lines * content->samples; i++)
    {
        lon[i] = content->lon + (double)(i % content->samples) * PIXEL;
        lat[i] = content->lat - (double)(i / content->samples) * PIXEL;
    }
    test_granule_add_in(fixture, "location", "lon", lon);
    test_granule_add_in(fixture, "location", "lat", lat);
}

static struct emit_granule *open_with(const char *name, const struct content *content)
{
    struct emit_granule *granule = NULL;
    struct test_granule fixture;
    unlink(test_path(name));
    test_granule_begin(&fixture, name, content->lines, content->samples);
    test_granule_text(&fixture, "time_coverage_start", content->time);
    test_granule_text(&fixture, "software_build_version", content->build);
    test_granule_add(&fixture, "mask", NC_FLOAT, 2, -9999.0, &mk_contiguous, NULL);
    if (!isnan(content->lon))
        write_place(&fixture, content);
    if (!isnan(content->origin))
        test_granule_geotransform(&fixture, content->origin);
    test_granule_end(&fixture);
    EXPECT_OK(emit_granule_open_companion(test_path(name), &granule, &last_error));
    return granule;
}

/* Without a name or MASK_FILE that says so, unlike compare(). */
static enum emit_status compare_places(const struct content *own, const struct content *content)
{
    struct emit_granule *granule = open_with(RFL, own);
    struct emit_granule *other = open_with("found.nc", content);
    const enum emit_status status = emit_check_same_scene(granule, other, true, &last_error);
    emit_granule_close(other);
    emit_granule_close(granule);
    return status;
}

static enum emit_status compare(const struct content *own, const char *name,
                                const struct content *content)
{
    struct emit_granule *granule = open_with(RFL, own);
    struct emit_granule *other = open_with(name, content);
    const enum emit_status status = emit_check_same_scene(granule, other, false, &last_error);
    emit_granule_close(other);
    emit_granule_close(granule);
    return status;
}

static void equal_granules_are_of_one_scene(void **state)
{
    (void)state;
    EXPECT_OK(compare(&usual, "same.nc", &usual));
}

static void another_size_is_another_scene(void **state)
{
    static const size_t sizes[][2] = {{4, 7}, {5, 6}, {7, 5}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
    {
        struct content content = usual;
        char size[32];
        content.lines = sizes[i][0];
        content.samples = sizes[i][1];
        snprintf(size, sizeof size, "%zu x %zu", sizes[i][0], sizes[i][1]);
        EXPECT_ERROR(EMIT_ERROR_OPTION, compare(&usual, "other_size.nc", &content), "other_size.nc",
                     size, "5 x 7", RFL);
    }
}

static void another_time_is_another_scene(void **state)
{
    struct content content = usual;
    (void)state;
    content.time = "2024-03-15T10:11:12Z"; /* another spelling of the zone */
    EXPECT_OK(compare(&usual, "EMIT_L2A_MASK_003_20230101T000000.nc", &content));
    content.time = "2024-03-15T10:11:13+0000";
    EXPECT_ERROR(EMIT_ERROR_OPTION, compare(&usual, "EMIT_L2A_MASK_001_" SCENE ".nc", &content),
                 "20240315T101113", SCENE, "EMIT_L2A_MASK_001_", RFL);
    content.time = "unknown";
    EXPECT_ERROR(EMIT_ERROR_OPTION, compare(&usual, "timeless.nc", &content), "timeless.nc",
                 "unknown time");
}

static void without_a_time_inside_the_names_decide(void **state)
{
    struct content content = usual;
    (void)state;
    content.time = "unknown";
    EXPECT_OK(compare(&usual, "EMIT_L2A_MASK_001_" SCENE ".nc", &content));
    EXPECT_ERROR(EMIT_ERROR_OPTION,
                 compare(&usual, "EMIT_L2A_MASK_001_20240315T101113.nc", &content),
                 "20240315T101113", SCENE);
}

static void crops_a_pixel_apart_are_different_scenes(void **state)
{
    struct content content = usual;
    (void)state;
    content.lat += PIXEL;
    EXPECT_ERROR(EMIT_ERROR_OPTION, compare(&usual, "up.nc", &content), "up.nc", RFL, " 60 m");
    content.lat = usual.lat;
    content.lon += 2 * PIXEL; /* at 60 degrees of latitude, as long as one to the north */
    EXPECT_ERROR(EMIT_ERROR_OPTION, compare(&usual, "right.nc", &content), "right.nc", " 60 m");
}

static void rounding_and_whole_turns_are_not_a_distance(void **state)
{
    struct content content = usual;
    (void)state;
    content.lon += 360.0 + 2e-5;
    content.lat -= 1e-4;
    EXPECT_OK(compare(&usual, "rounded.nc", &content));
}

static void another_software_build_may_shift_the_scene(void **state)
{
    struct content content = usual;
    (void)state;
    content.build = "010702";
    content.lat += 8 * PIXEL;
    EXPECT_OK(compare(&usual, "later.nc", &content));
    content.lat += 8 * PIXEL;
    EXPECT_ERROR(EMIT_ERROR_OPTION, compare(&usual, "later.nc", &content), " 960 m");
}

static void without_lon_and_lat_the_geotransform_decides(void **state)
{
    struct content own = usual;
    struct content content = usual;
    (void)state;
    content.origin = 11.0;
    EXPECT_OK(compare(&usual, "regridded.nc", &content)); /* lon and lat agree */
    own.lon = NAN;
    EXPECT_ERROR(EMIT_ERROR_OPTION, compare(&own, "elsewhere.nc", &content), "elsewhere.nc", RFL,
                 "geotransform");
    content.origin = own.origin;
    EXPECT_OK(compare(&own, "same.nc", &content));
    content.origin = NAN;
    content.lon = NAN;
    EXPECT_OK(compare(&own, "nowhere.nc", &content)); /* nothing is known */
}

static void a_file_of_unknown_place_is_not_taken_for_one_of_the_scene(void **state)
{
    struct content content = usual;
    (void)state;
    EXPECT_OK(compare_places(&usual, &content));
    content.lon = NAN;
    EXPECT_ERROR(EMIT_ERROR_OPTION, compare_places(&usual, &content), "found.nc", RFL,
                 "lon and lat");
}

static void pixels_without_a_latitude_are_not_compared(void **state)
{
    struct content own = usual;
    struct content content = usual;
    (void)state;
    own.lat = -9999.0; /* of the first line */
    content.lat = -9999.0;
    content.lon += 4 * PIXEL;
    EXPECT_ERROR(EMIT_ERROR_OPTION, compare(&own, "right.nc", &content), "right.nc", RFL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_granules_are_of_one_scene),
        cmocka_unit_test(another_size_is_another_scene),
        cmocka_unit_test(another_time_is_another_scene),
        cmocka_unit_test(without_a_time_inside_the_names_decide),
        cmocka_unit_test(crops_a_pixel_apart_are_different_scenes),
        cmocka_unit_test(rounding_and_whole_turns_are_not_a_distance),
        cmocka_unit_test(another_software_build_may_shift_the_scene),
        cmocka_unit_test(without_lon_and_lat_the_geotransform_decides),
        cmocka_unit_test(a_file_of_unknown_place_is_not_taken_for_one_of_the_scene),
        cmocka_unit_test(pixels_without_a_latitude_are_not_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
