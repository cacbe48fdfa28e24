/* SPDX-License-Identifier: MIT */
#include "core/read/reader.h"

#include "core/read/spectra.h"
#include "core/read/tile_sort.h"

#include <stdlib.h>

/* Cells per row block: bounds the memory of a request of any size to about 24 MB. */
#define ROW_BLOCK_CELLS ((size_t)1 << 20)

/* Minimum number of values that justifies a thread. */
#define THREAD_VALUES ((size_t)1 << 16)

/* Cost of fetching a pixel, in values copied: at worst a system call. */
#define FETCH_VALUES 128

/* Bands of a request. */
struct band_list
{
    struct emit_band_target *bands;
    size_t count;
    struct emit_band_span span;
};

/* State of a row block. */
struct row_block
{
    const struct emit_reader *reader;
    struct emit_cells cells;
    struct emit_target target;
    struct band_list bands;
    struct emit_resolved resolved;
    struct emit_tiles tiles;
    size_t first_job;     /* first of those to run next: one for each tile and group of blocks */
    bool use_spectra;     /* read spectra straight from the file, not through the cache */
    uint64_t first_group; /* first group of blocks along the bands that may hold a requested band */
    uint64_t group_count;
    struct emit_prefetch_list *prefetch; /* NULL: read; else only list the ranges to read */
};

/* Number of threads for work that costs "values" copied values per cell. */
static int threads_for(const struct row_block *row_block, size_t values)
{
    const size_t all = row_block->cells.row_count * row_block->cells.column_count * values;
    return all < THREAD_VALUES ? 1 : row_block->reader->cells.thread_count;
}

/* ---- Trace ---------------------------------------------------------------------------------- */

static size_t count_jobs(const struct row_block *row_block)
{
    return row_block->tiles.count * (size_t)row_block->group_count;
}

static size_t count_pixels(const struct row_block *row_block)
{
    const size_t cells = row_block->cells.row_count * row_block->cells.column_count;
    size_t count = 0;
    for (size_t i = 0; i < cells; i++)
        count += emit_is_pixel(row_block->resolved.pixels[i]);
    return count;
}

static void trace_step(const struct row_block *row_block, enum emit_read_path path, int threads)
{
    const struct emit_trace *trace = &row_block->reader->trace;
    if (trace->callback == NULL)
        return;
    const struct emit_read_step step = {.rows = row_block->cells.row_count,
                                        .columns = row_block->cells.column_count,
                                        .bands = row_block->bands.count,
                                        .pixels = count_pixels(row_block),
                                        .tiles = count_jobs(row_block),
                                        .path = path,
                                        .threads = threads};
    trace->callback(trace->context, &step);
}

/* ---- Cells without a pixel ------------------------------------------------------------------ */

static enum emit_status fill_row(const void *context, size_t row, struct emit_scratch *scratch,
                                 struct emit_error *error)
{
    const struct row_block *row_block = context;
    const size_t columns = row_block->cells.column_count;
    const struct emit_pixel *pixels = row_block->resolved.pixels + row * columns;
    (void)scratch;
    (void)error;
    for (size_t c = 0; c < columns; c++)
    {
        size_t end = c;
        while (end < columns && !emit_is_pixel(pixels[end]))
            end++;
        if (end > c)
            emit_gather_nodata(&row_block->target, row, c, end - c, row_block->bands.bands,
                               row_block->bands.count);
        c = end;
    }
    return EMIT_OK;
}

/* ---- Tiles ---------------------------------------------------------------------------------- */

/* Spectra are cheapest where the storage has them. */
static void select_read_path(struct row_block *row_block)
{
    const struct emit_store *store = row_block->reader->store;
    const uint64_t group_bands = store->block[2];
    row_block->use_spectra = emit_store_has_spectra(store);
    row_block->first_group =
        row_block->use_spectra ? 0 : row_block->bands.span.lowest / group_bands;
    row_block->group_count = row_block->use_spectra ? 1
                                                    : row_block->bands.span.highest / group_bands -
                                                          row_block->first_group + 1;
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
    struct emit_store *store = row_block->reader->store;
    const uint64_t group_bands = store->block[2];
    const uint64_t position[3] = {tile->line, tile->column, group};
    const size_t count = choose_bands(&row_block->bands, group * group_bands, group_bands, NULL);
    if (count == 0)
        return EMIT_OK;
    if (prefetch != NULL)
        return emit_store_list_block(store, position, prefetch, error);
    struct emit_band_target *chosen =
        emit_scratch_get(&scratch[EMIT_SCRATCH_CALLER], count * sizeof *chosen);
    if (chosen == NULL)
        return emit_error_memory(error, count * sizeof *chosen, "a list of bands");
    choose_bands(&row_block->bands, group * group_bands, group_bands, chosen);
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
    const struct emit_item *items = row_block->tiles.items + tile->first;
    struct emit_values values;
    EMIT_TRY(emit_spectra_read_tile(row_block->reader->store, tile, items, row_block->bands.span,
                                    prefetch, &values, scratch, error));
    if (prefetch == NULL)
        emit_gather(&row_block->target, items, tile->count, &values, row_block->bands.bands,
                    row_block->bands.count);
    return EMIT_OK;
}

