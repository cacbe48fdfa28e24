// SPDX-License-Identifier: MIT
#ifndef EMIT_GDAL_BAND_H
#define EMIT_GDAL_BAND_H

#include "compat.h"

#include "emit.h"
#include "metadata.h"

#include <memory>
#include <mutex>
#include <string>

class EMITDataset;
struct EMITRequest;

// One band of a view. What the driver knows of it comes from the getters below and never reaches
// PAM, which keeps only what the user sets: see EMITMetadata.
class EMITRasterBand final : public GDALPamRasterBand
{
  public:
    EMITRasterBand(EMITDataset *poDSIn, int nBandIn);
    ~EMITRasterBand() override;

    const char *GetDescription() const override;
    double GetNoDataValue(int *pbSuccess = nullptr) override;
    int64_t GetNoDataValueAsInt64(int *pbSuccess = nullptr) override;
    uint64_t GetNoDataValueAsUInt64(int *pbSuccess = nullptr) override;
    const char *GetUnitType() override;
    GDALColorInterp GetColorInterpretation() override;
    char **GetCategoryNames() override;
    GDALRasterAttributeTable *GetDefaultRAT() override;

    char **GetMetadataDomainList() override;
    EMITStringList GetMetadata(const char *pszDomain = "") override;
    const char *GetMetadataItem(const char *pszName, const char *pszDomain = "") override;
    CPLErr SetMetadata(EMITStringList papszMetadata, const char *pszDomain = "") override;

#if EMIT_GDAL_NATIVE_THREAD_SAFETY
    GDALRasterBlock *GetLockedBlockRef(int nXBlockOff, int nYBlockOff,
                                       int bJustInitialize = FALSE) override;
    GDALRasterBlock *TryGetLockedBlockRef(int nXBlockOff, int nYBlockOff) override;
    CPLErr FlushBlock(int nXBlockOff, int nYBlockOff, int bWriteDirtyBlock = TRUE) override;
#endif

  protected:
    CPLErr IReadBlock(int nBlockXOff, int nBlockYOff, void *pImage) override;
    CPLErr IRasterIO(GDALRWFlag eRWFlag, int nXOff, int nYOff, int nXSize, int nYSize, void *pData,
                     int nBufXSize, int nBufYSize, GDALDataType eBufType, GSpacing nPixelSpace,
                     GSpacing nLineSpace, GDALRasterIOExtraArg *psExtraArg) override;
    CPLXMLNode *SerializeToXML(const char *pszUnused) override;

  private:
    CPL_DISALLOW_COPY_ASSIGN(EMITRasterBand)

    struct emit_view *GetView() const;
    const struct emit_view_info &GetInfo() const;
    const struct emit_band &GetBandInfo() const;
    bool IsFewLines(const EMITRequest &oRequest) const;

    EMITMetadata m_oMetadata{};
    CPLStringList m_aosCategoryNames{};
    std::unique_ptr<GDALRasterAttributeTable> m_poTable{};
#if EMIT_GDAL_NATIVE_THREAD_SAFETY
    std::recursive_mutex m_oBlockMutex{}; // GDAL's list of a band's cached blocks has no lock
#endif
};

#endif
