/* SPDX-License-Identifier: MIT */
/* The search for the nearest pixel among places that a file gives: it ends, within the raw grid. */
#include "fuzz.h"

#include "core/geometry/nearest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    const struct emit_extent extent = {(int32_t)fuzz_between(&input, 1, 24),
                                       (int32_t)fuzz_between(&input, 1, 19)};
    const struct emit_pixel start = {
        (int32_t)fuzz_between(&input, 0, (unsigned)extent.downtrack - 1),
        (int32_t)fuzz_between(&input, 0, (unsigned)extent.crosstrack - 1)};
    const size_t count = (size_t)(extent.downtrack * extent.crosstrack);
    double place[2];
    fuzz_fill(&input, place, sizeof place);
    double *lat = fuzz_memory(count * sizeof *lat);
    double *lon = fuzz_memory(count * sizeof *lon);
    const bool on_lattice = fuzz_byte(&input) % 4 != 0; /* else any bits that make a number */
    for (size_t i = 0; i < count; i++)
    {
        lat[i] = place[0] + (double)(int8_t)fuzz_byte(&input) / 64;
        lon[i] = place[1] + (double)(int8_t)fuzz_byte(&input) / 64;
    }
    if (!on_lattice)
    {
        fuzz_fill(&input, lat, count * sizeof *lat);
        fuzz_fill(&input, lon, count * sizeof *lon);
    }
    const struct emit_places places = {lat, lon, extent};
    const struct emit_pixel found = emit_nearest_pixel(&places, start, place[0], place[1]);
    FUZZ_CHECK(found.downtrack >= 0 && found.downtrack < extent.downtrack);
    FUZZ_CHECK(found.crosstrack >= 0 && found.crosstrack < extent.crosstrack);
    free(lat);
    free(lon);
    return 0;
}
