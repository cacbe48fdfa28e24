// SPDX-License-Identifier: MIT
// One function for each metadata domain, then the two that set all domains of a dataset and of a
// band.
#include "compat.h"

#include "metadata.h"

#include "errors.h"
#include "names.h"
#include "writer_hints.h"

#include <cmath>
#include <cstdio>
#include <string>
#include <utility>

static std::string FormatShape(const struct emit_variable &sVariable)
{
    std::string osShape =
        std::to_string(sVariable.downtrack) + "x" + std::to_string(sVariable.crosstrack);
    if (sVariable.bands > 1)
        osShape += "x" + std::to_string(sVariable.bands);
    return "[" + osShape + "]";
}

static std::string FormatVariable(const struct emit_variable &sVariable, const char *pszText)
{
    return FormatShape(sVariable) + " " + pszText + " (" + emit_type_name(sVariable.type) + ")";
}

// <prefix>1_NAME=..., <prefix>1_DESC=..., and so on.
static void AddNameAndDescription(CPLStringList &aosItems, const char *pszPrefix,
                                  const std::string &osName, const std::string &osDescription)
{
    const std::string osKey = pszPrefix + std::to_string(aosItems.size() / 2 + 1);
    aosItems.SetNameValue((osKey + "_NAME").c_str(), osName.c_str());
    aosItems.SetNameValue((osKey + "_DESC").c_str(), osDescription.c_str());
}

static CPLStringList GetVariableItems(const struct emit_view_info &sInfo)
{
    CPLStringList aosItems;
    for (size_t i = 0; i < sInfo.variable_count; ++i)
    {
        const struct emit_variable &sVariable = sInfo.variables[i];
        const char *pszText =
            sVariable.description[0] == '\0' ? sVariable.name : sVariable.description;
        AddNameAndDescription(aosItems, "VARIABLE_", sVariable.name,
                              FormatVariable(sVariable, pszText));
    }
    return aosItems;
}

static CPLStringList GetSubdatasetItems(const struct emit_view_info &sInfo,
                                        CSLConstList papszOptions)
{
    CPLStringList aosItems;
    for (size_t i = 0; sInfo.variable == nullptr && i < sInfo.variable_count; ++i)
    {
        const struct emit_variable &sVariable = sInfo.variables[i];
        AddNameAndDescription(aosItems, "SUBDATASET_",
                              EMITFormatName(sInfo.path, sVariable.name, papszOptions),
                              FormatVariable(sVariable, sVariable.name));
    }
    return aosItems;
}

static CPLStringList GetDefaultItems(const struct emit_view_info &sInfo,
                                     const CPLStringList &aosENVI)
{
    CPLStringList aosItems;
    for (size_t i = 0; i < sInfo.attribute_count; ++i)
        aosItems.SetNameValue(sInfo.attributes[i].key, sInfo.attributes[i].value);
    for (size_t i = 0; i < sInfo.applied_count; ++i)
        aosItems.SetNameValue(sInfo.applied[i].key, sInfo.applied[i].value);
    if (sInfo.ortho)
        aosItems.SetNameValue(GDALMD_AREA_OR_POINT, GDALMD_AOP_AREA);
    EMITAddNetCDFAttributes(sInfo, aosENVI, aosItems);
    return aosItems;
}

// Converts "2022-08-27T06:07:53+0000" to the form of GDAL's IMAGERY domain, which is in UTC; empty
// for anything else.
static std::string FormatAcquisitionTime(const char *pszTime)
{
    int nYear = 0, nMonth = 0, nDay = 0, nHour = 0, nMinute = 0, nSecond = 0, nLength = 0;
    if (sscanf(pszTime, "%4d-%2d-%2dT%2d:%2d:%2d%n", &nYear, &nMonth, &nDay, &nHour, &nMinute,
               &nSecond, &nLength) != 6)
        return std::string();
    const char *pszZone = pszTime + nLength;
    if (!EQUAL(pszZone, "+0000") && !EQUAL(pszZone, "Z") && pszZone[0] != '\0')
        return std::string();
    return CPLSPrintf("%04d-%02d-%02d %02d:%02d:%02d", nYear, nMonth, nDay, nHour, nMinute,
                      nSecond);
}

