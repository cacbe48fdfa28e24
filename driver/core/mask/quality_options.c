/* SPDX-License-Identifier: MIT */
#include "core/mask/quality_options.h"

#include "core/base/platform.h"
#include "core/base/strings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool emit_quality_is_asked(const struct emit_options *options)
{
    return options->quality_flags != NULL || options->quality_where != NULL ||
           options->has_cloud_buffer;
}

/* A stretch of the user's text. */
struct words
{
    const char *begin;
    size_t length;
};

static bool is_edge(char c)
{
    return c == ' ' || c == '\t' || c == '"' || c == '\'';
}

/* Takes white space and quotes off both ends. */
static struct words trim(const char *begin, const char *end)
{
    while (begin < end && is_edge(*begin))
        begin++;
    while (end > begin && is_edge(end[-1]))
        end--;
    return (struct words){begin, (size_t)(end - begin)};
}

char *emit_mask_bands_list(const struct emit_mask_bands *mask, enum emit_label_kind kind)
{
    struct emit_buffer_text text = {0};
    for (size_t i = 0; i < mask->count; i++)
    {
        if (emit_schema_label_kind(mask->labels[i]) == kind)
            emit_text_add(&text, "%s%zu %s", text.length > 0 ? ", " : "", i, mask->labels[i]);
    }
    if (text.length == 0)
        emit_text_add(&text, "none");
    return text.text;
}

/* EMIT_ERROR_OPTION: "OPTION=...: "words" <problem>; <kind> of FILE: ...". */
static enum emit_status refuse(const char *option, struct words words, const char *problem,
                               const struct emit_mask_bands *mask, enum emit_label_kind kind,
                               struct emit_error *error)
{
    char *labels = emit_mask_bands_list(mask, kind);
    emit_error_set(error, EMIT_ERROR_OPTION, "%s: \"%.*s\" %s. The %s of %s are: %s", option,
                   (int)words.length, words.begin, problem,
                   kind == EMIT_LABEL_FLAG ? "flags" : "data bands", mask->path,
                   labels != NULL ? labels : "?");
    free(labels);
    return EMIT_ERROR_OPTION;
}

static enum emit_status add_term(struct emit_terms *terms, const struct emit_term *term,
                                 struct emit_error *error)
{
    if (terms->count == EMIT_MAX_TERMS)
        return emit_error_set(error, EMIT_ERROR_OPTION,
                              "more than %d flags and comparisons are asked for", EMIT_MAX_TERMS);
    terms->term[terms->count++] = *term;
    return EMIT_OK;
}

/* The band whose label the words mean; mask->count when there is none. */
static size_t find_label(const struct emit_mask_bands *mask, struct words words)
{
    size_t band = 0;
    while (band < mask->count &&
           !emit_schema_label_matches(mask->labels[band], words.begin, words.length))
        band++;
    return band;
}

/* ---- QUALITY_FLAGS -------------------------------------------------------------------------- */

/* Whether the words are a band number; one too large to be a band reads as the mask's count. */
static bool read_index(struct words words, const struct emit_mask_bands *mask, size_t *band)
{
    *band = 0;
    for (size_t i = 0; i < words.length; i++)
    {
        if (words.begin[i] < '0' || words.begin[i] > '9')
            return false;
        *band = *band * 10 + (size_t)(words.begin[i] - '0');
        if (*band > mask->count)
            *band = mask->count;
    }
    return words.length > 0;
}

static enum emit_status resolve_flag(struct words words, const struct emit_mask_bands *mask,
                                     struct emit_terms *terms, struct emit_error *error)
{
    static const char option[] = "QUALITY_FLAGS";
    struct emit_term term = {.rule = {EMIT_TEST_SET, 1.0}};
    const bool by_index = read_index(words, mask, &term.band);
    if (!by_index)
        term.band = find_label(mask, words);
    if (term.band == mask->count)
        return refuse(option, words, by_index ? "is no band of the mask" : "is no flag of the mask",
                      mask, EMIT_LABEL_FLAG, error);
    if (emit_schema_label_kind(mask->labels[term.band]) == EMIT_LABEL_DATA)
        return refuse(option, words, "is a data band, not a flag (QUALITY_WHERE compares it)", mask,
                      EMIT_LABEL_FLAG, error);
    return add_term(terms, &term, error);
}

static enum emit_status resolve_flags(const char *text, const struct emit_mask_bands *mask,
                                      struct emit_terms *terms, struct emit_error *error)
{
    while (text != NULL)
    {
        const char *end = text + strcspn(text, ",");
        EMIT_TRY(resolve_flag(trim(text, end), mask, terms, error));
        text = *end == ',' ? end + 1 : NULL;
    }
    return EMIT_OK;
}

/* ---- QUALITY_WHERE -------------------------------------------------------------------------- */

static enum emit_status where_error(const char *text, const char *at, const char *expected,
                                    struct emit_error *error)
{
    return emit_error_set(error, EMIT_ERROR_OPTION,
                          "QUALITY_WHERE=%s: expected %s at character %zu, found \"%.20s\". A "
                          "comparison reads like AOD550>0.4; commas join several",
                          text, expected, (size_t)(at - text) + 1, at);
}

