/* SPDX-License-Identifier: MIT */
/* Shared by the check_*.c files. A file calls only functions whose section here is above its own.
 */
#pragma once

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

/* Skips "count" bytes; false if fewer are left. */
static inline bool skip(struct cursor *cursor, uint64_t count)
{
    if (cursor->left < count)
        return false;
    cursor->at += count;
    cursor->left -= count;
    return true;
}

/* Reads a number of "count" bytes; false if fewer are left. */
static inline bool take(struct cursor *cursor, unsigned count, uint64_t *value)
{
    const unsigned char *at = cursor->at;
    if (!skip(cursor, count))
        return false;
    *value = emit_little_endian(at, count);
    return true;
}

/* ---- check_bytes.c: reading, and the register of blocks ---- */

/* For emit_check_block(): begins a call, with addresses counted from "base". */
void emit_check_begin(struct emit_check *check, uint64_t base);

/* Copies "nbytes" bytes at "address" into "bytes"; false if they are not in the file or the budget
 * does not cover them. */
bool emit_check_read(struct emit_check *check, uint64_t address, size_t nbytes, void *bytes);

/* The "nbytes" bytes at "address", to be released with free(); NULL as for emit_check_read(), or if
 * "nbytes" is 0 or above MAX_BLOCK_NBYTES. */
unsigned char *emit_check_load(struct emit_check *check, uint64_t address, uint64_t nbytes);

/* Reports the address of an object or node to the source, see emit_check_source. */
void emit_check_report(const struct emit_check *check, uint64_t address, struct cursor name);

/* Whether bytes may be missing for now, so that validation goes on after a failure, in order to
 * find all that are missing. */
bool emit_check_is_prefetch(const struct emit_check *check);

/* Most elements that an array of the file may claim: files may leave some unwritten. */
uint64_t emit_check_most_elements(const struct emit_check *check);

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

/* Registers a block that only "owner" may refer to, and only once. NULL if another block refers to
 * it as well, which is damage, or as for emit_check_register(). */
struct emit_block_entry *emit_check_claim(struct emit_check *check, uint64_t address,
                                          enum emit_block_kind kind, uint64_t owner);

/* Marks the registered block at "address" as validated. */
void emit_check_set_valid(struct emit_check *check, uint64_t address);

/* ---- Parts of the validator ---- */

/* Whether a block that the library reads is valid. */
typedef bool emit_check_part(struct emit_check *check, const struct emit_check_block *block);

/* check_array.c: fixed and extensible arrays, indices of chunks in files of the latest format.
 * Their headers must have possible sizes, and no more elements than the file can have chunks: the
 * library visits each of them, written or not. */
emit_check_part emit_check_fixed_array_block;
emit_check_part emit_check_extensible_array_block;

/* ---- check_local_heap.c: local heaps, with the names of an early group or of external files, and
 * collections of the global heap ---- */

/* Whether the local heap at "address", which belongs to the block at "owner" alone, is valid.
 * "*names_end" becomes the first offset at which no name ends any more. */
bool emit_check_local_heap(struct emit_check *check, uint64_t address, uint64_t owner,
                           uint64_t *names_end);

/* The same of a heap whose owner is unknown. */
emit_check_part emit_check_local_heap_block;

/* Whether a text at "offset" of the valid heap at "address" has less than "limit" bytes, at most
 * 512. */
bool emit_check_is_short_text(struct emit_check *check, uint64_t address, uint64_t offset,
                              size_t limit);

/* Whether all objects of the collection at "address" lie in it. Many blocks may refer to one. */
bool emit_check_collection(struct emit_check *check, uint64_t address);

/* ---- check_btree1.c: B-trees of version 1, which index the chunks of most files and the groups of
 * early ones. Their nodes are validated one by one, as the library reads them. ---- */

/* Most bytes of a soft link's target, with its end. The library walks the components of a path. */
#define MAX_SOFT_LINK_NBYTES 256

/* Registers the tree of a group, and its heap of names, for the object header at "owner". */
bool emit_check_group(struct emit_check *check, uint64_t tree, uint64_t heap, uint64_t owner);

/* Registers the tree of a variable's chunks of "dimensions" (with that of a value's bytes). */
bool emit_check_chunk_tree(struct emit_check *check, uint64_t tree, uint64_t dimensions,
                           uint64_t owner);

/* The whole node of a tree, whose children no other node shares; the whole leaf of a group's tree.
 */
emit_check_part emit_check_node_block;
emit_check_part emit_check_symbol_block;

