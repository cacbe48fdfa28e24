/* SPDX-License-Identifier: MIT */
/* Which part of the validator a block is for. */
#include "core/hdf5/check/check.h"

#include "core/hdf5/check/check_array.h"
#include "core/hdf5/check/check_btree.h"
#include "core/hdf5/check/check_btree1.h"
#include "core/hdf5/check/check_bytes.h"
#include "core/hdf5/check/check_header.h"
#include "core/hdf5/check/check_heap.h"
#include "core/hdf5/check/check_local_heap.h"

#include <string.h>

static bool begins_with(const struct emit_check_block *block, const char *signature)
{
    return block->nbytes >= 4 && memcmp(block->bytes, signature, 4) == 0;
}

/* Whether the addresses of a superblock are such that the library can take them for places in the
 * file; files whose addresses have other sizes are refused later. */
static bool is_valid_superblock(struct emit_check *check, uint64_t address)
{
    enum
    {
        NBYTES = 60
    };
    unsigned char bytes[NBYTES];
    if (!emit_check_read(check, address, NBYTES, bytes))
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

bool emit_check_block(struct emit_check *check, const struct emit_check_block *block)
{
    const uint64_t address = block->address;
    emit_check_begin(check, block->base);
    if (begins_with(block, "\x89HDF"))
        return is_valid_superblock(check, address);
    if (begins_with(block, "OHDR"))
        return emit_check_header(check, address, true);
    if (begins_with(block, "BTHD"))
        return emit_check_btree_block(check, address, block->bytes, block->nbytes);
    if (begins_with(block, "TREE"))
        return emit_check_node_block(check, address, block->bytes, block->nbytes);
    if (begins_with(block, "SNOD"))
        return emit_check_symbol_block(check, address, block->bytes, block->nbytes);
    if (begins_with(block, "HEAP"))
        return emit_check_local_heap_block(check, address);
    if (begins_with(block, "FRHP"))
        return emit_check_heap_block(block->bytes, block->nbytes);
    if (begins_with(block, "FAHD"))
        return emit_check_fixed_array_block(check, block->bytes, block->nbytes);
    if (begins_with(block, "EAHD"))
        return emit_check_extensible_array_block(check, block->bytes, block->nbytes);
    return is_valid_unsigned(check, block);
}
