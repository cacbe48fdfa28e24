/* SPDX-License-Identifier: MIT */
#include "products.h"

#include <netcdf.h>
#include <stdio.h>
#include <string.h>

/* Seconds between two lines of the instrument. */
#define LINE_SECONDS 0.00926

/* Attributes of every product, in the file's order: those before and after date_created. */
static const char *const FIRST[][2] = {
    {"sensor", "EMIT (Earth Surface Mineral Dust Source Investigation)"},
    {"instrument", "EMIT"},
    {"platform", "ISS"},
    {"institution", "Synthetic sample data, not made by any institution"},
    {"license", "MIT"},
    {"naming_authority", "LPDAAC"},
};
static const char *const SECOND[][2] = {
    {"keywords_vocabulary", "NASA Global Change Master Directory (GCMD) Science Keywords"},
    {"stdname_vocabulary", "NetCDF Climate and Forecast (CF) Metadata Convention"},
    {"creator_name", "emit_mkgranule, the writer of sample granules of this driver"},
    {"creator_url", "https://example.org/emit/"},
    {"project", "Earth Surface Mineral Dust Source Investigation"},
    {"project_url", "https://example.org/emit/"},
    {"publisher_name", "none"},
    {"publisher_url", "https://example.org"},
    {"publisher_email", "none@example.org"},
    {"identifier_product_doi_authority", "https://doi.org"},
};
static const char SPATIAL_REF[] =
    "GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563,"
    "AUTHORITY[\"EPSG\",\"7030\"]],AUTHORITY[\"EPSG\",\"6326\"]],PRIMEM[\"Greenwich\",0,"
    "AUTHORITY[\"EPSG\",\"8901\"]],UNIT[\"degree\",0.0174532925199433,"
    "AUTHORITY[\"EPSG\",\"9122\"]],AXIS[\"Latitude\",NORTH],AXIS[\"Longitude\",EAST],"
    "AUTHORITY[\"EPSG\",\"4326\"]]";

/* netCDF's text attributes are fixed-length strings of HDF5. */
static bool put_text(int file, const char *name, const char *text, struct mk_error *error)
{
    return mk_nc_ok(error, nc_put_att_text(file, NC_GLOBAL, name, strlen(text), text), name);
}

static bool put_texts(int file, const char *const (*texts)[2], size_t count, struct mk_error *error)
{
    for (size_t i = 0; i < count; i++)
        MK_TRY(put_text(file, texts[i][0], texts[i][1], error));
    return true;
}

/* Lengths in characters that a granule of March 2023 has. They shift all data after them. */
#define SUMMARY_LENGTH 1160
#define HISTORY_LENGTH 864
#define MASK_HISTORY_LENGTH 1420

/* Appends "padding", over and over, until "text" is "length" bytes long. */
static void pad(char *text, size_t size, size_t length, const char *padding)
{
    size_t end = strlen(text);
    const size_t stop = length < size ? length : size - 1;
    for (size_t i = 0; end < stop; i++)
        text[end++] = padding[i % strlen(padding)];
    text[end] = '\0';
}

/*
 * The converter's Python library writes text beyond ASCII as a variable-length string: so does
 * this.
 */
static bool put_summary(int file, enum mk_product product, struct mk_error *error)
{
    char text[SUMMARY_LENGTH + 2]; /* the degree sign takes two bytes */
    const char *pointer = text;
    snprintf(
        text, sizeof text,
        "A made-up granule in the layout of the Earth Surface Mineral Dust Source Investigation "
        "(EMIT), whose imaging spectrometer looks down from the space station at lands within "
        "+/-52° of latitude, in light from 0.38 to 2.49 micrometres.\\n\\n%s "
        "Positions and a lookup table for mapping come along. No pixel was ever measured.",
        mk_product_summary(product));
    pad(text, sizeof text, SUMMARY_LENGTH + 1,
        " This sentence only makes the text as long as that of a real granule.");
    return mk_nc_ok(error, nc_put_att_string(file, NC_GLOBAL, "summary", 1, &pointer), "summary");
}

static bool put_history(const struct mk_acquisition *acquisition, const struct mk_granule *granule,
                        struct mk_error *error)
{
    char text[MASK_HISTORY_LENGTH + 1];
    snprintf(text, sizeof text, "Made by emit_mkgranule, seed %lu. Input files: {",
             (unsigned long)acquisition->options->seed);
    pad(text, sizeof text, granule->product == MK_MASK ? MASK_HISTORY_LENGTH : HISTORY_LENGTH,
        "no_file=/none/at/all/of/a/path/as/long/as/the/mission's/own.img, ");
    return put_text(granule->root, "history", text, error);
}

