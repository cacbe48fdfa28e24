/* SPDX-License-Identifier: MIT */
#include "core/base/spelling.h"

#include "core/base/bytes.h"

#include <string.h>

#define MOST_LETTERS 31

/* Copies letters, in upper case, and digits; returns how many, or SIZE_MAX if there are too many.
 */
static size_t copy_letters(const char *word, size_t length, char letters[MOST_LETTERS])
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
    {
        char c = word[i];
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if ((c < 'A' || c > 'Z') && (c < '0' || c > '9'))
            continue;
        if (count == MOST_LETTERS)
            return SIZE_MAX;
        letters[count++] = c;
    }
    return count;
}

size_t emit_spelling_distance(const char *word, size_t length, const char *name)
{
    char a[MOST_LETTERS], b[MOST_LETTERS];
    const size_t a_count = copy_letters(word, length, a);
    const size_t b_count = copy_letters(name, strlen(name), b);
    uint64_t edits[MOST_LETTERS + 1][MOST_LETTERS + 1]; /* between the first i and j letters */
    if (a_count == SIZE_MAX || b_count == SIZE_MAX)
        return SIZE_MAX;
    for (size_t i = 0; i <= a_count; i++)
    {
        for (size_t j = 0; j <= b_count; j++)
        {
            edits[i][j] = i == 0 ? j : i;
            if (i == 0 || j == 0)
                continue;
            edits[i][j] = emit_min(emit_min(edits[i - 1][j], edits[i][j - 1]) + 1,
                                   edits[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                edits[i][j] = emit_min(edits[i][j], edits[i - 2][j - 2] + 1);
        }
    }
    return (size_t)edits[a_count][b_count];
}
