/* SPDX-License-Identifier: MIT */
#include "emit.h"

#include "support.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <fcntl.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- The scene ------------------------------------------------------------------------------ */

/* Larger than blocks and tiles, and enough values that several threads are put to work. */
#define LINES 150
#define SAMPLES 91
#define BANDS 20
#define ROWS 170
#define COLUMNS 133
#define RFL "EMIT_L2A_RFL_001_20240315T101112_2407507_004.nc"
#define MASK "EMIT_L2A_MASK_001_20240315T101112_2407507_004.nc"

/* Raw values encode their place; some are the fill value. */
static float raw_value(int64_t line, int64_t sample, int64_t band)
{
    if ((line * 7 + sample * 3 + band) % 23 == 0)
        return -9999.0F;
    return (float)(line * 10000 + sample * 100 + band);
}

/* The lookup table: turned, with empty cells and entries that lie outside. */
static int32_t glt_x_of(int64_t row, int64_t column)
{
    return (row + column) % 9 == 4 ? 0 : (int32_t)((column * 3 + row) % (SAMPLES + 2));
}

static int32_t glt_y_of(int64_t row, int64_t column)
{
    return (row + column) % 9 == 4 ? -9999 : (int32_t)((row * 2 + column) % (LINES + 3));
}

static float flag_of(int64_t line, int64_t sample, int64_t band)
{
    return band < 2 && (line + sample * 5) % (11 + band) == 0 ? 1.0F : 0.0F;
}

static unsigned char packed_of(int64_t line, int64_t sample, int64_t byte)
{
    const int64_t mixed = line * 13 + sample * 7 + byte * 3;
    return mixed % 5 == 0 ? (unsigned char)(mixed % 7 == 0 ? 241 : mixed) : 0;
}

static bool is_interpolated(int64_t line, int64_t sample, int64_t band)
{
    return (packed_of(line, sample, band / 8) & 0x80 >> band % 8) != 0;
}

static void add_scene_glt(struct test_granule *fixture)
{
    static int32_t glt_x[ROWS * COLUMNS], glt_y[ROWS * COLUMNS];
    for (int64_t i = 0; i < ROWS * COLUMNS; i++)
    {
        glt_x[i] = glt_x_of(i / COLUMNS, i % COLUMNS);
        glt_y[i] = glt_y_of(i / COLUMNS, i % COLUMNS);
    }
    test_granule_add_glt(fixture, ROWS, COLUMNS, glt_x, glt_y);
}

/* 400 to 780 nm; band 13 is bad. */
static void add_scene_axis(struct test_granule *fixture)
{
    float wavelengths[BANDS], fwhm[BANDS];
    unsigned char good[BANDS];
    for (int i = 0; i < BANDS; i++)
    {
        wavelengths[i] = 400.0F + 20.0F * (float)i;
        fwhm[i] = 20.0F;
        good[i] = i != 13;
    }
    test_granule_add_axis(fixture, BANDS, wavelengths, fwhm, good);
}

static void write_reflectance(const struct mk_storage *storage)
{
    static float values[LINES * SAMPLES * BANDS];
    struct test_granule fixture;
    for (int64_t i = 0; i < LINES * SAMPLES * BANDS; i++)
        values[i] = raw_value(i / BANDS / SAMPLES, i / BANDS % SAMPLES, i % BANDS);
    test_granule_begin(&fixture, RFL, LINES, SAMPLES);
    test_granule_add(&fixture, "reflectance", NC_FLOAT, BANDS, -9999.0, storage, values);
    add_scene_glt(&fixture);
    add_scene_axis(&fixture);
    test_granule_end(&fixture);
}

static int write_mask(void **state)
{
    static float flags[LINES * SAMPLES * 8];
    static unsigned char packed[LINES * SAMPLES * 3];
    struct test_granule fixture;
    (void)state;
    for (int64_t i = 0; i < LINES * SAMPLES * 8; i++)
        flags[i] = flag_of(i / 8 / SAMPLES, i / 8 % SAMPLES, i % 8);
    for (int64_t i = 0; i < LINES * SAMPLES * 3; i++)
        packed[i] = packed_of(i / 3 / SAMPLES, i / 3 % SAMPLES, i % 3);
    test_granule_begin(&fixture, MASK, LINES, SAMPLES);
    test_granule_add(&fixture, "mask", NC_FLOAT, 8, -9999.0, &mk_packed, flags);
    test_granule_add(&fixture, "band_mask", NC_UBYTE, 3, 241, &mk_packed, packed);
    test_granule_add_labels(&fixture, "mask_bands", mask_labels[1], 8);
    add_scene_glt(&fixture);
    test_granule_end(&fixture);
    return 0;
}

