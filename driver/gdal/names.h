// SPDX-License-Identifier: MIT
// Dataset names: EMIT:"path":variable?KEY=VALUE, taken apart and put together.
#pragma once

#include "compat.h"

#include "emit.h"

#include <string>

// Normalises open options to KEY=VALUE. GDAL also accepts KEY:VALUE and spaces around the
// separator. A key without a value gets an empty one.
CPLStringList EMITSpellOut(CSLConstList papszOptions);

// The parts of a dataset name.
class EMITName final
{
  public:
    EMITName() = default;
    ~EMITName();

    // Raises an error and returns false if "pszText" is invalid.
    bool Parse(const char *pszText);

    const struct emit_name &Get() const
    {
        return m_sName;
    }

    // The driver's options in "papszOpenOptions", and those of the name that are not among them.
    // Warns of other options in the name, as GDAL does of open options.
    CPLStringList MergeOptions(CSLConstList papszOpenOptions) const;

  private:
    CPL_DISALLOW_COPY_ASSIGN(EMITName)

    struct emit_name m_sName = {};
};

// Quotes and escapes a path for a name.
std::string EMITQuotePath(const char *pszPath);

// The name that opens "pszVariable" of "pszPath" with "papszOptions".
std::string EMITFormatName(const char *pszPath, const char *pszVariable, CSLConstList papszOptions);
