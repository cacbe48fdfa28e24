/* SPDX-License-Identifier: MIT */
/* Finds the part of the validator that a block is for. */
#include "core/hdf5/check/check_internal.h"

#include <string.h>

/* Whether the library can use the addresses of a superblock; files whose addresses have other sizes
 * are refused later. */
static bool is_valid_superblock(struct emit_check *check, const struct emit_check_block *block)
{
    enum
    {
        NBYTES = 60
    };
    unsigned char bytes[NBYTES];
    if (!emit_check_read(check, block->address, NBYTES, bytes))
        return false;
    const unsigned version = bytes[8];
    const unsigned sizes_at = version < 2 ? 13 : 9;
    const unsigned base_at = version < 2 ? 24 + 4 * version : 12;
    const unsigned more_at = version < 2 ? base_at + 24 : base_at + 8; /* driver's, or extension */
    if (version > 3 || bytes[sizes_at] != 8 || bytes[sizes_at + 1] != 8)
        return true;
    const uint64_t base = emit_little_endian(bytes + base_at, 8);
    const uint64_t end = emit_little_endian(bytes + base_at + 16, 8);
    const uint64_t more = emit_little_endian(bytes + more_at, 8);
    return base <= end && end <= INT64_MAX && (more == NO_ADDRESS || more < end - base);
}

/* Where the library looks for a header, a block that begins with the version 1 is one of early
 * files, unless it continues another header. */
static bool is_valid_unsigned(struct emit_check *check, const struct emit_check_block *block)
{
    if (!block->of_header || (block->nbytes >= 4 && block->bytes[0] != 1))
        return true;
    const struct emit_block_entry *entry = emit_check_find(check, block->address);
    return (entry != NULL && entry->kind == EMIT_BLOCK_HEADER_PART) ||
           emit_check_header(check, block->address, false);
}

static bool is_valid_header(struct emit_check *check, const struct emit_check_block *block)
{
    return emit_check_header(check, block->address, true);
}

bool emit_check_block(struct emit_check *check, const struct emit_check_block *block)
{
    static const struct
    {
        const char *signature;
        emit_check_part *is_valid;
    } parts[] = {
        {"\x89HDF", is_valid_superblock},
        {"OHDR", is_valid_header},
        {"BTHD", emit_check_btree_block},
        {"TREE", emit_check_node_block},
        {"SNOD", emit_check_symbol_block},
        {"HEAP", emit_check_local_heap_block},
        {"FRHP", emit_check_heap_block},
        {"FAHD", emit_check_fixed_array_block},
        {"EAHD", emit_check_extensible_array_block},
    };
    emit_check_begin(check, block->base);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (block->nbytes >= 4 && memcmp(block->bytes, parts[i].signature, 4) == 0)
            return parts[i].is_valid(check, block);
    return is_valid_unsigned(check, block);
}
