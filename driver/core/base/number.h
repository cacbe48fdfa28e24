/* SPDX-License-Identifier: MIT */
/* One numeric value of any type: reading, writing, naming. Pure. */
#pragma once

#include "emit.h"

bool emit_type_is_float(enum emit_type type);

/* The value at "bytes" (any alignment) as a double; 64-bit integers may lose low bits. */
double emit_number_get(enum emit_type type, const void *bytes);

/* Stores "value" at "bytes" as "type". False, with nothing stored, when an integer type cannot hold
 * it exactly. Float32 takes the nearest number and refuses only finite values beyond its range. */
bool emit_number_set(enum emit_type type, double value, void *bytes);

/* Meaning of stored values: netCDF's _FillValue, scale_factor, add_offset and _Unsigned. */
struct emit_encoding
{
    enum emit_type type; /* of the values; the stored type may have the other sign */
    bool has_fill;
    unsigned char fill[8]; /* marks missing values; zeros without "has_fill" */
    bool scaled;           /* packed: the physical value is value * scale + offset */
    double scale;          /* finite and not 0 unless "defect" is set; 1 where absent */
    double offset;         /* finite unless "defect" is set; 0 where absent */
    const char *defect;    /* why the values are unusable, with the attribute's name; or NULL */
};

/* The physical value of the one at "bytes" (any alignment): unpacked, NaN if missing. */
double emit_encoding_read(const struct emit_encoding *encoding, const void *bytes);

/* Largest change of a whole number by packing and unpacking, below 1/2; 0 unless packed. */
double emit_encoding_slack(const struct emit_encoding *encoding);
