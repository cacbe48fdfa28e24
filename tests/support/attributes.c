/* SPDX-License-Identifier: MIT */
#include "products.h"

#include <netcdf.h>
#include <stdio.h>
#include <string.h>

/* Seconds between two lines of the instrument. */
#define LINE_SECONDS 0.00926

static const char *const COMMON[][2] = {
    {"keywords", "Imaging Spectroscopy, minerals, EMIT, dust, radiative forcing"},
    {"Conventions", "CF-1.63"},
    {"sensor", "EMIT (Earth Surface Mineral Dust Source Investigation)"},
    {"instrument", "EMIT"},
    {"platform", "ISS"},
    {"institution", "Synthetic sample data, not made by any institution"},
    {"license", "MIT"},
    {"naming_authority", "LPDAAC"},
    {"keywords_vocabulary", "NASA Global Change Master Directory (GCMD) Science Keywords"},
    {"stdname_vocabulary", "NetCDF Climate and Forecast (CF) Metadata Convention"},
    {"creator_name", "emit_mkgranule"},
    {"project", "Earth Surface Mineral Dust Source Investigation"},
    {"identifier_product_doi_authority", "https://doi.org"},
    {"crosstrack_orientation", "as seen on ground"},
    {"day_night_flag", "Day"},
    {"spatial_ref",
     "GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563,"
     "AUTHORITY[\"EPSG\",\"7030\"]],AUTHORITY[\"EPSG\",\"6326\"]],PRIMEM[\"Greenwich\",0,"
     "AUTHORITY[\"EPSG\",\"8901\"]],UNIT[\"degree\",0.0174532925199433,"
     "AUTHORITY[\"EPSG\",\"9122\"]],AXIS[\"Latitude\",NORTH],AXIS[\"Longitude\",EAST],"
     "AUTHORITY[\"EPSG\",\"4326\"]]"},
};

/* netCDF's text attributes are fixed-length strings of HDF5. */
static bool put_text(int file, const char *name, const char *text, struct mk_error *error)
{
    return mk_nc_ok(error, nc_put_att_text(file, NC_GLOBAL, name, strlen(text), text), name);
}

/*
 * The converter's Python library writes text beyond ASCII as a variable-length string: so does
 * this.
 */
static bool put_summary(int file, enum mk_product product, struct mk_error *error)
{
    char text[1024];
    const char *pointer = text;
    snprintf(
        text, sizeof text,
        "A made-up granule in the layout of the Earth Surface Mineral Dust Source Investigation "
        "(EMIT), whose imaging spectrometer looks down from the space station at lands within "
        "±52° of latitude, in light from 0.38 to 2.49 µm.\\n\\n%s "
        "Positions and a lookup table for mapping come along. No pixel was ever measured.",
        mk_product_summary(product));
    return mk_nc_ok(error, nc_put_att_string(file, NC_GLOBAL, "summary", 1, &pointer), "summary");
}

static bool put_names(const struct mk_acquisition *acquisition, const struct mk_granule *granule,
                      struct mk_error *error)
{
    const struct mk_granule_id *id = &acquisition->options->id;
    const struct mk_time *t = &id->time;
    const int version = mk_product_version(granule->product, id);
    char text[256];
    snprintf(text, sizeof text, "%s V%03d", mk_product_title(granule->product), version);
    MK_TRY(put_text(granule->root, "title", text, error));
    snprintf(text, sizeof text, "V%03d", version);
    MK_TRY(put_text(granule->root, "product_version", text, error));
    MK_TRY(put_text(granule->root, "software_build_version",
                    id->generation == 1 ? "010621" : "020005", error));
    snprintf(text, sizeof text, "Made by emit_mkgranule, seed %lu",
             (unsigned long)acquisition->options->seed);
    MK_TRY(put_text(granule->root, "history", text, error));
    int length = snprintf(text, sizeof text, "emit%04d%02d%02dt%02d%02d%02d", t->year, t->month,
                          t->day, t->hour, t->minute, t->second);
    if (id->generation == 1) /* the orbit's last five digits, as in day of year and number */
        snprintf(text + length, sizeof text - (size_t)length, "_o%s_s%s", id->orbit + 2, id->scene);
    return put_text(granule->root, "flight_line", text, error);
}

static bool put_times(const struct mk_acquisition *acquisition, int file, struct mk_error *error)
{
    const struct mk_time start = acquisition->options->id.time;
    const int seconds = (int)((double)acquisition->swath.lines * LINE_SECONDS + 0.5);
    const struct
    {
        const char *name, *format;
        struct mk_time time;
    } stamps[] = {
        {"time_coverage_start", "%04d-%02d-%02dT%02d:%02d:%02d+0000", start},
        {"time_coverage_end", "%04d-%02d-%02dT%02d:%02d:%02d+0000", mk_time_later(start, seconds)},
        {"date_created", "%04d-%02d-%02dT%02d:%02d:%02dZ", mk_time_later(start, 6 * 3600)},
    };
    for (size_t i = 0; i < sizeof stamps / sizeof *stamps; i++)
    {
        const struct mk_time *t = &stamps[i].time;
        char text[64];
        snprintf(text, sizeof text, stamps[i].format, t->year, t->month, t->day, t->hour, t->minute,
                 t->second);
        MK_TRY(put_text(file, stamps[i].name, text, error));
    }
    return true;
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
    return mk_nc_ok(error,
                    nc_put_att_double(file, NC_GLOBAL, "geotransform", NC_DOUBLE, 6, transform),
                    "geotransform");
}

bool mk_write_attributes(const struct mk_acquisition *acquisition, const struct mk_granule *granule,
                         struct mk_error *error)
{
    MK_TRY(
        put_text(granule->root, "ncei_template_version", "NCEI_NetCDF_Swath_Template_v2.0", error));
    MK_TRY(put_summary(granule->root, granule->product, error));
    for (size_t i = 0; i < sizeof COMMON / sizeof *COMMON; i++)
        MK_TRY(put_text(granule->root, COMMON[i][0], COMMON[i][1], error));
    MK_TRY(put_names(acquisition, granule, error));
    MK_TRY(put_times(acquisition, granule->root, error));
    return put_extent(acquisition, granule->root, error);
}
