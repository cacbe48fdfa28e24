/* SPDX-License-Identifier: MIT */
/* The list of bands is all bands, or those of WAVELENGTHS, read entry by entry: GOOD, a range, or
 * a single wavelength. Each band passes through add_band(), which applies BAD_WAVELENGTHS. The
 * options are first checked against what the variable has. */
#include "core/options/band_selection.h"

#include "core/base/platform.h"
#include "core/base/strings.h"
#include "core/granule/schema.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Bands may be repeated; this limits their number. */
#define MAX_CHOSEN ((size_t)65535)

/* INFINITY if the wavelength of the band is missing. */
static double distance(const struct emit_spectral_axis *axis, size_t band, double nm)
{
    const double off = fabs(axis->wavelength_nm[band] - nm);
    return isnan(off) ? INFINITY : off;
}

size_t emit_band_selection_nearest(const struct emit_spectral_axis *axis, double nm)
{
    size_t nearest = 0;
    for (size_t i = 1; i < axis->count; i++)
        if (distance(axis, i, nm) < distance(axis, nearest, nm))
            nearest = i;
    return nearest;
}

/* A selection in progress. */
struct selection
{
    const struct emit_options *options;
    const struct emit_spectral_axis *axis;
    const char *path;
    struct emit_band_selection *choice;
    const char *entry; /* of WAVELENGTHS, being read */
    size_t length;     /* of "entry" */
};

static enum emit_status add_band(const struct selection *selection, size_t band,
                                 struct emit_error *error)
{
    struct emit_band_selection *choice = selection->choice;
    const enum emit_bad_wavelengths treatment = selection->options->bad_wavelengths;
    const bool bad = selection->axis->count > 0 && emit_axis_is_bad(selection->axis, band);
    if (bad && treatment == EMIT_BAD_DROP)
        return EMIT_OK;
    if (choice->count == MAX_CHOSEN)
        return emit_error_set(error, EMIT_ERROR_OPTION, "WAVELENGTHS selects more than %zu bands",
                              MAX_CHOSEN);
    choice->file_bands[choice->count] = band;
    choice->blank[choice->count++] = bad && treatment == EMIT_BAD_NODATA;
    return EMIT_OK;
}

/* Refuses the entry. */
static enum emit_status refuse(const struct selection *selection, const char *problem,
                               struct emit_error *error)
{
    const struct emit_spectral_axis *axis = selection->axis;
    return emit_error_set(
        error, EMIT_ERROR_OPTION, "WAVELENGTHS: \"%.*s\" %s; %s has %zu bands from %.2f to %.2f nm",
        (int)selection->length, selection->entry, problem, selection->path, axis->count,
        axis->wavelength_nm[0], axis->wavelength_nm[axis->count - 1]);
}

/* Adds the band nearest to "nm", which must lie within one FWHM of it. */
static enum emit_status add_nearest(const struct selection *selection, double nm,
                                    struct emit_error *error)
{
    const struct emit_spectral_axis *axis = selection->axis;
    const size_t band = emit_band_selection_nearest(axis, nm);
    const bool known = axis->fwhm_nm != NULL && !isnan(axis->fwhm_nm[band]);
    const double reach = known ? axis->fwhm_nm[band] : DBL_MAX;
    if (!(distance(axis, band, nm) <= reach))
        return refuse(selection, "is more than one FWHM from every band", error);
    return add_band(selection, band, error);
}

static enum emit_status add_range(const struct selection *selection, double low, double high,
                                  struct emit_error *error)
{
    bool found = false;
    for (size_t band = 0; band < selection->axis->count; band++)
    {
        const double nm = selection->axis->wavelength_nm[band];
        if (!(nm >= low && nm <= high))
            continue;
        found = true;
        EMIT_TRY(add_band(selection, band, error));
    }
    return found ? EMIT_OK : refuse(selection, "contains no band", error);
}

static enum emit_status add_good(const struct selection *selection, struct emit_error *error)
{
    if (selection->axis->good == NULL)
        return refuse(selection, "needs good_wavelengths, which the file does not have", error);
    for (size_t band = 0; band < selection->axis->count; band++)
        if (!emit_axis_is_bad(selection->axis, band))
            EMIT_TRY(add_band(selection, band, error));
    return EMIT_OK;
}

#define INVALID_ENTRY                                                                              \
    "is not a wavelength in nm (650), a range from low to high (2000-2450) or GOOD"

