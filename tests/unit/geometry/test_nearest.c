/* SPDX-License-Identifier: MIT */
#include "core/geometry/nearest.h"

#include "support.h"

#include <math.h>

#define LINES 23
#define SAMPLES 31
static const double pi = 3.14159265358979323846;

static double lat[LINES * SAMPLES];
static double lon[LINES * SAMPLES];
static const struct emit_places places = {lat, lon, {LINES, SAMPLES}};

/* Position of line "l", sample "s" of a rotated, slightly curved swath at 50 N, 10 E. */
static void place(double l, double s, double *at_lat, double *at_lon)
{
    const double along = 0.0005 * (l + 0.3 * sin(0.7 * s));
    const double across = 0.0005 * (s + 0.3 * sin(0.9 * l));
    *at_lat = 50.0 - 0.8 * along + 0.6 * across;
    *at_lon = 10.0 + (0.6 * along + 0.8 * across) / cos(50.0 * pi / 180.0);
}

static void make_swath(void)
{
    for (int i = 0; i < LINES * SAMPLES; i++)
        place(i / SAMPLES, i % SAMPLES, &lat[i], &lon[i]);
}

static double squared_distance(int i, double at_lat, double at_lon)
{
    const double north = lat[i] - at_lat;
    const double east = (lon[i] - at_lon) * cos(at_lat * pi / 180.0);
    return north * north + east * east;
}

/* The nearest pixel by brute force; -1 if no pixel has coordinates. */
static int search_all(double at_lat, double at_lon)
{
    int best = -1;
    for (int i = 0; i < LINES * SAMPLES; i++)
    {
        const double distance = squared_distance(i, at_lat, at_lon);
        if (!isnan(distance) && (best < 0 || distance < squared_distance(best, at_lat, at_lon)))
            best = i;
    }
    return best;
}

static int search_from(int start, double at_lat, double at_lon)
{
    const struct emit_pixel pixel = emit_nearest_pixel(
        &places, (struct emit_pixel){start / SAMPLES, start % SAMPLES}, at_lat, at_lon);
    return pixel.downtrack * SAMPLES + pixel.crosstrack;
}

/* Places all over the swath, each from starts near and far. */
static void expect_as_by_hand(int first_start, int step)
{
    for (int i = 0; i < 600; i++)
    {
        double at_lat, at_lon;
        place((LINES - 1) * (i * 37 % 600) / 600.0, (SAMPLES - 1) * (i * 53 % 600) / 600.0, &at_lat,
              &at_lon);
        const int nearest = search_all(at_lat, at_lon);
        for (int start = first_start; start < LINES * SAMPLES; start += step)
            assert_int_equal(search_from(start, at_lat, at_lon), nearest);
    }
}

static void the_nearest_pixel_is_found_from_any_start(void **state)
{
    (void)state;
    make_swath();
    expect_as_by_hand(0, 61);
}

static void single_pixels_without_coordinates_are_skipped(void **state)
{
    (void)state;
    make_swath();
    for (int i = 0; i < LINES * SAMPLES; i += 7)
        lat[i] = NAN;
    expect_as_by_hand(7, 70); /* starts without coordinates */
    expect_as_by_hand(3, 70);
}

static void lines_without_coordinates_are_skipped(void **state)
{
    (void)state;
    make_swath();
    for (int s = 0; s < SAMPLES; s++)
        lat[9 * SAMPLES + s] = lon[9 * SAMPLES + s] = NAN;
    expect_as_by_hand(9 * SAMPLES, 40);
    expect_as_by_hand(0, 200);
}

static void of_equally_near_pixels_the_lower_line_then_sample_is_taken(void **state)
{
    (void)state;
    for (int i = 0; i < LINES * SAMPLES; i++)
    {
        lat[i] = i / SAMPLES;
        lon[i] = i % SAMPLES;
    }
    for (int start = 0; start < LINES * SAMPLES; start += 11)
    {
        assert_int_equal(search_from(start, 4.5, 7.5), 4 * SAMPLES + 7);
        assert_int_equal(search_from(start, 4.5, 8.0), 4 * SAMPLES + 8);
        assert_int_equal(search_from(start, 4.0, 7.5), 4 * SAMPLES + 7);
    }
}

static void a_swath_without_coordinates_returns_the_start(void **state)
{
    (void)state;
    for (int i = 0; i < LINES * SAMPLES; i++)
        lat[i] = lon[i] = NAN;
    for (int start = 0; start < LINES * SAMPLES; start += 13)
        assert_int_equal(search_from(start, 50.0, 10.0), start);
}

static void degrees_of_longitude_are_shorter_than_those_of_latitude(void **state)
{
    static const double two_lat[2] = {60.9, 60.0};
    static const double two_lon[2] = {0.0, 1.5};
    const struct emit_places two = {two_lat, two_lon, {1, 2}};
    const struct emit_pixel start = {0, 0};
    (void)state;
    /* 0.9 degrees north are farther than 1.5 degrees east at 60 N, which are as long as 0.75. */
    assert_int_equal(emit_nearest_pixel(&two, start, 60.0, 0.0).crosstrack, 1);
    assert_int_equal(emit_nearest_pixel(&two, start, 60.2, 0.0).crosstrack, 0);
}

/* Those east of a meridian inside the swath by "turns", as when a scene on the dateline is
 * normalised, and every other one by a turn more. */
static void turn_longitudes(int turns)
{
    for (int i = 0; i < LINES * SAMPLES; i++)
        lon[i] += 360.0 * ((lon[i] > 10.006 ? turns : 0) + i % 2);
}

static void longitudes_may_be_off_by_whole_turns(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i++)
    {
        double at_lat, at_lon;
        place((LINES - 1) * (i * 37 % 300) / 300.0, (SAMPLES - 1) * (i * 53 % 300) / 300.0, &at_lat,
              &at_lon);
        make_swath();
        const int nearest = search_all(at_lat, at_lon);
        turn_longitudes(i % 5 - 2);
        assert_int_equal(search_from(i * 2, at_lat, at_lon + 360.0 * (i % 3 - 1)), nearest);
    }
}

static void a_grid_of_one_pixel_has_one_nearest(void **state)
{
    static const double one_lat[1] = {1.0};
    static const double one_lon[1] = {2.0};
    const struct emit_places one = {one_lat, one_lon, {1, 1}};
    const struct emit_pixel found = emit_nearest_pixel(&one, (struct emit_pixel){0, 0}, 80.0, -9.0);
    (void)state;
    assert_true(found.downtrack == 0 && found.crosstrack == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_pixel_is_found_from_any_start),
        cmocka_unit_test(single_pixels_without_coordinates_are_skipped),
        cmocka_unit_test(lines_without_coordinates_are_skipped),
        cmocka_unit_test(of_equally_near_pixels_the_lower_line_then_sample_is_taken),
        cmocka_unit_test(a_swath_without_coordinates_returns_the_start),
        cmocka_unit_test(degrees_of_longitude_are_shorter_than_those_of_latitude),
        cmocka_unit_test(longitudes_may_be_off_by_whole_turns),
        cmocka_unit_test(a_grid_of_one_pixel_has_one_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
