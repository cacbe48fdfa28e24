/* SPDX-License-Identifier: MIT */
/* Shared by the h5_*.c files. Functions here expect the lock to be held; the public ones of h5.h
 * take it. A file calls only functions whose section here is above its own. */
#pragma once

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
    atomic_bool is_set; /* "error" is complete and does not change any more */
};

struct emit_h5
{
    hid_t id;
    hid_t link_access;        /* refuses links into other files */
    struct emit_file *file;   /* for reads past the library */
    struct emit_check *check; /* its budget covers all reads of metadata */
    uint64_t nbytes;
    uint64_t base; /* size of the user block: HDF5's addresses count from its end */
    struct emit_h5_failure failure;
    struct emit_arena arena; /* of results */
    const char *path;        /* borrowed from "file" */
};

/* The object "name" of "file", and the caller's "error" (NULL: none) for messages about it. */
struct emit_h5_subject
{
    struct emit_h5 *file;
    const char *name;
    struct emit_error *error;
};

/* ---- h5_lock.c: the lock, and errors ---- */

/* Takes the lock for calls on "file" (NULL if their failures do not matter). */
void emit_h5_lock(struct emit_h5 *file);
void emit_h5_unlock(void);

/* Has bytes of a remote file cached; meanwhile the lock, which the caller holds, is free. False if
 * they cannot be read. */
bool emit_h5_fetch(struct emit_h5 *file, uint64_t offset, size_t nbytes);

/* For calls of HDF5 that read from a server, but are not to hold the lock until it answers:
 *
 *     for (struct emit_h5_attempt attempt = {0}; emit_h5_attempt(file, &attempt);)
 *         result = H5Dread(...);
 *
 * A call that misses bytes fails without being recorded, and is repeated when they are there. */
struct emit_h5_attempt
{
    unsigned count;
    struct emit_range missing;
};
bool emit_h5_attempt(struct emit_h5 *file, struct emit_h5_attempt *attempt);

/* EMIT_ERROR_FILE, naming "path", in a child process that was forked during a call of another
 * thread: HDF5 would wait forever for that thread. */
enum emit_status emit_h5_check_fork(const char *path, struct emit_error *error);

/* Prefetches all metadata of a remote file but those of the group "without" (or NULL). "superblock"
 * is the offset of HDF5's signature. */
void emit_h5_prefetch_metadata(struct emit_file *file, uint64_t superblock,
                               const char *const *without);

/* Records that something could not be read, see emit_h5_check(). */
void emit_h5_record_error(struct emit_h5 *file, const char *reason);

/* Why the previous HDF5 call failed: the innermost entry of the error stack (H5E_DEFAULT), which
 * alone says more than "it failed". */
struct emit_h5_reason
{
    char text[1024];
    bool is_filter; /* a filter (inflate, a checksum) rejected its input */
};
struct emit_h5_reason emit_h5_reason(hid_t stack);

/* EMIT_ERROR_FILE: "<path>: <name>: <problem> (<HDF5's reason>)". To be called right after the
 * failed call, since every HDF5 call clears the reason of the previous one. */
enum emit_status emit_h5_library_error(const struct emit_h5_subject *subject, const char *problem);

/* "<path>: <name>: <formatted text>" and, for EMIT_ERROR_FILE, that the file is damaged. */
enum emit_status emit_h5_error(const struct emit_h5_subject *subject, enum emit_status status,
                               const char *format, ...) EMIT_PRINTF(3, 4);
#define emit_h5_format_error(subject, ...) emit_h5_error(subject, EMIT_ERROR_FORMAT, __VA_ARGS__)
#define emit_h5_damage_error(subject, ...) emit_h5_error(subject, EMIT_ERROR_FILE, __VA_ARGS__)

/* EMIT_ERROR_FILE unless "nbytes" bytes at "offset", called "what" in messages, lie in the file. */
enum emit_status emit_h5_check_extent(const struct emit_h5_subject *subject, const char *what,
                                      uint64_t offset, uint64_t nbytes);

/* ---- h5_type.c: number types ---- */

