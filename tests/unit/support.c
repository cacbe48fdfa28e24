/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <cpl_vsi.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Messages of calls ------------------------------------------------------------------------
 */

struct emit_error last_error;

void expect_ok(enum emit_status status, const char *file, int line)
{
    if (status != EMIT_OK)
        print_error("status %d: %s\n", (int)status, last_error.message);
    _assert_int_equal((LargestIntegralType)status, EMIT_OK, file, line);
    last_error.message[0] = '\0';
}

void expect_error(enum emit_status wanted, enum emit_status status, const char *const *words,
                  const char *file, int line)
{
    if (status != wanted)
        print_error("status %d: %s\n", (int)status, last_error.message);
    _assert_int_equal((LargestIntegralType)status, (LargestIntegralType)wanted, file, line);
    for (; *words != NULL; words++)
    {
        if (strstr(last_error.message, *words) == NULL)
        {
            print_error("\"%s\" is not in: %s\n", *words, last_error.message);
            _fail(file, line);
        }
    }
    last_error.message[0] = '\0';
}

/* ---- Threads -------------------------------------------------------------------------------- */

struct runner
{
    pthread_t thread;
    pthread_barrier_t *start;
    void (*body)(void *context, size_t i);
    void *context;
    size_t i;
};

static void *run(void *argument)
{
    const struct runner *runner = argument;
    pthread_barrier_wait(runner->start);
    runner->body(runner->context, runner->i);
    return NULL;
}

void run_together(size_t count, void (*body)(void *context, size_t i), void *context)
{
    struct runner *runners = calloc(count, sizeof *runners);
    pthread_barrier_t start;
    assert_non_null(runners);
    assert_int_equal(pthread_barrier_init(&start, NULL, (unsigned)count), 0);
    for (size_t i = 0; i < count; i++)
    {
        runners[i] = (struct runner){.start = &start, .body = body, .context = context, .i = i};
        assert_int_equal(pthread_create(&runners[i].thread, NULL, run, &runners[i]), 0);
    }
    for (size_t i = 0; i < count; i++)
        pthread_join(runners[i].thread, NULL);
    pthread_barrier_destroy(&start);
    free(runners);
}

/* ---- Processes ------------------------------------------------------------------------------ */

