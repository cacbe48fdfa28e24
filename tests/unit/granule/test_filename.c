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

static void what_only_resembles_a_granule_is_none(void **state)
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
        "EMIT_L2A_ABCDEFGHIJKLMNOPQ_001_20220827T060753.nc", /* longer than its place */
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
        cmocka_unit_test(what_only_resembles_a_granule_is_none),
        cmocka_unit_test(a_base_name_that_says_emit_in_any_case_mentions_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
