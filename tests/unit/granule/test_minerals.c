/* SPDX-License-Identifier: MIT */
#include "core/granule/minerals.h"

#include "support.h"

#define ROWS 3

static const char *const all_columns[] = {"index",   "record", "group", "url",
                                          "library", "name",   NULL};

struct table
{
    struct emit_granule *granule;
    struct emit_arena arena;
    const struct emit_mineral *rows;
    size_t count;
};

/* Writes a granule whose table has the columns in "which", each of ROWS entries except the one
 * named "longer", and reads the table. */
static enum emit_status read_table(const char *const *which, const char *longer,
                                   struct table *table)
{
    static const unsigned numbers[ROWS + 1] = {7, 301, 12, 9};
    static const char *const texts[ROWS + 1] = {"Hematite", "Vermiculite, \xC3\xA4", "", "x"};
    struct test_granule fixture;
    int group = -1, rows = -1, more = -1, id = -1;
    test_granule_begin(&fixture, "minerals.nc", 2, 3);
    test_granule_add(&fixture, "group_1_mineral_id", NC_SHORT, 0, -9999.0, &mk_packed, NULL);
    assert_int_equal(nc_def_grp(fixture.file.id, "mineral_metadata", &group), NC_NOERR);
    assert_int_equal(nc_def_dim(fixture.file.id, "minerals", ROWS, &rows), NC_NOERR);
    assert_int_equal(nc_def_dim(fixture.file.id, "more", ROWS + 1, &more), NC_NOERR);
    for (; *which != NULL; which++)
    {
        const char first = **which;
        const bool text = first == 'n' || first == 'l' || first == 'u';
        const bool is_longer = longer != NULL && *which == longer;
        assert_int_equal(nc_def_var(group, *which, text ? NC_STRING : NC_UINT, 1,
                                    is_longer ? &more : &rows, &id),
                         NC_NOERR);
        assert_int_equal(nc_put_var(group, id, text ? (const void *)texts : numbers), NC_NOERR);
    }
    test_granule_end(&fixture);
    *table = (struct table){.rows = (void *)&last_error, .count = 9};
    EXPECT_OK(emit_granule_open(test_path("minerals.nc"), &table->granule, &last_error));
    return emit_minerals_read(table->granule, &table->arena, &table->rows, &table->count,
                              &last_error);
}

static void close_table(struct table *table)
{
    emit_arena_close(&table->arena);
    emit_granule_close(table->granule);
}

static void variables_of_ids_are_known_by_their_ending(void **state)
{
    (void)state;
    assert_true(emit_minerals_named_by("group_1_mineral_id"));
    assert_true(emit_minerals_named_by("_mineral_id"));
    assert_false(emit_minerals_named_by("mineral_id"));
    assert_false(emit_minerals_named_by("group_1_mineral_id_unc"));
    assert_false(emit_minerals_named_by("group_1_band_depth"));
    assert_false(emit_minerals_named_by(""));
}

static void the_table_begins_with_no_match_and_goes_on_as_in_the_file(void **state)
{
    struct table table;
    (void)state;
    EXPECT_OK(read_table(all_columns, NULL, &table));
    assert_int_equal(table.count, ROWS + 1);
    assert_int_equal(table.rows[0].id, 0);
    assert_int_equal(table.rows[0].group, 0);
    assert_string_not_equal(table.rows[0].name, "");
    assert_int_equal(table.rows[2].id, 301);
    assert_string_equal(table.rows[2].name, "Vermiculite, \xC3\xA4");
    assert_string_equal(table.rows[1].library, "Hematite");
    assert_string_equal(table.rows[1].url, "Hematite");
    assert_string_equal(table.rows[2].record, "301");
    assert_int_equal(table.rows[3].group, 12);
    assert_string_equal(table.rows[3].name, "");
    close_table(&table);
}

static void columns_that_are_missing_are_empty(void **state)
{
    static const char *const columns[] = {"index", "name", NULL};
    struct table table;
    (void)state;
    EXPECT_OK(read_table(columns, NULL, &table));
    assert_int_equal(table.count, ROWS + 1);
    assert_int_equal(table.rows[3].id, 12);
    assert_string_equal(table.rows[1].name, "Hematite");
    assert_string_equal(table.rows[1].record, "");
    assert_string_equal(table.rows[1].url, "");
    assert_int_equal(table.rows[1].group, 0);
    close_table(&table);
}

static void without_a_table_there_are_no_rows(void **state)
{
    static const char *const columns[] = {"name", NULL};
    struct table table;
    (void)state;
    EXPECT_OK(read_table(columns, NULL, &table));
    assert_int_equal(table.count, 0);
    assert_null(table.rows);
    close_table(&table);
}

static void columns_of_another_length_are_an_error(void **state)
{
    struct table table;
    (void)state;
    for (size_t i = 1; all_columns[i] != NULL; i++)
    {
        EXPECT_ERROR(EMIT_ERROR_FORMAT, read_table(all_columns, all_columns[i], &table),
                     "minerals.nc", all_columns[i], "has 4 rows", "has 3");
        close_table(&table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables_of_ids_are_known_by_their_ending),
        cmocka_unit_test(the_table_begins_with_no_match_and_goes_on_as_in_the_file),
        cmocka_unit_test(columns_that_are_missing_are_empty),
        cmocka_unit_test(without_a_table_there_are_no_rows),
        cmocka_unit_test(columns_of_another_length_are_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
