/* SPDX-License-Identifier: MIT */
#include "core/base/spelling.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define MOST_LETTERS 31

struct letters
{
    size_t count;
    char at[MOST_LETTERS];
};

/* Upper-case letters and digits of "word"; false if there are too many. */
static bool keep_letters(const char *word, size_t length, struct letters *letters)
{
    letters->count = 0;
    for (size_t i = 0; i < length; i++)
    {
        char c = word[i];
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if ((c < 'A' || c > 'Z') && (c < '0' || c > '9'))
            continue;
        if (letters->count == MOST_LETTERS)
            return false;
        letters->at[letters->count++] = c;
    }
    return true;
}

static size_t smallest(size_t a, size_t b, size_t c)
{
    const size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Distances between the beginnings of two words: row i, column j for i and j letters. */
static size_t distance(const struct letters *a, const struct letters *b)
{
    size_t edits[MOST_LETTERS + 1][MOST_LETTERS + 1];
    for (size_t i = 0; i <= a->count; i++)
    {
        for (size_t j = 0; j <= b->count; j++)
        {
            edits[i][j] = i == 0 ? j : i;
            if (i == 0 || j == 0)
                continue;
            const size_t replaced = edits[i - 1][j - 1] + (a->at[i - 1] != b->at[j - 1]);
            edits[i][j] = smallest(edits[i - 1][j] + 1, edits[i][j - 1] + 1, replaced);
            if (i > 1 && j > 1 && a->at[i - 1] == b->at[j - 2] && a->at[i - 2] == b->at[j - 1])
                edits[i][j] = smallest(edits[i][j], edits[i - 2][j - 2] + 1, SIZE_MAX);
        }
    }
    return edits[a->count][b->count];
}

size_t emit_spelling_distance(const char *word, size_t length, const char *name)
{
    struct letters a;
    struct letters b;
    if (!keep_letters(word, length, &a) || !keep_letters(name, strlen(name), &b))
        return SIZE_MAX;
    return distance(&a, &b);
}
