// SPDX-License-Identifier: MIT
// Opening comes first: a name that is worth it (identify.h) is taken apart, the core opens the
// view, and what GDAL cannot represent is refused; the dataset then describes itself, makes its
// bands and overviews, and loads what GDAL has stored. Properties, the list of files and reads of
// several bands follow; raster_io.h does the reading.
#include "compat.h"

#include "dataset.h"

#include "band.h"
#include "errors.h"
#include "identify.h"
#include "metadata.h"
#include "names.h"
#include "overview.h"
#include "raster_io.h"

#include <climits>
#include <cstring>
#include <utility>

// Raises an error for a view that GDAL cannot represent.
static bool CheckView(const struct emit_view_info &sInfo)
{
    if (sInfo.rows > INT_MAX || sInfo.columns > INT_MAX || sInfo.band_count > 65535 ||
        (sInfo.band_count > 0 && (sInfo.rows < 1 || sInfo.columns < 1)))
    {
        EMITError(CE_Failure, CPLE_NotSupported,
                  "%s: GDAL cannot hold a raster of " CPL_FRMT_GIB " rows, " CPL_FRMT_GIB
                  " columns and " CPL_FRMT_GUIB " bands",
                  sInfo.path, static_cast<GIntBig>(sInfo.rows), static_cast<GIntBig>(sInfo.columns),
                  static_cast<GUIntBig>(sInfo.band_count));
        return false;
    }
    if (sInfo.band_count > 0 && GDALGetDataTypeByName(emit_type_name(sInfo.type)) == GDT_Unknown)
    {
        EMITError(
            CE_Failure, CPLE_NotSupported,
            "%s: %s holds signed bytes, which this version of GDAL cannot (3.7 and later can)",
            sInfo.path, sInfo.variable);
        return false;
    }
    return true;
}

// Whether to report the error: a plain name of a file that is not a granule is left to other
// drivers, if they are allowed.
static bool MustReport(enum emit_status eStatus, const GDALOpenInfo *poOpenInfo)
{
    return eStatus != EMIT_NOT_A_GRANULE || emit_name_has_prefix(poOpenInfo->pszFilename) ||
           EMITIsOnlyAllowedDriver(poOpenInfo);
}

// Granules cannot be opened for update. Files whose names only mention EMIT are left to other
// drivers.
static bool IsUpdateOfOther(const GDALOpenInfo *poOpenInfo)
{
    return poOpenInfo->eAccess == GA_Update && !EMITIsMeant(poOpenInfo);
}

static bool RefuseUpdate(const GDALOpenInfo *poOpenInfo)
{
    if (poOpenInfo->eAccess != GA_Update)
        return false;
    EMITError(CE_Failure, CPLE_NotSupported,
              "%s: the EMIT driver is read-only: open it without update, or convert it with "
              "gdal_translate",
              poOpenInfo->pszFilename);
    return true;
}

// A limit on GDAL's memory applies to the driver, too: a quarter of it is for GDAL's block cache,
// see EMITRead(). GDAL_CACHEMAX=0 would have every run of pixels on a server requested by itself,
// as nothing could wait for its use.
static size_t GetCacheBudget()
{
    constexpr GIntBig LEAST_NBYTES = 16 << 20;
    const GIntBig nMax = GDALGetCacheMax64();
    return static_cast<size_t>(nMax > 0 ? nMax / 4 * 3 : LEAST_NBYTES);
}

static void LogView(const struct emit_view_info &sInfo)
{
    EMITDebug("%s: %s, " CPL_FRMT_GIB " rows x " CPL_FRMT_GIB " columns x " CPL_FRMT_GUIB
              " bands; threads: at most %d; cache: " CPL_FRMT_GIB " MB (3/4 of GDAL_CACHEMAX)",
              sInfo.path, sInfo.variable != nullptr ? sInfo.variable : "no main variable",
              static_cast<GIntBig>(sInfo.rows), static_cast<GIntBig>(sInfo.columns),
              static_cast<GUIntBig>(sInfo.band_count), sInfo.thread_count,
              static_cast<GIntBig>(GetCacheBudget() >> 20));
    for (size_t i = 0; i < sInfo.applied_count; ++i)
        EMITDebug("%s=%s", sInfo.applied[i].key, sInfo.applied[i].value);
}

GDALDataset *EMITDataset::Open(GDALOpenInfo *poOpenInfo)
{
    // GDAL 3.6 calls Open() regardless of Identify().
    if (EMITIdentify(poOpenInfo) == FALSE || IsUpdateOfOther(poOpenInfo))
        return nullptr;
    return EMITGuard<GDALDataset *>(nullptr, [&]() { return OpenView(poOpenInfo); });
}

