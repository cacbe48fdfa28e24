/* SPDX-License-Identifier: MIT */
/* Shared by the tests of the h5_*.c files: files written by the HDF5 library, and a check
 * that no handle of it is lost. */
#ifndef EMIT_TEST_H5SUPPORT_H
#define EMIT_TEST_H5SUPPORT_H

#include "core/base/error.h"
#include "core/hdf5/h5.h"

#include "support.h"

extern char local_path[256];          /* where tests write */
extern const char *const memory_path; /* where they put changed bytes */

/* What a test writes; the zero state stands for the usual file. */
struct file_kind
{
    hsize_t user_block;
    bool latest; /* newest structures instead of oldest */
};

/* The index structures of HDF5: the library chooses by the file and the dataset. */
struct index_kind
{
    const char *name;
    bool latest;
    int unlimited; /* dimensions without limit */
    hsize_t user_block;
    bool early; /* allocated on creation */
    bool one_chunk;
    bool deflated;
};

#define INDEX_KINDS 15
extern const struct index_kind index_kinds[INDEX_KINDS];

/* ---- Writing ---- */

/* Creates the file at local_path. */
hid_t create_file(struct file_kind kind);

/* Creates an empty file at local_path, with the oldest structures. */
hid_t new_file(void);

/* A dataset of "rank" dimensions without values; closes "properties". */
hid_t add_dataset(hid_t file, const char *name, hid_t type, int rank, const hsize_t *shape,
                  const hsize_t *limit, hid_t properties);

/* A list of integers 10, 11, 12, ... of any type. */
void add_list(hid_t file, const char *name, hid_t type, hsize_t length);

/* A type of strings of "size" bytes; to be closed. */
hid_t string_type(size_t size, H5T_str_t padding, H5T_cset_t characters);

/* An attribute of "count" values; a count of 0 makes it scalar. */
void add_attribute(hid_t object, const char *name, hid_t type, hsize_t count, const void *values);

/* A text attribute of fixed length. */
void add_text(hid_t object, const char *name, const char *text);

/* A cube of 7 x 11 x 10 values in chunks of 2 x 3 x 4, the first "lines" of them written. */
void write_cube(const struct index_kind *kind, hsize_t lines);

/* ---- Reading ---- */

/* Opens the file under test; a failure fails the test. */
struct emit_h5 *open_path(const char *path);

struct emit_h5 *open_local(void);

/* The layout of a variable that must have one. */
struct emit_layout layout_of(struct emit_h5 *file, const char *name);

/* Message of the last call. */
void assert_message_has(const char *text);

/* The file's layout of "name" must be refused with a message that names file and variable. */
void assert_layout_fails(struct emit_h5 *file, const char *name, enum emit_status status);

/* All bytes of a file; CPLFree() them. */
unsigned char *file_bytes(const char *path, size_t *size);

/* Puts a file at memory_path. */
void put_bytes(const unsigned char *bytes, size_t size);

void put_text(const char *text);

/* Status of opening the file under test, which is then closed. */
enum emit_status open_status(const char *path);

/* ---- Running ---- */

/* A test fails if it leaves HDF5 handles open. */
#define TEST(name) cmocka_unit_test_setup_teardown(name, count_handles, compare_handles)
int count_handles(void **state);
int compare_handles(void **state);

/* Of the whole group. */
int begin_h5(void **state);
int end_h5(void **state);

#endif
