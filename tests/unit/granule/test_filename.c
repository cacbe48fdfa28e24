/* SPDX-License-Identifier: MIT */
#include "core/granule/filename.h"

#include "support.h"

static void names_of_both_generations_are_taken_apart(void **state)
{
    static const struct
    {
        const char *path, *product;
        int version;
    } names[] = {
        {"EMIT_L2A_RFL_001_20220827T060753_2223904_013.nc", "RFL", 1},
        {"/data/x/EMIT_L2A_MASK_V003_20220827T060753.nc", "MASK", 3},
        {"/vsizip/a.zip/EMIT_L1B_RAD_002_20220827T060753.nc", "RAD", 2},
        {"EMIT_L2B_MINUNCERT_120_20220827T060753_2223904_013", "MINUNCERT", 120},
        {"EMIT_L2B_ASA6_001_20220827T060753.nc", "ASA6", 1},
        {"EMIT_L2A_ABCDEFGHIJKLMNOP_001_20220827T060753.nc", "ABCDEFGHIJKLMNOP", 1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
    {
        struct emit_filename_parts parts;
        assert_true(emit_filename_parse(names[i].path, &parts));
        assert_string_equal(parts.product, names[i].product);
        assert_int_equal(parts.version, names[i].version);
        assert_string_equal(parts.time, "20220827T060753");
        assert_int_equal(emit_filename_classify(names[i].path), EMIT_FILENAME_GRANULE);
    }
}

static void names_that_resemble_a_granule_are_refused(void **state)
{
    static const char *const names[] = {
        "",
        "EMIT",
        "EMIT_L2A_RFL_001",
        "EMIT_L2A_RFL_001_20220827T06075",
        "EMIT_L2A_RFL_001_20220827X060753.nc",
        "EMIT_L2A_RFL_01_20220827T060753.nc",
        "EMIT_L2A_RFL_VV01_20220827T060753.nc",
        "EMIT_L2A__001_20220827T060753.nc",
        "EMIT_L2A_rfl_001_20220827T060753.nc",
        "EMIT_L2AB_RFL_001_20220827T060753.nc",
        "EMIT_LXA_RFL_001_20220827T060753.nc",
        "EMIT_L3_RFL_002_20220827T060753.nc", /* gridded */
        "EMIT_L0_RAW_001_20220827T060753.nc",
        "emit_L2A_RFL_001_20220827T060753.nc",
        "my_EMIT_L2A_RFL_001_20220827T060753.nc",
        "EMIT_L2A_ABCDEFGHIJKLMNOPQ_001_20220827T060753.nc", /* longer than its field */
        "EMIT_L2A_RFL_001_20220827T060753.nc/other.nc",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
    {
        struct emit_filename_parts parts;
        assert_false(emit_filename_parse(names[i], &parts));
        assert_int_not_equal(emit_filename_classify(names[i]), EMIT_FILENAME_GRANULE);
    }
}

static void every_part_of_a_name_is_parsed(void **state)
{
    struct emit_filename_parts parts;
    (void)state;
    assert_true(
        emit_filename_parse("/a/EMIT_L2A_RFL_001_20220827T060753_2223904_013_a.b.nc", &parts));
    assert_string_equal(parts.level, "L2A");
    assert_string_equal(parts.scene, "_2223904_013");
    assert_string_equal(parts.rest, "_a.b.nc");
    assert_true(emit_filename_parse("EMIT_L2_RFL_002_20220827T060753.nc", &parts));
    assert_string_equal(parts.level, "L2");
    assert_string_equal(parts.scene, "");
    assert_string_equal(parts.rest, ".nc");
}

static void the_case_of_letters_may_be_ignored(void **state)
{
    struct emit_filename_parts parts;
    (void)state;
    assert_true(
        emit_filename_parse_any_case("/EMIT/emit_l2a_Mask_v003_20220827t060753_Roi.NC", &parts));
    assert_string_equal(parts.level, "L2A");
    assert_string_equal(parts.product, "MASK");
    assert_int_equal(parts.version, 3);
    assert_string_equal(parts.time, "20220827T060753");
    assert_string_equal(parts.rest, "_Roi.NC");
    assert_false(emit_filename_parse_any_case("emi_l2a_mask_003_20220827t060753.nc", &parts));
}

static void the_mission_s_own_names_are_known(void **state)
{
    static const struct
    {
        const char *name;
        bool original;
    } names[] = {
        {"EMIT_L2A_RFL_001_20220827T060753_2223904_013.nc", true},
        {"EMIT_L2A_RFL_001_20220827T060753.nc", false},
        {"EMIT_L2A_RFL_002_20220827T060753.nc", true},
        {"EMIT_L2A_RFL_002_20220827T060753_2223904_013.nc", false},
        {"EMIT_L2A_MASK_002_20220827T060753_2223904_013.nc", true},
        {"EMIT_L2A_MASK_003_20220827T060753.nc", true},
        {"EMIT_L2A_MASK_003_20220827T060753 (1).nc", false},
        {"EMIT_L2A_MASK_003_20220827T060753.crop.nc", false},
        {"EMIT_L2A_MASK_003_20220827T060753", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
    {
        struct emit_filename_parts parts;
        assert_true(emit_filename_parse(names[i].name, &parts));
        assert_int_equal(emit_filename_is_original(&parts), names[i].original);
    }
}

static void the_archive_s_folders_are_known(void **state)
{
    static const struct
    {
        const char *path;
        int base_length; /* -1: not in the archive */
    } paths[] = {
        {"/vsicurl/https://a.b/c/EMITL2ARFL.002/EMIT_L2A_RFL_002_20220827T060753/x.nc", 23},
        {"EMITL1BRAD.001/g/x.nc", 0},
        {"/EMITL2BMIN.001/g/x.nc", 1},
        {"../EMITL2ARFL.002/g/x.nc", 3},
        {"a/EMITL2ARFL.002/x.nc", -1},
        {"a/EMITL2ARFL.002/b/g/x.nc", -1},
        {"a/EMITL2ARFL/g/x.nc", -1},
        {"a/EMITL2ARFL.02/g/x.nc", -1},
        {"a/EMITL2ARFL.0022/g/x.nc", -1},
        {"a/my_EMITL2ARFL.002/g/x.nc", -1},
        {"g/x.nc", -1},
        {"x.nc", -1},
        {"", -1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++)
    {
        size_t length = 99;
        assert_int_equal(emit_filename_is_in_archive(paths[i].path, &length),
                         paths[i].base_length >= 0);
        if (paths[i].base_length >= 0)
            assert_int_equal(length, paths[i].base_length);
    }
}

static void a_base_name_that_says_emit_in_any_case_mentions_it(void **state)
{
    (void)state;
    assert_int_equal(emit_filename_classify("/a/crop_of_eMiT.nc"), EMIT_FILENAME_MENTIONS);
    assert_int_equal(emit_filename_classify("emit"), EMIT_FILENAME_MENTIONS);
    assert_int_equal(emit_filename_classify("/emit/other.nc"), EMIT_FILENAME_OTHER);
    assert_int_equal(emit_filename_classify("emi.nc"), EMIT_FILENAME_OTHER);
    assert_int_equal(emit_filename_classify("e_m_i_t"), EMIT_FILENAME_OTHER);
    assert_int_equal(emit_filename_classify(""), EMIT_FILENAME_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_both_generations_are_taken_apart),
        cmocka_unit_test(names_that_resemble_a_granule_are_refused),
        cmocka_unit_test(every_part_of_a_name_is_parsed),
        cmocka_unit_test(the_case_of_letters_may_be_ignored),
        cmocka_unit_test(the_mission_s_own_names_are_known),
        cmocka_unit_test(the_archive_s_folders_are_known),
        cmocka_unit_test(a_base_name_that_says_emit_in_any_case_mentions_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