bool run_in_child(bool (*body)(void *context), void *context)
{
    int status = -1;
    const pid_t child = fork();
    if (child == 0)
    {
        alarm(20);
        _exit(body(context) ? 0 : 1);
    }
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

/* ---- Files ---------------------------------------------------------------------------------- */

static char folder[64];
static pid_t folder_owner;

static void remove_folder(void)
{
    if (getpid() == folder_owner)
        VSIRmdirRecursive(folder);
}

const char *test_folder(void)
{
    if (folder[0] == '\0')
    {
        snprintf(folder, sizeof folder, "test_XXXXXX");
        assert_non_null(mkdtemp(folder));
        folder_owner = getpid();
        atexit(remove_folder);
    }
    return folder;
}

const char *test_path(const char *name)
{
    static char paths[8][512];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", test_folder(), name);
    return path;
}

void write_file(const char *path, const void *bytes, size_t nbytes)
{
    VSILFILE *file = VSIFOpenL(path, "wb");
    assert_non_null(file);
    assert_int_equal(VSIFWriteL(bytes, 1, nbytes, file), nbytes);
    assert_int_equal(VSIFCloseL(file), 0);
}

/* ---- HDF5 as a witness ---------------------------------------------------------------------- */

bool read_stored_chunk(hid_t dataset, const hsize_t *start, uint32_t *filter_mask, void *bytes,
                       size_t size)
{
#if H5_VERSION_GE(2, 0, 0)
    return H5Dread_chunk2(dataset, H5P_DEFAULT, start, filter_mask, bytes, &size) >= 0;
#else
    (void)size;
    return H5Dread_chunk(dataset, H5P_DEFAULT, start, filter_mask, bytes) >= 0;
#endif
}

/* ---- Hand-made granules --------------------------------------------------------------------- */

static void check(bool ok, const struct mk_error *error)
{
    if (!ok)
        fail_msg("%s", error->message);
}

static void check_nc(int status, const char *what)
{
    if (status != NC_NOERR)
        fail_msg("%s: %s", what, nc_strerror(status));
}

void test_granule_begin(struct test_granule *fixture, const char *name, size_t lines,
                        size_t samples)
{
    struct mk_error error = {""};
    *fixture = (struct test_granule){.lines = lines, .samples = samples, .sensor = -1};
    check(mk_file_create(&fixture->file, test_folder(), name, &error), &error);
    check(mk_put_dimension(fixture->file.id, "downtrack", lines, &fixture->downtrack, &error),
          &error);
    check(mk_put_dimension(fixture->file.id, "crosstrack", samples, &fixture->crosstrack, &error),
          &error);
    test_granule_text(fixture, "time_coverage_start", "2024-03-15T10:11:12+0000");
}

void test_granule_text(struct test_granule *fixture, const char *attribute, const char *text)
{
    check_nc(nc_put_att_text(fixture->file.id, NC_GLOBAL, attribute, strlen(text), text),
             attribute);
}

void test_granule_add(struct test_granule *fixture, const char *name, nc_type type, size_t bands,
                      double fill, const struct mk_storage *storage, const void *values)
{
    struct mk_error error = {""};
    char dimension[64];
    struct mk_variable variable = {
        name, "a hand-made one", "furlong", type, 2, {fixture->downtrack, fixture->crosstrack}};
    snprintf(dimension, sizeof dimension, "bands_of_%s", name);
    if (bands > 0)
    {
        variable.rank = 3;
        check(mk_put_dimension(fixture->file.id, dimension, bands, &variable.dimensions[2], &error),
              &error);
    }
    int id = -1;
    check(mk_define(fixture->file.id, &variable, fill, storage, &id, &error), &error);
    if (values != NULL)
        check_nc(nc_put_var(fixture->file.id, id, values), name);
}

static int open_group(struct test_granule *fixture, const char *name)
{
    struct mk_error error = {""};
    int group = -1;
    if (nc_inq_grp_ncid(fixture->file.id, name, &group) != NC_NOERR)
        check(mk_put_group(fixture->file.id, name, &group, &error), &error);
    return group;
}

void test_granule_add_in(struct test_granule *fixture, const char *group, const char *name,
                         const double *values)
{
    struct mk_error error = {""};
    const int parent = open_group(fixture, group);
    const struct mk_variable variable = {
        name, "a hand-made one", "chain", NC_DOUBLE, 2, {fixture->downtrack, fixture->crosstrack}};
    int id = -1;
    check(mk_define(parent, &variable, -9999.0, &mk_contiguous, &id, &error), &error);
    check_nc(nc_put_var(parent, id, values), name);
}

static void add_glt_half(struct test_granule *fixture, const char *name, const int dimensions[2],
                         const int32_t *values)
{
    /* Chunks of 4 x 5 cells: even small grids have several, some cut by the edge. */
    static const struct mk_storage storage = {
        .chunked = true, .chunk = {4, 5}, .deflate = 9, .shuffle = true};
    struct mk_error error = {""};
    const struct mk_variable variable = {
        name, "a hand-made one", NULL, NC_INT, 2, {dimensions[0], dimensions[1]}};
    const int group = open_group(fixture, "location");
    int id = -1;
    check(mk_define(group, &variable, 0.0, &storage, &id, &error), &error);
    check_nc(nc_put_var(group, id, values), name);
}

void test_granule_geotransform(struct test_granule *fixture, double west)
{
    const double geotransform[6] = {west, 0.5, -0.0, 50.0, -0.0, -0.5};
    check_nc(
        nc_put_att_double(fixture->file.id, NC_GLOBAL, "geotransform", NC_DOUBLE, 6, geotransform),
        "geotransform");
}

void test_granule_add_glt(struct test_granule *fixture, size_t rows, size_t columns,
                          const int32_t *glt_x, const int32_t *glt_y)
{
    struct mk_error error = {""};
    int dimensions[2];
    check(mk_put_dimension(fixture->file.id, "ortho_y", rows, &dimensions[0], &error), &error);
    check(mk_put_dimension(fixture->file.id, "ortho_x", columns, &dimensions[1], &error), &error);
    add_glt_half(fixture, "glt_x", dimensions, glt_x);
    add_glt_half(fixture, "glt_y", dimensions, glt_y);
    test_granule_geotransform(fixture, 10.0);
}

static void add_vector(struct test_granule *fixture, const char *name, nc_type type, int dimension,
                       const void *values)
{
    struct mk_error error = {""};
    const struct mk_variable variable = {name, "a hand-made one", "nm", type, 1, {dimension}};
    check(mk_put_vector(fixture->sensor, &variable, values, &error), &error);
}

void test_granule_add_axis(struct test_granule *fixture, size_t count, const float *wavelengths,
                           const float *fwhm, const unsigned char *good)
{
    struct mk_error error = {""};
    int dimension;
    fixture->sensor = open_group(fixture, "sensor_band_parameters");
    check(mk_put_dimension(fixture->file.id, "bands", count, &dimension, &error), &error);
    add_vector(fixture, "wavelengths", NC_FLOAT, dimension, wavelengths);
    if (fwhm != NULL)
        add_vector(fixture, "fwhm", NC_FLOAT, dimension, fwhm);
    if (good != NULL)
        add_vector(fixture, "good_wavelengths", NC_UBYTE, dimension, good);
}

void test_granule_add_labels(struct test_granule *fixture, const char *name,
                             const char *const *labels, size_t count)
{
    struct mk_error error = {""};
    int dimension;
    fixture->sensor = open_group(fixture, "sensor_band_parameters");
    check(mk_put_dimension(fixture->file.id, name, count, &dimension, &error), &error);
    add_vector(fixture, name, NC_STRING, dimension, labels);
}

void test_granule_end(struct test_granule *fixture)
{
    struct mk_error error = {""};
    check(mk_file_finish(&fixture->file, &error), &error);
}

const char *const mask_labels[4][11] = {
    {NULL},
    {"Cloud flag", "Cirrus flag", "Water flag", "Spacecraft Flag", "Dilated Cloud Flag", "AOD550",
     "H2O (g cm-2)", "Aggregate Flag"},
    {"Cloud Flag", "Cirrus Flag", "Water Flag", "Spacecraft Flag", "Dilated Cloud Flag", "AOD550",
     "H2O (g cm-2)", "Aggregate Flag", "SpecTf-Cloud Probability", "SpecTf-Cloud Flag",
     "SpecTf-Buffer Distance"},
    {"Cloud Flag", "Cirrus Flag", "Water Flag", "Dilated Cloud Flag", "SpecTf-Cloud Probability",
     "SpecTf-Cloud Flag", "SpecTf-Buffer Distance"}};
const size_t mask_label_count[4] = {0, 8, 11, 7};
