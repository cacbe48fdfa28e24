/* SPDX-License-Identifier: MIT */
#include "h5support.h"

static void boxes_hold_the_requested_values_in_native_order(void **state)
{
    (void)state;
    const uint64_t start[3] = {3, 5, 2};
    const uint64_t count[3] = {4, 6, 7};
    for (size_t i = 0; i < INDEX_KINDS; i++)
    {
        write_cube(&index_kinds[i], 5);
        struct emit_h5 *h5 = open_local();
        const struct emit_layout layout = layout_of(h5, "/cube");
        short box[4][6][7];
        assert_int_equal(emit_h5_read_box(h5, &layout, start, count, box, &last_error), EMIT_OK);
        for (int a = 0; a < 4; a++)
            for (int b = 0; b < 6; b++)
                for (int c = 0; c < 7; c++)
                    assert_int_equal(box[a][b][c],
                                     3 + a < 5 ? ((3 + a) * 11 + 5 + b) * 10 + 2 + c + 1 : -5);
        emit_h5_close(h5);
    }
}

static void boxes_outside_are_refused(void **state)
{
    (void)state;
    write_cube(&index_kinds[0], 7);
    struct emit_h5 *h5 = open_local();
    const struct emit_layout layout = layout_of(h5, "/cube");
    const uint64_t boxes[][2][3] = {{{7, 0, 0}, {1, 1, 1}},
                                    {{0, 0, 0}, {0, 1, 1}},
                                    {{0, 0, 9}, {1, 1, 2}},
                                    {{0, UINT64_MAX, 0}, {1, 2, 1}},
                                    {{0, 1, 0}, {1, UINT64_MAX, 1}}};
    for (size_t i = 0; i < sizeof boxes / sizeof boxes[0]; i++)
        assert_int_equal(emit_h5_read_box(h5, &layout, boxes[i][0], boxes[i][1], NULL, &last_error),
                         EMIT_ERROR_INTERNAL);
    emit_h5_close(h5);
}

static void lists_of_numbers_have_a_limit(void **state)
{
    (void)state;
    const hid_t file = new_file();
    add_list(file, "bands", H5T_STD_I16BE, 8);
    const hsize_t shape[] = {2, 3};
    H5Dclose(add_dataset(file, "plane", H5T_STD_I16LE, 2, shape, NULL, H5P_DEFAULT));
    H5Fclose(file);
    struct emit_h5 *h5 = open_local();
    const double *values = NULL;
    size_t count = 9;
    assert_int_equal(emit_h5_read_doubles(h5, "/bands", 8, &values, &count, &last_error), EMIT_OK);
    assert_int_equal(count, 8);
    assert_true(values[0] == 10.0 && values[7] == 17.0);
    const char *const names[] = {"/bands", "/plane", "/absent"};
    for (size_t i = 0; i < 3; i++)
    {
        assert_int_equal(emit_h5_read_doubles(h5, names[i], 7, &values, &count, &last_error),
                         EMIT_ERROR_FORMAT);
        assert_null(values);
        assert_int_equal(count, 0);
        assert_message_has(names[i]);
    }
    emit_h5_close(h5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(boxes_hold_the_requested_values_in_native_order),
        TEST(boxes_outside_are_refused),
        TEST(lists_of_numbers_have_a_limit),
    };
    return cmocka_run_group_tests(tests, begin_h5, end_h5);
}
