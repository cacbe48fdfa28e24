/* SPDX-License-Identifier: MIT */
#include "core/mask/band_mask.h"

#include "core/base/process_lock.h"
#include "core/granule/schema.h"

#include <stdlib.h>
#include <string.h>

/* Minimum size of a group, which is one chunk or several: in smaller ones the pattern numbers take
 * more memory than they save. */
#define LEAST_GROUP_NBYTES 8

/* Number 0, and numbers that threads had reserved but not used when their process was forked. */
#define SPARE_PATTERNS (1 + EMIT_MAX_THREADS)

/* ---- Filling -------------------------------------------------------------------------------- */

static bool has_pattern(const unsigned char *patterns, uint32_t number, const unsigned char *packed,
                        size_t nbytes)
{
    return number > 0 && memcmp(patterns + number * nbytes, packed, nbytes) == 0;
}

/* Returns the number of a pixel's pattern: that of the upper or left neighbour, if equal; the one
 * already stored, if a thread of the parent process stored it before fork(); or a new one. */
static uint32_t number_of(struct emit_lazy_array *array, const unsigned char *packed, size_t nbytes,
                          const uint32_t stored[3])
{
    const unsigned char *patterns = emit_lazy_array_items(array);
    if (!emit_band_mask_any(packed, nbytes))
        return 0;
    for (int i = 0; i < 3; i++)
        if (has_pattern(patterns, stored[i], packed, nbytes))
            return stored[i];
    return emit_lazy_array_add_item(array, packed);
}

static enum emit_status fill_numbers(const void *context, const struct emit_lazy_tile *tile,
                                     struct emit_error *error)
{
    const struct emit_band_mask *mask = context;
    const size_t index = (size_t)tile->source->first_band / mask->arrays.group_nbytes;
    const size_t nbytes = mask->arrays.groups[index].nbytes;
    const unsigned char *packed = tile->values;
    if (mask->store->value_nbytes > 1)
        emit_band_mask_narrow(mask->store->layout.type, tile->values,
                              (size_t)(tile->area.lines * tile->area.columns) * nbytes,
                              tile->values);
    for (uint64_t line = 0; line < tile->area.lines; line++)
    {
        unsigned char *at = tile->elements + line * tile->line_nbytes;
        uint32_t *numbers = (uint32_t *)(void *)at;
        const uint32_t *above = line > 0 ? (uint32_t *)(void *)(at - tile->line_nbytes) : NULL;
        uint32_t left = 0;
        for (uint64_t column = 0; column < tile->area.columns; column++, packed += nbytes)
        {
            const uint32_t stored[3] = {above != NULL ? above[column] : 0, left, numbers[column]};
            left = number_of(mask->numbers[index], packed, nbytes, stored);
            if (left == EMIT_NO_ITEM)
                return emit_error_memory(error, nbytes, "a pattern of a band mask");
            numbers[column] = left;
        }
    }
    return EMIT_OK;
}

/* ---- Opening -------------------------------------------------------------------------------- */

static size_t choose_group_nbytes(const struct emit_store *store)
{
    const uint64_t nbytes = store->shape[2];
    const uint64_t chunk = store->block[2];
    const uint64_t chunks = (LEAST_GROUP_NBYTES - 1) / chunk + 1;
    const bool chunked = store->layout.storage == EMIT_STORAGE_CHUNKED;
    return (size_t)(chunked && chunk * chunks < nbytes ? chunk * chunks : nbytes);
}

static enum emit_status open_group(struct emit_band_mask *mask, size_t index,
                                   struct emit_error *error)
{
    struct emit_band_mask_group *group = &mask->arrays.groups[index];
    const uint64_t first = index * mask->arrays.group_nbytes;
    group->nbytes = (size_t)emit_min(mask->store->shape[2] - first, mask->arrays.group_nbytes);
    const struct emit_source source = {mask->store, first, group->nbytes};
    struct emit_lazy_array_config config =
        emit_lazy_array_over(&source, 1, sizeof(uint32_t), fill_numbers, mask);
    config.item_nbytes = group->nbytes;
    config.item_capacity = (size_t)(config.lines * config.columns) + SPARE_PATTERNS;
    return emit_lazy_array_open(&config, &mask->numbers[index], error);
}

