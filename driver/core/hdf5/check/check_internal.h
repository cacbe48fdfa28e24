/* SPDX-License-Identifier: MIT */
/* What sound.c (object headers), sound_tree.c (B-trees), sound_heap.c (fractal heaps) and
 * sound_dense.c (links and attributes in heaps) share. */
#ifndef EMIT_HDF5_CHECK_CHECK_INTERNAL_H
#define EMIT_HDF5_CHECK_CHECK_INTERNAL_H

#include "core/hdf5/check/check.h"

#define NO_ADDRESS UINT64_MAX
#define CHECKSUM_NBYTES 4

/* Bytes of one object header, or of what lies in one heap: more than any file needs. */
#define MAX_OBJECT_NBYTES ((uint64_t)16 << 20)

static inline uint64_t little_endian(const unsigned char *bytes, unsigned count)
{
    uint64_t value = 0;
    for (unsigned i = count; i > 0; i--)
        value = value << 8 | bytes[i - 1];
    return value;
}

static inline unsigned log2_floor(uint64_t value)
{
    unsigned bits = 0;
    while (value >>= 1)
        bits++;
    return bits;
}

/* The bytes at "address", to be freed; NULL when there are none, or too many. */
unsigned char *emit_sound_load(const struct emit_sound_file *file, uint64_t address,
                               uint64_t nbytes);

/* What is left of a message's body. */
struct body
{
    const unsigned char *at;
    uint64_t left;
};

/* Takes a number of "count" bytes; false where the body ends before. */
static inline bool take(struct body *body, unsigned count, uint64_t *value)
{
    if (body->left < count)
        return false;
    *value = little_endian(body->at, count);
    body->at += count;
    body->left -= count;
    return true;
}

static inline bool skip(struct body *body, uint64_t count)
{
    if (body->left < count)
        return false;
    body->at += count;
    body->left -= count;
    return true;
}

/* ---- sound_tree.c ---- */

/* Is given each record of a tree; false ends the walk. */
typedef bool emit_sound_record(void *context, const unsigned char *record);

/* Whether the B-tree that "bytes" begin, its header, is sound with all of its nodes, and each
 * record passes "is_sound", which may be NULL. */
bool emit_sound_tree(const struct emit_sound_file *file, const unsigned char *bytes, size_t nbytes,
                     emit_sound_record *is_sound, void *context);

/* The same of the tree at "address", when its records are of "type". */
bool emit_sound_tree_at(const struct emit_sound_file *file, uint64_t address, uint64_t type,
                        emit_sound_record *is_sound, void *context);

/* ---- sound_heap.c ---- */

/* Blocks that hold objects, and blocks of blocks, which double in size from row to row. */
struct emit_sound_heap
{
    uint64_t root;         /* address of the block that all others lie in */
    uint64_t root_rows;    /* 0: it holds objects */
    uint64_t width;        /* blocks in a row */
    uint64_t first_nbytes; /* of a block in the first two rows */
    uint64_t most_nbytes;  /* of a block that holds objects */
    uint64_t huge_tree;    /* of objects too large for any; NO_ADDRESS: there are none */
    unsigned id_nbytes;    /* of objects' IDs: flags, offset in the heap, length */
    unsigned offset_nbytes;
    unsigned length_nbytes;
};

/* A block that holds objects, from the offset "begin" in the heap on. */
struct emit_sound_block
{
    uint64_t begin;
    uint64_t address;
    uint64_t nbytes;
};

/* Whether a heap's header, which "bytes" begin, has possible sizes. */
bool emit_sound_heap_header(const unsigned char *bytes, size_t nbytes);

/* What the header at "address" tells; false when it is not sound. */
bool emit_sound_heap_at(const struct emit_sound_file *file, uint64_t address,
                        struct emit_sound_heap *heap);

/* The block that holds "offset"; false when none does. */
bool emit_sound_find_block(const struct emit_sound_file *file, const struct emit_sound_heap *heap,
                           uint64_t offset, struct emit_sound_block *block);

/* ---- sound_dense.c ---- */

/* A B-tree that finds messages in a heap: its address, its records' type, where they have the ID.
 */
struct emit_sound_index
{
    uint64_t tree; /* NO_ADDRESS: there is none */
    unsigned type;
    unsigned id_at;
};

/* Messages of one object that lie in a heap. */
struct emit_sound_dense
{
    uint64_t heap;
    unsigned id_nbytes;
    struct emit_sound_index by_name, by_order;
    bool (*is_sound)(struct body message);
};

/* Whether all messages that the trees find lie in the heap and are sound. */
bool emit_sound_dense(const struct emit_sound_file *file, const struct emit_sound_dense *dense);

#endif
