/* SPDX-License-Identifier: MIT */
/* One table describes all options: the XML list for GDAL, the values and the messages are made
 * from it. Keys are compared exactly, then with typing errors, then with synonyms, because GDAL
 * ignores unknown keys: a misspelt mask would give unmasked pixels. Reading a list checks its
 * keys, then empty values, then the values of the table in order. */
#include "core/options/options.h"

#include "core/base/parallel.h"
#include "core/base/platform.h"
#include "core/base/spelling.h"
#include "core/base/strings.h"
#include "core/granule/schema.h"

#include <cpl_conv.h>
#include <cpl_error.h>

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Values --------------------------------------------------------------------------------- */

/* 1 or 0 for GDAL's booleans and for 1 and 0; -1 for anything else. */
static int truth(const char *value)
{
    static const char *const names[2][5] = {{"NO", "FALSE", "OFF", "0", NULL},
                                            {"YES", "TRUE", "ON", "1", NULL}};
    for (int meaning = 0; meaning < 2; meaning++)
    {
        for (const char *const *name = names[meaning]; *name != NULL; name++)
            if (emit_string_equal_nocase(value, *name))
                return meaning;
    }
    return -1;
}

/* A whole number of at least "lowest". */
static bool read_whole(const char *value, long lowest, int *number)
{
    char *end;
    errno = 0;
    const long whole = strtol(value, &end, 10);
    if (end == value || *end != '\0' || errno != 0 || whole < lowest || whole > INT_MAX)
        return false;
    *number = (int)whole;
    return true;
}

const char *const emit_ortho_names[] = {"GLT", "NEAREST", "NO", NULL};
const char *const emit_bad_wavelengths_names[] = {"KEEP", "NODATA", "DROP", NULL};

/* Finds a value among NULL-terminated names. */
static bool find_name(const char *value, const char *const *names, int *index)
{
    for (*index = 0; names[*index] != NULL; ++*index)
        if (emit_string_equal_nocase(value, names[*index]))
            return true;
    return false;
}

static bool read_ortho(const char *value, struct emit_options *options)
{
    const int yes = truth(value);
    int ortho = yes == 1 ? EMIT_ORTHO_GLT : EMIT_ORTHO_NO;
    const bool valid = yes != -1 || find_name(value, emit_ortho_names, &ortho);
    options->ortho = (enum emit_ortho)ortho;
    return valid;
}

static bool read_bad_wavelengths(const char *value, struct emit_options *options)
{
    int treatment;
    const bool valid = find_name(value, emit_bad_wavelengths_names, &treatment);
    options->bad_wavelengths = (enum emit_bad_wavelengths)treatment;
    return valid;
}

static bool read_band_mask(const char *value, struct emit_options *options)
{
    options->band_mask = truth(value) == 1;
    return truth(value) != -1;
}

static bool read_cloud_buffer(const char *value, struct emit_options *options)
{
    options->has_cloud_buffer = !emit_string_equal_nocase(value, "NONE");
    return !options->has_cloud_buffer || read_whole(value, 0, &options->cloud_buffer);
}

static bool read_nodata(const char *value, struct emit_options *options)
{
    char *end;
    options->nodata = NAN;
    if (emit_string_equal_nocase(value, "NAN"))
        return true;
    options->nodata = emit_c_strtod(value, &end);
    return end != value && *end == '\0' && isfinite(options->nodata);
}

static bool read_threads(const char *value, struct emit_options *options)
{
    int count = emit_usable_cpus();
    const bool valid = emit_string_equal_nocase(value, "ALL_CPUS") || read_whole(value, 1, &count);
    options->thread_count = count > EMIT_MAX_THREADS ? EMIT_MAX_THREADS : count;
    return valid;
}

/* Reads GDAL_NUM_THREADS as GDAL does, where a number below 1 means one thread. Other values count
 * as ALL_CPUS, since they are not meant for this driver. */
