/* SPDX-License-Identifier: MIT */
/* Object headers that links name: fetched from a server together, before HDF5 asks one by one. */
#include "core/hdf5/h5_internal.h"

/* More than a group of a granule has; the headers of what exceeds them are not fetched ahead. */
#define MAX_LINKS 256

/* Most object headers of granules are shorter, attributes included. */
#define HEADER_NBYTES 6144

/* What they refer to often lies before them. */
#define BEFORE_NBYTES 4096

/* Where the headers are that the links of some groups name. */
struct headers
{
    const struct emit_h5 *file;
    size_t count;
    haddr_t address[MAX_LINKS];
};

static herr_t add_link(hid_t group, const char *name, const H5L_info_t *info, void *data)
{
    struct headers *headers = data;
    const haddr_t address = emit_h5_link_address(group, info);
    (void)name;
    if (headers->count == MAX_LINKS)
        return 1;
    if (address != HADDR_UNDEF && address < headers->file->nbytes)
        headers->address[headers->count++] = address + headers->file->base;
    return 0;
}

static void add_links(const struct emit_h5 *file, const char *group, struct headers *headers)
{
    if (!emit_h5_is_group(file, group))
        return;
    const hid_t id = H5Oopen(file->id, group, file->link_access);
    if (id < 0)
        return;
    H5Literate(id, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, add_link, headers);
    H5Oclose(id);
}

/* Whether the object header of a group has come already, so that its links can be read. */
static bool is_at_hand(const struct emit_h5 *file, const char *group)
{
    H5L_info_t info;
    if (H5Lexists(file->id, group, file->link_access) <= 0 ||
        H5Lget_info(file->id, group, &info, file->link_access) < 0)
        return false;
    const haddr_t address = emit_h5_link_address(file->id, &info);
    return address < file->nbytes && emit_file_is_cached(file->file, address + file->base, 1);
}

/* Not under HDF5's lock, so that a slow server holds up no other file. */
static void fetch(struct emit_h5 *file, const struct headers *headers)
{
    struct emit_ranges ranges = {0};
    for (size_t i = 0; i < headers->count; i++)
    {
        const uint64_t address = headers->address[i];
        const uint64_t first = address > BEFORE_NBYTES ? address - BEFORE_NBYTES : 0;
        const uint64_t end = address + HEADER_NBYTES;
        if (address < file->nbytes)
            emit_ranges_add(&ranges, first, (end < file->nbytes ? end : file->nbytes) - first,
                            NULL);
    }
    emit_file_fetch(file->file, &ranges);
    emit_ranges_close(&ranges);
}

void emit_h5_prefetch(struct emit_h5 *file, const char *const *groups, size_t group_count)
{
    struct headers headers = {.file = file};
    struct emit_h5_lock_state guard;
    emit_h5_lock(&guard, file);
    add_links(file, "/", &headers);
    for (size_t i = 0; i < group_count; i++)
    {
        if (is_at_hand(file, groups[i]))
            add_links(file, groups[i], &headers);
    }
    emit_h5_unlock(&guard);
    fetch(file, &headers);
    headers.count = 0;
    emit_h5_lock(&guard, file);
    for (size_t i = 0; i < group_count; i++)
        add_links(file, groups[i], &headers);
    emit_h5_unlock(&guard);
    fetch(file, &headers);
}
