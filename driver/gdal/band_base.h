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

#if EMIT_GDAL_NATIVE_THREAD_SAFETY
// A mutex that a child process finds unlocked, even if a thread of its parent held it during
// fork(). Recursive, because methods of GDALRasterBand call each other.
class EMITBandMutex final
{
  public:
    std::unique_lock<std::recursive_mutex> Lock();

  private:
    std::unique_ptr<std::recursive_mutex> m_poMutex = std::make_unique<std::recursive_mutex>();
    std::atomic<unsigned> m_nProcess{emit_process()}; // that created the mutex
};
#endif

// Why no mask band can be added to a view.
constexpr char EMIT_NO_MASK_BAND[] = "masks are chosen when the granule is opened (QUALITY_FLAGS "
                                     "and other open options); mask bands "
                                     "cannot be created";

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
    CPLErr SetNoDataValue(double dfNoData) override;
    CPLErr SetNoDataValueAsInt64(int64_t nNoData) override;
    CPLErr SetNoDataValueAsUInt64(uint64_t nNoData) override;
    CPLErr DeleteNoDataValue() override;
    double GetScale(int *pbSuccess = nullptr) override;
    double GetOffset(int *pbSuccess = nullptr) override;
    int GetMaskFlags() override;
    GDALRasterBand *GetMaskBand() override;
    CPLErr CreateMaskBand(int nFlags) override;
    const char *GetUnitType() override;
    GDALColorInterp GetColorInterpretation() override;

    CPLErr AdviseRead(int nXOff, int nYOff, int nXSize, int nYSize, int nBufXSize, int nBufYSize,
                      GDALDataType eType, EMITStringList papszOptions) override;

#if EMIT_GDAL_NATIVE_THREAD_SAFETY
    GDALRasterBlock *GetLockedBlockRef(int nXBlockOff, int nYBlockOff,
                                       int bJustInitialize = FALSE) override;
    GDALRasterBlock *TryGetLockedBlockRef(int nXBlockOff, int nYBlockOff) override;
    CPLErr FlushBlock(int nXBlockOff, int nYBlockOff, int bWriteDirtyBlock = TRUE) override;
    CPLErr InterpolateAtPoint(double dfPixel, double dfLine, GDALRIOResampleAlg eInterpolation,
                              double *pdfRealValue, double *pdfImagValue = nullptr) const override;
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

    // GDAL's lists of a band's cached blocks and interpolated points have no lock.
    EMITBandMutex m_oBlockMutex{};
    mutable EMITBandMutex m_oPointMutex{};
#endif
};