static void read_default_threads(struct emit_options *options)
{
    const char *value = CPLGetConfigOption("GDAL_NUM_THREADS", "ALL_CPUS");
    int number;
    if (read_whole(value, INT_MIN, &number) && number < 1)
        value = "1";
    if (!read_threads(value, options))
        CPLDebug("EMIT", "GDAL_NUM_THREADS=%s is neither a number of threads nor ALL_CPUS", value);
}

/* ---- The table ------------------------------------------------------------------------------ */

enum option_id
{
    OPTION_ORTHO,
    OPTION_QUALITY_FLAGS,
    OPTION_QUALITY_WHERE,
    OPTION_CLOUD_BUFFER,
    OPTION_BAND_MASK,
    OPTION_MASK_FILE,
    OPTION_BAD_WAVELENGTHS,
    OPTION_WAVELENGTHS,
    OPTION_NODATA,
    OPTION_VARIABLE,
    OPTION_NUM_THREADS,
    OPTION_COUNT
};

struct option
{
    const char *name;
    const char *type;           /* see DMD_OPENOPTIONLIST in gdal.h */
    const char *fallback;       /* default value; NULL: no default */
    const char *description;    /* escaped for XML */
    const char *const *choices; /* string-select: NULL-terminated, the default first; else NULL */
    bool (*read)(const char *value, struct emit_options *options); /* false: invalid; or NULL */
    const char *expected;                                          /* valid values, for messages */
};

/* In the order of enum option_id. */
static const struct option table[OPTION_COUNT] = {
    {"ORTHO", "string-select", "GLT",
     "GLT: orthorectify through the lookup table of the granule. NEAREST: on the same grid, with "
     "the pixel whose centre is truly nearest. NO: the raw swath",
     emit_ortho_names, read_ortho, "GLT, NEAREST, NO"},
    {"QUALITY_FLAGS", "string", "NONE",
     "Masks pixels in which one of these flags is set: labels of the mask granule, such as "
     "cloud,cirrus,dilated cloud, or 0-based mask bands, such as 0,1,3,4",
     NULL, NULL, NULL},
    {"QUALITY_WHERE", "string", "NONE",
     "Masks pixels by the data bands of the mask: comparisons joined by commas, such as "
     "SpecTf-Cloud Probability&gt;0.7 or AOD550&gt;0.4,H2O&gt;3. Operators: &gt; &gt;= &lt; &lt;=",
     NULL, NULL, NULL},
    /* Not "int", because a number field cannot be empty in QGIS, and 0 is a valid value. */
    {"CLOUD_BUFFER", "string", "NONE",
     "Masks pixels at most this many pixels away from a SpecTf cloud, clouds included", NULL,
     read_cloud_buffer, "a whole number of pixels, 0 or more"},
    {"BAND_MASK", "boolean", "NO", "Masks single band values that were interpolated", NULL,
     read_band_mask, "YES or NO"},
    {"MASK_FILE", "string", NULL,
     "L2A MASK granule, or several joined by commas. Default: found in the granule's folder by its "
     "acquisition time",
     NULL, NULL, NULL},
    {"BAD_WAVELENGTHS", "string-select", "KEEP",
     "Treatment of bands that the granule marks as bad: kept, all nodata, or removed",
     emit_bad_wavelengths_names, read_bad_wavelengths, "KEEP, NODATA, DROP"},
    {"WAVELENGTHS", "string", NULL,
     "Bands to show, in this order: wavelengths in nm (the nearest band), ranges and GOOD, such as "
     "650,560,470 or 2000-2450",
     NULL, NULL, NULL},
    {"NODATA", "string", "-9999",
     "Value of masked and empty cells of float variables: a number or NAN", NULL, read_nodata,
     "a number or NAN"},
    {"VARIABLE", "string", NULL,
     "Variable to open, such as lon or group_1_mineral_id. Default: the main one", NULL, NULL,
     NULL},
    {"NUM_THREADS", "string", "ALL_CPUS",
     "Threads for reading and decoding: a number or ALL_CPUS; without it the configuration option "
     "GDAL_NUM_THREADS counts",
     NULL, read_threads, "a number of threads, 1 or more, or ALL_CPUS"},
};

