/* SPDX-License-Identifier: MIT */
/*
 * A tile is empty, being loaded or ready. A load reserves the empty tiles of its area, prefetches
 * what they need, fills them on several threads, and waits for tiles that other threads are
 * loading. If it fails, its tiles are empty again. The lock is held to read and change states
 * alone, never during a load.
 */
#include "core/store/lazy_array.h"

#include "core/base/link.h"
#include "core/base/process_lock.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Tiles of variables that are not chunked: about half a megabyte of one-band values. */
#define TILE_LINES 128

#define PAGE_NBYTES 4096

enum tile_state
{
    TILE_EMPTY = 0,
    TILE_LOADING,
    TILE_READY
};

struct emit_lazy_array
{
    struct emit_lazy_array_config config;
    uint64_t tile_count;
    uint64_t tiles_per_row;
    atomic_size_t item_count; /* number 0 included */
    /* Guarded by EMIT_LOCK_ARRAYS, which is never held during a load: */
    unsigned char *elements; /* NULL: none is loaded; changes only while no read holds the array */
    unsigned char *items;
    struct emit_link by_use; /* in arrays_by_use unless "elements" is NULL */
    size_t tile_nbytes;      /* of loaded tiles */
    size_t nbytes;           /* of loaded tiles and of items */
    int holders;             /* reads; a child process never evicts what its parent was reading */
    unsigned char *states;   /* enum tile_state of each tile */
    unsigned process;        /* that set the states */
    struct emit_source sources[]; /* of "config" */
};

/* Arrays with elements, most recently used first, and their size. Under EMIT_LOCK_ARRAYS. */
static struct emit_link arrays_by_use = {&arrays_by_use, &arrays_by_use};
static size_t arrays_nbytes;

struct emit_lazy_array_config emit_lazy_array_over(const struct emit_source *sources,
                                                   size_t source_count, size_t cell_nbytes,
                                                   emit_lazy_array_fill fill, const void *context)
{
    const struct emit_store *store = sources[0].store;
    const bool chunked = store->layout.storage == EMIT_STORAGE_CHUNKED;
    return (struct emit_lazy_array_config){.lines = store->shape[0],
                                           .columns = store->shape[1],
                                           .cell_nbytes = cell_nbytes,
                                           .tile_lines = chunked ? store->block[0] : TILE_LINES,
                                           .tile_columns =
                                               chunked ? store->block[1] : store->shape[1],
                                           .fill = fill,
                                           .context = context,
                                           .sources = sources,
                                           .source_count = source_count};
}

/* SIZE_MAX if the product is larger. */
static size_t multiply(uint64_t count, size_t nbytes)
{
    return nbytes == 0 || count <= SIZE_MAX / nbytes ? (size_t)count * nbytes : SIZE_MAX;
}

static size_t elements_nbytes(const struct emit_lazy_array_config *config)
{
    return multiply(config->lines * config->columns, config->cell_nbytes);
}

static size_t items_nbytes(const struct emit_lazy_array_config *config)
{
    return multiply(config->item_capacity, config->item_nbytes);
}

static enum emit_status divide(struct emit_lazy_array *array, struct emit_error *error)
{
    const struct emit_lazy_array_config *config = &array->config;
    const size_t nbytes = elements_nbytes(config);
    array->tiles_per_row = (config->columns - 1) / config->tile_columns + 1;
    array->tile_count = ((config->lines - 1) / config->tile_lines + 1) * array->tiles_per_row;
    array->states = nbytes < SIZE_MAX ? calloc((size_t)array->tile_count, 1) : NULL;
    return array->states != NULL ? EMIT_OK : emit_error_memory(error, nbytes, "a table");
}

static void close_stores(const struct emit_lazy_array_config *config)
{
    for (size_t i = 0; i < config->source_count && config->owns_stores; i++)
        emit_store_close(config->sources[i].store);
}

