/* SPDX-License-Identifier: MIT */
/* Attributes as text and as numbers. */
#include "core/h5internal.h"
#include "core/value.h"

#include <stdlib.h>
#include <string.h>

#define MAX_VALUES 4096
#define MAX_TEXT_NBYTES (1u << 20)
#define MAX_ATTRIBUTES 1024

/* An attribute with the handles one needs to read it; all-invalid ones are fine to close. */
struct attribute
{
    hid_t id;
    hid_t type;
    hid_t space;
    size_t count; /* values, at most MAX_VALUES; 0 for netCDF's way to write "" */
};

static void attribute_close(struct attribute *attribute)
{
    if (attribute->space >= 0)
        H5Sclose(attribute->space);
    if (attribute->type >= 0)
        H5Tclose(attribute->type);
    if (attribute->id >= 0)
        H5Aclose(attribute->id);
}

/* Close it also when this returns false. */
static bool attribute_open(hid_t object, const char *name, struct attribute *attribute)
{
    const hid_t none = H5I_INVALID_HID;
    *attribute = (struct attribute){none, none, none, 0};
    if (H5Aexists(object, name) <= 0)
        return false;
    attribute->id = H5Aopen(object, name, H5P_DEFAULT);
    if (attribute->id < 0)
        return false;
    attribute->type = H5Aget_type(attribute->id);
    attribute->space = H5Aget_space(attribute->id);
    if (attribute->type < 0 || attribute->space < 0)
        return false;
    const hssize_t count = H5Sget_simple_extent_npoints(attribute->space);
    if (count < 0 || count > MAX_VALUES)
        return false;
    attribute->count = (size_t)count;
    return true;
}

/* ---- Text -------------------------------------------------------------------------------------
 */

static bool add_numbers(const struct attribute *attribute, struct emit_h5_texts *texts)
{
    enum emit_type number;
    bool swap_bytes;
    if (attribute->count == 0 || !emit_h5_number(attribute->type, &number, &swap_bytes))
        return false;
    const size_t size = emit_type_size(number);
    unsigned char *values = calloc(attribute->count, size);
    const bool read = values != NULL && H5Aread(attribute->id, emit_h5_native(number), values) >= 0;
    for (size_t i = 0; i < attribute->count && read; i++)
    {
        char text[32];
        emit_value_text(number, values + i * size, text);
        emit_h5_texts_add(texts, text, sizeof text);
    }
    free(values);
    return read;
}

static bool add_fixed_strings(const struct attribute *attribute, struct emit_h5_texts *texts)
{
    const size_t size = H5Tget_size(attribute->type);
    if (size == 0 || size > MAX_TEXT_NBYTES / attribute->count)
        return false;
    char *bytes = calloc(attribute->count, size);
    const bool read = bytes != NULL && H5Aread(attribute->id, attribute->type, bytes) >= 0;
    if (read)
        emit_h5_texts_add_fixed(texts, attribute->type, bytes, attribute->count);
    free(bytes);
    return read;
}

static bool add_variable_strings(const struct attribute *attribute, struct emit_h5_texts *texts)
{
    char **strings = calloc(attribute->count, sizeof *strings);
    const bool read = strings != NULL && H5Aread(attribute->id, attribute->type, strings) >= 0;
    size_t nbytes = 0;
    for (size_t i = 0; i < attribute->count && read; i++)
        nbytes += strings[i] != NULL ? strlen(strings[i]) : 0;
    if (read && nbytes <= MAX_TEXT_NBYTES)
        emit_h5_texts_add_pointers(texts, strings, attribute->count);
    if (read)
        H5Dvlen_reclaim(attribute->type, attribute->space, H5P_DEFAULT, strings);
    free(strings);
    return read && nbytes <= MAX_TEXT_NBYTES;
}

static bool add_values(const struct attribute *attribute, struct emit_h5_texts *texts)
{
    if (H5Tget_class(attribute->type) != H5T_STRING)
        return add_numbers(attribute, texts);
    if (attribute->count == 0)
    {
        emit_h5_texts_add(texts, "", 0);
        return true;
    }
    if (H5Tis_variable_str(attribute->type) > 0)
        return add_variable_strings(attribute, texts);
    return add_fixed_strings(attribute, texts);
}

/* The single text, or {a,b}; NULL when it is too long or there is no memory. */
static char *join(const struct emit_h5_texts *texts)
{
    struct emit_buffer_text joined = {0};
    const char *text = texts->bytes.text;
    for (size_t i = 0; i < texts->count && !texts->bytes.failed; i++, text += strlen(text) + 1)
        emit_text_add(&joined, "%s%s", texts->count == 1 ? "" : i == 0 ? "{" : ",", text);
    if (texts->count > 1)
        emit_text_add(&joined, "}");
    if (joined.failed || texts->bytes.failed || joined.length > MAX_TEXT_NBYTES)
    {
        free(joined.text);
        return NULL;
    }
    return joined.text;
}

