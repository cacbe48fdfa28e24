// SPDX-License-Identifier: MIT
#include "compat.h"

#include "dataset.h"
#include "emit.h"
#include "granule_files.h"
#include "identify.h"
#include "register.h"
#include "subdataset_info.h"

static void SetDriverMetadata(GDALDriver *poDriver)
{
    poDriver->SetMetadataItem(GDAL_DMD_LONGNAME, "NASA EMIT imaging spectrometer granules");
    poDriver->SetMetadataItem(GDAL_DMD_HELPTOPIC, "drivers/raster/emit.html");
    poDriver->SetMetadataItem(GDAL_DMD_EXTENSION, "nc");
    poDriver->SetMetadataItem(GDAL_DMD_EXTENSIONS, "nc nc4 h5 hdf5");
    poDriver->SetMetadataItem(GDAL_DMD_CONNECTION_PREFIX, "EMIT:");
    poDriver->SetMetadataItem(GDAL_DMD_SUBDATASETS, "YES");
    poDriver->SetMetadataItem(GDAL_DMD_OPENOPTIONLIST, emit_option_list_xml());
    poDriver->SetMetadataItem(GDAL_DCAP_RASTER, "YES");
    poDriver->SetMetadataItem(GDAL_DCAP_OPEN, "YES");
    poDriver->SetMetadataItem(GDAL_DCAP_VIRTUALIO, "YES");
}

void GDALRegister_EMIT(void)
{
    // GDAL does not reject a driver name that exists, and a plugin of another version would crash.
    if (!GDALCheckVersion(GDAL_VERSION_MAJOR, GDAL_VERSION_MINOR, nullptr) ||
        GDALGetDriverByName("EMIT") != nullptr)
        return;

    auto poDriver = new GDALDriver();
    poDriver->SetDescription("EMIT");
    SetDriverMetadata(poDriver);
    poDriver->pfnIdentify = EMITIdentify;
    poDriver->pfnOpen = EMITDataset::Open;
    poDriver->pfnDelete = EMITDelete;
    poDriver->pfnRename = EMITRename;
    poDriver->pfnCopyFiles = EMITCopyFiles;
#if EMIT_GDAL_SUBDATASET_INFO
    poDriver->pfnGetSubdatasetInfoFunc = EMITGetSubdatasetInfo;
#endif
    GetGDALDriverManager()->RegisterDriver(poDriver);
    emit_cache_used(); // uses a lock, so that no fork() meets the first use (process_lock.h)
}
