/* SPDX-License-Identifier: MIT */
#include "layout.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

const struct mk_storage mk_contiguous = {.chunked = false};
const struct mk_storage mk_packed = {.chunked = true, .deflate = 9, .shuffle = true};

bool mk_file_create(struct mk_file *file, const char *folder, const char *name,
                    struct mk_error *error)
{
    const int length = snprintf(file->path, sizeof file->path, "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= sizeof file->path)
        return mk_fail(error, "%s: the path is too long", folder);
    snprintf(file->partial, sizeof file->partial, "%s.part", file->path);
    /* netCDF calls any reason "permission denied": ask the system first. */
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
     * HDF5 asks for many more slots than chunks, and evicts written chunks first at preemption 1.
     */
    return mk_nc_ok(error,
                    nc_set_var_chunk_cache(group, id, bytes * chunks + 4096, 31 * chunks + 7, 1.0F),
                    variable->name);
}

static bool put_chunk_shape(int group, int id, const struct mk_variable *variable,
                            const struct mk_storage *storage, struct mk_error *error)
{
    size_t chunk[3], length;
    if (storage->chunk[0] == 0)
        return mk_nc_ok(error, nc_def_var_chunking(group, id, NC_CHUNKED, NULL), variable->name);
    for (int axis = 0; axis < variable->rank; axis++)
    {
        MK_TRY(mk_nc_ok(error, nc_inq_dimlen(group, variable->dimensions[axis], &length),
                        variable->name));
        chunk[axis] = storage->chunk[axis] < length ? storage->chunk[axis] : length;
    }
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
    return mk_nc_ok(error, nc_put_var(group, id, values), variable->name);
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

bool mk_put_dimension(int group, const char *name, size_t length, int *id, struct mk_error *error)
{
    return mk_nc_ok(error, nc_def_dim(group, name, length, id), name);
}

bool mk_put_group(int group, const char *name, int *id, struct mk_error *error)
{
    return mk_nc_ok(error, nc_def_grp(group, name, id), name);
}