static char *attribute_text(hid_t object, const char *name)
{
    struct attribute attribute;
    struct emit_h5_texts values = {0};
    char *text = NULL;
    if (attribute_open(object, name, &attribute) && add_values(&attribute, &values))
        text = join(&values);
    attribute_close(&attribute);
    free(values.bytes.text);
    return text;
}

char *emit_h5_attribute(struct emit_h5 *file, const char *name, const char *attribute)
{
    char *text = NULL;
    struct emit_h5_guard guard;
    emit_h5_enter(&guard);
    const hid_t object = H5Oopen(file->id, name, file->link_access);
    if (object >= 0)
    {
        text = attribute_text(object, attribute);
        H5Oclose(object);
    }
    emit_h5_leave(&guard);
    return text;
}

/* ---- Numbers ----------------------------------------------------------------------------------
 */

static bool attribute_doubles(hid_t object, const char *name, double *values, size_t count)
{
    struct attribute attribute;
    enum emit_type number;
    bool swap_bytes;
    const bool read = attribute_open(object, name, &attribute) && attribute.count == count &&
                      emit_h5_number(attribute.type, &number, &swap_bytes) &&
                      H5Aread(attribute.id, H5T_NATIVE_DOUBLE, values) >= 0;
    attribute_close(&attribute);
    return read;
}

bool emit_h5_attribute_doubles(struct emit_h5 *file, const char *name, const char *attribute,
                               double *values, size_t count)
{
    bool read = false;
    struct emit_h5_guard guard;
    emit_h5_enter(&guard);
    const hid_t object = H5Oopen(file->id, name, file->link_access);
    if (object >= 0)
    {
        read = attribute_doubles(object, attribute, values, count);
        H5Oclose(object);
    }
    emit_h5_leave(&guard);
    return read;
}

/* ---- All of the root --------------------------------------------------------------------------
 */

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

/* Appends key and value of one attribute to the list at "data". */
static herr_t visit_attribute(hid_t object, const char *name, const H5A_info_t *info, void *data)
{
    (void)info;
    struct emit_h5_texts *texts = data;
    if (is_bookkeeping(name))
        return 0;
    char *text = attribute_text(object, name);
    if (text != NULL)
    {
        emit_h5_texts_add_utf8(texts, name, strlen(name));
        emit_h5_texts_add(texts, text, strlen(text));
    }
    free(text);
    return texts->bytes.failed || texts->count >= 2 * MAX_ATTRIBUTES;
}

/* netCDF-4 notes in which order attributes were made; other writers may not. */
static bool knows_order(hid_t group)
{
    unsigned flags = 0;
    const hid_t creation = H5Gget_create_plist(group);
    if (creation < 0)
        return false;
    H5Pget_attr_creation_order(creation, &flags);
    H5Pclose(creation);
    return (flags & H5P_CRT_ORDER_TRACKED) != 0;
}

static enum emit_status list_attributes(const struct emit_h5 *file, struct emit_h5_texts *texts,
                                        struct emit_error *error)
{
    const hid_t root = H5Oopen(file->id, "/", file->link_access);
    if (root < 0)
        return emit_h5_library_error(file, "/", "cannot open the root group", error);
    const H5_index_t order = knows_order(root) ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
    enum emit_status status = EMIT_OK;
    if (H5Aiterate2(root, order, H5_ITER_INC, NULL, visit_attribute, texts) < 0)
        status = emit_h5_library_error(file, "/", "cannot list the attributes", error);
    H5Oclose(root);
    return status;
}

static enum emit_status pack_pairs(const struct emit_h5_texts *texts, struct emit_pair **pairs_ret,
                                   size_t *count_ret, struct emit_error *error)
{
    const size_t count = texts->count / 2;
    void *block;
    char *text;
    EMIT_TRY(emit_h5_texts_pack(texts, (count + 1) * sizeof **pairs_ret, &block, &text, error));
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
    struct emit_h5_texts texts = {0};
    struct emit_h5_guard guard;
    emit_h5_enter(&guard);
    enum emit_status status = list_attributes(file, &texts, error);
    emit_h5_leave(&guard);
    if (status == EMIT_OK)
        status = pack_pairs(&texts, pairs_ret, count_ret, error);
    free(texts.bytes.text);
    return status;
}
