/* SPDX-License-Identifier: MIT */
#include "core/mask/band_mask.h"

#include "support.h"

#include <stdatomic.h>

#define LINES 45
#define SAMPLES 31
#define NBYTES 21

/* A detector's interpolated columns, the same in all lines; a column of patterns that differ in
 * their last byte alone; bits that vary from pixel to pixel; and some pixels without any. */
static unsigned char packed_byte(size_t line, size_t sample, size_t byte)
{
    if (sample == SAMPLES - 1)
        return (unsigned char)(byte < NBYTES - 1 ? byte : line % 3 + 1);
    if (sample % 5 == 2)
        return (unsigned char)(byte % 4 == 1 ? sample * 7 : 0);
    if ((line * 3 + sample) % 11 == 4)
        return (unsigned char)(line * 31 + sample * 17 + byte);
    return 0;
}

static struct emit_granule *open_granule(nc_type type, size_t bytes,
                                         const struct mk_storage *storage)
{
    static unsigned char narrow[LINES * SAMPLES * NBYTES];
    static unsigned long long wide[LINES * SAMPLES * NBYTES];
    static float floats[LINES * SAMPLES * NBYTES];
    struct emit_granule *granule = NULL;
    struct test_granule fixture;
    for (size_t i = 0; i < LINES * SAMPLES * NBYTES; i++)
    {
        narrow[i] = packed_byte(i / NBYTES / SAMPLES, i / NBYTES % SAMPLES, i % NBYTES);
        wide[i] = narrow[i] | (i % 2 == 0 ? 0xABCD00ULL : 0);
    }
    const void *values = type == NC_UBYTE    ? (const void *)narrow
                         : type == NC_UINT64 ? (const void *)wide
                                             : (const void *)floats;
    test_granule_begin(&fixture, "packed.nc", LINES, SAMPLES);
    test_granule_add(&fixture, "band_mask", type, bytes, 241, storage, values);
    test_granule_end(&fixture);
    EXPECT_OK(emit_granule_open(test_path("packed.nc"), &granule, &last_error));
    return granule;
}

static const struct mk_storage storages[] = {
    {.chunked = false},
    {.chunked = true, .chunk = {20, 12, 8}, .deflate = 2, .shuffle = true}, /* 8 + 8 + 5 bytes */
    {.chunked = true, .chunk = {17, SAMPLES, 2}, .deflate = 1},             /* the same groups */
    {.chunked = true, .chunk = {11, 9, 5}, .deflate = 1},                   /* 10 + 10 + 1 */
    {.chunked = true, .chunk = {LINES, 7, NBYTES}},
};

static unsigned char kept_byte(const struct emit_band_mask_arrays *mask, size_t pixel, size_t byte)
{
    const struct emit_band_mask_group *group = &mask->groups[byte / mask->group_nbytes];
    return group->patterns[group->numbers[pixel] * group->nbytes + byte % mask->group_nbytes];
}

/* Loads an area for some bands and compares it. */
static void expect_area(const struct emit_band_mask *bandmask, const struct emit_area *area,
                        uint64_t first, uint64_t last)
{
    EXPECT_OK(emit_band_mask_load(bandmask, first, last, area, 3, &last_error));
    const struct emit_band_mask_arrays mask = bandmask->arrays;
    for (size_t i = 0; i < area->lines * area->columns; i++)
    {
        const size_t line = (size_t)area->line + i / (size_t)area->columns;
        const size_t sample = (size_t)area->column + i % (size_t)area->columns;
        for (size_t byte = first / 8; byte <= last / 8; byte++)
            assert_int_equal(kept_byte(&mask, line * SAMPLES + sample, byte),
                             packed_byte(line, sample, byte));
    }
}

static void bytes_are_those_of_the_file_whatever_its_type_and_storage(void **state)
{
    static const nc_type types[] = {NC_UBYTE, NC_UINT64};
    const struct emit_area areas[] = {{7, 3, 9, 11}, {0, 0, LINES, SAMPLES}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(types) * COUNT_OF(storages); i++)
    {
        struct emit_granule *granule = open_granule(types[i % 2], NBYTES, &storages[i / 2]);
        struct emit_band_mask bandmask;
        EXPECT_OK(emit_band_mask_open(granule, &bandmask, &last_error));
        expect_area(&bandmask, &areas[0], 70, 75);
        expect_area(&bandmask, &areas[0], 130, 8 * NBYTES - 1);
        expect_area(&bandmask, &areas[1], 0, 8 * NBYTES - 1);
        emit_band_mask_close(&bandmask);
        emit_granule_close(granule);
    }
}

