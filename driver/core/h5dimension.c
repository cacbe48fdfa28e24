/* SPDX-License-Identifier: MIT */
/* Names of a variable's dimensions. A help, not a need: what cannot be read stays "". */
#include "core/h5internal.h"

#include <stdlib.h>
#include <string.h>

#define REFERENCE_NBYTES 8     /* of an object reference in the file: its address */
#define MAX_SCALES_NBYTES 4096 /* references of one dimension */

static void copy_name(const char *from, char name[EMIT_NAME_SIZE])
{
    if (strlen(from) < EMIT_NAME_SIZE)
        strcpy(name, from);
}

/* Whether the variable is a dimension's own: one of netCDF's dimensions or coordinates. */
static bool is_scale(const struct emit_h5 *file, hid_t dataset)
{
    char *class = emit_h5_attribute_text(file, dataset, "CLASS");
    const bool found = class != NULL && strcmp(class, "DIMENSION_SCALE") == 0;
    free(class);
    return found;
}

/* A search among the links of the root group, where the dimensions of granules lie. */
struct search
{
    haddr_t address;
    char *name;
};

static haddr_t link_address(hid_t group, const H5L_info_t *info)
{
    haddr_t address = HADDR_UNDEF;
    if (info->type != H5L_TYPE_HARD)
        return address;
#if H5_VERSION_GE(1, 12, 0)
    if (H5VLnative_token_to_addr(group, info->u.token, &address) < 0)
        return HADDR_UNDEF;
#else
    (void)group;
    address = info->u.address;
#endif
    return address;
}

static herr_t compare_link(hid_t group, const char *name, const H5L_info_t *info, void *data)
{
    const struct search *search = data;
    if (link_address(group, info) != search->address)
        return 0;
    copy_name(name, search->name);
    return 1;
}

/*
 * The name of the scale at the address that the 8 bytes of an object reference hold. Not by opening
 * it and asking for its name: the library then searches all groups, for ever where a damaged one
 * holds itself.
 */
static void copy_scale_name(const struct emit_h5 *file, const char *reference,
                            char name[EMIT_NAME_SIZE])
{
    struct search search = {.name = name};
    for (int i = REFERENCE_NBYTES - 1; i >= 0; i--)
        search.address = search.address << 8 | (unsigned char)reference[i];
    H5Literate(file->id, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, compare_link, &search);
}

/* DIMENSION_LIST holds for each dimension a list of references, of which netCDF uses the first. */
static void copy_scale_names(const struct emit_h5 *file, hid_t dataset, struct emit_layout *layout)
{
    const size_t rank = (size_t)layout->rank;
    struct emit_h5_attr attr;
    struct emit_arena arena = {0};
    struct emit_h5_sequence *lists;
    if (emit_h5_attr_open(dataset, "DIMENSION_LIST", &attr) && attr.count == rank &&
        H5Tget_class(attr.type) == H5T_VLEN &&
        emit_h5_read_sequences(file, layout->name, attr.id, rank, REFERENCE_NBYTES,
                               MAX_SCALES_NBYTES, &arena, &lists, NULL) == EMIT_OK)
        for (size_t i = 0; i < rank; i++)
            if (lists[i].nbytes >= REFERENCE_NBYTES)
                copy_scale_name(file, lists[i].bytes, layout->dimensions[i]);
    emit_arena_close(&arena);
    emit_h5_attr_close(&attr);
}

void emit_h5_learn_dimensions(const struct emit_h5 *file, hid_t dataset, struct emit_layout *layout)
{
    const char *slash = strrchr(layout->name, '/');
    if (layout->rank == 1 && is_scale(file, dataset))
        copy_name(slash != NULL ? slash + 1 : layout->name, layout->dimensions[0]);
    else
        copy_scale_names(file, dataset, layout);
}
