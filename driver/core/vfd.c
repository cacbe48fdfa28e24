/* SPDX-License-Identifier: MIT */
#include "core/vfd.h"

#include <cpl_vsi.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if H5_VERSION_GE(1, 13, 0)
#if H5FD_CLASS_VERSION != 0x01
#error "this HDF5 has another H5FD_class_t: compare it with vfd_class below"
#endif
/* From HDF5's range for unregistered drivers, 256 to 511. */
#define VFD_VALUE 397
#endif

struct vfd_file
{
    H5FD_t base; /* first: HDF5 knows the file by this address */
    VSILFILE *handle;
    haddr_t end_of_allocation; /* HDF5's own note, only kept here for it */
    haddr_t nbytes;
};

static hid_t vfd_driver = H5I_INVALID_HID;
static struct emit_vfd_trace *vfd_trace = NULL;

static herr_t vfd_terminate(void)
{
    vfd_driver = H5I_INVALID_HID;
    return 0;
}

static herr_t vfd_close(H5FD_t *base)
{
    struct vfd_file *file = (struct vfd_file *)base;
    const int failed = VSIFCloseL(file->handle);
    free(file);
    return failed ? -1 : 0;
}

static H5FD_t *vfd_open(const char *path, unsigned flags, hid_t access, haddr_t max_address)
{
    (void)access;
    if (flags & (H5F_ACC_RDWR | H5F_ACC_TRUNC | H5F_ACC_CREAT | H5F_ACC_EXCL))
        return NULL;
    struct vfd_file *file = calloc(1, sizeof *file);
    if (file == NULL)
        return NULL;
    file->handle = VSIFOpenL(path, "rb");
    if (file->handle == NULL)
    {
        free(file);
        return NULL;
    }
    const int failed = VSIFSeekL(file->handle, 0, SEEK_END);
    file->nbytes = VSIFTellL(file->handle);
    if (failed || file->nbytes > max_address)
    {
        vfd_close(&file->base);
        return NULL;
    }
    return &file->base;
}

/* Every open is a file of its own: HDF5 must not share one between two of our handles. */
static int vfd_compare(const H5FD_t *a, const H5FD_t *b)
{
    const uintptr_t left = (uintptr_t)a;
    const uintptr_t right = (uintptr_t)b;
    return (left > right) - (left < right);
}

static herr_t vfd_query(const H5FD_t *base, unsigned long *flags)
{
    (void)base;
    if (flags != NULL)
        *flags = H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE;
    return 0;
}

static haddr_t vfd_get_eoa(const H5FD_t *base, H5FD_mem_t type)
{
    (void)type;
    return ((const struct vfd_file *)base)->end_of_allocation;
}

static herr_t vfd_set_eoa(H5FD_t *base, H5FD_mem_t type, haddr_t address)
{
    (void)type;
    ((struct vfd_file *)base)->end_of_allocation = address;
    return 0;
}

static haddr_t vfd_get_eof(const H5FD_t *base, H5FD_mem_t type)
{
    (void)type;
    return ((const struct vfd_file *)base)->nbytes;
}

static bool read_exactly(const struct vfd_file *file, haddr_t address, size_t size, void *bytes)
{
    if (address > file->nbytes || size > file->nbytes - address)
        return false; /* damaged metadata makes HDF5 ask for bytes that are not there */
    return VSIFSeekL(file->handle, address, SEEK_SET) == 0 &&
           VSIFReadL(bytes, 1, size, file->handle) == size;
}

/* ---- Global heaps -----------------------------------------------------------------------------
 * HDF5 takes the sizes in its heaps of variable-length values on trust: a wrong one makes it loop
 * for ever or read and write outside of its memory (seen with 1.10.8). So a heap is checked on its
 * way to the library. File format specification, III.E "Global Heap"; h5file makes sure that
 * lengths take 8 bytes in the file.
 */

#define HEAP_HEADER_NBYTES 16 /* of the collection and of each object in it */
#define MAX_HEAP_NBYTES ((uint64_t)64 << 20)

