/* SPDX-License-Identifier: MIT */
/* Command line of the sample granule writer. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "granule_writer.h"

enum exit_code
{
    EXIT_WRITTEN = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2
};

enum flag
{
    FLAG_PRODUCTS = 256, /* beyond any character: getopt uses those for short options */
    FLAG_LINES,
    FLAG_SAMPLES,
    FLAG_BANDS,
    FLAG_SEED,
    FLAG_WEATHER,
    FLAG_HEADING,
    FLAG_CHUNK,
    FLAG_DEFLATE,
    FLAG_SHUFFLE,
    FLAG_FLETCHER32,
    FLAG_TOOLCHAIN,
    FLAG_GLT_FILL,
    FLAG_BAND_MASK_TYPE,
    FLAG_MASK_VERSION,
    FLAG_GENERATION,
    FLAG_TIME,
    FLAG_ORBIT,
    FLAG_SCENE,
    FLAG_ORIGIN,
    FLAG_EARLY_NAMES,
    FLAG_FLAT_FIELD,
    FLAG_NO_LOCATION,
    FLAG_HELP
};

static const struct option FLAGS[] = {
    {"products", required_argument, NULL, FLAG_PRODUCTS},
    {"lines", required_argument, NULL, FLAG_LINES},
    {"samples", required_argument, NULL, FLAG_SAMPLES},
    {"bands", required_argument, NULL, FLAG_BANDS},
    {"seed", required_argument, NULL, FLAG_SEED},
    {"weather", required_argument, NULL, FLAG_WEATHER},
    {"heading", required_argument, NULL, FLAG_HEADING},
    {"chunk", required_argument, NULL, FLAG_CHUNK},
    {"deflate", required_argument, NULL, FLAG_DEFLATE},
    {"shuffle", no_argument, NULL, FLAG_SHUFFLE},
    {"fletcher32", no_argument, NULL, FLAG_FLETCHER32},
    {"toolchain", required_argument, NULL, FLAG_TOOLCHAIN},
    {"glt-fill", required_argument, NULL, FLAG_GLT_FILL},
    {"band-mask-type", required_argument, NULL, FLAG_BAND_MASK_TYPE},
    {"mask-version", required_argument, NULL, FLAG_MASK_VERSION},
    {"generation", required_argument, NULL, FLAG_GENERATION},
    {"time", required_argument, NULL, FLAG_TIME},
    {"orbit", required_argument, NULL, FLAG_ORBIT},
    {"scene", required_argument, NULL, FLAG_SCENE},
    {"origin", required_argument, NULL, FLAG_ORIGIN},
    {"early-names", no_argument, NULL, FLAG_EARLY_NAMES},
    {"flat-field", no_argument, NULL, FLAG_FLAT_FIELD},
    {"no-location", no_argument, NULL, FLAG_NO_LOCATION},
    {"help", no_argument, NULL, FLAG_HELP},
    {NULL, 0, NULL, 0},
};

static const char HELP[] =
    "Usage: emit_mkgranule [options] OUTDIR\n"
    "Writes made-up EMIT granules into the folder OUTDIR and prints the path of each.\n"
    "\n"
    "  --products LIST      of RFL,RFLUNCERT,RAD,OBS,MASK,MIN,MINUNCERT (default RFL,MASK)\n"
    "  --lines N            downtrack size (default 1280)\n"
    "  --samples N          crosstrack size (default 1242)\n"
    "  --bands N            spectral bands (default 285)\n"
    "  --seed N             another piece of Earth for each number (default 1)\n"
    "  --weather N          other clouds over it for each number (default 0)\n"
    "  --heading DEG        of flight, clockwise from north (default 40)\n"
    "  --chunk L,S,B        store the main variables in chunks of this shape\n"
    "  --deflate LEVEL      compress them, 0 to 9\n"
    "  --shuffle            with the shuffle filter\n"
    "  --fletcher32         with checksums\n"
    "  --toolchain YEAR     sizes and fills of the mission's libraries, 2022 or 2026\n"
    "                       (default 2022 in generation 1, 2026 in generation 2)\n"
    "  --glt-fill N         0 or -9999 in empty cells of the lookup table (default 0)\n"
    "  --band-mask-type T   u1 or u64 (default u1)\n"
    "  --mask-version N     1, 2 or 3 (default 1; 3 in generation 2)\n"
    "  --generation N       1: names with orbit and scene; 2: without (default 1)\n"
    "  --time T             YYYYMMDDTHHMMSS (default 20240315T101112)\n"
    "  --orbit N            7 digits (default 2407507)\n"
    "  --scene N            3 digits (default 004)\n"
    "  --origin LON,LAT     upper left of the ortho grid (default -10.2,30.9)\n"
    "  --early-names        RAD: radiance_wl and radiance_fwhm\n"
    "  --flat-field         RAD: with flat_field_update\n"
    "  --no-location        leave out /location\n"
    "  --help               this text\n";

