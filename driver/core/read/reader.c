/* SPDX-License-Identifier: MIT */
/*
 * Reads, prefetches and counts cells, by the same steps.
 *
 * A request sets its blank bands apart (run_request) and is cut into row blocks, which bound the
 * memory (run_rows). A row block resolves cells to pixels, loads all that depends on the pixels
 * alone at the same time (load_parts), masks pixels, fills the cells without one (fill_row), and
 * sorts the others by tile of the raw grid.
 *
 * Each tile and group of blocks is a job. A job either reads values and gathers them into the
 * buffer, or adds what it would read to a prefetch list (run_job), so that prefetching cannot miss
 * what reading needs. Servers get the list of many jobs, each of which runs when its bytes
 * have arrived (run_jobs); a disk is read ahead of the jobs.
 */
#include "core/read/reader.h"

#include "core/base/path.h"
#include "core/base/request_threads.h"
#include "core/read/spectra.h"
#include "core/read/tile_sort.h"

#include <cpl_conv.h>
#include <cpl_error.h>

#include <stdatomic.h>
#include <stdlib.h>

/* Cells per row block: bounds the memory of a request of any size to about 24 MB. */
#define ROW_BLOCK_CELLS ((size_t)1 << 20)

/* Minimum number of values that justifies a thread. */
#define THREAD_VALUES ((size_t)1 << 16)

/* Cost of fetching a pixel, in values copied: at worst a system call. */
#define FETCH_VALUES 128

/* Maximum number of cells whose values are requested before it is known which are masked. */
#define FEW_CELLS 64

/* Bytes to request around them: a line's spectra adjoin one another, and are often read next. */
#define NEIGHBOURS_NBYTES ((uint64_t)16 << 10)

/* Bands of a request. */
struct band_list
{
    struct emit_band_target *bands;
    size_t count;
    struct emit_band_span span;
};

/* A request of a view, to be read, prefetched or counted. */
struct request
{
    const struct emit_reader *reader;
    const struct emit_cells *cells;
    struct emit_buffer buffer;
    struct band_list bands;
    struct emit_prefetch_list *prefetch; /* not NULL: only add the ranges to read */
    uint64_t *count;                     /* not NULL: only add the number of pixels */

    bool use_spectra;     /* read spectra straight from the file, not blocks through the cache */
    uint64_t first_group; /* first group of blocks along the bands that may hold a requested band */
    size_t group_count;
};

/* What a disk is asked for together, at most: a line of tiles is 90 MB of a full granule. */
#define AHEAD_NBYTES ((uint64_t)64 << 20)
#define AHEAD_TILE_LINES 1

/* The jobs of a row block whose bytes a disk has been asked for. */
struct ahead
{
    struct emit_mutex lock;     /* guards the members below */
    size_t end;                 /* first job whose bytes have not been asked for */
    atomic_size_t last_stretch; /* first job of those that were asked for last */
};

/* Some rows of a request. */
struct row_block
{
    const struct request *request;
    struct emit_cells cells;
    struct emit_target target;
    struct emit_resolved resolved;
    struct emit_tiles tiles;
    size_t first_job; /* first of those to run next: one for each tile and group of blocks */
    struct ahead *ahead;
};

static size_t count_cells(const struct row_block *row_block)
{
    return row_block->cells.row_count * row_block->cells.column_count;
}

static size_t count_pixels(const struct row_block *row_block)
{
    size_t count = 0;
    for (size_t i = 0; i < count_cells(row_block); i++)
        count += emit_is_pixel(row_block->resolved.pixels[i]);
    return count;
}

static size_t count_jobs(const struct row_block *row_block)
{
    return row_block->tiles.count * row_block->request->group_count;
}

/* Number of threads for work that costs "values" copied values per cell. */
static int threads_for(const struct row_block *row_block, size_t values)
{
    const bool few = count_cells(row_block) * values < THREAD_VALUES;
    return few ? 1 : row_block->request->reader->cells.thread_count;
}