/* Whether the file's "type" is one of enum emit_type, in whichever byte order. */
bool emit_h5_number(hid_t type, enum emit_type *number, bool *swap_bytes);

/* Name of values of "type" for messages, in the plural: "16-bit floats". */
#define EMIT_H5_TYPE_NAME_SIZE 48
void emit_h5_type_name(hid_t type, char name[EMIT_H5_TYPE_NAME_SIZE]);

/* The memory type of "number"; not to be closed. */
hid_t emit_h5_native(enum emit_type number);

/* ---- h5_object.c: objects ---- */

/* Address of the object header of a link's object; HADDR_UNDEF unless it is a hard link. */
haddr_t emit_h5_link_address(hid_t group, const H5L_info_t *info);

/* A dataset with its shape and type, under the lock. */
struct emit_h5_dataset
{
    struct emit_h5_subject subject;
    hid_t id;
    hid_t space;
    hid_t type;
    bool is_locked;
};

/* Takes the lock and opens the dataset "name". With "for_values", as programs may read values any
 * number of times, the whole budget of the validator is available. EMIT_ERROR_FORMAT if the dataset
 * is missing. Close it also after a failure, which releases the lock. */
enum emit_status emit_h5_dataset_open(struct emit_h5 *file, const char *name, bool for_values,
                                      struct emit_h5_dataset *dataset, struct emit_error *error);
void emit_h5_dataset_close(struct emit_h5_dataset *dataset);

/* Length of a rank-1 dataset; EMIT_ERROR_FORMAT unless it is 1 to "limit". */
enum emit_status emit_h5_dataset_length(const struct emit_h5_dataset *dataset, size_t limit,
                                        size_t *length_ret);

/* ---- h5_vlen.c: values of variable length ---- */

/* One value: "nbytes" bytes and a NUL that does not count. */
struct emit_h5_vlen
{
    const char *bytes;
    size_t nbytes;
};

/* The variable-length values of a dataset or an attribute. */
struct emit_h5_vlens
{
    const struct emit_h5_subject *subject;
    hid_t id;
    size_t count;
    size_t limit_nbytes; /* of one value, which must take less */
};

/* Reads the values, whose elements take "element_nbytes" each, into "arena". EMIT_ERROR_FORMAT if
 * one exceeds its limit, or all together 64 MiB. */
enum emit_status emit_h5_read_vlens(const struct emit_h5_vlens *vlens, size_t element_nbytes,
                                    struct emit_arena *arena, struct emit_h5_vlen **values_ret);

/* ---- h5_string.c: strings, which become UTF-8 in "arena" ---- */

/* "count" strings of the fixed-length "type" stored at "bytes", "nbytes" each. */
void emit_h5_fixed_strings(hid_t type, size_t nbytes, const char *bytes, size_t count,
                           struct emit_arena *arena, const char **strings);

/* Strings of variable length; fails as emit_h5_read_vlens(). */
enum emit_status emit_h5_variable_strings(const struct emit_h5_vlens *vlens,
                                          struct emit_arena *arena, const char **strings);

/* ---- h5_attribute.c ---- */

/* An attribute with its type; invalid handles may be closed. */
struct emit_h5_attr
{
    hid_t id;
    hid_t type;
    size_t count; /* values; 0 for an empty text of netCDF */
};

/* False if it is missing or cannot be read; close it also then. */
bool emit_h5_attr_open(hid_t object, const char *name, struct emit_h5_attr *attr);
void emit_h5_attr_close(struct emit_h5_attr *attr);

/* emit_h5_attribute() of an open object. */
const char *emit_h5_attribute_text(struct emit_h5 *file, hid_t object, const char *name);

/* ---- h5_encoding.c: the meaning of values ---- */

/* Fill value, packing and sign of a dataset, whose values are stored as "stored". */
enum emit_status emit_h5_read_encoding(const struct emit_h5_dataset *dataset, enum emit_type stored,
                                       struct emit_encoding *encoding);

/* ---- h5_dataset.c ---- */

/* Most bytes that deflate packs into one. */
#define EMIT_MOST_PACKED 1032
