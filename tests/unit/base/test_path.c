/* SPDX-License-Identifier: MIT */
#include "core/base/path.h"

#include "support.h"

#include <string.h>

static void expect_base(const char *path, const char *base, bool has_folder)
{
    size_t length;
    const char *begin = emit_path_base(path, &length);
    assert_int_equal(length, strlen(base));
    assert_memory_equal(begin, base, length);
    assert_int_equal(emit_path_has_folder(path), has_folder);
}

static void base_names_follow_the_last_slash(void **state)
{
    (void)state;
    expect_base("a.nc", "a.nc", true);
    expect_base("", "", true);
    expect_base("/data/x/", "", true);
    expect_base("C:\\data\\a.nc", "a.nc", true);
    expect_base("/data/what?/a=b&c.nc", "a=b&c.nc", true);
    expect_base("/data/is?it.nc", "is?it.nc", true);
    expect_base("/vsis3/bucket/a?b.nc", "a?b.nc", true);
    expect_base("/vsicurl/https://host:80/x/a.nc", "a.nc", true);
    expect_base("/vsizip/{/vsicurl/http://h/a.zip?s=1/2}/in/a.nc", "a.nc", true);
}

static void queries_of_urls_are_not_part_of_the_name(void **state)
{
    (void)state;
    expect_base("/vsicurl/https://h/x/a.nc?Credential=AK/2026/s3&Signature=00", "a.nc", false);
    expect_base("/VSICURL/https://h/x/a.nc?", "a.nc", false);
    expect_base("/vsicurl_streaming/http://h/a.nc?a=/b.nc", "a.nc", false);
    expect_base("/vsicurl/http://h/dap/a.nc.dap.nc4?dap4.ce=/mask", "a.nc.dap.nc4", false);
}

static void names_in_encoded_urls_are_found(void **state)
{
    (void)state;
    expect_base("/vsicurl?url=http%3A%2F%2Fh%3A80%2Fx%2Fa.nc", "a.nc", false);
    expect_base("/vsicurl?use_head=no&url=http%3a%2f%2fh%2fa.nc%3fs=1%2F2&x=/y", "a.nc", false);
    expect_base("/vsicurl?url=http://h/a.nc&max_retry=3", "a.nc", false);
    expect_base("/vsicurl?use_head=no", "vsicurl?use_head=no", true);
    expect_base("/vsicurl?url=", "", false);
}

static void extensions_end_at_a_colon_a_question_mark_or_the_end(void **state)
{
    (void)state;
    assert_int_equal(emit_path_ending(".nc"), 3);
    assert_int_equal(emit_path_ending(".NC4:lon"), 4);
    assert_int_equal(emit_path_ending(".h5?ORTHO=NO"), 3);
    assert_int_equal(emit_path_ending(".Hdf5"), 5);
    assert_int_equal(emit_path_ending(".nc.h5"), 0);
    assert_int_equal(emit_path_ending(".nc/x"), 0);
    assert_int_equal(emit_path_ending(".hdf"), 0);
    assert_int_equal(emit_path_ending("nc"), 0);
    assert_int_equal(emit_path_ending("."), 0);
    assert_int_equal(emit_path_ending(""), 0);
}

static void hdf5_files_are_recognised_by_their_extension(void **state)
{
    (void)state;
    assert_true(emit_path_is_hdf5("/x.d/a.nc"));
    assert_true(emit_path_is_hdf5("a.nc.H5"));
    assert_true(emit_path_is_hdf5("/vsicurl/http://h/a.nc4?dap4.ce=/mask"));
    assert_false(emit_path_is_hdf5("a.nc.aux.xml"));
    assert_false(emit_path_is_hdf5("/x.nc/a"));
    assert_false(emit_path_is_hdf5("nc"));
    assert_false(emit_path_is_hdf5("/vsicurl/http://h/a.tif?x=.nc"));
}

static void stems_have_no_extension(void **state)
{
    (void)state;
    assert_int_equal(emit_path_stem(".nc"), 0);
    assert_int_equal(emit_path_stem("_crop.nc"), 5);
    assert_int_equal(emit_path_stem("_crop.nc.nc4"), 5);
    assert_int_equal(emit_path_stem(".nc.dap.nc4?dap4.ce=/x.nc"), 0);
    assert_int_equal(emit_path_stem("_v1.2.h5"), 5);
    assert_int_equal(emit_path_stem(".dap"), 4);
    assert_int_equal(emit_path_stem(""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base_names_follow_the_last_slash),
        cmocka_unit_test(queries_of_urls_are_not_part_of_the_name),
        cmocka_unit_test(names_in_encoded_urls_are_found),
        cmocka_unit_test(extensions_end_at_a_colon_a_question_mark_or_the_end),
        cmocka_unit_test(hdf5_files_are_recognised_by_their_extension),
        cmocka_unit_test(stems_have_no_extension),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
