/* SPDX-License-Identifier: MIT */
#include "core/read/gather.h"

#include "core/base/number.h"

#include "support.h"

#include <math.h>
#include <string.h>

/* A raw grid of 9 lines x 13 samples, of which a box of 6 x 8 pixels with bands 2 to 8 lies in
 * memory. Values encode their position. */
#define LINES 9
#define SAMPLES 13
static const struct emit_box box = {{2, 4, 2}, {6, 8, 7}};
#define BOX_VALUES (6 * 8 * 7)

/* The cells of a view of 5 x 7: all but every fifth shows a pixel of the box. */
#define ROWS 5
#define COLUMNS 7

static bool shows(size_t cell)
{
    return cell % 5 != 3;
}

static struct emit_pixel shown(size_t cell)
{
    return (struct emit_pixel){2 + (int32_t)(cell * 5 % 6), 4 + (int32_t)(cell * 3 % 8)};
}

static unsigned byte_of(struct emit_pixel pixel, uint64_t band, size_t byte)
{
    const unsigned place = (unsigned)pixel.downtrack * 151U + (unsigned)pixel.crosstrack * 17U;
    return (place + (unsigned)band * 29U + (unsigned)byte * 101U) & 0xFF;
}

/* Layout of the box in memory: axes from the slowest to the fastest. */
static struct emit_values lay_out(unsigned char *bytes, const int order[3], size_t size)
{
    struct emit_values values = {.bytes = bytes, .box = box};
    ptrdiff_t stride = (ptrdiff_t)size;
    for (int i = 2; i >= 0; i--)
    {
        values.stride[order[i]] = stride;
        stride *= (ptrdiff_t)box.count[order[i]];
    }
    for (size_t i = 0; i < BOX_VALUES * size; i++)
    {
        const size_t value = i / size;
        size_t at[3], left = value;
        for (int k = 2; k >= 0; k--)
        {
            at[order[k]] = left % box.count[order[k]];
            left /= box.count[order[k]];
        }
        const struct emit_pixel pixel = {(int32_t)(box.start[0] + at[0]),
                                         (int32_t)(box.start[1] + at[1])};
        bytes[i] = (unsigned char)byte_of(pixel, box.start[2] + at[2], i % size);
    }
    return values;
}

static size_t list_items(struct emit_item items[ROWS * COLUMNS])
{
    size_t count = 0;
    for (size_t cell = 0; cell < ROWS * COLUMNS; cell++)
    {
        if (shows(cell))
            items[count++] = (struct emit_item){shown(cell), (uint32_t)(cell / COLUMNS),
                                                (uint32_t)(cell % COLUMNS)};
    }
    return count;
}

/* ---- Moving --------------------------------------------------------------------------------- */

#define UNTOUCHED 0xEE
#define ROOM (ROWS * COLUMNS * 16 * 8)

static const struct emit_band_target neighbours[] = {{3, 0}, {4, 1}, {5, 2}, {6, 3}, {7, 4}};
static const struct emit_band_target scattered[] = {{8, 0}, {2, 1}, {5, 2}, {5, 3}, {3, 4}};
static const struct emit_band_target gaps[] = {{3, 4}, {4, 0}, {5, 1}, {6, 2}, {7, 3}};
static const struct emit_band_target single[] = {{7, 2}};

static const struct choice
{
    const struct emit_band_target *bands;
    size_t count;
} choices[] = {{neighbours, 5}, {scattered, 5}, {gaps, 5}, {single, 1}, {neighbours, 0}};

/* A buffer for ROWS x COLUMNS cells of 5 bands. Strides in values; negative ones go backwards. */
static const struct shape
{
    ptrdiff_t row, column, band;
} shapes[] = {
    {COLUMNS * 5, 5, 1},              /* pixel by pixel */
    {COLUMNS, 1, ROWS *COLUMNS},      /* band by band */
    {COLUMNS * 5, 1, COLUMNS},        /* line by line */
    {-COLUMNS * 5, 5, 1},             /* upside down */
    {COLUMNS * 7, -7, 1},             /* mirrored, with room between pixels */
    {COLUMNS * 6, 6, -1},             /* bands backwards */
    {3, 3 * ROWS, 3 * ROWS *COLUMNS}, /* columns first, with gaps */
};

