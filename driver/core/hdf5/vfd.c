/* SPDX-License-Identifier: MIT */
/* The functions that HDF5 calls for a file. vfd_read() has three ways: it records where values lie
 * instead of reading them (emit_vfd_trace_reads), reports bytes that are not cached instead of
 * requesting them under HDF5's lock (emit_vfd_note_missing), or reads, and then validates
 * metadata. */
#include "core/hdf5/vfd.h"

#include <stdlib.h>

#if H5_VERSION_GE(1, 13, 0)
#if H5FD_CLASS_VERSION != 0x01
#error "this HDF5 has another H5FD_class_t: compare it with vfd_class below"
#endif
/* From HDF5's range for unregistered drivers, 256 to 511. */
#define VFD_VALUE 397
#endif

/* What the property list holds; HDF5 copies it byte by byte. */
struct vfd_access
{
    struct emit_file *file;
    struct emit_check *check;
};

struct vfd_file
{
    H5FD_t base;               /* first: HDF5 knows the file by this address */
    struct vfd_access from;    /* borrowed */
    haddr_t end_of_allocation; /* stored for HDF5 */
};

static hid_t vfd_driver = H5I_INVALID_HID;
static struct emit_vfd_trace *vfd_trace = NULL;
static struct emit_range *vfd_missing = NULL;

static herr_t vfd_terminate(void)
{
    vfd_driver = H5I_INVALID_HID;
    return 0;
}

static herr_t vfd_close(H5FD_t *base)
{
    free(base);
    return 0;
}

static H5FD_t *vfd_open(const char *path, unsigned flags, hid_t access, haddr_t max_address)
{
    (void)path;
    const struct vfd_access *given = H5Pget_driver_info(access);
    if (flags & (H5F_ACC_RDWR | H5F_ACC_TRUNC | H5F_ACC_CREAT | H5F_ACC_EXCL))
        return NULL;
    if (given == NULL || emit_file_size(given->file) > max_address)
        return NULL;
    struct vfd_file *file = calloc(1, sizeof *file);
    if (file == NULL)
        return NULL;
    file->from = *given;
    return &file->base;
}

static herr_t vfd_query(const H5FD_t *base, unsigned long *flags)
{
    (void)base;
    /* No H5FD_FEAT_ACCUMULATE_METADATA: blocks then come in one read each, from their first byte,
     * and a read at HDF5's "no address" fails instead of copying from nowhere (1.10.8). No
     * H5FD_FEAT_DATA_SIEVE: after a failed read its buffer counts as filled, and reads that miss
     * bytes are repeated. */
    if (flags != NULL)
        *flags = 0;
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
    return emit_file_size(((const struct vfd_file *)base)->from.file);
}

void emit_vfd_push_reason(const char *reason)
{
    H5Epush2(H5E_DEFAULT, __FILE__, __func__, __LINE__, H5E_ERR_CLS, H5E_VFL, H5E_READERROR, "%s",
             reason);
}

/* HDF5 may crash or hang on damaged metadata, so it does not get any. */
static bool is_valid(const struct vfd_file *file, H5FD_mem_t type, haddr_t offset, size_t size,
                     const void *bytes)
{
    const uint64_t base = file->base.base_addr;
    const struct emit_check_block block = {base, offset - base, bytes, size, type == H5FD_MEM_OHDR};
    if (emit_check_spend(file->from.check, size) &&
        (offset < base || emit_check_block(file->from.check, &block)))
        return true;
    emit_vfd_push_reason("damaged metadata");
    return false;
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
    struct emit_error error = {""};
    if (vfd_missing != NULL && !emit_file_is_cached(file->from.file, address, size))
    {
        *vfd_missing = (struct emit_range){address, size};
        return -1;
    }
    if (emit_file_read(file->from.file, address, size, bytes, &error) != EMIT_OK)
    {
        emit_vfd_push_reason(error.message);
        return -1;
    }
    return type == H5FD_MEM_DRAW || is_valid(file, type, address, size, bytes) ? 0 : -1;
}

static herr_t vfd_write(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size,
                        const void *bytes)
{
    (void)address;
    (void)base;
    (void)size;
    (void)transfer;
    (void)type;
    (void)bytes;
    return -1;
}

/* Without "cmp", two opened files are never equal: HDF5 must not share one between our handles. */
static const H5FD_class_t vfd_class = {
#if H5_VERSION_GE(1, 13, 0)
    .version = H5FD_CLASS_VERSION,
    .value = VFD_VALUE,
#endif
    .name = "emit_vsi",
    .maxaddr = (haddr_t)INT64_MAX,
    .fc_degree = H5F_CLOSE_STRONG, /* closing a file closes whatever is still open in it */
    .terminate = vfd_terminate,
    .fapl_size = sizeof(struct vfd_access),
    .open = vfd_open,
    .close = vfd_close,
    .query = vfd_query,
    .get_eoa = vfd_get_eoa,
    .set_eoa = vfd_set_eoa,
    .get_eof = vfd_get_eof,
    .read = vfd_read,
    .write = vfd_write, /* H5FDregister() insists on one */
    .fl_map = H5FD_FLMAP_SINGLE,
};

hid_t emit_vfd_access(struct emit_file *file, struct emit_check *check)
{
    const struct vfd_access given = {file, check};
    if (vfd_driver < 0)
        vfd_driver = H5FDregister(&vfd_class);
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (access >= 0 && H5Pset_driver(access, vfd_driver, &given) < 0)
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

void emit_vfd_note_missing(struct emit_range *missing)
{
    vfd_missing = missing;
}

bool emit_vfd_has_missed(void)
{
    return vfd_missing != NULL && vfd_missing->nbytes > 0;
}
