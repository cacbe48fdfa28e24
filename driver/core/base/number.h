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

/* Shortest decimal text that reads back as the same float (or double); at most 32 bytes. */
void emit_value_text(enum emit_type type, const void *bytes, char text[32]);

#endif
