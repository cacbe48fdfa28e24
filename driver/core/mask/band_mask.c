/* SPDX-License-Identifier: MIT */
#include "core/mask/band_mask.h"

#include "core/granule/schema.h"
#include "core/mask/mask_rule.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Minimum size of a group: in smaller ones the pattern numbers take more memory than they save. */
#define LEAST_GROUP_NBYTES 8

/* Number 0, and numbers that threads had reserved but not used when their process was forked. */
#define SPARE_PATTERNS (1 + EMIT_MAX_THREADS)

/* Some bytes of every pixel. */
struct group
{
    size_t nbytes; /* less than in the other groups for the last one, where the bytes end */
    unsigned char *patterns; /* "nbytes" each; number 0 has no bit set */
    size_t capacity;         /* capacity of "patterns" */
    atomic_size_t count;     /* numbers in use */
};

struct emit_band_mask
{
    struct emit_store *store;
    size_t group_nbytes;
    size_t group_count;
    struct group *groups;
    struct emit_lazy_array **pattern_numbers; /* lazy arrays of pattern numbers, one a group */
    struct emit_band_mask_group *arrays;      /* the groups, as gathering reads them */
};

/* ---- Filling -------------------------------------------------------------------------------- */

static bool has_pattern(const struct group *group, uint32_t number, const unsigned char *packed)
{
    return number > 0 &&
           memcmp(group->patterns + number * group->nbytes, packed, group->nbytes) == 0;
}

#define NO_NUMBER UINT32_MAX

/*
 * Returns the number of a pixel's pattern: the one already stored, if a thread of the parent
 * process stored it before fork(); that of the left or upper neighbour, if equal; or a new one.
 * NO_NUMBER if the table is full.
 */
static uint32_t number_of(struct group *group, const unsigned char *packed, uint32_t own,
                          uint32_t before, uint32_t above)
{
    if (!emit_band_mask_any(packed, group->nbytes))
        return 0;
    if (has_pattern(group, above, packed))
        return above;
    if (has_pattern(group, before, packed))
        return before;
    if (has_pattern(group, own, packed))
        return own;
    const size_t number = atomic_fetch_add(&group->count, 1);
    if (number >= group->capacity)
        return NO_NUMBER;
    memcpy(group->patterns + number * group->nbytes, packed, group->nbytes);
    return (uint32_t)number;
}

static enum emit_status fill_numbers(const void *context, const struct emit_lazy_tile *tile,
                                     struct emit_error *error)
{
    /* The lazy array only passes it on: the group belongs to the band mask. */
    struct group *group = (struct group *)(uintptr_t)context;
    const unsigned char *packed = tile->values;
    emit_band_mask_narrow(tile->source->store->layout.type, tile->values,
                          (size_t)(tile->area.lines * tile->area.columns) * group->nbytes,
                          tile->values);
    for (uint64_t line = 0; line < tile->area.lines; line++)
    {
        uint32_t *numbers = (uint32_t *)(void *)(tile->elements + line * tile->line_nbytes);
        const uint32_t *above =
            line > 0 ? (uint32_t *)(void *)((unsigned char *)numbers - tile->line_nbytes) : NULL;
        uint32_t before = 0;
        for (uint64_t column = 0; column < tile->area.columns; column++, packed += group->nbytes)
        {
            before = number_of(group, packed, numbers[column], before,
                               above != NULL ? above[column] : 0);
            if (before == NO_NUMBER)
                return emit_error_memory(error, group->nbytes, "a pattern of a band mask");
            numbers[column] = before;
        }
    }
    return EMIT_OK;
}

/* ---- Opening -------------------------------------------------------------------------------- */

static size_t choose_group_nbytes(const struct emit_store *store)
{
    const uint64_t nbytes = store->shape[2];
    const uint64_t chunk = store->block[2];
    const bool chunked = store->layout.storage == EMIT_STORAGE_CHUNKED;
    return (size_t)(chunked && chunk >= LEAST_GROUP_NBYTES && chunk < nbytes ? chunk : nbytes);
}

