/* SPDX-License-Identifier: MIT */
#include "core/mask/quality_mask.h"

#include <string.h>

static enum emit_status fill_quality_mask(const void *context, const struct emit_lazy_tile *tile,
                                          struct emit_error *error)
{
    (void)error;
    const struct emit_quality_mask *mask = context;
    const struct emit_source *source = tile->source;
    const struct emit_encoding encoding = emit_layout_encoding(&source->store->layout);
    const size_t size = source->store->value_nbytes;
    const size_t pixel_nbytes = (size_t)source->band_count * size;
    for (size_t i = 0; i < mask->conditions->count; i++)
    {
        const struct emit_mask_condition *condition = &mask->conditions->condition[i];
        if (mask->source_of[i] != tile->source_index)
            continue;
        const unsigned char *band = tile->values + (condition->band - source->first_band) * size;
        for (uint64_t line = 0; line < tile->area.lines; line++)
            emit_mask_rule_apply(&condition->rule, &encoding,
                                 band + line * tile->area.columns * pixel_nbytes, pixel_nbytes,
                                 (size_t)tile->area.columns,
                                 tile->elements + (size_t)line * tile->line_nbytes);
    }
    return EMIT_OK;
}

/* The store of a variable, opened when first needed. */
static enum emit_status find_store(struct emit_quality_mask *mask,
                                   const struct emit_granule *granule, const char *variable,
                                   struct emit_store **store_ret, struct emit_error *error)
{
    size_t i = 0;
    while (i < mask->store_count && strcmp(mask->variables[i], variable) != 0)
        i++;
    if (i == mask->store_count)
    {
        EMIT_TRY(emit_store_open(granule->h5, &emit_granule_find(granule, variable)->layout,
                                 &mask->stores[i], error));
        mask->variables[i] = variable;
        mask->store_count++;
    }
    *store_ret = mask->stores[i];
    return EMIT_OK;
}

/* Extends the source in whose blocks "band" lies, or adds one: a block between two others may not
 * be needed. Returns its index. */
static size_t add_band(struct emit_quality_mask *mask, struct emit_store *store, uint64_t band)
{
    const uint64_t block_bands = store->block[2];
    size_t i = 0;
    while (i < mask->source_count &&
           (mask->sources[i].store != store ||
            mask->sources[i].first_band / block_bands != band / block_bands))
        i++;
    struct emit_source *source = &mask->sources[i];
    if (i == mask->source_count)
        mask->sources[mask->source_count++] = (struct emit_source){store, band, 1};
    const uint64_t end = source->first_band + source->band_count;
    source->first_band = band < source->first_band ? band : source->first_band;
    source->band_count = (band < end ? end : band + 1) - source->first_band;
    return i;
}

enum emit_status emit_quality_mask_open(const struct emit_mask_sources *masks,
                                        struct emit_quality_mask *mask, struct emit_error *error)
{
    memset(mask, 0, sizeof *mask);
    mask->conditions = &masks->conditions;
    for (size_t i = 0; i < masks->conditions.count; i++)
    {
        const struct emit_mask_condition *condition = &masks->conditions.condition[i];
        struct emit_store *store;
        EMIT_TRY(find_store(mask, condition->in_state ? masks->state : masks->quality,
                            condition->in_state ? condition->state_variable : EMIT_VARIABLE_MASK,
                            &store, error));
        mask->source_of[i] = add_band(mask, store, condition->band);
    }
    const struct emit_lazy_array_config config =
        emit_lazy_array_over(mask->sources, mask->source_count, 1, fill_quality_mask, mask);
    return emit_lazy_array_open(&config, &mask->array, error);
}

void emit_quality_mask_close(struct emit_quality_mask *mask)
{
    emit_lazy_array_close(mask->array);
    for (size_t i = 0; i < mask->store_count; i++)
        emit_store_close(mask->stores[i]);
    memset(mask, 0, sizeof *mask);
}
