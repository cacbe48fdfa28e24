// SPDX-License-Identifier: MIT
// The .aux.xml file is read when a dataset opens, and merged with its current content when it is
// saved (auxiliary_file.h). Overviews that the user builds are written to a file of their own for
// each set of options, found by its name.
#include "compat.h"

#include "dataset_pam.h"

#include "auxiliary_file.h"
#include "errors.h"
#include "granule_files.h"

#include <cinttypes>
#include <utility>

constexpr char DERIVED_DOMAIN[] = "DERIVED_SUBDATASETS";

// ---- The .aux.xml file -------------------------------------------------------------------------

// GDAL ignores case when it looks for the name of a part. The hash distinguishes keys that differ
// in case alone, as names of masks and variables may.
EMITPamDataset::EMITPamDataset(const struct emit_view_info &sInfo)
    : m_sInfo(sInfo),
      m_osPart(sInfo.option_key + std::string(CPLSPrintf("#%016" PRIx64, sInfo.option_hash)))
{
}

// The sibling files that GDAL needs; empty if GDAL is to search itself. On a server each search is
// a request, and only an .aux.xml file can belong to this driver. With EMPTY_DIR there are none.
static CPLStringList ListSiblings(const char *pszPath)
{
    CPLStringList aosSiblings;
    if (VSIIsLocal(pszPath))
        return aosSiblings;
    const std::string osAuxiliary = std::string(pszPath) + ".aux.xml";
    aosSiblings.AddString(CPLGetFilename(pszPath));
    if (emit_path_has_folder(pszPath) &&
        !EQUAL(VSIGetPathSpecificOption(pszPath, "GDAL_DISABLE_READDIR_ON_OPEN", "NO"),
               "EMPTY_DIR") &&
        EMITFileExists(osAuxiliary))
        aosSiblings.AddString(CPLGetFilename(osAuxiliary.c_str()));
    return aosSiblings;
}

// ":::VIRTUAL:::" prevents GDAL from using a plain .ovr file for all sets of options. Nothing is
// stored for a URL with a query, because the file name would contain the query.
void EMITPamDataset::LoadPam()
{
    CPLStringList aosSiblings = ListSiblings(m_sInfo.path);
    if (emit_path_has_folder(m_sInfo.path))
        LoadStored(aosSiblings);
    else
        nPamFlags |= GPF_NOSAVE;
    oOvManager.Initialize(this, ":::VIRTUAL:::", aosSiblings.List());
}

void EMITPamDataset::LoadStored(CPLStringList &aosSiblings)
{
    SetPhysicalFilename(m_sInfo.path);
    SetSubdatasetName(m_osPart.c_str());
    TryLoadXML(aosSiblings.List());
    const char *pszFile = BuildPamFilename();
    if (aosSiblings.size() > 1 ||
        (aosSiblings.empty() && pszFile != nullptr && EMITFileExists(pszFile)))
        m_oSavedPart.reset(SerializeToXML(nullptr));
    FindOverviewFile();
}

// Replaces the file as a whole, merged with the changes that others have written since this dataset
// was opened. The base class truncates it and writes in place.
CPLErr EMITPamDataset::TrySaveXML()
{
    nPamFlags &= ~GPF_DIRTY;
    if (psPam == nullptr || (nPamFlags & (GPF_NOSAVE | GPF_DISABLED)) != 0 ||
        BuildPamFilename() == nullptr)
        return CE_None;
    CPLXMLTreeCloser oNow(SerializeToXML(nullptr));
    if (EMITUpdateAuxiliaryFile(psPam->pszPamFilename, m_osPart.c_str(), m_oSavedPart.get(),
                                oNow.get()))
    {
        m_oSavedPart = std::move(oNow);
        return CE_None;
    }
    return SaveElsewhere();
}

