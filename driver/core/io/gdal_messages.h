/* SPDX-License-Identifier: MIT */
/* GDAL's messages during a request: they become part of our error or, if a retry succeeds, of the
 * debug output. */
#ifndef EMIT_IO_GDAL_MESSAGES_H
#define EMIT_IO_GDAL_MESSAGES_H

#include <cpl_error.h>

/* The thread's error state of GDAL, restored after the request. */
struct emit_gdal_messages
{
    CPLErr kind;
    CPLErrorNum number;
    char *message;
};

/* From here to the release GDAL reports nothing to the caller's error handlers. Of this thread. */
void emit_gdal_messages_hold(struct emit_gdal_messages *messages);
void emit_gdal_messages_release(struct emit_gdal_messages *messages);

/* GDAL's last message, or "without" if it has none. Valid until the next call of GDAL. */
const char *emit_gdal_last_message(const char *without);

#endif
