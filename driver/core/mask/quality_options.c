/* SPDX-License-Identifier: MIT */
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

/* A part of the option's text. */
struct tokens
{
    const char *begin;
    size_t length;
};

static bool is_edge(char c)
{
    return c == ' ' || c == '\t' || c == '"' || c == '\'';
}

/* Removes white space and quotes at both ends. */
static struct tokens trim(const char *begin, const char *end)
{
    while (begin < end && is_edge(*begin))
        begin++;
    while (end > begin && is_edge(end[-1]))
        end--;
    return (struct tokens){begin, (size_t)(end - begin)};
}

char *emit_mask_bands_list(const struct emit_mask_bands *mask, enum emit_label_kind kind)
{
    struct emit_string_builder text = {0};
    for (size_t i = 0; i < mask->count; i++)
    {
        if (emit_schema_label_kind(mask->labels[i]) == kind)
            emit_string_append(&text, "%s%zu %s", text.length > 0 ? ", " : "", i, mask->labels[i]);
    }
    if (text.length == 0)
        emit_string_append(&text, "none");
    return text.text;
}

/* EMIT_ERROR_OPTION: OPTION: "tokens" <problem>. Available <kind> of FILE: ... */
static enum emit_status refuse(const char *option, struct tokens tokens, const char *problem,
                               const struct emit_mask_bands *mask, enum emit_label_kind kind,
                               struct emit_error *error)
{
    char *labels = emit_mask_bands_list(mask, kind);
    emit_error_set(error, EMIT_ERROR_OPTION, "%s: \"%.*s\" %s. Available %s of %s: %s", option,
                   (int)tokens.length, tokens.begin, problem,
                   kind == EMIT_LABEL_FLAG ? "flags" : "data bands", mask->path,
                   labels != NULL ? labels : "?");
    free(labels);
    return EMIT_ERROR_OPTION;
}

static enum emit_status add_condition(struct emit_mask_conditions *conditions,
                                      const struct emit_mask_condition *condition,
                                      struct emit_error *error)
{
    if (conditions->count == EMIT_MAX_CONDITIONS)
        return emit_error_set(error, EMIT_ERROR_OPTION, "more than %d flags and comparisons",
                              EMIT_MAX_CONDITIONS);
    conditions->condition[conditions->count++] = *condition;
    return EMIT_OK;
}

/* The band whose label matches the tokens; mask->count if there is none. */
static size_t find_label(const struct emit_mask_bands *mask, struct tokens tokens)
{
    size_t band = 0;
    while (band < mask->count &&
           !emit_schema_label_matches(mask->labels[band], tokens.begin, tokens.length))
        band++;
    return band;
}

/* Whether the tokens are a band number; one too large to be a band reads as the mask's count. */
static bool read_index(struct tokens tokens, const struct emit_mask_bands *mask, size_t *band)
{
    *band = 0;
    for (size_t i = 0; i < tokens.length; i++)
    {
        if (tokens.begin[i] < '0' || tokens.begin[i] > '9')
            return false;
        *band = *band * 10 + (size_t)(tokens.begin[i] - '0');
        if (*band > mask->count)
            *band = mask->count;
    }
    return tokens.length > 0;
}

/* The band that the tokens mean, a label or a 0-based number; mask->count if there is none. */
static size_t find_band(const struct emit_mask_bands *mask, struct tokens tokens)
{
    size_t band;
    return read_index(tokens, mask, &band) ? band : find_label(mask, tokens);
}

/* Refuses a data band as a flag, with the way to compare it, and a flag as a data band. */
static enum emit_status refuse_kind(const char *option, struct tokens tokens,
                                    const struct emit_mask_bands *mask, size_t band,
                                    struct emit_error *error)
{
    char problem[512];
    const bool is_data = emit_schema_label_kind(mask->labels[band]) == EMIT_LABEL_DATA;
    snprintf(
        problem, sizeof problem,
        is_data ? "is the data band %.128s, not a flag. QUALITY_WHERE=\"%.128s>NUMBER\" compares it"
                : "is the flag %.128s, not a data band. QUALITY_FLAGS=\"%.128s\" masks by it",
        mask->labels[band], mask->labels[band]);
    return refuse(option, tokens, problem, mask, is_data ? EMIT_LABEL_FLAG : EMIT_LABEL_DATA,
                  error);
}

/* ---- QUALITY_FLAGS -------------------------------------------------------------------------- */

static enum emit_status resolve_flag(struct tokens tokens, const struct emit_mask_bands *mask,
                                     struct emit_mask_conditions *conditions,
                                     struct emit_error *error)
{
    static const char option[] = "QUALITY_FLAGS";
    const struct emit_mask_condition condition = {.band = find_band(mask, tokens),
                                                  .rule = {EMIT_COMPARISON_SET, 1.0}};
    if (condition.band == mask->count)
        return refuse(option, tokens, "is not a flag", mask, EMIT_LABEL_FLAG, error);
    if (emit_schema_label_kind(mask->labels[condition.band]) == EMIT_LABEL_DATA)
        return refuse_kind(option, tokens, mask, condition.band, error);
    return add_condition(conditions, &condition, error);
}

static enum emit_status resolve_flags(const char *text, const struct emit_mask_bands *mask,
                                      struct emit_mask_conditions *conditions,
                                      struct emit_error *error)
{
    while (text != NULL)
    {
        const char *end = text + strcspn(text, ",");
        EMIT_TRY(resolve_flag(trim(text, end), mask, conditions, error));
        text = *end == ',' ? end + 1 : NULL;
    }
    return EMIT_OK;
}

