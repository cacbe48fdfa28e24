/* SPDX-License-Identifier: MIT */
/* Metadata of remote files, fetched before HDF5 reads one block after another. The validator
 * follows what a file's blocks refer to as far as their bytes are cached; what it does not find is
 * fetched, several ranges at once, and after each answer it starts anew. HDF5 and its lock are not
 * needed. */
#include "core/base/box.h"
#include "core/base/bytes.h"
#include "core/base/platform.h"
#include "core/base/request_threads.h"
#include "core/hdf5/check/check.h"
#include "core/hdf5/h5_internal.h"
#include "core/io/page_cache.h"

#include <stdlib.h>
#include <string.h>

/* Requests for one file: more than any granule needs. */
#define MAX_RANGES 64

/* Objects and nodes: more than a granule has. What exceeds them is not prefetched. */
#define MAX_BLOCKS 256

/* Bytes to fetch around a missing one. Most headers are shorter, attributes included; what they
 * refer to often precedes them. */
#define BEFORE_NBYTES ((uint64_t)4096)
#define AFTER_NBYTES ((uint64_t)8192)

/* Maximum bytes of a range: a damaged file could claim large blocks. */
#define MOST_NBYTES ((uint64_t)128 << 10)

/* Least distance of blocks between which arrays lie. */
#define ARRAYS_NBYTES ((uint64_t)256 << 10)

enum range_state
{
    RANGE_QUEUED,
    RANGE_UNDER_WAY,
    RANGE_DONE
};

struct crawl
{
    struct emit_file *file;
    const char *const *without; /* names of objects to leave out, or NULL */
    uint64_t base;              /* of the addresses */
    uint64_t root;

    size_t limit; /* of concurrent requests */

    struct emit_mutex lock; /* guards the members below */
    size_t under_way;
    struct emit_range ranges[MAX_RANGES];
    uint64_t wanted[MAX_RANGES]; /* offset for which a range was queued */
    enum range_state states[MAX_RANGES];
    size_t range_count;
    struct
    {
        uint64_t address;
        bool is_node;
    } blocks[MAX_BLOCKS]; /* found by the current walk */
    size_t block_count;
    bool has_failed; /* nothing more is fetched */
};

/* ---- Walking -------------------------------------------------------------------------------- */

/* Cuts from a range that contains "offset" what "other" contains. */
static void cut_common(uint64_t *first, uint64_t *end, uint64_t offset,
                       const struct emit_range *other)
{
    const uint64_t other_end = other->offset + other->nbytes;
    if (other_end <= offset && other_end > *first)
        *first = other_end;
    if (other->offset > offset && other->offset < *end)
        *end = other->offset;
}

/* Under the lock. Queues a range of whole pages, which has nothing in common with those that are
 * queued or under way. If one of these contains "offset", another walk asks again when it is done.
 */
static void want(struct crawl *crawl, uint64_t offset, uint64_t nbytes)
{
    uint64_t first = offset - (offset < BEFORE_NBYTES ? offset : BEFORE_NBYTES);
    uint64_t end = offset + (nbytes > AFTER_NBYTES ? emit_min(nbytes, MOST_NBYTES) : AFTER_NBYTES);
    struct emit_range wanted = {first, end - first};
    first = wanted.offset / EMIT_PAGE_NBYTES * EMIT_PAGE_NBYTES;
    end = emit_page_cache_end(&wanted) * EMIT_PAGE_NBYTES;
    end = emit_min(end, emit_file_size(crawl->file));
    for (size_t i = 0; i < crawl->range_count; i++)
    {
        const struct emit_range *other = &crawl->ranges[i];
        if (crawl->states[i] == RANGE_DONE)
            continue;
        if (offset >= other->offset && offset - other->offset < other->nbytes)
            return;
        cut_common(&first, &end, offset, other);
    }
    if (crawl->range_count == MAX_RANGES || crawl->has_failed)
        return;
    crawl->states[crawl->range_count] = RANGE_QUEUED;
    crawl->wanted[crawl->range_count] = offset;
    crawl->ranges[crawl->range_count++] = (struct emit_range){first, end - first};
}

/* Reads bytes that are cached, and notes those that are not. */
static bool read_cached(void *context, uint64_t offset, size_t nbytes, void *bytes)
{
    struct crawl *crawl = context;
    if (emit_file_is_cached(crawl->file, offset, nbytes))
        return emit_file_read(crawl->file, offset, nbytes, bytes, NULL) == EMIT_OK;
    want(crawl, offset, nbytes);
    return false;
}

static bool is_left_out(const struct crawl *crawl, const unsigned char *name, size_t length)
{
    const char *const *without = crawl->without;
    if (without == NULL || name == NULL)
        return false;
    while (*without != NULL && (length != strlen(*without) || memcmp(name, *without, length) != 0))
        without++;
    return *without != NULL;
}

static void add_block(void *context, uint64_t address, const unsigned char *name, size_t length)
{
    struct crawl *crawl = context;
    if (crawl->block_count == MAX_BLOCKS || address >= emit_file_size(crawl->file) - crawl->base ||
        is_left_out(crawl, name, length))
        return;
    for (size_t i = 0; i < crawl->block_count; i++)
        if (crawl->blocks[i].address == address)
            return;
    crawl->blocks[crawl->block_count].address = address;
    crawl->blocks[crawl->block_count++].is_node = name == NULL && address != crawl->root;
}

