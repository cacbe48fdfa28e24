/* SPDX-License-Identifier: MIT */
/* HDF5 virtual file driver that reads through GDAL's VSI*L, so that every /vsi path works. */
#ifndef EMIT_HDF5_VFD_H
#define EMIT_HDF5_VFD_H

#include <hdf5.h>
#include <stdint.h>

/*
 * A new file access property list that selects the driver; close it with H5Pclose(). Negative on
 * failure. Call it under the lock of h5file.
 */
hid_t emit_vfd_access(void);

/* Reads of raw values that HDF5 has asked for since the trace began. */
struct emit_vfd_trace
{
    unsigned count;
    uint64_t offset; /* of the last one, from the begin of the file */
    uint64_t size;
};

/*
 * From now on reads of raw values (not of metadata) are noted in "trace" and succeed without
 * touching the file or the buffer; NULL ends that. For all files, under the lock of h5file.
 */
void emit_vfd_trace_reads(struct emit_vfd_trace *trace);

#endif
