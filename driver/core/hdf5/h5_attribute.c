/* SPDX-License-Identifier: MIT */
/* Attributes as text and as numbers. */
#include "core/base/number.h"
#include "core/hdf5/h5_internal.h"

#include <stdlib.h>
#include <string.h>

#define MAX_VALUES 4096
#define MAX_TEXT_NBYTES (1u << 20)
#define MAX_ATTRIBUTES 1024

void emit_h5_attr_close(struct emit_h5_attr *attr)
{
    if (attr->space >= 0)
        H5Sclose(attr->space);
    if (attr->type >= 0)
        H5Tclose(attr->type);
    if (attr->id >= 0)
        H5Aclose(attr->id);
}

bool emit_h5_attr_open(hid_t object, const char *name, struct emit_h5_attr *attr)
{
    const hid_t none = H5I_INVALID_HID;
    *attr = (struct emit_h5_attr){none, none, none, 0};
    if (H5Aexists(object, name) <= 0)
        return false;
    attr->id = H5Aopen(object, name, H5P_DEFAULT);
    if (attr->id < 0)
        return false;
    attr->type = H5Aget_type(attr->id);
    attr->space = H5Aget_space(attr->id);
    if (attr->type < 0 || attr->space < 0)
        return false;
    const hssize_t count = H5Sget_simple_extent_npoints(attr->space);
    attr->count = count > 0 ? (size_t)count : 0;
    return count >= 0;
}

/* ---- Text ----------------------------------------------------------------------------------- */

static bool add_numbers(const struct emit_h5_attr *attr, struct emit_string_list *texts)
{
    enum emit_type number;
    bool swap_bytes;
    if (attr->count == 0 || !emit_h5_number(attr->type, &number, &swap_bytes))
        return false;
    const size_t size = emit_type_size(number);
    unsigned char *values = calloc(attr->count, size);
    const bool read = values != NULL && H5Aread(attr->id, emit_h5_native(number), values) >= 0;
    for (size_t i = 0; i < attr->count && read; i++)
    {
        char text[EMIT_NUMBER_SIZE];
        emit_number_format(number, values + i * size, text);
        emit_string_list_add(texts, text, sizeof text);
    }
    free(values);
    return read;
}

static bool add_fixed_strings(const struct emit_h5_attr *attr, struct emit_string_list *texts)
{
    const size_t size = H5Tget_size(attr->type);
    if (size == 0 || size > MAX_TEXT_NBYTES / attr->count)
        return false;
    char *bytes = calloc(attr->count, size);
    const bool read = bytes != NULL && H5Aread(attr->id, attr->type, bytes) >= 0;
    if (read)
        emit_h5_add_fixed_strings(texts, attr->type, bytes, attr->count);
    free(bytes);
    return read;
}

static bool add_strings(const struct emit_h5 *file, const struct emit_h5_attr *attr,
                        struct emit_string_list *texts)
{
    if (attr->count == 0)
        emit_string_list_add(texts, "", 0);
    else if (H5Tis_variable_str(attr->type) > 0)
        return emit_h5_add_variable_strings(texts, file, "", attr->id, attr->count,
                                            MAX_TEXT_NBYTES + 1, NULL) == EMIT_OK;
    else
        return add_fixed_strings(attr, texts);
    return true;
}

/* The single text, or {a,b}; NULL when it is too long or there is no memory. */
static char *join(const struct emit_string_list *texts)
{
    struct emit_string_builder joined = {0};
    const char *text = texts->bytes.text;
    for (size_t i = 0; i < texts->count && !texts->bytes.failed; i++, text += strlen(text) + 1)
        emit_string_append(&joined, "%s%s", texts->count == 1 ? "" : i == 0 ? "{" : ",", text);
    if (texts->count > 1)
        emit_string_append(&joined, "}");
    if (joined.failed || texts->bytes.failed || joined.length > MAX_TEXT_NBYTES)
    {
        free(joined.text);
        return NULL;
    }
    return joined.text;
}

char *emit_h5_attribute_text(const struct emit_h5 *file, hid_t object, const char *name)
{
    struct emit_h5_attr attr;
    struct emit_string_list values = {0};
    char *text = NULL;
    if (emit_h5_attr_open(object, name, &attr) && attr.count <= MAX_VALUES)
    {
        const bool strings = H5Tget_class(attr.type) == H5T_STRING;
        if (strings ? add_strings(file, &attr, &values) : add_numbers(&attr, &values))
            text = join(&values);
    }
    emit_h5_attr_close(&attr);
    free(values.bytes.text);
    return text;
}

char *emit_h5_attribute(struct emit_h5 *file, const char *name, const char *attribute)
{
    char *text = NULL;
    struct emit_h5_lock_state guard;
    emit_h5_lock(&guard, file);
    const hid_t object = H5Oopen(file->id, name, file->link_access);
    if (object >= 0)
    {
        text = emit_h5_attribute_text(file, object, attribute);
        H5Oclose(object);
    }
    emit_h5_unlock(&guard);
    return text;
}

/* ---- Numbers -------------------------------------------------------------------------------- */

static bool attribute_doubles(hid_t object, const char *name, double *values, size_t count)
{
    struct emit_h5_attr attr;
    enum emit_type number;
    bool swap_bytes;
    const bool read = emit_h5_attr_open(object, name, &attr) && attr.count == count &&
                      emit_h5_number(attr.type, &number, &swap_bytes) &&
                      H5Aread(attr.id, H5T_NATIVE_DOUBLE, values) >= 0;
    emit_h5_attr_close(&attr);
    return read;
}

