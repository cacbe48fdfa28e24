/* SPDX-License-Identifier: MIT */
/* A file of HDF5 metadata, made by hand field by field, for the tests of the validator. */
#ifndef EMIT_TEST_CHECKSUPPORT_H
#define EMIT_TEST_CHECKSUPPORT_H

#include "core/hdf5/check/check.h"
#include "support.h"

#define NBYTES 16384
#define AT 64    /* address of the block under test */
#define BASE 512 /* offset of address 0 */

extern unsigned char bytes[BASE + NBYTES];

/* Fills the file with zeros. */
void clear_file(void);

/* Puts a number of "count" bytes, lowest first, or a text at the address "at". */
void set_number(size_t at, unsigned count, uint64_t value);
void set_text(size_t at, const char *text);

/* Begins a message of an object header of version 2; returns the address of its body. */
size_t put_message(size_t at, unsigned type, unsigned nbytes);

/* Begins an object header of version 2 at "at" for "nbytes" bytes of messages, less than 64 KiB;
 * returns the address of the first one. */
size_t put_header(size_t at, size_t nbytes);

/* What the validator read of the file since clear_file() or new_check(). */
extern uint64_t looked_at;

/* A validator for the file; destroy it. */
struct emit_check *new_check(void);

/* Whether "check" accepts the "nbytes" bytes at "at" where the library looks for a header, or not.
 */
bool accepts(struct emit_check *check, size_t at, size_t nbytes, bool of_header);

/* The same by a new validator, for a header at AT. */
bool is_valid(size_t nbytes);

/* A field of "count" bytes, "at" bytes after AT. */
struct damage
{
    size_t at;
    unsigned count;
    uint64_t value;
    const char *what;
};

/* The block made by "make" must be accepted, and refused with each single damage. */
void check_damages(void (*make)(void), size_t nbytes, const struct damage *damages, size_t count);

#endif
