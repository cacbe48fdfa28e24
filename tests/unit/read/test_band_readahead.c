/* SPDX-License-Identifier: MIT */
/* Which bands are read ahead when bands are requested one after another, judged by the cache's
 * contents. test_view shows that all values are right. */
#include "core/base/block_cache.h"

#include "support.h"

#include <stdatomic.h>

#define LINES 37
#define SAMPLES 41
#define BANDS 40
#define RFL "EMIT_L2A_RFL_001_20240315T101112_2407507_004.nc"

/* Windows are of ROWS x COLUMNS pixels; window i begins in line and sample i. */
#define ROWS 19
#define COLUMNS 23
#define WINDOW_NBYTES ((size_t)(ROWS * COLUMNS) * sizeof(float))
#define GROUP 16

static float raw_value(int64_t line, int64_t sample, int64_t band)
{
    return (float)(line * 10000 + sample * 100 + band);
}

static int write_granule(void **state)
{
    static float values[LINES * SAMPLES * BANDS];
    struct test_granule fixture;
    (void)state;
    for (int64_t i = 0; i < LINES * SAMPLES * BANDS; i++)
        values[i] = raw_value(i / BANDS / SAMPLES, i / BANDS % SAMPLES, i % BANDS);
    test_granule_begin(&fixture, RFL, LINES, SAMPLES);
    test_granule_add(&fixture, "reflectance", NC_FLOAT, BANDS, -9999.0,
                     &(struct mk_storage){.chunked = false}, values);
    test_granule_end(&fixture);
    return 0;
}

static struct emit_view *open_view(size_t budget_nbytes)
{
    struct emit_view *view = NULL;
    emit_cache_set_budget(budget_nbytes);
    EXPECT_OK(emit_view_open(test_path(RFL), NULL, (const char *const[]){"ORTHO=NO", NULL}, &view,
                             &last_error));
    assert_int_equal(emit_cache_used(), 0);
    return view;
}

/* Reads a band of a window; returns whether all of its values are right. */
static bool read_window(struct emit_view *view, int64_t window, int band)
{
    int64_t rows[ROWS], columns[COLUMNS];
    float values[ROWS][COLUMNS][2];
    for (int64_t i = 0; i < COLUMNS; i++)
        columns[i] = (window + i) % SAMPLES;
    for (int64_t i = 0; i < ROWS; i++)
        rows[i] = (window / SAMPLES + i) % LINES;
    const struct emit_cells cells = {rows, ROWS, columns, COLUMNS};
    const struct emit_buffer buffer = {(unsigned char *)values, sizeof values[0],
                                       sizeof values[0][0], 0};
    bool right = emit_view_read(view, &cells, &band, 1, &buffer, NULL) == EMIT_OK;
    for (int i = 0; i < ROWS * COLUMNS && right; i++)
        right = values[i / COLUMNS][i % COLUMNS][0] ==
                raw_value(rows[i / COLUMNS], columns[i % COLUMNS], band);
    return right;
}

/* Reads a band of a window; returns how many bands of that window are then cached. */
static size_t cached_after(struct emit_view *view, int64_t window, int band)
{
    assert_true(read_window(view, window, band));
    assert_int_equal(emit_cache_used() % WINDOW_NBYTES, 0);
    return emit_cache_used() / WINDOW_NBYTES;
}

static void bands_of_the_last_window_are_read_together_in_the_next(void **state)
{
    struct emit_view *view = open_view((size_t)64 << 20);
    (void)state;
    for (int64_t window = 0; window < 7; window++)
    {
        const size_t cached = window == 0 ? 0 : 3;
        assert_int_equal(cached_after(view, window, 35), cached);
        assert_int_equal(cached_after(view, window, 21), cached);
        assert_int_equal(cached_after(view, window, 11), 0); /* all were requested */
    }
    emit_view_close(view);
}

static void bands_seen_before_are_read_together_again(void **state)
{
    struct emit_view *view = open_view((size_t)64 << 20);
    (void)state;
    assert_int_equal(cached_after(view, 0, 30), 0);
    assert_int_equal(cached_after(view, 0, 5), 0);
    assert_int_equal(cached_after(view, 0, 30), 2);
    assert_int_equal(cached_after(view, 0, 5), 0);
    emit_view_close(view);
}

static void one_band_of_many_windows_ends_read_ahead(void **state)
{
    struct emit_view *view = open_view((size_t)64 << 20);
    (void)state;
    for (int band = 3; band < 12; band += 4)
        assert_int_equal(cached_after(view, 0, band), 0);
    for (int64_t window = 1; window < 40; window++)
        (void)cached_after(view, window, 3);
    const size_t cached = emit_cache_used();
    for (int64_t window = 40; window < 50; window++)
        assert_int_equal(cached_after(view, window, 3) * WINDOW_NBYTES, cached);
    assert_true(cached <= 20 * 3 * WINDOW_NBYTES);
    emit_view_close(view);
}

