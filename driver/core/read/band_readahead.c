/* SPDX-License-Identifier: MIT */
/*
 * A request for one band of a window is recorded first (record_request): the window is found or
 * replaces the least recently used one, the slot where an earlier read cached the band is taken,
 * and the bands to read are chosen (choose_bands). Then the band is copied from the cache, or the
 * chosen bands are read into a slab, which is cached for the requests to come (read_slab). All
 * else is an ordinary read, so a failure here costs nothing but time.
 *
 * Slabs are blocks of the block cache, which may evict them at any time; the windows only record
 * where a band was.
 */
#include "core/read/band_readahead.h"

#include "core/base/platform.h"

#include <stdlib.h>
#include <string.h>

/* Windows remembered: enough for a scene in strips of 32 rows or tiles of 256 x 256 cells. */
#define WINDOW_COUNT 256

/* Number of recent requests used to predict the bands of the next window. */
#define PATTERN_REQUESTS 16

/* A 64-byte cache line holds 16 four-byte bands: reading one band costs as much memory traffic as
 * reading all of them, so a sequential run reads this many at once. */
#define RUN_BANDS 16

/* Smaller requests are not part of an image; the next one is likely to be elsewhere. */
#define MIN_WINDOW_CELLS 256

/* Where a band of a window is cached: slot "slot" of block "slab"; slab 0: not cached. */
struct slot_place
{
    uint64_t slab;
    size_t slot;
};

/* A band of a window. */
struct band_state
{
    bool requested;
    struct slot_place place;
};

/* The cells of a request, and the state of each band there. */
struct window
{
    uint64_t used;    /* number of the last request; 0: unused */
    int64_t *numbers; /* rows, then columns */
    size_t row_count;
    size_t column_count;
    struct band_state *bands;
    size_t requested_count;
};

struct emit_band_readahead
{
    const struct emit_reader *reader;
    size_t band_count;
    uint64_t cell_count;
    uint64_t cache_owner;

    struct emit_mutex lock; /* guards the members below */
    unsigned process;
    uint64_t request_count;
    uint64_t slab_count;
    struct window windows[WINDOW_COUNT];
};

/* A request in progress. */
struct request
{
    const struct emit_cells *cells;
    int band;
    int *bands; /* to read, "band" first */
    size_t count;
    uint64_t slab;
    struct slot_place cached; /* where "band" is cached */
    bool last;                /* no other band uses cached.slab */
};

enum emit_status emit_band_readahead_open(const struct emit_reader *reader, size_t band_count,
                                          uint64_t cell_count,
                                          struct emit_band_readahead **readahead_ret,
                                          struct emit_error *error)
{
    struct emit_band_readahead *readahead = calloc(1, sizeof *readahead);
    *readahead_ret = NULL;
    if (readahead == NULL)
        return emit_error_memory(error, sizeof *readahead, "a view's windows");
    emit_mutex_init(&readahead->lock);
    readahead->process = emit_process();
    readahead->reader = reader;
    readahead->band_count = band_count;
    readahead->cell_count = cell_count;
    readahead->cache_owner = emit_cache_new_owner();
    *readahead_ret = readahead;
    return EMIT_OK;
}

/* Locks the windows. In a child process they are reset but not freed, because a thread of the
 * parent may have been changing them. */
static void lock_windows(struct emit_band_readahead *readahead)
{
    emit_mutex_lock(&readahead->lock);
    if (readahead->process != emit_process())
        memset(readahead->windows, 0, sizeof readahead->windows);
    readahead->process = emit_process();
}

static void close_window(struct window *window)
{
    free(window->numbers);
    free(window->bands);
    memset(window, 0, sizeof *window);
}

void emit_band_readahead_close(struct emit_band_readahead *readahead)
{
    if (readahead == NULL)
        return;
    emit_cache_purge_owner(readahead->cache_owner);
    lock_windows(readahead);
    emit_mutex_unlock(&readahead->lock);
    for (size_t i = 0; i < WINDOW_COUNT; i++)
        close_window(&readahead->windows[i]);
    emit_mutex_close(&readahead->lock);
    free(readahead);
}

/* ---- Windows -------------------------------------------------------------------------------- */

static bool has_cells(const struct window *window, const struct emit_cells *cells)
{
    return window->used > 0 && window->row_count == cells->row_count &&
           window->column_count == cells->column_count &&
           memcmp(window->numbers, cells->rows, cells->row_count * sizeof *cells->rows) == 0 &&
           memcmp(window->numbers + cells->row_count, cells->columns,
                  cells->column_count * sizeof *cells->columns) == 0;
}

