/* SPDX-License-Identifier: MIT */
#include "core/store/variable_array.h"

#include "core/base/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Tiles of variables that are not chunked: about half a megabyte of one-band values. */
#define TILE_LINES 128

void emit_variable_array_close(struct emit_variable_array *table)
{
    emit_lazy_array_close(table->array);
    emit_store_close(table->store);
    memset(table, 0, sizeof *table);
}

struct emit_lazy_array_config emit_variable_array_config(const struct emit_store *store,
                                                         size_t cell_nbytes,
                                                         emit_lazy_array_fill fill,
                                                         emit_lazy_array_list list_ranges,
                                                         const void *context)
{
    const uint64_t *shape = emit_store_shape(store);
    struct emit_lazy_array_config config = {.lines = shape[0],
                                            .columns = shape[1],
                                            .cell_nbytes = cell_nbytes,
                                            .tile_lines = TILE_LINES,
                                            .tile_columns = shape[1],
                                            .fill = fill,
                                            .list_ranges = list_ranges,
                                            .context = context};
    const size_t value_nbytes = emit_type_size(emit_store_layout(store)->type);
    if (emit_store_layout(store)->storage == EMIT_STORAGE_CHUNKED)
    {
        const uint64_t *block = emit_store_block_shape(store);
        config.tile_lines = block[0];
        config.tile_columns = block[1];
    }
    config.thread_nbytes = emit_store_thread_nbytes(store) +
                           config.tile_lines * config.tile_columns * shape[2] * value_nbytes;
    return config;
}

static struct emit_box box_of(const struct emit_area *area, uint64_t first_band,
                              uint64_t band_count)
{
    return (struct emit_box){{area->line, area->column, first_band},
                             {area->lines, area->columns, band_count}};
}

enum emit_status emit_variable_array_list(struct emit_store *store, const struct emit_area *area,
                                          uint64_t first_band, uint64_t band_count,
                                          struct emit_prefetch_list *prefetch,
                                          struct emit_error *error)
{
    const struct emit_box box = box_of(area, first_band, band_count);
    return emit_store_list_box(store, &box, prefetch, error);
}

enum emit_status emit_variable_array_read(struct emit_store *store, const struct emit_area *area,
                                          uint64_t first_band, uint64_t band_count,
                                          unsigned char **values_ret, struct emit_scratch *scratch,
                                          struct emit_error *error)
{
    const struct emit_box box = box_of(area, first_band, band_count);
    const size_t nbytes = (size_t)(area->lines * area->columns * band_count) *
                          emit_type_size(emit_store_layout(store)->type);
    *values_ret = emit_scratch_get(&scratch[EMIT_SCRATCH_CALLER], nbytes);
    if (*values_ret == NULL)
        return emit_error_memory(error, nbytes, "a tile of a table");
    return emit_store_read_box(store, &box, *values_ret, scratch, error);
}

/* For variables of one band. */
static enum emit_status list_table(const void *context, const struct emit_area *area,
                                   struct emit_prefetch_list *prefetch, struct emit_error *error)
{
    return emit_variable_array_list(((const struct emit_variable_array *)context)->store, area, 0,
                                    1, prefetch, error);
}

/* ---- GLT ------------------------------------------------------------------------------------ */

/* GLT entries that do not fit an int32 become 0, which means an empty cell. Packed entries are
 * rounded, because unpacking is inexact. */
static int32_t entry(const struct emit_encoding *encoding, const unsigned char *value)
{
    const double number = emit_encoding_read(encoding, value);
    int32_t whole = 0;
    if (!emit_number_set(EMIT_INT32, encoding->scaled ? rint(number) : number, &whole))
        whole = 0;
    return whole;
}

/* Reads all bands of an area straight into the elements of an array. */
static enum emit_status read_cells(struct emit_store *store, const struct emit_area *area,
                                   unsigned char *cells, size_t line_nbytes,
                                   struct emit_scratch *scratch, struct emit_error *error)
{
    const struct emit_box box = box_of(area, 0, emit_store_shape(store)[2]);
    return emit_store_read_lines(store, &box, cells, line_nbytes, scratch, error);
}

static enum emit_status fill_glt(const void *context, const struct emit_area *area,
                                 unsigned char *cells, size_t line_nbytes,
                                 struct emit_scratch *scratch, struct emit_error *error)
{
    struct emit_store *store = ((const struct emit_variable_array *)context)->store;
    const struct emit_encoding encoding = emit_store_layout(store)->encoding;
    const size_t size = emit_type_size(encoding.type);
    unsigned char *values;
    if (encoding.type == EMIT_INT32 && !encoding.scaled)
        return read_cells(store, area, cells, line_nbytes, scratch, error);
    EMIT_TRY(emit_variable_array_read(store, area, 0, 1, &values, scratch, error));
    for (uint64_t line = 0; line < area->lines; line++, cells += line_nbytes)
    {
        int32_t *to = (int32_t *)(void *)cells;
        for (uint64_t column = 0; column < area->columns; column++, values += size)
            to[column] = entry(&encoding, values);
    }
    return EMIT_OK;
}

