// SPDX-License-Identifier: MIT
// The .aux.xml file of a granule, which several processes and drivers may write at the same time.
#pragma once

#include "compat.h"

#include <string>

// Updates the part "pszPart" (<Subdataset name="...">) of "osFile": applies the differences between
// "psBefore" and "psNow" to the file as it is now, and changes nothing else. Both are trees of
// <PAMDataset>, or nullptr. The file is replaced as a whole, so that readers never see an
// incomplete one, and deleted if it becomes empty. False, without an error, if it cannot be
// written.
bool EMITUpdateAuxiliaryFile(const std::string &osFile, const char *pszPart,
                             const CPLXMLNode *psBefore, const CPLXMLNode *psNow);