static void band_after_band_of_a_window_is_read_sixteen_at_a_time(void **state)
{
    struct emit_view *view = open_view((size_t)64 << 20);
    (void)state;
    for (int band = 0; band < BANDS; band++)
    {
        const int end = BANDS < 1 + 2 * GROUP ? BANDS : 1 + 2 * GROUP;
        const bool last = band == 0 || band == GROUP || band == end - 1 || band == BANDS - 1;
        const size_t group = band < end ? GROUP : BANDS - (size_t)end;
        assert_int_equal(cached_after(view, 0, band), last ? 0 : group);
    }
    emit_view_close(view);
}

static void band_after_band_of_all_windows_is_read_sixteen_at_a_time(void **state)
{
    struct emit_view *view = open_view((size_t)64 << 20);
    (void)state;
    for (int band = 0; band < BANDS; band++)
    {
        for (int64_t window = 0; window < 5; window++)
            assert_true(read_window(view, window, band));
        const bool cached = band > 0 && band % GROUP != 0 && band != BANDS - 1;
        assert_int_equal(emit_cache_used() / WINDOW_NBYTES,
                         cached ? 5 * (band <= 2 * GROUP ? GROUP : BANDS - 1 - 2 * GROUP) : 0);
    }
    emit_view_close(view);
}

/* The bands read ahead for all windows must fit half the budget, or they would be dropped unused.
 */
static void read_ahead_fits_the_cache(void **state)
{
    const size_t plane_nbytes = (size_t)(LINES * SAMPLES) * sizeof(float);
    static const size_t planes[] = {0, 1, 3, 7, 13, 40};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(planes); i++)
    {
        struct emit_view *view = open_view(planes[i] * plane_nbytes);
        const size_t fitting = planes[i] / 2;
        const size_t cached = fitting < 2 ? 0 : fitting < GROUP ? fitting : GROUP;
        for (int band = 0; band < BANDS; band++)
        {
            for (int64_t window = 0; window < 3; window++)
                assert_true(read_window(view, window, band));
            if (band == 1)
                assert_int_equal(emit_cache_used(), 3 * cached * WINDOW_NBYTES);
            assert_true(emit_cache_used() <= emit_cache_budget());
        }
        emit_view_close(view);
        assert_int_equal(emit_cache_used(), 0);
    }
}

static void dropped_bands_are_read_again(void **state)
{
    struct emit_view *view = open_view((size_t)64 << 20);
    (void)state;
    for (int band = 0; band < BANDS; band++)
    {
        assert_true(read_window(view, 0, band));
        if (band % 3 == 0)
            emit_cache_set_budget(0);
        emit_cache_set_budget((size_t)64 << 20);
    }
    emit_view_close(view);
}

static void more_windows_than_remembered_are_right(void **state)
{
    struct emit_view *view = open_view((size_t)64 << 20);
    (void)state;
    for (int band = 0; band < 4; band++)
    {
        for (int64_t window = 0; window < 300; window++)
            assert_true(read_window(view, window, band));
    }
    emit_view_close(view);
}

struct crowd
{
    struct emit_view *view;
    atomic_size_t wrong;
};

static void read_windows(void *context, size_t thread)
{
    struct crowd *crowd = context;
    for (int64_t i = 0; i < 600; i++)
    {
        const int64_t window = thread % 2 == 0 ? i / BANDS : i % 9;
        const int band = (int)(thread % 2 == 0 ? i % BANDS : (i / 9) % BANDS);
        atomic_fetch_add(&crowd->wrong, !read_window(crowd->view, window, band));
    }
}

static void many_threads_read_band_after_band(void **state)
{
    static const size_t budgets[] = {0, 200000, (size_t)64 << 20};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(budgets); i++)
    {
        struct crowd crowd = {.view = open_view(budgets[i])};
        run_together(4, read_windows, &crowd);
        assert_int_equal(atomic_load(&crowd.wrong), 0);
        emit_view_close(crowd.view);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bands_of_the_last_window_are_read_together_in_the_next),
        cmocka_unit_test(bands_seen_before_are_read_together_again),
        cmocka_unit_test(one_band_of_many_windows_ends_read_ahead),
        cmocka_unit_test(band_after_band_of_a_window_is_read_sixteen_at_a_time),
        cmocka_unit_test(band_after_band_of_all_windows_is_read_sixteen_at_a_time),
        cmocka_unit_test(read_ahead_fits_the_cache),
        cmocka_unit_test(dropped_bands_are_read_again),
        cmocka_unit_test(more_windows_than_remembered_are_right),
        cmocka_unit_test(many_threads_read_band_after_band),
    };
    return cmocka_run_group_tests(tests, write_granule, NULL);
}
