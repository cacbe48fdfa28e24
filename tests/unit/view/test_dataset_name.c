/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdlib.h>
#include <string.h>

/* Parses "text" and compares all parts; "options" are joined by '|', "" for none. */
static void expect_name(const char *text, const char *path, const char *variable,
                        const char *options)
{
    struct emit_name name;
    char joined[1024] = "";
    EXPECT_OK(emit_name_parse(text, &name, &last_error));
    assert_string_equal(name.path, path);
    if (variable == NULL)
        assert_null(name.variable);
    else
        assert_string_equal(name.variable, variable);
    for (char **option = name.options; option != NULL && *option != NULL; option++)
    {
        strcat(joined, option == name.options ? "" : "|");
        strcat(joined, *option);
    }
    assert_string_equal(joined, options);
    assert_true((name.options == NULL) == (*options == '\0'));
    emit_name_close(&name);
}

static void expect_refused(const char *text, const char *word)
{
    struct emit_name name;
    EXPECT_ERROR(EMIT_ERROR_OPTION, emit_name_parse(text, &name, &last_error), word);
    assert_null(name.path);
    assert_null(name.variable);
    assert_null(name.options);
    emit_name_close(&name); /* of a zeroed one */
}

static void the_prefix_counts_in_any_case_and_only_in_front(void **state)
{
    (void)state;
    assert_true(emit_name_has_prefix("EMIT:x"));
    assert_true(emit_name_has_prefix("eMiT:"));
    assert_false(emit_name_has_prefix("EMIT"));
    assert_false(emit_name_has_prefix("xEMIT:"));
    assert_false(emit_name_has_prefix(""));
}

static void a_plain_path_is_a_path_whatever_is_in_it(void **state)
{
    (void)state;
    expect_name("a.nc", "a.nc", NULL, "");
    expect_name("a.nc:reflectance?ORTHO=NO", "a.nc:reflectance?ORTHO=NO", NULL, "");
    expect_name("\"a.nc\"", "\"a.nc\"", NULL, "");
    expect_name("", "", NULL, "");
}

static void quoted_paths_are_taken_literally(void **state)
{
    (void)state;
    expect_name("EMIT:\"a.nc\"", "a.nc", NULL, "");
    expect_name("emit:\"a b:c?d&e=f.nc\":obs", "a b:c?d&e=f.nc", "obs", "");
    expect_name("EMIT:\"C:\\dir\\a.nc\":obs", "C:\\dir\\a.nc", "obs", "");
    expect_name("EMIT:\"say \\\"hi\\\".nc\"", "say \"hi\".nc", NULL, "");
    expect_name("EMIT:\"100%41.nc\"", "100%41.nc", NULL, "");
}

static void options_follow_the_path_or_the_variable(void **state)
{
    (void)state;
    expect_name("EMIT:\"a.nc\"?ORTHO=NO", "a.nc", NULL, "ORTHO=NO");
    expect_name("EMIT:\"a.nc\":mask?ORTHO=NO&NODATA=NAN", "a.nc", "mask", "ORTHO=NO|NODATA=NAN");
    expect_name("EMIT:\"a.nc\"?K=", "a.nc", NULL, "K=");
    expect_name("EMIT:\"a.nc\"?K=a=b", "a.nc", NULL, "K=a=b");
    expect_name("EMIT:\"a.nc\"?K=a?b:c", "a.nc", NULL, "K=a?b:c");
}

static void percent_codes_in_options_are_bytes(void **state)
{
    (void)state;
    expect_name("EMIT:\"a.nc\"?MASK_FILE=a%26b%3dc%25.nc", "a.nc", NULL, "MASK_FILE=a&b=c%.nc");
    expect_name("EMIT:\"a.nc\"?K=%C3%a4", "a.nc", NULL, "K=\xC3\xA4");
    expect_name("EMIT:\"a.nc\"?K=%", "a.nc", NULL, "K=%");
    expect_name("EMIT:\"a.nc\"?K=%4", "a.nc", NULL, "K=%4");
    expect_name("EMIT:\"a.nc\"?K=%zz%4g", "a.nc", NULL, "K=%zz%4g");
    expect_name("EMIT:\"a.nc\"?K=a%00b", "a.nc", NULL, "K=a%00b");
    expect_name("EMIT:\"a.nc\"?K=%2541", "a.nc", NULL, "K=%41");
    expect_name("EMIT:\"a.nc\"?K=1&L=2%26M=3", "a.nc", NULL, "K=1|L=2&M=3");
}

