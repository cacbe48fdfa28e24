/* SPDX-License-Identifier: MIT */
/* Heaps of values of variable length: local heaps, with the names of an early group or of external
 * files, and collections of the global heap. */
#ifndef EMIT_HDF5_CHECK_CHECK_LOCAL_HEAP_H
#define EMIT_HDF5_CHECK_CHECK_LOCAL_HEAP_H

#include "core/hdf5/check/check_bytes.h"

/*
 * Whether the local heap at "address", which belongs to the block at "owner" alone, is valid.
 * "*names_end" becomes the first offset at which no name ends any more.
 */
bool emit_check_local_heap(struct emit_check *check, uint64_t address, uint64_t owner,
                           uint64_t *names_end);

/* The same of a heap that nothing is known to refer to. */
bool emit_check_local_heap_block(struct emit_check *check, uint64_t address);

/* Whether a text at "offset" of the valid heap at "address" has less than "limit" bytes, at most
 * 512. */
bool emit_check_is_short_text(struct emit_check *check, uint64_t address, uint64_t offset,
                              size_t limit);

/* An object of a collection. */
struct emit_collection_object
{
    uint64_t index;
    const unsigned char *bytes;
    uint64_t nbytes;
};

#define EMIT_COLLECTION_HEAD_NBYTES 16 /* of a collection and of each object in it */

/*
 * Reads the next object of a collection of "nbytes" bytes, beginning with "*at" = 0, and moves
 * "*at". False at the end, where "*at" is "nbytes", and at a damaged object.
 */
bool emit_collection_next(const unsigned char *bytes, uint64_t nbytes, uint64_t *at,
                          struct emit_collection_object *object);

/* Whether all objects of the collection at "address" lie in it. Many blocks may refer to one. */
bool emit_check_collection(struct emit_check *check, uint64_t address);

#endif
