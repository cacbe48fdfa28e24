/* SPDX-License-Identifier: MIT */
/* Errors inside the core. */
#pragma once

#include "emit.h"

#if defined(__GNUC__)
#define EMIT_PRINTF(format_at, first_at) __attribute__((format(printf, format_at, first_at)))
#else
#define EMIT_PRINTF(format_at, first_at)
#endif

/* Writes the message into "error" (NULL: nowhere) and returns "status", for `return`. */
enum emit_status emit_error_set(struct emit_error *error, enum emit_status status,
                                const char *format, ...) EMIT_PRINTF(3, 4);

/* Inserts "name: " before the message and returns "status". */
enum emit_status emit_error_prefix(struct emit_error *error, enum emit_status status,
                                   const char *name);

/* Appends text to the message, as far as it fits. */
void emit_error_append(struct emit_error *error, const char *format, ...) EMIT_PRINTF(2, 3);

/* EMIT_ERROR_MEMORY; the message names size and purpose. */
enum emit_status emit_error_memory(struct emit_error *error, size_t nbytes, const char *purpose);

/* Returns the status of "expression" from the calling function unless it is EMIT_OK. */
#define EMIT_TRY(expression)                                                                       \
    do                                                                                             \
    {                                                                                              \
        const enum emit_status emit_try_status = (expression);                                     \
        if (emit_try_status != EMIT_OK)                                                            \
            return emit_try_status;                                                                \
    } while (0)
