/* SPDX-License-Identifier: MIT */
/* B-trees of version 2: links and attributes in heaps, huge objects of heaps, chunks. */
#ifndef EMIT_HDF5_CHECK_CHECK_BTREE_H
#define EMIT_HDF5_CHECK_CHECK_BTREE_H

#include "core/hdf5/check/check_bytes.h"

/* Called for each record of a tree; returning false ends the walk. */
typedef bool emit_btree_record(void *context, const unsigned char *record);

/* Whether the tree whose header "bytes" begin at "address" is valid, with all of its nodes. */
bool emit_check_btree_block(struct emit_check *check, uint64_t address, const unsigned char *bytes,
                            size_t nbytes);

/* Whether the tree at "address", which belongs to the block at "owner" alone, is valid, its records
 * are of "type", and "callback" accepts each of them. */
bool emit_check_btree(struct emit_check *check, uint64_t address, uint64_t owner, uint64_t type,
                      emit_btree_record *callback, void *context);

#endif
