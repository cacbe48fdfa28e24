/* SPDX-License-Identifier: MIT */
#include "core/granule/likely_paths.h"

#include "support.h"

#include <cpl_conv.h>

#include <cpl_string.h>

#define TIME "20240315T101112"
#define SCENE "_2407507_004"
#define MASK1 "EMIT_L2A_MASK_001_" TIME SCENE
#define MASK2 "EMIT_L2A_MASK_002_" TIME SCENE
#define MASK3 "EMIT_L2A_MASK_003_" TIME
#define RFL1 "EMIT_L2A_RFL_001_" TIME SCENE
#define RFL2 "EMIT_L2A_RFL_002_" TIME
#define IN_ARCHIVE3 "EMITL2AMASK.003/" MASK3 "/" MASK3
#define IN_ARCHIVE2 "EMITL2AMASK.002/" MASK2 "/" MASK2
#define IN_ARCHIVE1 "EMITL2ARFL.001/" RFL1 "/" MASK1

static void expect_paths(const char *path, const char *product, bool listed,
                         const char *const *expected)
{
    char **paths = emit_likely_paths(path, product, TIME, listed);
    int count = 0;
    for (; expected[count] != NULL; count++)
    {
        assert_true(count < CSLCount(paths));
        assert_string_equal(paths[count], expected[count]);
    }
    assert_int_equal(CSLCount(paths), count);
    CSLDestroy(paths);
}

/* EXPECT_PATHS(granule, product, "path", ...), and the same for a folder that is listed. */
#define EXPECT_PATHS(path, product, ...)                                                           \
    expect_paths(path, product, false, (const char *const[]){__VA_ARGS__, NULL})
#define EXPECT_LISTED(path, product, ...)                                                          \
    expect_paths(path, product, true, (const char *const[]){__VA_ARGS__, NULL})

static void a_folder_that_is_not_listed_has_the_mission_s_names(void **state)
{
    (void)state;
    EXPECT_PATHS("/vsicurl/a/" RFL1 ".nc", "MASK", "/vsicurl/a/" MASK1 ".nc",
                 "/vsicurl/a/" MASK2 ".nc", "/vsicurl/a/" MASK3 ".nc");
    EXPECT_PATHS("/vsicurl/a/" MASK3 ".nc", "RFL", "/vsicurl/a/" RFL2 ".nc");
    EXPECT_PATHS("/vsicurl/a/any.nc", "MASK", "/vsicurl/a/" MASK3 ".nc");
    expect_paths("/vsicurl/a/" RFL1 ".nc", "MASK", true, (const char *const[]){NULL});
}

static void names_that_end_as_the_granule_s_come_first(void **state)
{
    (void)state;
    EXPECT_PATHS("/vsicurl/a/" RFL2 "_roi.nc", "MASK", "/vsicurl/a/" MASK3 "_roi.nc",
                 "/vsicurl/a/" MASK3 ".nc");
    EXPECT_PATHS("/vsicurl/a/" RFL2 ".nc4", "MASK", "/vsicurl/a/" MASK3 ".nc4",
                 "/vsicurl/a/" MASK3 ".nc");
}

static void the_archive_has_a_folder_for_each_collection_and_granule(void **state)
{
    (void)state;
    EXPECT_LISTED("/vsis3/b/c/EMITL1BRAD.001/g/EMIT_L1B_RAD_001_" TIME SCENE ".nc", "MASK",
                  "/vsis3/b/c/" IN_ARCHIVE1 ".nc", "/vsis3/b/c/" IN_ARCHIVE2 ".nc",
                  "/vsis3/b/c/" IN_ARCHIVE3 ".nc");
    EXPECT_LISTED("EMITL2ARFL.001/" RFL1 "/" RFL1 ".nc", "MASK", IN_ARCHIVE1 ".nc",
                  IN_ARCHIVE2 ".nc", IN_ARCHIVE3 ".nc");
    EXPECT_LISTED("/vsicurl/EMITL1BRAD.002/g/EMIT_L1B_RAD_002_" TIME ".nc", "MASK",
                  "/vsicurl/" IN_ARCHIVE3 ".nc");
    EXPECT_LISTED("/vsicurl/EMITL1BRAD.002/g/EMIT_L1B_RAD_002_" TIME ".nc", "RFL",
                  "/vsicurl/EMITL2ARFL.002/" RFL2 "/" RFL2 ".nc");
}

/* The first path is asked for by the connection that is open. */
static void the_archive_s_own_path_comes_before_those_of_the_folder(void **state)
{
    (void)state;
    EXPECT_PATHS("/vsicurl/EMITL2ARFL.002/" RFL2 "/" RFL2 ".nc", "MASK",
                 "/vsicurl/" IN_ARCHIVE3 ".nc", "/vsicurl/EMITL2ARFL.002/" RFL2 "/" MASK3 ".nc");
    EXPECT_PATHS("/vsicurl/EMITL2ARFL.001/" RFL1 "/" RFL1 ".nc", "MASK",
                 "/vsicurl/" IN_ARCHIVE1 ".nc", "/vsicurl/" IN_ARCHIVE2 ".nc",
                 "/vsicurl/" IN_ARCHIVE3 ".nc", "/vsicurl/EMITL2ARFL.001/" RFL1 "/" MASK2 ".nc",
                 "/vsicurl/EMITL2ARFL.001/" RFL1 "/" MASK3 ".nc");
}

static void a_path_that_two_rules_give_comes_once(void **state)
{
    (void)state;
    EXPECT_PATHS("/vsicurl/EMITL2AMASK.003/" MASK3 "/" MASK3 ".nc", "MASK",
                 "/vsicurl/" IN_ARCHIVE3 ".nc");
}

static void folders_of_servers_are_listed_unless_the_configuration_forbids_it(void **state)
{
    static const struct
    {
        const char *setting;
        bool local, remote;
    } cases[] = {{"NO", true, true}, {"YES", true, false}, {"EMPTY_DIR", true, false}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
    {
        CPLSetConfigOption("GDAL_DISABLE_READDIR_ON_OPEN", cases[i].setting);
        assert_int_equal(emit_may_list_folder("/data/a.nc"), cases[i].local);
        assert_int_equal(emit_may_list_folder("/vsis3/bucket/a.nc"), cases[i].remote);
    }
    CPLSetConfigOption("GDAL_DISABLE_READDIR_ON_OPEN", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_that_is_not_listed_has_the_mission_s_names),
        cmocka_unit_test(names_that_end_as_the_granule_s_come_first),
        cmocka_unit_test(the_archive_has_a_folder_for_each_collection_and_granule),
        cmocka_unit_test(the_archive_s_own_path_comes_before_those_of_the_folder),
        cmocka_unit_test(a_path_that_two_rules_give_comes_once),
        cmocka_unit_test(folders_of_servers_are_listed_unless_the_configuration_forbids_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
