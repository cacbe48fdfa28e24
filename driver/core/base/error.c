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
    const struct emit_error inner = error != NULL ? *error : (struct emit_error){""};
    return emit_error_set(error, status, "%s: %s", name, inner.message);
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