GDALDataset *EMITDataset::OpenView(const GDALOpenInfo *poOpenInfo)
{
    EMITName oName;
    if (!oName.Parse(poOpenInfo->pszFilename))
        return nullptr;
    const CPLStringList aosOptions = oName.MergeOptions(poOpenInfo->papszOpenOptions);

    emit_cache_set_budget(GetCacheBudget());

    struct emit_view *psView = nullptr;
    struct emit_error sError = {};
    const enum emit_status eStatus =
        emit_view_open(oName.Get().path, oName.Get().variable, aosOptions.List(), &psView, &sError);
    ViewPtr psOwnedView(psView, emit_view_close);
    if (eStatus != EMIT_OK)
    {
        if (MustReport(eStatus, poOpenInfo))
            EMITReportError(eStatus, sError);
        else
            EMITDebug("%s", sError.message);
        return nullptr;
    }
    if (RefuseUpdate(poOpenInfo) || !CheckView(*emit_view_describe(psView)))
        return nullptr;
    LogView(*emit_view_describe(psView));
    return new EMITDataset(*poOpenInfo, std::move(psOwnedView), aosOptions.List());
}

EMITDataset::EMITDataset(const GDALOpenInfo &oOpenInfo, ViewPtr psView, CSLConstList papszOptions)
    : EMITPamDataset(*emit_view_describe(psView.get())), m_psView(std::move(psView))
{
    SetDescription(oOpenInfo.pszFilename);
    nOpenFlags = oOpenInfo.nOpenFlags;
    if (m_sInfo.rows > 0 && m_sInfo.columns > 0)
    {
        nRasterXSize = static_cast<int>(m_sInfo.columns);
        nRasterYSize = static_cast<int>(m_sInfo.rows);
    }
    if (m_sInfo.ortho)
        EMITAssign(m_oSRS, EMITGetSpatialRef(m_sInfo));
    EMITDescribeDataset(m_sInfo, papszOptions, m_oMetadata);
    AddBands();
    if (m_sInfo.warning[0] != '\0')
        EMITError(CE_Warning, CPLE_AppDefined, "%s", m_sInfo.warning);
    LoadPam();
    DeclareThreadSafety();
}

void EMITDataset::AddBands()
{
    if (m_sInfo.band_count == 0)
        return;
    const EMITGridLevel oFull(m_sInfo, 1);
    for (int i = 1; i <= static_cast<int>(m_sInfo.band_count); ++i)
        SetBand(i, new EMITRasterBand(this, i, m_psView.get(), oFull, m_aoOverviews));
    // Made here and not when first asked for, since several threads may ask.
    for (const int nFactor : EMITGridLevel::GetOverviewFactors(m_sInfo))
        m_aoOverviews.push_back(
            std::make_unique<EMITOverviewDataset>(*this, m_psView.get(), nFactor));
}

EMITDataset::~EMITDataset()
{
    SaveOrDelete();
    m_aoOverviews.clear(); // they read from the view
}

#if EMIT_GDAL_CLOSE
CPLErr EMITDataset::Close(EMIT_CLOSE_PARAMETERS)
{
    SaveOrDelete();
    return GDALPamDataset::Close(EMIT_CLOSE_ARGUMENTS);
}
#endif

// True only if no unguarded part of GDAL is used: external overviews are datasets of another
// driver, and a coordinate system that the user has set has no lock. Otherwise GDAL opens one
// dataset a thread, as for other drivers.
bool EMITDataset::IsSafeForThreads()
{
    return nBands > 0 && !HasOverviewFile() && GDALPamDataset::GetSpatialRef() == nullptr;
}

// GDAL finds a shared dataset by its flags, so the flags must not change.
void EMITDataset::DeclareThreadSafety()
{
#if EMIT_GDAL_NATIVE_THREAD_SAFETY
    const bool bOnlyIfAsked = (nOpenFlags & GDAL_OF_SHARED) != 0;
    const bool bAsked = (nOpenFlags & GDAL_OF_THREAD_SAFE) != 0;
    nOpenFlags &= ~GDAL_OF_THREAD_SAFE;
    if (IsSafeForThreads() && (bAsked || !bOnlyIfAsked))
        nOpenFlags |= GDAL_OF_THREAD_SAFE;
#endif
}