/* Reports for CPL_DEBUG=EMIT what the row block reads, and where its values come from. */
static void log_read(const struct row_block *row_block, const char *source, int threads)
{
    const struct request *request = row_block->request;
    struct emit_arena arena = {NULL, false};
    if (CPLGetConfigOption("CPL_DEBUG", NULL) == NULL) /* counting pixels takes time */
        return;
    CPLDebug("EMIT", "%s: reads %zu x %zu cells of %zu bands: %zu pixels in %zu %s, threads: %d",
             CPLGetFilename(emit_path_shown(&arena, request->reader->cells.grid->granule->path)),
             row_block->cells.row_count, row_block->cells.column_count, request->bands.count,
             count_pixels(row_block), count_jobs(row_block), source, threads);
    emit_arena_close(&arena);
}

/* ---- Rows ----------------------------------------------------------------------------------- */

/* Fills the cells of a row without a pixel, and the others if the bits of the band mask are the
 * values. */
static enum emit_status fill_row(const void *context, size_t row, struct emit_scratch *scratch,
                                 struct emit_error *error)
{
    (void)scratch;
    (void)error;
    const struct row_block *row_block = context;
    const struct band_list *bands = &row_block->request->bands;
    const size_t columns = row_block->cells.column_count;
    const struct emit_pixel *pixels = row_block->resolved.pixels + row * columns;
    for (size_t c = 0; c < columns; c++)
    {
        size_t end = c;
        while (end < columns && !emit_is_pixel(pixels[end]))
            end++;
        if (end > c)
            emit_gather_nodata(&row_block->target, row, c, end - c, bands->bands, bands->count);
        c = end;
    }
    if (row_block->request->reader->store == NULL)
        emit_gather_bits(&row_block->target, row, pixels, columns, bands->bands, bands->count);
    return EMIT_OK;
}

/* ---- Tiles ---------------------------------------------------------------------------------- */

/* Spectra are cheapest where the storage has them. */
static void select_read_path(struct request *request)
{
    const struct emit_store *store = request->reader->store;
    const struct emit_band_span *span = &request->bands.span;
    request->group_count = 1;
    request->use_spectra = store != NULL && emit_store_has_spectra(store);
    if (store == NULL || request->use_spectra)
        return;
    request->first_group = span->lowest / store->block[2];
    request->group_count = (size_t)(span->highest / store->block[2] - request->first_group) + 1;
}

/* Copies the requested bands among first to first + count - 1 to "chosen", unless that is NULL, and
 * returns their number. */
static size_t choose_bands(const struct band_list *bands, uint64_t first, uint64_t count,
                           struct emit_band_target *chosen)
{
    size_t chosen_count = 0;
    for (size_t k = 0; k < bands->count; k++)
    {
        const uint64_t band = bands->bands[k].file_band;
        if (band < first || band - first >= count)
            continue;
        if (chosen != NULL)
            chosen[chosen_count] = bands->bands[k];
        chosen_count++;
    }
    return chosen_count;
}

/* Adds what a job reads to "prefetch", or, if that is NULL, runs the job. */
static enum emit_status run_block_job(const struct row_block *row_block,
                                      const struct emit_tile *tile, uint64_t group,
                                      struct emit_prefetch_list *prefetch,
                                      struct emit_scratch *scratch, struct emit_error *error)
{
    struct emit_store *store = row_block->request->reader->store;
    const struct band_list *bands = &row_block->request->bands;
    const uint64_t group_bands = store->block[2];
    const uint64_t position[3] = {tile->line, tile->column, group};
    const size_t count = choose_bands(bands, group * group_bands, group_bands, NULL);
    if (count == 0)
        return EMIT_OK;
    if (prefetch != NULL)
        return emit_store_list_block(store, position, prefetch, error);
    struct emit_band_target *chosen =
        emit_scratch_get(&scratch[EMIT_SCRATCH_CALLER], count * sizeof *chosen);
    if (chosen == NULL)
        return emit_error_memory(error, count * sizeof *chosen, "a list of bands");
    choose_bands(bands, group * group_bands, group_bands, chosen);
    struct emit_block *block = NULL;
    struct emit_values values;
    EMIT_TRY(emit_store_block(store, position, &block, &values, scratch, error));
    emit_gather(&row_block->target, row_block->tiles.items + tile->first, tile->count, &values,
                chosen, count);
    emit_block_release(block);
    return EMIT_OK;
}