/* ---- Expected pixels of a view ------------------------------------------------------------ */

struct expectation
{
    bool ortho, clouds, cirrus, band_mask;
    float nodata;
};

static float expected_value(const struct expectation *e, int64_t row, int64_t column, int64_t band)
{
    const int64_t line = e->ortho ? glt_y_of(row, column) - 1 : row;
    const int64_t sample = e->ortho ? glt_x_of(row, column) - 1 : column;
    if (line < 0 || line >= LINES || sample < 0 || sample >= SAMPLES)
        return e->nodata;
    if (e->clouds && flag_of(line, sample, 0) >= 1.0F)
        return e->nodata;
    if (e->cirrus && flag_of(line, sample, 1) >= 1.0F)
        return e->nodata;
    if (e->band_mask && is_interpolated(line, sample, band))
        return e->nodata;
    const float value = raw_value(line, sample, band);
    return value == -9999.0F ? e->nodata : value;
}

static bool same(float a, float b)
{
    return isnan(b) ? isnan(a) : a == b;
}

/* The cells and bands of one read. */
struct request
{
    const int64_t *rows, *columns;
    const int *bands;
    size_t row_count, column_count, band_count;
};

/* Reads a request pixel by pixel or band by band; counts the values that are wrong. */
static size_t count_wrong(struct emit_view *view, const struct request *request,
                          const struct expectation *e, bool interleaved)
{
    const size_t nr = request->row_count, nc = request->column_count, nb = request->band_count;
    const struct emit_cells cells = {request->rows, nr, request->columns, nc};
    const size_t column = interleaved ? nb : 1;
    const size_t band = interleaved ? 1 : nr * nc;
    float *values = malloc(nr * nc * nb * sizeof *values);
    const struct emit_buffer buffer = {(unsigned char *)values, (ptrdiff_t)(4 * column * nc),
                                       (ptrdiff_t)(4 * column), (ptrdiff_t)(4 * band)};
    memset(values, 0xEE, nr * nc * nb * sizeof *values);
    size_t wrong =
        emit_view_read(view, &cells, request->bands, nb, &buffer, NULL) == EMIT_OK ? 0 : 1;
    for (size_t i = 0; i < nr * nc * nb; i++)
    {
        const size_t cell = i / nb, b = i % nb;
        const float expected = expected_value(e, request->rows[cell / nc],
                                              request->columns[cell % nc], request->bands[b]);
        wrong += !same(values[cell * column + b * band], expected);
    }
    free(values);
    return wrong;
}

#define MOST 1500
static int64_t row_list[MOST], column_list[MOST];
static int band_list[100];

/* Requests all rows, columns and bands, in lists that wrap around in steps of "step". */
static struct request list_all(int64_t rows, int64_t columns, int step)
{
    for (int i = 0; i < MOST; i++)
    {
        row_list[i] = (int64_t)i * step % rows;
        column_list[i] = (int64_t)i * step % columns;
    }
    for (int i = 0; i < 100; i++)
        band_list[i] = i * step % BANDS;
    return (struct request){row_list, column_list, band_list, (size_t)rows, (size_t)columns, BANDS};
}

static struct emit_view *open_view(const char *name, const char *variable,
                                   const char *const *options)
{
    struct emit_view *view = NULL;
    EXPECT_OK(emit_view_open(test_path(name), variable, options, &view, &last_error));
    assert_non_null(view);
    return view;
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define OPEN(...) open_view(RFL, NULL, LIST(__VA_ARGS__))

/* ---- Whole windows -------------------------------------------------------------------------- */

static const struct mk_storage storages[] = {
    {.chunked = false},
    {.chunked = true, .chunk = {40, 33, 7}, .deflate = 1, .shuffle = true},
    {.chunked = true, .chunk = {17, SAMPLES, BANDS}, .deflate = 4, .fletcher32 = true},
    {.chunked = true, .chunk = {LINES, SAMPLES, 1}},
};

static const char *const thread_options[] = {"NUM_THREADS=1", "NUM_THREADS=5"};
static const size_t budgets[] = {0, 30000, (size_t)64 << 20};

static void all_pixels_are_right_on_either_grid_however_they_are_read(void **state)
{
    const struct expectation raw = {.nodata = -9999.0F};
    const struct expectation ortho = {.ortho = true, .nodata = -9999.0F};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(storages) * 6; i++)
    {
        emit_cache_set_budget(budgets[i % 3]);
        write_reflectance(&storages[i / 6]);
        struct emit_view *view = OPEN(thread_options[i / 3 % 2], "ORTHO=NO");
        struct request request = list_all(LINES, SAMPLES, 1);
        assert_int_equal(count_wrong(view, &request, &raw, i % 2 == 0), 0);
        emit_view_close(view);
        view = OPEN(thread_options[i / 3 % 2]);
        request = list_all(ROWS, COLUMNS, 1);
        assert_int_equal(count_wrong(view, &request, &ortho, i % 2 == 1), 0);
        emit_view_close(view);
    }
}