enum emit_status emit_lazy_array_open(const struct emit_lazy_array_config *config,
                                      struct emit_lazy_array **array_ret, struct emit_error *error)
{
    const size_t sources_nbytes = config->source_count * sizeof *config->sources;
    *array_ret = NULL;
    struct emit_lazy_array *array = calloc(1, sizeof *array + sources_nbytes);
    if (array == NULL)
    {
        close_stores(config);
        return emit_error_memory(error, sizeof *array, "a table");
    }
    array->config = *config;
    array->config.sources = array->sources;
    if (config->source_count > 0)
        memcpy(array->sources, config->sources, sources_nbytes);
    array->process = emit_process();
    const enum emit_status status = divide(array, error);
    if (status == EMIT_OK)
        *array_ret = array;
    else
    {
        close_stores(config);
        free(array);
    }
    return status;
}

/* ---- Memory --------------------------------------------------------------------------------- */

static void evict(struct emit_lazy_array *array)
{
    emit_link_remove(&array->by_use);
    emit_memory_unmap(array->elements, elements_nbytes(&array->config));
    emit_memory_unmap(array->items, items_nbytes(&array->config));
    array->elements = array->items = NULL;
    arrays_nbytes -= array->nbytes;
    array->nbytes = array->tile_nbytes = 0;
    memset(array->states, TILE_EMPTY, (size_t)array->tile_count);
}

static bool map_memory(struct emit_lazy_array *array)
{
    const size_t nbytes = items_nbytes(&array->config);
    array->elements = emit_memory_map(elements_nbytes(&array->config));
    array->items = nbytes > 0 ? emit_memory_map(nbytes) : NULL;
    atomic_store(&array->item_count, 1);
    emit_link_add(&arrays_by_use, &array->by_use);
    if (array->elements != NULL && (array->items != NULL || nbytes == 0))
        return true;
    evict(array);
    return false;
}

/* Maps the memory of the arrays unless they have it, and makes them the most recently used. */
static enum emit_status use_memory(struct emit_lazy_array *const *arrays, size_t count,
                                   struct emit_error *error)
{
    enum emit_status status = EMIT_OK;
    emit_lock(EMIT_LOCK_ARRAYS);
    for (size_t i = 0; i < count && status == EMIT_OK; i++)
    {
        struct emit_lazy_array *array = arrays[i];
        if (array->elements != NULL)
        {
            emit_link_remove(&array->by_use);
            emit_link_add(&arrays_by_use, &array->by_use);
        }
        else if (!map_memory(array))
            status = emit_error_memory(error, elements_nbytes(&array->config), "a table");
    }
    emit_unlock(EMIT_LOCK_ARRAYS);
    return status;
}

void emit_lazy_array_close(struct emit_lazy_array *array)
{
    if (array == NULL)
        return;
    emit_lock(EMIT_LOCK_ARRAYS);
    if (array->elements != NULL)
        evict(array);
    emit_unlock(EMIT_LOCK_ARRAYS);
    close_stores(&array->config);
    free(array->states);
    free(array);
}

void emit_lazy_arrays_hold(struct emit_lazy_array *const *arrays, size_t count, bool begins)
{
    emit_lock(EMIT_LOCK_ARRAYS);
    for (size_t i = 0; i < count; i++)
    {
        if (arrays[i] != NULL)
            arrays[i]->holders += begins ? 1 : -1;
    }
    emit_unlock(EMIT_LOCK_ARRAYS);
}

void emit_lazy_arrays_trim(void)
{
    const size_t budget = emit_cache_budget() / 5 * 2;
    emit_lock(EMIT_LOCK_ARRAYS);
    struct emit_link *link = arrays_by_use.previous;
    while (arrays_nbytes > budget && link != &arrays_by_use)
    {
        struct emit_lazy_array *array = EMIT_LINKED(link, struct emit_lazy_array, by_use);
        link = link->previous;
        if (array->holders == 0)
            evict(array);
    }
    emit_unlock(EMIT_LOCK_ARRAYS);
}

const void *emit_lazy_array_elements(const struct emit_lazy_array *array)
{
    return array->elements;
}

const unsigned char *emit_lazy_array_items(const struct emit_lazy_array *array)
{
    return array->items;
}

