// SPDX-License-Identifier: MIT
#include "compat.h"

#include "names.h"

#include "errors.h"

#include <cctype>
#include <cstring>

EMITName::~EMITName()
{
    emit_name_close(&m_sName);
}

bool EMITName::Parse(const char *pszText)
{
    struct emit_error sError = {};
    const enum emit_status eStatus = emit_name_parse(pszText, &m_sName, &sError);
    if (eStatus != EMIT_OK)
        EMITReportError(eStatus, sError);
    return eStatus == EMIT_OK;
}

CPLStringList EMITSpellOut(CSLConstList papszOptions)
{
    CPLStringList aosOptions;
    for (; papszOptions != nullptr && *papszOptions != nullptr; ++papszOptions)
    {
        char *pszKey = nullptr;
        const char *pszValue = CPLParseNameValue(*papszOptions, &pszKey);
        if (pszKey == nullptr)
            aosOptions.AddString((std::string(*papszOptions) + "=").c_str());
        else
            aosOptions.AddString((std::string(pszKey) + "=" + pszValue).c_str());
        CPLFree(pszKey);
    }
    return aosOptions;
}

CPLStringList EMITName::MergeOptions(CSLConstList papszOpenOptions) const
{
    CPLStringList aosOptions;
    const CPLStringList aosOpenOptions = EMITSpellOut(papszOpenOptions);
    for (int i = 0; i < aosOpenOptions.size(); ++i)
        if (emit_option_meant(aosOpenOptions[i]) != nullptr ||
            emit_option_is_remainder(aosOpenOptions[i]))
            aosOptions.AddString(aosOpenOptions[i]);
    for (CSLConstList papszIter = m_sName.options; papszIter != nullptr && *papszIter != nullptr;
         ++papszIter)
    {
        // As in open options, '@' suppresses the warning for an unknown key.
        const bool bQuiet = **papszIter == '@';
        const char *pszOption = *papszIter + (bQuiet ? 1 : 0);
        const std::string osKey(pszOption, strcspn(pszOption, "="));
        const bool bKnown = emit_option_meant(pszOption) != nullptr ||
                            (!bQuiet && emit_option_is_remainder(pszOption));
        if (bKnown && aosOpenOptions.FetchNameValue(osKey.c_str()) == nullptr)
            aosOptions.AddString(pszOption);
        else if (!bKnown && !bQuiet)
            EMITError(CE_Warning, CPLE_NotSupported,
                      "%s: driver EMIT does not support open option %s; gdalinfo --format EMIT "
                      "lists those it has. In a value, %%26 stands for '&'",
                      m_sName.path, osKey.c_str());
    }
    return aosOptions;
}

std::string EMITQuotePath(const char *pszPath)
{
    return '"' + CPLString(pszPath).replaceAll("\"", "\\\"") + '"';
}

// Formats an option for a dataset name. Percent-encodes the value except for characters that are
// plain in names, shells and URLs.
static std::string EscapeOption(const char *pszOption)
{
    const char *pszValue = strchr(pszOption, '=');
    if (pszValue == nullptr)
        return std::string();
    ++pszValue;
    std::string osEscaped(pszOption, pszValue);
    for (; *pszValue != '\0'; ++pszValue)
    {
        const unsigned char chByte = static_cast<unsigned char>(*pszValue);
        if (chByte < 0x80 && (isalnum(chByte) || strchr("-_.,/:", chByte) != nullptr))
            osEscaped += *pszValue;
        else
            osEscaped += CPLSPrintf("%%%02X", chByte);
    }
    return osEscaped;
}

std::string EMITFormatName(const char *pszPath, const char *pszVariable, CSLConstList papszOptions)
{
    std::string osName = "EMIT:" + EMITQuotePath(pszPath) + ":" + pszVariable;
    char chMark = '?';
    for (; papszOptions != nullptr && *papszOptions != nullptr; ++papszOptions)
    {
        const std::string osOption = EscapeOption(*papszOptions);
        if (osOption.empty())
            continue;
        osName += chMark + osOption;
        chMark = '&';
    }
    return osName;
}
