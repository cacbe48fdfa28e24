/* SPDX-License-Identifier: MIT */
#include "core/granule/schema.h"

#include <string.h>

const char *const emit_schema_main_variables[] = {
    "reflectance", "reflectance_uncertainty", "radiance", "obs", EMIT_VARIABLE_MASK, NULL};

const char *const emit_schema_companion_variables[EMIT_COMPANION_VARIABLES] = {
    EMIT_VARIABLE_MASK, EMIT_VARIABLE_BAND_MASK, "reflectance"};

bool emit_schema_is_spectral(const char *variable)
{
    return strcmp(variable, "reflectance") == 0 ||
           strcmp(variable, "reflectance_uncertainty") == 0 || strcmp(variable, "radiance") == 0;
}

const struct emit_group_variable emit_schema_group_variables[EMIT_GROUP_VARIABLES] = {
    {"lon", EMIT_PATH_LON, true},
    {"lat", EMIT_PATH_LAT, true},
    {"elev", EMIT_GROUP_LOCATION "/elev", true},
    {"aerosol_optical_thickness", "/state_variables/aerosol_optical_thickness", false},
    {"water_vapor", "/state_variables/water_vapor", false},
};

const double emit_schema_true_colour_nm[3] = {640.0, 550.0, 460.0};

static const struct data_band
{
    const char *label;    /* normalised */
    const char *variable; /* state variable that replaces it, or NULL */
} data_bands[] = {{"aod550", "aerosol_optical_thickness"},
                  {"h2o", "water_vapor"},
                  {"spectfcloudprobability", NULL},
                  {"spectfbufferdistance", NULL}};

#define NORMAL_SIZE 128

static bool is_separator(char c)
{
    return c == ' ' || c == '-' || c == '_' || c == '\t';
}

/* Lower case, without separators, a unit in brackets and a trailing "flag". */
static void normalise(const char *text, size_t length, char normal[NORMAL_SIZE])
{
    size_t n = 0;
    for (size_t i = 0; i < length && text[i] != '(' && n + 1 < NORMAL_SIZE; i++)
    {
        const char c = text[i];
        if (!is_separator(c))
            normal[n++] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    if (n > 4 && memcmp(normal + n - 4, "flag", 4) == 0)
        n -= 4;
    normal[n] = '\0';
}

/* The data band of this name, or NULL. */
static const struct data_band *find_data_band(const char *name, size_t length)
{
    char normal[NORMAL_SIZE];
    normalise(name, length, normal);
    for (size_t i = 0; i < sizeof data_bands / sizeof data_bands[0]; i++)
        if (strcmp(normal, data_bands[i].label) == 0)
            return &data_bands[i];
    return NULL;
}

enum emit_label_kind emit_schema_label_kind(const char *label)
{
    return find_data_band(label, strlen(label)) != NULL ? EMIT_LABEL_DATA : EMIT_LABEL_FLAG;
}

bool emit_schema_label_matches(const char *label, const char *name, size_t length)
{
    char normal_label[NORMAL_SIZE];
    char normal_name[NORMAL_SIZE];
    normalise(label, strlen(label), normal_label);
    normalise(name, length, normal_name);
    return normal_name[0] != '\0' && strcmp(normal_label, normal_name) == 0;
}

const char *emit_schema_state_variable(const char *name, size_t length)
{
    const struct data_band *band = find_data_band(name, length);
    return band != NULL ? band->variable : NULL;
}
