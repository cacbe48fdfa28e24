/* SPDX-License-Identifier: MIT */
#include "core/read/band_readahead.h"

#include "core/base/platform.h"

#include <stdlib.h>
#include <string.h>

/* Windows remembered: more than strips of 32 rows or tiles of 256 x 256 cells make up a scene. */
#define WINDOW_COUNT 256

/* Number of recent requests used to predict the bands of the next window. */
#define PATTERN_REQUESTS 16

/* A 64-byte cache line holds 16 four-byte bands: fetching one costs as much memory traffic as
 * fetching all of them, so a program that takes band after band gets this many at once. */
#define RUN_BANDS 16

/* Below this many cells a request is not a picture, and the next one is likely to be elsewhere. */
#define MIN_WINDOW_CELLS 256

/* Where a band of a window was read to and waits: slot "slot" of the block "slab"; slab 0:
 * nowhere. */
struct slot_place
{
    uint64_t slab;
    size_t slot;
};

/* Cells that were asked for, and what is known of each band there. */
struct window
{
    uint64_t used;    /* when it was last asked for, in requests; 0: a free slot */
    int64_t *numbers; /* rows, then columns */
    size_t row_count;
    size_t column_count;
    bool *asked; /* of each band */
    size_t asked_count;
    struct slot_place *places; /* of each band */
};

struct emit_band_readahead
{
    const struct emit_reader *reader;
    size_t band_count;
    uint64_t cell_count;
    uint64_t cache_owner;

    struct emit_mutex lock; /* guards what follows */
    unsigned process;
    uint64_t request_count;
    uint64_t slab_count;
    struct window windows[WINDOW_COUNT];
};

/* One request on its way. */
struct request
{
    const struct emit_cells *cells;
    int band;
    int *bands; /* to read, "band" first */
    size_t count;
    uint64_t slab;
    struct slot_place cached; /* where "band" is cached */
    bool last;                /* nothing else of cached.slab waits */
};

enum emit_status emit_band_readahead_open(const struct emit_reader *reader, size_t band_count,
                                          uint64_t cell_count,
                                          struct emit_band_readahead **recall_ret,
                                          struct emit_error *error)
{
    struct emit_band_readahead *readahead = calloc(1, sizeof *readahead);
    *recall_ret = NULL;
    if (readahead == NULL)
        return emit_error_memory(error, sizeof *readahead, "a view's windows");
    emit_mutex_init(&readahead->lock);
    readahead->process = emit_process();
    readahead->reader = reader;
    readahead->band_count = band_count;
    readahead->cell_count = cell_count;
    readahead->cache_owner = emit_cache_new_owner();
    *recall_ret = readahead;
    return EMIT_OK;
}

/* Takes the lock. In a child process the windows start anew, since a thread of the parent may have
 * been changing them; their memory is left alone for the same reason. */
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
    free(window->asked);
    free(window->places);
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
    {
        if (has_cells(&readahead->windows[i], cells))
            return &readahead->windows[i];
    }
    return NULL;
}

