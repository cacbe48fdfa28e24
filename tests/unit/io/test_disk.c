/* SPDX-License-Identifier: MIT */
/* What a disk is asked for ahead of reads. */
#include "core/io/disk.h"

#include "support.h"

#include <fcntl.h>
#include <unistd.h>

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)

static const struct emit_range nothing = {0, 0};

static void plan(struct emit_ranges *ranges, const struct emit_range *given, size_t count,
                 bool slow, struct emit_range swept, uint64_t file_nbytes)
{
    for (size_t i = 0; i < count; i++)
        EXPECT_OK(emit_ranges_add(ranges, given[i].offset, given[i].nbytes, &last_error));
    emit_disk_plan(ranges, slow, swept, file_nbytes);
}

static void expect_planned(const struct emit_range *given, size_t count, bool slow,
                           struct emit_range swept, uint64_t file_nbytes,
                           const struct emit_range *expected, size_t expected_count)
{
    struct emit_ranges ranges = {NULL, 0, 0};
    plan(&ranges, given, count, slow, swept, file_nbytes);
    assert_int_equal(ranges.count, expected_count);
    for (size_t i = 0; i < expected_count; i++)
    {
        assert_int_equal(ranges.range[i].offset, expected[i].offset);
        assert_int_equal(ranges.range[i].nbytes, expected[i].nbytes);
    }
    emit_ranges_close(&ranges);
}

static void small_ranges_stay_apart_and_come_in_the_order_of_the_file(void **state)
{
    const struct emit_range given[] = {{900 * KIB, 3000}, {7, 5000}, {301 * KIB, 4 * KIB}};
    const struct emit_range expected[] = {{7, 5000}, {301 * KIB, 4 * KIB}, {900 * KIB, 3000}};
    (void)state;
    expect_planned(given, 3, false, nothing, 2 * MIB, expected, 3);
}

static void a_slow_disk_reads_through_gaps_of_a_line_but_not_longer_ones(void **state)
{
    const struct emit_range given[] = {{3000 * KIB, 1000}, {11, 1000}, {1500 * KIB, 1000}};
    const struct emit_range far[] = {{11, 1000}, {1700 * KIB, 1000}};
    const struct emit_range expected[] = {{11, 3000 * KIB + 1000 - 11}};
    (void)state;
    expect_planned(given, 3, true, nothing, 9 * MIB, expected, 1);
    expect_planned(far, 2, true, nothing, 9 * MIB, far, 2);
}

static void long_ranges_are_whole_units_and_end_with_the_file(void **state)
{
    const struct emit_range given[] = {{9 * MIB + 5, 5 * MIB}, {21 * MIB, 6 * MIB - 3}};
    const struct emit_range expected[] = {{8 * MIB, 8 * MIB}, {20 * MIB, 7 * MIB - 1}};
    (void)state;
    expect_planned(given, 2, false, nothing, 27 * MIB - 1, expected, 2);
}

static void a_sweep_reads_large_units_of_what_is_swept_alone(void **state)
{
    const struct emit_range swept = {39 * MIB + 1, 400 * MIB};
    const struct emit_range given[] = {{90 * MIB, 6 * MIB}, {10 * MIB, 6 * MIB}};
    const struct emit_range expected[] = {{8 * MIB, 8 * MIB}, {64 * MIB, 64 * MIB}};
    const struct emit_range first[] = {{40 * MIB, 6 * MIB}};
    const struct emit_range clipped[] = {{39 * MIB + 1, 25 * MIB - 1}};
    (void)state;
    expect_planned(given, 2, false, swept, 500 * MIB, expected, 2);
    expect_planned(first, 1, false, swept, 500 * MIB, clipped, 1);
}

/* Whatever is given: in order, disjoint, within the file, and all of it is covered. */
static void plans_cover_what_was_given_in_order(void **state)
{
    const uint64_t file_nbytes = 300 * MIB + 17;
    unsigned random = 1;
    (void)state;
    for (unsigned round = 0; round < 400; round++)
    {
        const struct emit_range swept = {round % 3 * 31 * MIB, round % 2 * 200 * MIB};
        struct emit_range given[13];
        struct emit_ranges ranges = {NULL, 0, 0};
        for (size_t i = 0; i < COUNT_OF(given); i++)
        {
            random = (unsigned)(random * UINT64_C(1103515245) + 12345u);
            given[i].offset = (uint64_t)random * 37 % (290 * MIB);
            given[i].nbytes = 1 + (random >> 7) % (10 * MIB);
        }
        plan(&ranges, given, COUNT_OF(given), round % 5 == 0, swept, file_nbytes);
        for (size_t i = 0; i < COUNT_OF(given); i++)
        {
            struct emit_range missing;
            assert_false(emit_ranges_missing(&ranges, given[i], given[i].offset, &missing));
        }
        for (size_t i = 0; i < ranges.count; i++)
        {
            const uint64_t end = ranges.range[i].offset + ranges.range[i].nbytes;
            assert_true(end <= (i + 1 < ranges.count ? ranges.range[i + 1].offset : file_nbytes));
        }
        emit_ranges_close(&ranges);
    }
}

