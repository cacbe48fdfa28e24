// SPDX-License-Identifier: MIT
// The .aux.xml file of a granule, which several processes and drivers may write at the same time.
#ifndef EMIT_GDAL_AUXILIARY_FILE_H
#define EMIT_GDAL_AUXILIARY_FILE_H

#include "compat.h"

#include <string>

// Brings the part "pszPart" (<Subdataset name="...">) of "osFile" up to date: what differs between
// "psBefore" and "psNow" is changed in the file as it is now, and nothing else. Both are trees of
// <PAMDataset>, nullptr for nothing. The file is replaced as a whole, so that a reader never sees
// half of it, and deleted once it holds nothing. False, without an error, if it cannot be written.
bool EMITUpdateAuxiliaryFile(const std::string &osFile, const char *pszPart,
                             const CPLXMLNode *psBefore, const CPLXMLNode *psNow);

#endif
