/* SPDX-License-Identifier: MIT */
#include "core/reader.h"

#include "core/mask.h"

#include <stdlib.h>
#include <string.h>

/* Cells worked on at once: bounds the memory for a request of any size to about 16 MB. */
#define PART_CELLS ((size_t)1 << 20)

/* Tile of the raw grid whose spectra are fetched together straight from the file. 64 columns make
 * one line's use of the tile one 64-bit word; 64 x 64 spectra of 285 bands are 4.7 MB. */
#define DIRECT_LINES 64
#define DIRECT_COLUMNS 64

/* Unwanted bytes between two wanted pixels that are cheaper to read than to skip: what one more
 * system call costs, in bytes copied from the page cache. */
#define SKIP_NBYTES 4096

/* From how many cells on a request for one band is likely to be followed by one for the next. */
#define CACHED_CELLS 256

/* Work below this many values is not worth a thread. */
#define THREAD_VALUES ((size_t)1 << 16)

/* ---- A part of a request -------------------------------------------------------------------- */

/* Cells of one tile: order[first] to order[first + count - 1]. */
struct tile
{
    uint64_t line; /* of the grid of tiles */
    uint64_t column;
    size_t first;
    size_t count;
};

/* A part of a request on its way through the steps below; zeroed: empty and valid. */
struct part
{
    const struct emit_reader *reader;
    struct emit_cells cells;
    struct emit_cell_map map;
    emit_pixel *pixels; /* of each cell */
    size_t cell_count;
    struct emit_area raw; /* raw pixels that the cells use */

    const struct emit_band_target *targets; /* bands to read */
    size_t target_count;
    struct emit_band_mask mask;

    bool direct; /* fetch spectra from the file, past the cache */
    uint64_t tile_lines;
    uint64_t tile_columns;
    uint32_t *order; /* cell numbers, tile by tile, in the buffer's order within a tile */
    struct tile *tiles;
    size_t tile_count;
    uint64_t first_group; /* blocks along the bands that hold a target */
    uint64_t group_count;
};

static void close_part(struct part *part)
{
    free(part->pixels);
    free(part->order);
    free(part->tiles);
}

static int threads_for(const struct part *part)
{
    const size_t values = part->cell_count * (part->target_count > 0 ? part->target_count : 1);
    return values < THREAD_VALUES ? 1 : part->reader->thread_count;
}

/* ---- Cells to raw pixels -------------------------------------------------------------------- */

static void span_of(const int64_t *numbers, size_t count, uint64_t *first, uint64_t *length)
{
    int64_t low = numbers[0];
    int64_t high = numbers[0];
    for (size_t i = 1; i < count; i++)
    {
        low = numbers[i] < low ? numbers[i] : low;
        high = numbers[i] > high ? numbers[i] : high;
    }
    *first = (uint64_t)low;
    *length = (uint64_t)(high - low) + 1;
}

static enum emit_status find_pixels(struct part *part, struct emit_error *error)
{
    struct emit_grid *grid = part->reader->grid;
    struct emit_area area;
    span_of(part->cells.rows, part->cells.row_count, &area.line, &area.lines);
    span_of(part->cells.columns, part->cells.column_count, &area.column, &area.columns);
    EMIT_TRY(emit_grid_load(grid, &area, part->reader->thread_count, error));
    emit_pixel *pixel = part->pixels;
    for (size_t r = 0; r < part->cells.row_count; r++)
    {
        for (size_t c = 0; c < part->cells.column_count; c++)
            *pixel++ = emit_grid_pixel(grid, part->cells.rows[r], part->cells.columns[c]);
    }
    return EMIT_OK;
}

/* The smallest area of the raw grid that holds all pixels used; lines 0 when there are none. */
static void measure_raw(struct part *part)
{
    const int32_t crosstrack = part->reader->extent.crosstrack;
    int32_t low_line = INT32_MAX, high_line = -1, low_column = INT32_MAX, high_column = -1;
    for (size_t i = 0; i < part->cell_count; i++)
    {
        if (part->pixels[i] == EMIT_NO_PIXEL)
            continue;
        const int32_t line = part->pixels[i] / crosstrack;
        const int32_t column = part->pixels[i] % crosstrack;
        low_line = line < low_line ? line : low_line;
        high_line = line > high_line ? line : high_line;
        low_column = column < low_column ? column : low_column;
        high_column = column > high_column ? column : high_column;
    }
    if (high_line < 0)
        part->raw = (struct emit_area){0, 0, 0, 0};
    else
        part->raw = (struct emit_area){(uint64_t)low_line, (uint64_t)low_column,
                                       (uint64_t)(high_line - low_line) + 1,
                                       (uint64_t)(high_column - low_column) + 1};
}

