// SPDX-License-Identifier: MIT
// Deleting, renaming and copying check the name first (a whole granule, not a view), then which
// driver opens the file, and then work on the granule and its sidecars: all of them, or none.
#include "compat.h"

#include "granule_files.h"

#include "errors.h"
#include "names.h"

#include <cerrno>
#include <cstring>
#include <regex>
#include <vector>

namespace
{

enum class Transfer
{
    Rename,
    Copy
};

// ---- Which files -----------------------------------------------------------------------------

// Whether the path of a granule with "pszSuffix" is that of a file that GDAL stores for it: the
// .aux.xml file, or overviews of the file (.ovr), of another driver's subdataset (_0.ovr to
// _99.ovr) or of one set of this driver's options (_ and 16 hexadecimal digits, followed by a
// process number in unfinished files).
bool IsSidecarSuffix(const char *pszSuffix)
{
    static const std::regex oPattern(R"(\.aux\.xml|(_[0-9]{1,2}|_[0-9a-f]{16}(_[0-9]*)?)?\.ovr)");
    return std::regex_match(pszSuffix, oPattern);
}

// Excludes overviews of a file whose name begins with the granule's name.
bool IsOfAnotherFile(const char *pszName, size_t nGranuleLength, const CPLStringList &aosNames)
{
    const std::string osOwner(pszName, strlen(pszName) - strlen(".ovr"));
    return strcmp(pszName + osOwner.size(), ".ovr") == 0 && osOwner.size() > nGranuleLength &&
           CSLFindStringCaseSensitive(aosNames.List(), osOwner.c_str()) >= 0;
}

// Suffixes of the files that GDAL stores for the granule.
std::vector<std::string> ListSidecarSuffixes(const std::string &osPath)
{
    std::vector<std::string> aosSuffixes;
    const std::string osGranule = CPLGetFilename(osPath.c_str());
    const CPLStringList aosNames(VSIReadDir(CPLGetDirname(osPath.c_str())));
    for (int i = 0; i < aosNames.size(); ++i)
        if (STARTS_WITH(aosNames[i], osGranule.c_str()) &&
            IsSidecarSuffix(aosNames[i] + osGranule.size()) &&
            !IsOfAnotherFile(aosNames[i], osGranule.size(), aosNames))
            aosSuffixes.push_back(aosNames[i] + osGranule.size());
    if (aosNames.empty() && EMITFileExists(osPath + ".aux.xml")) // the server does not list folders
        aosSuffixes.push_back(".aux.xml");
    return aosSuffixes;
}

// ---- Names -----------------------------------------------------------------------------------

// As EMITGetWholeGranule(), with an error if it is a view.
std::string RequireWholeGranule(const char *pszName, const char *pszAction)
{
    std::string osPath = EMITGetWholeGranule(pszName);
    if (osPath.empty())
        EMITError(CE_Failure, CPLE_NotSupported,
                  "%s cannot be %s: it names a view of a granule, with a variable or options, not "
                  "the file. Use the path of the granule alone",
                  pszName, pszAction);
    return osPath;
}

// This driver if it opens "pszName", regardless of the name, else another driver that does; nullptr
// after an error.
GDALDriver *FindDriver(const char *pszName)
{
    static const char *const apszOwn[] = {"EMIT", nullptr};
    GDALDatasetUniquePtr poDataset;
    {
        CPLErrorStateBackuper oBackuper;
        CPLErrorHandlerPusher oQuiet(CPLQuietErrorHandler);
        poDataset.reset(GDALDataset::Open(pszName, 0, apszOwn));
    }
    if (poDataset == nullptr)
        poDataset.reset(GDALDataset::Open(pszName, GDAL_OF_VERBOSE_ERROR));
    return poDataset == nullptr ? nullptr : poDataset->GetDriver();
}

bool IsOwn(GDALDriver *poDriver)
{
    return EQUAL(poDriver->GetDescription(), "EMIT");
}

// ---- Deleting --------------------------------------------------------------------------------

bool Unlink(const std::string &osPath)
{
    if (VSIUnlink(osPath.c_str()) == 0)
        return true;
    EMITError(CE_Failure, CPLE_FileIO, "%s cannot be deleted: %s", osPath.c_str(),
              VSIStrerror(errno));
    return false;
}

CPLErr Delete(const char *pszName)
{
    const std::string osPath = RequireWholeGranule(pszName, "deleted");
    GDALDriver *poDriver = osPath.empty() ? nullptr : FindDriver(pszName);
    if (poDriver == nullptr)
        return CE_Failure;
    return IsOwn(poDriver) ? EMITDeleteFiles(osPath) : poDriver->Delete(pszName);
}

// ---- Renaming and copying --------------------------------------------------------------------

// The .aux.xml file contains names of overview files, which begin with the granule's.
void RenameRecords(CPLXMLNode *psNode, const std::string &osOldRecord,
                   const std::string &osNewRecord)
{
    for (; psNode != nullptr; psNode = psNode->psNext)
    {
        CPLXMLNode *psText = psNode->psChild != nullptr ? psNode->psChild->psNext : nullptr;
        if (EQUAL(psNode->pszValue, "MDI") && psText != nullptr &&
            EQUAL(CPLGetXMLValue(psNode, "key", ""), "OVERVIEW_FILE") &&
            STARTS_WITH(psText->pszValue, osOldRecord.c_str()))
        {
            const std::string osNew = osNewRecord + (psText->pszValue + osOldRecord.size());
            CPLFree(psText->pszValue);
            psText->pszValue = CPLStrdup(osNew.c_str());
        }
        RenameRecords(psNode->psChild, osOldRecord, osNewRecord);
    }
}

void AdaptAuxiliaryFile(const std::string &osNewPath, const std::string &osOldPath)
{
    const std::string osFile = osNewPath + ".aux.xml";
    const std::string osOldName = CPLGetFilename(osOldPath.c_str());
    const std::string osNewName = CPLGetFilename(osNewPath.c_str());
    if (osOldName == osNewName || !EMITFileExists(osFile))
        return;
    CPLErrorStateBackuper oBackuper;
    CPLErrorHandlerPusher oQuiet(CPLQuietErrorHandler);
    const CPLXMLTreeCloser oTree(CPLParseXMLFile(osFile.c_str()));
    RenameRecords(oTree.get(), ":::BASE:::" + osOldName, ":::BASE:::" + osNewName);
    if (oTree != nullptr)
        CPLSerializeXMLTreeToFile(oTree.get(), osFile.c_str());
}

// Whether the new files would neither overwrite others nor be combined with those of a deleted
// granule.
bool IsFree(const std::string &osPath, const char *pszAction)
{
    std::string osObstacle = osPath;
    if (!EMITFileExists(osPath))
    {
        const std::vector<std::string> aosSuffixes = ListSidecarSuffixes(osPath);
        if (aosSuffixes.empty())
            return true;
        osObstacle += aosSuffixes.front();
    }
    EMITError(CE_Failure, CPLE_AppDefined,
              "%s exists already: delete it, or choose another name "
              "to which the granule is %s",
              osObstacle.c_str(), pszAction);
    return false;
}

bool TransferFile(Transfer eTransfer, const std::string &osTo, const std::string &osFrom)
{
    const int nStatus = eTransfer == Transfer::Rename ? CPLMoveFile(osTo.c_str(), osFrom.c_str())
                                                      : CPLCopyFile(osTo.c_str(), osFrom.c_str());
    const int nError = nStatus == 0 ? EROFS : errno;
    // CPLMoveFile() copies to other file systems, and ignores that the original is read-only.
    if (nStatus == 0 && (eTransfer == Transfer::Copy || !EMITFileExists(osFrom)))
        return true;
    if (EMITFileExists(osFrom))
        VSIUnlink(osTo.c_str()); // remove an incomplete copy
    EMITError(CE_Failure, CPLE_FileIO, "%s cannot be %s to %s: %s", osFrom.c_str(),
              eTransfer == Transfer::Rename ? "renamed" : "copied", osTo.c_str(),
              VSIStrerror(nError));
    return false;
}

// Transfers all files of the granule, or none.
CPLErr TransferFiles(Transfer eTransfer, const std::string &osNew, const std::string &osOld)
{
    std::vector<std::string> aosSuffixes = ListSidecarSuffixes(osOld);
    aosSuffixes.insert(aosSuffixes.begin(), std::string());
    for (size_t i = 0; i < aosSuffixes.size(); ++i)
    {
        if (TransferFile(eTransfer, osNew + aosSuffixes[i], osOld + aosSuffixes[i]))
            continue;
        while (i-- > 0)
        {
            if (eTransfer == Transfer::Rename)
                CPLMoveFile((osOld + aosSuffixes[i]).c_str(), (osNew + aosSuffixes[i]).c_str());
            else
                VSIUnlink((osNew + aosSuffixes[i]).c_str());
        }
        return CE_Failure;
    }
    AdaptAuxiliaryFile(osNew, osOld);
    return CE_None;
}

CPLErr RenameOrCopy(Transfer eTransfer, const char *pszNewName, const char *pszOldName)
{
    const char *pszAction = eTransfer == Transfer::Rename ? "renamed" : "copied";
    const std::string osOld = RequireWholeGranule(pszOldName, pszAction);
    const std::string osNew =
        osOld.empty() ? std::string() : RequireWholeGranule(pszNewName, "created");
    GDALDriver *poDriver = osNew.empty() ? nullptr : FindDriver(pszOldName);
    if (poDriver == nullptr)
        return CE_Failure;
    if (IsOwn(poDriver))
        return IsFree(osNew, pszAction) ? TransferFiles(eTransfer, osNew, osOld) : CE_Failure;
    return eTransfer == Transfer::Rename ? poDriver->Rename(pszNewName, pszOldName)
                                         : poDriver->CopyFiles(pszNewName, pszOldName);
}

} // namespace

