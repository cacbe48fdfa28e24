/* SPDX-License-Identifier: MIT */
/* Masks: values of any type screened by any rule, and band masks narrowed and unpacked into bits.
 * Each answer is compared with one worked out here, value by value. */
#include "fuzz.h"

#include "core/mask/mask_rule.h"
#include "core/read/gather.h"

#include <math.h>

static double number(enum emit_type type, const unsigned char *at)
{
    union
    {
        uint8_t u8;
        int8_t i8;
        uint16_t u16;
        int16_t i16;
        uint32_t u32;
        int32_t i32;
        uint64_t u64;
        int64_t i64;
        float f32;
        double f64;
    } value;
    memcpy(&value, at, emit_type_size(type));
    switch (type)
    {
    case EMIT_UINT8:
        return value.u8;
    case EMIT_INT8:
        return value.i8;
    case EMIT_UINT16:
        return value.u16;
    case EMIT_INT16:
        return value.i16;
    case EMIT_UINT32:
        return value.u32;
    case EMIT_INT32:
        return value.i32;
    case EMIT_UINT64:
        return (double)value.u64;
    case EMIT_INT64:
        return (double)value.i64;
    case EMIT_FLOAT32:
        return (double)value.f32;
    default:
        return value.f64;
    }
}

static bool is_screened(const struct emit_rule *rule, const struct emit_encoding *encoding,
                        const unsigned char *bytes)
{
    const double limit = rule->threshold;
    const double stored = number(encoding->type, bytes);
    const double value = encoding->scaled ? stored * encoding->scale + encoding->offset : stored;
    const double slack = emit_encoding_slack(encoding);
    const bool equal = emit_type_is_float(encoding->type)
                           ? stored == number(encoding->type, encoding->fill)
                           : memcmp(bytes, encoding->fill, emit_type_size(encoding->type)) == 0;
    if (isnan(value) || (encoding->has_fill && equal))
        return false;
    const bool answers[] = {value >= 1 - slack, value > limit,
                            value >= limit,     value < limit,
                            value <= limit,     value >= -slack && value <= limit + slack};
    return answers[rule->test];
}

static void screen(struct fuzz_input *input)
{
    const enum emit_type type = (enum emit_type)fuzz_between(input, 0, EMIT_TYPE_END - 1);
    struct emit_rule rule = {
        .test = (enum emit_comparison)fuzz_between(input, 0, EMIT_COMPARISON_WITHIN)};
    struct emit_encoding encoding = {.type = type, .scale = 1.0};
    fuzz_fill(input, &rule.threshold, sizeof rule.threshold);
    fuzz_fill(input, encoding.fill, sizeof encoding.fill);
    encoding.has_fill = fuzz_byte(input) % 2 != 0;
    encoding.scaled = fuzz_byte(input) % 2 != 0;
    if (encoding.scaled)
    {
        fuzz_fill(input, &encoding.scale, sizeof encoding.scale);
        fuzz_fill(input, &encoding.offset, sizeof encoding.offset);
    }
    const size_t size = emit_type_size(type);
    const size_t stride = size * fuzz_between(input, 1, 3);
    const size_t count = fuzz_between(input, 1, 100);
    unsigned char *values = fuzz_array(input, 1, (count - 1) * stride + size);
    unsigned char *screened = fuzz_memory(count);
    memset(screened, 0, count);
    emit_mask_rule_apply(&rule, &encoding, values, stride, count, screened);
    for (size_t i = 0; i < count; i++)
        FUZZ_CHECK(screened[i] == is_screened(&rule, &encoding, values + i * stride));
    free(values);
    free(screened);
}

/* The bits of a line of cells, each showing a pixel of the packed mask or none. */
static void check_bits(const unsigned char *packed, size_t pixel_count, size_t pixel_nbytes,
                       struct fuzz_input *input)
{
    const size_t cell_count = fuzz_between(input, 1, 150);
    const unsigned band = fuzz_between(input, 0, (unsigned)(8 * pixel_nbytes) - 1);
    struct emit_pixel *pixels = fuzz_memory(cell_count * sizeof *pixels);
    unsigned char *cells = fuzz_memory(cell_count);
    memset(cells, 77, cell_count);
    for (size_t i = 0; i < cell_count; i++)
    {
        const unsigned pixel = fuzz_between(input, 0, (unsigned)pixel_count);
        pixels[i] = pixel < pixel_count ? (struct emit_pixel){0, (int32_t)pixel} : emit_no_pixel();
    }
    /* Each pixel has a pattern of its own, after the one without bits. */
    unsigned char *patterns = fuzz_memory((pixel_count + 1) * pixel_nbytes);
    uint32_t *numbers = fuzz_memory(pixel_count * sizeof *numbers);
    memset(patterns, 0, pixel_nbytes);
    memcpy(patterns + pixel_nbytes, packed, pixel_count * pixel_nbytes);
    for (size_t i = 0; i < pixel_count; i++)
        numbers[i] = (uint32_t)i + 1;
    struct emit_band_mask_group group = {numbers, patterns, pixel_nbytes};
    const struct emit_target target = {.buffer = {cells, (ptrdiff_t)cell_count, 1, 1},
                                       .extent = {1, (int32_t)pixel_count},
                                       .rule = {.value_nbytes = 1, .type = EMIT_UINT8},
                                       .mask = {&group, 1, pixel_nbytes}};
    const struct emit_band_target wanted = {band, 0};
    emit_gather_bits(&target, 0, pixels, cell_count, &wanted, 1);
    for (size_t i = 0; i < cell_count; i++)
    {
        const unsigned char byte =
            pixels[i].downtrack < 0
                ? 0
                : packed[(size_t)pixels[i].crosstrack * pixel_nbytes + band / 8];
        FUZZ_CHECK(cells[i] == (pixels[i].downtrack < 0 ? 77 : (byte & (128 >> band % 8)) != 0));
    }
    free(pixels);
    free(cells);
    free(patterns);
    free(numbers);
}

static void unpack(struct fuzz_input *input)
{
    const enum emit_type types[] = {EMIT_UINT8, EMIT_UINT64, EMIT_INT64, EMIT_UINT16};
    const enum emit_type type = types[fuzz_between(input, 0, 3)];
    const size_t pixel_count = fuzz_between(input, 1, 40);
    const size_t pixel_nbytes = emit_band_mask_nbytes(fuzz_between(input, 1, 300));
    const size_t count = pixel_count * pixel_nbytes;
    unsigned char *values = fuzz_array(input, count, emit_type_size(type));
    unsigned char *packed = fuzz_memory(count);
    emit_band_mask_narrow(type, values, count, packed);
    bool any = false;
    for (size_t i = 0; i < count; i++)
    {
        uint64_t whole = 0;
        memcpy(&whole, values + i * emit_type_size(type), emit_type_size(type));
        FUZZ_CHECK(packed[i] == whole % 256);
        any = any || packed[i] > 0;
    }
    FUZZ_CHECK(emit_band_mask_any(packed, count) == any);
    check_bits(packed, pixel_count, pixel_nbytes, input);
    free(values);
    free(packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    if (fuzz_byte(&input) % 2 == 0)
        screen(&input);
    else
        unpack(&input);
    return 0;
}
