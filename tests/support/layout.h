/* SPDX-License-Identifier: MIT */
/* netCDF-4 functions that all products use: files, variables, storage. */
#ifndef MK_LAYOUT_H
#define MK_LAYOUT_H

#include <netcdf.h>
#include <stdbool.h>
#include <stddef.h>

#include "error.h"

#define MK_PATH_SIZE 4096
#define MK_NODATA (-9999.0F)

struct mk_file
{
    int id;                         /* netCDF's, of the root group */
    char path[MK_PATH_SIZE];        /* where the finished file goes */
    char partial[MK_PATH_SIZE + 8]; /* where it is written until then */
};

/*
 * Starts a file. What mk_file_finish() never saw must be given to mk_file_discard(), which leaves
 * no trace.
 */
bool mk_file_create(struct mk_file *file, const char *folder, const char *name,
                    struct mk_error *error);
bool mk_file_finish(struct mk_file *file, struct mk_error *error);
void mk_file_discard(struct mk_file *file);

struct mk_storage
{
    bool chunked;    /* false: contiguous, the filters below do not count */
    size_t chunk[3]; /* a chunk's shape, cut to the variable's; all 0: see mk_default_chunk() */
    size_t target_nbytes; /* used where "chunk" is 0 */
    int deflate;          /* zlib level, 0 = none */
    bool shuffle, fletcher32;
};

extern const struct mk_storage mk_contiguous;

/* As the mission packed masks and tables until 2025: zlib 9, shuffle, chunks of about 4 MiB. */
extern const struct mk_storage mk_packed;

/*
 * netCDF-C's default chunk shape of an array without unlimited dimensions, for a target of
 * "target_nbytes" a chunk: every axis is cut by the same factor, then chunks are shortened until
 * the last one is nearly full. The target is a constant of the library: 4 MiB when the mission's
 * files of 2022 to 2025 were made, 16 MiB in those of 2026.
 */
void mk_default_chunk(const size_t *shape, int rank, size_t value_nbytes, size_t target_nbytes,
                      size_t *chunk);

struct mk_variable
{
    const char *name, *long_name;
    const char *units; /* NULL: without the attribute */
    nc_type type;
    int rank;
    int dimensions[3];
};

/*
 * Defines a variable in "group" and stores its id in "id". Its _FillValue is "fill" in the
 * variable's type (integers wrap, which is how -9999 became 241 in the mission's bytes); strings
 * get none. Lines written one by one compress each chunk once: the cache is made to hold one row of
 * chunks.
 */
bool mk_define(int group, const struct mk_variable *variable, double fill,
               const struct mk_storage *storage, int *id, struct mk_error *error);

/*
 * Defines a contiguous vector over "dimension" and writes its values, in the variable's type, at
 * once.
 */
bool mk_put_vector(int group, const struct mk_variable *variable, const void *values,
                   struct mk_error *error);

/*
 * Writes all values of variable "id" and flushes the library, as the mission's converter
 * does after each variable: otherwise HDF5 puts the values of several small variables together.
 */
bool mk_put_values(int group, int id, const void *values, struct mk_error *error);

/* Writes the values, in the type of variable "id", that make up its downtrack line "line". */
bool mk_put_line(int group, int id, size_t line, const void *values, struct mk_error *error);

/*
 * Writes all values of the chunked variable "id" of rank 2, chunk by chunk: those of the last
 * column of chunks after all others, so that chunks lie in another order than their positions, as
 * in the mission's files.
 */
bool mk_put_chunks(int group, int id, const void *values, struct mk_error *error);

/* Adds a dimension to "group". */
bool mk_put_dimension(int group, const char *name, size_t length, int *id, struct mk_error *error);

/* Adds a subgroup to "group". */
bool mk_put_group(int group, const char *name, int *id, struct mk_error *error);

#endif
