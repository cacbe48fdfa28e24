/* SPDX-License-Identifier: MIT */
/* Every open option: its table, the XML list made from it, and reading the values. */
#ifndef EMIT_OPTIONS_OPTIONS_H
#define EMIT_OPTIONS_OPTIONS_H

#include "core/base/error.h"

enum emit_ortho
{
    EMIT_ORTHO_GLT,
    EMIT_ORTHO_NEAREST,
    EMIT_ORTHO_NO
};

enum emit_bad_wavelengths
{
    EMIT_BAD_KEEP,
    EMIT_BAD_NODATA,
    EMIT_BAD_DROP
};

/* Values as read; texts are borrowed from the option list, NULL where not given (or NONE). */
struct emit_options
{
    enum emit_ortho ortho;
    const char *quality_flags;
    const char *quality_where;
    bool has_cloud_buffer;
    int cloud_buffer; /* pixels, >= 0 */
    bool band_mask;
    const char *mask_file;
    enum emit_bad_wavelengths bad_wavelengths;
    const char *wavelengths;
    const char *variable;
    double nodata;
    int thread_count; /* 1 to EMIT_MAX_THREADS */
};

/*
 * Reads "list" ("KEY=VALUE" strings, NULL at the end, or NULL; of equal keys the first counts).
 * EMIT_ERROR_OPTION names the option, the value and what it may be.
 */
enum emit_status emit_options_read(const char *const *list, struct emit_options *options,
                                   struct emit_error *error);

#endif
