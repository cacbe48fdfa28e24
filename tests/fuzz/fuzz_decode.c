/* SPDX-License-Identifier: MIT */
/*
 * Stored bytes of a chunk through any pipeline of filters. What the driver makes of them, or that
 * it refuses them, is compared with zlib and the plainest code.
 */
#include "fuzz.h"

#include "core/store/filters.h"

#include <zlib.h>

#define MAX_VALUES 2048
#define MAX_NBYTES (8 * MAX_VALUES + 4)

struct bytes
{
    unsigned char at[MAX_NBYTES];
    size_t count;
};

/* Sums of 16-bit words modulo 65535, with 65535 in place of 0 once anything was added. */
static unsigned long checksum(const unsigned char *at, size_t nbytes)
{
    unsigned long sum1 = 0, sum2 = 0;
    for (size_t i = 0; i < nbytes; i += 2)
    {
        sum1 += (unsigned long)at[i] << 8 | (i + 1 < nbytes ? at[i + 1] : 0);
        sum1 = sum1 > 65535 ? sum1 - 65535 : sum1;
        sum2 += sum1;
        sum2 = sum2 > 65535 ? sum2 - 65535 : sum2;
    }
    return sum2 << 16 | sum1;
}

static bool undo_checksum(struct bytes *bytes)
{
    if (bytes->count < 4)
        return false;
    bytes->count -= 4;
    const unsigned char *sum = bytes->at + bytes->count;
    const unsigned long stored = sum[0] | (unsigned long)sum[1] << 8 | (unsigned long)sum[2] << 16 |
                                 (unsigned long)sum[3] << 24;
    return stored == checksum(bytes->at, bytes->count);
}

static bool undo_deflate(struct bytes *bytes)
{
    static struct bytes out;
    z_stream stream = {.next_in = bytes->at,
                       .avail_in = (uInt)bytes->count,
                       .next_out = out.at,
                       .avail_out = sizeof out.at};
    inflateInit(&stream);
    const int result = inflate(&stream, Z_FINISH);
    out.count = stream.total_out;
    inflateEnd(&stream);
    *bytes = out;
    return result == Z_STREAM_END;
}

static bool undo_shuffle(struct bytes *bytes, size_t size)
{
    static struct bytes out;
    const size_t count = bytes->count / size;
    out = *bytes;
    for (size_t i = 0; i < count * size; i++)
        out.at[i] = bytes->at[i % size * count + i / size];
    *bytes = out;
    return true;
}

static bool decode(const struct emit_layout *layout, unsigned mask, struct bytes *bytes)
{
    const size_t size = emit_type_size(layout->type);
    bool good = true;
    for (int i = layout->filter_count - 1; i >= 0 && good; i--)
    {
        if (mask >> i & 1)
            continue;
        if (layout->filters[i] == EMIT_FILTER_FLETCHER32)
            good = undo_checksum(bytes);
        else if (layout->filters[i] == EMIT_FILTER_DEFLATE)
            good = undo_deflate(bytes);
        else
            good = undo_shuffle(bytes, size);
    }
    for (size_t i = 0; i + size <= bytes->count && layout->swap_bytes; i += size)
    {
        for (size_t k = 0; k < size / 2; k++)
        {
            const unsigned char kept = bytes->at[i + k];
            bytes->at[i + k] = bytes->at[i + size - 1 - k];
            bytes->at[i + size - 1 - k] = kept;
        }
    }
    return good && bytes->count == layout->chunk_nbytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct emit_layout layout = {.name = "/reflectance"};
    layout.type = (enum emit_type)(fuzz_byte(&input) % EMIT_TYPE_END);
    layout.swap_bytes = fuzz_byte(&input) % 2;
    layout.filter_count = fuzz_byte(&input) % 5;
    for (int i = 0; i < layout.filter_count; i++)
        layout.filters[i] = (enum emit_filter)(fuzz_byte(&input) % 3);
    const unsigned mask = fuzz_byte(&input);
    layout.chunk_nbytes = fuzz_between(&input, 1, MAX_VALUES) * emit_type_size(layout.type);
    if (input.left > MAX_NBYTES || !emit_filters_supported(&layout))
        return 0;

    const size_t nbytes = (size_t)layout.chunk_nbytes;
    const size_t stored_nbytes = input.left;
    static struct bytes expected;
    expected.count = stored_nbytes;
    memcpy(expected.at, input.at, stored_nbytes);
    void *stored = fuzz_array(&input, 1, stored_nbytes);
    void *spare = fuzz_memory(nbytes + 4);
    void *values = fuzz_memory(nbytes);
    struct emit_error error;
    const struct emit_stored_chunk chunk = {&layout, stored, stored_nbytes, mask};
    const bool decoded = emit_filters_decode(chunk, spare, values, &error) == EMIT_OK;
    FUZZ_CHECK(decoded == decode(&layout, mask, &expected));
    FUZZ_CHECK(!decoded || memcmp(values, expected.at, nbytes) == 0);
    free(stored);
    free(spare);
    free(values);
    return 0;
}
