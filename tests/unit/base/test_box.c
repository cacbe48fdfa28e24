/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "core/base/box.h"

#include <string.h>

/* Values that encode their position in the cube. */
static uint16_t value_at(uint64_t line, uint64_t column, uint64_t band)
{
    return (uint16_t)(1000 * line + 100 * column + band);
}

static void a_box_holds_the_product_of_its_counts(void **state)
{
    (void)state;
    assert_int_equal(emit_box_values(&(struct emit_box){{9, 9, 9}, {3, 5, 7}}), 105);
    assert_int_equal(emit_box_values(&(struct emit_box){{0, 0, 0}, {3, 0, 7}}), 0);
}

static void c_order_has_bands_inside_columns_inside_lines(void **state)
{
    (void)state;
    const uint16_t bytes[1] = {0};
    const struct emit_box box = {{2, 3, 4}, {1, 2, 3}};
    const uint64_t extent[3] = {5, 6, 7};
    const struct emit_values values = emit_values_in_c_order(bytes, &box, extent, 2);
    assert_ptr_equal(values.bytes, bytes);
    assert_int_equal(values.stride[0], 6 * 7 * 2);
    assert_int_equal(values.stride[1], 7 * 2);
    assert_int_equal(values.stride[2], 2);
    assert_memory_equal(&values.box, &box, sizeof box);
}

/* Copies from a cube of 4 x 5 x 6 values at (10, 20, 30) into "to" at its own place. */
static void copy_from_cube(const struct emit_box *to, uint16_t *values)
{
    uint16_t cube[4 * 5 * 6];
    const struct emit_box from = {{10, 20, 30}, {4, 5, 6}};
    for (uint64_t i = 0; i < 4 * 5 * 6; i++)
        cube[i] = value_at(i / 30, i / 6 % 5, i % 6);
    const struct emit_values source = emit_values_in_c_order(cube, &from, from.count, 2);
    const struct emit_values target = emit_values_in_c_order(values, to, to->count, 2);
    emit_values_copy_common(&source, &target, 2);
}

static void expect_copied(const struct emit_box *to)
{
    uint16_t values[8 * 8 * 8];
    memset(values, 0xab, sizeof values);
    copy_from_cube(to, values);
    for (uint64_t i = 0; i < emit_box_values(to); i++)
    {
        const uint64_t line = to->start[0] + i / (to->count[1] * to->count[2]);
        const uint64_t column = to->start[1] + i / to->count[2] % to->count[1];
        const uint64_t band = to->start[2] + i % to->count[2];
        const bool common =
            line >= 10 && line < 14 && column >= 20 && column < 25 && band >= 30 && band < 36;
        assert_int_equal(values[i], common ? value_at(line - 10, column - 20, band - 30) : 0xabab);
    }
}

static void only_the_intersection_of_two_boxes_is_copied(void **state)
{
    (void)state;
    expect_copied(&(struct emit_box){{11, 22, 31}, {2, 2, 3}}); /* inside */
    expect_copied(&(struct emit_box){{8, 18, 28}, {7, 8, 8}});  /* around */
    expect_copied(&(struct emit_box){{12, 23, 34}, {5, 4, 3}}); /* beyond the upper corner */
    expect_copied(&(struct emit_box){{7, 17, 27}, {4, 5, 6}});  /* below the lower corner */
    expect_copied(&(struct emit_box){{10, 20, 30}, {4, 5, 6}}); /* the same */
    expect_copied(&(struct emit_box){{14, 20, 30}, {2, 5, 6}}); /* adjacent */
    expect_copied(&(struct emit_box){{40, 50, 60}, {2, 3, 4}}); /* disjoint */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_box_holds_the_product_of_its_counts),
        cmocka_unit_test(c_order_has_bands_inside_columns_inside_lines),
        cmocka_unit_test(only_the_intersection_of_two_boxes_is_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
