/* SPDX-License-Identifier: MIT */
/* The text of an option is divided into tokens at its commas. Each token becomes a mask condition:
 * a band, found by label or number, and a comparison. Labels and bands are those of one mask, so
 * the caller resolves the options anew for each candidate. A message names the token and all
 * labels that the option accepts. */
#include "core/mask/quality_options.h"

#include "core/base/platform.h"
#include "core/base/strings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool emit_quality_is_requested(const struct emit_options *options)
{
    return options->quality_flags != NULL || options->quality_where != NULL ||
           options->has_cloud_buffer;
}

/* A part of an option's text. */
struct token
{
    const char *begin;
    size_t length;
};

/* A resolution in progress. */
struct resolution
{
    const struct emit_mask_bands *mask;
    struct emit_mask_conditions *conditions;
    const char *option; /* name of the one being resolved */
    struct emit_error *error;
};

static bool is_edge(char c)
{
    return c == ' ' || c == '\t' || c == '"' || c == '\'';
}

/* Removes white space and quotes at both ends. */
static struct token trim(const char *begin, const char *end)
{
    while (begin < end && is_edge(*begin))
        begin++;
    while (end > begin && is_edge(end[-1]))
        end--;
    return (struct token){begin, (size_t)(end - begin)};
}

char *emit_mask_bands_list(const struct emit_mask_bands *mask, enum emit_label_kind kind)
{
    struct emit_string_builder text = {0};
    for (size_t i = 0; i < mask->count; i++)
        if (emit_schema_label_kind(mask->labels[i]) == kind)
            emit_string_append(&text, "%s%zu %s", text.length > 0 ? ", " : "", i, mask->labels[i]);
    if (text.length == 0)
        emit_string_append(&text, "none");
    return text.text;
}

/* EMIT_ERROR_OPTION: OPTION: "token" <problem>. Available <kind> of FILE: ... */
static enum emit_status refuse(const struct resolution *resolution, struct token token,
                               const char *problem, enum emit_label_kind kind)
{
    const struct emit_mask_bands *mask = resolution->mask;
    char *labels = emit_mask_bands_list(mask, kind);
    emit_error_set(resolution->error, EMIT_ERROR_OPTION, "%s: \"%.*s\" %s. Available %s of %s: %s",
                   resolution->option, (int)token.length, token.begin, problem,
                   kind == EMIT_LABEL_FLAG ? "flags" : "data bands", mask->path,
                   labels != NULL ? labels : "?");
    free(labels);
    return EMIT_ERROR_OPTION;
}

static enum emit_status add_condition(const struct resolution *resolution,
                                      const struct emit_mask_condition *condition)
{
    struct emit_mask_conditions *conditions = resolution->conditions;
    if (conditions->count == EMIT_MAX_CONDITIONS)
        return emit_error_set(resolution->error, EMIT_ERROR_OPTION,
                              "more than %d flags and comparisons", EMIT_MAX_CONDITIONS);
    conditions->condition[conditions->count++] = *condition;
    return EMIT_OK;
}

/* The first band from "band" on whose label matches the token; mask->count if there is none. */
static size_t find_label(const struct emit_mask_bands *mask, struct token token, size_t band)
{
    while (band < mask->count &&
           !emit_schema_label_matches(mask->labels[band], token.begin, token.length))
        band++;
    return band;
}

/* The band that the token means, a label or a 0-based number; mask->count if there is none. */
static size_t find_band(const struct emit_mask_bands *mask, struct token token)
{
    size_t band = 0;
    for (size_t i = 0; i < token.length; i++)
    {
        if (token.begin[i] < '0' || token.begin[i] > '9')
            return find_label(mask, token, 0);
        band = band * 10 + (size_t)(token.begin[i] - '0');
        band = band < mask->count ? band : mask->count;
    }
    return token.length > 0 ? band : mask->count;
}

/* Refuses a label of two bands, as in masks that were joined: one of them may be empty. Does not
 * concern a token that is the number of "band". */
