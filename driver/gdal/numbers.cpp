// SPDX-License-Identifier: MIT
#include "compat.h"

#include "numbers.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

template <class T>
static std::string FormatScientific(T value)
{
    char szText[64];
    const auto oEnd =
        std::to_chars(szText, szText + sizeof(szText), value, std::chars_format::scientific);
    return std::string(szText, oEnd.ptr);
}

static bool IsExactlyFloat(double dfValue)
{
    return std::fabs(dfValue) <= static_cast<double>(std::numeric_limits<float>::max()) &&
           static_cast<double>(static_cast<float>(dfValue)) == dfValue;
}

// Writes 0.ddd, dd.dd or ddd000 for the digits d.ddd x 10^nExponent.
static std::string LayOut(const std::string &osDigits, int nExponent)
{
    const int nDigits = static_cast<int>(osDigits.size());
    if (nExponent < 0)
        return "0." + std::string(static_cast<size_t>(-nExponent - 1), '0') + osDigits;
    if (nExponent >= nDigits - 1)
        return osDigits + std::string(static_cast<size_t>(nExponent - nDigits + 1), '0');
    const size_t nPoint = static_cast<size_t>(nExponent) + 1;
    return osDigits.substr(0, nPoint) + "." + osDigits.substr(nPoint);
}

std::string EMITFormatNumber(double dfValue, int nPointShift)
{
    if (std::isnan(dfValue))
        return "nan";
    if (std::isinf(dfValue))
        return dfValue < 0 ? "-inf" : "inf";

    const double dfMagnitude = std::fabs(dfValue);
    const std::string osText = IsExactlyFloat(dfMagnitude)
                                   ? FormatScientific(static_cast<float>(dfMagnitude))
                                   : FormatScientific(dfMagnitude);
    const size_t nMark = osText.find('e');
    std::string osDigits = osText.substr(0, 1);
    if (nMark > 2)
        osDigits += osText.substr(2, nMark - 2);
    const int nExponent =
        std::atoi(osText.c_str() + nMark + 1) + (dfMagnitude > 0 ? nPointShift : 0);
    return (dfValue < 0 ? "-" : "") + LayOut(osDigits, nExponent);
}