static bool put_flight_line(const struct mk_granule_id *id, int file, struct mk_error *error)
{
    const struct mk_time *t = &id->time;
    char text[64];
    const int length = snprintf(text, sizeof text, "emit%04d%02d%02dt%02d%02d%02d", t->year,
                                t->month, t->day, t->hour, t->minute, t->second);
    if (id->generation == 1) /* the orbit's last five digits, as in day of year and number */
        snprintf(text + length, sizeof text - (size_t)length, "_o%s_s%s", id->orbit + 2, id->scene);
    return put_text(file, "flight_line", text, error);
}

static bool put_versions(const struct mk_granule_id *id, const struct mk_granule *granule,
                         struct mk_error *error)
{
    const char *build = id->generation == 1 ? "010621" : "020005";
    char text[16];
    snprintf(text, sizeof text, "V%03d", mk_product_version(granule->product, id));
    return put_text(granule->root, "software_build_version", build, error) &&
           put_text(granule->root, "software_delivery_version", build, error) &&
           put_text(granule->root, "product_version", text, error);
}

static bool put_title(const struct mk_granule_id *id, const struct mk_granule *granule,
                      struct mk_error *error)
{
    char text[256];
    snprintf(text, sizeof text, "%s V%03d", mk_product_title(granule->product),
             mk_product_version(granule->product, id));
    return put_text(granule->root, "title", text, error);
}

static bool put_time(int file, const char *name, struct mk_time t, const char *zone,
                     struct mk_error *error)
{
    char text[64];
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d%s", t.year, t.month, t.day, t.hour,
             t.minute, t.second, zone);
    return put_text(file, name, text, error);
}

static bool put_coverage(const struct mk_acquisition *acquisition, int file, struct mk_error *error)
{
    const struct mk_time start = acquisition->options->id.time;
    const int seconds = (int)((double)acquisition->swath.lines * LINE_SECONDS + 0.5);
    return put_time(file, "time_coverage_start", start, "+0000", error) &&
           put_time(file, "time_coverage_end", mk_time_later(start, seconds), "+0000", error);
}

/* East and west were swapped in what the mission made before 25 Jan 2023. */
static bool swaps_east_and_west(const struct mk_time *time)
{
    return time->year * 10000 + time->month * 100 + time->day < 20230125;
}

static bool put_extent(const struct mk_acquisition *acquisition, int file, struct mk_error *error)
{
    const struct mk_glt *glt = &acquisition->glt;
    const double *transform = glt->geotransform;
    const double west = transform[0], north = transform[3];
    const double east = west + transform[1] * (double)glt->columns;
    const double south = north + transform[5] * (double)glt->rows;
    const bool swapped = swaps_east_and_west(&acquisition->options->id.time);
    const struct
    {
        const char *name;
        double value;
    } numbers[] = {{"easternmost_longitude", swapped ? west : east},
                   {"northernmost_latitude", north},
                   {"westernmost_longitude", swapped ? east : west},
                   {"southernmost_latitude", south},
                   {"spatialResolution", transform[1]}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        MK_TRY(mk_nc_ok(
            error,
            nc_put_att_double(file, NC_GLOBAL, numbers[i].name, NC_DOUBLE, 1, &numbers[i].value),
            numbers[i].name));
    MK_TRY(put_text(file, "spatial_ref", SPATIAL_REF, error));
    return mk_nc_ok(error,
                    nc_put_att_double(file, NC_GLOBAL, "geotransform", NC_DOUBLE, 6, transform),
                    "geotransform");
}

bool mk_write_attributes(const struct mk_acquisition *acquisition, const struct mk_granule *granule,
                         struct mk_error *error)
{
    const struct mk_granule_id *id = &acquisition->options->id;
    const char *conventions = acquisition->toolchain_2026 ? "CF-1.13" : "CF-1.63";
    const int file = granule->root;
    MK_TRY(put_text(file, "ncei_template_version", "NCEI_NetCDF_Swath_Template_v2.0", error));
    MK_TRY(put_summary(file, granule->product, error));
    MK_TRY(put_text(file, "keywords",
                    "Imaging Spectroscopy, minerals, EMIT, dust, radiative forcing", error));
    MK_TRY(put_text(file, "Conventions", conventions, error));
    MK_TRY(put_texts(file, FIRST, sizeof FIRST / sizeof *FIRST, error));
    MK_TRY(put_time(file, "date_created", mk_time_later(id->time, 6 * 3600), "Z", error));
    MK_TRY(put_texts(file, SECOND, sizeof SECOND / sizeof *SECOND, error));
    MK_TRY(put_flight_line(id, file, error));
    MK_TRY(put_coverage(acquisition, file, error));
    MK_TRY(put_versions(id, granule, error));
    MK_TRY(put_history(acquisition, granule, error));
    MK_TRY(put_text(file, "crosstrack_orientation", "as seen on ground", error));
    MK_TRY(put_extent(acquisition, file, error));
    MK_TRY(put_text(file, "day_night_flag", "Day", error));
    return put_title(id, granule, error);
}