/* Reads an operator at "at" and returns what follows it; NULL when there is none. */
static const char *read_operator(const char *at, enum emit_test *test)
{
    if (*at != '>' && *at != '<')
        return NULL;
    const bool or_equal = at[1] == '=';
    if (*at == '>')
        *test = or_equal ? EMIT_TEST_AT_LEAST : EMIT_TEST_ABOVE;
    else
        *test = or_equal ? EMIT_TEST_AT_MOST : EMIT_TEST_BELOW;
    return at + (or_equal ? 2 : 1);
}

/* Finds the data band that the words mean, or the state variable that stands for it. */
static enum emit_status resolve_data(struct words words, const struct emit_mask_bands *mask,
                                     struct emit_term *term, struct emit_error *error)
{
    term->band = find_label(mask, words);
    if (term->band < mask->count &&
        emit_schema_label_kind(mask->labels[term->band]) == EMIT_LABEL_DATA)
        return EMIT_OK;
    if (term->band < mask->count)
        return refuse("QUALITY_WHERE", words, "is a flag, not a data band (QUALITY_FLAGS takes it)",
                      mask, EMIT_LABEL_DATA, error);
    term->band = 0;
    snprintf(term->asked, sizeof term->asked, "%.*s", (int)words.length, words.begin);
    term->state_variable = emit_schema_state_variable(words.begin, words.length);
    term->in_state = term->state_variable != NULL;
    if (term->in_state)
        return EMIT_OK;
    return refuse("QUALITY_WHERE", words, "is no data band of the mask", mask, EMIT_LABEL_DATA,
                  error);
}

/* Reads one comparison of "text" at "*at" and steps behind it. */
static enum emit_status resolve_comparison(const char *text, const char **at,
                                           const struct emit_mask_bands *mask,
                                           struct emit_terms *terms, struct emit_error *error)
{
    struct emit_term term = {.band = 0};
    const char *label_end = *at + strcspn(*at, "<>=!,");
    const struct words words = trim(*at, label_end);
    if (words.length == 0)
        return where_error(text, *at, "the label of a data band", error);
    const char *number = read_operator(label_end, &term.rule.test);
    if (number == NULL)
        return where_error(text, label_end, "one of > >= < <=", error);
    char *end;
    term.rule.threshold = emit_c_strtod(number, &end);
    if (end == number || !isfinite(term.rule.threshold))
        return where_error(text, number, "a number", error);
    while (*end == ' ')
        end++;
    if (*end != '\0' && *end != ',')
        return where_error(text, end, "a comma or the end", error);
    EMIT_TRY(resolve_data(words, mask, &term, error));
    *at = end;
    return add_term(terms, &term, error);
}

static enum emit_status resolve_where(const char *text, const struct emit_mask_bands *mask,
                                      struct emit_terms *terms, struct emit_error *error)
{
    for (const char *at = text;; at++)
    {
        EMIT_TRY(resolve_comparison(text, &at, mask, terms, error));
        if (*at == '\0')
            return EMIT_OK;
    }
}

/* ---- CLOUD_BUFFER --------------------------------------------------------------------------- */

static enum emit_status resolve_buffer(int pixels, const struct emit_mask_bands *mask,
                                       struct emit_terms *terms, struct emit_error *error)
{
    static const char label[] = EMIT_LABEL_BUFFER_DISTANCE;
    const struct words words = {label, sizeof label - 1};
    const struct emit_term term = {.band = find_label(mask, words),
                                   .rule = {EMIT_TEST_WITHIN, (double)pixels}};
    if (term.band == mask->count)
        return refuse("CLOUD_BUFFER", words, "is needed and is no band of the mask", mask,
                      EMIT_LABEL_DATA, error);
    return add_term(terms, &term, error);
}

enum emit_status emit_quality_resolve(const struct emit_options *options,
                                      const struct emit_mask_bands *mask, struct emit_terms *terms,
                                      struct emit_error *error)
{
    terms->count = 0;
    if (options->quality_flags != NULL)
        EMIT_TRY(resolve_flags(options->quality_flags, mask, terms, error));
    if (options->quality_where != NULL)
        EMIT_TRY(resolve_where(options->quality_where, mask, terms, error));
    if (options->has_cloud_buffer)
        EMIT_TRY(resolve_buffer(options->cloud_buffer, mask, terms, error));
    return EMIT_OK;
}

/* ---- Order ---------------------------------------------------------------------------------- */

static int compare_numbers(double a, double b)
{
    return (a > b) - (a < b);
}

static int compare_terms(const void *a, const void *b)
{
    const struct emit_term *first = a;
    const struct emit_term *second = b;
    if (first->in_state != second->in_state)
        return first->in_state ? 1 : -1;
    int order = first->in_state ? strcmp(first->state_variable, second->state_variable)
                                : compare_numbers((double)first->band, (double)second->band);
    if (order == 0)
        order = (int)first->rule.test - (int)second->rule.test;
    return order != 0 ? order : compare_numbers(first->rule.threshold, second->rule.threshold);
}

void emit_terms_normalise(struct emit_terms *terms)
{
    qsort(terms->term, terms->count, sizeof terms->term[0], compare_terms);
    size_t kept = 0;
    for (size_t i = 0; i < terms->count; i++)
    {
        if (kept == 0 || compare_terms(&terms->term[kept - 1], &terms->term[i]) != 0)
            terms->term[kept++] = terms->term[i];
    }
    terms->count = kept;
}