/* As run_block_job(). */
static enum emit_status run_spectra_job(const struct row_block *row_block,
                                        const struct emit_tile *tile,
                                        struct emit_prefetch_list *prefetch,
                                        struct emit_scratch *scratch, struct emit_error *error)
{
    const struct band_list *bands = &row_block->request->bands;
    const struct emit_item *items = row_block->tiles.items + tile->first;
    const struct emit_spectra spectra = {row_block->request->reader->store, tile, items,
                                         bands->span};
    struct emit_values values;
    EMIT_TRY(emit_spectra_read_tile(&spectra, prefetch, &values, scratch, error));
    if (prefetch == NULL)
        emit_gather(&row_block->target, items, tile->count, &values, bands->bands, bands->count);
    return EMIT_OK;
}

static const struct emit_tile *tile_of(const struct row_block *row_block, size_t job)
{
    return &row_block->tiles.tiles[job / row_block->request->group_count];
}

/* As run_block_job(). */
static enum emit_status run_job(const struct row_block *row_block, size_t job,
                                struct emit_prefetch_list *prefetch, struct emit_scratch *scratch,
                                struct emit_error *error)
{
    const struct request *request = row_block->request;
    const struct emit_tile *tile = tile_of(row_block, job);
    if (request->use_spectra)
        return run_spectra_job(row_block, tile, prefetch, scratch, error);
    return run_block_job(row_block, tile, request->first_group + job % request->group_count,
                         prefetch, scratch, error);
}

/* Has the disk read what the next jobs need: those of some lines of tiles, which share lines of the
 * file. A failure is left to the job that it concerns. */
static void read_stretch_ahead(const struct row_block *row_block, struct ahead *ahead)
{
    struct emit_prefetch_list list = {.count = 0};
    const size_t count = count_jobs(row_block);
    const uint64_t line = tile_of(row_block, ahead->end)->line;
    enum emit_status status = EMIT_OK;
    atomic_store(&ahead->last_stretch, ahead->end);
    while (ahead->end < count && status == EMIT_OK && list.nbytes < AHEAD_NBYTES &&
           tile_of(row_block, ahead->end)->line < line + AHEAD_TILE_LINES)
        status = run_job(row_block, ahead->end++, &list, NULL, NULL);
    emit_prefetch_run(&list);
}

/* Keeps the disk a stretch of jobs ahead of "job". */
static void keep_ahead(const struct row_block *row_block, size_t job)
{
    struct ahead *ahead = row_block->ahead;
    if (job < atomic_load(&ahead->last_stretch))
        return;
    emit_mutex_lock(&ahead->lock);
    if (ahead->end < job)
        ahead->end = job;
    const size_t end = ahead->end;
    while (job >= atomic_load(&ahead->last_stretch) && ahead->end < count_jobs(row_block))
        read_stretch_ahead(row_block, ahead);
    const bool has_read = ahead->end > end;
    emit_mutex_unlock(&ahead->lock);
    if (has_read)
        emit_file_fetch_beyond(row_block->request->reader->store->file);
}

static enum emit_status read_values_of_job(const void *context, size_t index,
                                           struct emit_scratch *scratch, struct emit_error *error)
{
    const struct row_block *row_block = context;
    const size_t job = row_block->first_job + index;
    if (emit_file_is_cold(row_block->request->reader->store->file))
        keep_ahead(row_block, job);
    return run_job(row_block, job, NULL, scratch, error);
}

static bool is_full(const struct emit_prefetch_list *prefetch)
{
    return prefetch != NULL && prefetch->nbytes >= emit_prefetch_budget();
}

/* Adds what jobs from row_block->first_job up to "*end" read until "prefetch" is full: at least
 * one, so that reading proceeds with any cache budget. */
static enum emit_status list_jobs(const struct row_block *row_block,
                                  struct emit_prefetch_list *prefetch, size_t *end,
                                  struct emit_error *error)
{
    for (*end = row_block->first_job; *end < count_jobs(row_block); ++*end)
    {
        if (*end > row_block->first_job && is_full(prefetch))
            break;
        EMIT_TRY(run_job(row_block, *end, prefetch, NULL, error));
    }
    return EMIT_OK;
}

static bool is_few(const struct row_block *row_block)
{
    return count_cells(row_block) <= FEW_CELLS;
}

