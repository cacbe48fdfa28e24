/* SPDX-License-Identifier: MIT */
/*
 * Validates HDF5 metadata before the library reads it.
 *
 * The library trusts many numbers of a file. Damaged ones make it divide by zero, access memory
 * that is not its own, recurse without end or allocate gigabytes (1.10.8; docs/testing.md,
 * "Damaged metadata"), and trees whose nodes share children keep every release busy for days. The
 * file driver therefore passes each block of metadata to this module before the library gets it.
 *
 * Work is bounded: a block is validated once, a block that two others refer to is damage, and all
 * bytes that the validator and the library read count against one budget a file, in proportion to
 * its size. Blocks follow the HDF5 File Format Specification 3.0.
 */
#pragma once

#include "core/base/error.h"

/* The bytes of a file of "nbytes" bytes; "read" returns false if it cannot read all of them. */
struct emit_check_source
{
    bool (*read)(void *context, uint64_t offset, size_t nbytes, void *bytes);
    void *context;
    uint64_t nbytes;
    /* Called with the address of each object that a link names, and of each B-tree node of version
     * 1, which has no name. Names have no end mark. NULL unless "read" fails for bytes that are
     * missing for now and are to be prefetched. */
    void (*found)(void *context, uint64_t address, const unsigned char *name, size_t length);
};

/* Most chunks of one variable, written or not, of a file of "nbytes" bytes: without such a bound a
 * small file could claim an array of chunks that takes hours to walk. */
static inline uint64_t emit_most_chunks(uint64_t nbytes)
{
    const uint64_t unwritten = (uint64_t)1 << 20;
    const uint64_t most = (uint64_t)1 << 24;
    return nbytes < most - unwritten ? unwritten + nbytes : most;
}

/* The state of validating one open file. Not thread-safe. */
struct emit_check;

/* NULL without memory. Release it with emit_check_destroy(), which accepts NULL. */
struct emit_check *emit_check_create(const struct emit_check_source *source);
void emit_check_destroy(struct emit_check *check);

/* Takes "nbytes" bytes and the cost of one read off the budget; false if the budget is used up. */
bool emit_check_spend(struct emit_check *check, uint64_t nbytes);

/* Makes the whole budget available again. */
void emit_check_renew(struct emit_check *check);

/* A block of metadata, as the library reads it. */
struct emit_check_block
{
    uint64_t base;    /* offset in the file of HDF5's address 0 */
    uint64_t address; /* of the block, counted from "base" */
    const unsigned char *bytes;
    size_t nbytes;
    bool of_header; /* the library asked for a part of an object header */
};

/* Bytes of a block that suffice, as the validator reads the rest itself: of an object header, and
 * of a B-tree node in HDF5's default size. */
#define EMIT_CHECK_HEADER_NBYTES 16
#define EMIT_CHECK_NODE_NBYTES 4096

/* Whether the library can be given the block. False if the block, or a block that it leads to, is
 * damaged, cannot be read, or exceeds the budget. */
bool emit_check_block(struct emit_check *check, const struct emit_check_block *block);

/* ---- Collections of the global heap, where values of variable length lie ---- */

/* Reads the collection at "address", counted as in the last block; free() it. NULL if it is
 * damaged, cannot be read, exceeds the budget or is too large. */
unsigned char *emit_check_load_collection(struct emit_check *check, uint64_t address,
                                          uint64_t *nbytes_ret);

struct emit_collection_object
{
    uint64_t index;
    const unsigned char *bytes;
    uint64_t nbytes;
};

/* Reads the next object of a collection of "nbytes" bytes, beginning with "*at" = 0, and moves
 * "*at". False at the end, where "*at" is "nbytes", and at a damaged object. */
bool emit_collection_next(const unsigned char *bytes, uint64_t nbytes, uint64_t *at,
                          struct emit_collection_object *object);
