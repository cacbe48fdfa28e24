/* SPDX-License-Identifier: MIT */
#include "core/io/multipart.h"

#include <string.h>

/* Longest boundary of the standard, and some more. */
#define BOUNDARY_SIZE 128

/* What is still to be read; each function below moves on over what it has recognised. */
struct rest
{
    const char *at;
    size_t nbytes;
};

static bool skip(struct rest *rest, const char *text, size_t length)
{
    if (rest->nbytes < length || memcmp(rest->at, text, length) != 0)
        return false;
    rest->at += length;
    rest->nbytes -= length;
    return true;
}

static bool skip_text(struct rest *rest, const char *text)
{
    return skip(rest, text, strlen(text));
}

/* A line without its end. */
static bool take_line(struct rest *rest, struct rest *line)
{
    const char *end = memchr(rest->at, '\n', rest->nbytes);
    if (end == NULL || end == rest->at || end[-1] != '\r')
        return false;
    *line = (struct rest){rest->at, (size_t)(end - 1 - rest->at)};
    rest->nbytes -= line->nbytes + 2;
    rest->at = end + 1;
    return true;
}

/* The name of a header, in small letters, whatever the case it is written in. */
static bool skip_name(struct rest *line, const char *name)
{
    const size_t length = strlen(name);
    if (line->nbytes < length)
        return false;
    for (size_t i = 0; i < length; i++)
    {
        const char c = line->at[i];
        if ((c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) != name[i])
            return false;
    }
    return skip(line, line->at, length);
}

static bool take_number(struct rest *rest, uint64_t *number)
{
    size_t digits = 0;
    *number = 0;
    /* 18 digits fit whatever they are, and no file is as long. */
    for (; digits < rest->nbytes && digits < 18; digits++)
    {
        const char c = rest->at[digits];
        if (c < '0' || c > '9')
            break;
        *number = 10 * *number + (uint64_t)(c - '0');
    }
    return digits > 0 && (digits == 1 || rest->at[0] != '0') && skip(rest, rest->at, digits);
}

/* "FIRST-LAST/TOTAL", where the total may be "*". */
static bool is_range(struct rest value, const struct emit_range *range, uint64_t file_nbytes)
{
    uint64_t first, last;
    uint64_t total = file_nbytes;
    return take_number(&value, &first) && skip_text(&value, "-") && take_number(&value, &last) &&
           skip_text(&value, "/") && (skip_text(&value, "*") || take_number(&value, &total)) &&
           value.nbytes == 0 && first == range->offset && last == first + range->nbytes - 1 &&
           total == file_nbytes;
}

/* The head of a part, down to its empty line. */
static bool skip_head(struct rest *rest, const struct emit_range *range, uint64_t file_nbytes)
{
    struct rest line;
    bool found = false;
    while (take_line(rest, &line))
    {
        if (line.nbytes == 0)
            return found;
        if (skip_name(&line, "content-range: bytes "))
        {
            if (found || !is_range(line, range, file_nbytes))
                return false;
            found = true;
        }
    }
    return false;
}

bool emit_multipart_may_begin(const char *answer, size_t nbytes)
{
    const char *begin = answer[0] == '\r' ? "\r\n--" : "--";
    const size_t length = strlen(begin);
    return memcmp(answer, begin, nbytes < length ? nbytes : length) == 0;
}

/* "\r\n--" and the boundary, which goes before and behind each part. */
static bool take_boundary(struct rest *rest, char boundary[BOUNDARY_SIZE], size_t *length)
{
    struct rest line;
    skip_text(rest, "\r\n");
    if (!take_line(rest, &line) || line.nbytes + 2 > BOUNDARY_SIZE ||
        !skip_text(&(struct rest){line.at, line.nbytes}, "--"))
        return false;
    boundary[0] = '\r';
    boundary[1] = '\n';
    memcpy(boundary + 2, line.at, line.nbytes);
    *length = line.nbytes + 2;
    return true;
}

bool emit_multipart_take(const char *answer, size_t nbytes, const struct emit_range *ranges,
                         size_t count, uint64_t file_nbytes, unsigned char *bytes)
{
    struct rest rest = {answer, nbytes};
    char boundary[BOUNDARY_SIZE];
    size_t boundary_length;
    if (!take_boundary(&rest, boundary, &boundary_length))
        return false;
    for (size_t i = 0; i < count; i++)
    {
        const size_t part = (size_t)ranges[i].nbytes;
        if ((i > 0 && !skip_text(&rest, "\r\n")) || !skip_head(&rest, &ranges[i], file_nbytes) ||
            rest.nbytes < part)
            return false;
        memcpy(bytes, rest.at, part);
        bytes += part;
        rest = (struct rest){rest.at + part, rest.nbytes - part};
        if (!skip(&rest, boundary, boundary_length))
            return false;
    }
    return skip_text(&rest, "--");
}