/* Lists what the jobs up to "*end" read from a server, and what is often read next. */
static enum emit_status list_remote_jobs(const struct row_block *row_block,
                                         struct emit_prefetch_list *prefetch, size_t *end,
                                         struct emit_error *error)
{
    *end = count_jobs(row_block);
    if (!emit_file_is_remote(row_block->request->reader->store->file))
        return EMIT_OK;
    EMIT_TRY(list_jobs(row_block, prefetch, end, error));
    if (is_few(row_block) && row_block->request->use_spectra)
        emit_prefetch_widen(prefetch, NEIGHBOURS_NBYTES);
    return EMIT_OK;
}

static enum emit_status list_job(const void *context, size_t index,
                                 struct emit_prefetch_list *prefetch, struct emit_error *error)
{
    const struct row_block *row_block = context;
    return run_job(row_block, row_block->first_job + index, prefetch, NULL, error);
}

static enum emit_status run_jobs(struct row_block *row_block, int threads, struct emit_error *error)
{
    const struct request *request = row_block->request;
    const struct emit_store *store = request->reader->store;
    struct emit_fetched_jobs jobs = {.threads = threads,
                                     .thread_nbytes = request->use_spectra
                                                          ? emit_spectra_thread_nbytes(store)
                                                          : emit_store_thread_nbytes(store),
                                     .job = read_values_of_job,
                                     .list = list_job,
                                     .context = row_block};
    struct emit_prefetch_list prefetch = {.count = 0};
    enum emit_status status = EMIT_OK;
    for (size_t end; status == EMIT_OK && row_block->first_job < count_jobs(row_block);
         row_block->first_job = end)
    {
        status = list_remote_jobs(row_block, &prefetch, &end, error);
        jobs.count = end - row_block->first_job;
        if (status == EMIT_OK)
            status = emit_prefetch_run_jobs(&prefetch, &jobs, error);
    }
    emit_prefetch_close(&prefetch);
    return status;
}

static enum emit_status read_values(struct row_block *row_block, struct emit_error *error)
{
    const struct request *request = row_block->request;
    const int threads = threads_for(row_block, request->bands.count + FETCH_VALUES);
    struct ahead ahead = {.end = 0};
    log_read(row_block,
             request->use_spectra ? "tiles, spectra straight from the file"
                                  : "blocks through the cache",
             threads);
    emit_mutex_init(&ahead.lock);
    row_block->ahead = &ahead;
    const enum emit_status status = run_jobs(row_block, threads, error);
    row_block->ahead = NULL;
    emit_mutex_close(&ahead.lock);
    return status;
}

static enum emit_status sort_tiles(struct row_block *row_block, struct emit_error *error)
{
    const struct emit_store *store = row_block->request->reader->store;
    const bool use_spectra = row_block->request->use_spectra;
    return emit_tiles_sort(
        &row_block->resolved, use_spectra ? EMIT_SPECTRA_TILE_LINES : store->block[0],
        use_spectra ? EMIT_SPECTRA_TILE_COLUMNS : store->block[1], &row_block->tiles, error);
}

/* ---- Row blocks ----------------------------------------------------------------------------- */

/* Loads the bits of the pixels that the cells show. */
static enum emit_status load_band_mask(const struct row_block *row_block, struct emit_error *error)
{
    const struct request *request = row_block->request;
    const struct emit_band_mask *band_mask = request->reader->band_mask;
    if (band_mask == NULL)
        return EMIT_OK;
    return emit_band_mask_load(band_mask, request->bands.span.lowest, request->bands.span.highest,
                               &row_block->resolved.raw, request->reader->cells.thread_count,
                               error);
}

/* Prefetches the values of a few cells while the quality mask is loaded: the bytes of masked ones
 * cost less than another round trip. */
static enum emit_status prefetch_few(const struct row_block *row_block, struct emit_error *error)
{
    struct emit_lazy_array *mask = row_block->request->reader->cells.quality_mask;
    struct row_block few = *row_block;
    struct emit_prefetch_list prefetch = {.count = 0};
    size_t end;
    const struct emit_area *raw = &row_block->resolved.raw;
    if (!is_few(row_block) || raw->lines == 0 ||
        (mask != NULL && emit_lazy_array_is_loaded(mask, raw->line, raw->column)))
        return EMIT_OK;
    enum emit_status status = sort_tiles(&few, error);
    if (status == EMIT_OK)
        status = list_remote_jobs(&few, &prefetch, &end, error);
    status = emit_prefetch_run_if(status, &prefetch);
    emit_tiles_close(&few.tiles);
    return status;
}

