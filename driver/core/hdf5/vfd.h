/* SPDX-License-Identifier: MIT */
/* HDF5 virtual file driver that reads from our open files, so that every /vsi path works and HDF5
 * sees the same file as all other reads, whatever is renamed over its path. */
#pragma once

#include "core/hdf5/check/check.h"
#include "core/io/file.h"

#include <hdf5.h>

/* A new file access property list for opening "file", whose metadata "check" validates. Both are
 * borrowed and must outlive what H5Fopen() returns; the path given there serves for messages alone.
 * Close it with H5Pclose(). Negative on failure. Call it under HDF5's lock. */
hid_t emit_vfd_access(struct emit_file *file, struct emit_check *check);

/* Reads of raw values that HDF5 has asked for since the trace began. */
struct emit_vfd_trace
{
    unsigned count;
    uint64_t offset; /* of the last one, from the begin of the file */
    uint64_t size;
};

/* From now on reads of raw values (not of metadata) are noted in "trace" and succeed without
 * touching the file or the buffer; NULL ends that. For all files, under the lock of h5file. */
void emit_vfd_trace_reads(struct emit_vfd_trace *trace);

/* From now on a read of bytes that are not cached fails, and its range is stored in "missing"; NULL
 * ends that. For all files, under the lock. */
void emit_vfd_note_missing(struct emit_range *missing);

/* Whether a read has failed for that reason. */
bool emit_vfd_has_missed(void);

/* Adds an entry to HDF5's error stack: the first one, which is the innermost, is what an error
 * quotes. Call it where HDF5 has called us. */
void emit_vfd_push_reason(const char *reason);
