/* SPDX-License-Identifier: MIT */
#include "core/mask/quality_mask.h"

#include "core/granule/schema.h"
#include "core/store/variable_array.h"

#include <stdlib.h>
#include <string.h>

/* A variable that conditions refer to. */
struct mask_source
{
    struct emit_store *store;
    struct emit_encoding encoding;
    const struct emit_granule *granule;
    const char *variable;
};

struct emit_quality_mask
{
    const struct emit_mask_conditions *conditions;
    size_t source_count;
    struct mask_source source[EMIT_MAX_CONDITIONS];
    size_t source_of[EMIT_MAX_CONDITIONS]; /* source of each condition */
    struct emit_lazy_array *array;
};

static enum emit_status open_source(struct mask_source *source, struct emit_error *error)
{
    const struct emit_swath_variable *variable =
        emit_granule_find(source->granule, source->variable);
    const struct emit_layout *layout = &variable->layout;
    source->encoding = emit_layout_encoding(layout);
    return emit_store_open(source->granule->h5, layout, &source->store, error);
}

/* Finds the source of a condition, and opens it at its first use. */
static enum emit_status find_source(struct emit_quality_mask *mask,
                                    const struct emit_granule *granule, const char *variable,
                                    size_t *at, struct emit_error *error)
{
    *at = 0;
    while (*at < mask->source_count && strcmp(mask->source[*at].variable, variable) != 0)
        (*at)++;
    struct mask_source *source = &mask->source[*at];
    if (*at == mask->source_count)
    {
        *source = (struct mask_source){.granule = granule, .variable = variable};
        EMIT_TRY(open_source(source, error));
        mask->source_count++;
    }
    return EMIT_OK;
}

/* Bands of a source to read together. */
struct span
{
    uint64_t first;
    uint64_t count;
};

static bool uses(const struct emit_quality_mask *mask, size_t at, size_t condition,
                 uint64_t first_band)
{
    return mask->source_of[condition] == at &&
           mask->conditions->condition[condition].band >= first_band;
}

/* Moves "span" to the next bands that conditions refer to and that lie in one block of the source:
 * a block between two others may not be needed. False after the last one. */
static bool next_span(const struct emit_quality_mask *mask, size_t at, struct span *span)
{
    const uint64_t from = span->first + span->count;
    const uint64_t block_bands = emit_store_block_shape(mask->source[at].store)[2];
    uint64_t first = UINT64_MAX;
    for (size_t t = 0; t < mask->conditions->count; t++)
    {
        const uint64_t band = mask->conditions->condition[t].band;
        if (uses(mask, at, t, from) && band < first)
            first = band;
    }
    uint64_t last = first;
    for (size_t t = 0; t < mask->conditions->count; t++)
    {
        const uint64_t band = mask->conditions->condition[t].band;
        if (uses(mask, at, t, from) && band / block_bands == first / block_bands && band > last)
            last = band;
    }
    *span = (struct span){first, last - first + 1};
    return first != UINT64_MAX;
}

static enum emit_status apply_condition(const struct emit_quality_mask *mask, size_t at,
                                        const struct span *span, const struct emit_area *area,
                                        unsigned char *cells, size_t line_nbytes,
                                        struct emit_scratch *scratch, struct emit_error *error)
{
    const struct mask_source *source = &mask->source[at];
    const size_t size = emit_type_size(source->encoding.type);
    const size_t pixel_nbytes = (size_t)span->count * size;
    unsigned char *values;
    EMIT_TRY(emit_variable_array_read(source->store, area, span->first, span->count, &values,
                                      scratch, error));
    for (size_t t = 0; t < mask->conditions->count; t++)
    {
        const struct emit_mask_condition *condition = &mask->conditions->condition[t];
        if (!uses(mask, at, t, span->first) || condition->band - span->first >= span->count)
            continue;
        const unsigned char *band = values + (condition->band - span->first) * size;
        for (uint64_t line = 0; line < area->lines; line++)
            emit_mask_rule_apply(&condition->rule, &source->encoding,
                                 band + line * area->columns * pixel_nbytes, pixel_nbytes,
                                 (size_t)area->columns, cells + (size_t)line * line_nbytes);
    }
    return EMIT_OK;
}

static enum emit_status fill_quality_mask(const void *context, const struct emit_area *area,
                                          unsigned char *cells, size_t line_nbytes,
                                          struct emit_scratch *scratch, struct emit_error *error)
{
    const struct emit_quality_mask *mask = context;
    for (uint64_t line = 0; line < area->lines; line++)
        memset(cells + (size_t)line * line_nbytes, 0, (size_t)area->columns);
    for (size_t at = 0; at < mask->source_count; at++)
    {
        struct span span = {0, 0};
        while (next_span(mask, at, &span))
            EMIT_TRY(apply_condition(mask, at, &span, area, cells, line_nbytes, scratch, error));
    }
    return EMIT_OK;
}

static enum emit_status list_quality_mask(const void *context, const struct emit_area *area,
                                          struct emit_prefetch_list *prefetch,
                                          struct emit_error *error)
{
    const struct emit_quality_mask *mask = context;
    for (size_t at = 0; at < mask->source_count; at++)
    {
        struct emit_store *store = mask->source[at].store;
        struct span span = {0, 0};
        while (next_span(mask, at, &span))
            EMIT_TRY(
                emit_variable_array_list(store, area, span.first, span.count, prefetch, error));
    }
    return EMIT_OK;
}

static enum emit_status open_quality_mask(struct emit_quality_mask *mask,
                                          const struct emit_mask_sources *masks,
                                          struct emit_error *error)
{
    mask->conditions = &masks->conditions;
    for (size_t t = 0; t < masks->conditions.count; t++)
    {
        const struct emit_mask_condition *condition = &masks->conditions.condition[t];
        EMIT_TRY(find_source(mask, condition->in_state ? masks->state : masks->quality,
                             condition->in_state ? condition->state_variable : EMIT_VARIABLE_MASK,
                             &mask->source_of[t], error));
    }
    const struct emit_lazy_array_config config = emit_variable_array_config(
        mask->source[0].store, 1, fill_quality_mask, list_quality_mask, mask);
    return emit_lazy_array_open(&config, &mask->array, error);
}

enum emit_status emit_quality_mask_open(const struct emit_mask_sources *masks,
                                        struct emit_quality_mask **mask_ret,
                                        struct emit_error *error)
{
    *mask_ret = NULL;
    struct emit_quality_mask *mask = calloc(1, sizeof *mask);
    if (mask == NULL)
        return emit_error_memory(error, sizeof *mask, "a mask");
    const enum emit_status status = open_quality_mask(mask, masks, error);
    if (status == EMIT_OK)
        *mask_ret = mask;
    else
        emit_quality_mask_close(mask);
    return status;
}

void emit_quality_mask_close(struct emit_quality_mask *mask)
{
    if (mask == NULL)
        return;
    emit_lazy_array_close(mask->array);
    for (size_t i = 0; i < mask->source_count; i++)
        emit_store_close(mask->source[i].store);
    free(mask);
}

struct emit_lazy_array *emit_quality_mask_array(const struct emit_quality_mask *mask)
{
    return mask->array;
}
