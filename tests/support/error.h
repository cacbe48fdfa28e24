/* SPDX-License-Identifier: MIT */
/*
 * How the sample granule writer reports failure: functions return false and fill the caller's
 * message.
 */
#ifndef MK_ERROR_H
#define MK_ERROR_H

#include <stdbool.h>

struct mk_error
{
    char message[1024]; /* one line without a newline; empty as long as nothing failed */
};

/*
 * Fills "error" (may be NULL) and returns false, so that a function can end with `return
 * mk_fail(...)`.
 */
bool mk_fail(struct mk_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* True if "status" is NC_NOERR; otherwise fills "error" with "what" and netCDF's message. */
bool mk_nc_ok(struct mk_error *error, int status, const char *what);

#define MK_TRY(expression)                                                                         \
    do                                                                                             \
    {                                                                                              \
        if (!(expression))                                                                         \
            return false;                                                                          \
    } while (0)

#endif
