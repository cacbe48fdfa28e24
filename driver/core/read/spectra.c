/* SPDX-License-Identifier: MIT */
#include "core/read/spectra.h"

/* Largest gap between two pixels that is cheaper to read than to skip: the cost of a system call,
 * in bytes copied from the page cache. */
#define SKIP_NBYTES 4096

/* A tile in memory, and the pixels needed: a word a line, a bit a column. */
struct fetch
{
    struct emit_store *store;
    uint64_t line;
    uint64_t column;
    uint64_t needed[EMIT_SPECTRA_TILE_LINES];
    struct emit_band_span bands; /* of a pixel fetched alone */
    size_t pixel_nbytes;
    unsigned char *pixels;
    struct emit_prefetch_list *prefetch; /* NULL: read; else only list the ranges */
};

static void mark_needed(struct fetch *fetch, const struct emit_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
    {
        const uint64_t line = (uint64_t)items[i].pixel.downtrack - fetch->line;
        const uint64_t column = (uint64_t)items[i].pixel.crosstrack - fetch->column;
        fetch->needed[line] |= UINT64_C(1) << column;
    }
}

/* Reads columns "first" to "last" of a line of the tile, or lists their ranges. Whole spectra are
 * listed, because gaps between bands are smaller than the cost of a request. */
static enum emit_status fetch_run(const struct fetch *fetch, unsigned line, unsigned first,
                                  unsigned last, struct emit_scratch *scratch,
                                  struct emit_error *error)
{
    const bool alone = first == last && fetch->prefetch == NULL;
    const uint64_t band = alone ? fetch->bands.lowest : 0;
    const struct emit_box box = {
        {fetch->line + line, fetch->column + first, band},
        {1, last - first + 1, alone ? fetch->bands.highest - band + 1 : fetch->store->shape[2]}};
    if (fetch->prefetch != NULL)
        return emit_store_list_box(fetch->store, &box, fetch->prefetch, error);
    unsigned char *to = fetch->pixels +
                        ((size_t)line * EMIT_SPECTRA_TILE_COLUMNS + first) * fetch->pixel_nbytes +
                        (size_t)band * fetch->store->value_nbytes;
    return emit_store_read_box(fetch->store, &box, to, scratch, error);
}

static enum emit_status fetch_line(const struct fetch *fetch, unsigned line,
                                   struct emit_scratch *scratch, struct emit_error *error)
{
    const unsigned gap = (unsigned)(SKIP_NBYTES / fetch->pixel_nbytes);
    const uint64_t needed = fetch->needed[line];
    for (unsigned first = 0; first < EMIT_SPECTRA_TILE_COLUMNS; first++)
    {
        if (!(needed >> first & 1))
            continue;
        unsigned last = first;
        for (unsigned c = first + 1; c < EMIT_SPECTRA_TILE_COLUMNS && c <= last + 1 + gap; c++)
            if (needed >> c & 1)
                last = c;
        EMIT_TRY(fetch_run(fetch, line, first, last, scratch, error));
        first = last;
    }
    return EMIT_OK;
}

/* Has the disk read lines "line" and after. */
static void read_lines_ahead(const struct fetch *fetch, unsigned line)
{
    struct emit_prefetch_list list = {.count = 0};
    struct fetch listed = *fetch;
    listed.prefetch = &list;
    while (line < EMIT_SPECTRA_TILE_LINES && fetch_line(&listed, line, NULL, NULL) == EMIT_OK)
        line++;
    emit_prefetch_run(&list);
}

static enum emit_status fetch_lines(const struct fetch *fetch, struct emit_scratch *scratch,
                                    struct emit_error *error)
{
    const struct emit_file *file = fetch->store->file;
    bool is_ahead = fetch->prefetch != NULL || emit_file_is_cold(file);
    for (unsigned line = 0; line < EMIT_SPECTRA_TILE_LINES; line++)
    {
        EMIT_TRY(fetch_line(fetch, line, scratch, error));
        if (!is_ahead && emit_file_is_cold(file))
        {
            read_lines_ahead(fetch, line + 1);
            is_ahead = true;
        }
    }
    return EMIT_OK;
}

uint64_t emit_spectra_thread_nbytes(const struct emit_store *store)
{
    return (uint64_t)EMIT_SPECTRA_TILE_LINES * EMIT_SPECTRA_TILE_COLUMNS * store->shape[2] *
           store->value_nbytes;
}

enum emit_status emit_spectra_read_tile(const struct emit_spectra *spectra,
                                        struct emit_prefetch_list *prefetch,
                                        struct emit_values *values, struct emit_scratch *scratch,
                                        struct emit_error *error)
{
    struct emit_store *store = spectra->store;
    const struct emit_tile *tile = spectra->tile;
    const size_t nbytes = (size_t)emit_spectra_thread_nbytes(store);
    const struct emit_box box = {
        {tile->line * EMIT_SPECTRA_TILE_LINES, tile->column * EMIT_SPECTRA_TILE_COLUMNS, 0},
        {EMIT_SPECTRA_TILE_LINES, EMIT_SPECTRA_TILE_COLUMNS, store->shape[2]}};
    struct fetch fetch = {.store = store,
                          .line = box.start[0],
                          .column = box.start[1],
                          .bands = spectra->bands,
                          .pixel_nbytes = (size_t)store->shape[2] * store->value_nbytes,
                          .prefetch = prefetch};
    if (prefetch == NULL)
        fetch.pixels = emit_scratch_get(&scratch[EMIT_SCRATCH_CALLER], nbytes);
    if (prefetch == NULL && fetch.pixels == NULL)
        return emit_error_memory(error, nbytes, "a tile of spectra");
    mark_needed(&fetch, spectra->items, tile->count);
    EMIT_TRY(fetch_lines(&fetch, scratch, error));
    *values = emit_values_in_c_order(fetch.pixels, &box, box.count, store->value_nbytes);
    return EMIT_OK;
}
