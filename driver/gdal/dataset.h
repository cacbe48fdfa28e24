// SPDX-License-Identifier: MIT
#ifndef EMIT_GDAL_DATASET_H
#define EMIT_GDAL_DATASET_H

#include "compat.h"

#include "band.h"
#include "emit.h"
#include "grid_level.h"
#include "metadata_store.h"

#include <memory>
#include <string>
#include <vector>

struct EMITViewCloser
{
    void operator()(struct emit_view *psView) const
    {
        emit_view_close(psView);
    }
};

// One view of a granule as a GDAL dataset.
class EMITDataset final : public EMITWithMetadata<GDALPamDataset>
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

    const char *GetMetadataItem(const char *pszName, const char *pszDomain = "") override;
    CPLErr AdviseRead(int nXOff, int nYOff, int nXSize, int nYSize, int nBufXSize, int nBufYSize,
                      GDALDataType eType, int nBandCount, int *panBandList,
                      EMITStringList papszOptions) override;

  protected:
    CPLErr IRasterIO(GDALRWFlag eRWFlag, int nXOff, int nYOff, int nXSize, int nYSize, void *pData,
                     int nBufXSize, int nBufYSize, GDALDataType eBufType, int nBandCount,
                     int *panBandMap, GSpacing nPixelSpace, GSpacing nLineSpace,
                     GSpacing nBandSpace, GDALRasterIOExtraArg *psExtraArg) override;
    CPLErr IBuildOverviews(const char *pszResampling, int nOverviews, const int *panOverviewList,
                           int nListBands, const int *panBandList, GDALProgressFunc pfnProgress,
                           void *pProgressData, CSLConstList papszOptions) override;
    CPLErr TrySaveXML() override;

  private:
    using ViewPtr = std::unique_ptr<struct emit_view, EMITViewCloser>;

    EMITDataset(const GDALOpenInfo &oOpenInfo, ViewPtr psView, CSLConstList papszOptions);
    CPL_DISALLOW_COPY_ASSIGN(EMITDataset)

    static GDALDataset *OpenView(const GDALOpenInfo *poOpenInfo);

    const struct emit_view_info &GetInfo() const
    {
        return *emit_view_describe(m_psView.get());
    }
    void AddBands();
    bool HasOverviewFile();
    const char *GetOverviewObstacle(CSLConstList papszOptions) const;
    std::string GetOverviewFileStem() const;
    std::string GetUnfinishedStem() const;
    void FindOverviewFile();
    void CopyOverviewFile(const std::string &osCopy);
    void FinishOverviewFile(const std::string &osUnfinished, bool bComplete);
    void ForgetOverviewFile();
    void LoadPam();
    void LoadStored(CPLStringList &aosSiblings);
    CPLErr SaveElsewhere();
    void SaveOrDelete();
    void DeleteOnClose();
    bool IsSafeForThreads();
    void DeclareThreadSafety();

    ViewPtr m_psView;
    EMITOverviewList m_aoOverviews{}; // empty while GDAL builds others
    std::string m_osOverviewFile{};   // empty if there is none, or if it was not found by its name
    CPLXMLTreeCloser m_oSavedPart{nullptr}; // last content of the .aux.xml file
    OGRSpatialReference m_oSRS{};
};

#endif