static void masks_and_nodata_are_applied_to_every_pixel(void **state)
{
    const struct expectation flags = {.ortho = true, .clouds = true, .nodata = NAN};
    const struct expectation all = {
        .ortho = true, .clouds = true, .cirrus = true, .band_mask = true, .nodata = 0.25F};
    const struct expectation bits = {.band_mask = true, .nodata = -9999.0F};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(storages) * 2; i++)
    {
        write_reflectance(&storages[i / 2]);
        struct emit_view *view = OPEN(thread_options[i % 2], "QUALITY_FLAGS=cloud", "NODATA=NAN");
        struct request request = list_all(ROWS, COLUMNS, 1);
        assert_int_equal(count_wrong(view, &request, &flags, true), 0);
        emit_view_close(view);
        view = OPEN(thread_options[i % 2], "QUALITY_FLAGS=1,Cloud", "BAND_MASK=YES", "NODATA=0.25");
        assert_int_equal(count_wrong(view, &request, &all, false), 0);
        emit_view_close(view);
        view = OPEN(thread_options[i % 2], "BAND_MASK=YES", "ORTHO=NO");
        request = list_all(LINES, SAMPLES, 1);
        assert_int_equal(count_wrong(view, &request, &bits, true), 0);
        emit_view_close(view);
    }
}

/* ---- Odd windows ---------------------------------------------------------------------------- */

static void cells_and_bands_come_in_any_order_and_as_often_as_listed(void **state)
{
    static const size_t counts[][3] = {{1, 1, 1},   {1, 133, 2}, {170, 1, 5}, {3, 4, 20},
                                       {40, 50, 3}, {7, 9, 31},  {25, 30, 1}, {60, 60, 1}};
    const struct expectation ortho = {.ortho = true, .band_mask = true, .nodata = -9999.0F};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(storages); i++)
    {
        write_reflectance(&storages[i]);
        struct emit_view *view = OPEN("NUM_THREADS=3", "BAND_MASK=YES");
        for (size_t k = 0; k < COUNT_OF(counts) * 12; k++)
        {
            const size_t *count = counts[k / 12];
            struct request request = list_all(ROWS, COLUMNS, 1 + (int)(k % 12) * 7);
            request.rows += k * 5 % 300;
            request.columns += k * 3 % 300;
            request.bands += k % 19;
            request.row_count = count[0];
            request.column_count = count[1];
            request.band_count = count[2];
            assert_int_equal(count_wrong(view, &request, &ortho, k % 2 == 0), 0);
        }
        emit_view_close(view);
    }
}

static void a_request_of_more_than_a_million_cells_is_read_whole(void **state)
{
    const struct expectation ortho = {.ortho = true, .clouds = true, .nodata = -9999.0F};
    struct request request = list_all(ROWS, COLUMNS, 1);
    (void)state;
    write_reflectance(&storages[0]);
    struct emit_view *view = OPEN("QUALITY_FLAGS=cloud");
    request.row_count = 1100;
    request.column_count = 1000;
    request.band_count = 1;
    assert_int_equal(count_wrong(view, &request, &ortho, false), 0);
    emit_view_close(view);
}

static void bands_read_one_after_another_are_right_whatever_the_cache_holds(void **state)
{
    const struct expectation ortho = {.ortho = true, .nodata = -9999.0F};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(storages) * COUNT_OF(budgets); i++)
    {
        emit_cache_set_budget(budgets[i % COUNT_OF(budgets)]);
        write_reflectance(&storages[i / COUNT_OF(budgets)]);
        struct emit_view *view = OPEN("NUM_THREADS=2");
        struct request request = list_all(ROWS, COLUMNS, 1);
        request.band_count = 1;
        for (; request.bands < band_list + 45; request.bands++)
            assert_int_equal(count_wrong(view, &request, &ortho, false), 0);
        emit_view_close(view);
    }
}

