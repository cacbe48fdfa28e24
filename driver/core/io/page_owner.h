/* SPDX-License-Identifier: MIT */
/*
 * Who owns a file's pages in the process's cache: all openings of one revision of a file on a
 * server together. The number outlives them, so that a reopened file finds its pages.
 *
 * Bytes count as verified once the server has confirmed, after they came, that the file still has
 * the revision that was opened.
 */
#ifndef EMIT_IO_PAGE_OWNER_H
#define EMIT_IO_PAGE_OWNER_H

#include "core/io/revision.h"

#include <stdatomic.h>

struct emit_page_owner
{
    uint64_t owner; /* constant: of the pages, see page_cache.h */

    /* Private: */
    bool is_shared;         /* other openings of the revision have the same number */
    atomic_ullong fetched;  /* requests so far */
    atomic_ullong verified; /* of these */
    unsigned openings;      /* under EMIT_LOCK_FILES, as is what follows */
    struct emit_revision revision;
    struct emit_page_owner *next;
};

/* The owner for one more opening of "path"; NULL without memory. Thread-safe. */
struct emit_page_owner *emit_page_owner_open(const char *path,
                                             const struct emit_revision *revision);

/* Ends an opening. Pages that are not verified stay so for the next opening. NULL is fine.
 * Thread-safe. */
void emit_page_owner_close(struct emit_page_owner *pages);

/* Notes that bytes have come, before their pages are cached. Thread-safe. */
void emit_page_owner_record_fetch(struct emit_page_owner *pages);

/* Verifies what has come so far, with one request unless all is verified. On failure, as of
 * emit_revision_check(), all pages are dropped. Thread-safe. */
enum emit_status emit_page_owner_check(struct emit_page_owner *pages, const char *path,
                                       struct emit_error *error);

#endif