// In the folder GDAL_PAM_PROXY_DIR, if it is set.
CPLErr EMITPamDataset::SaveElsewhere()
{
    const char *pszProxy =
        PamGetProxy(m_sInfo.path) == nullptr ? PamAllocateProxy(m_sInfo.path) : nullptr;
    if (pszProxy != nullptr)
    {
        CPLFree(psPam->pszPamFilename);
        psPam->pszPamFilename = CPLStrdup(pszProxy);
        return TrySaveXML();
    }
    if (STARTS_WITH(psPam->pszPamFilename, "/vsicurl")) // web servers do not accept files
        return CE_None;
    EMITError(CE_Warning, CPLE_FileIO, "%s cannot be written: statistics are not saved",
              psPam->pszPamFilename);
    return CE_Warning;
}

// PAM would save in its own destructor, when the view of the bands no longer exists.
void EMITPamDataset::SaveOrDelete()
{
    if (bSuppressOnClose)
        DeleteOnClose();
    else
        EMITPamDataset::FlushCache(true);
}

// GDAL would delete the file whose path equals the dataset's name, and the .aux.xml file of all
// views.
void EMITPamDataset::DeleteOnClose()
{
    bSuppressOnClose = false;
    nPamFlags &= ~GPF_DIRTY;
    const std::string osPath = EMITGetWholeGranule(GetDescription());
    if (osPath.empty())
        EMITError(CE_Warning, CPLE_NotSupported,
                  "%s is not deleted on closing: it names a view of a granule, not the file",
                  GetDescription());
    else
        EMITDeleteFiles(osPath);
}

// ---- Metadata and masks ------------------------------------------------------------------------

// GDAL's names of datasets that are derived from this one do not hold its open options, and thus
// would open it unmasked. Their list is not thread-safe either.

EMITStringList EMITPamDataset::GetMetadata(const char *pszDomain)
{
    return pszDomain != nullptr && EQUAL(pszDomain, DERIVED_DOMAIN)
               ? nullptr
               : EMITWithMetadata::GetMetadata(pszDomain);
}

char **EMITPamDataset::GetMetadataDomainList()
{
    char **papszDomains = EMITWithMetadata::GetMetadataDomainList();
    const int iDerived = CSLFindString(papszDomains, DERIVED_DOMAIN);
    return iDerived < 0 ? papszDomains : CSLRemoveStrings(papszDomains, iDerived, 1, nullptr);
}

const char *EMITPamDataset::GetMetadataItem(const char *pszName, const char *pszDomain)
{
    // GDAL asks for the file of the overviews.
    if (!m_osOverviewFile.empty() && pszDomain != nullptr && EQUAL(pszDomain, "OVERVIEWS") &&
        EQUAL(pszName, "OVERVIEW_FILE"))
        return m_osOverviewFile.c_str();
    return EMITWithMetadata::GetMetadataItem(pszName, pszDomain);
}

// GDAL would write a .msk file, which no view reads.
CPLErr EMITPamDataset::CreateMaskBand(int /* nFlags */)
{
    return EMITRefuse(m_sInfo.path, EMIT_NO_MASK_BAND);
}

// ---- Overview files ----------------------------------------------------------------------------

// GDAL searches for the file only if IsInitialized() is called.
bool EMITPamDataset::HasOverviewFile()
{
    return oOvManager.IsInitialized() && oOvManager.GetOverviewCount(1) > 0;
}

// Name of the overview file without ".ovr". GDAL would number such files, and two sets of options
// could share one after the first was deleted.
std::string EMITPamDataset::GetOverviewFileStem() const
{
    return m_sInfo.path + std::string(CPLSPrintf("_%016" PRIx64, m_sInfo.option_hash));
}

// The reason why overviews cannot be written to a file; or nullptr.
const char *EMITPamDataset::GetOverviewObstacle(CSLConstList papszOptions) const
{
    const char *pszRRD = CPLGetConfigOption("USE_RRD", "NO");
    if (nBands == 0)
        return "there are no bands to build overviews of";
    if ((nPamFlags & GPF_DISABLED) != 0)
        return "overviews need the .aux.xml file, which GDAL_PAM_ENABLED=NO forbids";
    if (CPLTestBool(CSLFetchNameValueDef(papszOptions, "USE_RRD", pszRRD)))
        return "overviews are stored as GeoTIFF, which USE_RRD=YES excludes";
    return nullptr;
}