/* As run_block_job(). */
static enum emit_status run_job(const struct row_block *row_block, size_t job,
                                struct emit_prefetch_list *prefetch, struct emit_scratch *scratch,
                                struct emit_error *error)
{
    const struct emit_tile *tile = &row_block->tiles.tiles[job / row_block->group_count];
    if (row_block->use_spectra)
        return run_spectra_job(row_block, tile, prefetch, scratch, error);
    return run_block_job(row_block, tile, row_block->first_group + job % row_block->group_count,
                         prefetch, scratch, error);
}

static enum emit_status read_values_of_job(const void *context, size_t index,
                                           struct emit_scratch *scratch, struct emit_error *error)
{
    const struct row_block *row_block = context;
    return run_job(row_block, row_block->first_job + index, NULL, scratch, error);
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

/* Prefetches what the jobs up to "*end" read, from a server, in the calling thread: the threads
 * that run jobs end with the request, and their connections with them. */
static enum emit_status prefetch_jobs(const struct row_block *row_block, size_t *end,
                                      struct emit_error *error)
{
    struct emit_prefetch_list prefetch = {.count = 0};
    *end = count_jobs(row_block);
    if (!emit_file_is_remote(row_block->reader->store->file))
        return EMIT_OK;
    const enum emit_status status = list_jobs(row_block, &prefetch, end, error);
    if (status == EMIT_OK)
        emit_prefetch_run(&prefetch);
    emit_prefetch_close(&prefetch);
    return status;
}

/* Working memory of a thread that reads tiles. */
static uint64_t thread_nbytes(const struct row_block *row_block)
{
    const struct emit_store *store = row_block->reader->store;
    return row_block->use_spectra ? emit_spectra_thread_nbytes(store)
                                  : emit_store_thread_nbytes(store);
}

static enum emit_status sort_tiles(struct row_block *row_block, struct emit_error *error)
{
    const uint64_t *block = row_block->reader->store->block;
    select_read_path(row_block);
    return emit_tiles_sort(
        &row_block->resolved, row_block->use_spectra ? EMIT_SPECTRA_TILE_LINES : block[0],
        row_block->use_spectra ? EMIT_SPECTRA_TILE_COLUMNS : block[1], &row_block->tiles, error);
}

static enum emit_status read_values(struct row_block *row_block, struct emit_error *error)
{
    EMIT_TRY(sort_tiles(row_block, error));
    const int threads = threads_for(row_block, row_block->bands.count + FETCH_VALUES);
    trace_step(row_block, row_block->use_spectra ? EMIT_READ_PATH_SPECTRA : EMIT_READ_PATH_BLOCKS,
               threads);
    while (row_block->first_job < count_jobs(row_block))
    {
        size_t end;
        EMIT_TRY(prefetch_jobs(row_block, &end, error));
        EMIT_TRY(emit_parallel_for(end - row_block->first_job, threads, thread_nbytes(row_block),
                                   read_values_of_job, row_block, error));
        row_block->first_job = end;
    }
    return EMIT_OK;
}

/* ---- Bits of the band mask as values -------------------------------------------------------- */

static enum emit_status read_bits_of_row(const void *context, size_t row,
                                         struct emit_scratch *scratch, struct emit_error *error)
{
    const struct row_block *row_block = context;
    const size_t columns = row_block->cells.column_count;
    (void)scratch;
    (void)error;
    emit_gather_bits(&row_block->target, row, row_block->resolved.pixels + row * columns, columns,
                     row_block->bands.bands, row_block->bands.count);
    return EMIT_OK;
}

/* Loads the bits of the pixels that the cells show. */
static enum emit_status load_band_mask(struct row_block *row_block, struct emit_error *error)
{
    const struct emit_band_mask *band_mask = row_block->reader->band_mask;
    if (band_mask == NULL)
        return EMIT_OK;
    row_block->target.mask = band_mask->arrays;
    return emit_band_mask_load(band_mask, row_block->bands.span.lowest,
                               row_block->bands.span.highest, &row_block->resolved.raw,
                               row_block->reader->cells.thread_count, error);
}

/* A request of a view, to be read or prefetched. */
struct request
{
    const struct emit_reader *reader;
    const struct emit_cells *cells;
    struct emit_buffer buffer;
    struct band_list bands;
    struct emit_prefetch_list *prefetch; /* NULL: read */
};

static enum emit_status list_values(struct row_block *row_block, struct emit_error *error)
{
    size_t end;
    EMIT_TRY(sort_tiles(row_block, error));
    return list_jobs(row_block, row_block->prefetch, &end, error);
}

static enum emit_status read_row_block(struct row_block *row_block, struct emit_error *error)
{
    const size_t rows = row_block->cells.row_count;
    EMIT_TRY(emit_cells_resolve(&row_block->reader->cells, &row_block->cells, &row_block->resolved,
                                error));
    EMIT_TRY(load_band_mask(row_block, error));
    if (row_block->prefetch != NULL)
        return list_values(row_block, error);
    const int threads = threads_for(row_block, row_block->bands.count);
    EMIT_TRY(emit_parallel_for(rows, threads, 0, fill_row, row_block, error));
    if (row_block->reader->store != NULL)
        return read_values(row_block, error);
    trace_step(row_block, EMIT_READ_PATH_BITS, threads);
    return emit_parallel_for(rows, threads, 0, read_bits_of_row, row_block, error);
}

/* Reads rows "first" to "first + count - 1" of a request. */
static enum emit_status read_rows(const struct request *request, size_t first, size_t count,
                                  struct emit_error *error)
{
    const struct emit_reader *reader = request->reader;
    const struct emit_cells *cells = request->cells;
    struct row_block row_block = {
        .reader = reader,
        .cells = {cells->rows + first, count, cells->columns, cells->column_count},
        .target = {.buffer = request->buffer, .extent = reader->cells.extent, .rule = reader->rule},
        .bands = request->bands,
        .prefetch = request->prefetch};
    if (request->prefetch == NULL)
        row_block.target.buffer.data += (ptrdiff_t)first * request->buffer.row_stride;
    const enum emit_status status = read_row_block(&row_block, error);
    emit_resolved_close(&row_block.resolved);
    emit_tiles_close(&row_block.tiles);
    return status;
}

static size_t rows_per_block(const struct emit_cells *cells)
{
    const size_t fitting = ROW_BLOCK_CELLS / cells->column_count;
    return fitting > 0 ? fitting : 1;
}

static enum emit_status read_all_rows(const struct request *request, struct emit_error *error)
{
    const struct emit_cells *cells = request->cells;
    const size_t most_rows = rows_per_block(cells);
    for (size_t row = 0;
         row < cells->row_count && request->bands.count > 0 && !is_full(request->prefetch);
         row += most_rows)
    {
        const size_t left = cells->row_count - row;
        EMIT_TRY(read_rows(request, row, left < most_rows ? left : most_rows, error));
    }
    return EMIT_OK;
}

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

/* Splits the bands of a request into blank and other ones, and runs it. */
static enum emit_status execute(struct request *request, const int *bands, size_t band_count,
                                struct emit_error *error)
{
    const struct emit_reader *reader = request->reader;
    if (request->cells->row_count == 0 || request->cells->column_count == 0 || band_count == 0)
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
    const enum emit_status status = read_all_rows(request, error);
    free(lists);
    return status;
}

enum emit_status emit_reader_read(const struct emit_reader *reader, const struct emit_cells *cells,
                                  const int *bands, size_t band_count,
                                  const struct emit_buffer *buffer, struct emit_error *error)
{
    struct request request = {.reader = reader, .cells = cells, .buffer = *buffer};
    return execute(&request, bands, band_count, error);
}

enum emit_status emit_reader_fetch(const struct emit_reader *reader, const struct emit_cells *cells,
                                   const int *bands, size_t band_count, struct emit_error *error)
{
    struct emit_prefetch_list prefetch = {.count = 0};
    struct request request = {.reader = reader, .cells = cells, .prefetch = &prefetch};
    if (reader->store == NULL || !emit_file_is_remote(reader->store->file))
        return EMIT_OK;
    enum emit_status status = execute(&request, bands, band_count, error);
    if (status == EMIT_OK && !is_full(&prefetch))
        emit_prefetch_run(&prefetch);
    emit_prefetch_close(&prefetch);
    return status;
}

/* ---- Cells that show a pixel ----------------------------------------------------------------- */

static enum emit_status count_in_rows(const struct emit_reader *reader,
                                      const struct emit_cells *cells, uint64_t *count,
                                      struct emit_error *error)
{
    struct row_block row_block = {.reader = reader, .cells = *cells};
    const enum emit_status status =
        emit_cells_resolve(&reader->cells, cells, &row_block.resolved, error);
    if (status == EMIT_OK)
        *count += count_pixels(&row_block);
    emit_resolved_close(&row_block.resolved);
    return status;
}

enum emit_status emit_reader_count(const struct emit_reader *reader, const struct emit_cells *cells,
                                   int band, uint64_t *count_ret, struct emit_error *error)
{
    *count_ret = 0;
    if (cells->row_count == 0 || cells->column_count == 0 || reader->blank[band])
        return EMIT_OK;
    const size_t most_rows = rows_per_block(cells);
    for (size_t row = 0; row < cells->row_count; row += most_rows)
    {
        const size_t left = cells->row_count - row;
        const struct emit_cells rows = {cells->rows + row, left < most_rows ? left : most_rows,
                                        cells->columns, cells->column_count};
        EMIT_TRY(count_in_rows(reader, &rows, count_ret, error));
    }
    return EMIT_OK;
}
