/* SPDX-License-Identifier: MIT */
#include "core/mask/quality_mask.h"

#include "support.h"

#define LINES 150 /* more than a tile of what is not stored in chunks */
#define SAMPLES 9
#define BANDS 11 /* of mask version 2 */

/* A flag of 0, 1, 2 or nodata; a quantity between -1 and 4. */
static float value_of(size_t pixel, size_t band)
{
    if (pixel % 13 == 5)
        return -9999.0F;
    const size_t mixed = pixel * (2 * band + 3) / 2 % 17;
    if (band == 5 || band == 6 || band == 8 || band == 10)
        return (float)mixed * 0.25F - 1.0F;
    return mixed == 3 ? 1.0F : mixed == 7 ? 2.0F : mixed == 9 ? 0.5F : 0.0F;
}

static double aerosol_of(size_t pixel)
{
    return pixel % 7 == 2 ? -9999.0 : 0.001 * (double)pixel;
}

static struct emit_granule *write_and_open(const struct mk_storage *storage)
{
    static float mask[LINES * SAMPLES * BANDS];
    static double aerosol[LINES * SAMPLES];
    struct test_granule fixture;
    struct emit_granule *granule = NULL;
    for (size_t i = 0; i < LINES * SAMPLES * BANDS; i++)
        mask[i] = value_of(i / BANDS, i % BANDS);
    for (size_t i = 0; i < LINES * SAMPLES; i++)
        aerosol[i] = aerosol_of(i);
    test_granule_begin(&fixture, "screen.nc", LINES, SAMPLES);
    test_granule_add(&fixture, "mask", NC_FLOAT, BANDS, -9999.0, storage, mask);
    test_granule_add_labels(&fixture, "mask_bands", mask_labels[2], BANDS);
    test_granule_add_in(&fixture, "state_variables", "aerosol_optical_thickness", aerosol);
    test_granule_end(&fixture);
    EXPECT_OK(emit_granule_open(test_path("screen.nc"), &granule, &last_error));
    return granule;
}

static bool is_data(double value)
{
    return value != -9999.0;
}

/* ---- Conditions and the pixels that they screen, each written out
 * ------------------------------------------- */

static bool cirrus_or_spectf(size_t pixel)
{
    return value_of(pixel, 1) >= 1.0F || value_of(pixel, 9) >= 1.0F;
}

static bool wet_or_near_a_cloud(size_t pixel)
{
    const double water = value_of(pixel, 6);
    const double distance = value_of(pixel, 10);
    return water > 2.0 || (distance >= 0.0 && distance <= 1.0);
}

static bool hazy_by_state(size_t pixel)
{
    return is_data(aerosol_of(pixel)) && aerosol_of(pixel) < 0.25;
}

static bool cloudy_or_hazy(size_t pixel)
{
    return value_of(pixel, 0) >= 1.0F || hazy_by_state(pixel);
}

static const struct emit_mask_condition cirrus = {.band = 1, .rule = {EMIT_COMPARISON_SET, 1.0}};
static const struct emit_mask_condition spectf = {.band = 9, .rule = {EMIT_COMPARISON_SET, 1.0}};
static const struct emit_mask_condition cloud = {.band = 0, .rule = {EMIT_COMPARISON_SET, 1.0}};
static const struct emit_mask_condition wet = {.band = 6, .rule = {EMIT_COMPARISON_ABOVE, 2.0}};
static const struct emit_mask_condition near_cloud = {.band = 10,
                                                      .rule = {EMIT_COMPARISON_WITHIN, 1.0}};
static const struct emit_mask_condition hazy = {.in_state = true,
                                                .state_variable = "aerosol_optical_thickness",
                                                .rule = {EMIT_COMPARISON_BELOW, 0.25}};

static void expect_mask(const struct mk_storage *storage, const struct emit_mask_condition *first,
                        const struct emit_mask_condition *second, bool (*screens)(size_t pixel))
{
    const struct emit_area parts[] = {{131, 2, 6, 3}, {0, 0, LINES, SAMPLES}};
    struct emit_mask_sources masks = {.conditions = {.count = second != NULL ? 2 : 1}};
    struct emit_quality_mask mask;
    struct emit_granule *granule = write_and_open(storage);
    masks.quality = granule;
    masks.state = granule;
    masks.conditions.condition[0] = *first;
    if (second != NULL)
        masks.conditions.condition[1] = *second;
    EXPECT_OK(emit_quality_mask_open(&masks, &mask, &last_error));
    struct emit_lazy_array *array = mask.array;
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        EXPECT_OK(emit_lazy_arrays_load(&array, 1, &parts[i], 2, &last_error));
    const unsigned char *cells = emit_lazy_array_elements(array);
    size_t screened = 0;
    for (size_t i = 0; i < LINES * SAMPLES; i++)
    {
        assert_int_equal(cells[i], screens(i));
        screened += cells[i];
    }
    assert_int_in_range(screened, 10, LINES * SAMPLES - 10); /* otherwise the test proves little */
    emit_quality_mask_close(&mask);
    emit_granule_close(granule);
}

static void pixels_are_screened_by_any_of_the_conditions(void **state)
{
    static const struct mk_storage storages[] = {
        {.chunked = false},
        {.chunked = true, .chunk = {32, 4, 3}, .deflate = 3, .shuffle = true},
        {.chunked = true, .chunk = {LINES, 2, BANDS}}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(storages); i++)
    {
        expect_mask(&storages[i], &cirrus, &spectf, cirrus_or_spectf);
        expect_mask(&storages[i], &spectf, &cirrus, cirrus_or_spectf);
        expect_mask(&storages[i], &near_cloud, &wet, wet_or_near_a_cloud);
        expect_mask(&storages[i], &hazy, NULL, hazy_by_state);
        expect_mask(&storages[i], &cloud, &hazy, cloudy_or_hazy);
        expect_mask(&storages[i], &hazy, &cloud, cloudy_or_hazy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pixels_are_screened_by_any_of_the_conditions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
