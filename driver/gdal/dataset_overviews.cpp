// SPDX-License-Identifier: MIT
// A dataset's overviews: the driver's own, and those that a user builds into a file beside it.
#include "compat.h"

#include "dataset.h"
#include "errors.h"
#include "granule_files.h"

#include <cinttypes>

// GDAL searches for the file only if IsInitialized() is called.
bool EMITDataset::HasOverviewFile()
{
    return oOvManager.IsInitialized() && oOvManager.GetOverviewCount(1) > 0;
}

static uint64_t HashFNV1a(const char *pszText)
{
    uint64_t nHash = 0xcbf29ce484222325;
    for (; *pszText != '\0'; ++pszText)
        nHash = (nHash ^ static_cast<unsigned char>(*pszText)) * 0x100000001b3;
    return nHash;
}

// Name of the overview file without ".ovr". GDAL would number such files, and two sets of options
// could share one after the first was deleted.
std::string EMITDataset::GetOverviewFileStem() const
{
    return GetInfo().path +
           std::string(CPLSPrintf("_%016" PRIx64, HashFNV1a(GetInfo().option_key)));
}

// The reason why overviews cannot be written to a file; or nullptr.
const char *EMITDataset::GetOverviewObstacle(CSLConstList papszOptions) const
{
    const char *pszRRD = CPLGetConfigOption("USE_RRD", "NO");
    if (nBands == 0)
        return "there are no bands to build overviews of";
    if ((nPamFlags & GPF_DISABLED) != 0)
        return "overviews need the .aux.xml file, which GDAL_PAM_ENABLED=NO forbids";
    if (CPLTestBool(CSLFetchNameValueDef(papszOptions, "USE_RRD", pszRRD)))
        return "overviews are kept as GeoTIFF only, not as USE_RRD=YES asks";
    return nullptr;
}

// Overviews are built under a name that no other process or thread uses, and renamed when they are
// complete: nobody finds a part of them, and a failure leaves an earlier file as it was.
std::string EMITDataset::GetUnfinishedStem() const
{
    return GetOverviewFileStem() + CPLSPrintf("_%d" CPL_FRMT_GUIB, CPLGetCurrentProcessID(),
                                              static_cast<GUIntBig>(CPLGetPID()));
}

CPLErr EMITDataset::IBuildOverviews(const char *pszResampling, int nOverviews,
                                    const int *panOverviewList, int nListBands,
                                    const int *panBandList, GDALProgressFunc pfnProgress,
                                    void *pProgressData, CSLConstList papszOptions)
{
    if (const char *pszObstacle = GetOverviewObstacle(papszOptions))
    {
        EMITError(CE_Failure, CPLE_NotSupported, "%s: %s", GetInfo().path, pszObstacle);
        return CE_Failure;
    }
    const std::string osStem = GetUnfinishedStem();
    if (HasOverviewFile() && nOverviews > 0)
        CopyOverviewFile(osStem + ".ovr");
    // GDAL would overwrite the driver's own overviews.
    EMITOverviewList aoOverviews;
    aoOverviews.swap(m_aoOverviews);
    const CPLErr eErr = oOvManager.BuildOverviews(osStem.c_str(), pszResampling, nOverviews,
                                                  panOverviewList, nListBands, panBandList,
                                                  pfnProgress, pProgressData, papszOptions);
    aoOverviews.swap(m_aoOverviews);
    if (nOverviews > 0)
        FinishOverviewFile(osStem + ".ovr", eErr == CE_None);
    else if (eErr == CE_None)
        ForgetOverviewFile();
    if ((nOpenFlags & GDAL_OF_SHARED) == 0)
        DeclareThreadSafety();
    return eErr;
}

// Lets GDAL add levels to a copy of the overview file.
void EMITDataset::CopyOverviewFile(const std::string &osCopy)
{
    const char *pszFile = GetMetadataItem("OVERVIEW_FILE", "OVERVIEWS");
    if (pszFile != nullptr && CPLCopyFile(osCopy.c_str(), pszFile) == 0)
        m_osOverviewFile = osCopy;
    oOvManager.CloseDependentDatasets();
    oOvManager.Initialize(this, ":::VIRTUAL:::");
}

void EMITDataset::FinishOverviewFile(const std::string &osUnfinished, bool bComplete)
{
    const std::string osFile = GetOverviewFileStem() + ".ovr";
    oOvManager.CloseDependentDatasets();
    m_osOverviewFile.clear();
    if (!bComplete)
        VSIUnlink(osUnfinished.c_str());
    else if (VSIRename(osUnfinished.c_str(), osFile.c_str()) == 0)
    {
        const std::string osRecord = std::string(":::BASE:::") + CPLGetFilename(osFile.c_str());
        SetMetadataItem("OVERVIEW_FILE", osRecord.c_str(), "OVERVIEWS");
    }
    FindOverviewFile();
    oOvManager.Initialize(this, ":::VIRTUAL:::");
}

void EMITDataset::ForgetOverviewFile()
{
    m_osOverviewFile.clear();
    SetMetadataItem("OVERVIEW_FILE", nullptr, "OVERVIEWS");
    oOvManager.Initialize(this, ":::VIRTUAL:::");
}

// Finds the file by its name, even if the .aux.xml file does not record it, because another driver
// may have written that file meanwhile. On servers only the record is used, because each search is
// a request.
void EMITDataset::FindOverviewFile()
{
    const std::string osFile = GetOverviewFileStem() + ".ovr";
    if (VSIIsLocal(osFile.c_str()) && (nPamFlags & GPF_DISABLED) == 0 && EMITFileExists(osFile))
        m_osOverviewFile = osFile;
}
