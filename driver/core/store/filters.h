/* SPDX-License-Identifier: MIT */
/* Undoes HDF5's filters on the stored bytes of one chunk: inflate, unshuffle, checksum. Pure. */
#pragma once

#include "core/base/error.h"
#include "core/hdf5/h5.h"

/* Whether emit_filters_decode() supports the layout's pipeline: each filter at most once, shuffle
 * first, as netCDF and h5py write them. */
bool emit_filters_supported(const struct emit_layout *layout);

/* A chunk as the file stores it. */
struct emit_stored_chunk
{
    const struct emit_layout *layout; /* of its variable */
    const unsigned char *bytes;
    size_t nbytes;
    uint32_t filter_mask; /* bit i is set if filter i of the pipeline was skipped */
};

/* Decodes the chunk into the layout->chunk_nbytes bytes at "values", in the machine's byte order.
 * "scratch_block" has room for layout->chunk_nbytes + 4 bytes. EMIT_ERROR_FILE if the chunk is
 * damaged. */
enum emit_status emit_filters_decode(struct emit_stored_chunk chunk, void *scratch_block,
                                     void *values, struct emit_error *error);

/* HDF5's Fletcher checksum over 16-bit big-endian words (HDF5 file format, filter 3). */
uint32_t emit_fletcher32(const void *bytes, size_t nbytes);

/* Reverses HDF5's shuffle filter for "nbytes" bytes of elements of "size" bytes. */
void emit_unshuffle(const void *shuffled, size_t nbytes, size_t size, void *values);

/* Reverses the byte order of "count" elements of "size" bytes, in place. */
void emit_swap_bytes(void *values, size_t count, size_t size);