static enum emit_status open_group(struct emit_band_mask *bandmask, size_t index,
                                   struct emit_error *error)
{
    struct group *group = &bandmask->groups[index];
    const uint64_t *shape = bandmask->store->shape;
    const uint64_t pixel_count = shape[0] * shape[1];
    const uint64_t first_byte = index * bandmask->group_nbytes;
    group->nbytes = (size_t)emit_min(shape[2] - first_byte, bandmask->group_nbytes);
    atomic_init(&group->count, 1);
    if (pixel_count < UINT32_MAX - SPARE_PATTERNS &&
        pixel_count < SIZE_MAX / group->nbytes - SPARE_PATTERNS)
    {
        group->capacity = (size_t)pixel_count + SPARE_PATTERNS;
        group->patterns = calloc(group->capacity, group->nbytes);
    }
    if (group->patterns == NULL)
        return emit_error_memory(error, (size_t)pixel_count, "a band mask");
    const struct emit_source source = {bandmask->store, first_byte, group->nbytes};
    const struct emit_lazy_array_config config =
        emit_lazy_array_over(&source, 1, sizeof(uint32_t), fill_numbers, group);
    EMIT_TRY(emit_lazy_array_open(&config, &bandmask->pattern_numbers[index], error));
    bandmask->arrays[index] = (struct emit_band_mask_group){
        emit_lazy_array_elements(bandmask->pattern_numbers[index]), group->patterns, group->nbytes};
    return EMIT_OK;
}

static enum emit_status open_groups(struct emit_band_mask *bandmask, struct emit_error *error)
{
    const uint64_t nbytes = bandmask->store->shape[2];
    bandmask->group_nbytes = choose_group_nbytes(bandmask->store);
    const size_t count = (size_t)((nbytes + bandmask->group_nbytes - 1) / bandmask->group_nbytes);
    bandmask->groups = calloc(count, sizeof *bandmask->groups);
    bandmask->pattern_numbers = calloc(count, sizeof *bandmask->pattern_numbers);
    bandmask->arrays = calloc(count, sizeof *bandmask->arrays);
    if (bandmask->groups == NULL || bandmask->pattern_numbers == NULL || bandmask->arrays == NULL)
        return emit_error_memory(error, count * sizeof *bandmask->groups, "a band mask");
    bandmask->group_count = count;
    for (size_t i = 0; i < count; i++)
        EMIT_TRY(open_group(bandmask, i, error));
    return EMIT_OK;
}

enum emit_status emit_band_mask_open(const struct emit_granule *granule,
                                     struct emit_band_mask **bandmask_ret, struct emit_error *error)
{
    const struct emit_swath_variable *variable =
        emit_granule_find(granule, EMIT_VARIABLE_BAND_MASK);
    *bandmask_ret = NULL;
    if (variable->layout.rank != 3)
        return emit_error_set(error, EMIT_ERROR_FORMAT,
                              "band_mask of %s does not have packed bytes for each pixel",
                              granule->path);
    if (variable->layout.encoding.scaled)
        return emit_error_set(error, EMIT_ERROR_FORMAT,
                              "band_mask of %s has the attribute scale_factor or add_offset, which "
                              "its bits cannot have",
                              granule->path);
    struct emit_band_mask *bandmask = calloc(1, sizeof *bandmask);
    if (bandmask == NULL)
        return emit_error_memory(error, sizeof *bandmask, "a band mask");
    enum emit_status status =
        emit_store_open(granule->h5, &variable->layout, &bandmask->store, error);
    if (status == EMIT_OK)
        status = open_groups(bandmask, error);
    if (status == EMIT_OK)
        *bandmask_ret = bandmask;
    else
        emit_band_mask_close(bandmask);
    return status;
}

void emit_band_mask_close(struct emit_band_mask *bandmask)
{
    if (bandmask == NULL)
        return;
    for (size_t i = 0; i < bandmask->group_count; i++)
    {
        emit_lazy_array_close(bandmask->pattern_numbers[i]);
        free(bandmask->groups[i].patterns);
    }
    free(bandmask->groups);
    free(bandmask->pattern_numbers);
    free(bandmask->arrays);
    emit_store_close(bandmask->store);
    free(bandmask);
}

/* ---- Access --------------------------------------------------------------------------------- */

struct emit_band_mask_arrays emit_band_mask_get_arrays(const struct emit_band_mask *bandmask)
{
    return (struct emit_band_mask_arrays){bandmask->arrays, bandmask->group_count,
                                          bandmask->group_nbytes};
}

struct emit_lazy_array *const *emit_band_mask_lazy_arrays(const struct emit_band_mask *bandmask,
                                                          uint64_t first, uint64_t last,
                                                          size_t *count)
{
    const size_t first_group = (size_t)first / 8 / bandmask->group_nbytes;
    *count = (size_t)last / 8 / bandmask->group_nbytes - first_group + 1;
    return bandmask->pattern_numbers + first_group;
}