static struct window *find_window(struct emit_band_readahead *readahead,
                                  const struct emit_cells *cells)
{
    for (size_t i = 0; i < WINDOW_COUNT; i++)
        if (has_cells(&readahead->windows[i], cells))
            return &readahead->windows[i];
    return NULL;
}

/* Replaces the least recently used window; NULL without memory. */
static struct window *add_window(struct emit_band_readahead *readahead,
                                 const struct emit_cells *cells)
{
    struct window *window = &readahead->windows[0];
    for (size_t i = 1; i < WINDOW_COUNT; i++)
        if (readahead->windows[i].used < window->used)
            window = &readahead->windows[i];
    close_window(window);
    window->numbers = malloc((cells->row_count + cells->column_count) * sizeof *window->numbers);
    window->bands = calloc(readahead->band_count, sizeof *window->bands);
    if (window->numbers == NULL || window->bands == NULL)
    {
        close_window(window);
        return NULL;
    }
    window->row_count = cells->row_count;
    window->column_count = cells->column_count;
    memcpy(window->numbers, cells->rows, cells->row_count * sizeof *cells->rows);
    memcpy(window->numbers + cells->row_count, cells->columns,
           cells->column_count * sizeof *cells->columns);
    return window;
}

/* Of the recent windows in which "band" was requested, the one with the most bands; or NULL. */
static const struct window *find_access_pattern(const struct emit_band_readahead *readahead,
                                                int band)
{
    const struct window *pattern = NULL;
    for (size_t i = 0; i < WINDOW_COUNT; i++)
    {
        const struct window *window = &readahead->windows[i];
        if (window->used > 0 && readahead->request_count - window->used < PATTERN_REQUESTS &&
            window->bands[band].requested &&
            (pattern == NULL || window->requested_count > pattern->requested_count))
            pattern = window;
    }
    return pattern;
}

/* ---- Which bands to read -------------------------------------------------------------------- */

/* Number of bands of "cell_count" cells that fit 1/"share" of the cache's budget. */
static size_t affordable(const struct emit_band_readahead *readahead, uint64_t cell_count,
                         unsigned share)
{
    const size_t fitting = emit_cache_budget() / share / readahead->reader->rule.value_nbytes;
    return (size_t)(fitting / cell_count);
}

/* Adds the bands that were requested in "pattern", those after request->band first. */
static void add_access_pattern(const struct emit_band_readahead *readahead,
                               const struct window *pattern, size_t most, struct request *request)
{
    for (size_t k = 1; k < readahead->band_count && request->count < most; k++)
    {
        const size_t band = ((size_t)request->band + k) % readahead->band_count;
        if (pattern->bands[band].requested)
            request->bands[request->count++] = (int)band;
    }
}

/* Adds up to "fitting" - 1 bands after request->band. */
static void add_sequential_run(const struct emit_band_readahead *readahead, size_t fitting,
                               struct request *request)
{
    const size_t most = fitting < RUN_BANDS ? fitting : RUN_BANDS;
    for (size_t band = (size_t)request->band + 1;
         band < readahead->band_count && request->count < most; band++)
        request->bands[request->count++] = (int)band;
}

static void choose_bands(const struct emit_band_readahead *readahead, const struct window *window,
                         struct request *request)
{
    const int band = request->band;
    const uint64_t cell_count = (uint64_t)request->cells->row_count * request->cells->column_count;
    const size_t most = affordable(readahead, cell_count, 4);
    request->bands[request->count++] = band;
    if (window->bands[band].requested)
        add_access_pattern(readahead, window, most,
                           request); /* evicted from the cache, or requested again */
    else if (band > 0 && window->bands[band - 1].requested)
    {
        /* The next band of these cells is requested either next, or after all other cells of the
         * view: then the bands of all cells must fit the cache, twice. */
        const bool stays = window->used == readahead->request_count;
        add_sequential_run(readahead,
                           stays ? most : affordable(readahead, readahead->cell_count, 2), request);
    }
    else if (window->requested_count == 0)
    {
        const struct window *pattern = find_access_pattern(readahead, band);
        if (pattern != NULL)
            add_access_pattern(readahead, pattern, most, request);
    }
}

/* Moves the slot of the band from the window to the request: a band is rarely requested twice. */
static void take_slot(const struct emit_band_readahead *readahead, struct window *window,
                      struct request *request)
{
    request->cached = window->bands[request->band].place;
    window->bands[request->band].place.slab = 0;
    request->last = true;
    for (size_t band = 0; band < readahead->band_count && request->cached.slab > 0; band++)
        request->last = request->last && window->bands[band].place.slab != request->cached.slab;
}

