/* SPDX-License-Identifier: MIT */
/* The meaning of stored values, from netCDF's attributes. */
#include "core/base/number.h"
#include "core/base/strings.h"
#include "core/hdf5/h5_internal.h"

#include <math.h>
#include <string.h>

/* Doubles up to here hold every integer. */
#define MOST_EXACT 0x1p53

struct context
{
    const struct emit_h5_dataset *dataset;
    enum emit_type stored;
    struct emit_encoding *encoding;
};

/* The value of an attribute; "type" is EMIT_TYPE_END unless that is a single number. */
struct number
{
    bool exists;
    enum emit_type type;
    unsigned char bytes[8];
};

static bool read_number(const struct emit_h5_attr *attr, struct number *number)
{
    enum emit_type type;
    bool swap_bytes;
    if (attr->count != 1 || !emit_h5_number(attr->type, &type, &swap_bytes))
        return true;
    number->type = type;
    return H5Aread(attr->id, emit_h5_native(type), number->bytes) >= 0;
}

static enum emit_status find_number(const struct context *context, const char *attribute,
                                    struct number *number)
{
    *number = (struct number){.type = EMIT_TYPE_END};
    const htri_t exists = H5Aexists(context->dataset->id, attribute);
    if (exists == 0)
        return EMIT_OK;
    number->exists = true;
    struct emit_h5_attr attr;
    const bool read =
        emit_h5_attr_open(context->dataset->id, attribute, &attr) && read_number(&attr, number);
    const enum emit_status status =
        read ? EMIT_OK : emit_h5_library_error(&context->dataset->subject, attribute);
    emit_h5_attr_close(&attr);
    return status;
}

/* ---- Sign ----------------------------------------------------------------------------------- */

/* Writers of formats without unsigned types set _Unsigned. In enum emit_type the unsigned type of a
 * size has an even number, the signed one follows. */
static void read_sign(const struct context *context)
{
    if (emit_type_is_float(context->stored))
        return;
    const char *text =
        emit_h5_attribute_text(context->dataset->subject.file, context->dataset->id, "_Unsigned");
    if (text != NULL && emit_string_equal_nocase(text, "true"))
        context->encoding->type = (enum emit_type)(context->stored & ~1u);
    else if (text != NULL && emit_string_equal_nocase(text, "false"))
        context->encoding->type = (enum emit_type)(context->stored | 1u);
}

/* ---- Missing values ------------------------------------------------------------------------- */

/* Stores "number" as "type"; false if it cannot hold it exactly. */
static bool convert(const struct number *number, enum emit_type type, unsigned char bytes[8])
{
    const double value = emit_number_get(number->type, number->bytes);
    if (number->type == type)
        memcpy(bytes, number->bytes, emit_type_size(type));
    return number->type == type ||
           ((emit_type_size(number->type) < 8 || emit_type_is_float(number->type) ||
             fabs(value) < MOST_EXACT) &&
            emit_number_set(type, value, bytes));
}

/* A fill value that the type cannot hold marks nothing. */
static enum emit_status read_fill(const struct context *context)
{
    struct emit_encoding *encoding = context->encoding;
    struct number fill;
    EMIT_TRY(find_number(context, "_FillValue", &fill));
    encoding->has_fill =
        fill.type != EMIT_TYPE_END && (convert(&fill, encoding->type, encoding->fill) ||
                                       convert(&fill, context->stored, encoding->fill));
    return EMIT_OK;
}

/* ---- Packing -------------------------------------------------------------------------------- */

static enum emit_status read_packing(const struct context *context)
{
    struct emit_encoding *encoding = context->encoding;
    struct number scale;
    struct number offset;
    EMIT_TRY(find_number(context, "scale_factor", &scale));
    EMIT_TRY(find_number(context, "add_offset", &offset));
    if (scale.exists)
        encoding->scale = emit_number_get(scale.type, scale.bytes);
    if (offset.exists)
        encoding->offset = emit_number_get(offset.type, offset.bytes);
    if (!isfinite(encoding->scale) || encoding->scale == 0.0)
        encoding->defect = "the attribute scale_factor is not one finite number other than 0";
    else if (!isfinite(encoding->offset))
        encoding->defect = "the attribute add_offset is not one finite number";
    encoding->scaled = encoding->scale != 1.0 || encoding->offset != 0.0;
    return EMIT_OK;
}

/* Of packed values, ignored if of another type: ncpdq leaves that of the unpacked ones. */
static enum emit_status read_missing_value(const struct context *context)
{
    struct emit_encoding *encoding = context->encoding;
    unsigned char value[8];
    struct number missing;
    EMIT_TRY(find_number(context, "missing_value", &missing));
    if (missing.exists && missing.type == EMIT_TYPE_END)
        encoding->defect = "the attribute missing_value is not one number";
    if (missing.type == EMIT_TYPE_END ||
        (missing.type != context->stored &&
         (encoding->scaled || !convert(&missing, encoding->type, value))))
        return EMIT_OK;
    if (missing.type == context->stored)
        memcpy(value, missing.bytes, sizeof value);
    if (!encoding->has_fill)
        memcpy(encoding->fill, value, emit_type_size(context->stored));
    encoding->has_fill = true;
    if (!isnan(emit_encoding_read(encoding, value)))
        encoding->defect = "the attribute missing_value differs from _FillValue";
    return EMIT_OK;
}

enum emit_status emit_h5_read_encoding(const struct emit_h5_dataset *dataset, enum emit_type stored,
                                       struct emit_encoding *encoding)
{
    const struct context context = {dataset, stored, encoding};
    *encoding = (struct emit_encoding){.type = stored, .scale = 1.0};
    read_sign(&context);
    EMIT_TRY(read_fill(&context));
    EMIT_TRY(read_packing(&context));
    return read_missing_value(&context);
}

enum emit_status emit_h5_check_encoding(const struct emit_h5 *file, const char *name,
                                        const struct emit_encoding *encoding,
                                        struct emit_error *error)
{
    return encoding->defect == NULL ? EMIT_OK
                                    : emit_error_set(error, EMIT_ERROR_FORMAT, "%s: %s: %s",
                                                     file->path, name, encoding->defect);
}
