/* SPDX-License-Identifier: MIT */
/*
 * What the h5_*.c files share. Functions here expect the lock to be held; the public ones of
 * h5.h take it, call one function that does the work, and give it back. A file calls those
 * whose part stands above its own here.
 */
#ifndef EMIT_HDF5_H5_INTERNAL_H
#define EMIT_HDF5_H5_INTERNAL_H

#include "core/base/error.h"
#include "core/base/strings.h"
#include "core/hdf5/check/check.h"
#include "core/hdf5/h5.h"

#include <hdf5.h>
#include <stdatomic.h>

/* The first failure of any call. */
struct emit_h5_failure
{
    struct emit_error error;
    atomic_bool is_set; /* "error" is there and stays */
};

struct emit_h5
{
    hid_t id;
    hid_t link_access;        /* refuses links into other files */
    struct emit_file *file;   /* for what we read past the library */
    struct emit_check *check; /* whose budget all reads of metadata share */
    uint64_t nbytes;
    uint64_t base; /* size of the user block: HDF5's addresses count from its end */
    struct emit_h5_failure failure;
    struct emit_h5_failure *note; /* "failure", for those who have no other business with writing */
    char *path;
};

/* ---- h5_lock.c: the lock, and where errors go ---- */

/* How the caller wants HDF5's errors printed, kept while we hold the lock and print nothing. */
struct emit_h5_lock_state
{
    unsigned is_version2;
    H5E_auto2_t print2;
#ifndef H5_NO_DEPRECATED_SYMBOLS
    H5E_auto1_t print1;
#endif
    void *print_data;
};

/* Takes the lock for calls on "file" (NULL: whose failures do not matter). */
void emit_h5_lock(struct emit_h5_lock_state *guard, struct emit_h5 *file);
void emit_h5_unlock(const struct emit_h5_lock_state *guard);

/* EMIT_ERROR_FILE, naming "path", in a child process that was forked in the middle of a call of
 * another thread: HDF5 would wait forever for that thread. */
enum emit_status emit_h5_check_fork(const char *path, struct emit_error *error);

/* Notes that something could not be read, see emit_h5_check(). */
void emit_h5_record_error(const struct emit_h5 *file, const char *reason);

/* Why the HDF5 call before this one failed. */
struct emit_h5_reason
{
    char text[256];
    bool is_filter; /* a filter (inflate, a checksum) rejected what it was given */
};
struct emit_h5_reason emit_h5_reason(void);

/*
 * EMIT_ERROR_FILE: "<path>: <name>: <problem> (<HDF5's reason>)". Call it right after the call that
 * failed, since every HDF5 call forgets the reason of the one before.
 */
enum emit_status emit_h5_library_error(const struct emit_h5 *file, const char *name,
                                       const char *problem, struct emit_error *error);

/* EMIT_ERROR_FORMAT: "<path>: <name>: <formatted text>". */
enum emit_status emit_h5_format_error(const struct emit_h5 *file, const char *name,
                                      struct emit_error *error, const char *format, ...)
    EMIT_PRINTF(4, 5);

/* ---- h5_type.c: number types ---- */

/* Whether the file's "type" is one of enum emit_type, in whichever byte order. */
bool emit_h5_number(hid_t type, enum emit_type *number, bool *swap_bytes);

/* What values of "type" are called in messages, in the plural: "16-bit floats". */
#define EMIT_H5_TYPE_NAME_SIZE 48
void emit_h5_type_name(hid_t type, char name[EMIT_H5_TYPE_NAME_SIZE]);

/* The memory type of "number"; not to be closed. */
hid_t emit_h5_native(enum emit_type number);

/* ---- h5_encoding.c: what values stand for ---- */

/* Fill value, packing and sign of the open dataset "name", whose values are stored as "stored". */
enum emit_status emit_h5_read_encoding(const struct emit_h5 *file, const char *name, hid_t dataset,
                                       enum emit_type stored, struct emit_encoding *encoding,
                                       struct emit_error *error);

/* ---- h5_object.c: which objects there are ---- */

bool emit_h5_is_group(const struct emit_h5 *file, const char *name);

/* Where the object header of a link's object is; HADDR_UNDEF unless it is a hard link. */
haddr_t emit_h5_link_address(hid_t group, const H5L_info_t *info);

/* A dataset with its shape and type; all-invalid handles are fine to close. */
struct emit_h5_dataset
{
    hid_t id;
    hid_t space;
    hid_t type;
};

/* Opens the dataset "name"; close it also after a failure. EMIT_ERROR_FORMAT when it is missing. */
enum emit_status emit_h5_dataset_open(const struct emit_h5 *file, const char *name,
                                      struct emit_h5_dataset *dataset, struct emit_error *error);
void emit_h5_dataset_close(struct emit_h5_dataset *dataset);

/* Length of a rank-1 dataset; EMIT_ERROR_FORMAT unless it is 1 to "limit". */
enum emit_status emit_h5_dataset_length(const struct emit_h5 *file, const char *name,
                                        const struct emit_h5_dataset *dataset, size_t limit,
                                        size_t *length_ret, struct emit_error *error);

/* ---- h5_vlen.c: values of variable length ---- */

/* One value: "nbytes" bytes with a NUL behind them that does not count. */
struct emit_h5_vlen
{
    const char *bytes;
    size_t nbytes;
};

/*
 * Reads the "count" variable-length values of the dataset or attribute "id", whose elements take
 * "element_nbytes" each, into "arena". EMIT_ERROR_FORMAT when one takes "limit_nbytes" or more, or
 * all together more than 64 MiB; "name" is for messages.
 */
enum emit_status emit_h5_read_vlen(const struct emit_h5 *file, const char *name, hid_t id,
                                   size_t count, size_t element_nbytes, size_t limit_nbytes,
                                   struct emit_arena *arena, struct emit_h5_vlen **sequences_ret,
                                   struct emit_error *error);

/* ---- h5_string.c: strings ---- */

/* Appends "count" strings of the fixed-length "type" stored at "bytes", as UTF-8. */
void emit_h5_add_fixed_strings(struct emit_string_list *texts, hid_t type, const char *bytes,
                               size_t count);

/*
 * Appends the "count" variable-length strings of the dataset or attribute "id" as UTF-8.
 * EMIT_ERROR_FORMAT when one takes "limit_nbytes" or more.
 */
enum emit_status emit_h5_add_variable_strings(struct emit_string_list *texts,
                                              const struct emit_h5 *file, const char *name,
                                              hid_t id, size_t count, size_t limit_nbytes,
                                              struct emit_error *error);

/* ---- h5_attribute.c ---- */

/* An attribute with its shape and type; all-invalid handles are fine to close. */
struct emit_h5_attr
{
    hid_t id;
    hid_t type;
    hid_t space;
    size_t count; /* values; 0 for netCDF's way to write "" */
};

/* False when it is missing or cannot be read; close it also then. */
bool emit_h5_attr_open(hid_t object, const char *name, struct emit_h5_attr *attr);
void emit_h5_attr_close(struct emit_h5_attr *attr);

/* emit_h5_attribute() of an open object. */
char *emit_h5_attribute_text(const struct emit_h5 *file, hid_t object, const char *name);

/* ---- h5_dataset.c ---- */

/* Most bytes that deflate makes of one. */
#define EMIT_MOST_PACKED 1032

#endif
