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

// "{a, b, ...}" over the bands; empty if a band has no such number.
template <class Number>
static std::string FormatBandList(const struct emit_view_info &sInfo, Number emit_band::*pNumber)
{
    std::string osList;
    for (size_t i = 0; i < sInfo.band_count; ++i)
    {
        const double dfNumber = sInfo.bands[i].*pNumber;
        if (std::isnan(dfNumber))
            return std::string();
        osList += (i == 0 ? "{" : ", ") + EMITFormatNumber(dfNumber);
    }
    return osList.empty() ? osList : osList + "}";
}

static std::string FormatGood(const struct emit_view_info &sInfo)
{
    const bool bKnown = sInfo.band_count > 0 && sInfo.bands[0].good >= 0;
    return bKnown ? FormatBandList(sInfo, &emit_band::good) : std::string();
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
    AddUnlessEmpty(aosItems, "bbl", FormatGood(sInfo));
    return aosItems;
}

const struct emit_variable *EMITFindVariable(const struct emit_view_info &sInfo,
                                             const char *pszName)
{
    for (size_t i = 0; pszName != nullptr && i < sInfo.variable_count; ++i)
    {
        if (strcmp(sInfo.variables[i].name, pszName) == 0)
            return &sInfo.variables[i];
    }
    return nullptr;
}

bool EMITShowsAllBands(const struct emit_view_info &sInfo)
{
    const struct emit_variable *psVariable = EMITFindVariable(sInfo, sInfo.variable);
    if (psVariable == nullptr || static_cast<size_t>(psVariable->bands) != sInfo.band_count)
        return false;
    for (size_t i = 0; i < sInfo.band_count; ++i)
    {
        if (static_cast<size_t>(sInfo.bands[i].file_band) != i)
            return false;
    }
    return true;
}

CPLStringList EMITGetNetCDFDimension(const struct emit_view_info &sInfo)
{
    constexpr int NC_TYPE_FLOAT = 5;

    CPLStringList aosItems;
    const std::string osWavelengths = FormatBandList(sInfo, &emit_band::wavelength_nm);
    if (osWavelengths.empty() || !(sInfo.has_geotransform || EMIT_GDAL_NETCDF_DIMENSION_OF_SWATH))
        return aosItems;
    aosItems.SetNameValue("NETCDF_DIM_EXTRA", "{wavelengths}");
    aosItems.SetNameValue("NETCDF_DIM_wavelengths_DEF",
                          CPLSPrintf("{%d,%d}", static_cast<int>(sInfo.band_count), NC_TYPE_FLOAT));
    aosItems.SetNameValue("NETCDF_DIM_wavelengths_VALUES", osWavelengths.c_str());
    return aosItems;
}

void EMITAddNetCDFAttributes(const struct emit_view_info &sInfo, CPLStringList &aosItems)
{
    const struct emit_variable *psVariable = EMITFindVariable(sInfo, sInfo.variable);
    if (psVariable != nullptr)
        AddUnlessEmpty(aosItems, (std::string(psVariable->name) + "#long_name").c_str(),
                       psVariable->description);
    if (FormatBandList(sInfo, &emit_band::wavelength_nm).empty())
        return;
    aosItems.SetNameValue("wavelengths#standard_name", "radiation_wavelength");
    aosItems.SetNameValue("wavelengths#units", "nm");
    AddUnlessEmpty(aosItems, "wavelengths#fwhm", FormatBandList(sInfo, &emit_band::fwhm_nm));
    AddUnlessEmpty(aosItems, "wavelengths#good_wavelengths", FormatGood(sInfo));
}

void EMITAddNetCDFBandItems(const struct emit_view_info &sInfo, const struct emit_band &sBand,
                            CPLStringList &aosItems)
{
    aosItems.SetNameValue("NETCDF_VARNAME", sInfo.variable);
    AddUnlessEmpty(aosItems, "units", sBand.units);
    if (std::isnan(sBand.wavelength_nm))
        AddUnlessEmpty(aosItems, "long_name", sBand.description);
}