void EMITDataset::OverviewsChanged()
{
    if ((nOpenFlags & GDAL_OF_SHARED) == 0)
        DeclareThreadSafety();
}

#if EMIT_GDAL_GEOTRANSFORM_OBJECT
CPLErr EMITDataset::GetGeoTransform(GDALGeoTransform &oGeoTransform) const
{
    const CPLErr eUserItem = GDALPamDataset::GetGeoTransform(oGeoTransform);
    if (eUserItem == CE_None || !m_sInfo.ortho)
        return eUserItem;
    oGeoTransform = GDALGeoTransform(m_sInfo.geotransform);
    return CE_None;
}
#else
CPLErr EMITDataset::GetGeoTransform(double *padfGeoTransform)
{
    const CPLErr eUserItem = GDALPamDataset::GetGeoTransform(padfGeoTransform);
    if (eUserItem == CE_None || !m_sInfo.ortho)
        return eUserItem;
    memcpy(padfGeoTransform, m_sInfo.geotransform, sizeof(m_sInfo.geotransform));
    return CE_None;
}
#endif

const OGRSpatialReference *EMITDataset::GetSpatialRef() const
{
    const OGRSpatialReference *poUserItem = GDALPamDataset::GetSpatialRef();
    return poUserItem != nullptr || m_oSRS.IsEmpty() ? poUserItem : &m_oSRS;
}

// Programs print the list and pass it on.
static void AddFile(CPLStringList &aosFiles, const char *pszFile)
{
    std::string osShown = pszFile;
    emit_redact(&osShown[0]);
    osShown.resize(strlen(osShown.c_str()));
    if (CSLFindStringCaseSensitive(aosFiles.List(), osShown.c_str()) < 0)
        aosFiles.AddString(osShown.c_str());
}

char **EMITDataset::GetFileList()
{
    CPLStringList aosFiles;
    for (size_t i = 0; i < m_sInfo.file_count; ++i)
        AddFile(aosFiles, m_sInfo.files[i]);
    const CPLStringList aosOthers(GDALPamDataset::GetFileList());
    for (int i = 0; i < aosOthers.size(); ++i)
        AddFile(aosFiles, aosOthers[i]);
    return aosFiles.StealList();
}

CPLErr EMITDataset::AdviseRead(int nXOff, int nYOff, int nXSize, int nYSize, int nBufXSize,
                               int nBufYSize, GDALDataType /* eType */, int nBandCount,
                               int *panBandList, EMITStringList /* papszOptions */)
{
    const EMITWindow oWindow = {nXOff, nYOff, nXSize, nYSize, nBufXSize, nBufYSize};
    return EMITAdvise(m_psView.get(), EMITGridLevel(m_sInfo, 1), oWindow,
                      panBandList != nullptr ? nBandCount : nBands, panBandList);
}

CPLErr EMITDataset::IRasterIO(GDALRWFlag eRWFlag, int nXOff, int nYOff, int nXSize, int nYSize,
                              void *pData, int nBufXSize, int nBufYSize, GDALDataType eBufType,
                              int nBandCount, int *panBandMap, GSpacing nPixelSpace,
                              GSpacing nLineSpace, GSpacing nBandSpace,
                              GDALRasterIOExtraArg *psExtraArg)
{
    const EMITWindow oWindow = {nXOff, nYOff, nXSize, nYSize, nBufXSize, nBufYSize};
    const EMITRequest oRequest = {oWindow,     pData,      eBufType,   nBandCount, panBandMap,
                                  nPixelSpace, nLineSpace, nBandSpace, psExtraArg};
    if (eRWFlag != GF_Read || !EMITIsNearest(oRequest))
        return BandBasedRasterIO(eRWFlag, nXOff, nYOff, nXSize, nYSize, pData, nBufXSize, nBufYSize,
                                 eBufType, nBandCount, panBandMap, nPixelSpace, nLineSpace,
                                 nBandSpace, psExtraArg);

    if (EMITIsReduced(oRequest) && AreOverviewsEnabled() && HasOverviewFile())
    {
        int bTried = FALSE;
        const CPLErr eErr = TryOverviewRasterIO(
            eRWFlag, nXOff, nYOff, nXSize, nYSize, pData, nBufXSize, nBufYSize, eBufType,
            nBandCount, panBandMap, nPixelSpace, nLineSpace, nBandSpace, psExtraArg, &bTried);
        if (bTried)
            return eErr;
    }
    return EMITRead(m_psView.get(), EMITGridLevel(m_sInfo, 1), oRequest);
}
