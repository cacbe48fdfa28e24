/* SPDX-License-Identifier: MIT */
/*
 * Metadata of HDF5 files: the only module, with vfd, that uses the HDF5 library.
 *
 * Every call takes one process-wide lock, so a library built without thread-safety is safe, too,
 * and silences HDF5's own error printing. Numbers from the file are checked here: a layout that is
 * returned satisfies what its fields document. Links into other files are not followed. Values that
 * make the library crash if a file is damaged are read without it (h5_vlen.c).
 *
 * Strings and numbers that these functions return live as long as the open file.
 */
#pragma once

#include "core/base/number.h"
#include "core/io/file.h"

#define EMIT_MAX_RANK 3
#define EMIT_MAX_FILTERS 8
#define EMIT_NAME_SIZE 128

struct emit_h5;

enum emit_storage
{
    EMIT_STORAGE_CONTIGUOUS,
    EMIT_STORAGE_CHUNKED,
    EMIT_STORAGE_LIBRARY /* compact, unknown filter: only emit_h5_read_box() can */
};

enum emit_filter
{
    EMIT_FILTER_DEFLATE,
    EMIT_FILTER_SHUFFLE,
    EMIT_FILTER_FLETCHER32
};

/* Position of one chunk's stored bytes; size 0 if it was never written: all values are the fill
 * value. */
struct emit_chunk
{
    uint64_t offset;
    uint64_t size;
    uint32_t filter_mask; /* bit i is set if filter i of the pipeline was skipped */
};

/* Shape, type and place of one variable. Plain data: copy freely. */
struct emit_layout
{
    char name[EMIT_NAME_SIZE];     /* absolute path in the file, "/location/glt_x" */
    int rank;                      /* 1 to EMIT_MAX_RANK */
    uint64_t shape[EMIT_MAX_RANK]; /* each >= 1; no more values than the file can hold */
    char dimensions[EMIT_MAX_RANK][EMIT_NAME_SIZE]; /* base names; "" if lost, or of rank 1 */
    enum emit_type type;                            /* of the stored values */
    bool swap_bytes;               /* stored in the byte order that is not the machine's */
    struct emit_encoding encoding; /* their meaning; in the machine's byte order */
    uint8_t default_fill[8];       /* of unwritten values: HDF5's own fill value */
    enum emit_storage storage;
    bool allocated;  /* contiguous: false if all values are default_fill, without bytes */
    uint64_t offset; /* contiguous and allocated: offset + total size <= file size */
    uint64_t chunk[EMIT_MAX_RANK];        /* chunked: each >= 1 */
    uint64_t chunk_counts[EMIT_MAX_RANK]; /* chunked: grid of chunks, ceil(shape / chunk) */
    uint64_t chunk_nbytes;                /* chunked: decoded size of one chunk, <= 4 GiB */
    int filter_count;
    enum emit_filter filters[EMIT_MAX_FILTERS]; /* in the order of writing */
};

/* Opens the HDF5 file at "path" (any GDAL virtual path) for reading. EMIT_NOT_A_GRANULE when it
 * has no HDF5 signature, EMIT_ERROR_FILE when it cannot be opened or its metadata is damaged.
 * Metadata are prefetched from a server, but for the objects named in "rarely_used", a
 * NULL-terminated list, or NULL. */
enum emit_status emit_h5_open(const char *path, const char *const *rarely_used,
                              struct emit_h5 **file_ret, struct emit_error *error);

/* Prefetches what emit_h5_open() will read of a remote file. Failures are left to that function. */
void emit_h5_prefetch(const char *path, const char *const *rarely_used);
void emit_h5_close(struct emit_h5 *file); /* may be NULL */

/* The file itself, for reads past the library; thread-safe, and closed with "file". */
struct emit_file *emit_h5_file(const struct emit_h5 *file);

/* EMIT_ERROR_FILE if any call of the HDF5 library has failed since the file was opened. Results of
 * other calls are then unreliable, because parts that could not be read count as absent, to this
 * module and to the library itself, which takes half an object header for the whole (1.10.8).
 * Thread-safe; does not wait for calls of other threads. */
