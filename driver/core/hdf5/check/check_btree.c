/* SPDX-License-Identifier: MIT */
#include "core/hdf5/check/check_internal.h"

#include <stdlib.h>
#include <string.h>

/* More than any file needs that the driver reads. */
#define MAX_DEPTH 8
#define MAX_NODE_NBYTES (1 << 20)

#define HEADER_NBYTES 38

/* Bytes of nodes that are neither records nor pointers: signature, version, type; checksum. */
#define NODE_HEAD_NBYTES 6
#define NODE_FRAME_NBYTES (NODE_HEAD_NBYTES + CHECKSUM_NBYTES)

struct tree
{
    struct emit_check *check;
    emit_btree_record *callback;
    void *context;
    uint64_t address;
    uint64_t type;
    uint64_t node_nbytes;
    uint64_t record_nbytes;
    uint64_t root;
    uint64_t root_count;
    unsigned depth;
    unsigned count_nbytes;                /* of a node's number of records */
    unsigned total_nbytes[MAX_DEPTH + 1]; /* of the number of records below a node, by height */
    uint64_t most[MAX_DEPTH + 1];         /* records of a node, by height */
};

/* ---- Header --------------------------------------------------------------------------------- */

/* Whether records of "type" can have "nbytes" bytes; those of filtered chunks vary (0 here). */
static bool is_record_size(uint64_t type, uint64_t nbytes)
{
    static const unsigned char sizes[] = {0, 24, 36, 16, 28, 11, 15, 0, 17, 13, 0, 0};
    if (type == 0 || type >= sizeof sizes)
        return false;
    return sizes[type] != 0 ? nbytes == sizes[type] : nbytes >= 16 && nbytes <= 8 + 8 + 4 + 8 * 33;
}

static void read_header(struct tree *tree, const unsigned char *bytes)
{
    tree->type = bytes[5];
    tree->node_nbytes = emit_little_endian(bytes + 6, 4);
    tree->record_nbytes = emit_little_endian(bytes + 10, 2);
    tree->depth = (unsigned)emit_little_endian(bytes + 12, 2);
    tree->root = emit_little_endian(bytes + 16, 8);
    tree->root_count = emit_little_endian(bytes + 24, 2);
}

/* Computes how many records nodes of each height hold, and the width of the numbers in them. */
static bool size_nodes(struct tree *tree)
{
    uint64_t below = (tree->node_nbytes - NODE_FRAME_NBYTES) / tree->record_nbytes;
    tree->most[0] = below;
    tree->total_nbytes[0] = 0;
    tree->count_nbytes = log2_floor(below) / 8 + 1;
    for (unsigned height = 1; height <= tree->depth; height++)
    {
        const uint64_t pointer = 8 + tree->count_nbytes + tree->total_nbytes[height - 1];
        const uint64_t most =
            (tree->node_nbytes - NODE_FRAME_NBYTES - pointer) / (tree->record_nbytes + pointer);
        if (most < 1 || below > (UINT64_MAX - most) / (most + 1))
            return false;
        below = (most + 1) * below + most;
        tree->most[height] = most;
        tree->total_nbytes[height] = log2_floor(below) / 8 + 1;
    }
    return tree->most[0] >= 1;
}

/* ---- Nodes ---------------------------------------------------------------------------------- */

static bool are_valid_records(const struct tree *tree, const unsigned char *record, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++, record += tree->record_nbytes)
    {
        /* The library looks for shared attributes in a heap that netCDF's files do not have. */
        if ((tree->type == 8 || tree->type == 9) && (record[8] & 0x02))
            return false;
        if (tree->callback != NULL && !tree->callback(tree->context, record))
            return false;
    }
    return true;
}

static bool is_valid_node(const struct tree *tree, unsigned height, uint64_t address,
                          uint64_t count);

static bool are_valid_children(const struct tree *tree, unsigned height,
                               const unsigned char *pointers, uint64_t count)
{
    const unsigned pointer_nbytes = 8 + tree->count_nbytes + tree->total_nbytes[height - 1];
    for (uint64_t i = 0; i < count; i++, pointers += pointer_nbytes)
        if (!is_valid_node(tree, height - 1, emit_little_endian(pointers, 8),
                           emit_little_endian(pointers + 8, tree->count_nbytes)))
            return false;
    return true;
}

static bool is_valid_node(const struct tree *tree, unsigned height, uint64_t address,
                          uint64_t count)
{
    if (count < 1 || count > tree->most[height] ||
        emit_check_claim(tree->check, address, EMIT_BLOCK_BTREE_NODE, tree->address) == NULL)
        return false;
    unsigned char *bytes = emit_check_load(tree->check, address, tree->node_nbytes);
    if (bytes == NULL)
        return false;
    const unsigned char *records = bytes + NODE_HEAD_NBYTES;
    const bool valid =
        memcmp(bytes, height > 0 ? "BTIN" : "BTLF", 4) == 0 && bytes[5] == tree->type &&
        are_valid_records(tree, records, count) &&
        (height == 0 ||
         are_valid_children(tree, height, records + count * tree->record_nbytes, count + 1));
    free(bytes);
    return valid;
}

/* ---- Trees ---------------------------------------------------------------------------------- */

static bool is_valid_tree(struct tree *tree, const unsigned char *bytes)
{
    read_header(tree, bytes);
    if (tree->depth > MAX_DEPTH || tree->node_nbytes < 128 || tree->node_nbytes > MAX_NODE_NBYTES ||
        !is_record_size(tree->type, tree->record_nbytes) ||
        4 * tree->record_nbytes > tree->node_nbytes)
        return false;
    if (tree->root == NO_ADDRESS)
    {
        if (tree->root_count != 0 || tree->depth != 0)
            return false;
    }
    else if (!size_nodes(tree) || !is_valid_node(tree, tree->depth, tree->root, tree->root_count))
        return false;
    emit_check_set_valid(tree->check, tree->address);
    return true;
}

bool emit_check_btree_block(struct emit_check *check, const struct emit_check_block *block)
{
    struct tree tree = {.check = check, .address = block->address};
    const struct emit_block_entry *entry =
        emit_check_register(check, block->address, EMIT_BLOCK_BTREE);
    return entry != NULL && block->nbytes >= HEADER_NBYTES &&
           (entry->is_valid || is_valid_tree(&tree, block->bytes));
}

bool emit_check_btree(struct emit_check *check, uint64_t address, uint64_t owner, uint64_t type,
                      emit_btree_record *callback, void *context)
{
    struct tree tree = {
        .check = check, .callback = callback, .context = context, .address = address};
    unsigned char bytes[HEADER_NBYTES];
    return emit_check_claim(check, address, EMIT_BLOCK_BTREE, owner) != NULL &&
           emit_check_read(check, address, sizeof bytes, bytes) && memcmp(bytes, "BTHD", 4) == 0 &&
           bytes[5] == type && is_valid_tree(&tree, bytes);
}
