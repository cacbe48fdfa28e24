/* SPDX-License-Identifier: MIT */
#include "core/view/file_key.h"

#include "support.h"

#include <cpl_vsi.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char start[1024];
static char folder[1024]; /* absolute */

/* folder/a/x.nc, folder/b/x.nc, and folder/link, which is folder/a. */
static int make_folders(void **state)
{
    char path[1100];
    (void)state;
    VSIMkdir(test_path("folders"), 0755);
    if (getcwd(start, sizeof start) == NULL || chdir(test_path("folders")) != 0 ||
        getcwd(folder, sizeof folder) == NULL)
        return -1;
    for (const char *name = "ab"; *name != '\0'; name++)
    {
        snprintf(path, sizeof path, "%s/%c", folder, *name);
        VSIMkdir(path, 0755);
        snprintf(path, sizeof path, "%s/%c/x.nc", folder, *name);
        write_file(path, "x", 1);
    }
    return symlink("a", "link");
}

static int return_to_start(void **state)
{
    (void)state;
    return chdir(start);
}

/* Whether "path" has the key "expected" for each way of writing folder/a/m.nc. */
static void expect(const char *path, const char *expected)
{
    static const char *const granules[] = {"a/m.nc", "./a//m.nc", "b/../a/m.nc", "link/m.nc"};
    struct emit_arena arena = {NULL, false};
    char absolute[1100];
    snprintf(absolute, sizeof absolute, "%s/a/m.nc", folder);
    for (size_t i = 0; i < COUNT_OF(granules); i++)
        assert_string_equal(emit_file_key(&arena, granules[i], path), expected);
    assert_string_equal(emit_file_key(&arena, absolute, path), expected);
    assert_false(arena.failed);
    emit_arena_close(&arena);
}

static void files_in_the_granules_folder_are_named_by_base_name(void **state)
{
    char absolute[1100];
    (void)state;
    snprintf(absolute, sizeof absolute, "%s/link/x.nc", folder);
    expect("a/x.nc", "x.nc");
    expect("./a/x.nc", "x.nc");
    expect("link/x.nc", "x.nc");
    expect(absolute, "x.nc");
    expect("a/missing.nc", "missing.nc");
}

static void files_elsewhere_are_named_by_absolute_path(void **state)
{
    char absolute[1100];
    (void)state;
    snprintf(absolute, sizeof absolute, "%s/b/x.nc", folder);
    expect("b/x.nc", absolute);
    expect("a/../b/x.nc", absolute);
    expect("/vsimem/a/x.nc", "/vsimem/a/x.nc");
}

static void the_current_folder_counts_as_any_other(void **state)
{
    struct emit_arena arena = {NULL, false};
    char absolute[1100];
    (void)state;
    snprintf(absolute, sizeof absolute, "%s/x.nc", folder);
    assert_string_equal(emit_file_key(&arena, "m.nc", "./x.nc"), "x.nc");
    assert_string_equal(emit_file_key(&arena, "m.nc", absolute), "x.nc");
    assert_string_equal(emit_file_key(&arena, "b/m.nc", "x.nc"), absolute);
    emit_arena_close(&arena);
}

static void paths_of_servers_and_archives_are_used_as_typed(void **state)
{
    struct emit_arena arena = {NULL, false};
    (void)state;
    assert_string_equal(emit_file_key(&arena, "/vsizip/p.zip/m.nc", "/vsizip/p.zip/x.nc"), "x.nc");
    assert_string_equal(emit_file_key(&arena, "/vsis3/a/m.nc", "/vsis3/b/x.nc"), "/vsis3/b/x.nc");
    emit_arena_close(&arena);
}

static void keys_hide_secrets_of_urls_but_distinguish_queries(void **state)
{
    static const char first[] = "/vsicurl/http://h/get?file=x.nc&Signature=secret";
    static const char second[] = "/vsicurl/http://h/get?file=y.nc&Signature=secret";
    struct emit_arena arena = {NULL, false};
    (void)state;
    const char *key = emit_file_key(&arena, "/vsicurl/http://h/m.nc", first);
    assert_non_null(strstr(key, "http://h/get"));
    assert_null(strstr(key, "secret"));
    assert_string_equal(emit_file_key(&arena, "/b/m.nc", first), key);
    assert_string_not_equal(emit_file_key(&arena, "/b/m.nc", second), key);
    assert_string_equal(emit_file_key(&arena, "/b/m.nc", "/vsicurl/http://me:secret@h/x.nc"),
                        "/vsicurl/http://...@h/x.nc");
    emit_arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_in_the_granules_folder_are_named_by_base_name),
        cmocka_unit_test(files_elsewhere_are_named_by_absolute_path),
        cmocka_unit_test(the_current_folder_counts_as_any_other),
        cmocka_unit_test(paths_of_servers_and_archives_are_used_as_typed),
        cmocka_unit_test(keys_hide_secrets_of_urls_but_distinguish_queries),
    };
    return cmocka_run_group_tests(tests, make_folders, return_to_start);
}
