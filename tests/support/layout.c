/* SPDX-License-Identifier: MIT */
#include "layout.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct mk_storage mk_contiguous = {.chunked = false};

const struct mk_storage mk_packed = {
    .chunked = true, .deflate = 9, .shuffle = true, .target_nbytes = (size_t)4 << 20};

bool mk_file_create(struct mk_file *file, const char *folder, const char *name,
                    struct mk_error *error)
{
    const int length = snprintf(file->path, sizeof file->path, "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= sizeof file->path)
        return mk_fail(error, "%s: the path is too long", folder);
    snprintf(file->partial, sizeof file->partial, "%s.part", file->path);
    /* netCDF reports every failure as "permission denied": try to create the file first. */
    FILE *probe = fopen(file->partial, "wb");
    if (probe == NULL)
        return mk_fail(error, "%s: %s", file->path, strerror(errno));
    fclose(probe);
    if (mk_nc_ok(error, nc_create(file->partial, NC_NETCDF4 | NC_CLOBBER, &file->id), file->path))
        return true;
    remove(file->partial);
    return false;
}

bool mk_file_finish(struct mk_file *file, struct mk_error *error)
{
    if (!mk_nc_ok(error, nc_close(file->id), file->path))
    {
        remove(file->partial);
        return false;
    }
#ifdef _WIN32
    remove(file->path); /* rename() does not replace files there */
#endif
    if (rename(file->partial, file->path) == 0)
        return true;
    mk_fail(error, "%s: %s", file->path, strerror(errno));
    remove(file->partial);
    return false;
}

void mk_file_discard(struct mk_file *file)
{
    nc_close(file->id);
    remove(file->partial);
}

/* A netCDF attribute takes the bytes of the type itself: the conversion is ours. */
static bool put_fill(int group, int id, nc_type type, double fill, struct mk_error *error)
{
    const int64_t whole = (int64_t)fill;
    union
    {
        float f4;
        double f8;
        int16_t i2;
        int32_t i4;
        uint8_t u1;
        uint32_t u4;
        uint64_t u8;
    } value = {.u8 = (uint64_t)whole};
    if (type == NC_FLOAT)
        value.f4 = (float)fill;
    else if (type == NC_DOUBLE)
        value.f8 = fill;
    else if (type == NC_SHORT)
        value.i2 = (int16_t)whole;
    else if (type == NC_INT)
        value.i4 = (int32_t)whole;
    else if (type == NC_UBYTE)
        value.u1 = (uint8_t)whole;
    else if (type == NC_UINT)
        value.u4 = (uint32_t)whole;
    return mk_nc_ok(error, nc_def_var_fill(group, id, NC_FILL, &value), "_FillValue");
}

static bool put_text(int group, int id, const char *name, const char *text, struct mk_error *error)
{
    return mk_nc_ok(error, nc_put_att_text(group, id, name, strlen(text), text), name);
}

static bool cache_a_row_of_chunks(int group, int id, const struct mk_variable *variable,
                                  struct mk_error *error)
{
    size_t chunk[3], length, bytes, chunks = 1;
    MK_TRY(mk_nc_ok(error, nc_inq_var_chunking(group, id, NULL, chunk), variable->name));
    MK_TRY(mk_nc_ok(error, nc_inq_type(group, variable->type, NULL, &bytes), variable->name));
    for (int axis = 0; axis < variable->rank; axis++)
    {
        MK_TRY(mk_nc_ok(error, nc_inq_dimlen(group, variable->dimensions[axis], &length),
                        variable->name));
        bytes *= chunk[axis];
        if (axis > 0)
            chunks *= (length + chunk[axis] - 1) / chunk[axis];
    }
    /*
     * HDF5 recommends many more slots than chunks, and evicts written chunks first at preemption 1.
     */
    return mk_nc_ok(error,
                    nc_set_var_chunk_cache(group, id, bytes * chunks + 4096, 31 * chunks + 7, 1.0F),
                    variable->name);
}

void mk_default_chunk(const size_t *shape, int rank, size_t value_nbytes, size_t target_nbytes,
                      size_t *chunk)
{
    double nbytes = (double)value_nbytes;
    for (int axis = 0; axis < rank; axis++)
        nbytes *= (double)shape[axis];
    const double factor = pow((double)target_nbytes / nbytes, 1.0 / rank);
    for (int axis = 0; axis < rank; axis++)
    {
        const double suggested = fmin(factor * (double)shape[axis] - 0.5, (double)shape[axis]);
        const size_t length = suggested >= 1 ? (size_t)suggested : 1;
        const size_t count = (shape[axis] + length - 1) / length;
        chunk[axis] = length - (count * length - shape[axis]) / count;
    }
}

static bool put_chunk_shape(int group, int id, const struct mk_variable *variable,
                            const struct mk_storage *storage, struct mk_error *error)
{
    size_t chunk[3], shape[3], nbytes;
    MK_TRY(mk_nc_ok(error, nc_inq_type(group, variable->type, NULL, &nbytes), variable->name));
    for (int axis = 0; axis < variable->rank; axis++)
    {
        MK_TRY(mk_nc_ok(error, nc_inq_dimlen(group, variable->dimensions[axis], &shape[axis]),
                        variable->name));
        chunk[axis] = storage->chunk[axis] < shape[axis] ? storage->chunk[axis] : shape[axis];
    }
    if (storage->chunk[0] == 0)
        mk_default_chunk(shape, variable->rank, nbytes, storage->target_nbytes, chunk);
    return mk_nc_ok(error, nc_def_var_chunking(group, id, NC_CHUNKED, chunk), variable->name);
}

static bool put_storage(int group, int id, const struct mk_variable *variable,
                        const struct mk_storage *storage, struct mk_error *error)
{
    if (!storage->chunked)
        return mk_nc_ok(error, nc_def_var_chunking(group, id, NC_CONTIGUOUS, NULL), variable->name);
    MK_TRY(put_chunk_shape(group, id, variable, storage, error));
    if (storage->deflate > 0 || storage->shuffle)
        MK_TRY(mk_nc_ok(
            error,
            nc_def_var_deflate(group, id, storage->shuffle, storage->deflate > 0, storage->deflate),
            variable->name));
    if (storage->fletcher32)
        MK_TRY(mk_nc_ok(error, nc_def_var_fletcher32(group, id, NC_FLETCHER32), variable->name));
    return cache_a_row_of_chunks(group, id, variable, error);
}

bool mk_define(int group, const struct mk_variable *variable, double fill,
               const struct mk_storage *storage, int *id, struct mk_error *error)
{
    MK_TRY(mk_nc_ok(
        error,
        nc_def_var(group, variable->name, variable->type, variable->rank, variable->dimensions, id),
        variable->name));
    if (variable->type != NC_STRING)
    {
        MK_TRY(put_fill(group, *id, variable->type, fill, error));
        MK_TRY(put_storage(group, *id, variable, storage, error));
    }
    MK_TRY(put_text(group, *id, "long_name", variable->long_name, error));
    return variable->units == NULL || put_text(group, *id, "units", variable->units, error);
}

bool mk_put_vector(int group, const struct mk_variable *variable, const void *values,
                   struct mk_error *error)
{
    int id;
    MK_TRY(mk_define(group, variable, MK_NODATA, &mk_contiguous, &id, error));
    return mk_put_values(group, id, values, error);
}

bool mk_put_values(int group, int id, const void *values, struct mk_error *error)
{
    char name[NC_MAX_NAME + 1];
    return mk_nc_ok(error, nc_inq_varname(group, id, name), "variable") &&
           mk_nc_ok(error, nc_put_var(group, id, values), name) &&
           mk_nc_ok(error, nc_sync(group), name);
}

bool mk_put_line(int group, int id, size_t line, const void *values, struct mk_error *error)
{
    char name[NC_MAX_NAME + 1];
    int rank, dimensions[NC_MAX_VAR_DIMS];
    const size_t start[3] = {line, 0, 0};
    size_t count[3] = {1, 1, 1};
    MK_TRY(mk_nc_ok(error, nc_inq_var(group, id, name, NULL, &rank, dimensions, NULL), "variable"));
    for (int axis = 1; axis < rank && axis < 3; axis++)
        MK_TRY(mk_nc_ok(error, nc_inq_dimlen(group, dimensions[axis], &count[axis]), name));
    return mk_nc_ok(error, nc_put_vara(group, id, start, count, values), name);
}

struct chunk_grid
{
    size_t value_nbytes, rows, columns, chunk[2];
};

/* Copies one chunk out of "values" and writes it. "buffer" holds a chunk. */
static bool put_chunk(int group, int id, const struct chunk_grid *grid, size_t row, size_t column,
                      const void *values, void *buffer)
{
    const size_t start[2] = {row, column};
    const size_t count[2] = {row + grid->chunk[0] < grid->rows ? grid->chunk[0] : grid->rows - row,
                             column + grid->chunk[1] < grid->columns ? grid->chunk[1]
                                                                     : grid->columns - column};
    const size_t line_nbytes = count[1] * grid->value_nbytes;
    for (size_t line = 0; line < count[0]; line++)
        memcpy((char *)buffer + line * line_nbytes,
               (const char *)values + ((row + line) * grid->columns + column) * grid->value_nbytes,
               line_nbytes);
    return nc_put_vara(group, id, start, count, buffer) == NC_NOERR;
}

static bool put_chunk_columns(int group, int id, const struct chunk_grid *grid, size_t first,
                              size_t end, const void *values, void *buffer)
{
    for (size_t row = 0; row < grid->rows; row += grid->chunk[0])
    {
        for (size_t column = first; column < end; column += grid->chunk[1])
            MK_TRY(put_chunk(group, id, grid, row, column, values, buffer));
    }
    return true;
}

bool mk_put_chunks(int group, int id, const void *values, struct mk_error *error)
{
    char name[NC_MAX_NAME + 1];
    int dimensions[2];
    nc_type type;
    struct chunk_grid grid;
    MK_TRY(mk_nc_ok(error, nc_inq_var(group, id, name, &type, NULL, dimensions, NULL), "variable"));
    MK_TRY(mk_nc_ok(error, nc_inq_type(group, type, NULL, &grid.value_nbytes), name));
    MK_TRY(mk_nc_ok(error, nc_inq_dimlen(group, dimensions[0], &grid.rows), name));
    MK_TRY(mk_nc_ok(error, nc_inq_dimlen(group, dimensions[1], &grid.columns), name));
    MK_TRY(mk_nc_ok(error, nc_inq_var_chunking(group, id, NULL, grid.chunk), name));
    /* Room for one chunk: each is written when the next one is touched. */
    const size_t chunk_nbytes = grid.chunk[0] * grid.chunk[1] * grid.value_nbytes;
    MK_TRY(mk_nc_ok(error, nc_set_var_chunk_cache(group, id, chunk_nbytes, 7, 1.0F), name));
    void *buffer = malloc(chunk_nbytes);
    if (buffer == NULL)
        return mk_fail(error, "no memory for a chunk of %s", name);
    const size_t last = (grid.columns - 1) / grid.chunk[1] * grid.chunk[1];
    const bool ok = put_chunk_columns(group, id, &grid, 0, last, values, buffer) &&
                    put_chunk_columns(group, id, &grid, last, grid.columns, values, buffer);
    free(buffer);
    return (ok && nc_sync(group) == NC_NOERR) ||
           mk_fail(error, "%s: a chunk could not be written", name);
}

bool mk_put_dimension(int group, const char *name, size_t length, int *id, struct mk_error *error)
{
    return mk_nc_ok(error, nc_def_dim(group, name, length, id), name);
}

bool mk_put_group(int group, const char *name, int *id, struct mk_error *error)
{
    return mk_nc_ok(error, nc_def_grp(group, name, id), name);
}
