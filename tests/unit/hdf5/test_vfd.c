/* SPDX-License-Identifier: MIT */
#include "core/hdf5/vfd.h"

#include <cpl_conv.h>
#include <cpl_vsi.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#define VALUE_COUNT 1003

static char local_path[] = "/tmp/emit_vfd_XXXXXX";
static const char *const memory_path = "/vsimem/emit_vfd.h5";

/* A file with one contiguous variable "v" that holds 0, 7, 14, ... */
static int make_file(void **state)
{
    (void)state;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    close(mkstemp(local_path));
    int values[VALUE_COUNT];
    for (int i = 0; i < VALUE_COUNT; i++)
        values[i] = 7 * i;
    const hsize_t shape = VALUE_COUNT;
    const hid_t file = H5Fcreate(local_path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t space = H5Screate_simple(1, &shape, NULL);
    const hid_t dataset =
        H5Dcreate2(file, "v", H5T_STD_I32BE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Fclose(file);
    return CPLCopyFile(memory_path, local_path);
}

static int remove_file(void **state)
{
    (void)state;
    VSIUnlink(local_path);
    VSIUnlink(memory_path);
    return 0;
}

/* Files that a test has opened; closed at its end, after HDF5 has closed them. */
static struct emit_file *files[4];
static struct emit_check *checks[4];
static size_t file_count;

static int close_files(void **state)
{
    (void)state;
    while (file_count > 0)
    {
        emit_check_destroy(checks[--file_count]);
        emit_file_close(files[file_count]);
    }
    return 0;
}

static bool read_file(void *context, uint64_t offset, size_t nbytes, void *bytes)
{
    struct emit_file *file = *(struct emit_file *const *)context;
    return emit_file_read(file, offset, nbytes, bytes, NULL) == EMIT_OK;
}

static hid_t access_to(const char *path)
{
    struct emit_file **file = &files[file_count];
    assert_int_equal(emit_file_open(path, file, NULL), EMIT_OK);
    const struct emit_check_source source = {read_file, file, emit_file_size(*file), NULL};
    checks[file_count] = emit_check_create(&source);
    const hid_t access = emit_vfd_access(*file, checks[file_count++]);
    assert_true(access >= 0);
    return access;
}

static hid_t open_with(hid_t access, const char *path, unsigned flags)
{
    const hid_t file = H5Fopen(path, flags, access);
    H5Pclose(access);
    return file;
}

static hid_t open_through_vsi(const char *path, unsigned flags)
{
    return open_with(access_to(path), path, flags);
}

/* Reads all values of "file", and closes it. */
static void assert_values(hid_t file)
{
    int values[VALUE_COUNT] = {0};
    assert_true(file >= 0);
    const hid_t dataset = H5Dopen2(file, "v", H5P_DEFAULT);
    assert_true(H5Dread(dataset, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    for (int i = 0; i < VALUE_COUNT; i++)
        assert_int_equal(values[i], 7 * i);
    assert_true(H5Fclose(file) >= 0);
    assert_int_equal(H5Iis_valid(dataset), 0); /* closing the file closed all of its handles */
}

static void local_and_virtual_files_are_read(void **state)
{
    (void)state;
    assert_values(open_through_vsi(local_path, H5F_ACC_RDONLY));
    assert_values(open_through_vsi(memory_path, H5F_ACC_RDONLY));
}

static void a_file_renamed_over_the_path_is_not_read(void **state)
{
    (void)state;
    char path[] = "/tmp/emit_vfd_XXXXXX";
    char other[] = "/tmp/emit_vfd_XXXXXX";
    close(mkstemp(path));
    close(mkstemp(other));
    assert_int_equal(CPLCopyFile(path, local_path), 0);
    const hid_t access = access_to(path);
    assert_int_equal(rename(other, path), 0);
    assert_values(open_with(access, path, H5F_ACC_RDONLY));
    unlink(path);
}

static void two_opens_of_a_path_share_nothing(void **state)
{
    (void)state;
    const hid_t first = open_through_vsi(memory_path, H5F_ACC_RDONLY);
    const hid_t second = open_through_vsi(memory_path, H5F_ACC_RDONLY);
    assert_true(first >= 0 && second >= 0);
    assert_true(H5Fclose(first) >= 0);
    const hid_t dataset = H5Dopen2(second, "v", H5P_DEFAULT);
    assert_true(dataset >= 0);
    assert_true(H5Fclose(second) >= 0);
}

static void files_are_opened_for_reading_only(void **state)
{
    (void)state;
    assert_true(open_through_vsi(memory_path, H5F_ACC_RDWR) < 0);
    const hid_t access = access_to(memory_path);
    assert_true(H5Fcreate("/vsimem/emit_vfd_new.h5", H5F_ACC_TRUNC, H5P_DEFAULT, access) < 0);
    H5Pclose(access);
}

static void bytes_after_the_end_are_an_error(void **state)
{
    (void)state;
    vsi_l_offset size = 0;
    assert_non_null(VSIGetMemFileBuffer(memory_path, &size, FALSE));
    const hid_t access = access_to(memory_path);
    H5FD_t *file = H5FDopen(memory_path, H5F_ACC_RDONLY, access, HADDR_UNDEF);
    assert_non_null(file);
    assert_int_equal(H5FDget_eof(file, H5FD_MEM_DEFAULT), size);
    assert_true(H5FDset_eoa(file, H5FD_MEM_DEFAULT, 2 * size) >= 0); /* as damaged metadata does */
    unsigned char bytes[16];
    assert_true(H5FDread(file, H5FD_MEM_DRAW, H5P_DEFAULT, size - 16, 16, bytes) >= 0);
    assert_true(H5FDread(file, H5FD_MEM_DRAW, H5P_DEFAULT, size - 15, 16, bytes) < 0);
    assert_true(H5FDread(file, H5FD_MEM_DRAW, H5P_DEFAULT, size + 1, 1, bytes) < 0);
    assert_true(H5FDwrite(file, H5FD_MEM_DRAW, H5P_DEFAULT, 0, 16, bytes) < 0);
    assert_true(H5FDclose(file) >= 0);
    H5Pclose(access);
}

static void a_file_cut_short_while_open_is_an_error(void **state)
{
    (void)state;
    const char *path = "/vsimem/emit_vfd_cut.h5";
    assert_int_equal(CPLCopyFile(path, memory_path), 0);
    const hid_t file = open_through_vsi(path, H5F_ACC_RDONLY);
    const hid_t dataset = H5Dopen2(file, "v", H5P_DEFAULT);
    VSILFILE *writer = VSIFOpenL(path, "r+b");
    assert_int_equal(VSIFTruncateL(writer, 2500), 0);
    VSIFCloseL(writer);
    int values[VALUE_COUNT];
    assert_true(H5Dread(dataset, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0);
    assert_true(H5Fclose(file) >= 0);
    VSIUnlink(path);
}

static void a_trace_records_reads_of_values_and_performs_none(void **state)
{
    (void)state;
    const hid_t access = access_to(memory_path);
    H5FD_t *file = H5FDopen(memory_path, H5F_ACC_RDONLY, access, HADDR_UNDEF);
    assert_true(H5FDset_eoa(file, H5FD_MEM_DEFAULT, 4096) >= 0);
    struct emit_vfd_trace trace = {.count = 0};
    char bytes[4] = {'k', 'e', 'p', 't'};
    emit_vfd_trace_reads(&trace);
    assert_true(H5FDread(file, H5FD_MEM_DRAW, H5P_DEFAULT, 1009, 4, bytes) >= 0);
    assert_memory_equal(bytes, "kept", 4);
    assert_true(H5FDread(file, H5FD_MEM_SUPER, H5P_DEFAULT, 0, 4, bytes) >= 0);
    assert_memory_equal(bytes, "\x89HDF", 4);
    emit_vfd_trace_reads(NULL);
    assert_int_equal(trace.count, 1);
    assert_int_equal(trace.offset, 1009);
    assert_int_equal(trace.size, 4);
    bytes[0] = '\0';
    assert_true(H5FDread(file, H5FD_MEM_DRAW, H5P_DEFAULT, 0, 4, bytes) >= 0);
    assert_memory_equal(bytes, "\x89HDF", 4);
    H5FDclose(file);
    H5Pclose(access);
}

static void the_driver_survives_a_restart_of_the_library(void **state)
{
    (void)state;
    assert_values(open_through_vsi(memory_path, H5F_ACC_RDONLY));
    H5close();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    assert_values(open_through_vsi(memory_path, H5F_ACC_RDONLY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(local_and_virtual_files_are_read, close_files),
        cmocka_unit_test_teardown(a_file_renamed_over_the_path_is_not_read, close_files),
        cmocka_unit_test_teardown(two_opens_of_a_path_share_nothing, close_files),
        cmocka_unit_test_teardown(files_are_opened_for_reading_only, close_files),
        cmocka_unit_test_teardown(bytes_after_the_end_are_an_error, close_files),
        cmocka_unit_test_teardown(a_file_cut_short_while_open_is_an_error, close_files),
        cmocka_unit_test_teardown(a_trace_records_reads_of_values_and_performs_none, close_files),
        cmocka_unit_test_teardown(the_driver_survives_a_restart_of_the_library, close_files),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
