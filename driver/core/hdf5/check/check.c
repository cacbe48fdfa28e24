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
