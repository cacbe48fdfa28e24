/* SPDX-License-Identifier: MIT */
#include "core/io/file.h"

#include "support.h"

#include <cpl_vsi.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SIZE 1003

static unsigned char expected(size_t offset)
{
    return (unsigned char)(offset * 7 + offset / 256);
}

/* Writes SIZE bytes that encode their offset. */
static const char *write_sample(const char *path)
{
    unsigned char bytes[SIZE];
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = expected(i);
    write_file(path, bytes, SIZE);
    return path;
}

static struct emit_file *open_sample(const char *path)
{
    struct emit_file *file = NULL;
    EXPECT_OK(emit_file_open(write_sample(path), &file, &last_error));
    return file;
}

static const char *const vsimem = "/vsimem/unit_file/sample.bin";

/* ---- Reading -------------------------------------------------------------------------------- */

static void expect_reads(struct emit_file *file, uint64_t offset, size_t nbytes)
{
    unsigned char bytes[SIZE + 1];
    memset(bytes, 0xEE, sizeof bytes);
    EXPECT_OK(emit_file_read(file, offset, nbytes, bytes, &last_error));
    for (size_t i = 0; i < nbytes; i++)
        assert_int_equal(bytes[i], expected((size_t)offset + i));
    assert_int_equal(bytes[nbytes], 0xEE);
}

static void exactly_the_requested_bytes_are_read(void **state)
{
    const char *const paths[] = {test_path("read.bin"), vsimem};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++)
    {
        struct emit_file *file = open_sample(paths[i]);
        assert_string_equal(emit_file_path(file), paths[i]);
        assert_int_equal(emit_file_size(file), SIZE);
        expect_reads(file, 0, SIZE);
        expect_reads(file, 1002, 1);
        expect_reads(file, 417, 333);
        expect_reads(file, 0, 1);
        expect_reads(file, SIZE, 0);
        emit_file_close(file);
    }
}

static void a_read_beyond_the_end_is_an_error(void **state)
{
    static const struct
    {
        uint64_t offset;
        size_t nbytes;
    } reads[] = {{0, SIZE + 1},
                 {SIZE, 1},
                 {1000, 4},
                 {UINT64_MAX, 2},
                 {2, SIZE_MAX - 1},
                 {INT64_MAX, 100},
                 {UINT64_MAX - 1, SIZE_MAX}};
    const char *const paths[] = {test_path("beyond.bin"), vsimem};
    unsigned char bytes[SIZE + 1];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths) * COUNT_OF(reads); i++)
    {
        const char *path = paths[i % 2];
        struct emit_file *file = open_sample(path);
        const uint64_t offset = reads[i / 2].offset;
        EXPECT_ERROR(EMIT_ERROR_FILE,
                     emit_file_read(file, offset, reads[i / 2].nbytes, bytes, &last_error), path,
                     "cannot read", "truncated");
        emit_file_close(file);
    }
}

static void an_empty_file_has_nothing_to_read(void **state)
{
    const char *path = test_path("empty.bin");
    struct emit_file *file = NULL;
    unsigned char byte;
    (void)state;
    write_file(path, "", 0);
    EXPECT_OK(emit_file_open(path, &file, &last_error));
    assert_int_equal(emit_file_size(file), 0);
    EXPECT_OK(emit_file_read(file, 0, 0, &byte, &last_error));
    EXPECT_ERROR(EMIT_ERROR_FILE, emit_file_read(file, 0, 1, &byte, &last_error), path);
    emit_file_close(file);
}

static void a_missing_file_cannot_be_opened(void **state)
{
    static const char *const missing[] = {"no/such/file.nc", "/vsimem/unit_file/none.nc",
                                          "/vsizip/no/such.zip/a.nc", ""};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(missing); i++)
    {
        struct emit_file *file = (void *)&last_error;
        EXPECT_ERROR(EMIT_ERROR_FILE, emit_file_open(missing[i], &file, &last_error), "cannot open",
                     missing[i]);
        assert_null(file);
    }
    emit_file_close(NULL);
}

