/* SPDX-License-Identifier: MIT */
/*
 * Values of variable length: strings, and the references of DIMENSION_LIST.
 *
 * The file holds a reference for each: length, address of a global heap collection, index of an
 * object in it. HDF5 trusts these numbers and the sizes in the heap; a wrong one makes it loop
 * endlessly or read and write outside of its memory (seen with 1.10.8, for one changed byte). The
 * library therefore only reads the references, unchanged, and the heap is read here. File
 * format specification, III.E "Disk Format: Global Heap".
 */
#include "core/base/bytes.h"
#include "core/hdf5/h5_internal.h"

#include <stdlib.h>
#include <string.h>

#define REFERENCE_NBYTES 16                 /* length 4, address 8, index 4 */
#define MAX_HEAP_NBYTES ((uint64_t)4 << 20) /* collections have 4096 bytes, or one larger value */
#define MAX_OBJECTS ((size_t)1 << 16)       /* of a collection: numbers have 2 bytes */
#define MAX_ALL_NBYTES ((size_t)64 << 20)

/* ---- References ----------------------------------------------------------------------------- */

/* The conversion from a reference in the file to as many bits in memory: nothing to do. */
static herr_t copy_references(hid_t source, hid_t target, H5T_cdata_t *conversion, size_t count,
                              size_t stride, size_t background_stride, void *values,
                              void *background, hid_t transfer)
{
    (void)count;
    (void)background_stride;
    (void)stride;
    (void)values;
    (void)background;
    (void)transfer;
    if (conversion->command != H5T_CONV_INIT)
        return 0;
    conversion->need_bkg = H5T_BKG_NO;
    return H5Tget_size(source) == REFERENCE_NBYTES && H5Tget_size(target) == REFERENCE_NBYTES ? 0
                                                                                              : -1;
}

/* Reads with copy_references() registered. */
static herr_t read_as(hid_t id, hid_t variable, hid_t bits, void *references)
{
    static const char *const name = "emit references";
    if (H5Tregister(H5T_PERS_SOFT, name, variable, bits, copy_references) < 0)
        return -1;
    const herr_t result = H5Iget_type(id) == H5I_ATTR
                              ? H5Aread(id, bits, references)
                              : H5Dread(id, bits, H5S_ALL, H5S_ALL, H5P_DEFAULT, references);
    H5Tunregister(H5T_PERS_SOFT, name, variable, bits, copy_references);
    return result;
}

/* The target is a bit field because no other program converts sequences to bit fields. h5py
 * converts them to opaque bytes, and HDF5 2 fails to register a conversion that declines one of
 * h5py's. */
static herr_t read_references(hid_t id, unsigned char *references)
{
    const hid_t variable = H5Tvlen_create(H5T_NATIVE_UCHAR);
    const hid_t bits = H5Tcopy(H5T_NATIVE_B64);
    const herr_t result = variable < 0 || bits < 0 || H5Tset_size(bits, REFERENCE_NBYTES) < 0
                              ? -1
                              : read_as(id, variable, bits, references);
    if (bits >= 0)
        H5Tclose(bits);
    if (variable >= 0)
        H5Tclose(variable);
    return result;
}

/* ---- The heap ------------------------------------------------------------------------------- */

/* A collection in memory. */
struct heap
{
    uint64_t address;
    uint64_t nbytes;
    unsigned char *bytes; /* NULL: none */
    uint32_t *begins;     /* MAX_OBJECTS: of the objects in "bytes", by number; 0: no object */
};

/* The collections used last. HDF5 fills up to 16 at a time, so that values that belong together may
 * alternate between as many. */
#define MAX_HEAPS 16

/* Of a collection: what HDF5 reads of it first. */
#define HEAP_HEAD_NBYTES 16

/* Values being read. */
struct reading
{
    const struct emit_h5_vlens *vlens;
    size_t element_nbytes;
    size_t left_nbytes; /* of MAX_ALL_NBYTES */
    struct emit_arena *arena;
    struct heap heaps[MAX_HEAPS];
    size_t next_heap; /* the one to replace next */
};

static void heap_unload(struct heap *heap)
{
    free(heap->bytes);
    free(heap->begins);
    *heap = (struct heap){.bytes = NULL};
}

/* Lists where the objects of the collection begin, up to the first damaged one. */
static bool list_objects(struct heap *heap)
{
    struct emit_collection_object object;
    heap->begins = calloc(MAX_OBJECTS, sizeof *heap->begins);
    if (heap->begins == NULL)
        return false;
    for (uint64_t at = 0; emit_collection_next(heap->bytes, heap->nbytes, &at, &object);)
        if (heap->begins[object.index] == 0)
            heap->begins[object.index] = (uint32_t)(object.bytes - heap->bytes);
    return true;
}