static enum emit_status check_unique(const struct resolution *resolution, struct token token,
                                     size_t band)
{
    const struct emit_mask_bands *mask = resolution->mask;
    return find_label(mask, token, 0) == band && find_label(mask, token, band + 1) < mask->count
               ? refuse(resolution, token, "is the label of two bands: name one by its number",
                        emit_schema_label_kind(mask->labels[band]))
               : EMIT_OK;
}

/* Refuses a data band as a flag, with the way to compare it, and a flag as a data band. */
static enum emit_status refuse_kind(const struct resolution *resolution, struct token token,
                                    size_t band)
{
    const char *label = resolution->mask->labels[band];
    const bool is_data = emit_schema_label_kind(label) == EMIT_LABEL_DATA;
    char problem[512];
    snprintf(
        problem, sizeof problem,
        is_data ? "is the data band %.128s, not a flag. QUALITY_WHERE=\"%.128s>NUMBER\" compares it"
                : "is the flag %.128s, not a data band. QUALITY_FLAGS=\"%.128s\" masks by it",
        label, label);
    return refuse(resolution, token, problem, is_data ? EMIT_LABEL_FLAG : EMIT_LABEL_DATA);
}

/* ---- QUALITY_FLAGS -------------------------------------------------------------------------- */

static enum emit_status resolve_flag(const struct resolution *resolution, struct token token)
{
    const struct emit_mask_bands *mask = resolution->mask;
    const struct emit_mask_condition condition = {.band = find_band(mask, token),
                                                  .rule = {EMIT_COMPARISON_SET, 1.0}};
    if (condition.band == mask->count)
        return refuse(resolution, token, "is not a flag", EMIT_LABEL_FLAG);
    if (emit_schema_label_kind(mask->labels[condition.band]) == EMIT_LABEL_DATA)
        return refuse_kind(resolution, token, condition.band);
    EMIT_TRY(check_unique(resolution, token, condition.band));
    return add_condition(resolution, &condition);
}

static enum emit_status resolve_flags(struct resolution *resolution, const char *text)
{
    resolution->option = "QUALITY_FLAGS";
    while (text != NULL)
    {
        const char *end = text + strcspn(text, ",");
        EMIT_TRY(resolve_flag(resolution, trim(text, end)));
        text = *end == ',' ? end + 1 : NULL;
    }
    return EMIT_OK;
}

/* ---- QUALITY_WHERE -------------------------------------------------------------------------- */

static enum emit_status where_error(const struct resolution *resolution, const char *text,
                                    const char *at, const char *expected)
{
    return emit_error_set(resolution->error, EMIT_ERROR_OPTION,
                          "QUALITY_WHERE=%s: expected %s at character %zu, found \"%.20s\". "
                          "Example of two comparisons: AOD550>0.4,H2O>3",
                          text, expected, (size_t)(at - text) + 1, at);
}

/* Reads an operator at "at" and returns the text after it; NULL if there is none. */
static const char *read_operator(const char *at, enum emit_comparison *test)
{
    for (int i = EMIT_COMPARISON_AT_MOST; i >= EMIT_COMPARISON_ABOVE; i--) /* ">=" before ">" */
    {
        const size_t length = strlen(emit_comparison_texts[i]);
        *test = (enum emit_comparison)i;
        if (strncmp(at, emit_comparison_texts[i], length) == 0)
            return at + length;
    }
    return NULL;
}

/* Finds the data band that the token names, or the state variable that replaces it. */
static enum emit_status resolve_data(const struct resolution *resolution, struct token token,
                                     struct emit_mask_condition *condition)
{
    const struct emit_mask_bands *mask = resolution->mask;
    const size_t band = find_band(mask, token);
    condition->state_variable = NULL;
    if (band == mask->count)
        condition->state_variable = emit_schema_state_variable(token.begin, token.length);
    else if (emit_schema_label_kind(mask->labels[band]) == EMIT_LABEL_DATA)
        condition->band = band;
    else
        return refuse_kind(resolution, token, band);
    condition->in_state = condition->state_variable != NULL;
    if (band == mask->count && !condition->in_state)
        return refuse(resolution, token, "is not a data band", EMIT_LABEL_DATA);
    EMIT_TRY(band < mask->count ? check_unique(resolution, token, band) : EMIT_OK);
    snprintf(condition->user_label, sizeof condition->user_label, "%.*s", (int)token.length,
             token.begin);
    return EMIT_OK;
}

