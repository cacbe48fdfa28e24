/* SPDX-License-Identifier: MIT */
#include "core/mask/quality_mask.h"

#include "core/granule/schema.h"
#include "core/store/variable_array.h"

#include <stdlib.h>
#include <string.h>

/* One variable and the span of its bands that terms name. */
struct screen_source
{
    struct emit_store *store;
    struct emit_encoding encoding;
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
    struct emit_plane *plane;
};

static enum emit_status open_source(struct screen_source *source, struct emit_error *error)
{
    const struct emit_swath_variable *variable =
        emit_granule_find(source->granule, source->variable);
    const struct emit_layout *layout = &variable->layout;
    source->encoding = emit_layout_encoding(layout);
    return emit_store_open(source->granule->h5, layout, &source->store, error);
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
    const size_t size = emit_type_size(source->encoding.type);
    const size_t pixel_nbytes = (size_t)source->band_count * size;
    unsigned char *values;
    EMIT_TRY(emit_table_read(source->store, area, source->first_band, source->band_count, &values,
                             scratch, error));
    for (size_t t = 0; t < screen->terms->count; t++)
    {
        const struct emit_term *term = &screen->terms->term[t];
        if (screen->source_of[t] != at)
            continue;
        const unsigned char *band = values + (term->band - source->first_band) * size;
        for (uint64_t line = 0; line < area->lines; line++)
            emit_mask_screen(&term->rule, &source->encoding,
                             band + line * area->columns * pixel_nbytes, pixel_nbytes,
                             (size_t)area->columns, cells + (size_t)line * line_nbytes);
    }
    return EMIT_OK;
}

static enum emit_status fill_screen(const void *context, const struct emit_area *area,
                                    unsigned char *cells, size_t line_nbytes,
                                    struct emit_scratch *scratch, struct emit_error *error)
{
    const struct emit_screen *screen = context;
    for (uint64_t line = 0; line < area->lines; line++)
        memset(cells + (size_t)line * line_nbytes, 0, (size_t)area->columns);
    for (size_t at = 0; at < screen->source_count; at++)
        EMIT_TRY(screen_by(screen, at, area, cells, line_nbytes, scratch, error));
    return EMIT_OK;
}

static enum emit_status plan_screen(const void *context, const struct emit_area *area,
                                    struct emit_plan *plan, struct emit_error *error)
{
    const struct emit_screen *screen = context;
    for (size_t at = 0; at < screen->source_count; at++)
    {
        const struct screen_source *source = &screen->source[at];
        EMIT_TRY(emit_table_plan(source->store, area, source->first_band, source->band_count, plan,
                                 error));
    }
    return EMIT_OK;
}

static enum emit_status open_screen(struct emit_screen *screen, const struct emit_masks *masks,
                                    struct emit_error *error)
{
    screen->terms = &masks->terms;
    for (size_t t = 0; t < masks->terms.count; t++)
    {
        const struct emit_term *term = &masks->terms.term[t];
        EMIT_TRY(find_source(screen, term->in_state ? masks->state : masks->quality,
                             term->in_state ? term->state_variable : EMIT_VARIABLE_MASK, term,
                             &screen->source_of[t], error));
    }
    const struct emit_plane_spec spec =
        emit_table_spec(screen->source[0].store, 1, fill_screen, plan_screen, screen);
    return emit_plane_open(&spec, &screen->plane, error);
}

enum emit_status emit_screen_open(const struct emit_masks *masks, struct emit_screen **screen_ret,
                                  struct emit_error *error)
{
    *screen_ret = NULL;
    struct emit_screen *screen = calloc(1, sizeof *screen);
    if (screen == NULL)
        return emit_error_memory(error, sizeof *screen, "a screen");
    const enum emit_status status = open_screen(screen, masks, error);
    if (status == EMIT_OK)
        *screen_ret = screen;
    else
        emit_screen_close(screen);
    return status;
}

void emit_screen_close(struct emit_screen *screen)
{
    if (screen == NULL)
        return;
    emit_plane_close(screen->plane);
    for (size_t i = 0; i < screen->source_count; i++)
        emit_store_close(screen->source[i].store);
    free(screen);
}

struct emit_plane *emit_screen_plane(const struct emit_screen *screen)
{
    return screen->plane;
}