static void without_quotes_the_path_ends_at_the_first_ending_of_hdf5_files(void **state)
{
    (void)state;
    expect_name("EMIT:a.nc", "a.nc", NULL, "");
    expect_name("EMIT:a.nc:obs", "a.nc", "obs", "");
    expect_name("EMIT:a.NC?ORTHO=NO", "a.NC", NULL, "ORTHO=NO");
    expect_name("EMIT:C:\\x.nc.d\\a.nc:obs?ORTHO=1", "C:\\x.nc.d\\a.nc", "obs", "ORTHO=1");
    expect_name("EMIT:/vsizip/a.nc.zip/c.nc:obs", "/vsizip/a.nc.zip/c.nc", "obs", "");
    expect_name("EMIT:folder/file", "folder/file", NULL, "");
    expect_name("EMIT:a.h5:obs", "a.h5", "obs", "");
    expect_name("EMIT:a.nc.H5:obs?@K=1", "a.nc.H5", "obs", "@K=1");
    expect_name("EMIT:a.nc.dap.nc4?ORTHO=NO", "a.nc.dap.nc4", NULL, "ORTHO=NO");
    expect_name("EMIT:x.hdf5/a.tif:obs", "x.hdf5/a.tif:obs", NULL, "");
}

static void a_mask_file_option_does_not_extend_an_unquoted_path(void **state)
{
    (void)state;
    expect_name("EMIT:a.nc?MASK_FILE=b.nc&ORTHO=NO", "a.nc", NULL, "MASK_FILE=b.nc|ORTHO=NO");
}

static void malformed_names_are_refused_with_a_message(void **state)
{
    (void)state;
    expect_refused("EMIT:", "no path");
    expect_refused("EMIT:\"\"", "no path");
    expect_refused("EMIT:\"a.nc", "quote");
    expect_refused("EMIT:\"a.nc\\\"", "quote");
    expect_refused("EMIT:\"a.nc\":", "variable");
    expect_refused("EMIT:\"a.nc\":?K=1", "variable");
    expect_refused("EMIT:\"a.nc\"obs", "\"obs\"");
    expect_refused("EMIT:\"a.nc\"?", "KEY=VALUE");
    expect_refused("EMIT:\"a.nc\"?ORTHO", "\"ORTHO\"");
    expect_refused("EMIT:a.nc?Signature=secret:lon", "EMIT:\"path\"");
    expect_refused("EMIT:a.nc?ORTHO=NO&Signature=secret", "EMIT:\"path\"");
    expect_refused("EMIT:a.nc:lon?secret", "EMIT:\"path\"");
    assert_null(strstr(last_error.message, "secret"));
    expect_refused("EMIT:\"a.nc\"?=NO", "KEY=VALUE");
    expect_refused("EMIT:\"a.nc\"?K=1&", "KEY=VALUE");
    expect_refused("EMIT:\"a.nc\"?&K=1", "KEY=VALUE");
}

/* All combinations of a few awkward pieces: each is parsed or refused. */
static void arbitrary_names_do_not_crash(void **state)
{
    static const char *const pieces[] = {"\"", "\\", ":", "?", "&", "=", "%", ".nc", "", "\xff"};
    const size_t count = COUNT_OF(pieces);
    (void)state;
    for (size_t i = 0; i < count * count * count * count; i++)
    {
        char text[64] = "EMIT:";
        struct emit_name name;
        for (size_t left = i, k = 0; k < 4; k++, left /= count)
            strcat(text, pieces[left % count]);
        if (emit_name_parse(text, &name, &last_error) == EMIT_OK)
            assert_true(name.path != NULL && name.path[0] != '\0');
        else
            assert_null(name.path);
        emit_name_close(&name);
    }
}

static void a_very_long_name_is_parsed(void **state)
{
    const size_t length = 200000;
    char *text = malloc(length + 32);
    struct emit_name name;
    (void)state;
    assert_non_null(text);
    strcpy(text, "EMIT:\"");
    memset(text + 6, 'a', length);
    strcpy(text + 6 + length, "\":v?K=1");
    EXPECT_OK(emit_name_parse(text, &name, &last_error));
    assert_int_equal(strlen(name.path), length);
    assert_string_equal(name.variable, "v");
    emit_name_close(&name);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_prefix_counts_in_any_case_and_only_in_front),
        cmocka_unit_test(a_plain_path_is_a_path_whatever_is_in_it),
        cmocka_unit_test(quoted_paths_are_taken_literally),
        cmocka_unit_test(options_follow_the_path_or_the_variable),
        cmocka_unit_test(percent_codes_in_options_are_bytes),
        cmocka_unit_test(without_quotes_the_path_ends_at_the_first_ending_of_hdf5_files),
        cmocka_unit_test(a_mask_file_option_does_not_extend_an_unquoted_path),
        cmocka_unit_test(malformed_names_are_refused_with_a_message),
        cmocka_unit_test(arbitrary_names_do_not_crash),
        cmocka_unit_test(a_very_long_name_is_parsed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
