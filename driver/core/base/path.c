/* SPDX-License-Identifier: MIT */
#include "core/base/path.h"

#include <string.h>

/* As GDAL_DMD_EXTENSIONS of the driver. */
static const char *const endings[] = {".nc", ".nc4", ".h5", ".hdf5", NULL};

/* ---- Base names ----------------------------------------------------------------------------- */

/* The part of a path that names the file. */
struct place
{
    const char *begin;
    const char *end;
    bool encoded;   /* %2F is a slash */
    bool has_query; /* after "end" */
};

/* The value of "url" in /vsicurl?key=value&url=...; NULL without one. */
static const char *encoded_url(const char *path)
{
    if (!emit_text_begins_nocase(path, "/vsicurl?"))
        return NULL;
    const char *at = path + 8;
    while (at != NULL && !emit_text_begins_nocase(at + 1, "url="))
        at = strchr(at + 1, '&');
    return at != NULL ? at + 5 : NULL;
}

static struct place find_place(const char *path)
{
    const char *url = encoded_url(path);
    struct place place = {path, path + strlen(path), url != NULL, false};
    if (url != NULL)
    {
        place.begin = url;
        place.end = url + strcspn(url, "&");
    }
    else if (!emit_text_begins_nocase(path, "/vsicurl/") &&
             !emit_text_begins_nocase(path, "/vsicurl_streaming/"))
        return place;
    for (const char *at = place.begin; at < place.end && !place.has_query; at++)
    {
        place.has_query = *at == '?' || (place.encoded && emit_text_begins_nocase(at, "%3F"));
        place.end = place.has_query ? at : place.end;
    }
    return place;
}

const char *emit_path_base(const char *path, size_t *length)
{
    const struct place place = find_place(path);
    const char *base = place.begin;
    for (const char *at = place.begin; at < place.end; at++)
    {
        if (*at == '/' || *at == '\\')
            base = at + 1;
        else if (place.encoded && emit_text_begins_nocase(at, "%2F"))
            base = at + 3;
    }
    *length = (size_t)(place.end - base);
    return base;
}

bool emit_path_has_folder(const char *path)
{
    const struct place place = find_place(path);
    return !place.encoded && !place.has_query;
}

const char *emit_path_shown(struct emit_arena *arena, const char *path)
{
    char *shown = emit_arena_array(arena, strlen(path) + 1, 1);
    if (shown == NULL)
        return "";
    strcpy(shown, path);
    emit_redact(shown);
    return shown;
}

/* ---- Endings -------------------------------------------------------------------------------- */

size_t emit_path_ending(const char *text)
{
    for (const char *const *ending = endings; *ending != NULL; ending++)
    {
        const size_t length = strlen(*ending);
        if (emit_text_begins_nocase(text, *ending) && strchr(":?", text[length]) != NULL)
            return length;
    }
    return 0;
}

static bool ends_with(const char *name, size_t length, const char *ending)
{
    const size_t count = strlen(ending);
    return length >= count && emit_text_begins_nocase(name + length - count, ending);
}

/* Length of the HDF5 ending of the "length" characters at "name"; 0 without one. */
static size_t last_ending(const char *name, size_t length)
{
    const char *const *ending = endings;
    while (*ending != NULL && !ends_with(name, length, *ending))
        ending++;
    return *ending != NULL ? strlen(*ending) : 0;
}

bool emit_path_is_hdf5(const char *path)
{
    size_t length;
    const char *base = emit_path_base(path, &length);
    return last_ending(base, length) > 0;
}

size_t emit_path_stem(const char *name)
{
    static const char opendap[] = ".dap";
    size_t length = strcspn(name, "?");
    size_t ending;
    while ((ending = last_ending(name, length)) > 0)
    {
        length -= ending;
        if (ends_with(name, length, opendap))
            length -= sizeof opendap - 1;
    }
    return length;
}
