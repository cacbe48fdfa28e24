/* SPDX-License-Identifier: MIT */
#include "core/hdf5/check/check_internal.h"

#define NODE_HEAD_NBYTES 24
#define SYMBOL_HEAD_NBYTES 8
#define SYMBOL_NBYTES 40
#define GROUP_KEY_NBYTES 8

/* ---- Roots ---------------------------------------------------------------------------------- */

static bool claim_node(struct emit_check *check, uint64_t address, uint64_t owner,
                       const struct emit_block_entry *like)
{
    struct emit_block_entry *entry =
        emit_check_claim(check, address, (enum emit_block_kind)like->kind, owner);
    if (entry == NULL || (entry->is_valid && entry->level != like->level))
        return false;
    emit_check_report(check, address, (struct cursor){NULL, 0});
    entry->detail = like->detail;
    entry->level = entry->is_valid ? entry->level : like->level;
    return true;
}

bool emit_check_group(struct emit_check *check, uint64_t tree, uint64_t heap, uint64_t owner)
{
    const struct emit_block_entry root = {
        .kind = EMIT_BLOCK_GROUP_NODE, .detail = heap, .level = ANY_LEVEL};
    uint64_t names_end;
    return emit_check_local_heap(check, heap, owner, &names_end) &&
           claim_node(check, tree, owner, &root);
}

bool emit_check_chunk_tree(struct emit_check *check, uint64_t tree, uint64_t dimensions,
                           uint64_t owner)
{
    const struct emit_block_entry root = {
        .kind = EMIT_BLOCK_CHUNK_NODE, .detail = 4 + 4 + 8 * dimensions, .level = ANY_LEVEL};
    return tree == NO_ADDRESS || claim_node(check, tree, owner, &root);
}

/* ---- Nodes ---------------------------------------------------------------------------------- */

/* The first offset of a valid heap at which no name ends. */
static uint64_t names_end_of(struct emit_check *check, uint64_t heap)
{
    const struct emit_block_entry *entry = emit_check_find(check, heap);
    return entry != NULL && entry->kind == EMIT_BLOCK_LOCAL_HEAP ? entry->detail : 0;
}

/* Keys of groups are names; the library compares them without looking for their ends. */
static bool are_valid_keys(struct emit_check *check, const struct emit_block_entry *node,
                           const unsigned char *keys, uint64_t count)
{
    const uint64_t end = names_end_of(check, node->detail);
    for (uint64_t i = 0; i <= count && count > 0; i++, keys += GROUP_KEY_NBYTES + 8)
        if (emit_little_endian(keys, 8) >= end)
            return false;
    return true;
}

static bool claim_children(struct emit_check *check, const struct emit_block_entry *node,
                           const unsigned char *children, uint64_t step, uint64_t count)
{
    struct emit_block_entry child = *node;
    if (node->level > 0)
        child.level = node->level - 1;
    else if (node->kind == EMIT_BLOCK_GROUP_NODE)
        child.kind = EMIT_BLOCK_SYMBOL_NODE;
    else
        return true; /* the children are chunks */
    for (uint64_t i = 0; i < count; i++, children += step)
        if (!claim_node(check, emit_little_endian(children, 8), node->address, &child))
            return false;
    return true;
}

static bool is_valid_node(struct emit_check *check, const struct emit_block_entry *node,
                          const struct emit_check_block *block)
{
    const bool of_group = node->kind == EMIT_BLOCK_GROUP_NODE;
    const uint64_t key_nbytes = of_group ? GROUP_KEY_NBYTES : node->detail;
    const uint64_t count = emit_little_endian(block->bytes + 6, 2);
    const unsigned char *keys = block->bytes + NODE_HEAD_NBYTES;
    return block->bytes[4] == (of_group ? 0 : 1) &&
           NODE_HEAD_NBYTES + count * (key_nbytes + 8) + key_nbytes <= block->nbytes &&
           (!of_group || are_valid_keys(check, node, keys, count)) &&
           claim_children(check, node, keys + key_nbytes, key_nbytes + 8, count);
}

bool emit_check_node_block(struct emit_check *check, const struct emit_check_block *block)
{
    struct emit_block_entry *entry = emit_check_find(check, block->address);
    if (block->nbytes < NODE_HEAD_NBYTES || entry == NULL ||
        (entry->kind != EMIT_BLOCK_GROUP_NODE && entry->kind != EMIT_BLOCK_CHUNK_NODE))
        return false;
    if (entry->is_valid)
        return true;
    const unsigned level = block->bytes[5];
    if (entry->level != ANY_LEVEL && entry->level != level)
        return false;
    entry->level = (uint16_t)level;
    const struct emit_block_entry node = *entry;
    if (!is_valid_node(check, &node, block))
        return false;
    emit_check_set_valid(check, block->address);
    return true;
}

/* ---- Leaves of groups ----------------------------------------------------------------------- */

static bool is_valid_symbol(struct emit_check *check, const unsigned char *symbol, uint64_t heap)
{
    enum
    {
        HEADER_ONLY = 0,
        GROUP = 1,
        SOFT_LINK = 2
    };
    const uint64_t end = names_end_of(check, heap);
    const uint64_t cache = emit_little_endian(symbol + 16, 4);
    emit_check_report(check, emit_little_endian(symbol + 8, 8), (struct cursor){symbol, 0});
    if (emit_little_endian(symbol, 8) >= end)
        return false;
    if (cache == SOFT_LINK)
        return emit_check_is_short_text(check, heap, emit_little_endian(symbol + 24, 4),
                                        MAX_SOFT_LINK_NBYTES);
    return cache == HEADER_ONLY || cache == GROUP;
}

bool emit_check_symbol_block(struct emit_check *check, const struct emit_check_block *block)
{
    struct emit_block_entry *entry = emit_check_find(check, block->address);
    if (block->nbytes < SYMBOL_HEAD_NBYTES || entry == NULL ||
        entry->kind != EMIT_BLOCK_SYMBOL_NODE)
        return false;
    const uint64_t count = emit_little_endian(block->bytes + 6, 2);
    const unsigned char *symbols = block->bytes + SYMBOL_HEAD_NBYTES;
    if (!entry->is_valid && SYMBOL_HEAD_NBYTES + count * SYMBOL_NBYTES > block->nbytes)
        return false;
    for (uint64_t i = 0; !entry->is_valid && i < count; i++)
        if (!is_valid_symbol(check, symbols + SYMBOL_NBYTES * i, entry->detail))
            return false;
    entry->is_valid = true;
    return true;
}