// From the attributes among the items of the default domain.
static CPLStringList GetImageryItems(const CPLStringList &aosDefault)
{
    CPLStringList aosItems;
    const std::string osTime =
        FormatAcquisitionTime(aosDefault.FetchNameValueDef("time_coverage_start", ""));
    if (!osTime.empty())
        aosItems.SetNameValue("ACQUISITIONDATETIME", osTime.c_str());
    const std::string osSatellite = aosDefault.FetchNameValueDef("platform", "ISS") +
                                    std::string("/") +
                                    aosDefault.FetchNameValueDef("instrument", "EMIT");
    aosItems.SetNameValue("SATELLITEID", osSatellite.c_str());
    return aosItems;
}

static std::string FormatGeolocationSRS(const struct emit_view_info &sInfo)
{
    const OGRSpatialReference oSRS = EMITGetSpatialRef(sInfo);
    char *pszWKT = nullptr;
    const bool bKnown = !oSRS.IsEmpty() && oSRS.exportToWkt(&pszWKT) == OGRERR_NONE;
    std::string osWKT = bKnown ? pszWKT : SRS_WKT_WGS84_LAT_LONG;
    CPLFree(pszWKT);
    return osWKT;
}

// The dataset of lon or lat. GDAL's geolocation does not unpack values, so a VRT unpacks them.
static std::string GetGeolocationArray(const struct emit_view_info &sInfo, const char *pszVariable)
{
    static const char *const apszRaw[] = {"ORTHO=NO", nullptr};

    std::string osName = EMITFormatName(sInfo.path, pszVariable, apszRaw);
    const struct emit_variable *psVariable = EMITFindVariable(sInfo, pszVariable);
    if (psVariable == nullptr || !psVariable->scaled)
        return osName;
    char szOffset[EMIT_NUMBER_SIZE], szScale[EMIT_NUMBER_SIZE];
    emit_number_format(EMIT_FLOAT64, &psVariable->offset, szOffset);
    emit_number_format(EMIT_FLOAT64, &psVariable->scale, szScale);
    char *pszEscaped = CPLEscapeString(osName.c_str(), -1, CPLES_XML);
    const std::string osSource = pszEscaped;
    CPLFree(pszEscaped);
    return "<VRTDataset rasterXSize=\"" + std::to_string(psVariable->crosstrack) +
           "\" rasterYSize=\"" + std::to_string(psVariable->downtrack) +
           "\"><VRTRasterBand dataType=\"Float64\" band=\"1\"><NoDataValue>-9999</NoDataValue>"
           "<ComplexSource><SourceFilename>" +
           osSource + "</SourceFilename><SourceBand>1</SourceBand><ScaleOffset>" + szOffset +
           "</ScaleOffset><ScaleRatio>" + szScale +
           "</ScaleRatio><UseMaskBand>true</UseMaskBand></ComplexSource></VRTRasterBand>"
           "</VRTDataset>";
}

static CPLStringList GetGeolocationItems(const struct emit_view_info &sInfo)
{
    CPLStringList aosItems;
    if (sInfo.ortho || !sInfo.has_geolocation)
        return aosItems;
    aosItems.SetNameValue("SRS", FormatGeolocationSRS(sInfo).c_str());
    aosItems.SetNameValue("X_DATASET", GetGeolocationArray(sInfo, "lon").c_str());
    aosItems.SetNameValue("X_BAND", "1");
    aosItems.SetNameValue("Y_DATASET", GetGeolocationArray(sInfo, "lat").c_str());
    aosItems.SetNameValue("Y_BAND", "1");
    aosItems.SetNameValue("PIXEL_OFFSET", "0");
    aosItems.SetNameValue("LINE_OFFSET", "0");
    aosItems.SetNameValue("PIXEL_STEP", "1");
    aosItems.SetNameValue("LINE_STEP", "1");
    aosItems.SetNameValue("GEOREFERENCING_CONVENTION", "PIXEL_CENTER");
    return aosItems;
}

