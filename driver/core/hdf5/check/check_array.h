/* SPDX-License-Identifier: MIT */
/* Fixed and extensible arrays: indices of chunks in files of the latest format. */
#ifndef EMIT_HDF5_CHECK_CHECK_ARRAY_H
#define EMIT_HDF5_CHECK_CHECK_ARRAY_H

#include "core/hdf5/check/check_bytes.h"

/* Whether the headers that "bytes" begin have possible sizes, and no more elements than the file
 * can have chunks: the library visits each of them, written or not. */
bool emit_check_fixed_array_block(const struct emit_check *check, const unsigned char *bytes,
                                  size_t nbytes);
bool emit_check_extensible_array_block(const struct emit_check *check, const unsigned char *bytes,
                                       size_t nbytes);

#endif
