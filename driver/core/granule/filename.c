/* SPDX-License-Identifier: MIT */
#include "core/granule/filename.h"

#include <cpl_conv.h>

#include <stdlib.h>
#include <string.h>

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Length of the pattern's match at "text": '9' stands for a digit, all else for itself; 0: none. */
static size_t match(const char *text, const char *pattern)
{
    size_t i = 0;
    for (; pattern[i] != '\0'; i++)
    {
        if (pattern[i] == '9' ? !is_digit(text[i]) : text[i] != pattern[i])
            return 0;
    }
    return i;
}

/* Steps over "EMIT_L2A_"; NULL when the text begins otherwise. Level 3 is gridded. */
static const char *skip_level(const char *text)
{
    const size_t length = match(text, "EMIT_L9");
    if (length == 0 || (text[length - 1] != '1' && text[length - 1] != '2'))
        return NULL;
    text += length;
    if (is_upper(*text))
        text++;
    return *text == '_' ? text + 1 : NULL;
}

bool emit_filename_parse(const char *path, struct emit_filename_parts *parts)
{
    const char *text = skip_level(CPLGetFilename(path));
    if (text == NULL)
        return false;
    size_t length = 0;
    while (is_upper(text[length]) || is_digit(text[length]))
        length++;
    if (length == 0 || length >= sizeof parts->product || text[length] != '_')
        return false;
    memcpy(parts->product, text, length);
    parts->product[length] = '\0';
    text += length + 1;
    if (*text == 'V')
        text++;
    const size_t time_length = match(text, "999_99999999T999999");
    if (time_length == 0)
        return false;
    parts->version = atoi(text);
    memcpy(parts->time, text + 4, 15);
    parts->time[15] = '\0';
    const size_t scene_length = match(text + time_length, "_9999999_999");
    memcpy(parts->scene, text + time_length, scene_length);
    parts->scene[scene_length] = '\0';
    return true;
}

enum emit_filename emit_filename_classify(const char *path)
{
    struct emit_filename_parts parts;
    if (emit_filename_parse(path, &parts))
        return EMIT_FILENAME_GRANULE;
    for (const char *text = CPLGetFilename(path); *text != '\0'; text++)
    {
        if (EQUALN(text, "emit", 4))
            return EMIT_FILENAME_MENTIONS;
    }
    return EMIT_FILENAME_OTHER;
}
