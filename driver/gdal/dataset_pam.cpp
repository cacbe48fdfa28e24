// SPDX-License-Identifier: MIT
// What GDAL keeps of a dataset in the .aux.xml file (its "persistent auxiliary metadata", PAM).
#include "compat.h"

#include "dataset.h"

#include "auxiliary_file.h"
#include "errors.h"
#include "granule_files.h"

#include <utility>

// Whether there is an .aux.xml file on the server. What a server says otherwise does not concern
// those who open the granule.
static bool ExistsOnServer(const std::string &osFile)
{
    CPLErrorHandlerPusher oQuiet(CPLQuietErrorHandler);
    CPLErrorStateBackuper oBackuper;
    VSIStatBufL sStat;
    return VSIStatExL(osFile.c_str(), &sStat, VSI_STAT_EXISTS_FLAG) == 0;
}

// The files beside a granule as far as they matter to GDAL; empty if GDAL is to look itself. On a
// server each look is a request, and only an .aux.xml file can belong to this driver. A user who
// sets EMPTY_DIR says that there are none.
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
        ExistsOnServer(osAuxiliary))
        aosSiblings.AddString(CPLGetFilename(osAuxiliary.c_str()));
    return aosSiblings;
}

// Statistics and overviews of one choice of options must not show under another: PAM keeps a part
// for each option key in the one .aux.xml of the granule, the default choice included, and
// ":::VIRTUAL:::" keeps GDAL from looking for a plain .ovr, which would serve all of them.
// Nothing is stored for a URL with a query: the file would be named after it, and stale with it.
void EMITDataset::LoadPam()
{
    CPLStringList aosSiblings = ListSiblings(GetInfo().path);
    if (emit_path_has_folder(GetInfo().path))
        LoadStored(aosSiblings);
    else
        nPamFlags |= GPF_NOSAVE;
    oOvManager.Initialize(this, ":::VIRTUAL:::", aosSiblings.List());
}

void EMITDataset::LoadStored(CPLStringList &aosSiblings)
{
    SetPhysicalFilename(GetInfo().path);
    SetSubdatasetName(GetInfo().option_key);
    TryLoadXML(aosSiblings.List());
    VSIStatBufL sStat;
    const char *pszFile = BuildPamFilename();
    if (aosSiblings.size() > 1 ||
        (aosSiblings.empty() && pszFile != nullptr && VSIStatL(pszFile, &sStat) == 0))
        m_oSavedPart.reset(SerializeToXML(nullptr));
    FindOverviewFile();
}

// Replaces the file as a whole, merged with what others wrote since this dataset was opened; the
// base class truncates it and writes in place.
CPLErr EMITDataset::TrySaveXML()
{
    nPamFlags &= ~GPF_DIRTY;
    if (psPam == nullptr || (nPamFlags & (GPF_NOSAVE | GPF_DISABLED)) != 0 ||
        BuildPamFilename() == nullptr)
        return CE_None;
    CPLXMLTreeCloser oNow(SerializeToXML(nullptr));
    if (EMITUpdateAuxiliaryFile(psPam->pszPamFilename, GetInfo().option_key, m_oSavedPart.get(),
                                oNow.get()))
    {
        m_oSavedPart = std::move(oNow);
        return CE_None;
    }
    return SaveElsewhere();
}

// In the folder that GDAL_PAM_PROXY_DIR names, if there is one.
CPLErr EMITDataset::SaveElsewhere()
{
    const char *pszProxy =
        PamGetProxy(GetInfo().path) == nullptr ? PamAllocateProxy(GetInfo().path) : nullptr;
    if (pszProxy != nullptr)
    {
        CPLFree(psPam->pszPamFilename);
        psPam->pszPamFilename = CPLStrdup(pszProxy);
        return TrySaveXML();
    }
    if (STARTS_WITH(psPam->pszPamFilename, "/vsicurl")) // web servers take no files
        return CE_None;
    EMITError(CE_Warning, CPLE_FileIO, "%s cannot be written: statistics are not saved",
              psPam->pszPamFilename);
    return CE_Warning;
}

// PAM would save in its own destructor, asking bands whose view is gone by then.
void EMITDataset::SaveOrDelete()
{
    if (bSuppressOnClose)
        DeleteOnClose();
    else
        EMITDataset::FlushCache(true);
}

// GDAL itself would unlink the file that the dataset's name happens to be the path of, and the
// .aux.xml file of all views.
void EMITDataset::DeleteOnClose()
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
