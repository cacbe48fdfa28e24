/* SPDX-License-Identifier: MIT */
/* Shared by test programs: messages of calls, threads that start together, hand-made
 * granules. */
#ifndef EMIT_TEST_SUPPORT_H
#define EMIT_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <hdf5.h>

#include "emit.h"
#include "layout.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* cmocka 2 has one for each signedness, and warns of the old one. */
#ifndef assert_int_in_range
#define assert_int_in_range(value, low, high) assert_in_range((value), (low), (high))
#endif

/* ---- Messages of calls ---- */

/* Where calls under test leave their message; the two macros below look at it and clear it. */
extern struct emit_error last_error;

#define EXPECT_OK(expression) expect_ok((expression), __FILE__, __LINE__)

/* EXPECT_ERROR(status, expression, "word", ...): the message holds all of the words. */
#define EXPECT_ERROR(status, expression, ...)                                                      \
    expect_error((status), (expression), (const char *const[]){__VA_ARGS__, NULL}, __FILE__,       \
                 __LINE__)

void expect_ok(enum emit_status status, const char *file, int line);
void expect_error(enum emit_status wanted, enum emit_status status, const char *const *words,
                  const char *file, int line);

/* ---- Threads ---- */

/* Calls body(context, i) for each i below "count", each on a thread of its own, all at once. No
 * assertion may fail in there. */
void run_together(size_t count, void (*body)(void *context, size_t i), void *context);

/* ---- Processes ---- */

/* Whether a fork()ed child's body(context) returns true, within 20 seconds. May be called on any
 * thread. */
bool run_in_child(bool (*body)(void *context), void *context);

/* ---- Files ---- */

/* A folder of this process, removed at exit. */
const char *test_folder(void);

/* Path of "name" in that folder; valid for the eight next calls. */
const char *test_path(const char *name);

void write_file(const char *path, const void *bytes, size_t nbytes);

/* ---- HDF5 as a witness ---- */

/* Stored bytes of the chunk at "start" (elements, C order) as HDF5 reads them, into "bytes" of
 * "size"; false where it has none. HDF5 before 2.0 does not check that they fit. */
bool read_stored_chunk(hid_t dataset, const hsize_t *start, uint32_t *filter_mask, void *bytes,
                       size_t size);

/* ---- Hand-made granules ---- */

/* A granule being written. The functions below fail the test on errors. */
struct test_granule
{
    struct mk_file file; /* "file.path" is where it is once it is complete */
    size_t lines;
    size_t samples;
    int downtrack; /* netCDF's ids: dimensions, and the group of the band axis */
    int crosstrack;
    int sensor;
};

/* Begins test_path("name"), with time_coverage_start of 2024-03-15T10:11:12. */
void test_granule_begin(struct test_granule *fixture, const char *name, size_t lines,
                        size_t samples);

/* Sets a text attribute of the root group. */
void test_granule_text(struct test_granule *fixture, const char *attribute, const char *text);

/* Adds a variable over the raw grid: rank 2 where "bands" is 0. "values" NULL: never written. */
void test_granule_add(struct test_granule *fixture, const char *name, nc_type type, size_t bands,
                      double fill, const struct mk_storage *storage, const void *values);

/* The same in a group, for state variables, lon and lat. */
void test_granule_add_in(struct test_granule *fixture, const char *group, const char *name,
                         const double *values);

/* Sets a geotransform of half degrees from "west", 50 N. */
void test_granule_geotransform(struct test_granule *fixture, double west);

/* Adds the lookup table and a geotransform of half degrees from 10 E, 50 N. */
void test_granule_add_glt(struct test_granule *fixture, size_t rows, size_t columns,
                          const int32_t *glt_x, const int32_t *glt_y);

/* Adds the band axis; "fwhm" and "good" may be NULL. */
void test_granule_add_axis(struct test_granule *fixture, size_t count, const float *wavelengths,
                           const float *fwhm, const unsigned char *good);

/* Adds the vector of strings "name" (mask_bands, observation_bands). */
void test_granule_add_labels(struct test_granule *fixture, const char *name,
                             const char *const *labels, size_t count);

void test_granule_end(struct test_granule *fixture);

/* Labels of mask versions 1 to 3, as they stand in the files (index 0 is not used). */
extern const char *const mask_labels[4][11];
extern const size_t mask_label_count[4];

#endif
