/* SPDX-License-Identifier: MIT */
/* What all parts of the validator use: loading blocks, the budget, and the register of blocks. */
#ifndef EMIT_HDF5_CHECK_CHECK_BYTES_H
#define EMIT_HDF5_CHECK_CHECK_BYTES_H

#include "core/base/bytes.h"
#include "core/hdf5/check/check.h"

#define NO_ADDRESS UINT64_MAX
#define CHECKSUM_NBYTES 4

/* Most bytes of one block, and of one object header: more than any file needs. */
#define MAX_BLOCK_NBYTES ((uint64_t)16 << 20)

/* ---- Numbers ---- */

static inline unsigned log2_floor(uint64_t value)
{
    unsigned bits = 0;
    while (value >>= 1)
        bits++;
    return bits;
}

static inline bool is_power_of_2(uint64_t value)
{
    return value > 0 && (value & (value - 1)) == 0;
}

/* The unread part of a block. */
struct cursor
{
    const unsigned char *at;
    uint64_t left;
};

/* Reads a number of "count" bytes; false if fewer are left. */
static inline bool take(struct cursor *cursor, unsigned count, uint64_t *value)
{
    if (cursor->left < count)
        return false;
    *value = emit_little_endian(cursor->at, count);
    cursor->at += count;
    cursor->left -= count;
    return true;
}

static inline bool skip(struct cursor *cursor, uint64_t count)
{
    if (cursor->left < count)
        return false;
    cursor->at += count;
    cursor->left -= count;
    return true;
}

/* ---- Blocks ---- */

/* Copies "nbytes" bytes at "address" into "bytes"; false if they are not in the file or the budget
 * does not cover them. */
bool emit_check_read(struct emit_check *check, uint64_t address, size_t nbytes, void *bytes);

/* The "nbytes" bytes at "address", to be released with free(); NULL as for emit_check_read(), or if
 * "nbytes" is 0 or above MAX_BLOCK_NBYTES. */
unsigned char *emit_check_load(struct emit_check *check, uint64_t address, uint64_t nbytes);

/* Most elements that an array of the file may claim: files may leave some unwritten. */
uint64_t emit_check_most_elements(const struct emit_check *check);

/* ---- The register ---- */

enum emit_block_kind
{
    EMIT_BLOCK_HEADER = 1,
    EMIT_BLOCK_HEADER_PART, /* continuation, or the rest of a header that the library reads in two
                               steps */
    EMIT_BLOCK_BTREE,       /* header of a B-tree of version 2 */
    EMIT_BLOCK_BTREE_NODE,
    EMIT_BLOCK_HEAP,       /* header of a fractal heap */
    EMIT_BLOCK_HEAP_BLOCK, /* direct block of a fractal heap */
    EMIT_BLOCK_LOCAL_HEAP,
    EMIT_BLOCK_GROUP_NODE,  /* B-tree of version 1 */
    EMIT_BLOCK_SYMBOL_NODE, /* its leaves */
    EMIT_BLOCK_CHUNK_NODE,  /* B-tree of version 1 */
    EMIT_BLOCK_COLLECTION   /* of a global heap */
};

#define ANY_LEVEL UINT16_MAX

/* What is known of a block. Pointers to it last until the next block is registered. */
struct emit_block_entry
{
    uint64_t address;
    uint64_t owner;  /* address of the block that refers to this one */
    uint64_t detail; /* by kind: local heap: where its names end; nodes of groups: address of their
                        heap; nodes of chunks: bytes of a key */
    uint32_t pass;   /* call of emit_check_block() that registered it last */
    uint16_t level;  /* of a node of version 1, or ANY_LEVEL */
    uint8_t kind;    /* 0: free slot */
    bool is_valid;   /* the block has been validated */
    bool is_sharing; /* header: a message of it lies in another header */
    bool is_shared;  /* header: messages of other headers lie in it */
};

/* The entry of the block at "address", or NULL. */
struct emit_block_entry *emit_check_find(struct emit_check *check, uint64_t address);

/* The entry of a block that many may refer to; a new one if there is none. NULL if the block was
 * registered as another kind, or the register is full. */
struct emit_block_entry *emit_check_register(struct emit_check *check, uint64_t address,
                                             enum emit_block_kind kind);

/*
 * Registers a block that only "owner" may refer to, and only once. NULL if another block refers to
 * it as well, which is damage, or as for emit_check_register().
 */
struct emit_block_entry *emit_check_claim(struct emit_check *check, uint64_t address,
                                          enum emit_block_kind kind, uint64_t owner);

/* Marks the registered block at "address" as validated. */
void emit_check_set_valid(struct emit_check *check, uint64_t address);

/* For emit_check_block(): begins a call, with addresses counted from "base". */
void emit_check_begin(struct emit_check *check, uint64_t base);

#endif
