/* SPDX-License-Identifier: MIT */
#include "core/sound.h"

#include <stdlib.h>
#include <string.h>

#define NO_ADDRESS UINT64_MAX
#define CHECKSUM_NBYTES 4

/* More than any file needs that the driver reads. */
#define MAX_HEADER_CHUNKS 1024
#define MAX_HEADER_NBYTES ((uint64_t)16 << 20)
#define MAX_TREE_DEPTH 8
#define MAX_TREE_NODES 65536

static uint64_t little_endian(const unsigned char *bytes, unsigned count)
{
    uint64_t value = 0;
    for (unsigned i = count; i > 0; i--)
        value = value << 8 | bytes[i - 1];
    return value;
}

static bool is_power_of_2(uint64_t value)
{
    return value > 0 && (value & (value - 1)) == 0;
}

static unsigned log2_floor(uint64_t value)
{
    unsigned bits = 0;
    while (value >>= 1)
        bits++;
    return bits;
}

/* Whether "nbytes" bytes at "address" lie in the file. */
static bool lies_inside(const struct emit_sound_file *file, uint64_t address, uint64_t nbytes)
{
    const uint64_t room = file->nbytes > file->base ? file->nbytes - file->base : 0;
    return address <= room && nbytes <= room - address;
}

/* The bytes at "address", to be freed; NULL when there are none. */
static unsigned char *load(const struct emit_sound_file *file, uint64_t address, uint64_t nbytes)
{
    if (nbytes < 1 || nbytes > MAX_HEADER_NBYTES || !lies_inside(file, address, nbytes))
        return NULL;
    unsigned char *bytes = malloc((size_t)nbytes);
    if (bytes != NULL && file->read(file->context, file->base + address, (size_t)nbytes, bytes))
        return bytes;
    free(bytes);
    return NULL;
}

/* ---- Messages of object headers --------------------------------------------------------------
 */

/* What is left of a message's body. */
struct body
{
    const unsigned char *at;
    uint64_t left;
};

/* Takes a number of "count" bytes; false where the body ends before. */
static bool take(struct body *body, unsigned count, uint64_t *value)
{
    if (body->left < count)
        return false;
    *value = little_endian(body->at, count);
    body->at += count;
    body->left -= count;
    return true;
}

static bool skip(struct body *body, uint64_t count)
{
    if (body->left < count)
        return false;
    body->at += count;
    body->left -= count;
    return true;
}

/* One that fails makes the library release a table of links of which it has filled a part. */
static bool is_sound_link(struct body body)
{
    enum
    {
        HARD = 0,
        SOFT = 1,
        USER = 64
    };
    uint64_t version, flags, type = HARD, character_set = 0, length;
    if (!take(&body, 1, &version) || version != 1 || !take(&body, 1, &flags) || flags > 0x1f)
        return false;
    if ((flags & 0x08) && !take(&body, 1, &type))
        return false;
    if ((flags & 0x04) && !skip(&body, 8))
        return false;
    if ((flags & 0x10) && !take(&body, 1, &character_set))
        return false;
    if (character_set > 1 || !take(&body, 1u << (flags & 3), &length) || length == 0 ||
        memchr(body.at, '\0', body.left < length ? (size_t)body.left : (size_t)length) != NULL ||
        !skip(&body, length))
        return false;
    if (type == HARD)
        return body.left >= 8;
    return (type == SOFT || type >= USER) && take(&body, 2, &length) && skip(&body, length) &&
           (type != SOFT || length > 0);
}

/* Values in the header itself, and chunks, whose sizes are divided by. */
static bool is_sound_layout(struct body body)
{
    enum
    {
        COMPACT = 0,
        CHUNKED = 2
    };
    uint64_t version, kind, count, size = 0;
    if (!take(&body, 1, &version))
        return false;
    if (version < 3)
        return true; /* those are no longer written, and known to nobody here */
    if (version > 5 || !take(&body, 1, &kind))
        return false;
    if (kind == COMPACT)
        return take(&body, 2, &size) && skip(&body, size);
    if (kind != CHUNKED || version > 3)
        return true;
    if (!take(&body, 1, &count) || count < 2 || count > 33 || !skip(&body, 8))
        return false;
    for (uint64_t i = 0; i < count; i++)
        if (!take(&body, 4, &size) || size == 0)
            return false;
    return true;
}