/* Takes the slot that was not used for longest; NULL without memory. */
static struct window *add_window(struct emit_band_readahead *readahead,
                                 const struct emit_cells *cells)
{
    struct window *window = &readahead->windows[0];
    for (size_t i = 1; i < WINDOW_COUNT; i++)
    {
        if (readahead->windows[i].used < window->used)
            window = &readahead->windows[i];
    }
    close_window(window);
    window->numbers = malloc((cells->row_count + cells->column_count) * sizeof *window->numbers);
    window->asked = calloc(readahead->band_count, sizeof *window->asked);
    window->places = calloc(readahead->band_count, sizeof *window->places);
    if (window->numbers == NULL || window->asked == NULL || window->places == NULL)
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

/* The window asked for lately in which most bands were, "band" among them; NULL for none. */
static const struct window *find_access_pattern(const struct emit_band_readahead *readahead,
                                                int band)
{
    const struct window *pattern = NULL;
    for (size_t i = 0; i < WINDOW_COUNT; i++)
    {
        const struct window *window = &readahead->windows[i];
        if (window->used > 0 && readahead->request_count - window->used < PATTERN_REQUESTS &&
            window->asked[band] && (pattern == NULL || window->asked_count > pattern->asked_count))
            pattern = window;
    }
    return pattern;
}

/* ---- Which bands to read -------------------------------------------------------------------- */

/* How many bands of the cells may be cached: a share of the cache's budget. */
static size_t affordable(const struct emit_band_readahead *readahead, uint64_t cell_count,
                         unsigned share)
{
    const size_t fitting = emit_cache_budget() / share / readahead->reader->rule.value_nbytes;
    return (size_t)(fitting / cell_count);
}

/* Adds bands that were asked for where "pattern" was, those after request->band first. */
static void add_access_pattern(const struct emit_band_readahead *readahead,
                               const struct window *pattern, size_t most, struct request *request)
{
    for (size_t k = 1; k < readahead->band_count && request->count < most; k++)
    {
        const size_t band = ((size_t)request->band + k) % readahead->band_count;
        if (pattern->asked[band])
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
    if (window->asked[band])
        add_access_pattern(readahead, window, most,
                           request); /* dropped from the cache, or seen again */
    else if (band > 0 && window->asked[band - 1])
    {
        /* The next band of these cells is wanted next, or after all other cells of the view: then
         * the bands of all cells must fit the cache, twice. */
        const bool stays = window->used == readahead->request_count;
        add_sequential_run(readahead,
                           stays ? most : affordable(readahead, readahead->cell_count, 2), request);
    }
    else if (window->asked_count == 0)
    {
        const struct window *pattern = find_access_pattern(readahead, band);
        if (pattern != NULL)
            add_access_pattern(readahead, pattern, most, request);
    }
}

/* Takes the slot_place of the band: a band that was given out is not likely to be asked for again.
 */
static void take_place(const struct emit_band_readahead *readahead, struct window *window,
                       struct request *request)
{
    request->cached = window->places[request->band];
    window->places[request->band].slab = 0;
    request->last = true;
    for (size_t band = 0; band < readahead->band_count && request->cached.slab > 0; band++)
        request->last = request->last && window->places[band].slab != request->cached.slab;
}

/* Notes what is asked for and chooses what to read for it; false without memory. */
static bool record_request(struct emit_band_readahead *readahead, struct request *request)
{
    struct window *window = find_window(readahead, request->cells);
    if (window == NULL)
        window = add_window(readahead, request->cells);
    if (window == NULL)
        return false;
    take_place(readahead, window, request);
    choose_bands(readahead, window, request);
    window->used = ++readahead->request_count;
    if (!window->asked[request->band])
        window->asked_count++;
    window->asked[request->band] = true;
    request->slab = ++readahead->slab_count;
    return true;
}

/* Notes where the further bands of a request were read to, if its window is still known. */
static void record_places(struct emit_band_readahead *readahead, const struct request *request)
{
    lock_windows(readahead);
    struct window *window = find_window(readahead, request->cells);
    for (size_t i = 1; i < request->count && window != NULL; i++)
        window->places[request->bands[i]] = (struct slot_place){request->slab, i};
    emit_mutex_unlock(&readahead->lock);
}

/* ---- Values --------------------------------------------------------------------------------- */

static void copy_row(unsigned char *to, ptrdiff_t stride, const unsigned char *from, size_t count,
                     size_t value_nbytes)
{
    if (stride == (ptrdiff_t)value_nbytes)
    {
        memcpy(to, from, count * value_nbytes);
        return;
    }
    for (size_t i = 0; i < count; i++, to += stride, from += value_nbytes)
        memcpy(to, from, value_nbytes);
}

static void copy_slot(const struct emit_band_readahead *readahead, const struct emit_cells *cells,
                      const struct emit_block *slab, size_t slot, const struct emit_buffer *buffer)
{
    const size_t value_nbytes = readahead->reader->rule.value_nbytes;
    const size_t row_nbytes = cells->column_count * value_nbytes;
    const unsigned char *from = slab->bytes + slot * cells->row_count * row_nbytes;
    for (size_t row = 0; row < cells->row_count; row++, from += row_nbytes)
        copy_row(buffer->data + (ptrdiff_t)row * buffer->row_stride, buffer->column_stride, from,
                 cells->column_count, value_nbytes);
}

/* Copies the band from where it was read to, unless the cache has dropped it. */
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

/* Reads the bands of a request, keeps them, and copies the one asked for. False if that fails: the
 * reason may lie in the other bands. */
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
    const bool noted = record_request(readahead, request);
    emit_mutex_unlock(&readahead->lock);
    return noted && (copy_cached(readahead, request, buffer) ||
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
