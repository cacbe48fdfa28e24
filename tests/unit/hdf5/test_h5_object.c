/* SPDX-License-Identifier: MIT */
#include "h5support.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void write_some_objects(void)
{
    const hid_t file = new_file();
    const hid_t group = H5Gcreate2(file, "location", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    add_list(file, "zeta", H5T_STD_I32LE, 3);
    add_list(file, "alpha", H5T_STD_I32LE, 4);
    add_list(group, "lon", H5T_STD_I32LE, 5);
    H5Lcreate_soft("/nowhere", file, "dangling", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/location/lon", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
    const hid_t type = H5Tcopy(H5T_STD_I32LE);
    H5Tcommit2(file, "type", type, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Tclose(type);
    H5Gclose(group);
    H5Fclose(file);
}

static void only_datasets_are_opened(void **state)
{
    (void)state;
    write_some_objects();
    struct emit_h5 *file = open_local();
    assert_true(emit_h5_has(file, "/zeta"));
    assert_true(emit_h5_has(file, "/location/lon"));
    assert_true(emit_h5_has(file, "/soft"));
    assert_false(emit_h5_has(file, "/"));
    assert_false(emit_h5_has(file, ""));
    assert_false(emit_h5_has(file, "/location"));
    assert_false(emit_h5_has(file, "/location/"));
    assert_false(emit_h5_has(file, "/type"));
    assert_false(emit_h5_has(file, "/dangling"));
    assert_false(emit_h5_has(file, "/absent"));
    assert_false(emit_h5_has(file, "/absent/lon"));
    assert_false(emit_h5_has(file, "/zeta/lon"));
    char long_name[2 * EMIT_NAME_SIZE] = "/";
    memset(long_name + 1, 'n', sizeof long_name - 2);
    assert_false(emit_h5_has(file, long_name));
    emit_h5_close(file);
}

static void lists_are_sorted_and_hold_datasets_alone(void **state)
{
    (void)state;
    write_some_objects();
    struct emit_h5 *file = open_local();
    const char *const *names = NULL;
    size_t count = 0;
    assert_int_equal(emit_h5_root_datasets(file, &names, &count, &last_error), EMIT_OK);
    assert_int_equal(count, 3);
    assert_string_equal(names[0], "alpha");
    assert_string_equal(names[1], "soft");
    assert_string_equal(names[2], "zeta");
    emit_h5_close(file);
}

static void names_too_long_for_a_layout_are_not_listed(void **state)
{
    (void)state;
    char name[EMIT_NAME_SIZE + 1] = {0};
    const hid_t file = new_file();
    memset(name, 'n', EMIT_NAME_SIZE - 2);
    add_list(file, name, H5T_STD_I32LE, 3);
    memset(name, 'o', EMIT_NAME_SIZE - 1);
    add_list(file, name, H5T_STD_I32LE, 4);
    memset(name, 'p', EMIT_NAME_SIZE);
    add_list(file, name, H5T_STD_I32LE, 5);
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    const char *const *names = NULL;
    size_t count = 0;
    assert_int_equal(emit_h5_root_datasets(h5, &names, &count, &last_error), EMIT_OK);
    assert_int_equal(count, 1);
    assert_int_equal(names[0][0], 'n');
    emit_h5_close(h5);
}

static void too_many_entries_are_refused(void **state)
{
    (void)state;
    const hid_t file = new_file();
    for (int i = 0; i < 1025; i++)
    {
        char name[16];
        snprintf(name, sizeof name, "g%d", i);
        H5Gclose(H5Gcreate2(file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    }
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    const char *const *names = NULL;
    size_t count = 0;
    assert_int_equal(emit_h5_root_datasets(h5, &names, &count, &last_error), EMIT_ERROR_FORMAT);
    assert_null(names);
    emit_h5_close(h5);
}

static void links_into_other_files_are_refused(void **state)
{
    (void)state;
    const char *other = test_path("other.h5");
    hid_t file = new_file();
    add_list(file, "v", H5T_STD_I32LE, 3);
    H5Fclose(file);
    assert_int_equal(rename(local_path, other), 0);
    file = new_file();
    H5Lcreate_external(other, "/v", file, "outside", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external(other, "/", file, "group", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    assert_false(emit_h5_has(h5, "/outside"));
    assert_layout_fails(h5, "/outside", EMIT_ERROR_FORMAT);
    assert_layout_fails(h5, "/group/v", EMIT_ERROR_FORMAT);
    assert_null(emit_h5_attribute(h5, "/outside", "a"));
    emit_h5_close(h5);
    unlink(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_datasets_are_opened),
        TEST(lists_are_sorted_and_hold_datasets_alone),
        TEST(names_too_long_for_a_layout_are_not_listed),
        TEST(too_many_entries_are_refused),
        TEST(links_into_other_files_are_refused),
    };
    return cmocka_run_group_tests(tests, begin_h5, end_h5);
}
