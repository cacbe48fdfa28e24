/* SPDX-License-Identifier: MIT */
#include "core/store/filters.h"

#include "support.h"

#include <hdf5.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* ---- Bytes ---------------------------------------------------------------------------------- */

#define COUNT 37 /* values of a chunk: odd, and no multiple of anything */

/* Numbers that look random and compress a little. */
static void make_values(unsigned char *bytes, size_t nbytes)
{
    uint32_t number = 12345;
    for (size_t i = 0; i < nbytes; i++)
    {
        number = number * 1103515245U + 12345U;
        bytes[i] = i % 3 == 0 ? 7 : (unsigned char)(number >> 24);
    }
}

static void swapped_bytes_are_those_of_the_other_order(void **state)
{
    unsigned char bytes[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    static const unsigned char by2[16] = {1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 12, 13, 14, 15};
    static const unsigned char by4[16] = {3, 2, 1, 0, 7, 6, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15};
    static const unsigned char by8[16] = {7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8};
    (void)state;
    emit_swap_bytes(bytes, 6, 2);
    assert_memory_equal(bytes, by2, 16);
    emit_swap_bytes(bytes, 6, 2);
    emit_swap_bytes(bytes, 2, 4);
    assert_memory_equal(bytes, by4, 16);
    emit_swap_bytes(bytes, 2, 4);
    emit_swap_bytes(bytes, 2, 8);
    assert_memory_equal(bytes, by8, 16);
    emit_swap_bytes(bytes, 16, 1);
    emit_swap_bytes(bytes, 0, 8);
    assert_memory_equal(bytes, by8, 16);
}

static void shuffled_bytes_come_back_plane_by_plane(void **state)
{
    static const unsigned char planes[12] = {1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12};
    static const unsigned char expected[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    unsigned char values[12];
    (void)state;
    emit_unshuffle(planes, 12, 3, values);
    assert_memory_equal(values, expected, 12);
    emit_unshuffle(expected, 12, 1, values);
    assert_memory_equal(values, expected, 12);
}

static void bytes_after_the_last_whole_value_stay_at_the_end(void **state)
{
    /* Two values of four bytes and three left over; two of eight and one. */
    static const unsigned char planes4[11] = {1, 5, 2, 6, 3, 7, 4, 8, 101, 102, 103};
    static const unsigned char expected4[11] = {1, 2, 3, 4, 5, 6, 7, 8, 101, 102, 103};
    static const unsigned char planes8[17] = {1,  9, 2,  10, 3,  11, 4,  12, 5,
                                              13, 6, 14, 7,  15, 8,  16, 99};
    unsigned char values[17];
    (void)state;
    emit_unshuffle(planes4, 11, 4, values);
    assert_memory_equal(values, expected4, 11);
    emit_unshuffle(planes8, 17, 8, values);
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(values[i], i + 1);
    assert_int_equal(values[16], 99);
    emit_unshuffle(planes4, 3, 4, values);
    assert_memory_equal(values, planes4, 3);
}

/* ---- Encoder, written for the tests ------------------------------------------------------ */

/* Fletcher's sums by the definition: modulo 65535, where HDF5 keeps 65535 for 0 unless
 * all words so far are 0. */
static uint32_t plain_fletcher32(const unsigned char *bytes, size_t nbytes)
{
    uint32_t sum1 = 0;
    uint32_t sum2 = 0;
    for (size_t i = 0; i < nbytes; i += 2)
    {
        sum1 += (uint32_t)bytes[i] << 8 | (i + 1 < nbytes ? bytes[i + 1] : 0U);
        sum1 = sum1 > 65535 ? sum1 - 65535 : sum1;
        sum2 += sum1;
        sum2 = sum2 > 65535 ? sum2 - 65535 : sum2;
    }
    return sum2 << 16 | sum1;
}

struct encoded
{
    unsigned char bytes[2000];
    size_t nbytes;
};

static void add_shuffle(struct encoded *data, size_t size)
{
    const struct encoded before = *data;
    const size_t count = before.nbytes / size;
    for (size_t i = 0; i < count * size; i++)
        data->bytes[i % size * count + i / size] = before.bytes[i];
}

static void add_deflate(struct encoded *data)
{
    const struct encoded before = *data;
    uLongf nbytes = sizeof data->bytes;
    assert_int_equal(compress2(data->bytes, &nbytes, before.bytes, before.nbytes, 6), Z_OK);
    data->nbytes = nbytes;
}

static void add_checksum(struct encoded *data)
{
    const uint32_t sum = plain_fletcher32(data->bytes, data->nbytes);
    for (unsigned i = 0; i < 4; i++)
        data->bytes[data->nbytes++] = (unsigned char)(sum >> 8 * i);
}

static void encode(const struct emit_layout *layout, uint32_t mask, struct encoded *data)
{
    for (int i = 0; i < layout->filter_count; i++)
    {
        if (mask >> i & 1)
            continue;
        if (layout->filters[i] == EMIT_FILTER_SHUFFLE)
            add_shuffle(data, emit_type_size(layout->type));
        else if (layout->filters[i] == EMIT_FILTER_DEFLATE)
            add_deflate(data);
        else
            add_checksum(data);
    }
}

static struct emit_layout make_layout(enum emit_type type, const int *filters, int filter_count)
{
    struct emit_layout layout = {.name = "/cube",
                                 .rank = 1,
                                 .type = type,
                                 .storage = EMIT_STORAGE_CHUNKED,
                                 .chunk_nbytes = COUNT * emit_type_size(type),
                                 .filter_count = filter_count};
    for (int i = 0; i < filter_count; i++)
        layout.filters[i] = (enum emit_filter)filters[i];
    return layout;
}

/* Decodes from memory of exactly the right size, so that reading beyond it is noticed. */
static enum emit_status decode(const struct emit_layout *layout, const struct encoded *data,
                               uint32_t mask, unsigned char *values)
{
    unsigned char *stored = malloc(data->nbytes + 1);
    unsigned char *spare = malloc(layout->chunk_nbytes + 4);
    unsigned char *out = malloc(layout->chunk_nbytes);
    assert_true(stored != NULL && spare != NULL && out != NULL);
    memcpy(stored, data->bytes, data->nbytes);
    const struct emit_stored_chunk chunk = {layout, stored, data->nbytes, mask};
    const enum emit_status status = emit_filters_decode(chunk, spare, out, &last_error);
    memcpy(values, out, layout->chunk_nbytes);
    free(stored);
    free(spare);
    free(out);
    return status;
}

/* ---- Pipelines ------------------------------------------------------------------------------ */

/* Pipeline "number" of 0 to 39: all sequences of up to three of the three filters. */
static int make_pipeline(int number, int filters[3])
{
    int count = 0;
    for (int first = 1; number >= first; number -= first, first *= 3)
        count++;
    for (int i = 0; i < count; i++, number /= 3)
        filters[i] = number % 3;
    return count;
}

/* Each filter at most once, shuffle before the others. */
static bool is_usual(const int *filters, int count)
{
    bool usual = true;
    for (int i = 0; i < count; i++)
    {
        usual = usual && (filters[i] != EMIT_FILTER_SHUFFLE || i == 0);
        for (int k = 0; k < i; k++)
            usual = usual && filters[k] != filters[i];
    }
    return usual;
}

static void only_the_usual_pipelines_are_supported(void **state)
{
    int supported = 0;
    (void)state;
    for (int number = 0; number < 40; number++)
    {
        int filters[3] = {0};
        const int count = make_pipeline(number, filters);
        const struct emit_layout layout = make_layout(EMIT_FLOAT32, filters, count);
        assert_int_equal(emit_filters_supported(&layout), is_usual(filters, count));
        supported += emit_filters_supported(&layout);
    }
    assert_int_equal(supported, 10); /* none, D, F, DF, FD, and the same after shuffle */
}

static void round_trip(const struct emit_layout *layout, uint32_t mask)
{
    const size_t size = emit_type_size(layout->type);
    struct encoded data = {.nbytes = layout->chunk_nbytes};
    unsigned char expected[COUNT * 8];
    unsigned char values[COUNT * 8];
    make_values(data.bytes, data.nbytes);
    memcpy(expected, data.bytes, data.nbytes);
    encode(layout, mask, &data);
    for (size_t i = 0; layout->swap_bytes && i < COUNT * size; i += size)
    {
        for (size_t b = 0; b < size / 2; b++)
        {
            const unsigned char kept = expected[i + b];
            expected[i + b] = expected[i + size - 1 - b];
            expected[i + size - 1 - b] = kept;
        }
    }
    EXPECT_OK(decode(layout, &data, mask, values));
    assert_memory_equal(values, expected, COUNT * size);
}

static void every_supported_pipeline_is_decoded_whichever_filters_a_chunk_skipped(void **state)
{
    static const enum emit_type types[] = {EMIT_UINT8, EMIT_INT16, EMIT_FLOAT32, EMIT_FLOAT64};
    (void)state;
    for (int i = 0; i < 40 * 4 * 2; i++)
    {
        int filters[3] = {0};
        const int count = make_pipeline(i / 8, filters);
        struct emit_layout layout = make_layout(types[i % 4], filters, count);
        layout.swap_bytes = i / 4 % 2 == 1 && types[i % 4] != EMIT_UINT8;
        for (uint32_t mask = 0; emit_filters_supported(&layout) && mask < 1U << count; mask++)
            round_trip(&layout, mask);
    }
}

/* ---- Damage --------------------------------------------------------------------------------- */

static void damage_every_byte(const struct emit_layout *layout, bool detects_all)
{
    struct encoded whole = {.nbytes = layout->chunk_nbytes};
    unsigned char expected[COUNT * 8];
    make_values(whole.bytes, whole.nbytes);
    memcpy(expected, whole.bytes, whole.nbytes);
    encode(layout, 0, &whole);
    for (size_t i = 0; i < whole.nbytes * 8; i++)
    {
        static const unsigned char flips[] = {0x01, 0x02, 0x04, 0x10, 0x40, 0x80, 0x7F, 0xFF};
        struct encoded data = whole;
        unsigned char values[COUNT * 8];
        data.bytes[i / 8] = (unsigned char)(data.bytes[i / 8] ^ flips[i % 8]);
        if (decode(layout, &data, 0, values) == EMIT_OK)
            assert_true(!detects_all || memcmp(values, expected, layout->chunk_nbytes) == 0);
        else
            EXPECT_ERROR(EMIT_ERROR_FILE, EMIT_ERROR_FILE, "/cube", "damaged");
    }
}

static void a_checksum_detects_every_damaged_byte(void **state)
{
    (void)state;
    for (int number = 0; number < 40; number++)
    {
        int filters[3] = {0};
        const int count = make_pipeline(number, filters);
        const struct emit_layout layout = make_layout(EMIT_FLOAT32, filters, count);
        bool detects = false; /* zlib's format has a checksum of its own */
        for (int i = 0; i < count; i++)
            detects = detects || filters[i] != EMIT_FILTER_SHUFFLE;
        if (emit_filters_supported(&layout))
            damage_every_byte(&layout, detects);
    }
}

static void truncated_or_padded_chunks_are_damaged(void **state)
{
    (void)state;
    for (int number = 0; number < 40; number++)
    {
        int filters[3] = {0};
        const int count = make_pipeline(number, filters);
        const struct emit_layout layout = make_layout(EMIT_INT16, filters, count);
        struct encoded whole = {.nbytes = layout.chunk_nbytes};
        unsigned char values[COUNT * 8];
        if (!emit_filters_supported(&layout))
            continue;
        make_values(whole.bytes, whole.nbytes);
        encode(&layout, 0, &whole);
        for (size_t nbytes = 0; nbytes < whole.nbytes; nbytes++)
        {
            struct encoded data = whole;
            data.nbytes = nbytes;
            EXPECT_ERROR(EMIT_ERROR_FILE, decode(&layout, &data, 0, values), "/cube", "damaged");
        }
    }
}

static void a_chunk_that_inflates_to_another_size_is_damaged(void **state)
{
    static const int deflate[] = {EMIT_FILTER_DEFLATE};
    const struct emit_layout layout = make_layout(EMIT_UINT8, deflate, 1);
    unsigned char values[COUNT];
    (void)state;
    for (size_t nbytes = COUNT - 1; nbytes <= COUNT + 1; nbytes += 2)
    {
        struct encoded data = {.nbytes = nbytes};
        add_deflate(&data);
        EXPECT_ERROR(EMIT_ERROR_FILE, decode(&layout, &data, 0, values), "inflate");
    }
    struct encoded longer = {.nbytes = COUNT + 1};
    EXPECT_ERROR(EMIT_ERROR_FILE, decode(&layout, &longer, 1, values), "size");
}

/* ---- HDF5 as the witness -------------------------------------------------------------------- */

static hid_t make_properties(const int *filters, int count, hsize_t chunk)
{
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(properties, 1, &chunk);
    for (int i = 0; i < count; i++)
    {
        if (filters[i] == EMIT_FILTER_SHUFFLE)
            H5Pset_shuffle(properties);
        else if (filters[i] == EMIT_FILTER_DEFLATE)
            H5Pset_deflate(properties, 9);
        else
            H5Pset_fletcher32(properties);
    }
    return properties;
}

/* Writes "values" as one chunk through HDF5's own filters and returns its stored bytes. */
static size_t write_chunk(hid_t type, size_t count, const int *filters, int filter_count,
                          const void *values, unsigned char *stored)
{
    const hsize_t length = count;
    const hsize_t origin = 0;
    hsize_t nbytes = 0;
    uint32_t mask = 0;
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(access, 1 << 16, 0);
    const hid_t file = H5Fcreate(test_path("witness.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, access);
    const hid_t space = H5Screate_simple(1, &length, NULL);
    const hid_t properties = make_properties(filters, filter_count, length);
    const hid_t cube = H5Dcreate2(file, "cube", type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    assert_true(H5Dwrite(cube, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    assert_true(H5Dflush(cube) >= 0);
    assert_true(H5Dget_chunk_storage_size(cube, &origin, &nbytes) >= 0);
    assert_true(read_stored_chunk(cube, &origin, &mask, stored, (size_t)nbytes));
    assert_int_equal(mask, 0);
    H5Dclose(cube);
    H5Pclose(properties);
    H5Sclose(space);
    H5Fclose(file);
    H5Pclose(access);
    return (size_t)nbytes;
}

static void chunks_that_hdf5_wrote_decode_to_their_values(void **state)
{
    (void)state;
    for (int number = 0; number < 40; number++)
    {
        int filters[3] = {0};
        const int count = make_pipeline(number, filters);
        struct emit_layout layout = make_layout(EMIT_FLOAT32, filters, count);
        float values[COUNT];
        float decoded[COUNT];
        struct encoded data;
        if (!emit_filters_supported(&layout))
            continue;
        for (int i = 0; i < COUNT; i++)
            values[i] = (float)i * 1.25F - 7.0F;
        data.nbytes = write_chunk(H5T_IEEE_F32LE, COUNT, filters, count, values, data.bytes);
        EXPECT_OK(decode(&layout, &data, 0, (unsigned char *)decoded));
        assert_memory_equal(decoded, values, sizeof values);
    }
}

static void the_checksum_is_the_one_of_hdf5(void **state)
{
    static const int fletcher[] = {EMIT_FILTER_FLETCHER32};
    static const size_t lengths[] = {1, 2, 3, 719, 720, 721, 722, 1441, 5000, 60001};
    unsigned char *bytes = malloc(60001);
    unsigned char *stored = malloc(60005);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lengths) * 3; i++)
    {
        const size_t length = lengths[i / 3];
        make_values(bytes, length);
        if (i % 3 > 0)
            memset(bytes, i % 3 == 1 ? 0xFF : 0, length);
        assert_int_equal(write_chunk(H5T_STD_U8LE, length, fletcher, 1, bytes, stored), length + 4);
        const unsigned char *sum = stored + length;
        assert_int_equal(emit_fletcher32(bytes, length), (uint32_t)sum[0] | (uint32_t)sum[1] << 8 |
                                                             (uint32_t)sum[2] << 16 |
                                                             (uint32_t)sum[3] << 24);
    }
    free(bytes);
    free(stored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(swapped_bytes_are_those_of_the_other_order),
        cmocka_unit_test(shuffled_bytes_come_back_plane_by_plane),
        cmocka_unit_test(bytes_after_the_last_whole_value_stay_at_the_end),
        cmocka_unit_test(only_the_usual_pipelines_are_supported),
        cmocka_unit_test(every_supported_pipeline_is_decoded_whichever_filters_a_chunk_skipped),
        cmocka_unit_test(a_checksum_detects_every_damaged_byte),
        cmocka_unit_test(truncated_or_padded_chunks_are_damaged),
        cmocka_unit_test(a_chunk_that_inflates_to_another_size_is_damaged),
        cmocka_unit_test(chunks_that_hdf5_wrote_decode_to_their_values),
        cmocka_unit_test(the_checksum_is_the_one_of_hdf5),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
