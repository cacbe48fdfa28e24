/* SPDX-License-Identifier: MIT */
/* Lazy arrays of variables of the raw or ortho grid. Each kind has a function that fills a tile
 * from stored values: lookup tables as 16-bit or 32-bit numbers, other variables as doubles.
 * Places of single pixels are read without a lazy array, since they are few and far apart. */
#include "core/store/variable_array.h"

#include <math.h>

static enum emit_status open_array(const struct emit_granule *granule,
                                   const struct emit_layout *layout, size_t cell_nbytes,
                                   emit_lazy_array_fill fill, const void *context,
                                   struct emit_lazy_array **array_ret, struct emit_error *error)
{
    struct emit_source source = {NULL, 0, 1};
    EMIT_TRY(emit_store_open(granule->h5, layout, &source.store, error));
    struct emit_lazy_array_config config =
        emit_lazy_array_over(&source, 1, cell_nbytes, fill, context);
    config.owns_stores = true;
    return emit_lazy_array_open(&config, array_ret, error);
}

/* ---- GLT ------------------------------------------------------------------------------------ */

static bool is_int32(const struct emit_encoding *encoding)
{
    return encoding->type == EMIT_INT32 && !encoding->scaled;
}

/* GLT entries that do not fit an int32 become 0, which means an empty cell. Packed entries are
 * rounded, because unpacking is inexact. */
static int32_t entry(const struct emit_encoding *encoding, const unsigned char *value)
{
    int32_t whole = 0;
    const double number = emit_encoding_read(encoding, value);
    if (!emit_number_set(EMIT_INT32, encoding->scaled ? rint(number) : number, &whole))
        whole = 0;
    return whole;
}

static inline uint16_t narrow(int32_t number)
{
    return (uint16_t)(number < 0 ? 0 : number < UINT16_MAX ? number : UINT16_MAX);
}

/* The type that granules have, without a branch, so that the compiler uses vectors. */
static void narrow_line(const int32_t *restrict entries, uint64_t count, uint16_t *restrict to)
{
    for (uint64_t c = 0; c < count; c++)
        to[c] = narrow(entries[c]);
}

/* "context" is not NULL if the array holds uint16_t. */
static enum emit_status fill_glt(const void *context, const struct emit_lazy_tile *tile,
                                 struct emit_error *error)
{
    (void)error;
    const struct emit_store *store = tile->source->store;
    const struct emit_encoding *encoding = &store->layout.encoding;
    const uint64_t columns = tile->area.columns;
    const unsigned char *value = tile->values;
    for (uint64_t line = 0; line < tile->area.lines; line++, value += columns * store->value_nbytes)
    {
        void *to = tile->elements + line * tile->line_nbytes;
        if (context != NULL && is_int32(encoding))
            narrow_line((const int32_t *)(const void *)value, columns, to);
        else
            for (uint64_t c = 0; c < columns; c++)
            {
                const int32_t number = entry(encoding, value + c * store->value_nbytes);
                if (context != NULL)
                    ((uint16_t *)to)[c] = narrow(number);
                else
                    ((int32_t *)to)[c] = number;
            }
    }
    return EMIT_OK;
}

enum emit_status emit_variable_array_open_glt(const struct emit_granule *granule,
                                              const struct emit_layout *layout, bool is_narrow,
                                              struct emit_lazy_array **array_ret,
                                              struct emit_error *error)
{
    const bool as_stored = is_int32(&layout->encoding) && !is_narrow;
    return open_array(granule, layout, is_narrow ? sizeof(uint16_t) : sizeof(int32_t),
                      as_stored ? NULL : fill_glt, is_narrow ? granule : NULL, array_ret, error);
}

/* ---- Numbers -------------------------------------------------------------------------------- */

static enum emit_status fill_numbers(const void *context, const struct emit_lazy_tile *tile,
                                     struct emit_error *error)
{
    (void)context;
    (void)error;
    const struct emit_encoding encoding = emit_layout_encoding(&tile->source->store->layout);
    const unsigned char *value = tile->values;
    for (uint64_t line = 0; line < tile->area.lines; line++)
    {
        double *to = (double *)(void *)(tile->elements + line * tile->line_nbytes);
        for (uint64_t c = 0; c < tile->area.columns;
             c++, value += tile->source->store->value_nbytes)
            to[c] = emit_encoding_read(&encoding, value);
    }
    return EMIT_OK;
}

enum emit_status emit_variable_array_open_numbers(const struct emit_granule *granule,
                                                  const char *name,
                                                  struct emit_lazy_array **array_ret,
                                                  struct emit_error *error)
{
    return open_array(granule, &emit_granule_find(granule, name)->layout, sizeof(double),
                      fill_numbers, NULL, array_ret, error);
}

/* ---- Places of pixels ----------------------------------------------------------------------- */

