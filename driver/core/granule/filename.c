/* SPDX-License-Identifier: MIT */
#include "core/granule/filename.h"

#include "core/base/path.h"
#include "core/base/strings.h"

#include <stdlib.h>
#include <string.h>

static char upper(char c)
{
    return (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

static bool is_letter(char c)
{
    return upper(c) >= 'A' && upper(c) <= 'Z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Copies "length" characters in upper case. */
static void copy_upper(char *to, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        to[i] = upper(text[i]);
    to[length] = '\0';
}

/* Length of the match of "pattern" at "text", or 0. '9' matches a digit, any other character itself
 * in either case. */
static size_t match(const char *text, const char *pattern)
{
    size_t i = 0;
    for (; pattern[i] != '\0'; i++)
        if (pattern[i] == '9' ? !is_digit(text[i]) : upper(text[i]) != pattern[i])
            return 0;
    return i;
}

/* Returns the text after "EMIT_L2A_"; NULL if the text begins otherwise. Level 3 is gridded. */
static const char *parse_level(const char *text, char level[4])
{
    const size_t begin = strlen("EMIT_");
    if (match(text, "EMIT_L9") == 0 || (text[begin + 1] != '1' && text[begin + 1] != '2'))
        return NULL;
    text += begin;
    const size_t length = is_letter(text[2]) ? 3 : 2;
    copy_upper(level, text, length);
    return text[length] == '_' ? text + length + 1 : NULL;
}

bool emit_filename_parse_any_case(const char *path, struct emit_filename_parts *parts)
{
    size_t length;
    const char *text = parse_level(emit_path_base(path, &length), parts->level);
    if (text == NULL)
        return false;
    length = 0;
    while (is_letter(text[length]) || is_digit(text[length]))
        length++;
    if (length == 0 || length >= sizeof parts->product || text[length] != '_')
        return false;
    copy_upper(parts->product, text, length);
    text += length + 1;
    if (upper(*text) == 'V')
        text++;
    const size_t time_length = match(text, "999_99999999T999999");
    if (time_length == 0)
        return false;
    parts->version = atoi(text);
    copy_upper(parts->time, text + 4, 15);
    const size_t scene_length = match(text + time_length, "_9999999_999");
    copy_upper(parts->scene, text + time_length, scene_length);
    parts->rest = text + time_length + scene_length;
    return true;
}

bool emit_filename_parse(const char *path, struct emit_filename_parts *parts)
{
    if (!emit_filename_parse_any_case(path, parts))
        return false;
    size_t length;
    for (const char *text = emit_path_base(path, &length); text < parts->rest; text++)
        if (*text != upper(*text))
            return false;
    return true;
}

bool emit_filename_has_mission_scene(const struct emit_filename_parts *parts)
{
    const int last_with_scene = strcmp(parts->product, "MASK") == 0 ? 2 : 1;
    return (parts->scene[0] != '\0') == (parts->version <= last_with_scene);
}

bool emit_filename_is_original(const struct emit_filename_parts *parts)
{
    return emit_filename_has_mission_scene(parts) && parts->rest[0] == '.' &&
           emit_path_stem(parts->rest) == 0;
}

/* Start of the path component that ends before "end". */
static const char *part_before(const char *path, const char *end)
{
    while (end > path && end[-1] != '/')
        end--;
    return end;
}

/* EMITL2ARFL.002 followed by a slash. */
static bool is_collection(const char *text)
{
    size_t length = match(text, "EMITL9");
    if (length == 0)
        return false;
    while (is_letter(text[length]) || is_digit(text[length]))
        length++;
    return match(text + length, ".999/") > 0;
}

bool emit_filename_is_in_archive(const char *path, size_t *base_length)
{
    const char *part = path + strlen(path);
    for (int i = 0; i < 3; i++)
    {
        if (part == path)
            return false;
        part = part_before(path, i == 0 ? part : part - 1);
    }
    *base_length = (size_t)(part - path);
    return is_collection(part);
}

enum emit_filename emit_filename_classify(const char *path)
{
    struct emit_filename_parts parts;
    if (emit_filename_parse(path, &parts))
        return EMIT_FILENAME_GRANULE;
    size_t length;
    const char *base = emit_path_base(path, &length);
    for (size_t i = 0; i + 4 <= length; i++)
        if (emit_text_begins_nocase(base + i, "emit"))
            return EMIT_FILENAME_MENTIONS;
    return EMIT_FILENAME_OTHER;
}
