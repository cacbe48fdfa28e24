/* SPDX-License-Identifier: MIT */
/* Dataset names, EMIT:"path":variable?KEY=VALUE: see emit.h. */
#include "emit.h"

#include "core/base/error.h"
#include "core/base/path.h"
#include "core/base/strings.h"

#include <cpl_conv.h>
#include <cpl_string.h>

#include <string.h>

/* Hint of messages about invalid names. */
#define NAME_FORM                                                                                  \
    "the syntax is EMIT:\"path\"[:variable][?KEY=VALUE&...], in a shell within single quotes"

static const char prefix[] = "EMIT:";

bool emit_name_has_prefix(const char *name)
{
    return emit_text_begins_nocase(name, prefix);
}

static char *copy_span(const char *begin, const char *end)
{
    char *copy = CPLStrdup(begin);
    copy[end - begin] = '\0';
    return copy;
}

/* Copies the text up to the closing quote, replacing \" by a quote; sets "*end" after the closing
 * quote, or to NULL without one. */
static char *copy_quoted(const char *text, const char **end)
{
    char *copy = CPLStrdup(text);
    size_t length = 0;
    *end = NULL;
    for (text++; *text != '\0'; text++)
    {
        if (*text == '"')
        {
            *end = text + 1;
            break;
        }
        if (text[0] == '\\' && text[1] == '"')
            text++;
        copy[length++] = *text;
    }
    copy[length] = '\0';
    return copy;
}

/* End of an unquoted path: after the first HDF5 file ending. */
static const char *unquoted_end(const char *text)
{
    while (*text != '\0' && emit_path_ending(text) == 0)
        text++;
    return text + emit_path_ending(text);
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) % 16 : -1;
}

/* Decodes %XX in place; %00 and an incomplete % are unchanged. */
static void decode_percent(char *text)
{
    char *out = text;
    for (; *text != '\0'; text++)
    {
        const int high = text[0] == '%' ? hex_digit(text[1]) : -1;
        const int low = high >= 0 ? hex_digit(text[2]) : -1;
        if (low >= 0 && high * 16 + low != 0)
        {
            *out++ = (char)(high * 16 + low);
            text += 2;
        }
        else
            *out++ = *text;
    }
    *out = '\0';
}

/* Parses KEY=VALUE&KEY=VALUE at "text". */
static enum emit_status parse_options(const char *text, struct emit_name *name,
                                      struct emit_error *error)
{
    name->options = CSLTokenizeString2(text, "&", CSLT_ALLOWEMPTYTOKENS);
    if (CSLCount(name->options) == 0)
        name->options = CSLAddString(name->options, "");
    for (char **option = name->options; *option != NULL; option++)
    {
        decode_percent(*option);
        const char *equals = strchr(*option, '=');
        if (equals == NULL || equals == *option)
            return emit_error_set(error, EMIT_ERROR_OPTION,
                                  "\"%s\" in the dataset name is not KEY=VALUE; " NAME_FORM,
                                  *option);
    }
    return EMIT_OK;
}

/* Parses [:variable][?options] after the path. */
static enum emit_status parse_tail(const char *tail, const char *whole, struct emit_name *name,
                                   struct emit_error *error)
{
    if (*tail == ':')
    {
        const char *end = tail + 1 + strcspn(tail + 1, "?");
        name->variable = copy_span(tail + 1, end);
        if (*name->variable == '\0')
            return emit_error_set(error, EMIT_ERROR_OPTION,
                                  "%s has no variable after ':'; " NAME_FORM, whole);
        tail = end;
    }
    if (*tail == '?')
        return parse_options(tail + 1, name, error);
    if (*tail != '\0')
        return emit_error_set(error, EMIT_ERROR_OPTION,
                              "%s: invalid text \"%s\" after the path; " NAME_FORM, whole, tail);
    return EMIT_OK;
}

static bool has_known_options(const struct emit_name *name)
{
    bool known = true;
    for (char **option = name->options; option != NULL && *option != NULL; option++)
        known = known && (**option == '@' || emit_option_meant(*option) != NULL);
    return known;
}

/* The same after an unquoted path, which ends at a '?' that may have been meant as a part of it.
 * The message shows nothing that may be a secret. */
static enum emit_status parse_unquoted_tail(const char *tail, const char *whole,
                                            struct emit_name *name, struct emit_error *error)
{
    const enum emit_status status = parse_tail(tail, whole, name, error);
    if (strchr(tail, '?') == NULL || (status == EMIT_OK && has_known_options(name)))
        return status;
    return emit_error_set(
        error, EMIT_ERROR_OPTION,
        "%.*s is followed by '?', but not by open options. A path that holds '?' or "
        "'&' must be in quotes; " NAME_FORM,
        (int)(tail - whole), whole);
}

static enum emit_status parse_prefixed(const char *text, struct emit_name *name,
                                       struct emit_error *error)
{
    const char *rest = text + sizeof prefix - 1;
    const char *end = NULL;
    const bool quoted = *rest == '"';
    if (quoted)
        name->path = copy_quoted(rest, &end);
    else
    {
        end = unquoted_end(rest);
        name->path = copy_span(rest, end);
    }
    if (end == NULL)
        return emit_error_set(error, EMIT_ERROR_OPTION,
                              "%s has no closing quote after the path; " NAME_FORM, text);
    if (*name->path == '\0')
        return emit_error_set(error, EMIT_ERROR_OPTION, "%s has no path; " NAME_FORM, text);
    return quoted ? parse_tail(end, text, name, error)
                  : parse_unquoted_tail(end, text, name, error);
}

enum emit_status emit_name_parse(const char *text, struct emit_name *name, struct emit_error *error)
{
    memset(name, 0, sizeof *name);
    enum emit_status status = EMIT_OK;
    if (emit_name_has_prefix(text))
        status = parse_prefixed(text, name, error);
    else
        name->path = CPLStrdup(text);
    if (status != EMIT_OK)
        emit_name_close(name);
    return status;
}

void emit_name_close(struct emit_name *name)
{
    CSLDestroy(name->options);
    CPLFree(name->variable);
    CPLFree(name->path);
    memset(name, 0, sizeof *name);
}
