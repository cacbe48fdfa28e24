// SPDX-License-Identifier: MIT
#pragma once

#include "compat.h"

#include "dataset_pam.h"
#include "emit.h"

#include <memory>

// One view of a granule as a GDAL dataset.
class EMITDataset final : public EMITPamDataset
{
  public:
    ~EMITDataset() override;
#if EMIT_GDAL_CLOSE
    CPLErr Close(EMIT_CLOSE_PARAMETERS) override;
#endif

    // GDALDriver::pfnOpen.
    static GDALDataset *Open(GDALOpenInfo *poOpenInfo);

#if EMIT_GDAL_GEOTRANSFORM_OBJECT
    CPLErr GetGeoTransform(GDALGeoTransform &oGeoTransform) const override;
#else
    CPLErr GetGeoTransform(double *padfGeoTransform) override;
#endif
    const OGRSpatialReference *GetSpatialRef() const override;
    char **GetFileList() override;

    CPLErr AdviseRead(int nXOff, int nYOff, int nXSize, int nYSize, int nBufXSize, int nBufYSize,
                      GDALDataType eType, int nBandCount, int *panBandList,
                      EMITStringList papszOptions) override;

  protected:
    CPLErr IRasterIO(GDALRWFlag eRWFlag, int nXOff, int nYOff, int nXSize, int nYSize, void *pData,
                     int nBufXSize, int nBufYSize, GDALDataType eBufType, int nBandCount,
                     int *panBandMap, GSpacing nPixelSpace, GSpacing nLineSpace,
                     GSpacing nBandSpace, GDALRasterIOExtraArg *psExtraArg) override;
    void OverviewsChanged() override;

  private:
    using ViewPtr = std::unique_ptr<struct emit_view, void (*)(struct emit_view *)>;

    EMITDataset(const GDALOpenInfo &oOpenInfo, ViewPtr psView, CSLConstList papszOptions);
    CPL_DISALLOW_COPY_ASSIGN(EMITDataset)

    static GDALDataset *OpenView(const GDALOpenInfo *poOpenInfo);

    void AddBands();
    bool IsSafeForThreads();
    void DeclareThreadSafety();

    ViewPtr m_psView;
    OGRSpatialReference m_oSRS{};
};
