// SPDX-License-Identifier: MIT
// Dataset names: EMIT:"path":variable?KEY=VALUE, taken apart and put together.
#ifndef EMIT_GDAL_NAMES_H
#define EMIT_GDAL_NAMES_H

#include "compat.h"

#include "emit.h"

#include <string>

// Open options as KEY=VALUE, as which GDAL also takes KEY:VALUE and spaces around the mark. A key
// without a value gets an empty one.
CPLStringList EMITSpellOut(CSLConstList papszOptions);

// The parts of a dataset name.
class EMITName final
{
  public:
    EMITName() = default;
    ~EMITName();

    // Says what is wrong with "pszText" when it returns false.
    bool Parse(const char *pszText);

    const struct emit_name &Get() const
    {
        return m_sName;
    }

    // The driver's options among "papszOpenOptions" and, where those leave one out, of the name.
    // Warns of others in the name, as GDAL does of open options.
    CPLStringList MergeOptions(CSLConstList papszOpenOptions) const;

  private:
    CPL_DISALLOW_COPY_ASSIGN(EMITName)

    struct emit_name m_sName = {};
};

// The path as it stands in names, between quotes.
std::string EMITQuotePath(const char *pszPath);

// The name that opens "pszVariable" of "pszPath" with "papszOptions".
std::string EMITFormatName(const char *pszPath, const char *pszVariable, CSLConstList papszOptions);

#endif
