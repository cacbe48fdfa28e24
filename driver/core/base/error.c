/* SPDX-License-Identifier: MIT */
#include "core/base/error.h"

#include "core/base/platform.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum emit_status emit_error_set(struct emit_error *error, enum emit_status status,
                                const char *format, ...)
{
    if (error != NULL)
    {
        va_list arguments;
        va_start(arguments, format);
        emit_c_vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
    }
    return status;
}

enum emit_status emit_error_memory(struct emit_error *error, size_t nbytes, const char *purpose)
{
    return emit_error_set(error, EMIT_ERROR_MEMORY, "cannot allocate %zu bytes for %s", nbytes,
                          purpose);
}

enum emit_status emit_error_prefix(struct emit_error *error, enum emit_status status,
                                   const char *name)
{
    if (error != NULL)
    {
        const struct emit_error inner = *error;
        const int length = snprintf(error->message, sizeof error->message, "%s: ", name);
        if (length >= 0 && (size_t)length < sizeof error->message)
            snprintf(error->message + length, sizeof error->message - (size_t)length, "%s",
                     inner.message);
    }
    return status;
}

void emit_error_append(struct emit_error *error, const char *format, ...)
{
    if (error == NULL)
        return;
    const size_t length = strlen(error->message);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message + length, sizeof error->message - length, format, arguments);
    va_end(arguments);
}