static bool read_whole(const char *text, long lowest, long highest, long *value)
{
    char *end;
    errno = 0;
    *value = strtol(text, &end, 10);
    return end != text && *end == '\0' && errno == 0 && *value >= lowest && *value <= highest;
}

static bool read_size(const char *text, long highest, size_t *size)
{
    long value;
    MK_TRY(read_whole(text, 1, highest, &value));
    *size = (size_t)value;
    return true;
}

static bool read_choice(const char *text, long lowest, long highest, int *choice)
{
    long value;
    MK_TRY(read_whole(text, lowest, highest, &value));
    *choice = (int)value;
    return true;
}

static bool read_seed(const char *text, uint32_t *seed)
{
    long value;
    MK_TRY(read_whole(text, 0, 2147483647, &value));
    *seed = (uint32_t)value;
    return true;
}

static bool read_degrees(const char *text, const char *stop, double lowest, double highest,
                         double *value)
{
    char *end;
    *value = strtod(text, &end);
    return end != text && end == stop && *value >= lowest && *value <= highest;
}

/* Longitudes exceed 180 in granules across the antimeridian. Mercator has no poles. */
static bool read_origin(const char *text, struct mk_options *options)
{
    const char *comma = strchr(text, ',');
    return comma != NULL && read_degrees(text, comma, -180, 540, &options->longitude) &&
           read_degrees(comma + 1, comma + strlen(comma), -80, 80, &options->latitude);
}

static bool read_chunk(const char *text, size_t chunk[3])
{
    char copy[64];
    MK_TRY(strlen(text) < sizeof copy);
    strcpy(copy, text);
    char *part = copy;
    for (int axis = 0; axis < 3; axis++)
    {
        char *comma = strchr(part, ',');
        MK_TRY((comma != NULL) == (axis < 2));
        if (comma != NULL)
            *comma = '\0';
        MK_TRY(read_size(part, 1000000, &chunk[axis]));
        part = comma != NULL ? comma + 1 : part;
    }
    return true;
}

static bool read_products(const char *text, bool products[MK_PRODUCTS])
{
    memset(products, 0, MK_PRODUCTS * sizeof *products);
    for (const char *name = text; name != NULL;)
    {
        const size_t length = strcspn(name, ",");
        const enum mk_product product = mk_product_named(name, length);
        MK_TRY(product != MK_PRODUCTS);
        products[product] = true;
        name = name[length] == ',' ? name + length + 1 : NULL;
    }
    return true;
}

static bool read_digits(const char *text, size_t count, char *digits)
{
    MK_TRY(strlen(text) == count && strspn(text, "0123456789") == count);
    strcpy(digits, text);
    return true;
}

static bool read_glt_fill(const char *text, int32_t *fill)
{
    *fill = strcmp(text, "0") == 0 ? 0 : -9999;
    return *fill == 0 || strcmp(text, "-9999") == 0;
}

static bool read_toolchain(const char *text, enum mk_toolchain *toolchain)
{
    *toolchain = strcmp(text, "2022") == 0 ? MK_TOOLCHAIN_2022 : MK_TOOLCHAIN_2026;
    return *toolchain == MK_TOOLCHAIN_2022 || strcmp(text, "2026") == 0;
}

static bool read_band_mask_type(const char *text, bool *wide)
{
    *wide = strcmp(text, "u64") == 0;
    return *wide || strcmp(text, "u1") == 0;
}

