/* SPDX-License-Identifier: MIT */
/* Attributes as text and as numbers. An attribute is opened with its type and its count
 * (emit_h5_attr_open), read into a list of texts by a function for each kind of type, and joined
 * as GDAL writes lists. The attributes of the root group are listed first, sorted by creation, and
 * then read. */
#include "core/base/number.h"
#include "core/hdf5/h5_internal.h"

#include <stdlib.h>
#include <string.h>

#define MAX_VALUES 4096
#define MAX_TEXT_NBYTES (1u << 20)
#define MAX_ATTRIBUTES 1024

void emit_h5_attr_close(struct emit_h5_attr *attr)
{
    if (attr->type >= 0)
        H5Tclose(attr->type);
    if (attr->id >= 0)
        H5Aclose(attr->id);
}

bool emit_h5_attr_open(hid_t object, const char *name, struct emit_h5_attr *attr)
{
    const hid_t none = H5I_INVALID_HID;
    *attr = (struct emit_h5_attr){none, none, 0};
    if (H5Aexists(object, name) <= 0)
        return false;
    attr->id = H5Aopen(object, name, H5P_DEFAULT);
    if (attr->id < 0)
        return false;
    attr->type = H5Aget_type(attr->id);
    const hid_t space = H5Aget_space(attr->id);
    const hssize_t count = space >= 0 ? H5Sget_simple_extent_npoints(space) : -1;
    attr->count = count > 0 ? (size_t)count : 0;
    if (space >= 0)
        H5Sclose(space);
    return attr->type >= 0 && count >= 0;
}

/* ---- Text ----------------------------------------------------------------------------------- */

/* Each fills "texts" with attr->count texts in "arena"; false if it cannot. */

static bool read_numbers(const struct emit_h5_attr *attr, struct emit_arena *arena,
                         const char **texts)
{
    enum emit_type number;
    bool swap_bytes;
    if (attr->count == 0 || !emit_h5_number(attr->type, &number, &swap_bytes))
        return false;
    const size_t size = emit_type_size(number);
    unsigned char *values = emit_arena_array(arena, attr->count, size);
    if (values == NULL || H5Aread(attr->id, emit_h5_native(number), values) < 0)
        return false;
    for (size_t i = 0; i < attr->count; i++)
    {
        char text[EMIT_NUMBER_SIZE];
        emit_number_format(number, values + i * size, text);
        texts[i] = emit_arena_text(arena, "%s", text);
    }
    return true;
}

static bool read_fixed_strings(const struct emit_h5_attr *attr, struct emit_arena *arena,
                               const char **texts)
{
    const size_t size = H5Tget_size(attr->type);
    if (attr->count > 0 && (size == 0 || size > MAX_TEXT_NBYTES / attr->count))
        return false;
    char *bytes = emit_arena_array(arena, attr->count, size);
    if (bytes == NULL || (attr->count > 0 && H5Aread(attr->id, attr->type, bytes) < 0))
        return false;
    emit_h5_fixed_strings(attr->type, size, bytes, attr->count, arena, texts);
    return true;
}

static bool read_texts(struct emit_h5 *file, const struct emit_h5_attr *attr,
                       struct emit_arena *arena, const char **texts)
{
    const struct emit_h5_subject subject = {file, "", NULL};
    const struct emit_h5_vlens vlens = {&subject, attr->id, attr->count, MAX_TEXT_NBYTES + 1};
    if (H5Tget_class(attr->type) != H5T_STRING)
        return read_numbers(attr, arena, texts);
    if (attr->count > 0 && H5Tis_variable_str(attr->type) > 0)
        return emit_h5_variable_strings(&vlens, arena, texts) == EMIT_OK;
    return read_fixed_strings(attr, arena, texts);
}

/* "" for no text, the single text, or {a,b}; NULL if it is too long or without memory. */
static const char *join(const char *const *texts, size_t count, struct emit_arena *arena)
{
    struct emit_string_builder joined = {0};
    for (size_t i = 0; i < count; i++)
        emit_string_append(&joined, "%s%s", count == 1 ? "" : i == 0 ? "{" : ",", texts[i]);
    emit_string_append(&joined, "%s", count > 1 ? "}" : "");
    const char *text = joined.failed || joined.length > MAX_TEXT_NBYTES
                           ? NULL
                           : emit_arena_text(arena, "%s", joined.text);
    free(joined.text);
    return text;
}