enum emit_status emit_h5_check(const struct emit_h5 *file, struct emit_error *error);

/* Whether there is a dataset (not a group) at the absolute path "name". Damaged objects count, so
 * that reading them fails instead of ignoring them. */
bool emit_h5_has(struct emit_h5 *file, const char *name);

/* Names of the datasets of the root group, sorted; those that do not fit in EMIT_NAME_SIZE with a
 * slash are omitted. EMIT_ERROR_FORMAT above 1024 entries. netCDF's bare dimensions are datasets,
 * too. */
enum emit_status emit_h5_root_datasets(struct emit_h5 *file, const char *const **names_ret,
                                       size_t *count_ret, struct emit_error *error);

/* Reads shape, type and place of the numeric variable "name" of rank 1 to EMIT_MAX_RANK.
 * EMIT_ERROR_FORMAT if there is none or it is of another kind, EMIT_ERROR_FILE if its metadata is
 * damaged, its values would end after the file, or they are more than the file can hold: 1032 bytes
 * for each of its bytes, the most that deflate packs into one, and 64 MiB. */
enum emit_status emit_h5_layout(struct emit_h5 *file, const char *name, struct emit_layout *layout,
                                struct emit_error *error);

/* Positions of all chunks of a chunked variable, in C order of the chunk grid. "chunks" has room
 * for the product of layout->chunk_counts. Every chunk lies within the file and is hardly larger
 * than chunk_nbytes. Takes some microseconds a chunk. */
enum emit_status emit_h5_chunks(struct emit_h5 *file, const struct emit_layout *layout,
                                struct emit_chunk *chunks, struct emit_error *error);

/* Reads a box of a variable through the HDF5 library into "values" (C order, layout->type, machine
 * byte order), whatever its storage and filters. Slow and serial: for small arrays, and for storage
 * that only the library understands. */
enum emit_status emit_h5_read_box(struct emit_h5 *file, const struct emit_layout *layout,
                                  const uint64_t *start, const uint64_t *count, void *values,
                                  struct emit_error *error);

/* EMIT_ERROR_FORMAT with the attribute's name if the values of the variable "name" cannot be used.
 */
enum emit_status emit_h5_check_encoding(const struct emit_h5 *file, const char *name,
                                        const struct emit_encoding *encoding,
                                        struct emit_error *error);

/* Reads a whole numeric rank-1 variable as doubles, unpacked, NaN where missing. EMIT_ERROR_FORMAT
 * if it is absent, longer than "limit" or has values that cannot be used. */
enum emit_status emit_h5_read_doubles(struct emit_h5 *file, const char *name, size_t limit,
                                      const double **values_ret, size_t *count_ret,
                                      struct emit_error *error);

/* Reads a whole rank-1 string variable (fixed or variable length, ASCII or UTF-8), at most "limit"
 * strings of less than 64 KiB each; bytes that are not UTF-8 become '?'. */
enum emit_status emit_h5_read_strings(struct emit_h5 *file, const char *name, size_t limit,
                                      const char *const **strings_ret, size_t *count_ret,
                                      struct emit_error *error);

/* Text of one attribute of the object "name" ("/" or a variable): strings as they are (valid UTF-8
 * ensured), numbers with the fewest digits that read back as the same value, lists as {a,b}. NULL
 * if it is absent, neither strings nor numbers, or longer than 1 MiB or 4096 values. */
const char *emit_h5_attribute(struct emit_h5 *file, const char *name, const char *attribute);

/* Numbers of one attribute as doubles; false unless it holds "count" numbers. */
bool emit_h5_attribute_doubles(struct emit_h5 *file, const char *name, const char *attribute,
                               double *values, size_t count);

/* All attributes of the root group that have a text as of emit_h5_attribute(), in the file's order
 * (by name where it has none), without netCDF's and HDF5's own bookkeeping (_NCProperties, ...).
 * At most 1024. */
enum emit_status emit_h5_root_attributes(struct emit_h5 *file, const struct emit_pair **pairs_ret,
                                         size_t *count_ret, struct emit_error *error);