static void values_go_backwards_where_the_strides_say_so(void **state)
{
    enum
    {
        COUNT = 30 * 3 * 40
    };
    static const int bands[3] = {19, 0, 7};
    static float values[COUNT];
    const struct expectation raw = {.nodata = -9999.0F};
    const struct request lists = list_all(LINES, SAMPLES, 1);
    const struct emit_cells cells = {lists.rows + 50, 30, lists.columns + 45, 40};
    const struct emit_buffer buffer = {(unsigned char *)(values + COUNT - 1), -3 * 40 * 4, -4,
                                       -40 * 4};
    (void)state;
    write_reflectance(&storages[1]);
    struct emit_view *view = OPEN("ORTHO=NO");
    EXPECT_OK(emit_view_read(view, &cells, bands, 3, &buffer, &last_error));
    for (int i = 0; i < COUNT; i++)
    {
        const int row = i / 120, band = i / 40 % 3, column = i % 40;
        assert_true(values[COUNT - 1 - i] ==
                    expected_value(&raw, 50 + row, 45 + column, bands[band]));
    }
    emit_view_close(view);
}

static void chosen_bands_are_those_of_the_wavelengths_and_bad_ones_are_blank(void **state)
{
    /* 760 nm is band 18, 660 nm band 13, the bad one, 500 to 540 nm are bands 5 to 7. */
    static const int file_bands[] = {18, 13, 5, 6, 7, 18};
    static const int bands[] = {0, 1, 2, 3, 4, 5};
    static float values[ROWS * COLUMNS * 6];
    const struct expectation ortho = {.ortho = true, .nodata = -9999.0F};
    const struct request all = list_all(ROWS, COLUMNS, 1);
    const struct emit_cells cells = {all.rows, ROWS, all.columns, COLUMNS};
    const struct emit_buffer buffer = {(unsigned char *)values, COLUMNS * 24, 24, 4};
    (void)state;
    write_reflectance(&storages[0]);
    struct emit_view *view = OPEN("WAVELENGTHS=760,660,500-540,765", "BAD_WAVELENGTHS=NODATA");
    assert_int_equal(emit_view_describe(view)->band_count, 6);
    EXPECT_OK(emit_view_read(view, &cells, bands, 6, &buffer, &last_error));
    for (int64_t i = 0; i < ROWS * COLUMNS * 6; i++)
    {
        const int band = file_bands[i % 6];
        const float expected = expected_value(&ortho, i / 6 / COLUMNS, i / 6 % COLUMNS, band);
        assert_true(values[i] == (band == 13 ? -9999.0F : expected));
    }
    emit_view_close(view);
}

/* ---- Other variables ------------------------------------------------------------------------ */

static void the_band_mask_is_shown_bit_by_bit(void **state)
{
    static unsigned char values[ROWS * COLUMNS * 24];
    const struct request all = list_all(ROWS, COLUMNS, 1);
    const struct emit_cells cells = {all.rows, ROWS, all.columns, COLUMNS};
    const struct emit_buffer buffer = {values, COLUMNS * 24, 24, 1};
    struct emit_view *view = open_view(MASK, "band_mask", NULL);
    const struct emit_view_info *info = emit_view_describe(view);
    int bands[24];
    (void)state;
    assert_int_equal(info->band_count, 24);
    assert_int_equal(info->type, EMIT_UINT8);
    assert_true(info->nodata == 255.0);
    for (int i = 0; i < 24; i++)
        bands[i] = 23 - i;
    EXPECT_OK(emit_view_read(view, &cells, bands, 24, &buffer, &last_error));
    for (int64_t i = 0; i < ROWS * COLUMNS * 24; i++)
    {
        const int64_t line = glt_y_of(i / 24 / COLUMNS, i / 24 % COLUMNS) - 1;
        const int64_t sample = glt_x_of(i / 24 / COLUMNS, i / 24 % COLUMNS) - 1;
        const bool empty = line < 0 || line >= LINES || sample < 0 || sample >= SAMPLES;
        assert_int_equal(values[i], empty ? 255 : is_interpolated(line, sample, 23 - i % 24));
    }
    emit_view_close(view);
}

