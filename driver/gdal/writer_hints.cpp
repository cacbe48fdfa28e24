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
template <class GetNumber>
static std::string FormatBandList(const struct emit_view_info &sInfo, GetNumber getNumber)
{
    std::string osList;
    for (size_t i = 0; i < sInfo.band_count; ++i)
    {
        const double dfNumber = getNumber(sInfo.bands[i]);
        if (std::isnan(dfNumber))
            return std::string();
        osList += (i == 0 ? "{" : ", ") + EMITFormatNumber(dfNumber);
    }
    return osList.empty() ? osList : osList + "}";
}

static double GetWavelength(const struct emit_band &sBand)
{
    return sBand.wavelength_nm;
}

static double GetFWHM(const struct emit_band &sBand)
{
    return sBand.fwhm_nm;
}

static double GetGood(const struct emit_band &sBand)
{
    return sBand.good < 0 ? std::nan("") : sBand.good;
}

static void AddUnlessEmpty(CPLStringList &aosItems, const char *pszKey, const std::string &osValue)
{
    if (!osValue.empty())
        aosItems.SetNameValue(pszKey, osValue.c_str());
}

CPLStringList EMITGetENVIItems(const struct emit_view_info &sInfo)
{
    CPLStringList aosItems;
    AddUnlessEmpty(aosItems, "wavelength", FormatBandList(sInfo, GetWavelength));
    if (aosItems.empty())
        return aosItems;
    aosItems.SetNameValue("wavelength_units", "Nanometers");
    AddUnlessEmpty(aosItems, "fwhm", FormatBandList(sInfo, GetFWHM));
    AddUnlessEmpty(aosItems, "bbl", FormatBandList(sInfo, GetGood));
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
    const std::string osWavelengths = FormatBandList(sInfo, GetWavelength);
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
    if (FormatBandList(sInfo, GetWavelength).empty())
        return;
    aosItems.SetNameValue("wavelengths#standard_name", "radiation_wavelength");
    aosItems.SetNameValue("wavelengths#units", "nm");
    AddUnlessEmpty(aosItems, "wavelengths#fwhm", FormatBandList(sInfo, GetFWHM));
    AddUnlessEmpty(aosItems, "wavelengths#good_wavelengths", FormatBandList(sInfo, GetGood));
}

void EMITAddNetCDFBandItems(const struct emit_view_info &sInfo, const struct emit_band &sBand,
                            CPLStringList &aosItems)
{
    aosItems.SetNameValue("NETCDF_VARNAME", sInfo.variable);
    AddUnlessEmpty(aosItems, "units", sBand.units);
    if (std::isnan(sBand.wavelength_nm))
        AddUnlessEmpty(aosItems, "long_name", sBand.description);
}