/* Loads the masks of the pixels used and takes the screened pixels out. */
static enum emit_status apply_screen(struct part *part, struct emit_error *error)
{
    const struct emit_reader *reader = part->reader;
    struct emit_plane *planes[2];
    size_t count = 0;
    if (reader->screen != NULL)
        planes[count++] = reader->screen;
    if (reader->band_mask != NULL)
        planes[count++] = reader->band_mask;
    EMIT_TRY(emit_planes_load(planes, count, &part->raw, reader->thread_count, error));
    if (reader->band_mask != NULL)
        part->mask =
            (struct emit_band_mask){emit_plane_cells(reader->band_mask), reader->band_mask_nbytes};
    if (reader->screen == NULL)
        return EMIT_OK;
    const unsigned char *screen = emit_plane_cells(reader->screen);
    for (size_t i = 0; i < part->cell_count; i++)
    {
        if (part->pixels[i] != EMIT_NO_PIXEL && screen[part->pixels[i]] != 0)
            part->pixels[i] = EMIT_NO_PIXEL;
    }
    return EMIT_OK;
}

/* ---- Cells without a pixel ------------------------------------------------------------------ */

static enum emit_status fill_row(const void *context, size_t row, struct emit_scratch *scratch,
                                 struct emit_error *error)
{
    const struct part *part = context;
    const size_t columns = part->cells.column_count;
    const emit_pixel *pixels = part->pixels + row * columns;
    (void)scratch;
    (void)error;
    for (size_t c = 0; c < columns;)
    {
        size_t end = c;
        while (end < columns && pixels[end] == EMIT_NO_PIXEL)
            end++;
        if (end > c)
            emit_gather_fill(&part->map, row * columns + c, end - c, part->targets,
                             part->target_count, &part->reader->rule);
        c = end > c ? end : c + 1;
    }
    return EMIT_OK;
}

static enum emit_status fill_empty(const struct part *part, struct emit_error *error)
{
    return emit_parallel_for(part->cells.row_count, threads_for(part), fill_row, part, error);
}

/* ---- Tiles ---------------------------------------------------------------------------------- */

static bool is_dense(const struct part *part)
{
    uint64_t first, rows, columns;
    span_of(part->cells.rows, part->cells.row_count, &first, &rows);
    span_of(part->cells.columns, part->cells.column_count, &first, &columns);
    return rows < 2 * part->cells.row_count && columns < 2 * part->cells.column_count;
}

/* Where spectra can be had one by one, that is cheapest, but for readers that take one band after
 * another: they would fetch all bands each time, so what they fetch is kept. */
static void choose_tiles(struct part *part)
{
    const struct emit_store *store = part->reader->store;
    const uint64_t *block = emit_store_block_shape(store);
    const bool band_by_band = part->target_count == 1 && emit_store_shape(store)[2] > block[2] &&
                              part->cell_count >= CACHED_CELLS && is_dense(part);
    part->direct = emit_store_has_spectra(store) && !band_by_band;
    part->tile_lines = part->direct ? DIRECT_LINES : block[0];
    part->tile_columns = part->direct ? DIRECT_COLUMNS : block[1];
    uint64_t low = UINT64_MAX, high = 0;
    for (size_t k = 0; k < part->target_count; k++)
    {
        const uint64_t group = part->targets[k].file_band / block[2];
        low = group < low ? group : low;
        high = group > high ? group : high;
    }
    part->first_group = part->direct ? 0 : low;
    part->group_count = part->direct ? 1 : high - low + 1;
}

/* The window of the grid of tiles that the part uses. */
struct tile_grid
{
    uint64_t line;
    uint64_t column;
    size_t lines;
    size_t columns;
};

static struct tile_grid grid_of(const struct part *part)
{
    const struct emit_area *raw = &part->raw;
    struct tile_grid grid = {raw->line / part->tile_lines, raw->column / part->tile_columns, 0, 0};
    grid.lines = (size_t)((raw->line + raw->lines - 1) / part->tile_lines - grid.line) + 1;
    grid.columns =
        (size_t)((raw->column + raw->columns - 1) / part->tile_columns - grid.column) + 1;
    return grid;
}

static size_t tile_of(const struct part *part, const struct tile_grid *grid, emit_pixel pixel)
{
    const uint64_t line = (uint64_t)(pixel / part->reader->extent.crosstrack) / part->tile_lines;
    const uint64_t column =
        (uint64_t)(pixel % part->reader->extent.crosstrack) / part->tile_columns;
    return (size_t)(line - grid->line) * grid->columns + (size_t)(column - grid->column);
}

