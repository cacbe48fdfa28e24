/* SPDX-License-Identifier: MIT */
#include "granule_views.h"

#include "fuzz.h"

#define MOST_CELLS 24
#define MOST_BANDS 9

/* Up to "most" of "count" numbers, the first and the last among them. */
static size_t spread(int64_t count, size_t most, int64_t *numbers)
{
    const size_t taken = (uint64_t)count < most ? (size_t)count : most;
    for (size_t i = 0; i < taken; i++)
        numbers[i] =
            taken == 1 ? 0 : (int64_t)((double)(count - 1) * (double)i / (double)(taken - 1));
    return taken;
}

static void read_twice(struct emit_view *view)
{
    const struct emit_view_info *info = emit_view_describe(view);
    int64_t rows[MOST_CELLS], columns[MOST_CELLS], band_numbers[MOST_BANDS];
    int bands[MOST_BANDS];
    const size_t band_count = spread((int64_t)info->band_count, MOST_BANDS, band_numbers);
    const struct emit_cells cells = {rows, spread(info->rows, MOST_CELLS, rows), columns,
                                     spread(info->columns, MOST_CELLS, columns)};
    for (size_t i = 0; i < band_count; i++)
        bands[i] = (int)band_numbers[i];
    const ptrdiff_t size = (ptrdiff_t)emit_type_size(info->type);
    const size_t cell_count = cells.row_count * cells.column_count;
    const size_t nbytes = cell_count * band_count * (size_t)size;
    unsigned char *read[2];
    bool done = true;
    for (int i = 0; i < 2; i++)
    {
        struct emit_error error;
        read[i] = fuzz_memory(nbytes);
        memset(read[i], i == 0 ? 0xa5 : 0x5a, nbytes);
        const struct emit_buffer buffer = {read[i], (ptrdiff_t)cells.column_count * size, size,
                                           (ptrdiff_t)cell_count * size};
        const enum emit_status status =
            emit_view_read(view, &cells, bands, band_count, &buffer, &error);
        if (status == EMIT_ERROR_INTERNAL)
            fprintf(stderr, "%s\n", error.message);
        FUZZ_CHECK(status != EMIT_ERROR_INTERNAL);
        done = done && status == EMIT_OK;
    }
    FUZZ_CHECK(!done || memcmp(read[0], read[1], nbytes) == 0);
    free(read[0]);
    free(read[1]);
}

static void check_texts(const struct emit_view_info *info)
{
    size_t length = strlen(info->option_key) + strlen(info->warning) + strlen(info->spatial_ref);
    for (size_t i = 0; i < info->band_count; i++)
        length += strlen(info->bands[i].description) + strlen(info->bands[i].units);
    for (size_t i = 0; i < info->attribute_count; i++)
        length += strlen(info->attributes[i].key) + strlen(info->attributes[i].value);
    for (size_t i = 0; i < info->mineral_count; i++)
        length += strlen(info->minerals[i].name) + strlen(info->minerals[i].url);
    FUZZ_CHECK(length < (size_t)1 << 30);
}

void fuzz_view(const char *path, const char *variable, const char *const *options)
{
    struct emit_view *view;
    struct emit_error error = {""};
    const enum emit_status status = emit_view_open(path, variable, options, &view, &error);
    if (status != EMIT_OK)
    {
        FUZZ_CHECK(view == NULL && error.message[0] != '\0' && status != EMIT_ERROR_INTERNAL);
        return;
    }
    check_texts(emit_view_describe(view));
    if (emit_view_describe(view)->band_count > 0)
        read_twice(view);
    emit_view_close(view);
}

char *fuzz_variable(const char *path, size_t i)
{
    struct emit_view *view;
    if (emit_view_open(path, NULL, NULL, &view, NULL) != EMIT_OK)
        return NULL;
    const struct emit_view_info *info = emit_view_describe(view);
    char *name =
        info->variable_count > 0 ? strdup(info->variables[i % info->variable_count].name) : NULL;
    emit_view_close(view);
    return name;
}