static void a_pipe_is_not_waited_for(void **state)
{
    const char *path = test_path("pipe.nc");
    struct emit_file *file = (void *)&last_error;
    (void)state;
    remove(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    EXPECT_ERROR(EMIT_ERROR_FILE, emit_file_open(path, &file, &last_error), path, "pipe");
    assert_null(file);
    remove(path);
}

static void a_folder_is_not_read_as_a_file(void **state)
{
    struct emit_file *file = NULL;
    unsigned char byte;
    (void)state;
    enum emit_status status = emit_file_open(test_folder(), &file, &last_error);
    if (status == EMIT_OK)
        status = emit_file_read(file, 0, 1, &byte, &last_error);
    emit_file_close(file);
    EXPECT_ERROR(EMIT_ERROR_FILE, status, test_folder());
}

/* ---- Threads -------------------------------------------------------------------------------- */

struct readers
{
    struct emit_file *file;
    atomic_int wrong;
};

static void read_everywhere(void *context, size_t thread)
{
    struct readers *readers = context;
    for (size_t step = 0; step < 2000; step++)
    {
        unsigned char bytes[40];
        const size_t offset = step * (thread + 13) % (SIZE - sizeof bytes);
        if (emit_file_read(readers->file, offset, sizeof bytes, bytes, NULL) != EMIT_OK)
            atomic_fetch_add(&readers->wrong, 1);
        for (size_t i = 0; i < sizeof bytes; i++)
        {
            if (bytes[i] != expected(offset + i))
                atomic_fetch_add(&readers->wrong, 1);
        }
    }
}

static void many_threads_read_one_file(void **state)
{
    const char *const paths[] = {test_path("threads.bin"), vsimem};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++)
    {
        struct readers readers = {.file = open_sample(paths[i])};
        run_together(5, read_everywhere, &readers);
        assert_int_equal(atomic_load(&readers.wrong), 0);
        emit_file_close(readers.file);
    }
}

/* ---- Changes -------------------------------------------------------------------------------- */

static void an_untouched_file_is_unchanged(void **state)
{
    const char *const paths[] = {test_path("alone.bin"), vsimem};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++)
    {
        struct emit_file *file = open_sample(paths[i]);
        expect_reads(file, 5, 50);
        EXPECT_OK(emit_files_check_unchanged(&file, 1, &last_error));
        emit_file_close(file);
    }
}

static void a_file_cut_short_while_open_fails_to_be_read(void **state)
{
    const char *path = test_path("cut.bin");
    struct emit_file *file = open_sample(path);
    unsigned char bytes[SIZE];
    (void)state;
    assert_int_equal(truncate(path, 600), 0);
    EXPECT_ERROR(EMIT_ERROR_FILE, emit_file_read(file, 500, 101, bytes, &last_error), path, "101",
                 "500");
    EXPECT_ERROR(EMIT_ERROR_FILE, emit_files_check_unchanged(&file, 1, &last_error), path,
                 "changed");
    emit_file_close(file);
}

static void a_file_of_memory_cut_short_while_open_fails_to_be_read(void **state)
{
    struct emit_file *file = open_sample(vsimem);
    unsigned char bytes[SIZE];
    (void)state;
    VSILFILE *writer = VSIFOpenL(vsimem, "r+b");
    assert_int_equal(VSIFTruncateL(writer, 600), 0);
    VSIFCloseL(writer);
    EXPECT_ERROR(EMIT_ERROR_FILE, emit_file_read(file, 500, 101, bytes, &last_error), vsimem);
    expect_reads(file, 500, 100);
    emit_file_close(file);
}

static void a_file_that_grew_is_changed(void **state)
{
    const char *path = test_path("grown.bin");
    struct emit_file *file = open_sample(path);
    const struct timespec before[2] = {{1600000000, 5}, {1600000000, 5}};
    (void)state;
    emit_file_close(file);
    assert_int_equal(utimensat(AT_FDCWD, path, before, 0), 0);
    EXPECT_OK(emit_file_open(path, &file, &last_error));
    assert_int_equal(truncate(path, SIZE + 1), 0);
    assert_int_equal(utimensat(AT_FDCWD, path, before, 0), 0); /* only the size differs */
    EXPECT_ERROR(EMIT_ERROR_FILE, emit_files_check_unchanged(&file, 1, &last_error), path,
                 "reopen");
    emit_file_close(file);
}

static void a_file_edited_in_place_is_changed_even_within_its_second(void **state)
{
    const char *path = test_path("edited.bin");
    const struct timespec before[2] = {{1600000000, 5}, {1600000000, 5}};
    const struct timespec after[2] = {{1600000000, 5}, {1600000000, 6}};
    struct emit_file *file = NULL;
    (void)state;
    write_sample(path);
    assert_int_equal(utimensat(AT_FDCWD, path, before, 0), 0);
    EXPECT_OK(emit_file_open(path, &file, &last_error));
    EXPECT_OK(emit_files_check_unchanged(&file, 1, &last_error));
    assert_int_equal(utimensat(AT_FDCWD, path, after, 0), 0);
    EXPECT_ERROR(EMIT_ERROR_FILE, emit_files_check_unchanged(&file, 1, &last_error), path,
                 "changed");
    emit_file_close(file);
}

static void a_file_replaced_or_deleted_stays_readable_as_it_was(void **state)
{
    const char *path = test_path("replaced.bin");
    struct emit_file *file = open_sample(path);
    (void)state;
    write_file(test_path("other.bin"), "other", 5);
    assert_int_equal(rename(test_path("other.bin"), path), 0);
    expect_reads(file, 900, 103);
    EXPECT_OK(emit_files_check_unchanged(&file, 1, &last_error));
    assert_int_equal(unlink(path), 0);
    expect_reads(file, 0, 103);
    emit_file_close(file);
}

/* ---- Reading ahead -------------------------------------------------------------------------- */

