/* SPDX-License-Identifier: MIT */
/*
 * Owners of a remote file's pages in the process's cache. All openings of one revision of a file
 * share a number, which outlives them, so that a reopened file finds its pages.
 *
 * Bytes are verified once the server has confirmed, after they were received, that the file still
 * has the revision that was opened.
 */
#pragma once

#include "core/io/revision.h"

#include <stdatomic.h>

struct emit_page_owner
{
    uint64_t owner; /* constant: owner of the pages, see page_cache.h */

    /* Private: */
    bool is_shared;         /* other openings of the revision have the same number */
    atomic_ullong fetched;  /* requests so far */
    atomic_ullong verified; /* number of these that are verified */
    unsigned openings;      /* guarded by EMIT_LOCK_FILES, like the members below */
    struct emit_revision revision;
    struct emit_page_owner *next;
};

/* Returns the owner for another opening of "path"; NULL without memory. Thread-safe. */
struct emit_page_owner *emit_page_owner_open(const char *path,
                                             const struct emit_revision *revision);

/* Ends an opening. Unverified pages remain so for the next opening. NULL is allowed.
 * Thread-safe. */
void emit_page_owner_close(struct emit_page_owner *pages);

/* Purges the pages of a file that is about to be closed unused. Thread-safe. */
void emit_page_owner_purge(struct emit_page_owner *pages);

/* Records that bytes were received, before their pages are cached. Thread-safe. */
void emit_page_owner_record_fetch(struct emit_page_owner *pages);

/* Whether all bytes received so far are verified. Thread-safe. */
bool emit_page_owner_is_verified(const struct emit_page_owner *pages);

/* Verifies the bytes received so far, by one request if any are unverified. On failure, as of
 * emit_revision_check(), purges all pages. Thread-safe. */
enum emit_status emit_page_owner_check(struct emit_page_owner *pages, const char *path,
                                       struct emit_error *error);