static void integers_keep_their_own_type_and_nodata(void **state)
{
    static const int32_t glt_x[12] = {1, 2, 3, 4, 5, 6, 7, 0, 1, 8, 2, 3};
    static const int32_t glt_y[12] = {1, 2, 3, 4, 5, 1, 2, 0, 6, 1, 3, 3};
    static const int64_t numbers[4] = {0, 1, 2, 3};
    static const int band = 0;
    static short ids[5 * 7], values[4 * 3];
    const struct emit_cells cells = {numbers, 4, numbers, 3};
    const struct emit_buffer buffer = {(unsigned char *)values, 6, 2, 2};
    struct test_granule fixture;
    (void)state;
    for (short i = 0; i < 35; i++)
        ids[i] = i == 16 ? -9999 : (short)(i * 3);
    test_granule_begin(&fixture, "ids.nc", 5, 7);
    test_granule_add(&fixture, "group_1_mineral_id", NC_SHORT, 0, -9999.0, &mk_packed, ids);
    test_granule_add_glt(&fixture, 4, 3, glt_x, glt_y);
    test_granule_end(&fixture);
    struct emit_view *view = open_view("ids.nc", "group_1_mineral_id", LIST("NODATA=5"));
    assert_int_equal(emit_view_describe(view)->type, EMIT_INT16);
    assert_true(emit_view_describe(view)->nodata == -9999.0);
    EXPECT_OK(emit_view_read(view, &cells, &band, 1, &buffer, &last_error));
    for (int i = 0; i < 12; i++)
    {
        const bool filled = i != 7 && i != 8 && i != 9;
        assert_int_equal(values[i], filled ? ids[(glt_y[i] - 1) * 7 + glt_x[i] - 1] : -9999);
    }
    emit_view_close(view);
}

static void a_variable_that_was_never_written_is_nodata_everywhere(void **state)
{
    const struct request all = list_all(8, 3, 1);
    const struct emit_cells cells = {all.rows, 8, all.columns, 3};
    float values[8 * 3 * 4];
    const struct emit_buffer buffer = {(unsigned char *)values, 3 * 16, 16, 4};
    (void)state;
    for (int chunked = 0; chunked < 2; chunked++)
    {
        struct test_granule fixture;
        test_granule_begin(&fixture, "unwritten.nc", 8, 3);
        test_granule_add(&fixture, "radiance", NC_FLOAT, 4, -9999.0,
                         chunked ? &mk_packed : &mk_contiguous, NULL);
        test_granule_end(&fixture);
        struct emit_view *view = open_view("unwritten.nc", NULL, LIST("NODATA=-1"));
        EXPECT_OK(emit_view_read(view, &cells, all.bands, 4, &buffer, &last_error));
        for (size_t i = 0; i < COUNT_OF(values); i++)
            assert_true(values[i] == -1.0F);
        emit_view_close(view);
    }
}

static void a_granule_of_one_pixel_is_read(void **state)
{
    static const int32_t one[1] = {1};
    static const float value[1] = {42.5F};
    static const int64_t zero[3] = {0, 0, 0};
    static const int band = 0;
    const struct emit_cells cells = {zero, 3, zero, 2};
    float values[6] = {0};
    const struct emit_buffer buffer = {(unsigned char *)values, 8, 4, 4};
    struct test_granule fixture;
    (void)state;
    test_granule_begin(&fixture, "one.nc", 1, 1);
    test_granule_add(&fixture, "radiance", NC_FLOAT, 1, -9999.0, &mk_contiguous, value);
    test_granule_add_glt(&fixture, 1, 1, one, one);
    test_granule_end(&fixture);
    struct emit_view *view = open_view("one.nc", NULL, NULL);
    EXPECT_OK(emit_view_read(view, &cells, &band, 1, &buffer, &last_error));
    for (int i = 0; i < 6; i++)
        assert_true(values[i] == 42.5F);
    emit_view_close(view);
}

/* ---- Invalid requests ---------------------------------------------------------------- */

static void a_read_beyond_the_view_is_refused(void **state)
{
    static const int64_t bad_rows[] = {-1, LINES, INT64_MAX, INT64_MIN};
    static const int64_t bad_columns[] = {-1, SAMPLES, INT64_MAX, INT64_MIN};
    static const int bad_bands[] = {-1, BANDS, INT32_MAX, INT32_MIN};
    static const int64_t good[1] = {0};
    static const int band[1] = {0};
    float value = 7.0F;
    const struct emit_buffer buffer = {(unsigned char *)&value, 4, 4, 4};
    (void)state;
    write_reflectance(&storages[0]);
    struct emit_view *view = OPEN("ORTHO=NO");
    for (int i = 0; i < 4; i++)
    {
        const struct emit_cells rows = {&bad_rows[i], 1, good, 1};
        const struct emit_cells columns = {good, 1, &bad_columns[i], 1};
        const struct emit_cells cell = {good, 1, good, 1};
        EXPECT_ERROR(EMIT_ERROR_INTERNAL,
                     emit_view_read(view, &rows, band, 1, &buffer, &last_error), RFL, "exceeds");
        EXPECT_ERROR(EMIT_ERROR_INTERNAL,
                     emit_view_read(view, &columns, band, 1, &buffer, &last_error), RFL, "exceeds");
        EXPECT_ERROR(EMIT_ERROR_INTERNAL,
                     emit_view_read(view, &cell, &bad_bands[i], 1, &buffer, &last_error), RFL,
                     "exceeds");
    }
    assert_true(value == 7.0F);
    emit_view_close(view);
}

