/* SPDX-License-Identifier: MIT */
/* Reads of one native file, and what its disk is asked for ahead of them. A read that the page
 * cache serves costs nothing extra. One that waits shows that reading ahead pays, and how long the
 * disk takes. Thread-safe. */
#pragma once

#include "core/base/byte_ranges.h"
#include "core/base/platform.h"

#include <stdatomic.h>

struct emit_disk
{
    void *native; /* borrowed */
    uint64_t file_nbytes;
    atomic_uint cold; /* steps of reading ahead until the file counts as in memory */
    atomic_uint_least64_t swept_offset; /* see emit_disk_expect_sweep() */
    atomic_uint_least64_t swept_nbytes;
    atomic_uint timed_reads;
    atomic_uint_least64_t timed_ns; /* what these took */

    atomic_uint_least64_t missed; /* offset of the last read that waited */

    struct emit_mutex lock;     /* held while the file is read through; guards the members below */
    struct emit_ranges through; /* read through so far; uses the array, so that a fork() may come at
                                   any moment */
    struct emit_range through_ranges[64];
    struct emit_range latest; /* asked for last */
};

void emit_disk_open(struct emit_disk *disk, void *native, uint64_t file_nbytes);
void emit_disk_close(struct emit_disk *disk);

/* As emit_native_read(). */
size_t emit_disk_read(struct emit_disk *disk, uint64_t offset, size_t nbytes, void *bytes);

/* Whether recent reads had to wait. */
bool emit_disk_is_cold(const struct emit_disk *disk);

/* Says that a program reads all of "range", part by part, so that gaps in a part are worth reading
 * as well as what adjoins it; a range of no bytes ends that. */
void emit_disk_expect_sweep(struct emit_disk *disk, struct emit_range range);

/* Brings the ranges, which lie in the file, into the system's page cache. Long ones are read
 * through before it returns, others are under way. Changes the list as emit_disk_plan() does. */
void emit_disk_read_ahead(struct emit_disk *disk, struct emit_ranges *ranges);

/* In a sweep: reads through what adjoins the range that was read through last. */
void emit_disk_read_beyond(struct emit_disk *disk);

/* Turns ranges into those to request: disjoint, in the order of the file, with the gaps that are
 * read sooner than skipped. A disk is "slow" that has a head to move or is allowed few requests.
 * Long ranges are extended to whole units, those in "swept" to larger ones, as far as that goes.
 * Pure. */
void emit_disk_plan(struct emit_ranges *ranges, bool slow, struct emit_range swept,
                    uint64_t file_nbytes);