/* Counting sort of the cells by tile; "next" has a zeroed element for each tile of "grid". */
static void sort_cells(struct part *part, const struct tile_grid *grid, size_t *next)
{
    for (size_t i = 0; i < part->cell_count; i++)
    {
        if (part->pixels[i] != EMIT_NO_PIXEL)
            next[tile_of(part, grid, part->pixels[i])]++;
    }
    size_t first = 0;
    for (size_t t = 0; t < grid->lines * grid->columns; t++)
    {
        const size_t count = next[t];
        next[t] = first;
        if (count > 0)
            part->tiles[part->tile_count++] = (struct tile){
                grid->line + t / grid->columns, grid->column + t % grid->columns, first, count};
        first += count;
    }
    for (size_t i = 0; i < part->cell_count; i++)
    {
        if (part->pixels[i] != EMIT_NO_PIXEL)
            part->order[next[tile_of(part, grid, part->pixels[i])]++] = (uint32_t)i;
    }
}

static enum emit_status sort_by_tile(struct part *part, struct emit_error *error)
{
    const struct tile_grid grid = grid_of(part);
    const size_t grid_count = grid.lines * grid.columns;
    const size_t most_tiles = grid_count < part->cell_count ? grid_count : part->cell_count;
    size_t *next = calloc(grid_count, sizeof *next);
    part->order = malloc(part->cell_count * sizeof *part->order);
    part->tiles = malloc(most_tiles * sizeof *part->tiles);
    const bool complete = next != NULL && part->order != NULL && part->tiles != NULL;
    if (complete)
        sort_cells(part, &grid, next);
    free(next);
    return complete ? EMIT_OK
                    : emit_error_memory(error, grid_count * sizeof *next, "a list of tiles");
}

/* ---- Spectra straight from the file --------------------------------------------------------- */

/* A tile's place in memory, and which of its pixels are wanted: a bit a column, a word a line. */
struct fetch
{
    struct emit_store *store;
    uint64_t line;
    uint64_t column;
    uint64_t wanted[DIRECT_LINES];
    uint64_t first_band; /* of a pixel fetched alone */
    uint64_t band_count;
    size_t pixel_nbytes;
    size_t value_nbytes;
    unsigned char *pixels; /* DIRECT_LINES x DIRECT_COLUMNS spectra */
};

static void mark_wanted(const struct part *part, const struct tile *tile, struct fetch *fetch)
{
    for (size_t i = 0; i < tile->count; i++)
    {
        const emit_pixel pixel = part->pixels[part->order[tile->first + i]];
        const uint64_t line = (uint64_t)(pixel / part->reader->extent.crosstrack) - fetch->line;
        const uint64_t column = (uint64_t)(pixel % part->reader->extent.crosstrack) - fetch->column;
        fetch->wanted[line] |= UINT64_C(1) << column;
    }
}

/* The bands that the targets span. */
static void set_band_span(const struct part *part, struct fetch *fetch)
{
    uint64_t low = UINT64_MAX, high = 0;
    for (size_t k = 0; k < part->target_count; k++)
    {
        const uint64_t band = part->targets[k].file_band;
        low = band < low ? band : low;
        high = band > high ? band : high;
    }
    fetch->first_band = low;
    fetch->band_count = high - low + 1;
}

/* Fetches columns "first" to "last" of a line of the tile. */
static enum emit_status fetch_run(const struct fetch *fetch, unsigned line, unsigned first,
                                  unsigned last, struct emit_error *error)
{
    const bool alone = first == last;
    const uint64_t band = alone ? fetch->first_band : 0;
    const uint64_t bands = alone ? fetch->band_count : emit_store_shape(fetch->store)[2];
    unsigned char *to = fetch->pixels +
                        ((size_t)line * DIRECT_COLUMNS + first) * fetch->pixel_nbytes +
                        (size_t)band * fetch->value_nbytes;
    return emit_store_read_spectra(fetch->store, fetch->line + line, fetch->column + first,
                                   last - first + 1, band, bands, to, error);
}

static enum emit_status fetch_line(const struct fetch *fetch, unsigned line,
                                   struct emit_error *error)
{
    const unsigned gap = (unsigned)(SKIP_NBYTES / fetch->pixel_nbytes);
    const uint64_t wanted = fetch->wanted[line];
    for (unsigned first = 0; first < DIRECT_COLUMNS; first++)
    {
        if (!(wanted >> first & 1))
            continue;
        unsigned last = first;
        for (unsigned c = first + 1; c < DIRECT_COLUMNS && c <= last + 1 + gap; c++)
        {
            if (wanted >> c & 1)
                last = c;
        }
        EMIT_TRY(fetch_run(fetch, line, first, last, error));
        first = last;
    }
    return EMIT_OK;
}