const char *emit_h5_attribute_text(struct emit_h5 *file, hid_t object, const char *name)
{
    struct emit_h5_attr attr;
    struct emit_arena scratch = {0};
    const char *text = NULL;
    if (emit_h5_attr_open(object, name, &attr) && attr.count <= MAX_VALUES)
    {
        const char **texts = emit_arena_array(&scratch, attr.count, sizeof *texts);
        if (texts != NULL && read_texts(file, &attr, &scratch, texts) && !scratch.failed)
            text = join(texts, attr.count, &file->arena);
    }
    emit_h5_attr_close(&attr);
    emit_arena_close(&scratch);
    return text;
}

/* Takes the lock; to be closed also if the result is invalid. */
static hid_t open_object(struct emit_h5 *file, const char *name)
{
    emit_h5_lock(file);
    return H5Oopen(file->id, name, file->link_access);
}

static void close_object(hid_t object)
{
    if (object >= 0)
        H5Oclose(object);
    emit_h5_unlock();
}

const char *emit_h5_attribute(struct emit_h5 *file, const char *name, const char *attribute)
{
    const hid_t object = open_object(file, name);
    const char *text = object >= 0 ? emit_h5_attribute_text(file, object, attribute) : NULL;
    close_object(object);
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
    const hid_t object = open_object(file, name);
    const bool read = object >= 0 && attribute_doubles(object, attribute, values, count);
    close_object(object);
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

/* Name and rank of an attribute; all ranks are 0 if the file has no order. */
struct entry
{
    const char *name;
    int64_t rank;
};

struct listing
{
    struct emit_arena *arena;
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
    const char *copy = emit_arena_text(listing->arena, "%s", name);
    const int64_t rank = listing->has_order ? (int64_t)info->corder : 0;
    listing->entries[listing->count++] = (struct entry){copy, rank};
    return listing->count == MAX_ATTRIBUTES;
}

/* netCDF-4 records the order in which attributes are created; other writers may not. */
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

static enum emit_status list_entries(const struct emit_h5_subject *subject, hid_t root,
                                     struct listing *listing)
{
    listing->entries = emit_arena_array(listing->arena, MAX_ATTRIBUTES, sizeof *listing->entries);
    EMIT_TRY(emit_arena_check(listing->arena, subject->error));
    /* In another order than the native one the library would sort a table, which damage upsets. */
    if (H5Aiterate2(root, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, visit_attribute, listing) < 0)
        return emit_h5_library_error(subject, "cannot list the attributes");
    qsort(listing->entries, listing->count, sizeof *listing->entries, compare_entries);
    return emit_arena_check(listing->arena, subject->error);
}

static enum emit_status read_entries(const struct emit_h5_subject *subject, hid_t root,
                                     const struct listing *listing,
                                     const struct emit_pair **pairs_ret, size_t *count_ret)
{
    struct emit_arena *arena = &subject->file->arena;
    struct emit_pair *pairs = emit_arena_array(arena, listing->count, sizeof *pairs);
    size_t count = 0;
    for (size_t i = 0; i < listing->count && pairs != NULL; i++)
    {
        const char *name = listing->entries[i].name;
        const char *text = emit_h5_attribute_text(subject->file, root, name);
        if (text != NULL)
            pairs[count++] = (struct emit_pair){emit_arena_utf8(arena, name, strlen(name)), text};
    }
    EMIT_TRY(emit_arena_check(arena, subject->error));
    *pairs_ret = pairs;
    *count_ret = count;
    return EMIT_OK;
}

enum emit_status emit_h5_root_attributes(struct emit_h5 *file, const struct emit_pair **pairs_ret,
                                         size_t *count_ret, struct emit_error *error)
{
    const struct emit_h5_subject subject = {file, "/", error};
    struct emit_arena scratch = {0};
    const hid_t root = open_object(file, "/");
    *pairs_ret = NULL;
    *count_ret = 0;
    enum emit_status status = EMIT_OK;
    if (root < 0)
        status = emit_h5_library_error(&subject, "cannot open the root group");
    else
    {
        struct listing listing = {.arena = &scratch, .has_order = tracks_creation_order(root)};
        status = list_entries(&subject, root, &listing);
        if (status == EMIT_OK)
            status = read_entries(&subject, root, &listing, pairs_ret, count_ret);
    }
    close_object(root);
    emit_arena_close(&scratch);
    return status;
}
