/* SPDX-License-Identifier: MIT */
/* Finding, opening and listing objects. A path is followed group by group, because HDF5 does not
 * distinguish an absent object from a damaged one. What exists but cannot be read counts as a
 * dataset, so that its use fails. */
#include "core/hdf5/h5_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More datasets and groups in one group than any granule has. */
#define MAX_LINKS 1024

enum object
{
    OBJECT_ABSENT,
    OBJECT_GROUP,
    OBJECT_DATASET,
    OBJECT_OTHER,
    OBJECT_DAMAGED /* exists, but its kind cannot be read */
};

/* The kind of object "name", whose parent groups exist. */
static enum object classify(const struct emit_h5 *file, const char *name)
{
    /* H5Oexists_by_name() fails if there is no link. */
    htri_t exists = H5Lexists(file->id, name, file->link_access);
    if (exists > 0)
        exists = H5Oexists_by_name(file->id, name, file->link_access);
    if (exists == 0)
        return OBJECT_ABSENT;
    const hid_t id = exists > 0 ? H5Oopen(file->id, name, file->link_access) : H5I_INVALID_HID;
    if (id < 0)
        return OBJECT_DAMAGED;
    const H5I_type_t type = H5Iget_type(id);
    H5Oclose(id);
    return type == H5I_DATASET ? OBJECT_DATASET : type == H5I_GROUP ? OBJECT_GROUP : OBJECT_OTHER;
}

/* The kind of object "name". HDF5 does not distinguish an absent parent group from a damaged one.
 */
static enum object find_object(const struct emit_h5 *file, const char *name)
{
    char path[EMIT_NAME_SIZE];
    if (name[0] == '\0' || strlen(name) >= sizeof path)
        return OBJECT_ABSENT;
    strcpy(path, name);
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/'))
    {
        *slash = '\0';
        const enum object object = classify(file, path);
        if (object == OBJECT_DAMAGED)
            return OBJECT_DAMAGED;
        if (object != OBJECT_GROUP)
            return OBJECT_ABSENT;
        *slash = '/';
    }
    return classify(file, path);
}

/* A damaged object counts as a dataset: reading it must fail, not ignore it. */
static bool may_be_dataset(const struct emit_h5 *file, const char *name)
{
    const enum object object = find_object(file, name);
    return object == OBJECT_DATASET || object == OBJECT_DAMAGED;
}

haddr_t emit_h5_link_address(hid_t group, const H5L_info_t *info)
{
    (void)group;
    haddr_t address = HADDR_UNDEF;
    if (info->type != H5L_TYPE_HARD)
        return address;
#if H5_VERSION_GE(1, 12, 0)
    if (H5VLnative_token_to_addr(group, info->u.token, &address) < 0)
        return HADDR_UNDEF;
#else
    address = info->u.address;
#endif
    return address;
}

bool emit_h5_has(struct emit_h5 *file, const char *name)
{
    emit_h5_lock(file);
    const bool found = may_be_dataset(file, name);
    emit_h5_unlock();
    return found;
}

static enum emit_status open_dataset(struct emit_h5 *file, const char *name,
                                     struct emit_h5_dataset *dataset)
{
    if (!may_be_dataset(file, name))
        return emit_h5_format_error(&dataset->subject, "the file has no such variable");
    dataset->id = H5Oopen(file->id, name, file->link_access);
    if (dataset->id < 0)
        return emit_h5_library_error(&dataset->subject, "cannot open the variable");
    dataset->space = H5Dget_space(dataset->id);
    dataset->type = H5Dget_type(dataset->id);
    if (dataset->space < 0 || dataset->type < 0)
        return emit_h5_library_error(&dataset->subject, "cannot read type and shape");
    return EMIT_OK;
}