/* ---- check_btree.c: B-trees of version 2: links and attributes in heaps, huge objects of heaps,
 * chunks ---- */

/* Called for each record of a tree; returning false ends the walk. */
typedef bool emit_btree_record(void *context, const unsigned char *record);

/* The header of a tree, with all of its nodes. */
emit_check_part emit_check_btree_block;

/* Whether the tree at "address", which belongs to the block at "owner" alone, is valid, its records
 * are of "type", and "callback" accepts each of them. */
bool emit_check_btree(struct emit_check *check, uint64_t address, uint64_t owner, uint64_t type,
                      emit_btree_record *callback, void *context);

/* ---- check_heap.c: fractal heaps ---- */

/* Direct blocks hold objects, indirect ones hold blocks; blocks double in size from row to row. */
struct emit_fractal_heap
{
    uint64_t address;
    uint64_t root;         /* address of the block that contains all others */
    uint64_t root_rows;    /* 0: the root is a direct block */
    uint64_t width;        /* blocks in a row */
    uint64_t first_nbytes; /* of a block in the first two rows */
    uint64_t most_nbytes;  /* of a direct block */
    uint64_t huge_tree;    /* of objects too large for any block, or NO_ADDRESS */
    unsigned id_nbytes;    /* of objects' IDs: flags, offset in the heap, length */
    unsigned offset_nbytes;
    unsigned length_nbytes;
};

/* A direct block, which begins at the offset "begin" of the heap. */
struct emit_heap_block
{
    uint64_t begin;
    uint64_t address;
    uint64_t nbytes;
};

/* The header of a heap: possible sizes. */
emit_check_part emit_check_heap_block;

/* Reads the header of the heap at "address", which belongs to the block at "owner" alone; false if
 * it is damaged. */
bool emit_check_heap(struct emit_check *check, uint64_t address, uint64_t owner,
                     struct emit_fractal_heap *heap);

/* Finds the direct block that contains "offset"; false if there is none. */
bool emit_check_find_heap_block(struct emit_check *check, const struct emit_fractal_heap *heap,
                                uint64_t offset, struct emit_heap_block *block);

/* ---- check_dense.c: links and attributes of objects with many of them: messages in a heap,
 * indexed by B-trees ---- */

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
    bool (*is_valid)(const struct emit_check *check, struct cursor message);
};

/* Whether all messages that the trees refer to lie in the heap and are valid. */
bool emit_check_dense(struct emit_check *check, const struct emit_dense *dense);

/* ---- check_type.c: types of values ---- */

/* Whether "body" contains a whole type, of known classes and not nested too deeply. */
bool emit_check_type(struct cursor body);

/* ---- check_message.c: messages of object headers ---- */

enum emit_message_type
{
    EMIT_MESSAGE_SHAPE = 0x01,
    EMIT_MESSAGE_LINK_INFO = 0x02,
    EMIT_MESSAGE_TYPE = 0x03,
    EMIT_MESSAGE_OLD_FILL = 0x04,
    EMIT_MESSAGE_FILL = 0x05,
    EMIT_MESSAGE_LINK = 0x06,
    EMIT_MESSAGE_EXTERNAL_FILES = 0x07,
    EMIT_MESSAGE_LAYOUT = 0x08,
    EMIT_MESSAGE_ATTRIBUTE = 0x0c,
    EMIT_MESSAGE_SHARED_TABLE = 0x0f,
    EMIT_MESSAGE_CONTINUATION = 0x10,
    EMIT_MESSAGE_GROUP = 0x11,
    EMIT_MESSAGE_ATTRIBUTE_INFO = 0x15,
    EMIT_MESSAGE_CACHE_IMAGE = 0x18
};

/* Whether a message of the object header at "owner" has possible sizes; registers the trees and
 * heaps that it refers to. True for types that are not known. Link info, attribute info and
 * continuations are not known here. */
bool emit_check_message(struct emit_check *check, uint64_t owner, uint64_t type,
                        struct cursor body);

/* Whether a message that lies in another header does not lead in a circle. */
bool emit_check_shared_message(struct emit_check *check, uint64_t owner, struct cursor body);

/* Whether the links or attributes that an info message refers to are valid. */
bool emit_check_info(struct emit_check *check, uint64_t owner, uint64_t type, struct cursor body);

/* ---- check_header.c ---- */

/* Whether the object header at "address" is valid, with all that its messages lead to; it is
 * validated once. Headers of version 2 have a signature, those of version 1 have none. */
bool emit_check_header(struct emit_check *check, uint64_t address, bool has_signature);