// Overviews are built under a name that no other process or thread uses, and renamed when they are
// complete: other processes never see a part of them, and a failure leaves an earlier file in
// place.
std::string EMITPamDataset::GetUnfinishedStem() const
{
    return GetOverviewFileStem() + CPLSPrintf("_%d" CPL_FRMT_GUIB, CPLGetCurrentProcessID(),
                                              static_cast<GUIntBig>(CPLGetPID()));
}

CPLErr EMITPamDataset::ChangeOverviews(bool bAdds, CSLConstList papszOptions,
                                       const std::function<CPLErr(const char *)> &oChange)
{
    if (const char *pszObstacle = GetOverviewObstacle(papszOptions))
        return EMITRefuse(m_sInfo.path, pszObstacle);
    const std::string osStem = GetUnfinishedStem();
    if (HasOverviewFile() && bAdds)
        CopyOverviewFile(osStem + ".ovr");
    // GDAL would overwrite the driver's own overviews.
    EMITOverviewList aoOverviews;
    aoOverviews.swap(m_aoOverviews);
    const CPLErr eErr = oChange(osStem.c_str());
    aoOverviews.swap(m_aoOverviews);
    if (bAdds)
        FinishOverviewFile(osStem + ".ovr", eErr == CE_None);
    else if (eErr == CE_None)
        ForgetOverviewFile();
    OverviewsChanged();
    return eErr;
}

CPLErr EMITPamDataset::IBuildOverviews(const char *pszResampling, int nOverviews,
                                       const int *panOverviewList, int nListBands,
                                       const int *panBandList, GDALProgressFunc pfnProgress,
                                       void *pProgressData, CSLConstList papszOptions)
{
    return ChangeOverviews(nOverviews > 0, papszOptions,
                           [&](const char *pszStem)
                           {
                               return oOvManager.BuildOverviews(
                                   pszStem, pszResampling, nOverviews, panOverviewList, nListBands,
                                   panBandList, pfnProgress, pProgressData, papszOptions);
                           });
}

#if EMIT_GDAL_ADD_OVERVIEWS
CPLErr EMITPamDataset::AddOverviews(const std::vector<GDALDataset *> &apoSources,
                                    GDALProgressFunc pfnProgress, void *pProgressData,
                                    CSLConstList papszOptions)
{
    return ChangeOverviews(true, papszOptions,
                           [&](const char *pszStem) {
                               return oOvManager.AddOverviews(pszStem, apoSources, pfnProgress,
                                                              pProgressData, papszOptions);
                           });
}
#endif

// Lets GDAL add levels to a copy of the overview file.
void EMITPamDataset::CopyOverviewFile(const std::string &osCopy)
{
    const char *pszFile = GetMetadataItem("OVERVIEW_FILE", "OVERVIEWS");
    if (pszFile != nullptr && CPLCopyFile(osCopy.c_str(), pszFile) == 0)
        m_osOverviewFile = osCopy;
    oOvManager.CloseDependentDatasets();
    oOvManager.Initialize(this, ":::VIRTUAL:::");
}

void EMITPamDataset::FinishOverviewFile(const std::string &osUnfinished, bool bComplete)
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

void EMITPamDataset::ForgetOverviewFile()
{
    m_osOverviewFile.clear();
    SetMetadataItem("OVERVIEW_FILE", nullptr, "OVERVIEWS");
    oOvManager.Initialize(this, ":::VIRTUAL:::");
}

// Finds the file by its name, even if the .aux.xml file does not record it, because another driver
// may have written that file meanwhile. On servers only the record is used, because each search is
// a request.
void EMITPamDataset::FindOverviewFile()
{
    const std::string osFile = GetOverviewFileStem() + ".ovr";
    if (VSIIsLocal(osFile.c_str()) && (nPamFlags & GPF_DISABLED) == 0 && EMITFileExists(osFile))
        m_osOverviewFile = osFile;
}
