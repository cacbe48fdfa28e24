/* SPDX-License-Identifier: MIT */
#include "core/hdf5/check/check_internal.h"

#include <stdlib.h>

/* Twice the links or attributes of one object, since both trees list them: more than any needs. */
#define MAX_PLACES 8192

/* Where a message lies in the heap. */
struct place
{
    uint64_t offset;
    uint64_t nbytes;
};

struct search
{
    struct emit_check *check;
    struct emit_fractal_heap heap;
    bool (*is_valid)(const struct emit_check *check, struct cursor message);
    emit_btree_record *callback; /* add_place(), or NULL if the heap cannot be read */
    unsigned id_at;              /* where a record has its ID */
    size_t count;
    struct place places[MAX_PLACES];
};

/* ---- Messages too large for the heap's blocks ----------------------------------------------- */

static bool is_valid_huge(void *context, const unsigned char *record)
{
    const struct search *search = context;
    const uint64_t nbytes = emit_little_endian(record + 8, 8);
    unsigned char *bytes = emit_check_load(search->check, emit_little_endian(record, 8), nbytes);
    const bool valid =
        bytes != NULL && search->is_valid(search->check, (struct cursor){bytes, nbytes});
    free(bytes);
    return valid;
}

static bool are_valid_huge(struct search *search)
{
    const struct emit_fractal_heap *heap = &search->heap;
    return heap->huge_tree == NO_ADDRESS ||
           emit_check_btree(search->check, heap->huge_tree, heap->address, 1, is_valid_huge,
                            search);
}

/* ---- Messages in blocks --------------------------------------------------------------------- */

static bool add_place(void *context, const unsigned char *record)
{
    enum
    {
        MANAGED = 0x00,
        HUGE = 0x10
    };
    struct search *search = context;
    const struct emit_fractal_heap *heap = &search->heap;
    const unsigned char *id = record + search->id_at;
    if ((id[0] & 0xf0) == HUGE)
        return heap->huge_tree != NO_ADDRESS; /* that tree lists them */
    if ((id[0] & 0xf0) != MANAGED || search->count == MAX_PLACES)
        return false;
    search->places[search->count++] =
        (struct place){emit_little_endian(id + 1, heap->offset_nbytes),
                       emit_little_endian(id + 1 + heap->offset_nbytes, heap->length_nbytes)};
    return true;
}

static bool add_places(struct search *search, const struct emit_dense_index *index, uint64_t owner)
{
    search->id_at = index->id_at;
    return index->tree == NO_ADDRESS || emit_check_btree(search->check, index->tree, owner,
                                                         index->type, search->callback, search);
}

static int compare_offsets(const void *a, const void *b)
{
    const uint64_t left = ((const struct place *)a)->offset;
    const uint64_t right = ((const struct place *)b)->offset;
    return (left > right) - (left < right);
}

/* Loads the direct block that contains "offset". No two parts of a heap share a block. */
static unsigned char *load_block(struct search *search, uint64_t offset,
                                 struct emit_heap_block *block)
{
    struct emit_check *check = search->check;
    if (!emit_check_find_heap_block(check, &search->heap, offset, block) ||
        emit_check_claim(check, block->address, EMIT_BLOCK_HEAP_BLOCK, search->heap.address) ==
            NULL)
        return NULL;
    return emit_check_load(check, block->address, block->nbytes);
}

/* Validates the messages that begin in the same block as message "first". Returns how many they
 * are, or 0 if one of them is damaged. */
static size_t count_valid_in_block(struct search *search, size_t first)
{
    struct emit_heap_block block;
    unsigned char *bytes = load_block(search, search->places[first].offset, &block);
    bool valid = bytes != NULL;
    size_t end = first;
    for (; valid && end < search->count; end++)
    {
        const uint64_t at = search->places[end].offset - block.begin;
        const uint64_t nbytes = search->places[end].nbytes;
        if (at >= block.nbytes)
            break;
        valid = nbytes <= block.nbytes - at && emit_check_spend(search->check, nbytes) &&
                search->is_valid(search->check, (struct cursor){bytes + at, nbytes});
    }
    free(bytes);
    return valid ? end - first : 0;
}

/* Goes by offset, so that each block is loaded once. */
static bool are_valid_in_blocks(struct search *search)
{
    qsort(search->places, search->count, sizeof search->places[0], compare_offsets);
    size_t count = 0;
    for (size_t i = 0; i < search->count; i += count)
    {
        count = count_valid_in_block(search, i);
        if (count == 0)
            return false;
    }
    return true;
}

bool emit_check_dense(struct emit_check *check, const struct emit_dense *dense)
{
    struct search *search = malloc(sizeof *search);
    if (search == NULL)
        return false;
    search->check = check;
    search->is_valid = dense->is_valid;
    search->count = 0;
    const bool has_heap = emit_check_heap(check, dense->heap, dense->owner, &search->heap) &&
                          search->heap.id_nbytes == dense->id_nbytes;
    search->callback = has_heap ? add_place : NULL;
    bool valid = (has_heap || emit_check_is_prefetch(check)) &&
                 add_places(search, &dense->by_name, dense->owner);
    if (valid || emit_check_is_prefetch(check))
        valid = add_places(search, &dense->by_order, dense->owner) && valid;
    valid = valid && has_heap && are_valid_huge(search) && are_valid_in_blocks(search);
    free(search);
    return valid;
}
