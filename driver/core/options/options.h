/* SPDX-License-Identifier: MIT */
/* The open options: their table, the XML list made from it, and their values. */
#pragma once

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

/* Values of ORTHO and BAD_WAVELENGTHS by number, NULL-terminated. */
extern const char *const emit_ortho_names[];
extern const char *const emit_bad_wavelengths_names[];

/* Parsed values. Strings are borrowed from the option list; NULL if absent or NONE. */
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

/* Parses "list" ("KEY=VALUE" strings, NULL-terminated; may be NULL; of equal keys the first
 * counts). The message of EMIT_ERROR_OPTION names the option, the value and the valid values. */
enum emit_status emit_options_read(const char *const *list, struct emit_options *options,
                                   struct emit_error *error);