/* ---- The list for GDAL ---------------------------------------------------------------------- */

static char *option_xml;
static struct emit_once option_xml_once = EMIT_ONCE_INIT;

static void add_option_xml(struct emit_string_builder *xml, const struct option *option)
{
    emit_string_append(xml, "<Option name=\"%s\" type=\"%s\"", option->name, option->type);
    if (option->fallback != NULL)
        emit_string_append(xml, " default=\"%s\"", option->fallback);
    emit_string_append(xml, " description=\"%s\">", option->description);
    for (const char *const *choice = option->choices; choice != NULL && *choice != NULL; choice++)
        emit_string_append(xml, "<Value>%s</Value>", *choice);
    emit_string_append(xml, "</Option>");
}

static void make_option_xml(void)
{
    struct emit_string_builder xml = {0};
    emit_string_append(&xml, "<OpenOptionList>");
    for (int i = 0; i < OPTION_COUNT; i++)
        add_option_xml(&xml, &table[i]);
    emit_string_append(&xml, "</OpenOptionList>");
    option_xml = xml.text;
}

const char *emit_option_list_xml(void)
{
    emit_once(&option_xml_once, make_option_xml);
    return option_xml != NULL ? option_xml : "<OpenOptionList/>";
}

/* ---- Keys ----------------------------------------------------------------------------------- */

/* Synonyms: options of emit_tools and other programs, and parts of option names. None is a key of a
 * GDAL driver. */
static const struct synonym
{
    const char *name;
    enum option_id id;
} synonyms[] = {
    {"MASK", OPTION_MASK_FILE},      {"FLAGS", OPTION_QUALITY_FLAGS},
    {"QMASK", OPTION_QUALITY_FLAGS}, {"QUALITY_MASK", OPTION_QUALITY_FLAGS},
    {"CLOUD", OPTION_QUALITY_FLAGS}, {"CLOUD_MASK", OPTION_QUALITY_FLAGS},
    {"BUFFER", OPTION_CLOUD_BUFFER}, {"CLOUD_BUF", OPTION_CLOUD_BUFFER},
    {"BMASK", OPTION_BAND_MASK},     {"BAD_BANDS", OPTION_BAD_WAVELENGTHS},
    {"THREADS", OPTION_NUM_THREADS}, {"ORTHORECTIFY", OPTION_ORTHO},
    {"VAR", OPTION_VARIABLE},
};

/* Words of masking: a key that contains one is meant for the option. */
static const struct synonym words[] = {
    {"QUALITY_WHERE", OPTION_QUALITY_WHERE},
    {"CLOUD", OPTION_QUALITY_FLAGS},
    {"CIRRUS", OPTION_QUALITY_FLAGS},
    {"FLAG", OPTION_QUALITY_FLAGS},
    {"MASK", OPTION_MASK_FILE},
};

/* Keys of other drivers, up to GDAL 3.13, that contain such a word. */
static const char *const foreign_keys[] = {"MASKS", "SUPERGRIDS_MASK", "NODATA_OR_MASK",
                                           "AMIGOCLOUD_API_KEY", NULL};

static bool is_masking(enum option_id id)
{
    return id >= OPTION_QUALITY_FLAGS && id <= OPTION_MASK_FILE;
}

static bool has_key(const char *item, enum option_id id)
{
    const size_t length = strlen(table[id].name);
    return emit_text_begins_nocase(item, table[id].name) &&
           (item[length] == '=' || item[length] == '\0');
}

/* Whether the key of "item" is "name" with typing errors. Longer names allow more errors, because
 * short ones resemble keys of other drivers. */
static bool resembles(const char *item, const char *name)
{
    const size_t length = strlen(name);
    const size_t most = length < 5 ? 0 : length < 10 ? 1 : 2;
    item += emit_text_begins_nocase(item, "EMIT_") ? 5 : 0; /* prefix of the metadata items */
    return emit_spelling_distance(item, strcspn(item, "="), name) <= most;
}

