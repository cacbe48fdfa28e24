/* SPDX-License-Identifier: MIT */
/* Links and attributes of objects that have many: they lie in a heap, where B-trees find them. */
#include "core/hdf5/check/check_internal.h"

#include <stdlib.h>

/* Twice the links or attributes of one object, since both trees list them: more than any needs. */
#define MAX_FOUND 8192

/* A message that a B-tree finds: its place in the heap. */
struct found
{
    uint64_t offset;
    uint64_t nbytes;
};

struct search
{
    const struct emit_sound_file *file;
    struct emit_sound_heap heap;
    bool (*is_sound)(struct body message);
    unsigned id_at; /* where a record has its ID */
    uint64_t nbytes_left;
    size_t count;
    struct found found[MAX_FOUND];
};

/* What lies at "address", to be freed; NULL when there is nothing, or was too much already. */
static unsigned char *load_part(struct search *search, uint64_t address, uint64_t nbytes)
{
    if (nbytes > search->nbytes_left)
        return NULL;
    search->nbytes_left -= nbytes;
    return emit_sound_load(search->file, address, nbytes);
}

/* ---- Messages too large for the heap's blocks -----------------------------------------------
 */

static bool is_sound_huge(void *context, const unsigned char *record)
{
    struct search *search = context;
    const uint64_t nbytes = little_endian(record + 8, 8);
    unsigned char *bytes = load_part(search, little_endian(record, 8), nbytes);
    const bool sound = bytes != NULL && search->is_sound((struct body){bytes, nbytes});
    free(bytes);
    return sound;
}

static bool are_sound_huge(struct search *search)
{
    return search->heap.huge_tree == NO_ADDRESS ||
           emit_sound_tree_at(search->file, search->heap.huge_tree, 1, is_sound_huge, search);
}

/* ---- Messages in blocks ---------------------------------------------------------------------
 */

static bool note_found(void *context, const unsigned char *record)
{
    enum
    {
        MANAGED = 0x00,
        HUGE = 0x10
    };
    struct search *search = context;
    const struct emit_sound_heap *heap = &search->heap;
    const unsigned char *id = record + search->id_at;
    if ((id[0] & 0xf0) != MANAGED || search->count == MAX_FOUND)
        return (id[0] & 0xf0) == HUGE; /* their tree lists those */
    search->found[search->count++] =
        (struct found){little_endian(id + 1, heap->offset_nbytes),
                       little_endian(id + 1 + heap->offset_nbytes, heap->length_nbytes)};
    return true;
}

static bool note_all(struct search *search, const struct emit_sound_index *index)
{
    search->id_at = index->id_at;
    return index->tree == NO_ADDRESS ||
           emit_sound_tree_at(search->file, index->tree, index->type, note_found, search);
}

static int compare_offsets(const void *a, const void *b)
{
    const uint64_t left = ((const struct found *)a)->offset;
    const uint64_t right = ((const struct found *)b)->offset;
    return (left > right) - (left < right);
}

/* The messages that begin in the block of the first of those left; how many they are, or 0 when
 * one of them is damaged. */
static size_t count_sound_in_block(struct search *search, size_t first)
{
    struct emit_sound_block block;
    if (!emit_sound_find_block(search->file, &search->heap, search->found[first].offset, &block))
        return 0;
    unsigned char *bytes = load_part(search, block.address, block.nbytes);
    bool sound = bytes != NULL;
    size_t end = first;
    for (; sound && end < search->count; end++)
    {
        const uint64_t at = search->found[end].offset - block.begin;
        const uint64_t nbytes = search->found[end].nbytes;
        if (at >= block.nbytes)
            break;
        sound = nbytes <= block.nbytes - at && search->is_sound((struct body){bytes + at, nbytes});
    }
    free(bytes);
    return sound ? end - first : 0;
}

/* In the order of their places, so that each block is read once. */
static bool are_sound_in_blocks(struct search *search)
{
    qsort(search->found, search->count, sizeof search->found[0], compare_offsets);
    size_t count = 0;
    for (size_t i = 0; i < search->count; i += count)
    {
        count = count_sound_in_block(search, i);
        if (count == 0)
            return false;
    }
    return true;
}

bool emit_sound_dense(const struct emit_sound_file *file, const struct emit_sound_dense *dense)
{
    struct search *search = malloc(sizeof *search);
    if (search == NULL)
        return false;
    search->file = file;
    search->is_sound = dense->is_sound;
    search->nbytes_left = MAX_OBJECT_NBYTES;
    search->count = 0;
    const bool sound = emit_sound_heap_at(file, dense->heap, &search->heap) &&
                       search->heap.id_nbytes == dense->id_nbytes && are_sound_huge(search) &&
                       note_all(search, &dense->by_name) && note_all(search, &dense->by_order) &&
                       are_sound_in_blocks(search);
    free(search);
    return sound;
}
