// SPDX-License-Identifier: MIT
#include "compat.h"

#include "identify.h"

#include "emit.h"
#include "names.h"

#include <cctype>
#include <cstring>

static const char *GetMask(const GDALOpenInfo *poOpenInfo)
{
    return emit_options_mask(EMITSpellOut(poOpenInfo->papszOpenOptions).List());
}

bool EMITIsMeant(const GDALOpenInfo *poOpenInfo)
{
    return emit_name_has_prefix(poOpenInfo->pszFilename) || EMITIsOnlyAllowedDriver(poOpenInfo) ||
           emit_filename_classify(poOpenInfo->pszFilename) == EMIT_FILENAME_GRANULE ||
           GetMask(poOpenInfo) != nullptr;
}

bool EMITIsOnlyAllowedDriver(const GDALOpenInfo *poOpenInfo)
{
    const char *const *papszDrivers = poOpenInfo->papszAllowedDrivers;
    return papszDrivers != nullptr && papszDrivers[0] != nullptr && papszDrivers[1] == nullptr &&
           EQUAL(papszDrivers[0], "EMIT");
}

static bool HasHDF5Signature(const GDALOpenInfo *poOpenInfo)
{
    static const GByte abySignature[] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    return poOpenInfo->nHeaderBytes >= static_cast<int>(sizeof(abySignature)) &&
           memcmp(poOpenInfo->pabyHeader, abySignature, sizeof(abySignature)) == 0;
}

// A server that requires a login sends a web page instead of a file, and one that does not support
// ranges fails after the header. Opening reports that; declining would report "not supported".
static bool IsWithheld(const GDALOpenInfo *poOpenInfo)
{
    if (!poOpenInfo->bStatOK || VSIIsLocal(poOpenInfo->pszFilename))
        return false;
    int i = 0;
    while (i < poOpenInfo->nHeaderBytes && isspace(poOpenInfo->pabyHeader[i]))
        ++i;
    return i == poOpenInfo->nHeaderBytes || poOpenInfo->pabyHeader[i] == '<';
}

static bool AsksForRaster(const GDALOpenInfo *poOpenInfo)
{
    const int nKinds = poOpenInfo->nOpenFlags & GDAL_OF_KIND_MASK;
    return nKinds == 0 || (nKinds & GDAL_OF_RASTER) != 0;
}

int EMITIdentify(GDALOpenInfo *poOpenInfo)
{
    constexpr int UNKNOWN = -1;

    if (!AsksForRaster(poOpenInfo))
        return FALSE;
    if (emit_name_has_prefix(poOpenInfo->pszFilename))
        return TRUE;
    const bool bHDF5 = HasHDF5Signature(poOpenInfo);
    if (GetMask(poOpenInfo) != nullptr &&
        (bHDF5 || (poOpenInfo->nHeaderBytes > 0 && emit_file_is_hdf5(poOpenInfo->pszFilename))))
        return TRUE;
    const enum emit_filename eName = emit_filename_classify(poOpenInfo->pszFilename);
    if (!bHDF5)
        return eName == EMIT_FILENAME_GRANULE && IsWithheld(poOpenInfo) ? UNKNOWN : FALSE;
    if (eName == EMIT_FILENAME_GRANULE)
        return TRUE;
    return eName == EMIT_FILENAME_MENTIONS || EMITIsOnlyAllowedDriver(poOpenInfo) ? UNKNOWN : FALSE;
}
