/* SPDX-License-Identifier: MIT */
#include "core/read/spectra.h"

#include "core/base/number.h"

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
    size_t value_nbytes;
    unsigned char *pixels;
    struct emit_prefetch_list *prefetch; /* NULL: read; else only list the ranges to read */
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

/* Reads columns "first" to "last" of a line of the tile, or lists their ranges. */
static enum emit_status fetch_run(const struct fetch *fetch, unsigned line, unsigned first,
                                  unsigned last, struct emit_error *error)
{
    if (fetch->prefetch != NULL)
    {
        emit_store_list_spectra(fetch->store, fetch->line + line, fetch->column + first,
                                last - first + 1, fetch->prefetch);
        return EMIT_OK;
    }
    const bool alone = first == last;
    const uint64_t band = alone ? fetch->bands.lowest : 0;
    const uint64_t bands =
        alone ? fetch->bands.highest - fetch->bands.lowest + 1 : emit_store_shape(fetch->store)[2];
    unsigned char *to = fetch->pixels +
                        ((size_t)line * EMIT_SPECTRA_TILE_COLUMNS + first) * fetch->pixel_nbytes +
                        (size_t)band * fetch->value_nbytes;
    return emit_store_read_spectra(fetch->store, fetch->line + line, fetch->column + first,
                                   last - first + 1, band, bands, to, error);
}

static enum emit_status fetch_line(const struct fetch *fetch, unsigned line,
                                   struct emit_error *error)
{
    const unsigned gap = (unsigned)(SKIP_NBYTES / fetch->pixel_nbytes);
    const uint64_t needed = fetch->needed[line];
    for (unsigned first = 0; first < EMIT_SPECTRA_TILE_COLUMNS; first++)
    {
        if (!(needed >> first & 1))
            continue;
        unsigned last = first;
        for (unsigned c = first + 1; c < EMIT_SPECTRA_TILE_COLUMNS && c <= last + 1 + gap; c++)
        {
            if (needed >> c & 1)
                last = c;
        }
        EMIT_TRY(fetch_run(fetch, line, first, last, error));
        first = last;
    }
    return EMIT_OK;
}

static struct emit_values values_of(const struct fetch *fetch)
{
    const uint64_t bands = emit_store_shape(fetch->store)[2];
    return (struct emit_values){fetch->pixels,
                                {{fetch->line, fetch->column, 0},
                                 {EMIT_SPECTRA_TILE_LINES, EMIT_SPECTRA_TILE_COLUMNS, bands}},
                                {(ptrdiff_t)(EMIT_SPECTRA_TILE_COLUMNS * fetch->pixel_nbytes),
                                 (ptrdiff_t)fetch->pixel_nbytes, (ptrdiff_t)fetch->value_nbytes}};
}

static struct fetch begin(struct emit_store *store, const struct emit_tile *tile,
                          const struct emit_item *items, struct emit_band_span bands)
{
    struct fetch fetch = {.store = store,
                          .line = tile->line * EMIT_SPECTRA_TILE_LINES,
                          .column = tile->column * EMIT_SPECTRA_TILE_COLUMNS,
                          .bands = bands,
                          .value_nbytes = emit_type_size(emit_store_layout(store)->type)};
    fetch.pixel_nbytes = (size_t)emit_store_shape(store)[2] * fetch.value_nbytes;
    mark_needed(&fetch, items, tile->count);
    return fetch;
}

static enum emit_status fetch_lines(const struct fetch *fetch, struct emit_error *error)
{
    for (unsigned line = 0; line < EMIT_SPECTRA_TILE_LINES; line++)
        EMIT_TRY(fetch_line(fetch, line, error));
    return EMIT_OK;
}

uint64_t emit_spectra_thread_nbytes(const struct emit_store *store)
{
    return (uint64_t)EMIT_SPECTRA_TILE_LINES * EMIT_SPECTRA_TILE_COLUMNS *
           emit_store_shape(store)[2] * emit_type_size(emit_store_layout(store)->type);
}

enum emit_status emit_spectra_read_tile(struct emit_store *store, const struct emit_tile *tile,
                                        const struct emit_item *items, struct emit_band_span bands,
                                        struct emit_values *values, struct emit_scratch *scratch,
                                        struct emit_error *error)
{
    struct fetch fetch = begin(store, tile, items, bands);
    const size_t nbytes = (size_t)emit_spectra_thread_nbytes(store);
    fetch.pixels = emit_scratch_get(&scratch[EMIT_SCRATCH_CALLER], nbytes);
    if (fetch.pixels == NULL)
        return emit_error_memory(error, nbytes, "a tile of spectra");
    EMIT_TRY(fetch_lines(&fetch, error));
    *values = values_of(&fetch);
    return EMIT_OK;
}

enum emit_status emit_spectra_list_tile(struct emit_store *store, const struct emit_tile *tile,
                                        const struct emit_item *items, struct emit_band_span bands,
                                        struct emit_prefetch_list *prefetch,
                                        struct emit_error *error)
{
    struct fetch fetch = begin(store, tile, items, bands);
    fetch.prefetch = prefetch;
    return fetch_lines(&fetch, error);
}