static void an_empty_request_reads_nothing(void **state)
{
    static const int64_t zero[1] = {0};
    static const int band = 0;
    const struct emit_cells no_rows = {zero, 0, zero, 1};
    const struct emit_cells no_columns = {zero, 1, zero, 0};
    const struct emit_cells one = {zero, 1, zero, 1};
    const struct emit_buffer nowhere = {NULL, 4, 4, 4};
    (void)state;
    write_reflectance(&storages[0]);
    struct emit_view *view = OPEN("ORTHO=NO");
    EXPECT_OK(emit_view_read(view, &no_rows, &band, 1, &nowhere, &last_error));
    EXPECT_OK(emit_view_read(view, &no_columns, &band, 1, &nowhere, &last_error));
    EXPECT_OK(emit_view_read(view, &one, &band, 0, &nowhere, &last_error));
    emit_view_close(view);
    emit_view_close(NULL);
}

/* Reads all of band 0, which must fail with the words. */
static void expect_read_fails(struct emit_view *view, const char *words)
{
    static const int band = 0;
    static float values[LINES * SAMPLES];
    const struct request all = list_all(LINES, SAMPLES, 1);
    const struct emit_cells cells = {all.rows, LINES, all.columns, SAMPLES};
    const struct emit_buffer buffer = {(unsigned char *)values, SAMPLES * 4, 4, 4};
    EXPECT_ERROR(EMIT_ERROR_FILE, emit_view_read(view, &cells, &band, 1, &buffer, &last_error),
                 words);
}

/* Makes a file half as long, or one byte longer. */
static void change_size(const char *path, bool shorter)
{
    struct stat before;
    assert_int_equal(stat(path, &before), 0);
    assert_int_equal(truncate(path, shorter ? before.st_size / 2 : before.st_size + 1), 0);
}

static void a_granule_cut_short_or_edited_while_open_fails_to_be_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(storages) * 2; i++)
    {
        write_reflectance(&storages[i / 2]);
        struct emit_view *view = OPEN(thread_options[1], "ORTHO=NO");
        change_size(test_path(RFL), i % 2 == 0);
        expect_read_fails(view, RFL);
        emit_view_close(view);
    }
}

static void a_mask_edited_while_open_fails_the_read(void **state)
{
    (void)state;
    write_reflectance(&storages[0]);
    struct emit_view *view = OPEN("QUALITY_FLAGS=cloud", "ORTHO=NO");
    change_size(test_path(MASK), false);
    expect_read_fails(view, MASK);
    emit_view_close(view);
    write_mask(NULL);
}

/* ---- Threads -------------------------------------------------------------------------------- */

struct crowd
{
    struct emit_view *view;
    atomic_size_t wrong;
};

static void read_parts(void *context, size_t thread)
{
    struct crowd *crowd = context;
    const struct expectation ortho = {
        .ortho = true, .clouds = true, .band_mask = true, .nodata = -9999.0F};
    struct request request = {row_list, column_list, band_list, 50, 60, 1};
    for (size_t step = 0; step < 30; step++)
    {
        request.rows = row_list + (step * 17 + thread) % 120;
        request.columns = column_list + (step * 29 + thread * 3) % 70;
        request.bands = band_list + step % BANDS;
        request.band_count = step % 5 == 4 ? BANDS : 1;
        atomic_fetch_add(&crowd->wrong,
                         count_wrong(crowd->view, &request, &ortho, thread % 2 == 0));
    }
}

static void several_threads_read_one_view(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(storages) * COUNT_OF(budgets); i++)
    {
        emit_cache_set_budget(budgets[i % COUNT_OF(budgets)]);
        write_reflectance(&storages[i / COUNT_OF(budgets)]);
        struct crowd crowd = {.view =
                                  OPEN("NUM_THREADS=2", "QUALITY_FLAGS=cloud", "BAND_MASK=YES")};
        list_all(ROWS, COLUMNS, 1);
        run_together(4, read_parts, &crowd);
        assert_int_equal(atomic_load(&crowd.wrong), 0);
        emit_view_close(crowd.view);
    }
}

