/* SPDX-License-Identifier: MIT */
#include "core/gather.h"

#include "core/mask.h"
#include "core/value.h"

#include <math.h>
#include <string.h>

/* Cells moved together: one band of them fills four cache lines of the output, and their places in
 * the input stay in the first-level cache from band to band. */
#define RUN 64

/* Up to RUN cells on their way. */
struct run
{
    const struct emit_target *target;
    const struct emit_values *values;
    const struct emit_item *items;
    size_t count;
    const unsigned char *from[RUN];
    unsigned char *to[RUN];
};

static void begin_run(struct run *run)
{
    const struct emit_values *values = run->values;
    for (size_t i = 0; i < run->count; i++)
    {
        const struct emit_item *item = &run->items[i];
        const ptrdiff_t line = item->pixel.downtrack - (ptrdiff_t)values->box.start[0];
        const ptrdiff_t column = item->pixel.crosstrack - (ptrdiff_t)values->box.start[1];
        run->from[i] = values->bytes + line * values->stride[0] + column * values->stride[1];
        run->to[i] = emit_target_cell(run->target, item->row, item->column);
    }
}

static ptrdiff_t band_from(const struct run *run, const struct emit_band_target *band)
{
    return (ptrdiff_t)(band->file_band - run->values->box.start[2]) * run->values->stride[2];
}

static ptrdiff_t band_to(const struct run *run, const struct emit_band_target *band)
{
    return (ptrdiff_t)band->output * run->target->buffer.band_stride;
}

/* Moves one band of a run; "nbytes" is a constant where it is called, so copies are single moves.
 */
static inline void move_band(const struct run *run, ptrdiff_t from, ptrdiff_t to, size_t nbytes)
{
    for (size_t i = 0; i < run->count; i++)
        memcpy(run->to[i] + to, run->from[i] + from, nbytes);
}