/* A value whose size is taken on trust. */
static bool is_sound_fill(struct body body)
{
    uint64_t version, flags, size;
    if (!take(&body, 1, &version) || version != 3)
        return true;
    return take(&body, 1, &flags) &&
           (!(flags & 0x20) || (take(&body, 4, &size) && size <= body.left));
}

/* Name, type and shape, whose sizes come first. */
static bool is_sound_attribute(struct body body)
{
    uint64_t version, name, type, shape, encoding = 0;
    if (!take(&body, 1, &version) || version < 1 || version > 3 || !skip(&body, 1) ||
        !take(&body, 2, &name) || !take(&body, 2, &type) || !take(&body, 2, &shape) ||
        (version == 3 && !take(&body, 1, &encoding)))
        return false;
    const uint64_t step = version == 1 ? 8 : 1; /* the first version pads each of them */
    return name > 0 && skip(&body, (name + step - 1) / step * step) &&
           skip(&body, (type + step - 1) / step * step) &&
           skip(&body, (shape + step - 1) / step * step);
}

/* ---- Object headers ---------------------------------------------------------------------------
 */

struct chunk_place
{
    uint64_t address;
    uint64_t nbytes;
};

/* An object header in the looking-over: chunks found so far, of which "done" were looked at. */
struct header
{
    const struct emit_sound_file *file;
    unsigned message_head_nbytes;
    struct chunk_place chunk[MAX_HEADER_CHUNKS];
    size_t count;
};

static bool add_continuation(struct header *header, struct body body)
{
    uint64_t address, nbytes;
    if (!take(&body, 8, &address) || !take(&body, 8, &nbytes) || nbytes < 4 + CHECKSUM_NBYTES ||
        header->count == MAX_HEADER_CHUNKS)
        return false;
    header->chunk[header->count++] = (struct chunk_place){address, nbytes};
    return true;
}

static bool is_sound_message(struct header *header, uint64_t type, struct body body)
{
    switch (type)
    {
    case 0x05:
        return is_sound_fill(body);
    case 0x06:
        return is_sound_link(body);
    case 0x08:
        return is_sound_layout(body);
    case 0x0c:
        return is_sound_attribute(body);
    case 0x10:
        return add_continuation(header, body);
    default:
        return true;
    }
}

static bool are_sound_messages(struct header *header, struct body body)
{
    while (body.left >= header->message_head_nbytes)
    {
        const uint64_t type = body.at[0];
        const uint64_t nbytes = little_endian(body.at + 1, 2);
        skip(&body, header->message_head_nbytes);
        if (nbytes > body.left || !is_sound_message(header, type, (struct body){body.at, nbytes}))
            return false;
        skip(&body, nbytes);
    }
    return true;
}

static bool is_sound_continuation(struct header *header, const struct chunk_place *chunk)
{
    unsigned char *bytes = load(header->file, chunk->address, chunk->nbytes);
    const bool sound =
        bytes != NULL && memcmp(bytes, "OCHK", 4) == 0 &&
        are_sound_messages(header, (struct body){bytes + 4, chunk->nbytes - 4 - CHECKSUM_NBYTES});
    free(bytes);
    return sound;
}

/* Looks through all chunks that lie beyond the first. */
static bool are_sound_continuations(struct header *header)
{
    for (size_t i = 0; i < header->count; i++)
    {
        const struct chunk_place chunk = header->chunk[i];
        if (!is_sound_continuation(header, &chunk))
            return false;
    }
    return true;
}

