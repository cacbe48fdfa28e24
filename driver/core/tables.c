/* SPDX-License-Identifier: MIT */
#include "core/tables.h"

#include "core/schema.h"
#include "core/value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Tiles of tables that are not stored in chunks: about half a megabyte of one-band values. */
#define TILE_LINES 128

/* One variable and the span of its bands that terms name. */
struct screen_source
{
    struct emit_store *store;
    double nodata;
    uint64_t first_band;
    uint64_t band_count;
    const struct emit_granule *granule;
    const char *variable;
};

struct emit_screen
{
    const struct emit_terms *terms;
    size_t source_count;
    struct screen_source source[EMIT_MAX_TERMS];
    size_t source_of[EMIT_MAX_TERMS]; /* of each term */
};

static void close_screen(struct emit_screen *screen)
{
    for (size_t i = 0; screen != NULL && i < screen->source_count; i++)
        emit_store_close(screen->source[i].store);
    free(screen);
}

void emit_table_close(struct emit_table *table)
{
    emit_plane_close(table->plane);
    emit_store_close(table->store);
    close_screen(table->screen);
    memset(table, 0, sizeof *table);
}

/* A plane over the first two axes of a store, its tiles being the store's chunks. */
static struct emit_plane_spec spec_of(const struct emit_store *store, size_t cell_nbytes,
                                      emit_plane_fill fill, const void *context)
{
    const uint64_t *shape = emit_store_shape(store);
    struct emit_plane_spec spec = {.lines = shape[0],
                                   .columns = shape[1],
                                   .cell_nbytes = cell_nbytes,
                                   .tile_lines = TILE_LINES,
                                   .tile_columns = shape[1],
                                   .fill = fill,
                                   .context = context};
    if (emit_store_layout(store)->storage == EMIT_STORAGE_CHUNKED)
    {
        const uint64_t *block = emit_store_block_shape(store);
        spec.tile_lines = block[0];
        spec.tile_columns = block[1];
    }
    return spec;
}

/* Reads bands first_band to first_band + band_count - 1 of an area into memory of the thread. */
static enum emit_status read_area(struct emit_store *store, const struct emit_area *area,
                                  uint64_t first_band, uint64_t band_count,
                                  unsigned char **values_ret, struct emit_scratch *scratch,
                                  struct emit_error *error)
{
    const struct emit_box box = {{area->line, area->column, first_band},
                                 {area->lines, area->columns, band_count}};
    const size_t nbytes = (size_t)(area->lines * area->columns * band_count) *
                          emit_type_size(emit_store_layout(store)->type);
    *values_ret = emit_scratch_get(&scratch[EMIT_SCRATCH_CALLER], nbytes);
    if (*values_ret == NULL)
        return emit_error_memory(error, nbytes, "a tile of a table");
    return emit_store_read_box(store, &box, *values_ret, scratch, error);
}

/* ---- GLT ------------------------------------------------------------------------------------ */

/* What no raw grid contains stands for entries that are no int32. */
static int32_t entry(enum emit_type type, const unsigned char *value)
{
    int32_t number = 0;
    if (!emit_value_set(EMIT_INT32, emit_value_get(type, value), &number))
        number = 0;
    return number;
}

static enum emit_status fill_glt(const void *context, const struct emit_area *area,
                                 unsigned char *cells, size_t line_nbytes,
                                 struct emit_scratch *scratch, struct emit_error *error)
{
    struct emit_store *store = ((const struct emit_table *)context)->store;
    const enum emit_type type = emit_store_layout(store)->type;
    const size_t size = emit_type_size(type);
    unsigned char *values;
    EMIT_TRY(read_area(store, area, 0, 1, &values, scratch, error));
    for (uint64_t line = 0; line < area->lines; line++, cells += line_nbytes)
    {
        const unsigned char *from = values + (size_t)(line * area->columns) * size;
        int32_t *to = (int32_t *)(void *)cells;
        if (type == EMIT_INT32)
            memcpy(to, from, (size_t)area->columns * size);
        else
        {
            for (uint64_t column = 0; column < area->columns; column++)
                to[column] = entry(type, from + column * size);
        }
    }
    return EMIT_OK;
}

enum emit_status emit_table_open_glt(const struct emit_granule *granule,
                                     const struct emit_layout *layout, struct emit_table *table,
                                     struct emit_error *error)
{
    EMIT_TRY(emit_store_open(granule->h5, granule->file, layout, &table->store, error));
    const struct emit_plane_spec spec = spec_of(table->store, sizeof(int32_t), fill_glt, table);
    return emit_plane_open(&spec, &table->plane, error);
}

/* ---- Band mask ------------------------------------------------------------------------------ */

static enum emit_status fill_band_mask(const void *context, const struct emit_area *area,
                                       unsigned char *cells, size_t line_nbytes,
                                       struct emit_scratch *scratch, struct emit_error *error)
{
    struct emit_store *store = ((const struct emit_table *)context)->store;
    const enum emit_type type = emit_store_layout(store)->type;
    const uint64_t packed = emit_store_shape(store)[2];
    const size_t count = (size_t)(area->columns * packed);
    unsigned char *values;
    EMIT_TRY(read_area(store, area, 0, packed, &values, scratch, error));
    for (uint64_t line = 0; line < area->lines; line++, cells += line_nbytes)
        emit_band_mask_narrow(type, values + (size_t)line * count * emit_type_size(type), count,
                              cells);
    return EMIT_OK;
}