/* Reads the comparison of "text" at "*at" and moves "*at" past it. */
static enum emit_status resolve_comparison(const struct resolution *resolution, const char *text,
                                           const char **at)
{
    struct emit_mask_condition condition = {.band = 0};
    const char *label_end = *at + strcspn(*at, "<>=!,");
    const struct token token = trim(*at, label_end);
    if (token.length == 0)
        return where_error(resolution, text, *at, "the label of a data band");
    const char *number = read_operator(label_end, &condition.rule.test);
    if (number == NULL)
        return where_error(resolution, text, label_end, "one of > >= < <=");
    char *end;
    condition.rule.threshold = emit_c_strtod(number, &end);
    if (end == number || !isfinite(condition.rule.threshold))
        return where_error(resolution, text, number, "a number");
    *at = end + strspn(end, " ");
    if (**at != '\0' && **at != ',')
        return where_error(resolution, text, *at, "a comma or the end");
    EMIT_TRY(resolve_data(resolution, token, &condition));
    return add_condition(resolution, &condition);
}

static enum emit_status resolve_where(struct resolution *resolution, const char *text)
{
    resolution->option = "QUALITY_WHERE";
    for (const char *at = text;; at++)
    {
        EMIT_TRY(resolve_comparison(resolution, text, &at));
        if (*at == '\0')
            return EMIT_OK;
    }
}

/* ---- CLOUD_BUFFER --------------------------------------------------------------------------- */

static enum emit_status resolve_buffer(struct resolution *resolution, int pixels)
{
    static const char label[] = EMIT_LABEL_BUFFER_DISTANCE;
    const struct token token = {label, sizeof label - 1};
    const struct emit_mask_condition condition = {.band = find_label(resolution->mask, token, 0),
                                                  .rule = {EMIT_COMPARISON_WITHIN, (double)pixels}};
    resolution->option = "CLOUD_BUFFER";
    if (condition.band == resolution->mask->count)
        return refuse(resolution, token, "is required, but missing", EMIT_LABEL_DATA);
    EMIT_TRY(check_unique(resolution, token, condition.band));
    return add_condition(resolution, &condition);
}

enum emit_status emit_quality_resolve(const struct emit_options *options,
                                      const struct emit_mask_bands *mask,
                                      struct emit_mask_conditions *conditions,
                                      struct emit_error *error)
{
    struct resolution resolution = {mask, conditions, NULL, error};
    conditions->count = 0;
    if (options->quality_flags != NULL)
        EMIT_TRY(resolve_flags(&resolution, options->quality_flags));
    if (options->quality_where != NULL)
        EMIT_TRY(resolve_where(&resolution, options->quality_where));
    if (options->has_cloud_buffer)
        EMIT_TRY(resolve_buffer(&resolution, options->cloud_buffer));
    return EMIT_OK;
}

/* ---- Order ---------------------------------------------------------------------------------- */

static int compare_numbers(double a, double b)
{
    return (a > b) - (a < b);
}

static int compare_conditions(const void *a, const void *b)
{
    const struct emit_mask_condition *first = a;
    const struct emit_mask_condition *second = b;
    if (first->in_state != second->in_state)
        return first->in_state ? 1 : -1;
    int order = first->in_state ? strcmp(first->state_variable, second->state_variable)
                                : compare_numbers((double)first->band, (double)second->band);
    if (order == 0)
        order = (int)first->rule.test - (int)second->rule.test;
    return order != 0 ? order : compare_numbers(first->rule.threshold, second->rule.threshold);
}

void emit_mask_conditions_normalise(struct emit_mask_conditions *conditions)
{
    qsort(conditions->condition, conditions->count, sizeof conditions->condition[0],
          compare_conditions);
    size_t count = 0;
    for (size_t i = 0; i < conditions->count; i++)
        if (count == 0 ||
            compare_conditions(&conditions->condition[count - 1], &conditions->condition[i]) != 0)
            conditions->condition[count++] = conditions->condition[i];
    conditions->count = count;
}