/* The collection at "address", or NULL. */
static const struct heap *load_heap(struct reading *reading, uint64_t address)
{
    struct heap *heaps = reading->heaps;
    for (size_t i = 0; i < MAX_HEAPS; i++)
        if (heaps[i].bytes != NULL && heaps[i].address == address)
            return &heaps[i];
    struct heap *heap = &heaps[reading->next_heap];
    reading->next_heap = (reading->next_heap + 1) % MAX_HEAPS;
    heap_unload(heap);
    heap->address = address;
    heap->bytes =
        emit_check_load_collection(reading->vlens->subject->file->check, address, &heap->nbytes);
    if (heap->bytes != NULL && heap->nbytes <= MAX_HEAP_NBYTES && list_objects(heap))
        return heap;
    heap_unload(heap);
    return NULL;
}

/* The bytes of object "index" of the collection at "address" if they are at least "nbytes", or
 * NULL. */
static const unsigned char *find_object(struct reading *reading, uint64_t address, uint64_t index,
                                        uint64_t nbytes)
{
    const struct heap *heap = load_heap(reading, address);
    if (heap == NULL || index >= MAX_OBJECTS || heap->begins[index] == 0)
        return NULL;
    const unsigned char *object = heap->bytes + heap->begins[index];
    return nbytes <= emit_little_endian(object - 8, 8) ? object : NULL; /* its header's end */
}

/* ---- Values --------------------------------------------------------------------------------- */

static enum emit_status copy_value(struct reading *reading, const unsigned char *reference,
                                   struct emit_h5_vlen *value)
{
    const struct emit_h5_subject *subject = reading->vlens->subject;
    const uint64_t nbytes = emit_little_endian(reference, 4) * reading->element_nbytes;
    const uint64_t address = emit_little_endian(reference + 4, 8);
    const uint64_t index = emit_little_endian(reference + 12, 4);
    *value = (struct emit_h5_vlen){"", 0};
    if (nbytes == 0 || address == 0)
        return EMIT_OK;
    if (nbytes >= reading->vlens->limit_nbytes || nbytes >= reading->left_nbytes)
        return emit_h5_format_error(subject, "a value of %llu bytes is too long",
                                    (unsigned long long)nbytes);
    emit_h5_fetch(subject->file, subject->file->base + address, HEAP_HEAD_NBYTES);
    const unsigned char *object = find_object(reading, address, index, nbytes);
    /* Many values may be the same object: copies count against the budget as well. */
    if (object == NULL || !emit_check_spend(subject->file->check, nbytes))
        return emit_h5_damage_error(subject,
                                    "a value of variable length is not where it should be");
    char *copy = emit_arena_array(reading->arena, (size_t)nbytes + 1, 1);
    EMIT_TRY(emit_arena_check(reading->arena, subject->error));
    memcpy(copy, object, (size_t)nbytes);
    reading->left_nbytes -= (size_t)nbytes;
    *value = (struct emit_h5_vlen){copy, (size_t)nbytes};
    return EMIT_OK;
}

enum emit_status emit_h5_read_vlens(const struct emit_h5_vlens *vlens, size_t element_nbytes,
                                    struct emit_arena *arena, struct emit_h5_vlen **values_ret)
{
    const struct emit_h5_subject *subject = vlens->subject;
    struct reading reading = {vlens, element_nbytes, MAX_ALL_NBYTES, arena, .next_heap = 0};
    struct emit_h5_vlen *values = emit_arena_array(arena, vlens->count, sizeof *values);
    unsigned char *references = emit_arena_array(arena, vlens->count, REFERENCE_NBYTES);
    EMIT_TRY(emit_arena_check(arena, subject->error));
    herr_t result = -1;
    for (struct emit_h5_attempt attempt = {0}; emit_h5_attempt(subject->file, &attempt);)
        result = read_references(vlens->id, references);
    if (result < 0)
        return emit_h5_library_error(subject, "cannot read the values");
    enum emit_status status = EMIT_OK;
    for (size_t i = 0; i < vlens->count && status == EMIT_OK; i++)
        status = copy_value(&reading, references + i * REFERENCE_NBYTES, &values[i]);
    for (size_t i = 0; i < MAX_HEAPS; i++)
        heap_unload(&reading.heaps[i]);
    *values_ret = values;
    return status;
}
