/* SPDX-License-Identifier: MIT */
/* Links and attributes of objects with many of them: messages in a heap, indexed by B-trees. */
#ifndef EMIT_HDF5_CHECK_CHECK_DENSE_H
#define EMIT_HDF5_CHECK_CHECK_DENSE_H

#include "core/hdf5/check/check_bytes.h"

/* A B-tree that refers to messages in a heap. */
struct emit_dense_index
{
    uint64_t tree;  /* address, or NO_ADDRESS */
    unsigned type;  /* of its records */
    unsigned id_at; /* where a record has the message's ID */
};

/* The messages of one object that lie in a heap. */
struct emit_dense
{
    uint64_t owner; /* address of the object's header */
    uint64_t heap;  /* address */
    unsigned id_nbytes;
    struct emit_dense_index by_name, by_order;
    bool (*is_valid)(struct cursor message);
};

/* Whether all messages that the trees refer to lie in the heap and are valid. */
bool emit_check_dense(struct emit_check *check, const struct emit_dense *dense);

#endif