static void expect_group_of_wanted_bands(const struct mk_storage *storage, uint64_t group_nbytes)
{
    const struct emit_area all = {0, 0, LINES, SAMPLES};
    const uint64_t second = 8 * group_nbytes; /* its first band */
    struct emit_granule *granule = open_granule(NC_UBYTE, NBYTES, storage);
    struct emit_band_mask bandmask;
    EXPECT_OK(emit_band_mask_open(granule, &bandmask, &last_error));
    expect_area(&bandmask, &all, second, 2 * second - 1);
    const struct emit_band_mask_arrays mask = bandmask.arrays;
    assert_int_equal(mask.group_count, 3);
    assert_true(mask.groups[0].numbers == NULL && mask.groups[2].numbers == NULL);
    expect_area(&bandmask, &all, second - 1, second);
    assert_null(mask.groups[2].numbers);
    expect_area(&bandmask, &all, 0, 8 * NBYTES - 1);
    emit_band_mask_close(&bandmask);
    emit_granule_close(granule);
}

static void only_groups_of_wanted_bands_are_loaded(void **state)
{
    (void)state;
    expect_group_of_wanted_bands(&storages[1], 8);
    expect_group_of_wanted_bands(&storages[2], 8);
    expect_group_of_wanted_bands(&storages[3], 10);
}

/* Columns that are interpolated in all lines cost a pattern a column and tile. */
static void neighbours_share_their_pattern(void **state)
{
    const struct emit_area all = {0, 0, LINES, SAMPLES};
    struct emit_granule *granule = open_granule(NC_UBYTE, NBYTES, &storages[0]);
    struct emit_band_mask bandmask;
    (void)state;
    EXPECT_OK(emit_band_mask_open(granule, &bandmask, &last_error));
    expect_area(&bandmask, &all, 0, 8 * NBYTES - 1);
    const struct emit_band_mask_arrays mask = bandmask.arrays;
    for (size_t sample = 2; sample < SAMPLES; sample += 5)
    {
        for (size_t line = 1; line < LINES; line++)
            assert_int_equal(mask.groups[0].numbers[line * SAMPLES + sample],
                             mask.groups[0].numbers[sample]);
    }
    emit_band_mask_close(&bandmask);
    emit_granule_close(granule);
}

struct crowd
{
    const struct emit_band_mask *bandmask;
    atomic_size_t wrong;
};

static void load_parts(void *context, size_t thread)
{
    struct crowd *crowd = context;
    for (size_t i = 0; i < 20; i++)
    {
        const size_t line = (i * 7 + thread) % LINES;
        const size_t byte = (i + thread * 5) % NBYTES;
        const struct emit_area area = {line, 0, 1, SAMPLES};
        if (emit_band_mask_load(crowd->bandmask, byte * 8, byte * 8 + 7, &area, 2, NULL) != EMIT_OK)
            atomic_fetch_add(&crowd->wrong, 1);
        const struct emit_band_mask_arrays mask = crowd->bandmask->arrays;
        for (size_t sample = 0; sample < SAMPLES; sample++)
            atomic_fetch_add(&crowd->wrong, kept_byte(&mask, line * SAMPLES + sample, byte) !=
                                                packed_byte(line, sample, byte));
    }
}

static void several_threads_load_it_at_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(storages) * 5; i++)
    {
        struct emit_granule *granule = open_granule(NC_UBYTE, NBYTES, &storages[i % 4]);
        struct emit_band_mask bandmask;
        EXPECT_OK(emit_band_mask_open(granule, &bandmask, &last_error));
        struct crowd crowd = {.bandmask = &bandmask};
        run_together(4, load_parts, &crowd);
        assert_int_equal(atomic_load(&crowd.wrong), 0);
        emit_band_mask_close(&bandmask);
        emit_granule_close(granule);
    }
}

static void unpacked_band_masks_are_an_error(void **state)
{
    struct emit_granule *granule = open_granule(NC_UBYTE, 0, &mk_packed);
    struct emit_band_mask bandmask;
    (void)state;
    EXPECT_ERROR(EMIT_ERROR_FORMAT, emit_band_mask_open(granule, &bandmask, &last_error),
                 "packed.nc", "band_mask", "packed bytes");
    emit_band_mask_close(&bandmask);
    emit_granule_close(granule);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_those_of_the_file_whatever_its_type_and_storage),
        cmocka_unit_test(only_groups_of_wanted_bands_are_loaded),
        cmocka_unit_test(neighbours_share_their_pattern),
        cmocka_unit_test(several_threads_load_it_at_once),
        cmocka_unit_test(unpacked_band_masks_are_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