static struct emit_target place_buffer(unsigned char *memory, const struct shape *shape,
                                       size_t size)
{
    const ptrdiff_t nbytes = (ptrdiff_t)size;
    struct emit_target target = {
        .buffer = {memory, shape->row * nbytes, shape->column * nbytes, shape->band * nbytes},
        .extent = {LINES, SAMPLES},
        .rule = {.value_nbytes = size, .type = EMIT_UINT8}};
    const ptrdiff_t back = (shape->row < 0 ? shape->row * (ROWS - 1) : 0) +
                           (shape->column < 0 ? shape->column * (COLUMNS - 1) : 0) +
                           (shape->band < 0 ? shape->band * 4 : 0);
    target.buffer.data -= back * nbytes;
    memset(memory, UNTOUCHED, ROOM);
    return target;
}

static unsigned char *value_at(const struct emit_target *target, size_t cell, size_t output)
{
    return target->buffer.data + (ptrdiff_t)(cell / COLUMNS) * target->buffer.row_stride +
           (ptrdiff_t)(cell % COLUMNS) * target->buffer.column_stride +
           (ptrdiff_t)output * target->buffer.band_stride;
}

/* Counts the bytes of the memory that have changed. */
static size_t touched(const unsigned char *memory)
{
    size_t count = 0;
    for (size_t i = 0; i < ROOM; i++)
        count += memory[i] != UNTOUCHED;
    return count;
}

static void expect_moved(const struct emit_target *target, const struct choice *choice)
{
    const size_t size = target->rule.value_nbytes;
    for (size_t cell = 0; cell < ROWS * COLUMNS; cell++)
    {
        for (size_t k = 0; k < choice->count; k++)
        {
            const unsigned char *value = value_at(target, cell, choice->bands[k].output);
            for (size_t b = 0; b < size; b++)
                assert_int_equal(value[b], shows(cell)
                                               ? byte_of(shown(cell), choice->bands[k].file_band, b)
                                               : UNTOUCHED);
        }
    }
}

static void move_once(const int order[3], const struct shape *shape, const struct choice *choice,
                      size_t size)
{
    static unsigned char from[BOX_VALUES * 8];
    static unsigned char memory[ROOM];
    struct emit_item items[ROWS * COLUMNS];
    const size_t count = list_items(items);
    const struct emit_values values = lay_out(from, order, size);
    const struct emit_target target = place_buffer(memory, shape, size);
    emit_gather(&target, items, count, &values, choice->bands, choice->count);
    expect_moved(&target, choice);
    assert_true(touched(memory) <= count * choice->count * size);
}

static void values_of_every_size_go_from_any_order_to_any_order(void **state)
{
    static const int orders[][3] = {{0, 1, 2}, {2, 0, 1}, {0, 2, 1}, {1, 2, 0}};
    static const size_t sizes[] = {1, 2, 4, 8};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(orders) * COUNT_OF(shapes) * COUNT_OF(choices) * 4; i++)
        move_once(orders[i % COUNT_OF(orders)], &shapes[i / COUNT_OF(orders) % COUNT_OF(shapes)],
                  &choices[i / COUNT_OF(orders) / COUNT_OF(shapes) % COUNT_OF(choices)],
                  sizes[i / COUNT_OF(orders) / COUNT_OF(shapes) / COUNT_OF(choices)]);
}

/* More cells than are moved at once, so that the remainder is tested. */
static void long_lists_of_cells_are_gathered_completely(void **state)
{
    static float from[BOX_VALUES];
    static float to[1000];
    static struct emit_item items[1000];
    const struct emit_band_target band = {4, 0};
    struct emit_values values = {(unsigned char *)from, box, {8 * 7 * 4, 7 * 4, 4}};
    const struct emit_target target = {.buffer = {(unsigned char *)to, 4000, 4, 4},
                                       .extent = {LINES, SAMPLES},
                                       .rule = {.value_nbytes = 4, .type = EMIT_FLOAT32}};
    (void)state;
    for (size_t i = 0; i < BOX_VALUES; i++)
        from[i] = (float)i;
    for (uint32_t i = 0; i < 1000; i++)
        items[i] = (struct emit_item){shown(i), 0, i};
    for (size_t count = 0; count < 1000; count += 37)
    {
        memset(to, 0xFF, sizeof to);
        emit_gather(&target, items, count, &values, &band, 1);
        for (size_t i = 0; i < 1000; i++)
        {
            const struct emit_pixel p = shown(i);
            const float expected = (float)(((p.downtrack - 2) * 8 + p.crosstrack - 4) * 7 + 2);
            assert_true(i < count ? to[i] == expected : isnan(to[i]));
        }
    }
}