/* ---- QUALITY_WHERE -------------------------------------------------------------------------- */

static enum emit_status where_error(const char *text, const char *at, const char *expected,
                                    struct emit_error *error)
{
    return emit_error_set(error, EMIT_ERROR_OPTION,
                          "QUALITY_WHERE=%s: expected %s at character %zu, found \"%.20s\". "
                          "Example of two comparisons: AOD550>0.4,H2O>3",
                          text, expected, (size_t)(at - text) + 1, at);
}

/* Reads an operator at "at" and returns the text after it; NULL if there is none. */
static const char *read_operator(const char *at, enum emit_comparison *test)
{
    if (*at != '>' && *at != '<')
        return NULL;
    const bool or_equal = at[1] == '=';
    if (*at == '>')
        *test = or_equal ? EMIT_COMPARISON_AT_LEAST : EMIT_COMPARISON_ABOVE;
    else
        *test = or_equal ? EMIT_COMPARISON_AT_MOST : EMIT_COMPARISON_BELOW;
    return at + (or_equal ? 2 : 1);
}

/* Finds the data band that the tokens name, or the state variable that replaces it. */
static enum emit_status resolve_data(struct tokens tokens, const struct emit_mask_bands *mask,
                                     struct emit_mask_condition *condition,
                                     struct emit_error *error)
{
    static const char option[] = "QUALITY_WHERE";
    condition->band = find_band(mask, tokens);
    if (condition->band < mask->count)
        return emit_schema_label_kind(mask->labels[condition->band]) == EMIT_LABEL_DATA
                   ? EMIT_OK
                   : refuse_kind(option, tokens, mask, condition->band, error);
    condition->band = 0;
    snprintf(condition->user_label, sizeof condition->user_label, "%.*s", (int)tokens.length,
             tokens.begin);
    condition->state_variable = emit_schema_state_variable(tokens.begin, tokens.length);
    condition->in_state = condition->state_variable != NULL;
    if (condition->in_state)
        return EMIT_OK;
    return refuse(option, tokens, "is not a data band", mask, EMIT_LABEL_DATA, error);
}

/* Reads the comparison of "text" at "*at" and moves "*at" past it. */
static enum emit_status resolve_comparison(const char *text, const char **at,
                                           const struct emit_mask_bands *mask,
                                           struct emit_mask_conditions *conditions,
                                           struct emit_error *error)
{
    struct emit_mask_condition condition = {.band = 0};
    const char *label_end = *at + strcspn(*at, "<>=!,");
    const struct tokens tokens = trim(*at, label_end);
    if (tokens.length == 0)
        return where_error(text, *at, "the label of a data band", error);
    const char *number = read_operator(label_end, &condition.rule.test);
    if (number == NULL)
        return where_error(text, label_end, "one of > >= < <=", error);
    char *end;
    condition.rule.threshold = emit_c_strtod(number, &end);
    if (end == number || !isfinite(condition.rule.threshold))
        return where_error(text, number, "a number", error);
    while (*end == ' ')
        end++;
    if (*end != '\0' && *end != ',')
        return where_error(text, end, "a comma or the end", error);
    EMIT_TRY(resolve_data(tokens, mask, &condition, error));
    *at = end;
    return add_condition(conditions, &condition, error);
}

static enum emit_status resolve_where(const char *text, const struct emit_mask_bands *mask,
                                      struct emit_mask_conditions *conditions,
                                      struct emit_error *error)
{
    for (const char *at = text;; at++)
    {
        EMIT_TRY(resolve_comparison(text, &at, mask, conditions, error));
        if (*at == '\0')
            return EMIT_OK;
    }
}

/* ---- CLOUD_BUFFER --------------------------------------------------------------------------- */

static enum emit_status resolve_buffer(int pixels, const struct emit_mask_bands *mask,
                                       struct emit_mask_conditions *conditions,
                                       struct emit_error *error)
{
    static const char label[] = EMIT_LABEL_BUFFER_DISTANCE;
    const struct tokens tokens = {label, sizeof label - 1};
    const struct emit_mask_condition condition = {.band = find_label(mask, tokens),
                                                  .rule = {EMIT_COMPARISON_WITHIN, (double)pixels}};
    if (condition.band == mask->count)
        return refuse("CLOUD_BUFFER", tokens, "is required, but missing", mask, EMIT_LABEL_DATA,
                      error);
    return add_condition(conditions, &condition, error);
}

enum emit_status emit_quality_resolve(const struct emit_options *options,
                                      const struct emit_mask_bands *mask,
                                      struct emit_mask_conditions *conditions,
                                      struct emit_error *error)
{
    conditions->count = 0;
    if (options->quality_flags != NULL)
        EMIT_TRY(resolve_flags(options->quality_flags, mask, conditions, error));
    if (options->quality_where != NULL)
        EMIT_TRY(resolve_where(options->quality_where, mask, conditions, error));
    if (options->has_cloud_buffer)
        EMIT_TRY(resolve_buffer(options->cloud_buffer, mask, conditions, error));
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
    size_t kept = 0;
    for (size_t i = 0; i < conditions->count; i++)
    {
        if (kept == 0 ||
            compare_conditions(&conditions->condition[kept - 1], &conditions->condition[i]) != 0)
            conditions->condition[kept++] = conditions->condition[i];
    }
    conditions->count = kept;
}