enum emit_status emit_variable_array_open_glt(const struct emit_granule *granule,
                                              const struct emit_layout *layout,
                                              struct emit_variable_array *table,
                                              struct emit_error *error)
{
    EMIT_TRY(emit_store_open(granule->h5, layout, &table->store, error));
    const struct emit_lazy_array_config config =
        emit_variable_array_config(table->store, sizeof(int32_t), fill_glt, list_table, table);
    return emit_lazy_array_open(&config, &table->array, error);
}

/* ---- Numbers -------------------------------------------------------------------------------- */

static enum emit_status fill_numbers(const void *context, const struct emit_area *area,
                                     unsigned char *cells, size_t line_nbytes,
                                     struct emit_scratch *scratch, struct emit_error *error)
{
    struct emit_store *store = ((const struct emit_variable_array *)context)->store;
    const struct emit_encoding encoding = emit_layout_encoding(emit_store_layout(store));
    const size_t size = emit_type_size(encoding.type);
    unsigned char *values;
    EMIT_TRY(emit_variable_array_read(store, area, 0, 1, &values, scratch, error));
    for (uint64_t line = 0; line < area->lines; line++, cells += line_nbytes)
    {
        double *to = (double *)(void *)cells;
        for (uint64_t column = 0; column < area->columns; column++, values += size)
            to[column] = emit_encoding_read(&encoding, values);
    }
    return EMIT_OK;
}

enum emit_status emit_variable_array_open_numbers(const struct emit_granule *granule,
                                                  const char *name,
                                                  struct emit_variable_array *table,
                                                  struct emit_error *error)
{
    const struct emit_swath_variable *variable = emit_granule_find(granule, name);
    EMIT_TRY(emit_store_open(granule->h5, &variable->layout, &table->store, error));
    const struct emit_lazy_array_config config =
        emit_variable_array_config(table->store, sizeof(double), fill_numbers, list_table, table);
    return emit_lazy_array_open(&config, &table->array, error);
}

/* ---- Single pixels -------------------------------------------------------------------------- */

/* The block that holds a pixel. */
static void find_block(const struct emit_store *store, struct emit_pixel pixel,
                       uint64_t position[3])
{
    const uint64_t *block = emit_store_block_shape(store);
    position[0] = (uint64_t)pixel.downtrack / block[0];
    position[1] = (uint64_t)pixel.crosstrack / block[1];
    position[2] = 0;
}

static enum emit_status read_from_block(struct emit_store *store, struct emit_pixel pixel,
                                        void *value, struct emit_scratch *scratch,
                                        struct emit_error *error)
{
    uint64_t position[3];
    struct emit_block *block;
    struct emit_values values;
    find_block(store, pixel, position);
    EMIT_TRY(emit_store_block(store, position, &block, &values, scratch, error));
    const ptrdiff_t line = (ptrdiff_t)((uint64_t)pixel.downtrack - values.box.start[0]);
    const ptrdiff_t column = (ptrdiff_t)((uint64_t)pixel.crosstrack - values.box.start[1]);
    memcpy(value, values.bytes + line * values.stride[0] + column * values.stride[1],
           emit_type_size(emit_store_layout(store)->type));
    emit_block_release(block);
    return EMIT_OK;
}

enum emit_status emit_variable_array_read_pixels(struct emit_store *store,
                                                 const struct emit_pixel *pixels, size_t count,
                                                 double *values, struct emit_scratch *scratch,
                                                 struct emit_error *error)
{
    const struct emit_encoding encoding = emit_layout_encoding(emit_store_layout(store));
    for (size_t i = 0; i < count; i++)
    {
        unsigned char value[8];
        if (emit_store_has_spectra(store))
            EMIT_TRY(emit_store_read_spectra(store, (uint64_t)pixels[i].downtrack,
                                             (uint64_t)pixels[i].crosstrack, 1, 0, 1, value,
                                             error));
        else
            EMIT_TRY(read_from_block(store, pixels[i], value, scratch, error));
        values[i] = emit_encoding_read(&encoding, value);
    }
    return EMIT_OK;
}

enum emit_status emit_variable_array_list_pixels(struct emit_store *store,
                                                 const struct emit_pixel *pixels, size_t count,
                                                 struct emit_prefetch_list *prefetch,
                                                 struct emit_error *error)
{
    for (size_t i = 0; i < count; i++)
    {
        uint64_t position[3];
        find_block(store, pixels[i], position);
        if (emit_store_has_spectra(store))
            emit_store_list_spectra(store, (uint64_t)pixels[i].downtrack,
                                    (uint64_t)pixels[i].crosstrack, 1, prefetch);
        else
            EMIT_TRY(emit_store_list_block(store, position, prefetch, error));
    }
    return EMIT_OK;
}