static bool read_storage(int flag, const char *text, struct mk_options *options)
{
    struct mk_storage *storage = &options->main_storage;
    options->main_storage_chosen = true;
    storage->chunked = true;
    switch (flag)
    {
    case FLAG_CHUNK:
        return read_chunk(text, storage->chunk);
    case FLAG_DEFLATE:
        return read_choice(text, 0, 9, &storage->deflate);
    case FLAG_SHUFFLE:
        return storage->shuffle = true;
    default:
        return storage->fletcher32 = true;
    }
}

static bool read_identity(int flag, const char *text, struct mk_granule_id *id)
{
    switch (flag)
    {
    case FLAG_MASK_VERSION:
        return read_choice(text, 1, 3, &id->mask_version);
    case FLAG_GENERATION:
        return read_choice(text, 1, 2, &id->generation);
    case FLAG_TIME:
        return mk_time_parse(text, &id->time);
    case FLAG_ORBIT:
        return read_digits(text, sizeof id->orbit - 1, id->orbit);
    default:
        return read_digits(text, sizeof id->scene - 1, id->scene);
    }
}

static bool read_flag(int flag, const char *text, struct mk_options *options)
{
    switch (flag)
    {
    case FLAG_PRODUCTS:
        return read_products(text, options->products);
    case FLAG_LINES:
        return read_size(text, 100000, &options->lines);
    case FLAG_SAMPLES:
        return read_size(text, 100000, &options->samples);
    case FLAG_BANDS:
        return read_size(text, 10000, &options->bands);
    case FLAG_SEED:
        return read_seed(text, &options->seed);
    case FLAG_WEATHER:
        return read_seed(text, &options->weather);
    case FLAG_HEADING:
        return read_degrees(text, text + strlen(text), -360, 360, &options->heading);
    case FLAG_CHUNK:
    case FLAG_DEFLATE:
    case FLAG_SHUFFLE:
    case FLAG_FLETCHER32:
        return read_storage(flag, text, options);
    case FLAG_TOOLCHAIN:
        return read_toolchain(text, &options->toolchain);
    case FLAG_GLT_FILL:
        return read_glt_fill(text, &options->glt_fill);
    case FLAG_BAND_MASK_TYPE:
        return read_band_mask_type(text, &options->wide_band_mask);
    case FLAG_ORIGIN:
        return read_origin(text, options);
    case FLAG_EARLY_NAMES:
        return options->early_names = true;
    case FLAG_FLAT_FIELD:
        return options->flat_field = true;
    case FLAG_NO_LOCATION:
        options->location = false;
        return true;
    default:
        return read_identity(flag, text, &options->id);
    }
}

static void print_path(const char *path)
{
    puts(path);
    fflush(stdout);
}

static int write_all(const struct mk_options *options, const char *folder)
{
    struct mk_error error = {""};
    if (mk_write_granules(options, folder, print_path, &error))
        return EXIT_WRITTEN;
    fprintf(stderr, "emit_mkgranule: %s\n", error.message);
    /*
     * Not exit(): after a full disk HDF5 (1.10 at least) holds a half-closed file, and crashes on
     * it when the program ends in the ordinary way.
     */
    _Exit(EXIT_FAILED);
}

int main(int argc, char **argv)
{
    struct mk_options options = mk_options_default();
    options.id.mask_version = 0; /* until chosen: it depends on the generation */
    int flag, which = 0;
    while ((flag = getopt_long(argc, argv, "", FLAGS, &which)) != -1)
    {
        if (flag == FLAG_HELP)
            return fputs(HELP, stdout) < 0 ? EXIT_FAILED : EXIT_WRITTEN;
        if (flag == '?') /* getopt has named the option on stderr */
            return EXIT_USAGE;
        if (!read_flag(flag, optarg, &options))
        {
            fprintf(stderr, "emit_mkgranule: --%s cannot be \"%s\"; see --help\n",
                    FLAGS[which].name, optarg);
            return EXIT_USAGE;
        }
    }
    if (options.id.mask_version == 0)
        options.id.mask_version = options.id.generation == 1 ? 1 : 3;
    if (argc - optind == 1)
        return write_all(&options, argv[optind]);
    fprintf(stderr, "emit_mkgranule: one OUTDIR is needed, %d given; see --help\n", argc - optind);
    return EXIT_USAGE;
}
