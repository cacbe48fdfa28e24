/* SPDX-License-Identifier: MIT */
#include "core/error.h"

#include <stdarg.h>
#include <stdio.h>

enum emit_status emit_error_set(struct emit_error *error, enum emit_status status,
                                const char *format, ...)
{
    if (error != NULL)
    {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
    }
    return status;
}

enum emit_status emit_error_memory(struct emit_error *error, size_t nbytes, const char *purpose)
{
    return emit_error_set(error, EMIT_ERROR_MEMORY, "cannot allocate %zu bytes for %s", nbytes,
                          purpose);
}
