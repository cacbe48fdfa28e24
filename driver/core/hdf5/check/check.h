/* SPDX-License-Identifier: MIT */
/*
 * Whether a block of HDF5 metadata is one that the library can be given.
 *
 * The library takes many numbers on trust; damaged ones make it divide by zero, read and free what
 * it does not have, recurse without end, or ask for gigabytes (seen with 1.10.8; docs/testing.md,
 * "Fuzzing"). The file driver therefore looks at each block on its way in. Known are the blocks
 * that netCDF-4 writes and the library stumbles over: object headers (version 2), B-trees (version
 * 2) and fractal heaps. File format specification 3.0, sections III.A.2, III.G and IV.A.1.b. Pure.
 */
#ifndef EMIT_HDF5_CHECK_CHECK_H
#define EMIT_HDF5_CHECK_CHECK_H

#include "core/base/error.h"

/* A file's bytes; "read" is false where there are none. Addresses count from "base". */
struct emit_sound_file
{
    bool (*read)(const void *context, uint64_t offset, size_t nbytes, void *bytes);
    const void *context;
    uint64_t base;   /* offset of the file's address 0 */
    uint64_t nbytes; /* of the file */
};

/* False when the "nbytes" bytes read at "offset" begin a block that is damaged, or lead to one.
 * True for all that is not known. */
bool emit_sound_block(const struct emit_sound_file *file, uint64_t offset,
                      const unsigned char *bytes, size_t nbytes);

#endif
