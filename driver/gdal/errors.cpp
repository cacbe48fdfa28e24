// SPDX-License-Identifier: MIT
#include "compat.h"

#include "errors.h"

#include <cstdarg>
#include <string>

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

static std::string FormatRedacted(const char *pszFormat, va_list pArguments)
{
    CPLString osText;
    osText.vPrintf(pszFormat, pArguments);
    emit_redact(&osText[0]);
    return osText.c_str();
}

void EMITError(CPLErr eClass, CPLErrorNum nNumber, const char *pszFormat, ...)
{
    va_list pArguments;
    va_start(pArguments, pszFormat);
    const std::string osText = FormatRedacted(pszFormat, pArguments);
    va_end(pArguments);
    CPLError(eClass, nNumber, "%s", osText.c_str());
}

CPLErr EMITRefuse(const char *pszPath, const char *pszReason)
{
    EMITError(CE_Failure, CPLE_NotSupported, "%s: %s", pszPath, pszReason);
    return CE_Failure;
}

void EMITDebug(const char *pszFormat, ...)
{
    va_list pArguments;
    va_start(pArguments, pszFormat);
    const std::string osText = FormatRedacted(pszFormat, pArguments);
    va_end(pArguments);
    CPLDebug("EMIT", "%s", osText.c_str());
}

void EMITReportError(enum emit_status eStatus, const struct emit_error &sError)
{
    EMITError(CE_Failure, GetErrorNumber(eStatus), "%s", sError.message);
}
