// SPDX-License-Identifier: MIT
// A granule and the files that GDAL keeps beside it are deleted, renamed and copied together.
// Companions of the granule are never touched.
#pragma once

#include "compat.h"

#include <string>

// False, without an error, also if a server does not answer.
bool EMITFileExists(const std::string &osPath);

// The path in "pszName" if it names a whole granule; empty if it names a view with a variable or
// options, or nothing.
std::string EMITGetWholeGranule(const char *pszName);

// Deletes the file "osPath", its .aux.xml file and its overview files. Raises a GDAL error for
// each file that cannot be deleted; deletes nothing else if that is "osPath".
CPLErr EMITDeleteFiles(const std::string &osPath);

// GDALDriver::pfnDelete, pfnRename and pfnCopyFiles. Names of views are rejected. Files that
// another driver opens, such as gridded files named like granules, are left to that driver.
CPLErr EMITDelete(const char *pszName);
CPLErr EMITRename(const char *pszNewName, const char *pszOldName);
CPLErr EMITCopyFiles(const char *pszNewName, const char *pszOldName);
