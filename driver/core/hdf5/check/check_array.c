/* SPDX-License-Identifier: MIT */
#include "core/hdf5/check/check_internal.h"

#define FIXED_NBYTES 28
#define EXTENSIBLE_NBYTES 72

/* An element is an address and, of a filtered chunk, its size and filter mask. */
static bool is_element_size(unsigned nbytes)
{
    return nbytes >= 8 && nbytes <= 8 + 8 + 4;
}

bool emit_check_fixed_array_block(struct emit_check *check, const struct emit_check_block *block)
{
    const unsigned char *bytes = block->bytes;
    if (block->nbytes < FIXED_NBYTES)
        return false;
    const unsigned page_bits = bytes[7];
    const uint64_t count = emit_little_endian(bytes + 8, 8);
    return is_element_size(bytes[6]) && page_bits >= 1 && page_bits <= 32 && count >= 1 &&
           count <= emit_check_most_elements(check);
}

bool emit_check_extensible_array_block(struct emit_check *check,
                                       const struct emit_check_block *block)
{
    const unsigned char *bytes = block->bytes;
    if (block->nbytes < EXTENSIBLE_NBYTES)
        return false;
    const unsigned bits = bytes[7];        /* of the number of elements */
    const unsigned block_count = bytes[9]; /* elements of the smallest data block */
    const unsigned pointers = bytes[10];   /* to data blocks, of the smallest super block */
    const unsigned page_bits = bytes[11];
    const uint64_t highest = emit_little_endian(bytes + 44, 8); /* index of an element, plus 1 */
    return is_element_size(bytes[6]) && bits <= 64 && is_power_of_2(block_count) &&
           is_power_of_2(pointers) && log2_floor(block_count) <= bits &&
           2 * log2_floor(pointers) <= bits - log2_floor(block_count) && page_bits >= 1 &&
           page_bits <= 32 && highest <= emit_check_most_elements(check) &&
           (bits == 64 || highest >> bits == 0);
}