/* The option that the key of "item" is or resembles; OPTION_COUNT if none. */
static enum option_id find_option(const char *item)
{
    int id = 0;
    while (id < OPTION_COUNT && !has_key(item, (enum option_id)id))
        id++;
    for (int i = 0; i < OPTION_COUNT && id == OPTION_COUNT; i++)
        id = resembles(item, table[i].name) ? i : OPTION_COUNT;
    return (enum option_id)id;
}

static bool key_equals(const char *item, const char *key)
{
    const size_t length = strlen(key);
    return strcspn(item, "=") == length && emit_text_begins_nocase(item, key);
}

static bool key_contains(const char *item, const char *word)
{
    const size_t length = strcspn(item, "=");
    size_t i = 0;
    while (i < length && !emit_text_begins_nocase(item + i, word))
        i++;
    return i < length;
}

/* The option whose words the key of "item" contains; OPTION_COUNT if none. */
static enum option_id find_by_word(const char *item)
{
    for (const char *const *key = foreign_keys; *key != NULL; key++)
        if (key_equals(item, *key))
            return OPTION_COUNT;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (key_contains(item, words[i].name))
            return words[i].id;
    return OPTION_COUNT;
}

/* As find_option(), including synonyms and words. */
static enum option_id find_option_or_synonym(const char *item)
{
    enum option_id id = find_option(item);
    for (size_t i = 0; i < sizeof synonyms / sizeof synonyms[0] && id == OPTION_COUNT; i++)
        id = resembles(item, synonyms[i].name) ? synonyms[i].id : OPTION_COUNT;
    return id != OPTION_COUNT ? id : find_by_word(item);
}

const char *emit_option_meant(const char *key)
{
    const enum option_id id = find_option_or_synonym(key);
    return id != OPTION_COUNT ? table[id].name : NULL;
}

bool emit_option_is_remainder(const char *item)
{
    const char *end = item + strcspn(item, "= <>");
    return end != item && (*end != '=' || end[1] == '\0') && find_option(item) == OPTION_COUNT;
}

/* ---- Lists ---------------------------------------------------------------------------------- */

/* The value of the item, whose key is the option's; "" if it is missing. */
static const char *value_of(const char *item, enum option_id id)
{
    const char *value = item + strlen(table[id].name);
    return value + (*value == '=');
}

/* The first value of an option in the list, "" if empty or missing after the key; NULL without the
 * key. */
static const char *find_listed(const char *const *list, enum option_id id)
{
    while (list != NULL && *list != NULL && !has_key(*list, id))
        list++;
    return list == NULL || *list == NULL ? NULL : value_of(*list, id);
}

/* The value of an option in the list, else its default, else NULL. An empty value counts as
 * missing. */
static const char *find_value(const char *const *list, enum option_id id)
{
    const char *given = find_listed(list, id);
    return given != NULL && *given != '\0' ? given : table[id].fallback;
}

/* Whether the item is a masking option, well or badly spelt, with a value that masks. */
static bool requests_mask(const char *item, enum option_id id)
{
    if (!is_masking(id) || !has_key(item, id))
        return is_masking(id);
    const char *value = value_of(item, id);
    return id == OPTION_BAND_MASK ? truth(value) != 0 : !emit_string_equal_nocase(value, "NONE");
}

const char *emit_options_mask(const char *const *options)
{
    for (const char *const *item = options; item != NULL && *item != NULL; item++)
    {
        const enum option_id id = find_option(*item);
        if (requests_mask(*item, id))
            return table[id].name;
    }
    return NULL;
}

