// SPDX-License-Identifier: MIT
// What GDAL keeps of a dataset in the .aux.xml file (its "persistent auxiliary metadata", PAM).
#include "compat.h"

#include "dataset.h"

#include "auxiliary_file.h"
#include "errors.h"
#include "granule_files.h"

#include <utility>

// Whether there is an .aux.xml file on the server. Other failures of the server are ignored.
static bool ExistsOnServer(const std::string &osFile)
{
    CPLErrorHandlerPusher oQuiet(CPLQuietErrorHandler);
    CPLErrorStateBackuper oBackuper;
    return EMITFileExists(osFile);
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
        ExistsOnServer(osAuxiliary))
        aosSiblings.AddString(CPLGetFilename(osAuxiliary.c_str()));
    return aosSiblings;
}

// Statistics and overviews of one set of options must not appear under another: PAM keeps a part
// for each option key in the granule's .aux.xml file, also for the default options, and
// ":::VIRTUAL:::" prevents GDAL from using a plain .ovr file for all of them. Nothing is stored for
// a URL with a query, because the file name would contain the query.
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
    const char *pszFile = BuildPamFilename();
    if (aosSiblings.size() > 1 ||
        (aosSiblings.empty() && pszFile != nullptr && EMITFileExists(pszFile)))
        m_oSavedPart.reset(SerializeToXML(nullptr));
    FindOverviewFile();
}

// Replaces the file as a whole, merged with the changes that others have written since this dataset
// was opened. The base class truncates it and writes in place.
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

// In the folder GDAL_PAM_PROXY_DIR, if it is set.
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
    if (STARTS_WITH(psPam->pszPamFilename, "/vsicurl")) // web servers do not accept files
        return CE_None;
    EMITError(CE_Warning, CPLE_FileIO, "%s cannot be written: statistics are not saved",
              psPam->pszPamFilename);
    return CE_Warning;
}

// PAM would save in its own destructor, when the view of the bands no longer exists.
void EMITDataset::SaveOrDelete()
{
    if (bSuppressOnClose)
        DeleteOnClose();
    else
        EMITDataset::FlushCache(true);
}

// GDAL would delete the file whose path equals the dataset's name, and the .aux.xml file of all
// views.
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