/* Nodes of chunks are not followed: they may be many, and most are not needed. */
static void visit(struct crawl *crawl, struct emit_check *check, size_t i)
{
    unsigned char bytes[EMIT_CHECK_NODE_NBYTES];
    const uint64_t address = crawl->blocks[i].address;
    const uint64_t offset = crawl->base + address;
    const uint64_t left = emit_file_size(crawl->file) - offset;
    const size_t most =
        crawl->blocks[i].is_node ? EMIT_CHECK_NODE_NBYTES : EMIT_CHECK_HEADER_NBYTES;
    const size_t nbytes = left < most ? (size_t)left : most;
    const struct emit_check_block block = {crawl->base, address, bytes, nbytes, true};
    if (read_cached(crawl, offset, nbytes, bytes) &&
        !(nbytes > 4 && memcmp(bytes, "TREE", 4) == 0 && bytes[4] == 1))
        emit_check_block(check, &block);
}

/* Under the lock. Follows the links from the root group, and queues what is missing. */
static void walk(struct crawl *crawl)
{
    const struct emit_check_source source = {read_cached, crawl, emit_file_size(crawl->file),
                                             add_block};
    struct emit_check *check = emit_check_create(&source);
    if (check == NULL)
        return;
    crawl->block_count = 0;
    add_block(crawl, crawl->root, NULL, 0);
    for (size_t i = 0; i < crawl->block_count; i++)
        visit(crawl, check, i);
    emit_check_destroy(check);
}

/* Under the lock, after the first walk. The arrays of a location (lon, lat, elev, then the lookup
 * table) have one shape, and each follows its object header, so that headers lie at equal
 * distances. The first walk finds the first header and a later one: the third in a granule, that
 * of the table in a mask granule. Requesting those in between now saves a round trip; a wrong guess
 * costs some bytes. */
static void guess_headers(struct crawl *crawl)
{
    const uint64_t arrays = crawl->without == NULL ? 2 : 3; /* from the first header to the next */
    uint64_t first = UINT64_MAX;
    uint64_t next = UINT64_MAX;
    for (size_t i = 0; i < crawl->range_count; i++)
        first = emit_min(first, crawl->wanted[i]);
    for (size_t i = 0; i < crawl->range_count; i++)
        if (crawl->wanted[i] - first >= ARRAYS_NBYTES)
            next = emit_min(next, crawl->wanted[i]);
    if (next == UINT64_MAX)
        return;
    const uint64_t distance = (next - first) / arrays;
    want(crawl, first + (arrays - 1) * distance, 0);
    if (arrays == 2 && distance < emit_file_size(crawl->file) - next)
        want(crawl, next + distance, 0);
}

/* ---- Fetching ------------------------------------------------------------------------------- */

/* Ranges of a crawl to fetch at once. */
struct wave
{
    struct crawl *crawl;
    size_t count;
    size_t ranges[MAX_RANGES];
};

/* Under the lock. Takes queued ranges, at least one if there is one, as far as the limit allows. */
static struct wave take_wave(struct crawl *crawl)
{
    struct wave wave = {.crawl = crawl};
    for (size_t i = 0; i < crawl->range_count && !crawl->has_failed; i++)
    {
        if (crawl->states[i] != RANGE_QUEUED ||
            (wave.count > 0 && crawl->under_way >= crawl->limit))
            continue;
        crawl->states[i] = RANGE_UNDER_WAY;
        crawl->under_way++;
        wave.ranges[wave.count++] = i;
    }
    return wave;
}

/* Under the lock, which it releases meanwhile. A failure ends the crawl: HDF5's own reads report
 * it. */
static void fetch(struct crawl *crawl, size_t i)
{
    const struct emit_range range = crawl->ranges[i];
    struct emit_ranges ranges = {0};
    emit_mutex_unlock(&crawl->lock);
    if (emit_ranges_add(&ranges, range.offset, range.nbytes, NULL) == EMIT_OK)
        emit_file_fetch(crawl->file, &ranges);
    emit_ranges_close(&ranges);
    const bool has_arrived = emit_file_is_cached(crawl->file, range.offset, range.nbytes);
    emit_mutex_lock(&crawl->lock);
    crawl->states[i] = RANGE_DONE;
    crawl->under_way--;
    crawl->has_failed = crawl->has_failed || !has_arrived;
}

/* Fetches a range of a wave, and then what it refers to, without waiting for the others. */
static enum emit_status follow(const void *context, size_t index, struct emit_error *error)
{
    (void)error;
    const struct wave *wave = context;
    struct crawl *crawl = wave->crawl;
    emit_mutex_lock(&crawl->lock);
    fetch(crawl, wave->ranges[index]);
    walk(crawl);
    const struct wave next = take_wave(crawl);
    emit_mutex_unlock(&crawl->lock);
    return emit_request_threads_run(next.count, follow, &next, NULL);
}

/* Reads the address of the root group from the superblock, whose numbers have 8 bytes. */
static bool find_root(struct crawl *crawl)
{
    unsigned char bytes[80];
    if (emit_file_read(crawl->file, crawl->base, sizeof bytes, bytes, NULL) != EMIT_OK ||
        bytes[8] > 3)
        return false;
    const unsigned version = bytes[8];
    crawl->root = emit_little_endian(bytes + (version < 2 ? 64 + 4 * version : 36), 8);
    return true;
}

void emit_h5_prefetch_metadata(struct emit_file *file, uint64_t superblock,
                               const char *const *without)
{
    struct crawl *crawl = calloc(1, sizeof *crawl);
    if (crawl == NULL)
        return;
    crawl->limit = emit_file_request_threads(file);
    crawl->file = file;
    crawl->without = without;
    crawl->base = superblock;
    emit_mutex_init(&crawl->lock);
    if (find_root(crawl))
    {
        walk(crawl);
        guess_headers(crawl);
        const struct wave first = take_wave(crawl);
        emit_request_threads_run(first.count, follow, &first, NULL);
    }
    emit_mutex_close(&crawl->lock);
    free(crawl);
}