/* Cells that show a pixel under the masks; missing values count as shown. */
static void cells_that_show_a_pixel_are_counted_without_reading_values(void **state)
{
    static const int band = 3;
    const struct expectation e = {.ortho = true, .clouds = true, .nodata = -9999.0F};
    uint64_t expected = 0, count = 7;
    (void)state;
    write_reflectance(&storages[0]);
    for (int64_t i = 0; i < ROWS * COLUMNS; i++)
    {
        const int64_t line = glt_y_of(i / COLUMNS, i % COLUMNS) - 1;
        const int64_t sample = glt_x_of(i / COLUMNS, i % COLUMNS) - 1;
        const bool inside = line >= 0 && line < LINES && sample >= 0 && sample < SAMPLES;
        expected += inside && !(e.clouds && flag_of(line, sample, 0) >= 1.0F);
    }
    struct emit_view *view = OPEN("QUALITY_FLAGS=0");
    const struct request all = list_all(ROWS, COLUMNS, 1);
    const struct emit_cells cells = {all.rows, all.row_count, all.columns, all.column_count};
    const struct emit_cells none = {all.rows, 0, all.columns, all.column_count};
    EXPECT_OK(emit_view_count(view, &cells, band, &count, &last_error));
    assert_int_equal(count, expected);
    EXPECT_OK(emit_view_count(view, &none, band, &count, &last_error));
    assert_int_equal(count, 0);
    EXPECT_ERROR(EMIT_ERROR_INTERNAL, emit_view_count(view, &cells, BANDS, &count, &last_error),
                 RFL);
    emit_view_close(view);
}

static void nothing_is_fetched_ahead_of_a_local_file(void **state)
{
    static const int band = 3, no_band = BANDS;
    (void)state;
    write_reflectance(&storages[0]);
    struct emit_view *view = OPEN("ORTHO=NO");
    const struct request all = list_all(LINES, SAMPLES, 1);
    const struct emit_cells cells = {all.rows, all.row_count, all.columns, all.column_count};
    EXPECT_OK(emit_view_fetch(view, &cells, &band, 1, &last_error));
    EXPECT_ERROR(EMIT_ERROR_INTERNAL, emit_view_fetch(view, &cells, &no_band, 1, &last_error), RFL);
    emit_view_close(view);
}

static void reads_are_the_same_while_they_are_logged(void **state)
{
    const struct expectation e = {.ortho = true, .nodata = -9999.0F};
    (void)state;
    write_reflectance(&storages[0]);
    CPLPushErrorHandler(CPLQuietErrorHandler);
    CPLSetConfigOption("CPL_DEBUG", "ON");
    struct emit_view *view = OPEN("NUM_THREADS=1");
    const struct request request = list_all(ROWS, COLUMNS, 1);
    assert_int_equal(count_wrong(view, &request, &e, true), 0);
    emit_view_close(view);
    CPLSetConfigOption("CPL_DEBUG", NULL);
    CPLPopErrorHandler();
}

/* The granule lies on a disk, and its bytes are dropped from memory: it is read from end to end. */
static void a_granule_that_is_not_in_memory_is_read_right(void **state)
{
    const struct expectation e = {.ortho = true, .nodata = -9999.0F};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(storages); i++)
    {
        write_reflectance(&storages[i]);
        struct emit_view *view = OPEN(thread_options[i % 2]);
        const int descriptor = open(test_path(RFL), O_RDONLY);
        assert_int_equal(fdatasync(descriptor), 0);
        assert_int_equal(posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED), 0);
        close(descriptor);
        const struct request request = list_all(ROWS, COLUMNS, 1);
        assert_int_equal(count_wrong(view, &request, &e, true), 0);
        emit_view_close(view);
    }
}

/* ---- Opening -------------------------------------------------------------------------------- */

/* Opens a view and closes it again. */
static enum emit_status try_open(const char *name, const char *variable, const char *option)
{
    struct emit_view *view = (void *)&last_error;
    const enum emit_status status =
        emit_view_open(test_path(name), variable, LIST(option), &view, &last_error);
    if (status == EMIT_OK)
        emit_view_close(view);
    else
        assert_null(view);
    return status;
}

