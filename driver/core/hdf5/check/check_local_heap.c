/* SPDX-License-Identifier: MIT */
#include "core/hdf5/check/check_internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- Local heaps ---------------------------------------------------------------------------- */

#define HEADER_NBYTES 32

struct local_heap
{
    uint64_t nbytes; /* of the names and the free space between them */
    uint64_t free;   /* offset of the first free block */
    uint64_t names;  /* address */
};

static bool read_header(struct emit_check *check, uint64_t address, struct local_heap *heap)
{
    unsigned char bytes[HEADER_NBYTES];
    if (!emit_check_read(check, address, sizeof bytes, bytes) || memcmp(bytes, "HEAP", 4) != 0)
        return false;
    heap->nbytes = emit_little_endian(bytes + 8, 8);
    heap->free = emit_little_endian(bytes + 16, 8);
    heap->names = emit_little_endian(bytes + 24, 8);
    return true;
}

/* Whether the list of free blocks ends: the library would follow a circular list endlessly. */
static bool is_valid_free_list(const struct local_heap *heap, const unsigned char *names)
{
    enum
    {
        END = 1,
        BLOCK_NBYTES = 16 /* at least: offset of the next one, size */
    };
    uint64_t offset = heap->free;
    for (uint64_t left = heap->nbytes / BLOCK_NBYTES; offset != END; left--)
    {
        if (left == 0 || offset > heap->nbytes - BLOCK_NBYTES ||
            emit_little_endian(names + offset + 8, 8) > heap->nbytes - offset)
            return false;
        offset = emit_little_endian(names + offset, 8);
    }
    return true;
}

/* Validates the heap and finds the end of its last name. */
static bool is_valid_local_heap(struct emit_check *check, uint64_t address, uint64_t *names_end)
{
    struct local_heap heap;
    *names_end = 0;
    if (!read_header(check, address, &heap))
        return false;
    if (heap.nbytes == 0)
        return heap.free == 1;
    unsigned char *names = emit_check_load(check, heap.names, heap.nbytes);
    const bool valid = names != NULL && is_valid_free_list(&heap, names);
    for (uint64_t end = heap.nbytes; valid && *names_end == 0 && end > 0; end--)
        if (names[end - 1] == '\0')
            *names_end = end;
    free(names);
    return valid;
}

bool emit_check_local_heap(struct emit_check *check, uint64_t address, uint64_t owner,
                           uint64_t *names_end)
{
    struct emit_block_entry *entry = emit_check_claim(check, address, EMIT_BLOCK_LOCAL_HEAP, owner);
    if (entry == NULL)
        return false;
    if (!entry->is_valid)
    {
        entry->is_valid = is_valid_local_heap(check, address, names_end);
        entry->detail = *names_end;
    }
    *names_end = entry->detail;
    return entry->is_valid;
}

bool emit_check_local_heap_block(struct emit_check *check, const struct emit_check_block *block)
{
    const struct emit_block_entry *entry = emit_check_find(check, block->address);
    uint64_t names_end;
    return (entry != NULL && entry->is_valid) ||
           is_valid_local_heap(check, block->address, &names_end);
}

bool emit_check_is_short_text(struct emit_check *check, uint64_t address, uint64_t offset,
                              size_t limit)
{
    struct local_heap heap;
    unsigned char text[512];
    if (limit > sizeof text || !read_header(check, address, &heap) || offset >= heap.nbytes ||
        heap.names > UINT64_MAX - offset)
        return false;
    const uint64_t left = heap.nbytes - offset;
    const size_t nbytes = left < limit ? (size_t)left : limit;
    return emit_check_read(check, heap.names + offset, nbytes, text) &&
           memchr(text, '\0', nbytes) != NULL;
}

/* ---- Collections of the global heap --------------------------------------------------------- */

#define COLLECTION_HEAD_NBYTES 16 /* of a collection and of each object in it */

bool emit_collection_next(const unsigned char *bytes, uint64_t nbytes, uint64_t *at,
                          struct emit_collection_object *object)
{
    if (*at == 0)
        *at = COLLECTION_HEAD_NBYTES;
    if (nbytes < *at + COLLECTION_HEAD_NBYTES)
    {
        *at = nbytes;
        return false;
    }
    const unsigned char *header = bytes + *at;
    const uint64_t room = nbytes - *at - COLLECTION_HEAD_NBYTES;
    object->index = emit_little_endian(header, 2);
    object->nbytes = emit_little_endian(header + 8, 8);
    object->bytes = header + COLLECTION_HEAD_NBYTES;
    if (object->index == 0) /* the free space at the end, whose size includes its header */
    {
        if (object->nbytes >= COLLECTION_HEAD_NBYTES &&
            object->nbytes <= COLLECTION_HEAD_NBYTES + room)
            *at = nbytes;
        return false;
    }
    if (object->nbytes > room)
        return false;
    const uint64_t padded = (object->nbytes + 7) / 8 * 8;
    *at += COLLECTION_HEAD_NBYTES + (padded < room ? padded : room);
    return true;
}

static bool are_valid_objects(const unsigned char *bytes, uint64_t nbytes)
{
    struct emit_collection_object object;
    uint64_t at = 0;
    while (emit_collection_next(bytes, nbytes, &at, &object))
        continue;
    return at == nbytes;
}

unsigned char *emit_check_load_collection(struct emit_check *check, uint64_t address,
                                          uint64_t *nbytes_ret)
{
    static const unsigned char signature[] = {'G', 'C', 'O', 'L', 1};
    unsigned char head[COLLECTION_HEAD_NBYTES];
    if (!emit_check_read(check, address, sizeof head, head) ||
        memcmp(head, signature, sizeof signature) != 0)
        return NULL;
    *nbytes_ret = emit_little_endian(head + 8, 8);
    return emit_check_load(check, address, *nbytes_ret);
}

bool emit_check_collection(struct emit_check *check, uint64_t address)
{
    struct emit_block_entry *entry = emit_check_register(check, address, EMIT_BLOCK_COLLECTION);
    if (entry == NULL || entry->is_valid)
        return entry != NULL;
    uint64_t nbytes;
    unsigned char *bytes = emit_check_load_collection(check, address, &nbytes);
    entry->is_valid = bytes != NULL && are_valid_objects(bytes, nbytes);
    free(bytes);
    return entry->is_valid;
}