/* Rejects a key that is probably misspelt, and the rest of a list that a program split. */
static enum emit_status check_key(const char *item, struct emit_error *error)
{
    if (emit_option_is_remainder(item))
        return emit_error_set(
            error, EMIT_ERROR_OPTION,
            "open option \"%.*s\" is not KEY=VALUE. If the program splits lists at "
            "commas or spaces, write the options into the dataset name",
            (int)strcspn(item, "="), item);
    const enum option_id id = find_option_or_synonym(item);
    if (id == OPTION_COUNT || has_key(item, id))
        return EMIT_OK;
    return emit_error_set(error, EMIT_ERROR_OPTION,
                          "%.*s is not an open option of the EMIT driver. Did you mean %s?",
                          (int)strcspn(item, "="), item, table[id].name);
}

/* Rejects an empty value, such as an unset shell variable gives, for options whose default would be
 * unmasked or another variable. */
static enum emit_status check_value(const char *const *list, enum option_id id,
                                    struct emit_error *error)
{
    const char *given = find_listed(list, id);
    if (given == NULL || *given != '\0' || !(is_masking(id) || id == OPTION_VARIABLE))
        return EMIT_OK;
    return emit_error_set(error, EMIT_ERROR_OPTION, "%s is empty: set %s=%s, or remove the option",
                          table[id].name, table[id].name,
                          id == OPTION_VARIABLE    ? "NAME"
                          : id == OPTION_MASK_FILE ? "PATH of an L2A MASK granule"
                                                   : table[id].fallback);
}

/* Rejects a second value of a masking option, which would be ignored. */
static enum emit_status check_repetition(const char *const *list, enum option_id id,
                                         struct emit_error *error)
{
    const char *given = find_listed(list, id);
    for (const char *const *item = list; is_masking(id) && item != NULL && *item != NULL; item++)
        if (has_key(*item, id) && strcmp(value_of(*item, id), given) != 0)
            return emit_error_set(
                error, EMIT_ERROR_OPTION,
                "%s is set to \"%s\" and to \"%s\": set it once. Lists are joined "
                "by commas",
                table[id].name, given, value_of(*item, id));
    return EMIT_OK;
}

static enum emit_status check_list(const char *const *list, struct emit_error *error)
{
    for (const char *const *item = list; item != NULL && *item != NULL; item++)
        EMIT_TRY(check_key(*item, error));
    for (int id = 0; id < OPTION_COUNT; id++)
    {
        EMIT_TRY(check_value(list, (enum option_id)id, error));
        EMIT_TRY(check_repetition(list, (enum option_id)id, error));
    }
    return EMIT_OK;
}

/* As find_value(), but NULL for NONE. */
static const char *find_value_or_none(const char *const *list, enum option_id id)
{
    const char *value = find_value(list, id);
    return emit_string_equal_nocase(value, "NONE") ? NULL : value;
}

static enum emit_status read_values(const char *const *list, struct emit_options *options,
                                    struct emit_error *error)
{
    for (int id = 0; id < OPTION_COUNT; id++)
    {
        const char *value = find_value(list, (enum option_id)id);
        if (table[id].read != NULL && !table[id].read(value, options))
            return emit_error_set(error, EMIT_ERROR_OPTION,
                                  "invalid value \"%s\" for option %s (expected %s)", value,
                                  table[id].name, table[id].expected);
    }
    return EMIT_OK;
}

enum emit_status emit_options_read(const char *const *list, struct emit_options *options,
                                   struct emit_error *error)
{
    memset(options, 0, sizeof *options);
    EMIT_TRY(check_list(list, error));
    EMIT_TRY(read_values(list, options, error));
    const char *threads = find_listed(list, OPTION_NUM_THREADS);
    if (threads == NULL || *threads == '\0')
        read_default_threads(options);
    options->quality_flags = find_value_or_none(list, OPTION_QUALITY_FLAGS);
    options->quality_where = find_value_or_none(list, OPTION_QUALITY_WHERE);
    options->mask_file = find_value(list, OPTION_MASK_FILE);
    options->wavelengths = find_value(list, OPTION_WAVELENGTHS);
    options->variable = find_value(list, OPTION_VARIABLE);
    return EMIT_OK;
}