#define LARGE_NBYTES ((size_t)5 << 20)

/* Whether the byte at "offset" is in the page cache, without having it read. */
static bool is_resident(const char *path, size_t offset)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const int descriptor = open(path, O_RDONLY);
    char *bytes = mmap(NULL, LARGE_NBYTES, PROT_READ, MAP_SHARED, descriptor, 0);
    unsigned char resident = 0;
    assert_true(bytes != MAP_FAILED);
    assert_int_equal(mincore(bytes + offset / page * page, 1, &resident), 0);
    munmap(bytes, LARGE_NBYTES);
    close(descriptor);
    return resident & 1;
}

/* Waits ten seconds at most. */
static bool becomes_resident(const char *path, size_t offset)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    for (int i = 0; i < 10000 && !is_resident(path, offset); i++)
        nanosleep(&pause, NULL);
    return is_resident(path, offset);
}

/* Writes LARGE_NBYTES bytes and drops them from the page cache. */
static void write_to_disk(const char *path)
{
    unsigned char *bytes = calloc(LARGE_NBYTES, 1);
    write_file(path, bytes, LARGE_NBYTES);
    free(bytes);
    const int descriptor = open(path, O_RDONLY);
    assert_int_equal(fdatasync(descriptor), 0);
    assert_int_equal(posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED), 0);
    close(descriptor);
}

static void prefetched_ranges_are_read_ahead_with_small_gaps(void **state)
{
    static const size_t wanted[] = {1200001, 1800000, 2050000 /* in a small gap */, 2100008};
    static const size_t unwanted[] = {700000, 1900000 /* in a large gap */, 3000000};
    const char *path = test_path("ahead.bin");
    struct emit_file *file = NULL;
    struct emit_ranges ranges = {0};
    bool resident = false;
    (void)state;
    write_to_disk(path);
    for (size_t i = 0; i < COUNT_OF(wanted); i++)
        resident = resident || is_resident(path, wanted[i]);
    for (size_t i = 0; i < COUNT_OF(unwanted); i++)
        resident = resident || is_resident(path, unwanted[i]);
    if (resident) /* a file system in memory */
        skip();
    EXPECT_OK(emit_file_open(path, &file, &last_error));
    EXPECT_OK(emit_ranges_add(&ranges, 2100000, 9, &last_error));
    EXPECT_OK(emit_ranges_add(&ranges, 1200001, 600000, &last_error));
    EXPECT_OK(emit_ranges_add(&ranges, 2000000, 7, &last_error));
    EXPECT_OK(emit_ranges_add(&ranges, LARGE_NBYTES - 1, 2, &last_error));
    emit_file_fetch(file, &ranges);
    emit_ranges_close(&ranges);
    for (size_t i = 0; i < COUNT_OF(wanted); i++)
        assert_true(becomes_resident(path, wanted[i]));
    for (size_t i = 0; i < COUNT_OF(unwanted); i++)
        assert_false(is_resident(path, unwanted[i]));
    emit_file_close(file);
}

static void bytes_that_were_just_written_are_in_memory(void **state)
{
    const char *const paths[] = {test_path("written.bin"), vsimem};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++)
    {
        struct emit_ranges ranges = {0};
        struct emit_file *file = open_sample(paths[i]);
        EXPECT_OK(emit_ranges_add(&ranges, 5, 700, &last_error));
        assert_true(emit_file_is_cached(file, 5, 700));
        emit_file_fetch(file, &ranges);
        emit_file_fetch_beyond(file);
        assert_false(emit_file_is_cold(file));
        expect_reads(file, 5, 700);
        emit_ranges_close(&ranges);
        emit_file_close(file);
    }
}

static int forget_vsimem(void **state)
{
    (void)state;
    return VSIUnlink(vsimem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exactly_the_requested_bytes_are_read),
        cmocka_unit_test(a_read_beyond_the_end_is_an_error),
        cmocka_unit_test(an_empty_file_has_nothing_to_read),
        cmocka_unit_test(a_missing_file_cannot_be_opened),
        cmocka_unit_test(a_pipe_is_not_waited_for),
        cmocka_unit_test(a_folder_is_not_read_as_a_file),
        cmocka_unit_test(many_threads_read_one_file),
        cmocka_unit_test(an_untouched_file_is_unchanged),
        cmocka_unit_test(a_file_cut_short_while_open_fails_to_be_read),
        cmocka_unit_test(a_file_of_memory_cut_short_while_open_fails_to_be_read),
        cmocka_unit_test(a_file_that_grew_is_changed),
        cmocka_unit_test(a_file_edited_in_place_is_changed_even_within_its_second),
        cmocka_unit_test(a_file_replaced_or_deleted_stays_readable_as_it_was),
        cmocka_unit_test(prefetched_ranges_are_read_ahead_with_small_gaps),
        cmocka_unit_test(bytes_that_were_just_written_are_in_memory),
    };
    return cmocka_run_group_tests(tests, NULL, forget_vsimem);
}
