/* SPDX-License-Identifier: MIT */
/*
 * Files on servers, as this process has come to know them. What is known is never forgotten while
 * the process lives, so that it serves whoever opens the same file again.
 */
#ifndef EMIT_IO_IDENTITY_H
#define EMIT_IO_IDENTITY_H

#include "core/base/error.h"

#include <stdatomic.h>

/* Whether a server answers requests for several ranges. */
enum emit_multirange
{
    EMIT_MULTIRANGE_UNTRIED,
    EMIT_MULTIRANGE_WORKS,
    EMIT_MULTIRANGE_FAILS
};

struct emit_identity
{
    uint64_t owner; /* of its bytes in the cache */
    /* The server's and path's alone, all others are constant. */
    _Atomic enum emit_multirange multirange;

    char *path;
    uint64_t size;
    int64_t modified;
    struct emit_identity *older;
};

/* The file at "path", "size" bytes long, as it is now: another one than before when its size or
 * time of modification is another. NULL without memory. Thread-safe. */
struct emit_identity *emit_identity_find(const char *path, uint64_t size);

#endif
