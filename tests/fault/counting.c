/* SPDX-License-Identifier: MIT */
#include "counting.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static unsigned failing;
static atomic_uint allocations;

void counting_arm(unsigned allocation)
{
    failing = allocation;
    atomic_store(&allocations, 0);
}

unsigned counting_allocations(void)
{
    return atomic_load(&allocations);
}

static bool fails(void)
{
    return atomic_fetch_add(&allocations, 1) + 1 == failing;
}

void *counting_malloc(size_t nbytes)
{
    return fails() ? NULL : malloc(nbytes);
}

void *counting_calloc(size_t count, size_t nbytes)
{
    return fails() ? NULL : calloc(count, nbytes);
}

void *counting_realloc(void *bytes, size_t nbytes)
{
    return fails() ? NULL : realloc(bytes, nbytes);
}

char *counting_strdup(const char *text)
{
    const size_t nbytes = strlen(text) + 1;
    char *copy = counting_malloc(nbytes);
    return copy != NULL ? memcpy(copy, text, nbytes) : NULL;
}
