/* SPDX-License-Identifier: MIT */
/* Allocations that are counted and can fail. The core is compiled for it with
 * malloc=counting_malloc and so on, which makes the standard headers declare these functions. */
#ifndef EMIT_TEST_COUNTING_H
#define EMIT_TEST_COUNTING_H

#include <stddef.h>

/* From now on allocation number "allocation" (counted from 1; 0: none) fails, and no other. */
void counting_arm(unsigned allocation);

/* Number of allocations since then. */
unsigned counting_allocations(void);

void *counting_malloc(size_t nbytes);
void *counting_calloc(size_t count, size_t nbytes);
void *counting_realloc(void *bytes, size_t nbytes);
char *counting_strdup(const char *text);

#endif