/* ---- Fill values ---------------------------------------------------------------------------- */

/* Gathers four float pixels of one band with a rule, into "to". */
static void gather_floats(const float from[4], double fill, float nodata, bool replace, float to[4])
{
    const struct emit_box four = {{0, 0, 0}, {1, 4, 1}};
    const struct emit_values values = {(const unsigned char *)from, four, {16, 4, 4}};
    const struct emit_band_target band = {0, 0};
    struct emit_target target = {
        .buffer = {(unsigned char *)to, 16, 4, 4},
        .extent = {1, 4},
        .rule = {.value_nbytes = 4, .replace_fill = replace, .type = EMIT_FLOAT32, .fill = fill}};
    struct emit_item items[4];
    memcpy(target.rule.nodata, &nodata, 4);
    for (uint32_t i = 0; i < 4; i++)
        items[i] = (struct emit_item){{0, (int32_t)i}, 0, i};
    emit_gather(&target, items, 4, &values, &band, 1);
}

static void fill_values_become_nodata_where_the_rule_says_so(void **state)
{
    const float from[4] = {1.5F, -9999.0F, NAN, -0.01F};
    float to[4];
    (void)state;
    gather_floats(from, -9999.0, 0.25F, true, to);
    assert_true(to[0] == 1.5F && to[1] == 0.25F && isnan(to[2]) && to[3] == -0.01F);
    gather_floats(from, -9999.0, NAN, true, to);
    assert_true(to[0] == 1.5F && isnan(to[1]) && isnan(to[2]) && to[3] == -0.01F);
    gather_floats(from, -9999.0, 0.25F, false, to);
    assert_true(to[1] == -9999.0F && isnan(to[2]));
}

static void a_fill_value_of_nan_is_found_too(void **state)
{
    const float from[4] = {1.5F, -9999.0F, NAN, -NAN};
    float to[4];
    (void)state;
    gather_floats(from, NAN, -9999.0F, true, to);
    assert_true(to[0] == 1.5F && to[1] == -9999.0F && to[2] == -9999.0F && to[3] == -9999.0F);
}

/* ---- Band masks ----------------------------------------------------------------------------- */

#define MASK_BANDS 20

/* The mask of 2 x 3 pixels of 3 bytes, in groups of two bytes and one. */
struct grouped
{
    unsigned char patterns[2][14];
    uint32_t numbers[2][6];
    struct emit_band_mask_group groups[2];
};

static struct emit_band_mask_arrays group_mask(const unsigned char *packed, struct grouped *grouped)
{
    memset(grouped, 0, sizeof *grouped);
    for (size_t g = 0; g < 2; g++)
    {
        const size_t nbytes = 2 - g;
        for (size_t i = 0; i < 6; i++)
        {
            unsigned char *pattern = grouped->patterns[g] + (6 - i) * nbytes;
            memcpy(pattern, packed + 3 * i + 2 * g, nbytes);
            if (pattern[0] != 0 || pattern[nbytes - 1] != 0)
                grouped->numbers[g][i] = 6 - (uint32_t)i;
        }
        grouped->groups[g] =
            (struct emit_band_mask_group){grouped->numbers[g], grouped->patterns[g], nbytes};
    }
    return (struct emit_band_mask_arrays){grouped->groups, 2, 2};
}