static void other_files_are_left_to_other_drivers(void **state)
{
    struct test_granule fixture;
    int id = -1;
    (void)state;
    write_file(test_path("text.nc"), "CDF, perhaps, but not HDF5", 26);
    EXPECT_ERROR(EMIT_NOT_A_GRANULE, try_open("text.nc", NULL, NULL), "text.nc");
    test_granule_begin(&fixture, "gridded.nc", 5, 7);
    assert_int_equal(
        nc_def_var(fixture.file.id, "reflectance", NC_FLOAT, 1, &fixture.crosstrack, &id),
        NC_NOERR);
    test_granule_end(&fixture);
    EXPECT_ERROR(EMIT_NOT_A_GRANULE, try_open("gridded.nc", NULL, NULL), "gridded.nc",
                 "not an EMIT");
}

static void a_missing_file_is_an_error_if_named_like_a_granule(void **state)
{
    (void)state;
    EXPECT_ERROR(EMIT_ERROR_FILE, try_open("EMIT_L2A_RFL_001_20200101T000000.nc", NULL, NULL),
                 "EMIT_L2A_RFL_001_20200101T000000.nc");
    EXPECT_ERROR(EMIT_NOT_A_GRANULE, try_open("nothing.nc", NULL, NULL), "nothing.nc");
}

static void impossible_options_are_refused_with_the_file_name(void **state)
{
    (void)state;
    write_reflectance(&storages[0]);
    EXPECT_ERROR(EMIT_ERROR_OPTION, try_open(RFL, "radiance", NULL), RFL, "\"radiance\"",
                 "reflectance");
    EXPECT_ERROR(EMIT_ERROR_OPTION, try_open(RFL, "reflectance", "VARIABLE=mask"), RFL, "mask");
    EXPECT_ERROR(EMIT_ERROR_OPTION, try_open(RFL, NULL, "ORTHO=PERHAPS"), RFL, "PERHAPS", "ORTHO");
    EXPECT_ERROR(EMIT_ERROR_OPTION, try_open(RFL, NULL, "WAVELENGTHS=9999"), RFL, "9999");
    EXPECT_ERROR(EMIT_ERROR_OPTION, try_open(RFL, NULL, "QUALITY_FLAGS=snow"), MASK, "snow");
    EXPECT_ERROR(EMIT_ERROR_OPTION, try_open(RFL, NULL, "QUALITY_WHERE=AOD550"), RFL, "AOD550");
    EXPECT_ERROR(EMIT_ERROR_OPTION, try_open(RFL, NULL, "NODATA=1e39"), RFL, "Float32");
    EXPECT_ERROR(EMIT_ERROR_OPTION, try_open(RFL, NULL, "ORTHO=NEAREST"), RFL, "lat");
    EXPECT_ERROR(EMIT_ERROR_OPTION, try_open(MASK, "band_mask", "BAND_MASK=YES"), MASK,
                 "BAND_MASK");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_pixels_are_right_on_either_grid_however_they_are_read),
        cmocka_unit_test(masks_and_nodata_are_applied_to_every_pixel),
        cmocka_unit_test(cells_and_bands_come_in_any_order_and_as_often_as_listed),
        cmocka_unit_test(a_request_of_more_than_a_million_cells_is_read_whole),
        cmocka_unit_test(bands_read_one_after_another_are_right_whatever_the_cache_holds),
        cmocka_unit_test(values_go_backwards_where_the_strides_say_so),
        cmocka_unit_test(chosen_bands_are_those_of_the_wavelengths_and_bad_ones_are_blank),
        cmocka_unit_test(the_band_mask_is_shown_bit_by_bit),
        cmocka_unit_test(integers_keep_their_own_type_and_nodata),
        cmocka_unit_test(a_variable_that_was_never_written_is_nodata_everywhere),
        cmocka_unit_test(a_granule_of_one_pixel_is_read),
        cmocka_unit_test(a_read_beyond_the_view_is_refused),
        cmocka_unit_test(an_empty_request_reads_nothing),
        cmocka_unit_test(a_granule_cut_short_or_edited_while_open_fails_to_be_read),
        cmocka_unit_test(a_mask_edited_while_open_fails_the_read),
        cmocka_unit_test(several_threads_read_one_view),
        cmocka_unit_test(cells_that_show_a_pixel_are_counted_without_reading_values),
        cmocka_unit_test(nothing_is_fetched_ahead_of_a_local_file),
        cmocka_unit_test(reads_are_the_same_while_they_are_logged),
        cmocka_unit_test(a_granule_that_is_not_in_memory_is_read_right),
        cmocka_unit_test(other_files_are_left_to_other_drivers),
        cmocka_unit_test(a_missing_file_is_an_error_if_named_like_a_granule),
        cmocka_unit_test(impossible_options_are_refused_with_the_file_name),
    };
    return cmocka_run_group_tests(tests, write_mask, NULL);
}
