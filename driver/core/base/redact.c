/* SPDX-License-Identifier: MIT */
/* Removes secrets of URLs from texts: signatures, tokens, passwords. */
#include "core/base/strings.h"

#include <string.h>

/* A text that is rewritten in place: "to" never passes "from". */
struct rewriting
{
    const char *from;
    char *to;
};

static void copy(struct rewriting *text, size_t length)
{
    memmove(text->to, text->from, length);
    text->to += length;
    text->from += length;
}

/* Replaces the next "length" characters by three dots. */
static void redact(struct rewriting *text, size_t length)
{
    const size_t dots = length < 3 ? length : 3;
    memset(text->to, '.', dots);
    text->to += dots;
    text->from += length;
}

/* Length of the rest of a URL, without punctuation of the sentence around it. */
static size_t rest_of_url(const char *text)
{
    size_t length = strcspn(text, " \t\r\n\"'<>}");
    while (length > 0 && strchr(":;,.)", text[length - 1]) != NULL)
        length--;
    return length;
}

/* Length of "://", encoded or not, at the beginning of "text"; else 0. */
static size_t scheme_end(const char *text)
{
    if (emit_text_begins_nocase(text, "%3A%2F%2F"))
        return 9;
    return emit_text_begins_nocase(text, "://") ? 3 : 0;
}

/* Length of "user:password@" at the beginning of "text", without the '@'. */
static size_t user_length(const char *text)
{
    const size_t length = strcspn(text, "@/?% \t\r\n\"");
    return text[length] == '@' ? length : 0;
}

/* Length of the options before "url=" in what follows "/vsicurl?"; they may hold headers. */
static size_t options_length(const char *text)
{
    const size_t length = rest_of_url(text);
    for (size_t i = 0; i < length; i++)
        if ((i == 0 || text[i - 1] == '&') && emit_text_begins_nocase(text + i, "url="))
            return i > 0 ? i - 1 : 0;
    return length;
}

/* Length of the mark of a query at the beginning of "text"; else 0, also for the mark that ends a
 * question. */
static size_t query_mark(const char *text, bool encoded)
{
    if (emit_text_begins_nocase(text, "%3F"))
        return 3;
    return (*text == '?' || (encoded && *text == '&')) && rest_of_url(text + 1) > 0 ? 1 : 0;
}

/* Rewrites a URL from its scheme on, to its query or end. */
static void rewrite_url(struct rewriting *text, bool encoded)
{
    copy(text, scheme_end(text->from));
    redact(text, user_length(text->from));
    while (*text->from != '\0' && strchr("\"\n", *text->from) == NULL &&
           strncmp(text->from, ": ", 2) != 0)
    {
        const size_t mark = query_mark(text->from, encoded);
        copy(text, mark > 0 ? mark : 1);
        if (mark == 0)
            continue;
        redact(text, rest_of_url(text->from));
        return;
    }
}

void emit_redact(char *string)
{
    static const char options[] = "/vsicurl?";
    struct rewriting text = {string, string};
    bool encoded = false;
    while (*text.from != '\0')
    {
        if (emit_text_begins_nocase(text.from, options))
        {
            encoded = true;
            copy(&text, sizeof options - 1);
            redact(&text, options_length(text.from));
        }
        else if (scheme_end(text.from) > 0)
        {
            rewrite_url(&text, encoded);
            encoded = false;
        }
        else
            copy(&text, 1);
    }
    *text.to = '\0';
}