uint32_t emit_lazy_array_add_item(struct emit_lazy_array *array, const void *item)
{
    const struct emit_lazy_array_config *config = &array->config;
    const size_t number = atomic_fetch_add(&array->item_count, 1);
    if (number >= config->item_capacity)
        return EMIT_NO_ITEM;
    memcpy(array->items + number * config->item_nbytes, item, config->item_nbytes);
    return (uint32_t)number;
}

/* ---- Tiles ---------------------------------------------------------------------------------- */

struct tile
{
    struct emit_lazy_array *array;
    uint64_t number; /* row by row */
};

static struct emit_area area_of(const struct tile *tile)
{
    const struct emit_lazy_array_config *config = &tile->array->config;
    struct emit_area area = {tile->number / tile->array->tiles_per_row * config->tile_lines,
                             tile->number % tile->array->tiles_per_row * config->tile_columns, 0,
                             0};
    area.lines = emit_min(config->tile_lines, config->lines - area.line);
    area.columns = emit_min(config->tile_columns, config->columns - area.column);
    return area;
}

/* The part of a source that lies in "area". */
static struct emit_box box_of(const struct emit_source *source, const struct emit_area *area)
{
    return (struct emit_box){{area->line, area->column, source->first_band},
                             {area->lines, area->columns, source->band_count}};
}

/* Adds a tile to the size of its array. Lines of neighbouring tiles share pages of memory. */
static void count_memory(struct emit_lazy_array *array, const struct emit_area *area)
{
    const struct emit_lazy_array_config *config = &array->config;
    const uint64_t line = emit_min(area->columns * config->cell_nbytes + PAGE_NBYTES,
                                   config->columns * config->cell_nbytes);
    array->tile_nbytes =
        (size_t)emit_min(array->tile_nbytes + area->lines * line, elements_nbytes(config));
    arrays_nbytes -= array->nbytes;
    array->nbytes = array->tile_nbytes + atomic_load(&array->item_count) * config->item_nbytes;
    arrays_nbytes += array->nbytes;
}

static void set_ready(const struct tile *tile)
{
    const struct emit_area area = area_of(tile);
    emit_lock(EMIT_LOCK_ARRAYS);
    tile->array->states[tile->number] = TILE_READY;
    count_memory(tile->array, &area);
    emit_lock_broadcast(EMIT_LOCK_ARRAYS);
    emit_unlock(EMIT_LOCK_ARRAYS);
}

static enum emit_status fill_from_source(const struct emit_lazy_array_config *config,
                                         struct emit_lazy_tile *tile, struct emit_scratch *scratch,
                                         struct emit_error *error)
{
    const struct emit_box box = box_of(tile->source, &tile->area);
    struct emit_store *store = tile->source->store;
    if (config->fill == NULL)
        return emit_store_read_lines(store, &box, tile->elements, tile->line_nbytes, scratch,
                                     error);
    const size_t nbytes = emit_box_values(&box) * store->value_nbytes;
    tile->values = emit_scratch_get(&scratch[EMIT_SCRATCH_CALLER], nbytes);
    if (tile->values == NULL)
        return emit_error_memory(error, nbytes, "a tile of a table");
    EMIT_TRY(emit_store_read_box(store, &box, tile->values, scratch, error));
    return config->fill(config->context, tile, error);
}

static enum emit_status fill_tile(const struct tile *tile, struct emit_scratch *scratch,
                                  struct emit_error *error)
{
    const struct emit_lazy_array_config *config = &tile->array->config;
    struct emit_lazy_tile lazy_tile = {
        .area = area_of(tile), .line_nbytes = (size_t)config->columns * config->cell_nbytes};
    lazy_tile.elements = tile->array->elements +
                         (size_t)lazy_tile.area.line * lazy_tile.line_nbytes +
                         (size_t)lazy_tile.area.column * config->cell_nbytes;
    if (config->source_count == 0)
        return config->fill(config->context, &lazy_tile, error);
    for (size_t i = 0; i < config->source_count; i++)
    {
        lazy_tile.source = &config->sources[i];
        lazy_tile.source_index = i;
        EMIT_TRY(fill_from_source(config, &lazy_tile, scratch, error));
    }
    return EMIT_OK;
}