static bool is_sound_header(const struct emit_sound_file *file, uint64_t address,
                            const unsigned char *bytes, size_t nbytes)
{
    struct body prefix = {bytes + 4, nbytes - 4};
    uint64_t version, flags, messages_nbytes;
    if (!take(&prefix, 1, &version) || version != 2 || !take(&prefix, 1, &flags) || flags > 0x3f ||
        !skip(&prefix, (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0)) ||
        !take(&prefix, 1u << (flags & 3), &messages_nbytes))
        return false;
    const uint64_t prefix_nbytes = (uint64_t)(prefix.at - bytes);
    if (messages_nbytes > MAX_HEADER_NBYTES)
        return false;
    unsigned char *whole = load(file, address, prefix_nbytes + messages_nbytes + CHECKSUM_NBYTES);
    struct header *header = malloc(sizeof *header);
    bool sound = whole != NULL && header != NULL;
    if (sound)
    {
        header->file = file;
        header->message_head_nbytes = flags & 0x04 ? 6 : 4;
        header->count = 0;
        sound = are_sound_messages(header, (struct body){whole + prefix_nbytes, messages_nbytes}) &&
                are_sound_continuations(header);
    }
    free(whole);
    free(header);
    return sound;
}

/* ---- B-trees ----------------------------------------------------------------------------------
 */

/* Bytes of nodes that are neither records nor pointers: signature, version, type; checksum. */
#define NODE_HEAD_NBYTES 6
#define NODE_NBYTES (NODE_HEAD_NBYTES + CHECKSUM_NBYTES)

struct tree
{
    const struct emit_sound_file *file;
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

/* Attributes that are shared are looked for in a heap that netCDF's files do not have. */
static bool are_sound_records(const struct tree *tree, const unsigned char *records, uint64_t count)
{
    const bool of_attributes = tree->type == 8 || tree->type == 9;
    for (uint64_t i = 0; i < count && of_attributes; i++)
        if (records[i * tree->record_nbytes + 8] & 0x02)
            return false;
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
    unsigned char *bytes = load(tree->file, address, tree->node_nbytes);
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

static bool is_sound_tree(const struct emit_sound_file *file, const unsigned char *bytes,
                          size_t nbytes)
{
    if (nbytes < 38)
        return false;
    struct tree tree = {.file = file,
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

/* ---- Fractal heaps ----------------------------------------------------------------------------
 */

/* Blocks double in size from row to row, as the header's powers of 2 tell. */
static bool is_sound_doubling(const unsigned char *bytes)
{
    const uint64_t width = little_endian(bytes, 2);
    const uint64_t first_nbytes = little_endian(bytes + 2, 8);
    const uint64_t most_nbytes = little_endian(bytes + 10, 8);
    const uint64_t bits = little_endian(bytes + 18, 2);
    const uint64_t rows = little_endian(bytes + 30, 2);
    if (!is_power_of_2(width) || !is_power_of_2(first_nbytes) || !is_power_of_2(most_nbytes) ||
        first_nbytes < 64 || most_nbytes < first_nbytes || most_nbytes > 1 << 30 || bits > 64)
        return false;
    const unsigned first_row_bits = log2_floor(first_nbytes) + log2_floor(width);
    const unsigned direct_rows = log2_floor(most_nbytes) - log2_floor(first_nbytes) + 2;
    return bits >= first_row_bits && direct_rows <= bits - first_row_bits + 1 &&
           rows <= bits - first_row_bits + 1;
}

static bool is_sound_heap(const unsigned char *bytes, size_t nbytes)
{
    if (nbytes < 146)
        return false;
    const uint64_t id_nbytes = little_endian(bytes + 5, 2);
    const uint64_t filters_nbytes = little_endian(bytes + 7, 2);
    const uint64_t huge_tree = little_endian(bytes + 22, 8);
    const uint64_t huge_count = little_endian(bytes + 86, 8);
    return (id_nbytes == 7 || id_nbytes == 8) && filters_nbytes == 0 &&
           little_endian(bytes + 10, 4) > 0 && (huge_count > 0) == (huge_tree != NO_ADDRESS) &&
           is_sound_doubling(bytes + 110);
}

/* ---- All ------------------------------------------------------------------------------------ */

bool emit_sound_block(const struct emit_sound_file *file, uint64_t offset,
                      const unsigned char *bytes, size_t nbytes)
{
    if (nbytes < 4 || offset < file->base)
        return true;
    if (memcmp(bytes, "OHDR", 4) == 0)
        return is_sound_header(file, offset - file->base, bytes, nbytes);
    if (memcmp(bytes, "BTHD", 4) == 0)
        return is_sound_tree(file, bytes, nbytes);
    if (memcmp(bytes, "FRHP", 4) == 0)
        return is_sound_heap(bytes, nbytes);
    return true;
}