/* Records the request and chooses the bands to read; false without memory. */
static bool record_request(struct emit_band_readahead *readahead, struct request *request)
{
    struct window *window = find_window(readahead, request->cells);
    if (window == NULL)
        window = add_window(readahead, request->cells);
    if (window == NULL)
        return false;
    take_slot(readahead, window, request);
    choose_bands(readahead, window, request);
    window->used = ++readahead->request_count;
    if (!window->bands[request->band].requested)
        window->requested_count++;
    window->bands[request->band].requested = true;
    request->slab = ++readahead->slab_count;
    return true;
}

/* Records where the further bands of a request are cached, if its window still exists. */
static void record_places(struct emit_band_readahead *readahead, const struct request *request)
{
    lock_windows(readahead);
    struct window *window = find_window(readahead, request->cells);
    for (size_t i = 1; i < request->count && window != NULL; i++)
        window->bands[request->bands[i]].place = (struct slot_place){request->slab, i};
    emit_mutex_unlock(&readahead->lock);
}

/* ---- Values --------------------------------------------------------------------------------- */

static void copy_slot(const struct emit_band_readahead *readahead, const struct emit_cells *cells,
                      const struct emit_block *slab, size_t slot, const struct emit_buffer *buffer)
{
    const size_t value_nbytes = readahead->reader->rule.value_nbytes;
    const struct emit_box box = {{0, 0, 0}, {cells->row_count, cells->column_count, 1}};
    const struct emit_values from = emit_values_in_c_order(
        slab->bytes + slot * emit_box_values(&box) * value_nbytes, &box, box.count, value_nbytes);
    const struct emit_values to = {
        buffer->data, box, {buffer->row_stride, buffer->column_stride, (ptrdiff_t)value_nbytes}};
    emit_values_copy_common(&from, &to, value_nbytes);
}

/* Copies the band from the cache; false if it is not cached. */
static bool copy_cached(const struct emit_band_readahead *readahead, const struct request *request,
                        const struct emit_buffer *buffer)
{
    const struct emit_cache_key key = {readahead->cache_owner, request->cached.slab};
    struct emit_block *slab = request->cached.slab > 0 ? emit_cache_find(key) : NULL;
    if (slab == NULL)
        return false;
    copy_slot(readahead, request->cells, slab, request->cached.slot, buffer);
    if (request->last)
        emit_cache_erase(slab);
    emit_block_release(slab);
    return true;
}

/* Reads the bands of a request into a slab, caches it and copies the requested band. A failure is
 * not reported, because the cause may lie in the other bands. */
static bool read_slab(struct emit_band_readahead *readahead, const struct request *request,
                      const struct emit_buffer *buffer)
{
    const struct emit_cells *cells = request->cells;
    const ptrdiff_t value_nbytes = (ptrdiff_t)readahead->reader->rule.value_nbytes;
    const ptrdiff_t row_nbytes = (ptrdiff_t)cells->column_count * value_nbytes;
    const ptrdiff_t slot_nbytes = (ptrdiff_t)cells->row_count * row_nbytes;
    const size_t nbytes = (size_t)slot_nbytes * request->count;
    struct emit_block *slab =
        emit_block_new((struct emit_cache_key){readahead->cache_owner, request->slab}, nbytes);
    if (slab == NULL)
        return false;
    const struct emit_buffer target = {slab->bytes, row_nbytes, value_nbytes, slot_nbytes};
    const bool done = emit_reader_read(readahead->reader, cells, request->bands, request->count,
                                       &target, NULL) == EMIT_OK;
    if (done)
    {
        emit_cache_add(slab);
        record_places(readahead, request);
        copy_slot(readahead, cells, slab, 0, buffer);
    }
    emit_block_release(slab);
    return done;
}

/* Answers a request from what was read before, or by reading several bands. */
static bool serve(struct emit_band_readahead *readahead, struct request *request,
                  const struct emit_buffer *buffer)
{
    lock_windows(readahead);
    const bool recorded = record_request(readahead, request);
    emit_mutex_unlock(&readahead->lock);
    return recorded && (copy_cached(readahead, request, buffer) ||
                        (request->count > 1 && read_slab(readahead, request, buffer)));
}

enum emit_status emit_band_readahead_read(struct emit_band_readahead *readahead,
                                          const struct emit_cells *cells, int band,
                                          const struct emit_buffer *buffer,
                                          struct emit_error *error)
{
    struct request request = {.cells = cells, .band = band};
    bool done = false;
    if (readahead->band_count > 1 && cells->row_count * cells->column_count >= MIN_WINDOW_CELLS)
        request.bands = malloc(readahead->band_count * sizeof *request.bands);
    if (request.bands != NULL)
        done = serve(readahead, &request, buffer);
    free(request.bands);
    return done ? EMIT_OK : emit_reader_read(readahead->reader, cells, &band, 1, buffer, error);
}
