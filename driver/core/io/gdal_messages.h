/* SPDX-License-Identifier: MIT */
/* Captures GDAL's messages during a request, for the driver's own error or, after a successful
 * retry, the debug output. */
#pragma once

#include <cpl_error.h>

/* GDAL's error state of the thread, restored after the request. */
struct emit_gdal_messages
{
    CPLErr kind;
    CPLErrorNum number;
    char *message;
};

/* Until the release GDAL's messages do not reach the error handlers of the calling thread. */
void emit_gdal_messages_hold(struct emit_gdal_messages *messages);
void emit_gdal_messages_release(struct emit_gdal_messages *messages);

/* GDAL's last message, or "without" if there is none. Valid until the next call of GDAL. */
const char *emit_gdal_last_message(const char *without);