/* What depends on the pixels alone, and not on the other parts. */
enum part
{
    PART_CHECK,
    PART_QUALITY_MASK,
    PART_BAND_MASK,
    PART_VALUES,
    PARTS
};

static enum emit_status load_part(const void *context, size_t part, struct emit_error *error)
{
    const struct row_block *row_block = context;
    const struct emit_cells_source *source = &row_block->request->reader->cells;
    switch ((enum part)part)
    {
    case PART_CHECK:
        return emit_grid_check(source->grid, source->thread_count, error);
    case PART_QUALITY_MASK:
        return emit_cells_load_mask(source, &row_block->resolved, error);
    case PART_BAND_MASK:
        return load_band_mask(row_block, error);
    default:
        return prefetch_few(row_block, error);
    }
}

/* Asks servers for all parts at once. */
static enum emit_status load_parts(const struct row_block *row_block, struct emit_error *error)
{
    const struct request *request = row_block->request;
    const struct emit_store *store = request->reader->store;
    const bool is_remote = store != NULL && emit_file_is_remote(store->file);
    const bool reads_values = is_remote && request->prefetch == NULL && request->count == NULL;
    size_t count = reads_values ? PARTS : PART_VALUES;
    if (request->count != NULL)
        count = PART_BAND_MASK;
    return emit_request_threads_run_if(is_remote, count, load_part, row_block, error);
}

static enum emit_status run_row_block(struct row_block *row_block, struct emit_error *error)
{
    const struct request *request = row_block->request;
    const struct emit_cells_source *source = &request->reader->cells;
    const int threads = threads_for(row_block, request->bands.count);
    size_t end;
    EMIT_TRY(emit_cells_resolve(source, &row_block->cells, &row_block->resolved, error));
    EMIT_TRY(load_parts(row_block, error));
    EMIT_TRY(emit_cells_mask(source, &row_block->cells, &row_block->resolved, error));
    if (request->count != NULL)
    {
        *request->count += count_pixels(row_block);
        return EMIT_OK;
    }
    if (request->reader->band_mask != NULL)
        row_block->target.mask = request->reader->band_mask->arrays;
    if (request->reader->store != NULL)
        EMIT_TRY(sort_tiles(row_block, error));
    if (request->prefetch != NULL)
        return list_jobs(row_block, request->prefetch, &end, error);
    if (request->reader->store == NULL)
        log_read(row_block, "tiles, all from the band mask in memory", threads);
    EMIT_TRY(emit_parallel_for(row_block->cells.row_count, threads, 0, fill_row, row_block, error));
    return request->reader->store != NULL ? read_values(row_block, error) : EMIT_OK;
}

/* Runs rows "first" to "first + count - 1" of a request. */
static enum emit_status run_rows(const struct request *request, size_t first, size_t count,
                                 struct emit_error *error)
{
    const struct emit_reader *reader = request->reader;
    const struct emit_cells *cells = request->cells;
    struct row_block row_block = {
        .request = request,
        .cells = {cells->rows + first, count, cells->columns, cells->column_count},
        .target = {
            .buffer = request->buffer, .extent = reader->cells.extent, .rule = reader->rule}};
    if (request->buffer.data != NULL)
        row_block.target.buffer.data += (ptrdiff_t)first * request->buffer.row_stride;
    const enum emit_status status = run_row_block(&row_block, error);
    emit_resolved_close(&row_block.resolved);
    emit_tiles_close(&row_block.tiles);
    return status;
}

/* Begins or ends a read of all tables of a view. */
static void hold_tables(const struct emit_reader *reader, bool begins)
{
    const struct emit_grid *grid = reader->cells.grid;
    emit_lazy_arrays_hold(grid->glt, 2, begins);
    emit_lazy_arrays_hold(grid->latlon, 2, begins);
    emit_lazy_arrays_hold(&grid->nearest, 1, begins);
    emit_lazy_arrays_hold(&reader->cells.quality_mask, 1, begins);
    if (reader->band_mask != NULL)
        emit_lazy_arrays_hold(reader->band_mask->numbers, reader->band_mask->arrays.group_count,
                              begins);
}

