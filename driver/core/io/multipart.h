/* SPDX-License-Identifier: MIT */
/* The answer to a request for several ranges of a file (RFC 9110, 14.6). Pure. */
#ifndef EMIT_IO_MULTIPART_H
#define EMIT_IO_MULTIPART_H

#include "core/base/byte_ranges.h"

/* What an answer is longer than its ranges, at most, for each of them: names of types are short. */
#define EMIT_MULTIPART_HEAD_NBYTES 1024

/* False once it is clear from its first "nbytes" bytes, one at least, that an answer is none. */
bool emit_multipart_may_begin(const char *answer, size_t nbytes);

/*
 * Copies the parts of an answer, one after the other, to "bytes", which has room for all ranges.
 * False unless they are these ranges in this order, whole, of a file of "file_nbytes" bytes, and
 * nothing else.
 */
bool emit_multipart_take(const char *answer, size_t nbytes, const struct emit_range *ranges,
                         size_t count, uint64_t file_nbytes, unsigned char *bytes);

#endif