/* ---- Files ---------------------------------------------------------------------------------- */

#define FILE_NBYTES (200 * MIB)

/* A sparse file of which nothing is in the page cache. */
static int open_file(const char *path)
{
    const int descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(descriptor >= 0);
    assert_int_equal(ftruncate(descriptor, (off_t)FILE_NBYTES), 0);
    return descriptor;
}

static void expect_in_memory(const struct emit_disk *disk, uint64_t offset, uint64_t nbytes)
{
    unsigned char byte;
    for (uint64_t at = 0; at < nbytes; at += 4096)
        assert_true(emit_native_read_cached(disk->native, offset + at, 1, &byte));
}

static void a_sweep_reads_what_adjoins_and_nothing_twice(void **state)
{
    const char *path = test_path("sweep.bin");
    const int descriptor = open_file(path);
    struct emit_disk disk;
    struct emit_ranges ranges = {NULL, 0, 0};
    unsigned char byte;
    (void)state;
    emit_disk_open(&disk, (void *)(intptr_t)descriptor, FILE_NBYTES);
    emit_disk_expect_sweep(&disk, (struct emit_range){0, FILE_NBYTES});
    EXPECT_OK(emit_ranges_add(&ranges, 70 * MIB, 5 * MIB, &last_error));
    emit_disk_read_ahead(&disk, &ranges);
    assert_int_equal(disk.through.count, 1);
    assert_int_equal(disk.through.range[0].offset, 64 * MIB);
    assert_int_equal(disk.through.range[0].nbytes, 64 * MIB);
    emit_disk_read_beyond(&disk);
    assert_int_equal(disk.through.range[0].offset, 0);
    assert_int_equal(disk.through.range[0].nbytes, 192 * MIB);
#if defined(__linux__)
    expect_in_memory(&disk, 0, 192 * MIB);
#endif
    /* Bytes that the system has dropped are read again. */
    assert_int_equal(posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED), 0);
    assert_int_equal(emit_disk_read(&disk, 71 * MIB, 1, &byte), 1);
    if (emit_disk_is_cold(&disk))
    {
        ranges.count = 0;
        EXPECT_OK(emit_ranges_add(&ranges, 70 * MIB, 5 * MIB, &last_error));
        emit_disk_read_ahead(&disk, &ranges);
        assert_int_equal(disk.through.range[0].nbytes, 64 * MIB);
        expect_in_memory(&disk, 64 * MIB, 64 * MIB);
    }
    emit_ranges_close(&ranges);
    emit_disk_close(&disk);
    close(descriptor);
    unlink(path);
}

static void a_file_counts_as_in_memory_after_steps_that_read_nothing(void **state)
{
    const char *path = test_path("warm.bin");
    const int descriptor = open_file(path);
    struct emit_disk disk;
    unsigned char byte;
    (void)state;
    emit_disk_open(&disk, (void *)(intptr_t)descriptor, FILE_NBYTES);
    assert_false(emit_disk_is_cold(&disk));
    assert_int_equal(emit_disk_read(&disk, 3 * MIB, 1, &byte), 1);
    for (int step = 0; step < 1000 && emit_disk_is_cold(&disk); step++)
    {
        struct emit_ranges ranges = {NULL, 0, 0};
        EXPECT_OK(emit_ranges_add(&ranges, 3 * MIB, 1, &last_error));
        emit_disk_read_ahead(&disk, &ranges);
        emit_ranges_close(&ranges);
    }
    assert_false(emit_disk_is_cold(&disk));
    emit_disk_close(&disk);
    close(descriptor);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_ranges_stay_apart_and_come_in_the_order_of_the_file),
        cmocka_unit_test(a_slow_disk_reads_through_gaps_of_a_line_but_not_longer_ones),
        cmocka_unit_test(long_ranges_are_whole_units_and_end_with_the_file),
        cmocka_unit_test(a_sweep_reads_large_units_of_what_is_swept_alone),
        cmocka_unit_test(plans_cover_what_was_given_in_order),
        cmocka_unit_test(a_sweep_reads_what_adjoins_and_nothing_twice),
        cmocka_unit_test(a_file_counts_as_in_memory_after_steps_that_read_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
