/* SPDX-License-Identifier: MIT */
#include "core/io/gdal_messages.h"

#include <cpl_conv.h>

/* Warnings concern requests that GDAL retries. */
static void CPL_STDCALL hold_back(CPLErr kind, CPLErrorNum number, const char *message)
{
    (void)number;
    if (kind == CE_Warning)
        CPLDebug("EMIT", "%s", message);
}

void emit_gdal_messages_hold(struct emit_gdal_messages *messages)
{
    *messages = (struct emit_gdal_messages){CPLGetLastErrorType(), CPLGetLastErrorNo(),
                                            CPLStrdup(CPLGetLastErrorMsg())};
    CPLErrorReset();
    CPLPushErrorHandler(hold_back);
    CPLSetCurrentErrorHandlerCatchDebug(FALSE);
}

void emit_gdal_messages_release(struct emit_gdal_messages *messages)
{
    CPLPopErrorHandler();
    CPLErrorSetState(messages->kind, messages->number, messages->message);
    CPLFree(messages->message);
}

const char *emit_gdal_last_message(const char *without)
{
    const char *message = CPLGetLastErrorMsg();
    return message[0] != '\0' ? message : without;
}
