// SPDX-License-Identifier: MIT
#pragma once

#include "compat.h"

#include "emit.h"
#include "grid_level.h"
#include "metadata_store.h"

#include <atomic>
#include <memory>
#include <mutex>

struct EMITRequest;

// A band of a view at one level of detail: common base of the full band and its overviews. The
// driver's own properties are returned by the getters below and never reach PAM, which stores only
// what the user sets: see EMITMetadata.
class EMITBandBase : public EMITWithMetadata<GDALPamRasterBand>
{
  public:
    const EMITMetadata &GetDriverMetadata() const
    {
        return m_oMetadata;
    }

    const char *GetDescription() const override;
    double GetNoDataValue(int *pbSuccess = nullptr) override;
    int64_t GetNoDataValueAsInt64(int *pbSuccess = nullptr) override;
    uint64_t GetNoDataValueAsUInt64(int *pbSuccess = nullptr) override;
    double GetScale(int *pbSuccess = nullptr) override;
    double GetOffset(int *pbSuccess = nullptr) override;
    int GetMaskFlags() override;
    GDALRasterBand *GetMaskBand() override;
    const char *GetUnitType() override;
    GDALColorInterp GetColorInterpretation() override;

    CPLErr AdviseRead(int nXOff, int nYOff, int nXSize, int nYSize, int nBufXSize, int nBufYSize,
                      GDALDataType eType, EMITStringList papszOptions) override;

#if EMIT_GDAL_NATIVE_THREAD_SAFETY
    GDALRasterBlock *GetLockedBlockRef(int nXBlockOff, int nYBlockOff,
                                       int bJustInitialize = FALSE) override;
    GDALRasterBlock *TryGetLockedBlockRef(int nXBlockOff, int nYBlockOff) override;
    CPLErr FlushBlock(int nXBlockOff, int nYBlockOff, int bWriteDirtyBlock = TRUE) override;
#endif

  protected:
    EMITBandBase(GDALDataset *poDSIn, int nBandIn, struct emit_view *psView,
                 const EMITGridLevel &oLevel, const EMITMetadata &oMetadata);

    CPLErr IReadBlock(int nBlockXOff, int nBlockYOff, void *pImage) override;
    CPLErr IRasterIO(GDALRWFlag eRWFlag, int nXOff, int nYOff, int nXSize, int nYSize, void *pData,
                     int nBufXSize, int nBufYSize, GDALDataType eBufType, GSpacing nPixelSpace,
                     GSpacing nLineSpace, GDALRasterIOExtraArg *psExtraArg) override;

    int IGetDataCoverageStatus(int nXOff, int nYOff, int nXSize, int nYSize, int nMaskFlagStop,
                               double *pdfDataPct) override;

    const struct emit_view_info &GetInfo() const;

  private:
    CPL_DISALLOW_COPY_ASSIGN(EMITBandBase)

    const struct emit_band &GetBandInfo() const;
    bool IsFewLines(const EMITRequest &oRequest) const;

    struct emit_view *m_psView; // owned by the dataset
    EMITGridLevel m_oLevel;
    std::unique_ptr<GDALRasterBand> m_poNoDataMask{};
#if EMIT_GDAL_NATIVE_THREAD_SAFETY
    GDALRasterBlock *ReadToCache(int nXBlockOff, int nYBlockOff);
    std::unique_lock<std::recursive_mutex> LockBlocks();

    // GDAL's list of a band's cached blocks has no lock. Recursive, because its methods call each
    // other.
    std::unique_ptr<std::recursive_mutex> m_poBlockMutex = std::make_unique<std::recursive_mutex>();
    std::atomic<unsigned> m_nBlockProcess{emit_process()}; // process that created the mutex
#endif
};
