/* SPDX-License-Identifier: MIT */
#include "core/mask/candidate.h"

#include "support.h"

#include <stdio.h>
#include <string.h>

#define TIME "2024-03-15T10:11:12Z"

static const char *write_granule(const char *name, size_t lines)
{
    struct test_granule fixture;
    test_granule_begin(&fixture, name, lines, 7);
    test_granule_text(&fixture, "time_coverage_start", TIME);
    test_granule_add(&fixture, "mask", NC_FLOAT, 2, -9999.0, &mk_contiguous, NULL);
    test_granule_end(&fixture);
    return test_path(name);
}

/* The viewed granule, of 5 lines, and its companions. */
struct scene
{
    struct emit_granule *granule;
    struct emit_companions files;
};

static struct scene open_scene(void)
{
    struct scene scene = {.granule = NULL};
    EXPECT_OK(emit_granule_open(write_granule("scene.nc", 5), &scene.granule, &last_error));
    scene.files.granule = scene.granule;
    return scene;
}

static void close_scene(struct scene *scene)
{
    emit_companions_close(&scene->files);
    emit_granule_close(scene->granule);
}

static void a_file_of_the_same_scene_opens_once(void **state)
{
    struct scene scene = open_scene();
    const struct emit_granule *opened[2] = {NULL, NULL};
    (void)state;
    EXPECT_OK(emit_companions_add(&scene.files, scene.files.count,
                                  write_granule("other_name.nc", 5), &last_error));
    for (int i = 0; i < 2; i++)
        EXPECT_OK(emit_candidate_open(&scene.files, 0, &opened[i], &last_error));
    assert_non_null(opened[0]);
    assert_ptr_equal(opened[0], opened[1]);
    close_scene(&scene);
}

static void unsuitable_files_are_closed_and_the_first_reasons_listed(void **state)
{
    struct scene scene = open_scene();
    struct emit_error error = {"no mask"};
    (void)state;
    for (size_t i = 0; i < 9; i++)
    {
        const struct emit_granule *opened = scene.granule;
        char name[32];
        snprintf(name, sizeof name, "lines_%zu.nc", 10 + i);
        EXPECT_OK(emit_companions_add(&scene.files, scene.files.count, write_granule(name, 10 + i),
                                      &last_error));
        for (int again = 0; again < 2; again++)
            EXPECT_OK(emit_candidate_open(&scene.files, i, &opened, &last_error));
        assert_null(opened);
        assert_null(scene.files.file[i].granule);
        assert_null(scene.files.file[i].owned);
    }
    emit_candidates_explain(&scene.files, &error);
    assert_non_null(strstr(error.message, "no mask. Rejected 9: "));
    assert_non_null(strstr(error.message, "lines_15.nc"));
    assert_null(strstr(error.message, "lines_16.nc"));
    close_scene(&scene);
}

/* Opens "path", which the user has named, as a companion. */
static enum emit_status open_named(const char *path)
{
    struct scene scene = open_scene();
    const struct emit_granule *opened = NULL;
    scene.files.named = true;
    EXPECT_OK(emit_companions_add(&scene.files, scene.files.count, path, &last_error));
    const enum emit_status status = emit_candidate_open(&scene.files, 0, &opened, &last_error);
    assert_null(opened);
    close_scene(&scene);
    return status;
}

static void named_files_that_do_not_open_are_errors(void **state)
{
    struct test_granule fixture;
    (void)state;
    write_file(test_path("text.nc"), "plain text, not HDF5", 20);
    EXPECT_ERROR(EMIT_ERROR_OPTION, open_named(test_path("text.nc")), "text.nc");
    test_granule_begin(&fixture, "no_swath.nc", 2, 3);
    test_granule_end(&fixture);
    EXPECT_ERROR(EMIT_ERROR_OPTION, open_named(test_path("no_swath.nc")), "no_swath.nc");
    EXPECT_ERROR(EMIT_ERROR_FILE, open_named(test_path("missing.nc")), "missing.nc");
    EXPECT_ERROR(EMIT_ERROR_OPTION, open_named(write_granule("long.nc", 6)), "long.nc", "scene.nc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_of_the_same_scene_opens_once),
        cmocka_unit_test(unsuitable_files_are_closed_and_the_first_reasons_listed),
        cmocka_unit_test(named_files_that_do_not_open_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
