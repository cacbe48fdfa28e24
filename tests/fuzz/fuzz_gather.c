/* SPDX-License-Identifier: MIT */
/* A lookup table with any entries, and the values that its cells gather, band mask and fill values
 * included, compared with an answer worked out cell by cell. */
#include "fuzz.h"

#include "core/base/number.h"
#include "core/geometry/glt.h"
#include "core/read/gather.h"

#define MAX_BANDS 12

/* Groups of one byte, or one of all. */
#define MAX_GROUPS ((MAX_BANDS + 7) / 8)

/* One input: a raw grid of values, a row of table entries, and what is done with them. */
struct scene
{
    struct emit_extent extent;
    size_t bands;
    enum emit_type type;
    size_t cell_count;
    unsigned char *values;                          /* by line, sample, band */
    unsigned char *packed;                          /* the band mask, or NULL */
    struct emit_band_mask_group groups[MAX_GROUPS]; /* the same, as gathering takes it */
    uint32_t *numbers[MAX_GROUPS];
    unsigned char *patterns[MAX_GROUPS];
    size_t group_count;
    size_t group_nbytes;
    int32_t *glt_x;
    int32_t *glt_y;
    int64_t *columns;
    struct emit_band_target wanted[MAX_BANDS];
    size_t wanted_count;
    bool by_pixel; /* whether the output lies pixel after pixel, else band after band */
};

/* Each pixel with a bit set has a pattern of its own, number i + 1 for pixel i. */
static void begin_group(struct scene *scene, size_t g, size_t pixels, size_t packed_nbytes)
{
    const size_t first = g * scene->group_nbytes;
    const size_t left = packed_nbytes - first;
    const size_t nbytes = left < scene->group_nbytes ? left : scene->group_nbytes;
    scene->numbers[g] = fuzz_memory(pixels * sizeof *scene->numbers[g]);
    scene->patterns[g] = fuzz_memory((pixels + 1) * nbytes);
    memset(scene->patterns[g], 0, nbytes);
    for (size_t i = 0; i < pixels; i++)
    {
        unsigned char any = 0;
        unsigned char *pattern = scene->patterns[g] + (i + 1) * nbytes;
        memcpy(pattern, scene->packed + i * packed_nbytes + first, nbytes);
        for (size_t k = 0; k < nbytes; k++)
            any |= pattern[k];
        scene->numbers[g][i] = any != 0 ? (uint32_t)i + 1 : 0;
    }
    scene->groups[g] = (struct emit_band_mask_group){scene->numbers[g], scene->patterns[g], nbytes};
}

static void begin_mask(struct scene *scene, struct fuzz_input *input, size_t pixels)
{
    const size_t packed_nbytes = (scene->bands + 7) / 8;
    scene->packed = NULL;
    scene->group_count = 0;
    scene->group_nbytes = fuzz_between(input, 1, (unsigned)packed_nbytes);
    if (fuzz_byte(input) % 2 == 0)
        return;
    scene->packed = fuzz_array(input, pixels, packed_nbytes);
    scene->group_count = (packed_nbytes + scene->group_nbytes - 1) / scene->group_nbytes;
    for (size_t g = 0; g < scene->group_count; g++)
        begin_group(scene, g, pixels, packed_nbytes);
}

static void begin_values(struct scene *scene, struct fuzz_input *input)
{
    scene->extent = (struct emit_extent){(int32_t)fuzz_between(input, 1, 9),
                                         (int32_t)fuzz_between(input, 1, 11)};
    scene->bands = fuzz_between(input, 1, MAX_BANDS);
    scene->type = (enum emit_type)fuzz_between(input, 0, EMIT_TYPE_END - 1);
    const size_t pixels = (size_t)(scene->extent.downtrack * scene->extent.crosstrack);
    begin_mask(scene, input, pixels);
    scene->values = fuzz_array(input, pixels * scene->bands, emit_type_size(scene->type));
}

/* Bands in file order or in any, as the two ways to copy want it. */
static void begin_bands(struct scene *scene, struct fuzz_input *input)
{
    const bool in_order = fuzz_byte(input) % 2;
    scene->by_pixel = fuzz_byte(input) % 2;
    scene->wanted_count = in_order ? scene->bands : fuzz_between(input, 1, MAX_BANDS);
    for (size_t k = 0; k < scene->wanted_count; k++)
        scene->wanted[k] = (struct emit_band_target){
            in_order ? k : fuzz_between(input, 0, (unsigned)scene->bands - 1), k};
}

