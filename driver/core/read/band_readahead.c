/* SPDX-License-Identifier: MIT */
#include "core/read/band_readahead.h"

#include "core/base/platform.h"

#include <stdlib.h>
#include <string.h>

/* Windows remembered: more than strips of 32 rows or tiles of 256 x 256 cells make up a scene. */
#define WINDOW_COUNT 256

/* What was asked for in the last so many requests tells what will be in the next window. */
#define HABIT_REQUESTS 16

/* A 64-byte cache line holds 16 four-byte bands: fetching one costs as much memory traffic as
 * fetching all of them, so a program that takes band after band gets this many at once. */
#define SWEEP_BANDS 16

/* Below this many cells a request is no picture, and the next one is likely to be elsewhere. */
#define RECALLED_CELLS 256

/* Where a band of a window was read to and waits: layer "layer" of the block "sheet"; sheet 0:
 * nowhere. */
struct place
{
    uint64_t sheet;
    size_t layer;
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
    struct place *places; /* of each band */
};

struct emit_recall
{
    const struct emit_reader *reader;
    size_t band_count;
    uint64_t cell_count;
    uint64_t cache_owner;

    struct emit_mutex lock; /* guards what follows */
    unsigned process;
    uint64_t request_count;
    uint64_t sheet_count;
    struct window windows[WINDOW_COUNT];
};

/* One request on its way. */
struct request
{
    const struct emit_cells *cells;
    int band;
    int *bands; /* to read, "band" first */
    size_t count;
    uint64_t sheet;
    struct place kept; /* where "band" is kept */
    bool last;         /* nothing else of kept.sheet waits */
};

enum emit_status emit_recall_open(const struct emit_reader *reader, size_t band_count,
                                  uint64_t cell_count, struct emit_recall **recall_ret,
                                  struct emit_error *error)
{
    struct emit_recall *recall = calloc(1, sizeof *recall);
    *recall_ret = NULL;
    if (recall == NULL)
        return emit_error_memory(error, sizeof *recall, "a view's windows");
    emit_mutex_init(&recall->lock);
    recall->process = emit_process();
    recall->reader = reader;
    recall->band_count = band_count;
    recall->cell_count = cell_count;
    recall->cache_owner = emit_cache_new_owner();
    *recall_ret = recall;
    return EMIT_OK;
}

/* Takes the lock. In a child process the windows start anew, since a thread of the parent may have
 * been changing them; their memory is left alone for the same reason. */
static void lock_windows(struct emit_recall *recall)
{
    emit_mutex_lock(&recall->lock);
    if (recall->process != emit_process())
        memset(recall->windows, 0, sizeof recall->windows);
    recall->process = emit_process();
}

static void close_window(struct window *window)
{
    free(window->numbers);
    free(window->asked);
    free(window->places);
    memset(window, 0, sizeof *window);
}