/* ---- Loading -------------------------------------------------------------------------------- */

/* Tiles that this call loads, and whether other threads load some that it needs. */
struct batch
{
    struct tile *tiles;
    size_t count;
    bool others_loading;
};

/* The parent's threads that were loading tiles do not exist in a child process. */
static void reset_loads_of_parent(struct emit_lazy_array *array)
{
    if (array->process == emit_process())
        return;
    for (uint64_t i = 0; i < array->tile_count; i++)
    {
        if (array->states[i] == TILE_LOADING)
            array->states[i] = TILE_EMPTY;
    }
    array->process = emit_process();
}

static void reserve_tile(struct batch *batch, struct emit_lazy_array *array, uint64_t number)
{
    unsigned char *state = &array->states[number];
    if (*state == TILE_LOADING)
        batch->others_loading = true;
    else if (*state == TILE_EMPTY)
    {
        *state = TILE_LOADING;
        batch->tiles[batch->count++] = (struct tile){array, number};
    }
}

static void reserve_area(struct batch *batch, struct emit_lazy_array *array,
                         const struct emit_area *area)
{
    const struct emit_lazy_array_config *config = &array->config;
    const uint64_t last_row = (area->line + area->lines - 1) / config->tile_lines;
    const uint64_t last_column = (area->column + area->columns - 1) / config->tile_columns;
    reset_loads_of_parent(array);
    for (uint64_t row = area->line / config->tile_lines; row <= last_row; row++)
    {
        for (uint64_t column = area->column / config->tile_columns; column <= last_column; column++)
            reserve_tile(batch, array, row * array->tiles_per_row + column);
    }
}

/* Reserves all empty tiles; if there are none, waits for the threads that load the others. */
static void reserve_or_wait(struct batch *batch, struct emit_lazy_array *const *arrays,
                            size_t count, const struct emit_area *area)
{
    batch->count = 0;
    batch->others_loading = false;
    emit_lock(EMIT_LOCK_ARRAYS);
    for (size_t i = 0; i < count; i++)
        reserve_area(batch, arrays[i], area);
    if (batch->count == 0 && batch->others_loading)
        emit_lock_wait(EMIT_LOCK_ARRAYS);
    emit_unlock(EMIT_LOCK_ARRAYS);
}

/* Resets the tiles that a failed load has not completed. */
static void release_tiles(const struct batch *batch)
{
    emit_lock(EMIT_LOCK_ARRAYS);
    for (size_t i = 0; i < batch->count; i++)
    {
        unsigned char *state = &batch->tiles[i].array->states[batch->tiles[i].number];
        if (*state == TILE_LOADING)
            *state = TILE_EMPTY;
    }
    emit_lock_broadcast(EMIT_LOCK_ARRAYS);
    emit_unlock(EMIT_LOCK_ARRAYS);
}

static enum emit_status list_tile(const void *context, size_t index,
                                  struct emit_prefetch_list *prefetch, struct emit_error *error)
{
    const struct batch *batch = context;
    const struct emit_lazy_array_config *config = &batch->tiles[index].array->config;
    const struct emit_area area = area_of(&batch->tiles[index]);
    for (size_t k = 0; k < config->source_count; k++)
    {
        const struct emit_box box = box_of(&config->sources[k], &area);
        EMIT_TRY(emit_store_list_box(config->sources[k].store, &box, prefetch, error));
    }
    return EMIT_OK;
}

/* Lists what the tiles need. */
static enum emit_status list_tiles(const struct batch *batch, struct emit_prefetch_list *prefetch,
                                   struct emit_error *error)
{
    enum emit_status status = EMIT_OK;
    for (size_t i = 0; i < batch->count && status == EMIT_OK; i++)
        status = list_tile(batch, i, prefetch, error);
    return status;
}

