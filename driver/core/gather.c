/* SPDX-License-Identifier: MIT */
#include "core/gather.h"

#include "core/mask.h"
#include "core/value.h"

#include <math.h>
#include <string.h>

/* Cells moved together: one band of them fills four cache lines of the output, and their places in
 * the input stay in the first-level cache from band to band. */
#define RUN 64

/* Up to RUN cells on their way: where each comes from, goes to, and its raw pixel. */
struct run
{
    const unsigned char *from[RUN];
    unsigned char *to[RUN];
    emit_pixel pixel[RUN];
    size_t count;
};

static void begin_run(struct run *run, const struct emit_cell_map *map, const uint32_t *cells,
                      size_t count, const struct emit_values *values)
{
    run->count = count < RUN ? count : RUN;
    for (size_t i = 0; i < run->count; i++)
    {
        const emit_pixel pixel = map->pixels[cells[i]];
        const ptrdiff_t line = pixel / map->crosstrack - (ptrdiff_t)values->box.start[0];
        const ptrdiff_t column = pixel % map->crosstrack - (ptrdiff_t)values->box.start[1];
        run->from[i] = values->bytes + line * values->stride[0] + column * values->stride[1];
        run->to[i] = emit_cell_at(map, cells[i]);
        run->pixel[i] = pixel;
    }
}

/* Moves one band of a run; "nbytes" is a constant where it is called, so copies are single moves.
 */
static inline void move_band(const struct run *run, ptrdiff_t from, ptrdiff_t to, size_t nbytes)
{
    for (size_t i = 0; i < run->count; i++)
        memcpy(run->to[i] + to, run->from[i] + from, nbytes);
}

static void move_run(const struct run *run, const struct emit_values *values,
                     const struct emit_band_target *targets, size_t target_count,
                     ptrdiff_t band_stride, size_t value_nbytes)
{
    for (size_t k = 0; k < target_count; k++)
    {
        const ptrdiff_t from =
            (ptrdiff_t)(targets[k].file_band - values->box.start[2]) * values->stride[2];
        const ptrdiff_t to = (ptrdiff_t)targets[k].output * band_stride;
        switch (value_nbytes)
        {
        case 1:
            move_band(run, from, to, 1);
            break;
        case 2:
            move_band(run, from, to, 2);
            break;
        case 4:
            move_band(run, from, to, 4);
            break;
        default:
            move_band(run, from, to, 8);
            break;
        }
    }
}

/* Whether bands lie side by side on both sides, in the same order: then a cell is one copy. */
static bool is_spectrum(const struct emit_values *values, const struct emit_band_target *targets,
                        size_t count, ptrdiff_t band_stride, size_t value_nbytes)
{
    if (band_stride != (ptrdiff_t)value_nbytes || values->stride[2] != band_stride)
        return false;
    for (size_t k = 1; k < count; k++)
    {
        if (targets[k].file_band != targets[0].file_band + k ||
            targets[k].output != targets[0].output + k)
            return false;
    }
    return true;
}

static void move_spectra(const struct run *run, const struct emit_values *values,
                         const struct emit_band_target *targets, size_t target_count,
                         size_t value_nbytes)
{
    const ptrdiff_t from =
        (ptrdiff_t)((targets[0].file_band - values->box.start[2]) * value_nbytes);
    const ptrdiff_t to = (ptrdiff_t)(targets[0].output * value_nbytes);
    for (size_t i = 0; i < run->count; i++)
        memcpy(run->to[i] + to, run->from[i] + from, target_count * value_nbytes);
}

/* ---- Nodata --------------------------------------------------------------------------------- */

static bool is_fill(const struct emit_value_rule *rule, const unsigned char *value)
{
    const double number = emit_value_get(rule->type, value);
    return number == rule->fill || (isnan(number) && isnan(rule->fill));
}

static void replace_fill(const struct run *run, const struct emit_band_target *targets,
                         size_t target_count, ptrdiff_t band_stride,
                         const struct emit_value_rule *rule)
{
    for (size_t k = 0; k < target_count; k++)
    {
        for (size_t i = 0; i < run->count; i++)
        {
            unsigned char *value = run->to[i] + (ptrdiff_t)targets[k].output * band_stride;
            if (is_fill(rule, value))
                memcpy(value, rule->nodata, rule->value_nbytes);
        }
    }
}

static void mask_bands(const struct run *run, const struct emit_band_target *targets,
                       size_t target_count, ptrdiff_t band_stride,
                       const struct emit_value_rule *rule, const struct emit_band_mask *mask)
{
    for (size_t i = 0; i < run->count; i++)
    {
        const unsigned char *packed = mask->packed + (size_t)run->pixel[i] * mask->pixel_nbytes;
        if (target_count > 8 && !emit_band_mask_any(packed, mask->pixel_nbytes))
            continue;
        for (size_t k = 0; k < target_count; k++)
        {
            if (emit_band_mask_bit(packed, (size_t)targets[k].file_band))
                memcpy(run->to[i] + (ptrdiff_t)targets[k].output * band_stride, rule->nodata,
                       rule->value_nbytes);
        }
    }
}

void emit_gather(const struct emit_cell_map *map, const uint32_t *cells, size_t count,
                 const struct emit_values *values, const struct emit_band_target *targets,
                 size_t target_count, const struct emit_value_rule *rule,
                 const struct emit_band_mask *mask)
{
    const ptrdiff_t band_stride = map->buffer.band_stride;
    const bool spectrum =
        is_spectrum(values, targets, target_count, band_stride, rule->value_nbytes);
    struct run run;
    for (size_t done = 0; done < count; done += run.count)
    {
        begin_run(&run, map, cells + done, count - done, values);
        if (spectrum)
            move_spectra(&run, values, targets, target_count, rule->value_nbytes);
        else
            move_run(&run, values, targets, target_count, band_stride, rule->value_nbytes);
        if (rule->replace_fill)
            replace_fill(&run, targets, target_count, band_stride, rule);
        if (mask->packed != NULL)
            mask_bands(&run, targets, target_count, band_stride, rule, mask);
    }
}

void emit_gather_fill(const struct emit_cell_map *map, size_t first, size_t count,
                      const struct emit_band_target *targets, size_t target_count,
                      const struct emit_value_rule *rule)
{
    unsigned char *cell = emit_cell_at(map, first);
    const ptrdiff_t column_stride = map->buffer.column_stride;
    const ptrdiff_t band_stride = map->buffer.band_stride;
    /* The shorter step goes inside: bands of a pixel-interleaved buffer, cells of any other. */
    if (column_stride > band_stride)
    {
        for (size_t i = 0; i < count; i++, cell += column_stride)
        {
            for (size_t k = 0; k < target_count; k++)
                memcpy(cell + (ptrdiff_t)targets[k].output * band_stride, rule->nodata,
                       rule->value_nbytes);
        }
        return;
    }
    for (size_t k = 0; k < target_count; k++)
    {
        unsigned char *at = cell + (ptrdiff_t)targets[k].output * band_stride;
        for (size_t i = 0; i < count; i++, at += column_stride)
            memcpy(at, rule->nodata, rule->value_nbytes);
    }
}
