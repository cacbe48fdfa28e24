/* SPDX-License-Identifier: MIT */
#include "core/read/spectra.h"

#include "core/base/number.h"

/* Unwanted bytes between two wanted pixels that are cheaper to read than to skip: what one more
 * system call costs, in bytes copied from the page cache. */
#define SKIP_NBYTES 4096

/* A tile's place in memory, and which of its pixels are wanted: a bit a column, a word a line. */
struct fetch
{
    struct emit_store *store;
    uint64_t line;
    uint64_t column;
    uint64_t wanted[EMIT_SPECTRA_TILE_LINES];
    struct emit_band_span bands; /* of a pixel fetched alone */
    size_t pixel_nbytes;
    size_t value_nbytes;
    unsigned char *pixels;
    struct emit_prefetch_list *plan; /* NULL: fetch; else only add to it what there is to fetch */
};

static void mark_wanted(struct fetch *fetch, const struct emit_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
    {
        const uint64_t line = (uint64_t)items[i].pixel.downtrack - fetch->line;
        const uint64_t column = (uint64_t)items[i].pixel.crosstrack - fetch->column;
        fetch->wanted[line] |= UINT64_C(1) << column;
    }
}

/* Fetches columns "first" to "last" of a line of the tile, or only plans to. */
static enum emit_status fetch_run(const struct fetch *fetch, unsigned line, unsigned first,
                                  unsigned last, struct emit_error *error)
{
    if (fetch->plan != NULL)
    {
        emit_store_list_spectra(fetch->store, fetch->line + line, fetch->column + first,
                                last - first + 1, fetch->plan);
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
    const uint64_t wanted = fetch->wanted[line];
    for (unsigned first = 0; first < EMIT_SPECTRA_TILE_COLUMNS; first++)
    {
        if (!(wanted >> first & 1))
            continue;
        unsigned last = first;
        for (unsigned c = first + 1; c < EMIT_SPECTRA_TILE_COLUMNS && c <= last + 1 + gap; c++)
        {
            if (wanted >> c & 1)
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
    mark_wanted(&fetch, items, tile->count);
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
                                        struct emit_prefetch_list *plan, struct emit_error *error)
{
    struct fetch fetch = begin(store, tile, items, bands);
    fetch.plan = plan;
    return fetch_lines(&fetch, error);
}
