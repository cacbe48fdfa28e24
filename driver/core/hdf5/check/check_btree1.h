/* SPDX-License-Identifier: MIT */
/*
 * B-trees of version 1, which index the chunks of most files and the groups of early ones. Their
 * nodes are validated one by one, as the library reads them.
 */
#ifndef EMIT_HDF5_CHECK_CHECK_BTREE1_H
#define EMIT_HDF5_CHECK_CHECK_BTREE1_H

#include "core/hdf5/check/check_bytes.h"

/* Most bytes of a soft link's target, with its end. The library walks the components of a path. */
#define MAX_SOFT_LINK_NBYTES 256

/* Registers the tree of a group, and its heap of names, for the object header at "owner". */
bool emit_check_group(struct emit_check *check, uint64_t tree, uint64_t heap, uint64_t owner);

/* Registers the tree of a variable's chunks of "dimensions" (with that of a value's bytes). */
bool emit_check_chunk_tree(struct emit_check *check, uint64_t tree, uint64_t dimensions,
                           uint64_t owner);

/* Whether the whole node of a tree is valid, and no other node shares its children. */
bool emit_check_node_block(struct emit_check *check, uint64_t address, const unsigned char *bytes,
                           size_t nbytes);

/* Whether the whole leaf of a group's tree is valid. */
bool emit_check_symbol_block(struct emit_check *check, uint64_t address, const unsigned char *bytes,
                             size_t nbytes);

#endif
