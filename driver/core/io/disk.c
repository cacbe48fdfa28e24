/* SPDX-License-Identifier: MIT */
/* A read that waits makes a file cold. The ranges of the reads to come are then requested: short
 * ones at once, long ones by reading through them, in a sweep with what adjoins them. */
#include "core/io/disk.h"

#include <math.h>
#include <string.h>

/* Largest gap that is read sooner than skipped: by any disk, and by one that has a head to move or
 * is allowed few requests, or where the gap will be needed as well. A line has 1.4 MB. */
#define GAP_NBYTES ((uint64_t)1 << 17)
#define WIDE_GAP_NBYTES ((uint64_t)3 << 19)

/* Ranges from this length on are read through as a program reads a file from beginning to end: the
 * system's own reading ahead then takes the largest requests and pages. */
#define THROUGH_NBYTES ((uint64_t)1 << 22)

/* Unit of reading in a sweep, at most two units ahead of the requests. */
#define SWEEP_NBYTES ((uint64_t)1 << 26)

/* Steps without a read from the disk until a file counts as in memory. */
#define COLD_STEPS 100

#define NOTHING_MISSED UINT64_MAX

/* Reads that are timed: the metadata of a granule, which are read one after another. */
#define TIMED_READS 64
#define TIMED_NBYTES 4096

/* A disk that takes longer for one of them on average is slow. A single long wait, for a processor
 * for example, counts for no more than the second figure. */
#define SLOW_NS ((uint64_t)2000000)
#define MOST_SECONDS 20e-3

void emit_disk_open(struct emit_disk *disk, void *native, uint64_t file_nbytes)
{
    memset(disk, 0, sizeof *disk);
    disk->native = native;
    disk->file_nbytes = file_nbytes;
    atomic_init(&disk->missed, NOTHING_MISSED);
    disk->through.range = disk->through_ranges;
    disk->through.capacity = sizeof disk->through_ranges / sizeof *disk->through_ranges;
    emit_mutex_init(&disk->lock);
}

void emit_disk_close(struct emit_disk *disk)
{
    emit_mutex_close(&disk->lock);
}

/* ---- Reading -------------------------------------------------------------------------------- */

static size_t read_missing(struct emit_disk *disk, uint64_t offset, size_t nbytes, void *bytes)
{
    const double start = emit_seconds();
    const size_t done = emit_native_read(disk->native, offset, nbytes, bytes);
    atomic_store(&disk->cold, COLD_STEPS);
    atomic_store(&disk->missed, offset);
    if (nbytes <= TIMED_NBYTES && atomic_load(&disk->timed_reads) < TIMED_READS)
    {
        atomic_fetch_add(&disk->timed_reads, 1);
        atomic_fetch_add(&disk->timed_ns,
                         (uint_least64_t)(fmin(emit_seconds() - start, MOST_SECONDS) * 1e9));
    }
    return done;
}

size_t emit_disk_read(struct emit_disk *disk, uint64_t offset, size_t nbytes, void *bytes)
{
    return emit_native_read_cached(disk->native, offset, nbytes, bytes)
               ? nbytes
               : read_missing(disk, offset, nbytes, bytes);
}

bool emit_disk_is_cold(const struct emit_disk *disk)
{
    return atomic_load_explicit(&disk->cold, memory_order_relaxed) > 0;
}

static bool is_slow(const struct emit_disk *disk)
{
    return atomic_load(&disk->timed_ns) > SLOW_NS * atomic_load(&disk->timed_reads);
}

void emit_disk_expect_sweep(struct emit_disk *disk, struct emit_range range)
{
    if (atomic_load_explicit(&disk->swept_nbytes, memory_order_relaxed) == range.nbytes)
        return;
    atomic_store(&disk->swept_offset, range.offset);
    atomic_store(&disk->swept_nbytes, range.nbytes);
}

