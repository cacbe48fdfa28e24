/* SPDX-License-Identifier: MIT */
/* Setting and passing on errors inside the core. */
#ifndef EMIT_BASE_ERROR_H
#define EMIT_BASE_ERROR_H

#include "emit.h"

#if defined(__GNUC__)
#define EMIT_PRINTF(format_at, first_at) __attribute__((format(printf, format_at, first_at)))
#else
#define EMIT_PRINTF(format_at, first_at)
#endif

/* Writes the message into "error" (NULL: nowhere) and returns "status", for `return`. */
enum emit_status emit_error_set(struct emit_error *error, enum emit_status status,
                                const char *format, ...) EMIT_PRINTF(3, 4);

/* Puts "name: " before the message and returns "status": for a file's name, where it is known. */
enum emit_status emit_error_prefix(struct emit_error *error, enum emit_status status,
                                   const char *name);

/* Puts more text after the message, as far as there is room. */
void emit_error_append(struct emit_error *error, const char *format, ...) EMIT_PRINTF(2, 3);

/* EMIT_ERROR_MEMORY with a message that tells how much was wanted for what. */
enum emit_status emit_error_memory(struct emit_error *error, size_t nbytes, const char *purpose);

/* Leaves the calling function with the status of "expression" unless that is EMIT_OK. */
#define EMIT_TRY(expression)                                                                       \
    do                                                                                             \
    {                                                                                              \
        const enum emit_status emit_try_status = (expression);                                     \
        if (emit_try_status != EMIT_OK)                                                            \
            return emit_try_status;                                                                \
    } while (0)

#endif
