/* SPDX-License-Identifier: MIT */
/* B-trees of version 2. */
#include "core/hdf5/check/check_internal.h"

#include <stdlib.h>
#include <string.h>

/* More than any file needs that the driver reads. */
#define MAX_TREE_DEPTH 8
#define MAX_TREE_NODES 65536

#define HEADER_NBYTES 38

/* Bytes of nodes that are neither records nor pointers: signature, version, type; checksum. */
#define NODE_HEAD_NBYTES 6
#define NODE_NBYTES (NODE_HEAD_NBYTES + CHECKSUM_NBYTES)

struct tree
{
    const struct emit_sound_file *file;
    emit_sound_record *is_sound_record;
    void *context;
    uint64_t type;
    uint64_t node_nbytes;
    uint64_t record_nbytes;
    unsigned depth;
    unsigned count_nbytes;                     /* of a node's number of records */
    unsigned total_nbytes[MAX_TREE_DEPTH + 1]; /* of the number of records below a node */
    uint64_t most[MAX_TREE_DEPTH + 1];         /* records of a node, by its height */
    size_t nodes_left;
};

/* Bytes a record of each type takes; 0: it depends. */
static bool is_record_size(uint64_t type, uint64_t nbytes)
{
    static const unsigned char sizes[] = {0, 24, 36, 16, 28, 11, 15, 0, 17, 13, 0, 0};
    if (type == 0 || type >= sizeof sizes)
        return false;
    return sizes[type] != 0 ? nbytes == sizes[type] : nbytes >= 16 && nbytes <= 8 + 8 + 4 + 8 * 33;
}

/* How many records nodes of each height hold at most, and in how many bytes that is written. */
static bool size_nodes(struct tree *tree)
{
    uint64_t below = (tree->node_nbytes - NODE_NBYTES) / tree->record_nbytes;
    tree->most[0] = below;
    tree->total_nbytes[0] = 0;
    tree->count_nbytes = log2_floor(below) / 8 + 1;
    for (unsigned height = 1; height <= tree->depth; height++)
    {
        const uint64_t pointer = 8 + tree->count_nbytes + tree->total_nbytes[height - 1];
        const uint64_t most =
            (tree->node_nbytes - NODE_NBYTES - pointer) / (tree->record_nbytes + pointer);
        if (most < 1 || below > (UINT64_MAX - most) / (most + 1))
            return false;
        below = (most + 1) * below + most;
        tree->most[height] = most;
        tree->total_nbytes[height] = log2_floor(below) / 8 + 1;
    }
    return tree->most[0] >= 1;
}

static bool are_sound_records(const struct tree *tree, const unsigned char *record, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++, record += tree->record_nbytes)
    {
        /* Attributes that are shared are looked for in a heap that netCDF's files do not have. */
        if ((tree->type == 8 || tree->type == 9) && (record[8] & 0x02))
            return false;
        if (tree->is_sound_record != NULL && !tree->is_sound_record(tree->context, record))
            return false;
    }
    return true;
}

static bool is_sound_node(struct tree *tree, unsigned height, uint64_t address, uint64_t count);

static bool are_sound_children(struct tree *tree, unsigned height, const unsigned char *pointers,
                               uint64_t count)
{
    const unsigned pointer_nbytes = 8 + tree->count_nbytes + tree->total_nbytes[height - 1];
    for (uint64_t i = 0; i < count; i++, pointers += pointer_nbytes)
        if (!is_sound_node(tree, height - 1, little_endian(pointers, 8),
                           little_endian(pointers + 8, tree->count_nbytes)))
            return false;
    return true;
}

static bool is_sound_node(struct tree *tree, unsigned height, uint64_t address, uint64_t count)
{
    if (count < 1 || count > tree->most[height] || tree->nodes_left == 0)
        return false;
    tree->nodes_left--;
    unsigned char *bytes = emit_sound_load(tree->file, address, tree->node_nbytes);
    if (bytes == NULL)
        return false;
    const unsigned char *records = bytes + NODE_HEAD_NBYTES;
    const bool sound =
        memcmp(bytes, height > 0 ? "BTIN" : "BTLF", 4) == 0 && bytes[5] == tree->type &&
        are_sound_records(tree, records, count) &&
        (height == 0 ||
         are_sound_children(tree, height, records + count * tree->record_nbytes, count + 1));
    free(bytes);
    return sound;
}

bool emit_sound_tree(const struct emit_sound_file *file, const unsigned char *bytes, size_t nbytes,
                     emit_sound_record *is_sound, void *context)
{
    if (nbytes < HEADER_NBYTES)
        return false;
    struct tree tree = {.file = file,
                        .is_sound_record = is_sound,
                        .context = context,
                        .type = bytes[5],
                        .node_nbytes = little_endian(bytes + 6, 4),
                        .record_nbytes = little_endian(bytes + 10, 2),
                        .depth = (unsigned)little_endian(bytes + 12, 2),
                        .nodes_left = MAX_TREE_NODES};
    const uint64_t root = little_endian(bytes + 16, 8);
    const uint64_t root_count = little_endian(bytes + 24, 2);
    if (tree.depth > MAX_TREE_DEPTH || tree.node_nbytes < 128 || tree.node_nbytes > 1 << 20 ||
        !is_record_size(tree.type, tree.record_nbytes) || 4 * tree.record_nbytes > tree.node_nbytes)
        return false;
    if (root == NO_ADDRESS)
        return root_count == 0 && tree.depth == 0;
    return size_nodes(&tree) && is_sound_node(&tree, tree.depth, root, root_count);
}

bool emit_sound_tree_at(const struct emit_sound_file *file, uint64_t address, uint64_t type,
                        emit_sound_record *is_sound, void *context)
{
    unsigned char *bytes = emit_sound_load(file, address, HEADER_NBYTES);
    const bool sound = bytes != NULL && memcmp(bytes, "BTHD", 4) == 0 && bytes[5] == type &&
                       emit_sound_tree(file, bytes, HEADER_NBYTES, is_sound, context);
    free(bytes);
    return sound;
}