static const char *skip_space(const char *text)
{
    return text + strspn(text, " \t");
}

/* Adds the bands of the entry. */
static enum emit_status add_entry(const struct selection *selection, struct emit_error *error)
{
    const char *entry = selection->entry;
    const char *stop = entry + selection->length;
    if (emit_text_begins_nocase(entry, "GOOD") && skip_space(entry + 4) == stop)
        return add_good(selection, error);
    char *end;
    const double low = emit_c_strtod(entry, &end);
    const char *next = skip_space(end);
    if (end == entry || next > stop || !isfinite(low))
        return refuse(selection, INVALID_ENTRY, error);
    if (next == stop)
        return add_nearest(selection, low, error);
    const char *second = next + 1;
    const double high = *next == '-' ? emit_c_strtod(second, &end) : NAN;
    if (*next != '-' || end == second || skip_space(end) != stop || !(low <= high))
        return refuse(selection, INVALID_ENTRY, error);
    return add_range(selection, low, high, error);
}

static size_t count_entries(const char *text)
{
    size_t count = 1;
    for (; *text != '\0'; text++)
        count += *text == ',';
    return count;
}

static enum emit_status add_listed(struct selection *selection, struct emit_error *error)
{
    for (const char *at = selection->options->wavelengths; at != NULL;)
    {
        selection->entry = skip_space(at);
        selection->length = strcspn(selection->entry, ",");
        EMIT_TRY(add_entry(selection, error));
        at = selection->entry + selection->length;
        at = *at == ',' ? at + 1 : NULL;
    }
    return EMIT_OK;
}

static enum emit_status check_options(const struct selection *selection, struct emit_error *error)
{
    const struct emit_options *options = selection->options;
    if (options->wavelengths != NULL && selection->axis->count == 0)
        return emit_error_set(
            error, EMIT_ERROR_OPTION,
            "WAVELENGTHS=%s: the bands of this variable of %s have no wavelengths: remove "
            "WAVELENGTHS and select bands by number",
            options->wavelengths, selection->path);
    if (options->bad_wavelengths != EMIT_BAD_KEEP && selection->axis->good == NULL)
        return emit_error_set(error, EMIT_ERROR_OPTION,
                              "BAD_WAVELENGTHS=%s: %s has no good_wavelengths for this variable: "
                              "remove the option, or select bands with WAVELENGTHS",
                              emit_bad_wavelengths_names[options->bad_wavelengths],
                              selection->path);
    return EMIT_OK;
}

static enum emit_status fill_choice(struct selection *selection, size_t band_count,
                                    struct emit_error *error)
{
    if (selection->options->wavelengths != NULL)
        EMIT_TRY(add_listed(selection, error));
    else
    {
        for (size_t band = 0; band < band_count; band++)
            EMIT_TRY(add_band(selection, band, error));
    }
    if (selection->choice->count > 0)
        return EMIT_OK;
    return emit_error_set(error, EMIT_ERROR_OPTION,
                          "WAVELENGTHS and BAD_WAVELENGTHS exclude all bands of %s: select more "
                          "wavelengths, or set BAD_WAVELENGTHS=KEEP",
                          selection->path);
}

enum emit_status emit_band_selection_choose(const struct emit_options *options,
                                            const struct emit_spectral_axis *axis,
                                            size_t band_count, const char *path,
                                            struct emit_band_selection *choice,
                                            struct emit_error *error)
{
    struct selection selection = {options, axis, path, choice, NULL, 0};
    memset(choice, 0, sizeof *choice);
    EMIT_TRY(check_options(&selection, error));
    size_t room = band_count;
    if (options->wavelengths != NULL)
        room *= count_entries(options->wavelengths);
    room = room < MAX_CHOSEN ? room : MAX_CHOSEN;
    choice->file_bands = calloc(room, sizeof *choice->file_bands);
    choice->blank = calloc(room, sizeof *choice->blank);
    enum emit_status status;
    if (choice->file_bands == NULL || choice->blank == NULL)
        status = emit_error_memory(error, room * sizeof *choice->file_bands, "a list of bands");
    else
        status = fill_choice(&selection, band_count, error);
    if (status != EMIT_OK)
        emit_band_selection_close(choice);
    return status;
}

void emit_band_selection_close(struct emit_band_selection *choice)
{
    free(choice->file_bands);
    free(choice->blank);
    memset(choice, 0, sizeof *choice);
}