static enum emit_status open_groups(struct emit_band_mask *mask, struct emit_error *error)
{
    struct emit_band_mask_arrays *arrays = &mask->arrays;
    const uint64_t *shape = mask->store->shape;
    const uint64_t pixel_count = shape[0] * shape[1];
    arrays->group_nbytes = choose_group_nbytes(mask->store);
    const size_t count = (size_t)((shape[2] - 1) / arrays->group_nbytes) + 1;
    if (pixel_count < UINT32_MAX - SPARE_PATTERNS)
        arrays->groups = calloc(count, sizeof *arrays->groups);
    mask->numbers = calloc(count, sizeof *mask->numbers);
    if (arrays->groups == NULL || mask->numbers == NULL)
        return emit_error_memory(error, count * sizeof *arrays->groups, "a band mask");
    arrays->group_count = count;
    for (size_t i = 0; i < count; i++)
        EMIT_TRY(open_group(mask, i, error));
    return EMIT_OK;
}

enum emit_status emit_band_mask_open(const struct emit_granule *granule,
                                     struct emit_band_mask *mask, struct emit_error *error)
{
    const struct emit_layout *layout = &emit_granule_find(granule, EMIT_VARIABLE_BAND_MASK)->layout;
    memset(mask, 0, sizeof *mask);
    if (layout->rank != 3)
        return emit_error_set(error, EMIT_ERROR_FORMAT,
                              "band_mask of %s does not have packed bytes for each pixel",
                              granule->path);
    if (layout->encoding.scaled)
        return emit_error_set(error, EMIT_ERROR_FORMAT,
                              "band_mask of %s has the attribute scale_factor or add_offset, which "
                              "its bits cannot have",
                              granule->path);
    EMIT_TRY(emit_store_open(granule->h5, layout, &mask->store, error));
    return open_groups(mask, error);
}

void emit_band_mask_close(struct emit_band_mask *mask)
{
    for (size_t i = 0; i < mask->arrays.group_count; i++)
        emit_lazy_array_close(mask->numbers[i]);
    free(mask->arrays.groups);
    free(mask->numbers);
    emit_store_close(mask->store);
    memset(mask, 0, sizeof *mask);
}

/* Sets the addresses of a group in memory. They stay the same while a read holds the arrays, so
 * that only the first of several reads writes them. */
static void find_group(const struct emit_band_mask *mask, size_t index)
{
    struct emit_band_mask_group *group = &mask->arrays.groups[index];
    emit_lock(EMIT_LOCK_ARRAYS);
    if (group->numbers != emit_lazy_array_elements(mask->numbers[index]))
        group->numbers = emit_lazy_array_elements(mask->numbers[index]);
    if (group->patterns != emit_lazy_array_items(mask->numbers[index]))
        group->patterns = emit_lazy_array_items(mask->numbers[index]);
    emit_unlock(EMIT_LOCK_ARRAYS);
}

enum emit_status emit_band_mask_load(const struct emit_band_mask *mask, uint64_t first,
                                     uint64_t last, const struct emit_area *area, int threads,
                                     struct emit_error *error)
{
    const size_t first_group = (size_t)first / 8 / mask->arrays.group_nbytes;
    const size_t count = (size_t)last / 8 / mask->arrays.group_nbytes - first_group + 1;
    EMIT_TRY(emit_lazy_arrays_load(mask->numbers + first_group, count, area, threads, error));
    for (size_t i = first_group; i < first_group + count; i++)
        find_group(mask, i);
    return EMIT_OK;
}