static enum emit_status load_tile(const void *context, size_t index, struct emit_scratch *scratch,
                                  struct emit_error *error)
{
    const struct batch *batch = context;
    EMIT_TRY(fill_tile(&batch->tiles[index], scratch, error));
    set_ready(&batch->tiles[index]);
    return EMIT_OK;
}

/* Working memory of a thread that fills tiles of these arrays. */
static uint64_t thread_nbytes(struct emit_lazy_array *const *arrays, size_t count)
{
    uint64_t most = 0;
    for (size_t i = 0; i < count; i++)
    {
        const struct emit_lazy_array_config *config = &arrays[i]->config;
        for (size_t k = 0; k < config->source_count; k++)
        {
            const struct emit_source *source = &config->sources[k];
            const uint64_t tile = config->tile_lines * config->tile_columns * source->band_count;
            const uint64_t nbytes =
                emit_store_thread_nbytes(source->store) + tile * source->store->value_nbytes;
            most = nbytes > most ? nbytes : most;
        }
    }
    return most;
}

static enum emit_status load_batch(const struct batch *batch, int threads, uint64_t nbytes,
                                   struct emit_error *error)
{
    const struct emit_fetched_jobs jobs = {batch->count, threads,   nbytes,
                                           load_tile,    list_tile, batch};
    struct emit_prefetch_list prefetch = {.count = 0};
    enum emit_status status = list_tiles(batch, &prefetch, error);
    if (status == EMIT_OK)
        status = emit_prefetch_run_jobs(&prefetch, &jobs, error);
    emit_prefetch_close(&prefetch);
    if (status != EMIT_OK)
        release_tiles(batch);
    return status;
}

bool emit_lazy_array_is_loaded(const struct emit_lazy_array *array, uint64_t line, uint64_t column)
{
    const uint64_t row = line / array->config.tile_lines;
    const uint64_t number = row * array->tiles_per_row + column / array->config.tile_columns;
    emit_lock(EMIT_LOCK_ARRAYS);
    const bool is_loaded = array->states[number] == TILE_READY;
    emit_unlock(EMIT_LOCK_ARRAYS);
    return is_loaded;
}

/* Room for all tiles of the arrays. */
static enum emit_status open_batch(struct emit_lazy_array *const *arrays, size_t count,
                                   struct batch *batch, struct emit_error *error)
{
    size_t tile_count = 0;
    for (size_t i = 0; i < count; i++)
        tile_count += (size_t)arrays[i]->tile_count;
    *batch = (struct batch){.tiles = malloc(tile_count * sizeof *batch->tiles)};
    return batch->tiles != NULL
               ? EMIT_OK
               : emit_error_memory(error, tile_count * sizeof *batch->tiles, "a list of tiles");
}

void emit_lazy_arrays_prefetch(struct emit_lazy_array *const *arrays, size_t count,
                               const struct emit_area *area)
{
    struct batch batch;
    struct emit_prefetch_list prefetch = {.count = 0};
    if (open_batch(arrays, count, &batch, NULL) != EMIT_OK)
        return;
    emit_lock(EMIT_LOCK_ARRAYS);
    for (size_t i = 0; i < count; i++)
        reserve_area(&batch, arrays[i], area);
    emit_unlock(EMIT_LOCK_ARRAYS);
    emit_prefetch_run_if(list_tiles(&batch, &prefetch, NULL), &prefetch);
    release_tiles(&batch);
    free(batch.tiles);
}

enum emit_status emit_lazy_arrays_load(struct emit_lazy_array *const *arrays, size_t count,
                                       const struct emit_area *area, int threads,
                                       struct emit_error *error)
{
    struct batch batch;
    if (count == 0 || area->lines == 0 || area->columns == 0)
        return EMIT_OK;
    EMIT_TRY(open_batch(arrays, count, &batch, error));
    enum emit_status status = use_memory(arrays, count, error);
    while (status == EMIT_OK)
    {
        reserve_or_wait(&batch, arrays, count, area);
        if (batch.count > 0)
            status = load_batch(&batch, threads, thread_nbytes(arrays, count), error);
        else if (!batch.others_loading)
            break;
    }
    free(batch.tiles);
    return status;
}