/* Gathers all bands of a 2 x 3 grid of bytes through a mask, into to[pixel][band]. */
static void gather_masked(const unsigned char *packed, size_t band_count, unsigned char nodata,
                          unsigned char to[6][MASK_BANDS])
{
    static unsigned char from[6 * MASK_BANDS];
    struct grouped grouped;
    const struct emit_values values = {from, {{0, 0, 0}, {2, 3, MASK_BANDS}}, {60, 20, 1}};
    const struct emit_target target = {.buffer = {to[0], 60, 20, 1},
                                       .extent = {2, 3},
                                       .rule = {.value_nbytes = 1, .nodata = {nodata}},
                                       .mask = group_mask(packed, &grouped)};
    struct emit_band_target bands[MASK_BANDS];
    struct emit_item items[6];
    for (uint32_t i = 0; i < 6; i++)
        items[i] = (struct emit_item){{(int32_t)i / 3, (int32_t)i % 3}, i / 3, i % 3};
    for (size_t k = 0; k < MASK_BANDS; k++)
        bands[k] = (struct emit_band_target){MASK_BANDS - 1 - k, MASK_BANDS - 1 - k};
    for (size_t i = 0; i < sizeof from; i++)
        from[i] = (unsigned char)i;
    emit_gather(&target, items, 6, &values, bands, band_count);
}

static void interpolated_bands_are_masked_bit_by_bit(void **state)
{
    /* Pixel 1: band 0; 2: 241 in the middle byte; 4: all bits; 5: bits after the last band. */
    static const unsigned char packed[18] = {0, 0, 0, 0x80, 0,    0,    0, 241, 0,
                                             0, 0, 0, 0xFF, 0xFF, 0xFF, 0, 0,   0x0F};
    unsigned char to[6][MASK_BANDS];
    (void)state;
    memset(to, 0, sizeof to);
    gather_masked(packed, MASK_BANDS, 255, to);
    for (size_t i = 0; i < 6; i++)
    {
        for (size_t band = 0; band < MASK_BANDS; band++)
        {
            const bool in_241 = (band >= 8 && band <= 11) || band == 15;
            const bool masked = (i == 1 && band == 0) || (i == 2 && in_241) || i == 4;
            assert_int_equal(to[i][band], masked ? 255 : i * MASK_BANDS + band);
        }
    }
}

static void few_bands_are_masked_like_many(void **state)
{
    static const unsigned char packed[18] = {0xFF, 0xFF, 0xF0, 0, 0, 0x10, 0, 0, 0x20};
    unsigned char to[6][MASK_BANDS];
    (void)state;
    memset(to, 0, sizeof to);
    gather_masked(packed, 2, 255, to); /* bands 19 and 18 */
    assert_int_equal(to[0][19], 255);
    assert_int_equal(to[0][18], 255);
    assert_int_equal(to[1][19], 255);
    assert_int_equal(to[1][18], 20 + 18);
    assert_int_equal(to[2][19], 40 + 19);
    assert_int_equal(to[2][18], 255);
    assert_int_equal(to[3][19], 60 + 19);
    assert_int_equal(to[0][17], 0);
}

/* ---- Cells without a pixel ------------------------------------------------------------------ */

static void expect_filled(const struct shape *shape, const struct choice *choice, size_t size)
{
    static unsigned char memory[ROOM];
    struct emit_target target = place_buffer(memory, shape, size);
    for (size_t b = 0; b < size; b++)
        target.rule.nodata[b] = (unsigned char)(0x10 + b);
    emit_gather_nodata(&target, 3, 2, 4, choice->bands, choice->count);
    for (size_t cell = 3 * COLUMNS + 2; cell < 3 * COLUMNS + 6; cell++)
    {
        for (size_t k = 0; k < choice->count; k++)
            assert_memory_equal(value_at(&target, cell, choice->bands[k].output),
                                target.rule.nodata, size);
    }
    assert_int_equal(touched(memory), 4 * choice->count * size);
}

static void cells_without_a_pixel_become_nodata_and_no_others(void **state)
{
    static const size_t sizes[] = {1, 2, 4, 8};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(shapes) * COUNT_OF(choices) * 4; i++)
        expect_filled(&shapes[i % COUNT_OF(shapes)],
                      &choices[i / COUNT_OF(shapes) % COUNT_OF(choices)],
                      sizes[i / COUNT_OF(shapes) / COUNT_OF(choices)]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_every_size_go_from_any_order_to_any_order),
        cmocka_unit_test(long_lists_of_cells_are_gathered_completely),
        cmocka_unit_test(fill_values_become_nodata_where_the_rule_says_so),
        cmocka_unit_test(a_fill_value_of_nan_is_found_too),
        cmocka_unit_test(interpolated_bands_are_masked_bit_by_bit),
        cmocka_unit_test(few_bands_are_masked_like_many),
        cmocka_unit_test(cells_without_a_pixel_become_nodata_and_no_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