/* Lists the bytes of a pixel's value in "prefetch", or, if that is NULL, reads the value. */
static enum emit_status access_pixel(struct emit_store *store, struct emit_pixel pixel,
                                     struct emit_prefetch_list *prefetch, void *value,
                                     struct emit_scratch *scratch, struct emit_error *error)
{
    const uint64_t line = (uint64_t)pixel.downtrack, column = (uint64_t)pixel.crosstrack;
    const struct emit_box box = {{line, column, 0}, {1, 1, 1}};
    const uint64_t position[3] = {line / store->block[0], column / store->block[1], 0};
    struct emit_block *block;
    struct emit_values values;
    if (emit_store_has_spectra(store))
        return prefetch != NULL ? emit_store_list_box(store, &box, prefetch, error)
                                : emit_store_read_box(store, &box, value, scratch, error);
    if (prefetch != NULL)
        return emit_store_list_block(store, position, prefetch, error);
    EMIT_TRY(emit_store_block(store, position, &block, &values, scratch, error));
    const struct emit_values to =
        emit_values_in_c_order(value, &box, box.count, store->value_nbytes);
    emit_values_copy_common(&values, &to, store->value_nbytes);
    emit_block_release(block);
    return EMIT_OK;
}

static enum emit_status prefetch_pixels(struct emit_store *const stores[2],
                                        const struct emit_pixel *pixels, size_t count,
                                        struct emit_error *error)
{
    struct emit_prefetch_list prefetch = {.count = 0};
    enum emit_status status = EMIT_OK;
    for (size_t i = 0; i < 2 * count && status == EMIT_OK; i++)
        status = access_pixel(stores[i % 2], pixels[i / 2], &prefetch, NULL, NULL, error);
    return emit_prefetch_run_if(status, &prefetch);
}

static enum emit_status read_pixels(struct emit_store *const stores[2],
                                    const struct emit_pixel *pixels, size_t count,
                                    double *const values[2], struct emit_error *error)
{
    struct emit_scratch scratch[EMIT_SCRATCH_COUNT] = {{NULL, 0}};
    enum emit_status status = prefetch_pixels(stores, pixels, count, error);
    for (size_t i = 0; i < 2 * count && status == EMIT_OK; i++)
    {
        const struct emit_encoding encoding = emit_layout_encoding(&stores[i % 2]->layout);
        unsigned char value[8];
        status = access_pixel(stores[i % 2], pixels[i / 2], NULL, value, scratch, error);
        if (status == EMIT_OK)
            values[i % 2][i / 2] = emit_encoding_read(&encoding, value);
    }
    for (int i = 0; i < EMIT_SCRATCH_COUNT; i++)
        emit_scratch_close(&scratch[i]);
    return status;
}

/* "*store" is NULL if the file has no such rank-2 variable over the raw grid. */
static enum emit_status open_coordinate(const struct emit_granule *granule, const char *path,
                                        struct emit_store **store, struct emit_error *error)
{
    path = emit_granule_find_path(granule, path, NULL);
    struct emit_layout layout;
    if (path == NULL)
        return EMIT_OK;
    const enum emit_status status = emit_h5_layout(granule->h5, path, &layout, error);
    if (status == EMIT_ERROR_FORMAT) /* not numbers */
        return EMIT_OK;
    EMIT_TRY(status);
    if (layout.rank != 2 || layout.shape[0] != (uint64_t)granule->extent.downtrack ||
        layout.shape[1] != (uint64_t)granule->extent.crosstrack)
        return EMIT_OK;
    return emit_store_open(granule->h5, &layout, store, error);
}

/* Opens the stores of lat and lon; NULL where the granule does not have them. To be closed even
 * after a failure. */
static enum emit_status open_coordinates(const struct emit_granule *granule,
                                         struct emit_store *stores[2], struct emit_error *error)
{
    stores[0] = stores[1] = NULL;
    EMIT_TRY(open_coordinate(granule, EMIT_PATH_LAT, &stores[0], error));
    return open_coordinate(granule, EMIT_PATH_LON, &stores[1], error);
}

static void close_coordinates(struct emit_store *const stores[2])
{
    emit_store_close(stores[0]);
    emit_store_close(stores[1]);
}

enum emit_status emit_variable_read_places(const struct emit_granule *granule,
                                           const struct emit_pixel *pixels, size_t count,
                                           double *lat, double *lon, struct emit_error *error)
{
    struct emit_store *stores[2];
    for (size_t i = 0; i < count; i++)
        lat[i] = lon[i] = NAN;
    enum emit_status status = open_coordinates(granule, stores, error);
    if (status == EMIT_OK && stores[0] != NULL && stores[1] != NULL)
        status = read_pixels(stores, pixels, count, (double *const[2]){lat, lon}, error);
    close_coordinates(stores);
    return status;
}

void emit_variable_prefetch_places(const struct emit_granule *granule,
                                   const struct emit_area *areas, size_t count)
{
    struct emit_store *stores[2];
    struct emit_prefetch_list prefetch = {.count = 0};
    if (open_coordinates(granule, stores, NULL) == EMIT_OK && stores[0] != NULL &&
        stores[1] != NULL)
        for (size_t i = 0; i < 2 * count; i++)
        {
            const struct emit_area *area = &areas[i / 2];
            const struct emit_box box = {{area->line, area->column, 0},
                                         {area->lines, area->columns, 1}};
            emit_store_list_box(stores[i % 2], &box, &prefetch, NULL);
        }
    emit_prefetch_run(&prefetch);
    close_coordinates(stores);
}