static enum emit_status fetch_tile(const struct part *part, const struct tile *tile,
                                   struct emit_values *values, struct emit_scratch *scratch,
                                   struct emit_error *error)
{
    struct fetch fetch = {.store = part->reader->store,
                          .line = tile->line * DIRECT_LINES,
                          .column = tile->column * DIRECT_COLUMNS,
                          .value_nbytes = part->reader->rule.value_nbytes};
    const uint64_t bands = emit_store_shape(fetch.store)[2];
    fetch.pixel_nbytes = (size_t)bands * fetch.value_nbytes;
    const size_t nbytes = (size_t)DIRECT_LINES * DIRECT_COLUMNS * fetch.pixel_nbytes;
    fetch.pixels = emit_scratch_get(&scratch[EMIT_SCRATCH_CALLER], nbytes);
    if (fetch.pixels == NULL)
        return emit_error_memory(error, nbytes, "a tile of spectra");
    set_band_span(part, &fetch);
    mark_wanted(part, tile, &fetch);
    for (unsigned line = 0; line < DIRECT_LINES; line++)
        EMIT_TRY(fetch_line(&fetch, line, error));
    *values =
        (struct emit_values){fetch.pixels,
                             {{fetch.line, fetch.column, 0}, {DIRECT_LINES, DIRECT_COLUMNS, bands}},
                             {(ptrdiff_t)(DIRECT_COLUMNS * fetch.pixel_nbytes),
                              (ptrdiff_t)fetch.pixel_nbytes, (ptrdiff_t)fetch.value_nbytes}};
    return EMIT_OK;
}

/* ---- Reading tiles -------------------------------------------------------------------------- */

/* The targets that lie in "values", copied to "chosen"; returns how many. */
static size_t choose_targets(const struct part *part, const struct emit_values *values,
                             struct emit_band_target *chosen)
{
    const uint64_t first = values->box.start[2];
    size_t count = 0;
    for (size_t k = 0; k < part->target_count; k++)
    {
        const uint64_t band = part->targets[k].file_band;
        if (band >= first && band - first < values->box.count[2])
            chosen[count++] = part->targets[k];
    }
    return count;
}

static bool group_is_wanted(const struct part *part, uint64_t group)
{
    const uint64_t bands = emit_store_block_shape(part->reader->store)[2];
    for (size_t k = 0; k < part->target_count; k++)
    {
        if (part->targets[k].file_band / bands == group)
            return true;
    }
    return false;
}

static enum emit_status read_block(const struct part *part, const struct tile *tile, uint64_t group,
                                   struct emit_scratch *scratch, struct emit_error *error)
{
    const size_t nbytes = part->target_count * sizeof *part->targets;
    struct emit_band_target *chosen = malloc(nbytes);
    if (chosen == NULL)
        return emit_error_memory(error, nbytes, "a list of bands");
    const uint64_t position[3] = {tile->line, tile->column, group};
    struct emit_block *block = NULL;
    struct emit_values values;
    const enum emit_status status =
        emit_store_block(part->reader->store, position, &block, &values, scratch, error);
    if (status == EMIT_OK)
        emit_gather(&part->map, part->order + tile->first, tile->count, &values, chosen,
                    choose_targets(part, &values, chosen), &part->reader->rule, &part->mask);
    emit_block_release(block);
    free(chosen);
    return status;
}

static enum emit_status read_tile(const void *context, size_t index, struct emit_scratch *scratch,
                                  struct emit_error *error)
{
    const struct part *part = context;
    const struct tile *tile = &part->tiles[index / part->group_count];
    const uint64_t group = part->first_group + index % part->group_count;
    if (!part->direct)
        return group_is_wanted(part, group) ? read_block(part, tile, group, scratch, error)
                                            : EMIT_OK;
    struct emit_values values;
    EMIT_TRY(fetch_tile(part, tile, &values, scratch, error));
    emit_gather(&part->map, part->order + tile->first, tile->count, &values, part->targets,
                part->target_count, &part->reader->rule, &part->mask);
    return EMIT_OK;
}

static enum emit_status read_values(struct part *part, struct emit_error *error)
{
    choose_tiles(part);
    EMIT_TRY(sort_by_tile(part, error));
    return emit_parallel_for(part->tile_count * (size_t)part->group_count, threads_for(part),
                             read_tile, part, error);
}

/* ---- Bits of the band mask as values -------------------------------------------------------- */

