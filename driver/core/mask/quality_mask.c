/* SPDX-License-Identifier: MIT */
#include "core/mask/quality_mask.h"

#include "core/granule/schema.h"
#include "core/store/variable_array.h"

#include <stdlib.h>
#include <string.h>

/* One variable that terms name bands of. */
struct screen_source
{
    struct emit_store *store;
    struct emit_encoding encoding;
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

/* The source of a term, opened when it is first named. */
static enum emit_status find_source(struct emit_screen *screen, const struct emit_granule *granule,
                                    const char *variable, size_t *at, struct emit_error *error)
{
    *at = 0;
    while (*at < screen->source_count && strcmp(screen->source[*at].variable, variable) != 0)
        (*at)++;
    struct screen_source *source = &screen->source[*at];
    if (*at == screen->source_count)
    {
        *source = (struct screen_source){.granule = granule, .variable = variable};
        EMIT_TRY(open_source(source, error));
        screen->source_count++;
    }
    return EMIT_OK;
}

/* Bands of a source to read at once. */
struct span
{
    uint64_t first;
    uint64_t count;
};

static bool uses(const struct emit_screen *screen, size_t at, size_t term, uint64_t first_band)
{
    return screen->source_of[term] == at && screen->terms->term[term].band >= first_band;
}

/* The bands from "span"'s end on that terms name and that lie in one block of the source: in a
 * block between two others nobody has asked for anything. False after the last. */
static bool next_span(const struct emit_screen *screen, size_t at, struct span *span)
{
    const uint64_t from = span->first + span->count;
    const uint64_t block_bands = emit_store_block_shape(screen->source[at].store)[2];
    uint64_t first = UINT64_MAX;
    for (size_t t = 0; t < screen->terms->count; t++)
    {
        const uint64_t band = screen->terms->term[t].band;
        if (uses(screen, at, t, from) && band < first)
            first = band;
    }
    uint64_t last = first;
    for (size_t t = 0; t < screen->terms->count; t++)
    {
        const uint64_t band = screen->terms->term[t].band;
        if (uses(screen, at, t, from) && band / block_bands == first / block_bands && band > last)
            last = band;
    }
    *span = (struct span){first, last - first + 1};
    return first != UINT64_MAX;
}

static enum emit_status screen_by(const struct emit_screen *screen, size_t at,
                                  const struct span *span, const struct emit_area *area,
                                  unsigned char *cells, size_t line_nbytes,
                                  struct emit_scratch *scratch, struct emit_error *error)
{
    const struct screen_source *source = &screen->source[at];
    const size_t size = emit_type_size(source->encoding.type);
    const size_t pixel_nbytes = (size_t)span->count * size;
    unsigned char *values;
    EMIT_TRY(
        emit_table_read(source->store, area, span->first, span->count, &values, scratch, error));
    for (size_t t = 0; t < screen->terms->count; t++)
    {
        const struct emit_term *term = &screen->terms->term[t];
        if (!uses(screen, at, t, span->first) || term->band - span->first >= span->count)
            continue;
        const unsigned char *band = values + (term->band - span->first) * size;
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
    {
        struct span span = {0, 0};
        while (next_span(screen, at, &span))
            EMIT_TRY(screen_by(screen, at, &span, area, cells, line_nbytes, scratch, error));
    }
    return EMIT_OK;
}

static enum emit_status plan_screen(const void *context, const struct emit_area *area,
                                    struct emit_plan *plan, struct emit_error *error)
{
    const struct emit_screen *screen = context;
    for (size_t at = 0; at < screen->source_count; at++)
    {
        struct emit_store *store = screen->source[at].store;
        struct span span = {0, 0};
        while (next_span(screen, at, &span))
            EMIT_TRY(emit_table_plan(store, area, span.first, span.count, plan, error));
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
                             term->in_state ? term->state_variable : EMIT_VARIABLE_MASK,
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