bool EMITFileExists(const std::string &osPath)
{
    CPLErrorHandlerPusher oQuiet(CPLQuietErrorHandler);
    CPLErrorStateBackuper oBackuper;
    VSIStatBufL sStat;
    return VSIStatExL(osPath.c_str(), &sStat, VSI_STAT_EXISTS_FLAG) == 0;
}

std::string EMITGetWholeGranule(const char *pszName)
{
    EMITName oName;
    if (!oName.Parse(pszName) || oName.Get().variable != nullptr || oName.Get().options != nullptr)
        return std::string();
    return oName.Get().path;
}

CPLErr EMITDeleteFiles(const std::string &osPath)
{
    const std::vector<std::string> aosSuffixes = ListSidecarSuffixes(osPath);
    const char *pszProxy = PamGetProxy(osPath.c_str());
    if (!Unlink(osPath))
        return CE_Failure;
    CPLErr eErr = CE_None;
    for (const std::string &osSuffix : aosSuffixes)
        if (!Unlink(osPath + osSuffix))
            eErr = CE_Failure;
    if (pszProxy != nullptr && EMITFileExists(pszProxy) && !Unlink(pszProxy))
        eErr = CE_Failure;
    return eErr;
}

CPLErr EMITDelete(const char *pszName)
{
    return EMITGuard<CPLErr>(CE_Failure, [&]() { return Delete(pszName); });
}

CPLErr EMITRename(const char *pszNewName, const char *pszOldName)
{
    return EMITGuard<CPLErr>(CE_Failure, [&]()
                             { return RenameOrCopy(Transfer::Rename, pszNewName, pszOldName); });
}

CPLErr EMITCopyFiles(const char *pszNewName, const char *pszOldName)
{
    return EMITGuard<CPLErr>(CE_Failure, [&]()
                             { return RenameOrCopy(Transfer::Copy, pszNewName, pszOldName); });
}