static enum emit_status run_all_rows(const struct request *request, struct emit_error *error)
{
    const struct emit_cells *cells = request->cells;
    const size_t fitting = ROW_BLOCK_CELLS / cells->column_count;
    const size_t most_rows = fitting > 0 ? fitting : 1;
    enum emit_status status = EMIT_OK;
    hold_tables(request->reader, true);
    emit_lazy_arrays_trim();
    for (size_t row = 0; row < cells->row_count && !is_full(request->prefetch) && status == EMIT_OK;
         row += most_rows)
        status = run_rows(request, row, (size_t)emit_min(cells->row_count - row, most_rows), error);
    hold_tables(request->reader, false);
    return status;
}

/* ---- Requests ------------------------------------------------------------------------------- */

/* Bands that are nodata everywhere are not read. */
static void fill_blank_bands(const struct request *request, const struct band_list *blank)
{
    const struct emit_target target = {.buffer = request->buffer, .rule = request->reader->rule};
    for (size_t row = 0; row < request->cells->row_count; row++)
        emit_gather_nodata(&target, row, 0, request->cells->column_count, blank->bands,
                           blank->count);
}

static void add_band(struct band_list *list, uint64_t file_band, size_t output)
{
    struct emit_band_span *span = &list->span;
    span->lowest = list->count == 0 || file_band < span->lowest ? file_band : span->lowest;
    span->highest = file_band > span->highest ? file_band : span->highest;
    list->bands[list->count++] = (struct emit_band_target){file_band, output};
}

static bool is_empty(const struct emit_cells *cells)
{
    return cells->row_count == 0 || cells->column_count == 0;
}

/* Splits the bands of a request into blank and other ones, and runs it. */
static enum emit_status run_request(struct request *request, const int *bands, size_t band_count,
                                    struct emit_error *error)
{
    const struct emit_reader *reader = request->reader;
    if (is_empty(request->cells) || band_count == 0)
        return EMIT_OK;
    struct emit_band_target *lists = malloc(2 * band_count * sizeof *lists);
    if (lists == NULL)
        return emit_error_memory(error, 2 * band_count * sizeof *lists, "a list of bands");
    struct band_list blank = {.bands = lists + band_count};
    request->bands = (struct band_list){.bands = lists};
    for (size_t k = 0; k < band_count; k++)
        add_band(reader->blank[bands[k]] ? &blank : &request->bands, reader->file_bands[bands[k]],
                 k);
    if (request->prefetch == NULL)
        fill_blank_bands(request, &blank);
    select_read_path(request);
    const enum emit_status status =
        request->bands.count > 0 ? run_all_rows(request, error) : EMIT_OK;
    free(lists);
    return status;
}

static void expect_sweep(const struct emit_reader *reader, const struct emit_cells *cells)
{
    const bool sweeps = emit_sweep_add(reader->sweep, cells, reader->cells.grid->columns);
    emit_file_expect_sweep(reader->store->file,
                           sweeps ? emit_store_range(reader->store) : (struct emit_range){0, 0});
}

enum emit_status emit_reader_read(const struct emit_reader *reader, const struct emit_cells *cells,
                                  const int *bands, size_t band_count,
                                  const struct emit_buffer *buffer, struct emit_error *error)
{
    struct request request = {.reader = reader, .cells = cells, .buffer = *buffer};
    if (reader->store != NULL && !is_empty(cells))
        expect_sweep(reader, cells);
    return run_request(&request, bands, band_count, error);
}

enum emit_status emit_reader_fetch(const struct emit_reader *reader, const struct emit_cells *cells,
                                   const int *bands, size_t band_count, struct emit_error *error)
{
    struct emit_prefetch_list prefetch = {.count = 0};
    struct request request = {.reader = reader, .cells = cells, .prefetch = &prefetch};
    if (reader->store == NULL || !emit_file_is_remote(reader->store->file))
        return EMIT_OK;
    const enum emit_status status = run_request(&request, bands, band_count, error);
    if (is_full(&prefetch)) /* parts of it would be evicted before they are read */
        emit_prefetch_close(&prefetch);
    return emit_prefetch_run_if(status, &prefetch);
}

enum emit_status emit_reader_count(const struct emit_reader *reader, const struct emit_cells *cells,
                                   int band, uint64_t *count_ret, struct emit_error *error)
{
    const struct request request = {.reader = reader, .cells = cells, .count = count_ret};
    *count_ret = 0;
    return is_empty(cells) || reader->blank[band] ? EMIT_OK : run_all_rows(&request, error);
}