bool emit_h5_attribute_doubles(struct emit_h5 *file, const char *name, const char *attribute,
                               double *values, size_t count)
{
    bool read = false;
    struct emit_h5_lock_state guard;
    emit_h5_lock(&guard, file);
    const hid_t object = H5Oopen(file->id, name, file->link_access);
    if (object >= 0)
    {
        read = attribute_doubles(object, attribute, values, count);
        H5Oclose(object);
    }
    emit_h5_unlock(&guard);
    return read;
}

/* ---- All of the root ------------------------------------------------------------------------ */

static bool is_bookkeeping(const char *name)
{
    static const char *const names[] = {
        "_NCProperties", "_nc3_strict",    "_Netcdf4Dimid",  "_Netcdf4Coordinates", "CLASS",
        "NAME",          "REFERENCE_LIST", "DIMENSION_LIST", "DIMENSION_LABELS"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* Name and rank of an attribute; where the file knows no order all ranks are 0. */
struct entry
{
    const char *name;
    int64_t rank;
};

struct listing
{
    struct emit_arena arena;
    struct entry *entries; /* room for MAX_ATTRIBUTES */
    size_t count;
    bool has_order;
};

static herr_t visit_attribute(hid_t object, const char *name, const H5A_info_t *info, void *data)
{
    (void)object;
    struct listing *listing = data;
    if (is_bookkeeping(name))
        return 0;
    const char *copy = emit_arena_text(&listing->arena, "%s", name);
    const int64_t rank = listing->has_order ? (int64_t)info->corder : 0;
    listing->entries[listing->count++] = (struct entry){copy, rank};
    return listing->count == MAX_ATTRIBUTES;
}

/* netCDF-4 notes in which order attributes were made; other writers may not. */
static bool tracks_creation_order(hid_t group)
{
    unsigned flags = 0;
    const hid_t creation = H5Gget_create_plist(group);
    if (creation < 0)
        return false;
    H5Pget_attr_creation_order(creation, &flags);
    H5Pclose(creation);
    return (flags & H5P_CRT_ORDER_TRACKED) != 0;
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a;
    const struct entry *right = b;
    if (left->rank != right->rank)
        return left->rank < right->rank ? -1 : 1;
    return strcmp(left->name, right->name);
}

static void add_entries(const struct emit_h5 *file, hid_t root, const struct listing *listing,
                        struct emit_string_list *texts)
{
    for (size_t i = 0; i < listing->count; i++)
    {
        const char *name = listing->entries[i].name;
        char *text = emit_h5_attribute_text(file, root, name);
        if (text != NULL)
        {
            emit_string_list_add_utf8(texts, name, strlen(name));
            emit_string_list_add(texts, text, strlen(text));
        }
        free(text);
    }
}

/* Appends key, value, key, value, ... */
static enum emit_status list_attributes(const struct emit_h5 *file, hid_t root,
                                        struct listing *listing, struct emit_string_list *texts,
                                        struct emit_error *error)
{
    listing->entries = emit_arena_array(&listing->arena, MAX_ATTRIBUTES, sizeof *listing->entries);
    EMIT_TRY(emit_arena_check(&listing->arena, error));
    /* In another order than the native one the library would sort a table, which damage upsets. */
    if (H5Aiterate2(root, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, visit_attribute, listing) < 0)
        return emit_h5_library_error(file, "/", "cannot list the attributes", error);
    EMIT_TRY(emit_arena_check(&listing->arena, error));
    qsort(listing->entries, listing->count, sizeof *listing->entries, compare_entries);
    add_entries(file, root, listing, texts);
    return EMIT_OK;
}

static enum emit_status list_root(const struct emit_h5 *file, struct emit_string_list *texts,
                                  struct emit_error *error)
{
    const hid_t root = H5Oopen(file->id, "/", file->link_access);
    if (root < 0)
        return emit_h5_library_error(file, "/", "cannot open the root group", error);
    struct listing listing = {.has_order = tracks_creation_order(root)};
    const enum emit_status status = list_attributes(file, root, &listing, texts, error);
    emit_arena_close(&listing.arena);
    H5Oclose(root);
    return status;
}

static enum emit_status pack_pairs(const struct emit_string_list *texts,
                                   struct emit_pair **pairs_ret, size_t *count_ret,
                                   struct emit_error *error)
{
    const size_t count = texts->count / 2;
    void *block;
    char *text;
    EMIT_TRY(emit_string_list_pack(texts, (count + 1) * sizeof **pairs_ret, &block, &text, error));
    struct emit_pair *pairs = block;
    for (size_t i = 0; i < count; i++)
    {
        pairs[i].key = text;
        pairs[i].value = text + strlen(text) + 1;
        text += strlen(text) + 1 + strlen(pairs[i].value) + 1;
    }
    *pairs_ret = pairs;
    *count_ret = count;
    return EMIT_OK;
}

enum emit_status emit_h5_root_attributes(struct emit_h5 *file, struct emit_pair **pairs_ret,
                                         size_t *count_ret, struct emit_error *error)
{
    *pairs_ret = NULL;
    *count_ret = 0;
    struct emit_string_list texts = {0};
    struct emit_h5_lock_state guard;
    emit_h5_lock(&guard, file);
    enum emit_status status = list_root(file, &texts, error);
    emit_h5_unlock(&guard);
    if (status == EMIT_OK)
        status = pack_pairs(&texts, pairs_ret, count_ret, error);
    free(texts.bytes.text);
    return status;
}