enum emit_status emit_table_open_band_mask(const struct emit_granule *mask,
                                           struct emit_table *table, struct emit_error *error)
{
    const struct emit_swath_variable *variable = emit_granule_find(mask, EMIT_VARIABLE_BAND_MASK);
    if (variable->layout.rank != 3 || emit_type_is_float(variable->layout.type))
        return emit_error_set(error, EMIT_ERROR_FORMAT,
                              "band_mask of %s is not packed into whole numbers a pixel",
                              mask->path);
    EMIT_TRY(emit_store_open(mask->h5, mask->file, &variable->layout, &table->store, error));
    const struct emit_plane_spec spec =
        spec_of(table->store, (size_t)emit_store_shape(table->store)[2], fill_band_mask, table);
    return emit_plane_open(&spec, &table->plane, error);
}

/* ---- Screen --------------------------------------------------------------------------------- */

static enum emit_status open_source(struct screen_source *source, struct emit_error *error)
{
    const struct emit_swath_variable *variable =
        emit_granule_find(source->granule, source->variable);
    const struct emit_layout *layout = &variable->layout;
    source->nodata = layout->has_fill ? emit_value_get(layout->type, layout->fill) : EMIT_NODATA;
    return emit_store_open(source->granule->h5, source->granule->file, layout, &source->store,
                           error);
}

/* The source of a term, opened when it is first named; its span grows to hold the term's band. */
static enum emit_status find_source(struct emit_screen *screen, const struct emit_granule *granule,
                                    const char *variable, const struct emit_term *term, size_t *at,
                                    struct emit_error *error)
{
    *at = 0;
    while (*at < screen->source_count && strcmp(screen->source[*at].variable, variable) != 0)
        (*at)++;
    struct screen_source *source = &screen->source[*at];
    if (*at == screen->source_count)
    {
        *source = (struct screen_source){
            .first_band = term->band, .band_count = 1, .granule = granule, .variable = variable};
        EMIT_TRY(open_source(source, error));
        screen->source_count++;
    }
    const uint64_t end = source->first_band + source->band_count;
    const uint64_t new_end = term->band >= end ? term->band + 1 : end;
    source->first_band = term->band < source->first_band ? term->band : source->first_band;
    source->band_count = new_end - source->first_band;
    return EMIT_OK;
}

static enum emit_status screen_by(const struct emit_screen *screen, size_t at,
                                  const struct emit_area *area, unsigned char *cells,
                                  size_t line_nbytes, struct emit_scratch *scratch,
                                  struct emit_error *error)
{
    const struct screen_source *source = &screen->source[at];
    const enum emit_type type = emit_store_layout(source->store)->type;
    const size_t size = emit_type_size(type);
    const size_t pixel_nbytes = (size_t)source->band_count * size;
    unsigned char *values;
    EMIT_TRY(read_area(source->store, area, source->first_band, source->band_count, &values,
                       scratch, error));
    for (size_t t = 0; t < screen->terms->count; t++)
    {
        const struct emit_term *term = &screen->terms->term[t];
        if (screen->source_of[t] != at)
            continue;
        const unsigned char *band = values + (term->band - source->first_band) * size;
        for (uint64_t line = 0; line < area->lines; line++)
            emit_mask_screen(&term->rule, type, band + line * area->columns * pixel_nbytes,
                             pixel_nbytes, (size_t)area->columns, source->nodata,
                             cells + (size_t)line * line_nbytes);
    }
    return EMIT_OK;
}

static enum emit_status fill_screen(const void *context, const struct emit_area *area,
                                    unsigned char *cells, size_t line_nbytes,
                                    struct emit_scratch *scratch, struct emit_error *error)
{
    const struct emit_screen *screen = ((const struct emit_table *)context)->screen;
    for (uint64_t line = 0; line < area->lines; line++)
        memset(cells + (size_t)line * line_nbytes, 0, (size_t)area->columns);
    for (size_t at = 0; at < screen->source_count; at++)
        EMIT_TRY(screen_by(screen, at, area, cells, line_nbytes, scratch, error));
    return EMIT_OK;
}

enum emit_status emit_table_open_screen(const struct emit_masks *masks, struct emit_table *table,
                                        struct emit_error *error)
{
    struct emit_screen *screen = calloc(1, sizeof *screen);
    if (screen == NULL)
        return emit_error_memory(error, sizeof *screen, "a screen");
    table->screen = screen;
    screen->terms = &masks->terms;
    for (size_t t = 0; t < masks->terms.count; t++)
    {
        const struct emit_term *term = &masks->terms.term[t];
        EMIT_TRY(find_source(screen, term->in_state ? masks->state : masks->quality,
                             term->in_state ? term->state_variable : EMIT_VARIABLE_MASK, term,
                             &screen->source_of[t], error));
    }
    const struct emit_plane_spec spec = spec_of(screen->source[0].store, 1, fill_screen, table);
    return emit_plane_open(&spec, &table->plane, error);
}