void emit_recall_close(struct emit_recall *recall)
{
    if (recall == NULL)
        return;
    emit_cache_forget(recall->cache_owner);
    lock_windows(recall);
    emit_mutex_unlock(&recall->lock);
    for (size_t i = 0; i < WINDOW_COUNT; i++)
        close_window(&recall->windows[i]);
    emit_mutex_close(&recall->lock);
    free(recall);
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

static struct window *find_window(struct emit_recall *recall, const struct emit_cells *cells)
{
    for (size_t i = 0; i < WINDOW_COUNT; i++)
    {
        if (has_cells(&recall->windows[i], cells))
            return &recall->windows[i];
    }
    return NULL;
}

/* Takes the slot that was not used for longest; NULL without memory. */
static struct window *add_window(struct emit_recall *recall, const struct emit_cells *cells)
{
    struct window *window = &recall->windows[0];
    for (size_t i = 1; i < WINDOW_COUNT; i++)
    {
        if (recall->windows[i].used < window->used)
            window = &recall->windows[i];
    }
    close_window(window);
    window->numbers = malloc((cells->row_count + cells->column_count) * sizeof *window->numbers);
    window->asked = calloc(recall->band_count, sizeof *window->asked);
    window->places = calloc(recall->band_count, sizeof *window->places);
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
static const struct window *find_habit(const struct emit_recall *recall, int band)
{
    const struct window *habit = NULL;
    for (size_t i = 0; i < WINDOW_COUNT; i++)
    {
        const struct window *window = &recall->windows[i];
        if (window->used > 0 && recall->request_count - window->used < HABIT_REQUESTS &&
            window->asked[band] && (habit == NULL || window->asked_count > habit->asked_count))
            habit = window;
    }
    return habit;
}

/* ---- Which bands to read -------------------------------------------------------------------- */

/* How many bands of the cells may be kept: a share of the cache's budget. */
static size_t affordable(const struct emit_recall *recall, uint64_t cell_count, unsigned share)
{
    const size_t fitting = emit_cache_budget() / share / recall->reader->rule.value_nbytes;
    return (size_t)(fitting / cell_count);
}

/* Adds bands that were asked for where "habit" was, those after request->band first. */
static void add_habit(const struct emit_recall *recall, const struct window *habit, size_t most,
                      struct request *request)
{
    for (size_t k = 1; k < recall->band_count && request->count < most; k++)
    {
        const size_t band = ((size_t)request->band + k) % recall->band_count;
        if (habit->asked[band])
            request->bands[request->count++] = (int)band;
    }
}

/* Adds up to "fitting" - 1 bands after request->band. */
static void add_sweep(const struct emit_recall *recall, size_t fitting, struct request *request)
{
    const size_t most = fitting < SWEEP_BANDS ? fitting : SWEEP_BANDS;
    for (size_t band = (size_t)request->band + 1;
         band < recall->band_count && request->count < most; band++)
        request->bands[request->count++] = (int)band;
}

static void choose_bands(const struct emit_recall *recall, const struct window *window,
                         struct request *request)
{
    const int band = request->band;
    const uint64_t cell_count = (uint64_t)request->cells->row_count * request->cells->column_count;
    const size_t most = affordable(recall, cell_count, 4);
    request->bands[request->count++] = band;
    if (window->asked[band])
        add_habit(recall, window, most, request); /* dropped from the cache, or seen again */
    else if (band > 0 && window->asked[band - 1])
    {
        /* The next band of these cells is wanted next, or after all other cells of the view: then
         * the bands of all cells must fit the cache, twice. */
        const bool stays = window->used == recall->request_count;
        add_sweep(recall, stays ? most : affordable(recall, recall->cell_count, 2), request);
    }
    else if (window->asked_count == 0)
    {
        const struct window *habit = find_habit(recall, band);
        if (habit != NULL)
            add_habit(recall, habit, most, request);
    }
}

/* Takes the place of the band: a band that was given out is not likely to be asked for again. */
static void take_place(const struct emit_recall *recall, struct window *window,
                       struct request *request)
{
    request->kept = window->places[request->band];
    window->places[request->band].sheet = 0;
    request->last = true;
    for (size_t band = 0; band < recall->band_count && request->kept.sheet > 0; band++)
        request->last = request->last && window->places[band].sheet != request->kept.sheet;
}

/* Notes what is asked for and chooses what to read for it; false without memory. */
static bool note(struct emit_recall *recall, struct request *request)
{
    struct window *window = find_window(recall, request->cells);
    if (window == NULL)
        window = add_window(recall, request->cells);
    if (window == NULL)
        return false;
    take_place(recall, window, request);
    choose_bands(recall, window, request);
    window->used = ++recall->request_count;
    if (!window->asked[request->band])
        window->asked_count++;
    window->asked[request->band] = true;
    request->sheet = ++recall->sheet_count;
    return true;
}

/* Notes where the further bands of a request were read to, if its window is still known. */
static void note_places(struct emit_recall *recall, const struct request *request)
{
    lock_windows(recall);
    struct window *window = find_window(recall, request->cells);
    for (size_t i = 1; i < request->count && window != NULL; i++)
        window->places[request->bands[i]] = (struct place){request->sheet, i};
    emit_mutex_unlock(&recall->lock);
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

static void copy_layer(const struct emit_recall *recall, const struct emit_cells *cells,
                       const struct emit_block *sheet, size_t layer,
                       const struct emit_buffer *buffer)
{
    const size_t value_nbytes = recall->reader->rule.value_nbytes;
    const size_t row_nbytes = cells->column_count * value_nbytes;
    const unsigned char *from = sheet->bytes + layer * cells->row_count * row_nbytes;
    for (size_t row = 0; row < cells->row_count; row++, from += row_nbytes)
        copy_row(buffer->data + (ptrdiff_t)row * buffer->row_stride, buffer->column_stride, from,
                 cells->column_count, value_nbytes);
}

/* Copies the band from where it was read to, unless the cache has dropped it. */
static bool copy_kept(const struct emit_recall *recall, const struct request *request,
                      const struct emit_buffer *buffer)
{
    const struct emit_cache_key key = {recall->cache_owner, request->kept.sheet};
    struct emit_block *sheet = request->kept.sheet > 0 ? emit_cache_find(key) : NULL;
    if (sheet == NULL)
        return false;
    copy_layer(recall, request->cells, sheet, request->kept.layer, buffer);
    if (request->last)
        emit_cache_drop(sheet);
    emit_block_release(sheet);
    return true;
}

/* Reads the bands of a request, keeps them, and copies the one asked for. False if that fails: the
 * reason may lie in the other bands. */
static bool read_sheet(struct emit_recall *recall, const struct request *request,
                       const struct emit_buffer *buffer)
{
    const struct emit_cells *cells = request->cells;
    const ptrdiff_t value_nbytes = (ptrdiff_t)recall->reader->rule.value_nbytes;
    const ptrdiff_t row_nbytes = (ptrdiff_t)cells->column_count * value_nbytes;
    const ptrdiff_t layer_nbytes = (ptrdiff_t)cells->row_count * row_nbytes;
    const size_t nbytes = (size_t)layer_nbytes * request->count;
    struct emit_block *sheet =
        emit_block_new((struct emit_cache_key){recall->cache_owner, request->sheet}, nbytes);
    if (sheet == NULL)
        return false;
    const struct emit_buffer target = {sheet->bytes, row_nbytes, value_nbytes, layer_nbytes};
    const bool done = emit_reader_read(recall->reader, cells, request->bands, request->count,
                                       &target, NULL) == EMIT_OK;
    if (done)
    {
        emit_cache_add(sheet);
        note_places(recall, request);
        copy_layer(recall, cells, sheet, 0, buffer);
    }
    emit_block_release(sheet);
    return done;
}

/* Answers a request from what was read before, or by reading several bands. */
static bool answer(struct emit_recall *recall, struct request *request,
                   const struct emit_buffer *buffer)
{
    lock_windows(recall);
    const bool noted = note(recall, request);
    emit_mutex_unlock(&recall->lock);
    return noted && (copy_kept(recall, request, buffer) ||
                     (request->count > 1 && read_sheet(recall, request, buffer)));
}

enum emit_status emit_recall_read(struct emit_recall *recall, const struct emit_cells *cells,
                                  int band, const struct emit_buffer *buffer,
                                  struct emit_error *error)
{
    struct request request = {.cells = cells, .band = band};
    bool done = false;
    if (recall->band_count > 1 && cells->row_count * cells->column_count >= RECALLED_CELLS)
        request.bands = malloc(recall->band_count * sizeof *request.bands);
    if (request.bands != NULL)
        done = answer(recall, &request, buffer);
    free(request.bands);
    return done ? EMIT_OK : emit_reader_read(recall->reader, cells, &band, 1, buffer, error);
}
