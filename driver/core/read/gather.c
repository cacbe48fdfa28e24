/* SPDX-License-Identifier: MIT */
/* Cells are copied in runs of 64. The addresses of a run are computed once; then its bands are
 * copied one after another, so that the input and the output stay in the first-level cache,
 * whatever the strides of the buffer. If both sides hold whole spectra, a cell is one copy. The
 * fill value is replaced, and the band mask applied, while the run is in the cache. */
#include "core/read/gather.h"

#include "core/base/number.h"

#include <math.h>
#include <string.h>

/* Cells copied together: one band of them fills four cache lines of the output, and their input
 * stays in the first-level cache from band to band. */
#define RUN 64

/* Up to RUN cells to copy. */
struct run
{
    const struct emit_target *target;
    const struct emit_values *values;
    const struct emit_item *items;
    size_t count;
    const unsigned char *from[RUN];
    unsigned char *to[RUN];
    size_t pixel[RUN]; /* number in the raw grid, if there is a band mask */
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
        run->pixel[i] = emit_pixel_number(item->pixel, run->target->extent);
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

/* Copies one band of a run. "nbytes" is constant at each call, so that copies become single
 * moves. */
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

/* Whether bands are adjacent and in the same order on both sides: then a cell is one copy. */
static bool are_spectra(const struct emit_target *target, const struct emit_values *values,
                        const struct emit_band_target *bands, size_t band_count)
{
    const ptrdiff_t size = (ptrdiff_t)target->rule.value_nbytes;
    if (target->buffer.band_stride != size || values->stride[2] != size)
        return false;
    for (size_t k = 1; k < band_count; k++)
        if (bands[k].file_band != bands[0].file_band + k || bands[k].output != bands[0].output + k)
            return false;
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
    const double number = emit_number_get(rule->type, value);
    return number == rule->fill || (isnan(number) && isnan(rule->fill)) ||
           (rule->other_fill != NULL && number == *rule->other_fill);
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

/* The cells of a run whose pixels have bits set in a group of the band mask. */
struct marked
{
    size_t count;
    size_t cell[RUN];
    const unsigned char *pattern[RUN];
};

static void find_marked(const struct run *run, const struct emit_band_mask_group *group,
                        struct marked *marked)
{
    marked->count = 0;
    for (size_t i = 0; i < run->count; i++)
    {
        const uint32_t number = group->numbers[run->pixel[i]];
        marked->cell[marked->count] = i;
        marked->pattern[marked->count] = group->patterns + number * group->nbytes;
        marked->count += number != 0;
    }
}

/* Writes "value" where a bit of group "index" is set. */
static void write_marked(const struct run *run, size_t index, const struct marked *marked,
                         const struct emit_band_target *bands, size_t band_count,
                         const unsigned char *value)
{
    const size_t group_bands = run->target->mask.group_nbytes * 8;
    const uint64_t first = index * group_bands;
    for (size_t k = 0; k < band_count; k++)
    {
        if (bands[k].file_band < first || bands[k].file_band - first >= group_bands)
            continue;
        const uint64_t band = bands[k].file_band - first;
        for (size_t i = 0; i < marked->count; i++)
            if (emit_band_mask_bit(marked->pattern[i], (size_t)band))
                memcpy(run->to[marked->cell[i]] + band_to(run, &bands[k]), value,
                       run->target->rule.value_nbytes);
    }
}

/* Groups of the band mask that hold requested bands: from "first" to before "end". */
struct group_span
{
    size_t first;
    size_t end;
};

static struct group_span groups_of(const struct emit_band_mask_arrays *mask,
                                   const struct emit_band_target *bands, size_t band_count)
{
    struct group_span span = {mask->group_count, 0};
    for (size_t k = 0; k < band_count && mask->group_count > 0; k++)
    {
        const size_t group = (size_t)bands[k].file_band / 8 / mask->group_nbytes;
        span.first = group < span.first ? group : span.first;
        span.end = group >= span.end ? group + 1 : span.end;
    }
    return span;
}

/* Writes "value" into the bands whose bits are set. */
static void write_where_set(const struct run *run, const struct group_span *groups,
                            const struct emit_band_target *bands, size_t band_count,
                            const unsigned char *value)
{
    struct marked marked;
    for (size_t g = groups->first; g < groups->end; g++)
    {
        find_marked(run, &run->target->mask.groups[g], &marked);
        if (marked.count > 0)
            write_marked(run, g, &marked, bands, band_count, value);
    }
}

void emit_gather(const struct emit_target *target, const struct emit_item *items, size_t count,
                 const struct emit_values *values, const struct emit_band_target *bands,
                 size_t band_count)
{
    const bool spectra = are_spectra(target, values, bands, band_count);
    const struct group_span groups = groups_of(&target->mask, bands, band_count);
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
        write_where_set(&run, &groups, bands, band_count, target->rule.nodata);
    }
}

/* Writes "count" >= 1 adjacent values. Copies what is written so far, doubling its length. */
static void fill_side_by_side(unsigned char *at, size_t count, const unsigned char *value,
                              size_t nbytes)
{
    const size_t total = count * nbytes;
    memcpy(at, value, nbytes);
    for (size_t done = nbytes; done < total; done *= 2)
        memcpy(at + done, at, done < total - done ? done : total - done);
}

/* Writes "count" values "stride" bytes apart. "nbytes" is constant at each call. */
static inline void fill_values(unsigned char *at, ptrdiff_t stride, size_t count,
                               const unsigned char *value, size_t nbytes)
{
    unsigned char copy[8];
    memcpy(copy, value, nbytes);
    for (size_t i = 0; i < count; i++, at += stride)
        memcpy(at, copy, nbytes);
}

static void fill_run(unsigned char *at, ptrdiff_t stride, size_t count, const unsigned char *value,
                     size_t nbytes)
{
    if (stride == (ptrdiff_t)nbytes)
        fill_side_by_side(at, count, value, nbytes);
    else if (nbytes == 1)
        fill_values(at, stride, count, value, 1);
    else if (nbytes == 2)
        fill_values(at, stride, count, value, 2);
    else if (nbytes == 4)
        fill_values(at, stride, count, value, 4);
    else
        fill_values(at, stride, count, value, 8);
}

/* Writes "value" into bands, in ascending order of "output", of "count" cells from "cell" on. */
static void fill_cells(const struct emit_target *target, unsigned char *cell, size_t count,
                       const struct emit_band_target *bands, size_t band_count,
                       const unsigned char *value)
{
    const struct emit_buffer *buffer = &target->buffer;
    const size_t nbytes = target->rule.value_nbytes;
    const bool spectra =
        band_count > 0 && bands[band_count - 1].output == bands[0].output + band_count - 1;
    /* The inner loop takes the shorter stride: bands of a pixel-interleaved buffer, otherwise
     * cells. */
    if (spectra && buffer->column_stride > buffer->band_stride)
    {
        cell += (ptrdiff_t)bands[0].output * buffer->band_stride;
        for (size_t i = 0; i < count; i++, cell += buffer->column_stride)
            fill_run(cell, buffer->band_stride, band_count, value, nbytes);
        return;
    }
    for (size_t k = 0; k < band_count; k++)
        fill_run(cell + (ptrdiff_t)bands[k].output * buffer->band_stride, buffer->column_stride,
                 count, value, nbytes);
}

void emit_gather_nodata(const struct emit_target *target, size_t row, size_t column, size_t count,
                        const struct emit_band_target *bands, size_t band_count)
{
    fill_cells(target, emit_target_cell(target, row, column), count, bands, band_count,
               target->rule.nodata);
}

/* ---- Bits ----------------------------------------------------------------------------------- */

static const unsigned char bit_set = 1;
static const unsigned char bit_clear = 0;

/* Writes 0 into the cells of "row" that show a pixel. */
static void clear_bits(const struct emit_target *target, size_t row,
                       const struct emit_pixel *pixels, size_t count,
                       const struct emit_band_target *bands, size_t band_count)
{
    for (size_t first = 0; first < count; first++)
    {
        size_t end = first;
        while (end < count && emit_is_pixel(pixels[end]))
            end++;
        if (end > first)
            fill_cells(target, emit_target_cell(target, row, first), end - first, bands, band_count,
                       &bit_clear);
        first = end;
    }
}

/* Collects the cells of "row" from "*next" on that show a pixel, until the run is full. */
static void collect_bits(struct run *run, size_t row, const struct emit_pixel *pixels, size_t count,
                         size_t *next)
{
    const struct emit_target *target = run->target;
    for (run->count = 0; *next < count && run->count < RUN; ++*next)
    {
        if (!emit_is_pixel(pixels[*next]))
            continue;
        run->pixel[run->count] = emit_pixel_number(pixels[*next], target->extent);
        run->to[run->count++] = emit_target_cell(target, row, *next);
    }
}

void emit_gather_bits(const struct emit_target *target, size_t row, const struct emit_pixel *pixels,
                      size_t count, const struct emit_band_target *bands, size_t band_count)
{
    const struct group_span groups = groups_of(&target->mask, bands, band_count);
    struct run run;
    run.target = target;
    clear_bits(target, row, pixels, count, bands, band_count);
    for (size_t next = 0; next < count;)
    {
        collect_bits(&run, row, pixels, count, &next);
        write_where_set(&run, &groups, bands, band_count, &bit_set);
    }
}