static uint64_t little_endian(const unsigned char *bytes, unsigned count)
{
    uint64_t value = 0;
    while (count-- > 0)
        value = value << 8 | bytes[count];
    return value;
}

/* Whether the objects of the collection follow each other up to its end. */
static bool objects_are_sound(const unsigned char *heap, uint64_t nbytes)
{
    uint64_t at = HEAP_HEADER_NBYTES;
    while (nbytes - at >= HEAP_HEADER_NBYTES)
    {
        const uint64_t left = nbytes - at;
        const uint64_t index = little_endian(heap + at, 2);
        uint64_t size = little_endian(heap + at + 8, 8);
        if (size > left)
            return false;
        if (index != 0) /* object 0 is free space, whose size counts its header */
            size = HEAP_HEADER_NBYTES + (size + 7) / 8 * 8;
        if (size < HEAP_HEADER_NBYTES || size > left)
            return false;
        at += size;
    }
    return true;
}

/* Whether the bytes just read are no global heap, or a sound one. They are its begin at least. */
static bool heap_is_sound(const struct vfd_file *file, haddr_t address, size_t size,
                          const unsigned char *bytes)
{
    static const unsigned char signature[5] = {'G', 'C', 'O', 'L', 1};
    if (size < sizeof signature || memcmp(bytes, signature, sizeof signature) != 0)
        return true;
    if (size < HEAP_HEADER_NBYTES)
        return false;
    const uint64_t nbytes = little_endian(bytes + 8, 8);
    if (nbytes < HEAP_HEADER_NBYTES || nbytes > MAX_HEAP_NBYTES)
        return false;
    if (nbytes <= size)
        return objects_are_sound(bytes, nbytes);
    unsigned char *heap = malloc((size_t)nbytes);
    const bool sound = heap != NULL && read_exactly(file, address, (size_t)nbytes, heap) &&
                       objects_are_sound(heap, nbytes);
    free(heap);
    return sound;
}

static herr_t vfd_read(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size,
                       void *bytes)
{
    (void)transfer;
    if (vfd_trace != NULL && type == H5FD_MEM_DRAW)
    {
        vfd_trace->count++;
        vfd_trace->offset = address;
        vfd_trace->size = size;
        return 0;
    }
    const struct vfd_file *file = (const struct vfd_file *)base;
    if (!read_exactly(file, address, size, bytes))
        return -1;
    /* HDF5 calls global heaps raw data when it asks for them. */
    return type == H5FD_MEM_DRAW && !heap_is_sound(file, address, size, bytes) ? -1 : 0;
}

static herr_t vfd_write(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size,
                        const void *bytes)
{
    (void)base;
    (void)type;
    (void)transfer;
    (void)address;
    (void)size;
    (void)bytes;
    return -1;
}

static const H5FD_class_t vfd_class = {
#if H5_VERSION_GE(1, 13, 0)
    .version = H5FD_CLASS_VERSION,
    .value = VFD_VALUE,
#endif
    .name = "emit_vsi",
    .maxaddr = (haddr_t)INT64_MAX,
    .fc_degree = H5F_CLOSE_STRONG, /* closing a file closes whatever is still open in it */
    .terminate = vfd_terminate,
    .open = vfd_open,
    .close = vfd_close,
    .cmp = vfd_compare,
    .query = vfd_query,
    .get_eoa = vfd_get_eoa,
    .set_eoa = vfd_set_eoa,
    .get_eof = vfd_get_eof,
    .read = vfd_read,
    .write = vfd_write, /* H5FDregister() insists on one */
    .fl_map = H5FD_FLMAP_SINGLE,
};

hid_t emit_vfd_access(void)
{
    if (vfd_driver < 0)
        vfd_driver = H5FDregister(&vfd_class);
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (access >= 0 && H5Pset_driver(access, vfd_driver, NULL) < 0)
    {
        H5Pclose(access);
        return H5I_INVALID_HID;
    }
    return access;
}

void emit_vfd_trace_reads(struct emit_vfd_trace *trace)
{
    vfd_trace = trace;
}
