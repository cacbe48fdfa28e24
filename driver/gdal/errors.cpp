// SPDX-License-Identifier: MIT
#include "compat.h"

#include "errors.h"

static CPLErrorNum GetErrorNumber(enum emit_status eStatus)
{
    switch (eStatus)
    {
    case EMIT_NOT_A_GRANULE:
    case EMIT_ERROR_FILE:
        return CPLE_OpenFailed;
    case EMIT_ERROR_OPTION:
        return CPLE_IllegalArg;
    case EMIT_ERROR_MEMORY:
        return CPLE_OutOfMemory;
    default:
        return CPLE_AppDefined;
    }
}

void EMITReportError(enum emit_status eStatus, const struct emit_error &sError)
{
    CPLError(CE_Failure, GetErrorNumber(eStatus), "%s", sError.message);
}
