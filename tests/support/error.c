/* SPDX-License-Identifier: MIT */
#include "error.h"

#include <netcdf.h>
#include <stdarg.h>
#include <stdio.h>

bool mk_fail(struct mk_error *error, const char *format, ...)
{
    if (error != NULL)
    {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
    }
    return false;
}

bool mk_nc_ok(struct mk_error *error, int status, const char *what)
{
    if (status == NC_NOERR)
        return true;
    return mk_fail(error, "%s: %s", what, nc_strerror(status));
}
