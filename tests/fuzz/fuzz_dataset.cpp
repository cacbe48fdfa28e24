// SPDX-License-Identifier: MIT
// The driver as GDAL sees it: a dataset name, and a granule under every name that it may have. The
// input is the name up to the first newline, where %P stands for the file's path, then the file.
#include "fuzz.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <cpl_vsi.h>
#include <gdal_priv.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

extern "C" void GDALRegister_EMIT(void);

static const char *const PATH = "/vsimem/fuzz/EMIT_L2B_MIN_001_20240315T101112_2407507_004.nc";

static void ReadBand(GDALRasterBand *poBand)
{
    const int nWidth = std::min(40, poBand->GetXSize());
    const int nHeight = std::min(30, poBand->GetYSize());
    std::vector<double> adfValues(static_cast<size_t>(nWidth * nHeight));
    CPL_IGNORE_RET_VAL(poBand->RasterIO(GF_Read, 0, 0, poBand->GetXSize(), poBand->GetYSize(),
                                        adfValues.data(), nWidth, nHeight, GDT_Float64, 0, 0,
                                        nullptr));
    int bHasNoData = FALSE;
    poBand->GetNoDataValue(&bHasNoData);
    poBand->GetDefaultRAT();
    poBand->GetCategoryNames();
    poBand->GetColorInterpretation();
    poBand->GetMaskFlags();
    poBand->GetMetadata();
    poBand->GetMetadata("IMAGERY");
}

static void ReadDataset(GDALDataset *poDataset)
{
    double adfGeoTransform[6];
    poDataset->GetGeoTransform(adfGeoTransform);
    poDataset->GetSpatialRef();
    CSLDestroy(poDataset->GetFileList());
    char **papszDomains = poDataset->GetMetadataDomainList();
    for (char **papszDomain = papszDomains; papszDomain != nullptr && *papszDomain != nullptr;
         ++papszDomain)
        poDataset->GetMetadata(*papszDomain);
    CSLDestroy(papszDomains);
    const int nBands = poDataset->GetRasterCount();
    for (int iBand = 1; iBand <= nBands; iBand += std::max(1, nBands / 3))
        ReadBand(poDataset->GetRasterBand(iBand));
}

static std::string Expand(const std::string &osName)
{
    std::string osExpanded = osName;
    const size_t nAt = osExpanded.find("%P");
    if (nAt != std::string::npos)
        osExpanded.replace(nAt, 2, PATH);
    return osExpanded;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const bool bReady = []
    {
        GDALRegister_EMIT();
        CPLSetErrorHandler(CPLQuietErrorHandler);
        return true;
    }();
    const uint8_t *pabyEnd = std::find(data, data + size, '\n');
    if (!bReady || pabyEnd == data + size)
        return 0;
    const std::string osName = Expand(std::string(data, pabyEnd));
    if (osName.find(PATH) == std::string::npos) // no file but the one in memory
        return 0;
    std::vector<GByte> abyFile(pabyEnd + 1, data + size);
    abyFile.reserve(1);
    VSIFCloseL(VSIFileFromMemBuffer(PATH, abyFile.data(), abyFile.size(), FALSE));
    const char *const apszDrivers[] = {"EMIT", nullptr};
    std::unique_ptr<GDALDataset> poDataset(
        GDALDataset::Open(osName.c_str(), GDAL_OF_RASTER, apszDrivers));
    if (poDataset != nullptr)
        ReadDataset(poDataset.get());
    poDataset.reset();
    VSIUnlink(PATH);
    return 0;
}