static void move_bands(const struct run *run, const struct emit_band_target *bands,
                       size_t band_count)
{
    for (size_t k = 0; k < band_count; k++)
    {
        const ptrdiff_t from = band_from(run, &bands[k]);
        const ptrdiff_t to = band_to(run, &bands[k]);
        switch (run->target->rule.value_nbytes)
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
static bool are_spectra(const struct emit_target *target, const struct emit_values *values,
                        const struct emit_band_target *bands, size_t band_count)
{
    const ptrdiff_t size = (ptrdiff_t)target->rule.value_nbytes;
    if (target->buffer.band_stride != size || values->stride[2] != size)
        return false;
    for (size_t k = 1; k < band_count; k++)
    {
        if (bands[k].file_band != bands[0].file_band + k || bands[k].output != bands[0].output + k)
            return false;
    }
    return band_count > 0;
}

static void move_spectra(const struct run *run, const struct emit_band_target *bands,
                         size_t band_count)
{
    const ptrdiff_t from = band_from(run, &bands[0]);
    const ptrdiff_t to = band_to(run, &bands[0]);
    for (size_t i = 0; i < run->count; i++)
        memcpy(run->to[i] + to, run->from[i] + from, band_count * run->target->rule.value_nbytes);
}

/* ---- Nodata --------------------------------------------------------------------------------- */

static bool is_fill(const struct emit_value_rule *rule, const unsigned char *value)
{
    const double number = emit_value_get(rule->type, value);
    return number == rule->fill || (isnan(number) && isnan(rule->fill));
}

static void replace_fill(const struct run *run, const struct emit_band_target *bands,
                         size_t band_count)
{
    const struct emit_value_rule *rule = &run->target->rule;
    for (size_t k = 0; k < band_count; k++)
    {
        for (size_t i = 0; i < run->count; i++)
        {
            unsigned char *value = run->to[i] + band_to(run, &bands[k]);
            if (is_fill(rule, value))
                memcpy(value, rule->nodata, rule->value_nbytes);
        }
    }
}

static void mask_cell(const struct run *run, size_t i, const struct emit_band_target *bands,
                      size_t band_count)
{
    const struct emit_target *target = run->target;
    const size_t pixel = emit_pixel_number(run->items[i].pixel, target->extent);
    const unsigned char *packed = target->mask.packed + pixel * target->mask.pixel_nbytes;
    if (target->mask.marks[pixel] == 0)
        return;
    for (size_t k = 0; k < band_count; k++)
    {
        if (emit_band_mask_bit(packed, (size_t)bands[k].file_band))
            memcpy(run->to[i] + band_to(run, &bands[k]), target->rule.nodata,
                   target->rule.value_nbytes);
    }
}

void emit_gather(const struct emit_target *target, const struct emit_item *items, size_t count,
                 const struct emit_values *values, const struct emit_band_target *bands,
                 size_t band_count)
{
    const bool spectra = are_spectra(target, values, bands, band_count);
    struct run run;
    run.target = target;
    run.values = values;
    for (size_t done = 0; done < count; done += RUN)
    {
        run.items = items + done;
        run.count = count - done < RUN ? count - done : RUN;
        begin_run(&run);
        if (spectra)
            move_spectra(&run, bands, band_count);
        else
            move_bands(&run, bands, band_count);
        if (target->rule.replace_fill)
            replace_fill(&run, bands, band_count);
        for (size_t i = 0; i < run.count && target->mask.packed != NULL; i++)
            mask_cell(&run, i, bands, band_count);
    }
}

/* Writes "count" values "stride" bytes apart; "nbytes" is a constant where it is called. */
static inline void fill_values(unsigned char *at, ptrdiff_t stride, size_t count,
                               const unsigned char *value, size_t nbytes)
{
    unsigned char kept[8];
    memcpy(kept, value, nbytes);
    for (size_t i = 0; i < count; i++, at += stride)
        memcpy(at, kept, nbytes);
}

static void fill_nodata(unsigned char *at, ptrdiff_t stride, size_t count,
                        const struct emit_value_rule *rule)
{
    switch (rule->value_nbytes)
    {
    case 1:
        fill_values(at, stride, count, rule->nodata, 1);
        break;
    case 2:
        fill_values(at, stride, count, rule->nodata, 2);
        break;
    case 4:
        fill_values(at, stride, count, rule->nodata, 4);
        break;
    default:
        fill_values(at, stride, count, rule->nodata, 8);
        break;
    }
}

void emit_gather_nodata(const struct emit_target *target, size_t row, size_t column, size_t count,
                        const struct emit_band_target *bands, size_t band_count)
{
    unsigned char *cell = emit_target_cell(target, row, column);
    const struct emit_buffer *buffer = &target->buffer;
    const bool spectra =
        band_count > 0 && bands[band_count - 1].output - bands[0].output == band_count - 1;
    /* The shorter step goes inside: bands of a pixel-interleaved buffer, cells of any other. */
    if (spectra && buffer->column_stride > buffer->band_stride)
    {
        cell += (ptrdiff_t)bands[0].output * buffer->band_stride;
        for (size_t i = 0; i < count; i++, cell += buffer->column_stride)
            fill_nodata(cell, buffer->band_stride, band_count, &target->rule);
        return;
    }
    for (size_t k = 0; k < band_count; k++)
        fill_nodata(cell + (ptrdiff_t)bands[k].output * buffer->band_stride, buffer->column_stride,
                    count, &target->rule);
}

/* ---- Bits ----------------------------------------------------------------------------------- */

/* Puts the cells of "row" from "*next" on that show a pixel into a run, as far as they go. */
static void collect_bits(struct run *run, size_t row, const struct emit_pixel *pixels, size_t count,
                         size_t *next)
{
    const struct emit_target *target = run->target;
    for (run->count = 0; *next < count && run->count < RUN; ++*next)
    {
        const struct emit_pixel pixel = pixels[*next];
        if (!emit_is_pixel(pixel))
            continue;
        run->from[run->count] = target->mask.packed + emit_pixel_number(pixel, target->extent) *
                                                          target->mask.pixel_nbytes;
        run->to[run->count++] = emit_target_cell(target, row, *next);
    }
}

void emit_gather_bits(const struct emit_target *target, size_t row, const struct emit_pixel *pixels,
                      size_t count, const struct emit_band_target *bands, size_t band_count)
{
    struct run run;
    run.target = target;
    for (size_t next = 0; next < count;)
    {
        collect_bits(&run, row, pixels, count, &next);
        for (size_t k = 0; k < band_count; k++)
        {
            const ptrdiff_t to = band_to(&run, &bands[k]);
            for (size_t i = 0; i < run.count; i++)
                run.to[i][to] = emit_band_mask_bit(run.from[i], (size_t)bands[k].file_band);
        }
    }
}