/* Entries near the raw grid, which random ones would hardly ever hit, or as the input has them. */
static void begin_table(struct scene *scene, struct fuzz_input *input)
{
    scene->cell_count = fuzz_between(input, 1, 150);
    scene->columns = fuzz_memory(scene->cell_count * sizeof *scene->columns);
    for (size_t i = 0; i < scene->cell_count; i++)
        scene->columns[i] =
            fuzz_byte(input) % 3 ? (int64_t)i : (int64_t)(fuzz_pair(input) % scene->cell_count);
    const bool near = fuzz_byte(input) % 4 != 0;
    scene->glt_x = fuzz_array(input, scene->cell_count, sizeof *scene->glt_x);
    scene->glt_y = fuzz_array(input, scene->cell_count, sizeof *scene->glt_y);
    for (size_t i = 0; i < scene->cell_count && near; i++)
    {
        scene->glt_x[i] %= 13;
        scene->glt_y[i] %= 11;
    }
}

static void end(struct scene *scene)
{
    free(scene->values);
    free(scene->packed);
    for (size_t g = 0; g < scene->group_count; g++)
    {
        free(scene->numbers[g]);
        free(scene->patterns[g]);
    }
    free(scene->glt_x);
    free(scene->glt_y);
    free(scene->columns);
}

/* What cell "i" has to hold of the wanted band "k". */
static void expect(const struct scene *scene, const struct emit_value_rule *rule, size_t i,
                   size_t k, unsigned char *value)
{
    const size_t size = emit_type_size(scene->type);
    const int32_t line = scene->glt_y[scene->columns[i]];
    const int32_t sample = scene->glt_x[scene->columns[i]];
    memcpy(value, rule->nodata, size);
    if (line < 1 || sample < 1 || line > scene->extent.downtrack ||
        sample > scene->extent.crosstrack)
        return;
    const size_t pixel = (size_t)((line - 1) * scene->extent.crosstrack + sample - 1);
    const size_t band = (size_t)scene->wanted[k].file_band;
    if (scene->packed != NULL &&
        scene->packed[pixel * ((scene->bands + 7) / 8) + band / 8] & 128 >> band % 8)
        return;
    const unsigned char *raw = scene->values + (pixel * scene->bands + band) * size;
    if (!rule->replace_fill || emit_number_get(scene->type, raw) != rule->fill)
        memcpy(value, raw, size);
}

static void gather(const struct scene *scene, const struct emit_target *target)
{
    const struct emit_extent extent = scene->extent;
    const struct emit_box box = {
        {0, 0, 0}, {(uint64_t)extent.downtrack, (uint64_t)extent.crosstrack, scene->bands}};
    const struct emit_values values =
        emit_values_in_c_order(scene->values, &box, box.count, emit_type_size(scene->type));
    struct emit_pixel pixels[150];
    struct emit_item items[150];
    size_t item_count = 0;
    const struct emit_glt glt = {scene->glt_x, scene->glt_y, false, extent};
    emit_glt_pixels(&glt, 0, scene->columns, scene->cell_count, pixels);
    emit_gather_nodata(target, 0, 0, scene->cell_count, scene->wanted, scene->wanted_count);
    for (uint32_t i = 0; i < scene->cell_count; i++)
    {
        if (emit_is_pixel(pixels[i]))
            items[item_count++] = (struct emit_item){pixels[i], 0, i};
    }
    emit_gather(target, items, item_count, &values, scene->wanted, scene->wanted_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct scene scene;
    begin_values(&scene, &input);
    begin_bands(&scene, &input);
    begin_table(&scene, &input);
    const size_t nbytes = emit_type_size(scene.type);
    const size_t all_nbytes = scene.cell_count * scene.wanted_count * nbytes;
    unsigned char *cells = fuzz_memory(all_nbytes);
    const ptrdiff_t step = (ptrdiff_t)nbytes;
    const ptrdiff_t cell_step = scene.by_pixel ? (ptrdiff_t)scene.wanted_count * step : step;
    const ptrdiff_t band_step = scene.by_pixel ? step : (ptrdiff_t)scene.cell_count * step;
    struct emit_target target = {
        .buffer = {cells, (ptrdiff_t)all_nbytes, cell_step, band_step},
        .extent = scene.extent,
        .rule = {.value_nbytes = nbytes, .replace_fill = fuzz_byte(&input) % 2, .type = scene.type},
        .mask = {scene.groups, scene.group_count, scene.group_nbytes}};
    fuzz_fill(&input, target.rule.nodata, nbytes);
    target.rule.fill = fuzz_byte(&input) % 2 ? -9999.0 : emit_number_get(scene.type, scene.values);
    gather(&scene, &target);
    for (size_t i = 0; i < scene.cell_count; i++)
    {
        for (size_t k = 0; k < scene.wanted_count; k++)
        {
            unsigned char value[8];
            expect(&scene, &target.rule, i, k, value);
            if (target.rule.fill == target.rule.fill)
                FUZZ_CHECK(memcmp(cells + (ptrdiff_t)i * cell_step + (ptrdiff_t)k * band_step,
                                  value, nbytes) == 0);
        }
    }
    free(cells);
    end(&scene);
    return 0;
}
