// SPDX-License-Identifier: MIT
// The wall between GDAL and the core: statuses become CPLError(), exceptions stop here.
#pragma once

#include "compat.h"

#include "emit.h"

#include <exception>
#include <new>

// CPLError() and CPLDebug() of category EMIT, without parts of URLs that may be secret: see
// emit_redact().
void EMITError(CPLErr eClass, CPLErrorNum nNumber, CPL_FORMAT_STRING(const char *pszFormat), ...)
    CPL_PRINT_FUNC_FORMAT(3, 4);
void EMITDebug(CPL_FORMAT_STRING(const char *pszFormat), ...) CPL_PRINT_FUNC_FORMAT(1, 2);

// Raises the error "path: reason" for what the driver does not support; returns CE_Failure.
CPLErr EMITRefuse(const char *pszPath, const char *pszReason);

// Raises the GDAL error for "eStatus", which is not EMIT_OK.
void EMITReportError(enum emit_status eStatus, const struct emit_error &sError);

// Calls "oFunction" for GDAL. Turns exceptions, which must not reach GDAL, into a GDAL error and
// "onFailure".
template <class Result, class Function>
Result EMITGuard(Result onFailure, Function &&oFunction) noexcept
{
    try
    {
        return oFunction();
    }
    catch (const std::bad_alloc &)
    {
        CPLError(CE_Failure, CPLE_OutOfMemory, "EMIT: out of memory");
    }
    catch (const std::exception &e)
    {
        CPLError(CE_Failure, CPLE_AppDefined, "EMIT: %s", e.what());
    }
    catch (...)
    {
        CPLError(CE_Failure, CPLE_AppDefined, "EMIT: unknown exception");
    }
    return onFailure;
}
