/* SPDX-License-Identifier: MIT */
/* Open options: lines "KEY=VALUE", read and used to choose among 285 bands, or 7 without an axis.
 */
#include "fuzz.h"

#include "core/base/parallel.h"
#include "core/options/band_selection.h"

#define LINES 16
#define BANDS 285

/* Cuts "text" into lines; NULL after the last. */
static void split(char *text, const char *lines[LINES + 1])
{
    size_t count = 0;
    for (char *line = text; line != NULL && count < LINES;)
    {
        lines[count++] = line;
        line = strchr(line, '\n');
        if (line != NULL)
            *line++ = '\0';
    }
    lines[count] = NULL;
}

static void choose(const struct emit_options *options, const struct emit_spectral_axis *axis,
                   size_t band_count)
{
    struct emit_band_selection choice = {0};
    struct emit_error error;
    if (emit_band_selection_choose(options, axis, band_count, "granule.nc", &choice, &error) ==
        EMIT_OK)
    {
        FUZZ_CHECK(choice.count > 0);
        for (size_t i = 0; i < choice.count; i++)
            FUZZ_CHECK(choice.file_bands[i] < band_count);
    }
    emit_band_selection_close(&choice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static double wavelengths[BANDS], widths[BANDS], good[BANDS];
    for (size_t i = 0; i < BANDS; i++)
    {
        wavelengths[i] = 381.0 + 7.4 * (double)i;
        widths[i] = 8.5;
        good[i] = i % 11 != 3;
    }
    const struct emit_spectral_axis axis = {BANDS, wavelengths, widths, good};
    const struct emit_spectral_axis bare = {BANDS, wavelengths, NULL, NULL};
    const struct emit_spectral_axis none = {0};
    struct fuzz_input input = {data, size};
    char *text = fuzz_text(&input);
    const char *lines[LINES + 1];
    split(text, lines);
    struct emit_options options;
    struct emit_error error;
    if (emit_options_read(lines, &options, &error) == EMIT_OK)
    {
        FUZZ_CHECK(options.thread_count >= 1 && options.thread_count <= EMIT_MAX_THREADS);
        FUZZ_CHECK(!options.has_cloud_buffer || options.cloud_buffer >= 0);
        choose(&options, &axis, BANDS);
        choose(&options, &bare, BANDS);
        choose(&options, &none, 7);
    }
    else
        FUZZ_CHECK(strlen(error.message) > 0);
    free(text);
    return 0;
}
