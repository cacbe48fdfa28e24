// SPDX-License-Identifier: MIT
#include "compat.h"

#include "writer_hints.h"

#include <cmath>
#include <cstring>
#include <string>

std::string EMITFormatNumber(double dfValue, int nShift)
{
    char szText[EMIT_NUMBER_SIZE];
    emit_number_text(dfValue, nShift, szText);
    return szText;
}

static std::string FormatKnown(double dfNumber)
{
    return std::isnan(dfNumber) ? std::string() : EMITFormatNumber(dfNumber);
}

static std::string FormatKnown(int nGood)
{
    return nGood < 0 ? std::string() : std::to_string(nGood);
}

// "{a, b, ...}" over the bands; empty if a band has no such number.
template <class Number>
static std::string FormatBandList(const struct emit_view_info &sInfo, Number emit_band::*pNumber)
{
    std::string osList;
    for (size_t i = 0; i < sInfo.band_count; ++i)
    {
        std::string osNumber = FormatKnown(sInfo.bands[i].*pNumber);
        if (osNumber.empty())
            return osNumber;
        osList += (i == 0 ? "{" : ", ") + osNumber;
    }
    return osList.empty() ? osList : osList + "}";
}

static void AddUnlessEmpty(CPLStringList &aosItems, const char *pszKey, const std::string &osValue)
{
    if (!osValue.empty())
        aosItems.SetNameValue(pszKey, osValue.c_str());
}

CPLStringList EMITGetENVIItems(const struct emit_view_info &sInfo)
{
    CPLStringList aosItems;
    AddUnlessEmpty(aosItems, "wavelength", FormatBandList(sInfo, &emit_band::wavelength_nm));
    if (aosItems.empty())
        return aosItems;
    aosItems.SetNameValue("wavelength_units", "Nanometers");
    AddUnlessEmpty(aosItems, "fwhm", FormatBandList(sInfo, &emit_band::fwhm_nm));
    AddUnlessEmpty(aosItems, "bbl", FormatBandList(sInfo, &emit_band::good));
    return aosItems;
}

const struct emit_variable *EMITFindVariable(const struct emit_view_info &sInfo,
                                             const char *pszName)
{
    for (size_t i = 0; pszName != nullptr && i < sInfo.variable_count; ++i)
        if (strcmp(sInfo.variables[i].name, pszName) == 0)
            return &sInfo.variables[i];
    return nullptr;
}

bool EMITShowsAllBands(const struct emit_view_info &sInfo)
{
    const struct emit_variable *psVariable = EMITFindVariable(sInfo, sInfo.variable);
    if (psVariable == nullptr || static_cast<size_t>(psVariable->bands) != sInfo.band_count)
        return false;
    for (size_t i = 0; i < sInfo.band_count; ++i)
        if (static_cast<size_t>(sInfo.bands[i].file_band) != i)
            return false;
    return true;
}

CPLStringList EMITGetNetCDFDimension(const struct emit_view_info &sInfo,
                                     const CPLStringList &aosENVI)
{
    constexpr int NC_TYPE_FLOAT = 5;

    CPLStringList aosItems;
    if (aosENVI.empty() || !(sInfo.ortho || EMIT_GDAL_NETCDF_DIMENSION_OF_SWATH))
        return aosItems;
    aosItems.SetNameValue("NETCDF_DIM_EXTRA", "{wavelengths}");
    aosItems.SetNameValue("NETCDF_DIM_wavelengths_DEF",
                          CPLSPrintf("{%d,%d}", static_cast<int>(sInfo.band_count), NC_TYPE_FLOAT));
    aosItems.SetNameValue("NETCDF_DIM_wavelengths_VALUES", aosENVI.FetchNameValue("wavelength"));
    return aosItems;
}

void EMITAddNetCDFAttributes(const struct emit_view_info &sInfo, const CPLStringList &aosENVI,
                             CPLStringList &aosItems)
{
    const struct emit_variable *psVariable = EMITFindVariable(sInfo, sInfo.variable);
    if (psVariable != nullptr)
        AddUnlessEmpty(aosItems, (std::string(psVariable->name) + "#long_name").c_str(),
                       psVariable->description);
    if (aosENVI.empty())
        return;
    aosItems.SetNameValue("wavelengths#standard_name", "radiation_wavelength");
    aosItems.SetNameValue("wavelengths#units", "nm");
    aosItems.SetNameValue("wavelengths#fwhm", aosENVI.FetchNameValue("fwhm"));
    aosItems.SetNameValue("wavelengths#good_wavelengths", aosENVI.FetchNameValue("bbl"));
}

void EMITAddNetCDFBandItems(const struct emit_view_info &sInfo, const struct emit_band &sBand,
                            CPLStringList &aosItems)
{
    aosItems.SetNameValue("NETCDF_VARNAME", sInfo.variable);
    AddUnlessEmpty(aosItems, "units", sBand.units);
    if (std::isnan(sBand.wavelength_nm))
        AddUnlessEmpty(aosItems, "long_name", sBand.description);
}