static void read_bits(const struct part *part)
{
    const ptrdiff_t band_stride = part->map.buffer.band_stride;
    for (size_t i = 0; i < part->cell_count; i++)
    {
        if (part->pixels[i] == EMIT_NO_PIXEL)
            continue;
        const unsigned char *packed =
            part->mask.packed + (size_t)part->pixels[i] * part->mask.pixel_nbytes;
        unsigned char *cell = emit_cell_at(&part->map, i);
        for (size_t k = 0; k < part->target_count; k++)
            cell[(ptrdiff_t)part->targets[k].output * band_stride] =
                emit_band_mask_bit(packed, (size_t)part->targets[k].file_band);
    }
}

/* ---- Requests ------------------------------------------------------------------------------- */

static enum emit_status read_part(struct part *part, struct emit_error *error)
{
    part->pixels = malloc(part->cell_count * sizeof *part->pixels);
    if (part->pixels == NULL)
        return emit_error_memory(error, part->cell_count * sizeof *part->pixels,
                                 "the pixels of a window");
    part->map.pixels = part->pixels;
    EMIT_TRY(find_pixels(part, error));
    measure_raw(part);
    EMIT_TRY(apply_screen(part, error));
    EMIT_TRY(fill_empty(part, error));
    measure_raw(part);
    if (part->raw.lines == 0 || part->target_count == 0)
        return EMIT_OK;
    if (part->reader->store != NULL)
        return read_values(part, error);
    read_bits(part);
    return EMIT_OK;
}

/* Bands of a request: those to read, and those that are nodata everywhere. */
struct band_lists
{
    struct emit_band_target *read;
    size_t read_count;
    struct emit_band_target *blank;
    size_t blank_count;
};

static enum emit_status split_bands(const struct emit_reader *reader, const int *bands,
                                    size_t count, struct band_lists *lists,
                                    struct emit_error *error)
{
    /* Reading fills from the front, blanks from the back, of one array. */
    struct emit_band_target *targets = malloc((count > 0 ? count : 1) * sizeof *targets);
    if (targets == NULL)
        return emit_error_memory(error, count * sizeof *targets, "a list of bands");
    *lists = (struct band_lists){targets, 0, targets + count, 0};
    for (size_t k = 0; k < count; k++)
    {
        const struct emit_band_target target = {reader->file_bands[bands[k]], k};
        if (reader->blank[bands[k]])
        {
            *--lists->blank = target;
            lists->blank_count++;
        }
        else
            lists->read[lists->read_count++] = target;
    }
    return EMIT_OK;
}

static void fill_blank_bands(const struct part *part, const struct band_lists *lists)
{
    for (size_t row = 0; row < part->cells.row_count; row++)
        emit_gather_fill(&part->map, row * part->cells.column_count, part->cells.column_count,
                         lists->blank, lists->blank_count, &part->reader->rule);
}

/* Reads rows "first" to "first + count - 1" of a request. */
static enum emit_status read_rows(const struct emit_reader *reader, const struct emit_cells *cells,
                                  size_t first, size_t count, const struct band_lists *lists,
                                  const struct emit_buffer *buffer, struct emit_error *error)
{
    struct part part = {.reader = reader,
                        .cells = {cells->rows + first, count, cells->columns, cells->column_count},
                        .cell_count = count * cells->column_count,
                        .targets = lists->read,
                        .target_count = lists->read_count};
    part.map = (struct emit_cell_map){
        .columns = cells->column_count, .crosstrack = reader->extent.crosstrack, .buffer = *buffer};
    part.map.buffer.data += (ptrdiff_t)first * buffer->row_stride;
    fill_blank_bands(&part, lists);
    const enum emit_status status = lists->read_count > 0 ? read_part(&part, error) : EMIT_OK;
    close_part(&part);
    return status;
}

enum emit_status emit_reader_read(const struct emit_reader *reader, const struct emit_cells *cells,
                                  const int *bands, size_t band_count,
                                  const struct emit_buffer *buffer, struct emit_error *error)
{
    if (cells->row_count == 0 || cells->column_count == 0 || band_count == 0)
        return EMIT_OK;
    struct band_lists lists = {NULL, 0, NULL, 0};
    EMIT_TRY(split_bands(reader, bands, band_count, &lists, error));
    size_t part_rows = PART_CELLS / cells->column_count;
    part_rows = part_rows > 0 ? part_rows : 1;
    enum emit_status status = EMIT_OK;
    for (size_t row = 0; row < cells->row_count && status == EMIT_OK; row += part_rows)
    {
        const size_t left = cells->row_count - row;
        status = read_rows(reader, cells, row, left < part_rows ? left : part_rows, &lists, buffer,
                           error);
    }
    free(lists.read);
    return status;
}