static struct emit_range swept_range(const struct emit_disk *disk)
{
    return (struct emit_range){atomic_load(&disk->swept_offset), atomic_load(&disk->swept_nbytes)};
}

/* ---- Planning ------------------------------------------------------------------------------- */

static bool lies_within(struct emit_range range, struct emit_range limits)
{
    return range.offset >= limits.offset &&
           range.offset + range.nbytes <= limits.offset + limits.nbytes;
}

void emit_disk_plan(struct emit_ranges *ranges, bool slow, struct emit_range swept,
                    uint64_t file_nbytes)
{
    emit_ranges_coalesce(ranges, slow || swept.nbytes > 0 ? WIDE_GAP_NBYTES : GAP_NBYTES);
    for (size_t i = 0; i < ranges->count; i++)
    {
        struct emit_range *range = &ranges->range[i];
        const bool is_swept = lies_within(*range, swept);
        if (range->nbytes < THROUGH_NBYTES)
            continue;
        emit_range_align(range, is_swept ? SWEEP_NBYTES : THROUGH_NBYTES, file_nbytes);
        if (is_swept)
            emit_range_clip(range, swept);
    }
    emit_ranges_coalesce(ranges, 0);
}

/* ---- Reading ahead -------------------------------------------------------------------------- */

static void note_progress(struct emit_disk *disk, uint64_t blocks_before)
{
    const unsigned cold = atomic_load(&disk->cold);
    if (emit_native_blocks_read() != blocks_before)
        atomic_store(&disk->cold, COLD_STEPS);
    else if (cold > 0)
        atomic_store(&disk->cold, cold - 1);
}

/* Under the lock. Forgets what was read through where the system has dropped some of it. */
static void drop_forgotten(struct emit_disk *disk)
{
    const uint64_t missed = atomic_exchange(&disk->missed, NOTHING_MISSED);
    struct emit_range missing;
    if (missed != NOTHING_MISSED &&
        !emit_ranges_missing(&disk->through, (struct emit_range){missed, 1}, missed, &missing))
        disk->through.count = 0;
}

/* Under the lock. */
static void read_through(struct emit_disk *disk, struct emit_range range)
{
    struct emit_range missing;
    for (uint64_t at = range.offset; emit_ranges_missing(&disk->through, range, at, &missing);
         at = missing.offset + missing.nbytes)
        emit_native_read_through(disk->native, missing.offset, missing.nbytes);
    if (disk->through.count == disk->through.capacity)
        disk->through.count = 0;
    emit_ranges_add(&disk->through, range.offset, range.nbytes, NULL);
    emit_ranges_coalesce(&disk->through, 0);
}

void emit_disk_read_ahead(struct emit_disk *disk, struct emit_ranges *ranges)
{
    const uint64_t blocks_before = emit_native_blocks_read();
    emit_disk_plan(ranges, is_slow(disk), swept_range(disk), disk->file_nbytes);
    emit_mutex_lock(&disk->lock);
    drop_forgotten(disk);
    for (size_t i = 0; i < ranges->count; i++)
    {
        const struct emit_range range = ranges->range[i];
        if (range.nbytes < THROUGH_NBYTES)
            emit_native_read_ahead(disk->native, range.offset, range.nbytes);
        else
        {
            read_through(disk, range);
            disk->latest = range;
        }
    }
    emit_mutex_unlock(&disk->lock);
    note_progress(disk, blocks_before);
}

void emit_disk_read_beyond(struct emit_disk *disk)
{
    const struct emit_range swept = swept_range(disk);
    if (swept.nbytes == 0)
        return;
    emit_mutex_lock(&disk->lock);
    struct emit_range range = disk->latest;
    emit_range_widen(&range, SWEEP_NBYTES, disk->file_nbytes);
    emit_range_clip(&range, swept);
    if (lies_within(disk->latest, range))
        read_through(disk, range);
    emit_mutex_unlock(&disk->lock);
}