static void SetDefaultDomain(const struct emit_view_info &sInfo, CPLStringList aosItems,
                             const CPLStringList &aosENVI, EMITMetadata &oMetadata)
{
    CPLStringList aosDimension = EMITGetNetCDFDimension(sInfo, aosENVI);
    if (EMITShowsAllBands(sInfo))
        aosItems = CPLStringList(CSLMerge(aosItems.StealList(), aosDimension.List()));
    else
        oMetadata.SetUnlisted(std::move(aosDimension));
    oMetadata.SetDomain("", std::move(aosItems));
}

void EMITDescribeDataset(const struct emit_view_info &sInfo, CSLConstList papszOptions,
                         EMITMetadata &oMetadata)
{
    const CPLStringList aosENVI = EMITGetENVIItems(sInfo);
    const CPLStringList aosDefault = GetDefaultItems(sInfo, aosENVI);
    SetDefaultDomain(sInfo, aosDefault, aosENVI, oMetadata);
    if (sInfo.band_count > 1) // makes writers read all bands of a strip together
        oMetadata.SetDomain("IMAGE_STRUCTURE", CPLStringList().SetNameValue("INTERLEAVE", "PIXEL"));
    oMetadata.SetDomain("IMAGERY", GetImageryItems(aosDefault));
    oMetadata.SetDomain("ENVI", aosENVI);
    oMetadata.SetDomain("GEOLOCATION", GetGeolocationItems(sInfo));
    oMetadata.SetDomain("SUBDATASETS", GetSubdatasetItems(sInfo, papszOptions));
    oMetadata.SetDomain("EMIT_VARIABLES", GetVariableItems(sInfo));
}

void EMITDescribeBand(const struct emit_view_info &sInfo, const struct emit_band &sBand,
                      EMITMetadata &oMetadata)
{
    constexpr int NM_TO_UM = -3;

    CPLStringList aosItems;
    CPLStringList aosImagery;
    if (!std::isnan(sBand.wavelength_nm))
    {
        aosItems.SetNameValue("wavelength", EMITFormatNumber(sBand.wavelength_nm).c_str());
        aosItems.SetNameValue("wavelength_units", "Nanometers");
        aosImagery.SetNameValue("CENTRAL_WAVELENGTH_UM",
                                EMITFormatNumber(sBand.wavelength_nm, NM_TO_UM).c_str());
    }
    if (!std::isnan(sBand.fwhm_nm))
    {
        aosItems.SetNameValue("fwhm", EMITFormatNumber(sBand.fwhm_nm).c_str());
        aosImagery.SetNameValue("FWHM_UM", EMITFormatNumber(sBand.fwhm_nm, NM_TO_UM).c_str());
    }
    if (sBand.good >= 0)
        aosItems.SetNameValue("bbl", sBand.good != 0 ? "1" : "0");
    aosItems.SetNameValue("EMIT_BAND", std::to_string(sBand.file_band).c_str());
    EMITAddNetCDFBandItems(sInfo, sBand, aosItems);
    oMetadata.SetDomain("", aosItems);
    oMetadata.SetDomain("IMAGERY", aosImagery);
}

OGRSpatialReference EMITGetSpatialRef(const struct emit_view_info &sInfo)
{
    OGRSpatialReference oSRS;
    oSRS.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
    if (sInfo.spatial_ref[0] == '\0')
        return oSRS;

    OGRErr eErr;
    {
        CPLErrorHandlerPusher oQuiet(CPLQuietErrorHandler);
        CPLErrorStateBackuper oBackuper;
        eErr = oSRS.SetFromUserInput(sInfo.spatial_ref,
                                     OGRSpatialReference::SET_FROM_USER_INPUT_LIMITATIONS_get());
    }
    if (eErr != OGRERR_NONE)
    {
        oSRS.Clear();
        EMITError(CE_Warning, CPLE_AppDefined, "%s: spatial_ref is not understood: %s", sInfo.path,
                  sInfo.spatial_ref);
    }
    return oSRS;
}
