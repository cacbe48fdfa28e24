/* SPDX-License-Identifier: MIT */
/* One numeric value of any type: reading, writing, naming. Pure. */
#ifndef EMIT_BASE_NUMBER_H
#define EMIT_BASE_NUMBER_H

#include "emit.h"

/* GDAL's name of the type, "Float32". */
const char *emit_type_name(enum emit_type type);

bool emit_type_is_float(enum emit_type type);

/* The value at "bytes" (any alignment) as a double; 64-bit integers may lose low bits. */
double emit_value_get(enum emit_type type, const void *bytes);

/*
 * Stores "value" at "bytes" as "type". False, with nothing stored, when an integer type cannot hold
 * it exactly. Float32 takes the nearest number and refuses only finite values beyond its range.
 */
bool emit_value_set(enum emit_type type, double value, void *bytes);

/* The value as text: all digits of an integer, the fewest of a float or double that read back as
 * the same one. With a decimal point in every locale. */
void emit_value_text(enum emit_type type, const void *bytes, char text[EMIT_NUMBER_SIZE]);

#endif
