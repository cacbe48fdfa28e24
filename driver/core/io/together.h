/* SPDX-License-Identifier: MIT */
/* Many ranges of a file on a web server with few requests, several under way at once. */
#ifndef EMIT_IO_TOGETHER_H
#define EMIT_IO_TOGETHER_H

#include "core/base/byte_ranges.h"
#include "core/io/identity.h"

#define EMIT_TOGETHER_RANGES 128

/*
 * Reads up to EMIT_TOGETHER_RANGES ranges, in ascending order and apart, one after the other into
 * "bytes". False, quietly, when they are too few for that to pay, or when the server does not take
 * several ranges a request, which is found out once: they are to be asked for singly then, and
 * "bytes" are undefined. Thread-safe.
 */
bool emit_together_read(struct emit_identity *identity, const struct emit_range *ranges,
                        size_t count, unsigned char *bytes);

#endif
