/* SPDX-License-Identifier: MIT */
#include "core/granule/minerals.h"

#include "core/base/number.h"
#include "core/granule/schema.h"

#include <math.h>
#include <string.h>

bool emit_minerals_named_by(const char *variable)
{
    const size_t length = strlen(variable);
    const size_t ending = strlen(EMIT_SUFFIX_MINERAL_ID);
    return length >= ending && strcmp(variable + length - ending, EMIT_SUFFIX_MINERAL_ID) == 0;
}

/* State of reading the table, which has "rows" minerals in the file. */
struct table
{
    const struct emit_granule *granule;
    struct emit_arena *arena;
    size_t rows;
    struct emit_error *error;
};

static enum emit_status wrong_length(const struct table *table, const char *path, size_t count)
{
    return emit_error_set(table->error, EMIT_ERROR_FORMAT,
                          "%s: %s has %zu rows, but the table of minerals has %zu",
                          table->granule->path, path, count, table->rows);
}

/* Reads a column of numbers; "*values" is NULL if the file has no such column. */
static enum emit_status read_numbers(const struct table *table, const char *path,
                                     const double **values)
{
    size_t count = 0;
    *values = NULL;
    if (path == NULL)
        return EMIT_OK;
    EMIT_TRY(emit_h5_read_doubles(table->granule->h5, path, EMIT_MAX_MINERALS, values, &count,
                                  table->error));
    return count == table->rows ? EMIT_OK : wrong_length(table, path, count);
}

static void add_number_texts(const struct table *table, const double *numbers, const char **texts)
{
    for (size_t i = 0; i < table->rows; i++)
    {
        char text[EMIT_NUMBER_SIZE];
        emit_number_format(EMIT_FLOAT64, &numbers[i], text);
        texts[i] = emit_arena_text(table->arena, "%s", text);
    }
}

/* Reads a column of strings or numbers as strings; "" if there is no such column. */
static enum emit_status read_texts(const struct table *table, const char *path, const char **texts)
{
    const char *const *strings = NULL;
    const double *numbers = NULL;
    size_t count = 0;
    for (size_t i = 0; i < table->rows; i++)
        texts[i] = "";
    if (path == NULL)
        return EMIT_OK;
    const enum emit_status status = emit_h5_read_strings(
        table->granule->h5, path, EMIT_MAX_MINERALS, &strings, &count, table->error);
    if (status == EMIT_ERROR_FORMAT)
    {
        EMIT_TRY(read_numbers(table, path, &numbers));
        add_number_texts(table, numbers, texts);
        return EMIT_OK;
    }
    EMIT_TRY(status);
    if (count != table->rows)
        return wrong_length(table, path, count);
    memcpy(texts, strings, count * sizeof *texts);
    return EMIT_OK;
}

/* Rounds a number of the file to an int, because unpacking is inexact; -1 if it is not an
 * integer. */
static int whole(double number)
{
    int32_t value;
    const double nearest = rint(number);
    return fabs(number - nearest) < 0.01 && emit_number_set(EMIT_INT32, nearest, &value)
               ? (int)value
               : -1;
}

static enum emit_status fill_rows(const struct table *table, const double *index,
                                  struct emit_mineral *minerals)
{
    static const char *const paths[][2] = {{EMIT_PATH_MINERAL_NAME, EMIT_PATH_FLAT_MINERAL_NAME},
                                           {EMIT_PATH_MINERAL_LIBRARY, NULL},
                                           {EMIT_PATH_MINERAL_RECORD, NULL},
                                           {EMIT_PATH_MINERAL_URL, NULL}};
    const struct emit_granule *granule = table->granule;
    const char **texts[4];
    const double *group;
    for (int i = 0; i < 4; i++)
    {
        texts[i] = emit_arena_array(table->arena, table->rows, sizeof *texts[i]);
        EMIT_TRY(emit_arena_check(table->arena, table->error));
        EMIT_TRY(
            read_texts(table, emit_granule_find_path(granule, paths[i][0], paths[i][1]), texts[i]));
    }
    EMIT_TRY(read_numbers(table, emit_granule_find_path(granule, EMIT_PATH_MINERAL_GROUP, NULL),
                          &group));
    minerals[0] = (struct emit_mineral){0, "No match", "", "", "", 0};
    for (size_t i = 0; i < table->rows; i++)
        minerals[i + 1] = (struct emit_mineral){
            whole(index[i]), texts[0][i], texts[1][i],
            texts[2][i],     texts[3][i], group != NULL ? whole(group[i]) : 0};
    return EMIT_OK;
}

enum emit_status emit_minerals_read(const struct emit_granule *granule, struct emit_arena *arena,
                                    const struct emit_mineral **minerals_ret, size_t *count_ret,
                                    struct emit_error *error)
{
    struct table table = {granule, arena, 0, error};
    const char *path = emit_granule_find_path(granule, EMIT_PATH_MINERAL_INDEX, NULL);
    const double *index = NULL;
    *minerals_ret = NULL;
    *count_ret = 0;
    if (path == NULL)
        return EMIT_OK;
    EMIT_TRY(
        emit_h5_read_doubles(granule->h5, path, EMIT_MAX_MINERALS, &index, &table.rows, error));
    struct emit_mineral *minerals = emit_arena_array(arena, table.rows + 1, sizeof *minerals);
    EMIT_TRY(emit_arena_check(arena, error));
    EMIT_TRY(fill_rows(&table, index, minerals));
    *minerals_ret = minerals;
    *count_ret = table.rows + 1;
    return emit_arena_check(arena, error);
}
