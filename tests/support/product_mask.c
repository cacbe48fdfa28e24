/* SPDX-License-Identifier: MIT */
/* MASK: quality flags a pixel and, in version 001, interpolated bands packed into bits. */
#include "products.h"

#include <stdlib.h>

struct mask_line
{
    struct mk_ground *ground;         /* samples */
    float *flags;                     /* samples x mask bands */
    unsigned char *packed;            /* samples x bytes of the band mask */
    unsigned long long *wide;         /* the same as 64-bit numbers, one a byte */
    size_t flags_count, packed_count; /* values a pixel; 0 packed: this version has no band mask */
};

static bool mask_line_init(struct mask_line *line, size_t samples, struct mk_error *error)
{
    line->ground = malloc(samples * sizeof *line->ground);
    line->flags = malloc(samples * line->flags_count * sizeof *line->flags);
    line->packed = malloc(samples * line->packed_count + 1);
    line->wide = malloc((samples * line->packed_count + 1) * sizeof *line->wide);
    if (line->ground && line->flags && line->packed && line->wide)
        return true;
    return mk_fail(error, "no memory for a line of %zu mask pixels", samples);
}

static void mask_line_free(struct mask_line *line)
{
    free(line->ground);
    free(line->flags);
    free(line->packed);
    free(line->wide);
}

/* In version 001 screened lines have values of the atmosphere; in others they look clear. */
static float screened_value(int version, enum mk_mask_band band, const struct mk_ground *ground)
{
    if (version != 1)
        return MK_NODATA;
    if (band == MK_DATA_AEROSOL)
        return ground->aerosol;
    if (band == MK_FLAG_AGGREGATE)
        return ground->aerosol > MK_AEROSOL_LIMIT;
    return band == MK_DATA_VAPOUR ? ground->vapour : 0;
}

static void fill_flags(const struct mk_acquisition *acquisition, size_t line, struct mask_line *out)
{
    const struct mk_swath *swath = &acquisition->swath;
    const int version = acquisition->options->id.mask_version;
    const bool screened = mk_swath_line_is_screened(swath->lines, line);
    enum mk_mask_band bands[MK_MASK_BANDS];
    mk_mask_layout(version, bands);
    for (size_t sample = 0; sample < swath->samples; sample++)
    {
        const struct mk_ground *ground = &out->ground[sample];
        for (size_t i = 0; i < out->flags_count; i++)
            out->flags[sample * out->flags_count + i] =
                screened ? screened_value(version, bands[i], ground)
                         : mk_mask_value(bands[i], &acquisition->clouds, swath, &acquisition->scene,
                                         ground, line, sample);
    }
}

static void fill_packed(const struct mk_acquisition *acquisition, struct mask_line *out)
{
    const size_t samples = acquisition->swath.samples, bytes = out->packed_count;
    for (size_t sample = 0; sample < samples; sample++)
        mk_band_mask_pixel(&acquisition->spectra, &out->ground[sample], samples, sample,
                           out->packed + sample * bytes);
    for (size_t i = 0; i < samples * bytes; i++)
        out->wide[i] = out->packed[i];
}

static bool put_labels(const struct mk_acquisition *acquisition, const struct mk_granule *granule,
                       struct mk_error *error)
{
    const struct mk_variable labels = {"mask_bands",    "Mask Band Names", NULL, NC_STRING, 1,
                                       {granule->bands}};
    const int version = acquisition->options->id.mask_version;
    enum mk_mask_band bands[MK_MASK_BANDS];
    const char *texts[MK_MASK_BANDS];
    const size_t count = mk_mask_layout(version, bands);
    for (size_t i = 0; i < count; i++)
        texts[i] = mk_mask_label(version, bands[i]);
    return mk_put_vector(granule->sensor, &labels, texts, error);
}

static bool put_lines(const struct mk_acquisition *acquisition, int file, int mask, int band_mask,
                      struct mask_line *buffers, struct mk_error *error)
{
    const bool wide = acquisition->options->wide_band_mask;
    for (size_t line = 0; line < acquisition->swath.lines; line++)
    {
        mk_look_at_line(acquisition, line, buffers->ground);
        fill_flags(acquisition, line, buffers);
        MK_TRY(mk_put_line(file, mask, line, buffers->flags, error));
        if (buffers->packed_count == 0)
            continue;
        fill_packed(acquisition, buffers);
        const void *packed = wide ? (const void *)buffers->wide : buffers->packed;
        MK_TRY(mk_put_line(file, band_mask, line, packed, error));
    }
    return true;
}

bool mk_write_mask(const struct mk_acquisition *acquisition, const struct mk_granule *granule,
                   struct mk_error *error)
{
    const struct mk_options *options = acquisition->options;
    const int y = granule->downtrack, x = granule->crosstrack;
    struct mask_line buffers = {.flags_count = mk_product_bands(acquisition, MK_MASK)};
    const struct mk_variable mask = {"mask",   "Masks", "unitless",
                                     NC_FLOAT, 3,       {y, x, granule->bands}};
    int mask_id, band_mask_id = -1, packed;
    MK_TRY(put_labels(acquisition, granule, error));
    MK_TRY(mk_write_location(acquisition, granule, error));
    MK_TRY(mk_define(granule->root, &mask, MK_NODATA,
                     mk_storage_or(acquisition, &acquisition->packed), &mask_id, error));
    if (options->id.mask_version == 1)
    {
        buffers.packed_count = mk_band_mask_bytes(options->bands);
        MK_TRY(mk_put_dimension(granule->root, "packed_wavelength_bands", buffers.packed_count,
                                &packed, error));
        const struct mk_variable band_mask = {
            "band_mask", "Per-Wavelength Mask",
            "unitless",  options->wide_band_mask ? NC_UINT64 : NC_UBYTE,
            3,           {y, x, packed}};
        MK_TRY(mk_define(granule->root, &band_mask, MK_NODATA, &acquisition->packed, &band_mask_id,
                         error));
    }
    const bool ok = mask_line_init(&buffers, acquisition->swath.samples, error) &&
                    put_lines(acquisition, granule->root, mask_id, band_mask_id, &buffers, error);
    mask_line_free(&buffers);
    return ok;
}