enum emit_status emit_h5_dataset_open(struct emit_h5 *file, const char *name, bool for_values,
                                      struct emit_h5_dataset *dataset, struct emit_error *error)
{
    const hid_t none = H5I_INVALID_HID;
    *dataset = (struct emit_h5_dataset){
        .subject = {file, name, error}, .id = none, .space = none, .type = none};
    EMIT_TRY(emit_h5_check_fork(file->path, error));
    emit_h5_lock(file);
    dataset->is_locked = true;
    if (for_values)
        emit_check_renew(file->check);
    return open_dataset(file, name, dataset);
}

void emit_h5_dataset_close(struct emit_h5_dataset *dataset)
{
    if (dataset->type >= 0)
        H5Tclose(dataset->type);
    if (dataset->space >= 0)
        H5Sclose(dataset->space);
    if (dataset->id >= 0)
        H5Dclose(dataset->id);
    if (dataset->is_locked)
        emit_h5_unlock();
}

enum emit_status emit_h5_dataset_length(const struct emit_h5_dataset *dataset, size_t limit,
                                        size_t *length_ret)
{
    /* A single value is a list of one: isel(bands=5) leaves one wavelength. */
    if (H5Sget_simple_extent_ndims(dataset->space) > 1)
        return emit_h5_format_error(&dataset->subject, "the variable is not a list");
    const hssize_t length = H5Sget_simple_extent_npoints(dataset->space);
    if (length < 0)
        return emit_h5_library_error(&dataset->subject, "cannot read the variable's length");
    if (length < 1 || (hsize_t)length > limit)
        return emit_h5_format_error(&dataset->subject, "the variable has %llu values, not 1 to %zu",
                                    (unsigned long long)length, limit);
    *length_ret = (size_t)length;
    return EMIT_OK;
}

/* ---- Lists ---------------------------------------------------------------------------------- */

/* The datasets found so far in the root group. */
struct listing
{
    struct emit_h5 *file;
    const char **names; /* room for MAX_LINKS */
    size_t count;
};

/* Adds the name of a link if it leads to a dataset. */
static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *info, void *data)
{
    (void)group;
    (void)info;
    struct listing *listing = data;
    char path[EMIT_NAME_SIZE];
    const int length = snprintf(path, sizeof path, "/%s", name);
    if (length < EMIT_NAME_SIZE && may_be_dataset(listing->file, path))
        listing->names[listing->count++] = emit_arena_text(&listing->file->arena, "%s", name);
    return listing->count == MAX_LINKS;
}

static enum emit_status list_root(const struct emit_h5_subject *subject, struct listing *listing)
{
    struct emit_h5 *file = subject->file;
    enum emit_status status = EMIT_OK;
    H5G_info_t info = {.nlinks = 0};
    const hid_t id = H5Oopen(file->id, subject->name, file->link_access);
    if (id < 0 || H5Gget_info(id, &info) < 0)
        status = emit_h5_library_error(subject, "cannot open the group");
    else if (info.nlinks > MAX_LINKS)
        status = emit_h5_format_error(subject, "the group has more than %d entries", MAX_LINKS);
    /* In any order but the native one a damaged group makes 1.10.8 free memory that it never
     * allocated. */
    else if (H5Literate(id, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, visit_link, listing) < 0)
        status = emit_h5_library_error(subject, "cannot list the group");
    if (id >= 0)
        H5Oclose(id);
    return status;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

enum emit_status emit_h5_root_datasets(struct emit_h5 *file, const char *const **names_ret,
                                       size_t *count_ret, struct emit_error *error)
{
    *names_ret = NULL;
    *count_ret = 0;
    const struct emit_h5_subject subject = {file, "/", error};
    emit_h5_lock(file);
    struct listing listing = {file,
                              emit_arena_array(&file->arena, MAX_LINKS, sizeof *listing.names), 0};
    enum emit_status status = emit_arena_check(&file->arena, error);
    if (status == EMIT_OK)
        status = list_root(&subject, &listing);
    if (status == EMIT_OK)
        status = emit_arena_check(&file->arena, error);
    emit_h5_unlock();
    EMIT_TRY(status);
    qsort(listing.names, listing.count, sizeof *listing.names, compare_names);
    *names_ret = listing.names;
    *count_ret = listing.count;
    return EMIT_OK;
}
