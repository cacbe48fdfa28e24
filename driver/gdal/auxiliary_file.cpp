// SPDX-License-Identifier: MIT
// The .aux.xml file holds a part for each set of options. An update locks the folder, reads the
// file as it is now, merges the part of this dataset with what other processes have written
// meanwhile (three-way: as loaded, as now, as in the file), and replaces the file.
#include "compat.h"

#include "auxiliary_file.h"

#include "emit.h"
#include "granule_files.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <memory>
#include <utility>

namespace
{

using Tree = CPLXMLTreeCloser;

// ---- Trees -----------------------------------------------------------------------------------

// Copies a node without its siblings, which GDAL's functions include.
Tree Clone(const CPLXMLNode *psNode)
{
    CPLXMLNode sAlone = *psNode;
    sAlone.psNext = nullptr;
    return Tree(CPLCloneXMLTree(&sAlone));
}

std::string Serialize(const CPLXMLNode *psNode)
{
    if (psNode == nullptr)
        return std::string();
    char *pszText = CPLSerializeXMLTree(Clone(psNode).get());
    std::string osText(pszText);
    CPLFree(pszText);
    return osText;
}

bool IsElement(const CPLXMLNode *psNode)
{
    return psNode->eType == CXT_Element;
}

bool HasElements(const CPLXMLNode *psNode)
{
    const CPLXMLNode *psChild = psNode->psChild;
    while (psChild != nullptr && !IsElement(psChild))
        psChild = psChild->psNext;
    return psChild != nullptr;
}

// Elements correspond if their names and what identifies them are equal: <Metadata domain="...">,
// <MDI key="...">, <PAMRasterBand band="...">, the range of a <HistItem>.
bool IsCounterpart(const CPLXMLNode *psNode, const CPLXMLNode *psOther)
{
    static const char *const apszIdentity[] = {"domain",  "band",    "key",
                                               "HistMin", "HistMax", "BucketCount"};
    return IsElement(psOther) && EQUAL(psNode->pszValue, psOther->pszValue) &&
           std::all_of(std::begin(apszIdentity), std::end(apszIdentity),
                       [&](const char *pszName) {
                           return EQUAL(CPLGetXMLValue(psNode, pszName, ""),
                                        CPLGetXMLValue(psOther, pszName, ""));
                       });
}

const CPLXMLNode *FindCounterpart(const CPLXMLNode *psParent, const CPLXMLNode *psNode)
{
    const CPLXMLNode *psChild = psParent == nullptr ? nullptr : psParent->psChild;
    while (psChild != nullptr && !IsCounterpart(psNode, psChild))
        psChild = psChild->psNext;
    return psChild;
}

// ---- Merging ---------------------------------------------------------------------------------

Tree Merge(const CPLXMLNode *psBefore, const CPLXMLNode *psNow, const CPLXMLNode *psThere);

// Whether the elements in "psNode" are merged one by one where two processes changed some.
bool IsContainer(const CPLXMLNode *psNode)
{
    return EQUAL(psNode->pszValue, "PAMRasterBand") || EQUAL(psNode->pszValue, "Histograms") ||
           (EQUAL(psNode->pszValue, "Metadata") &&
            CPLGetXMLValue(psNode, "format", nullptr) == nullptr);
}

// One element of a part, or of a container; nullptr if it was removed.
Tree MergeElement(const CPLXMLNode *psBefore, const CPLXMLNode *psNow, const CPLXMLNode *psThere)
{
    const std::string osBefore = Serialize(psBefore);
    const bool bUnchanged = osBefore == Serialize(psNow);
    const CPLXMLNode *psWinner = bUnchanged ? psThere : psNow;
    if (bUnchanged || osBefore == Serialize(psThere) ||
        !IsContainer(psNow != nullptr ? psNow : psThere))
        return psWinner == nullptr ? Tree(nullptr) : Clone(psWinner);
    Tree oMerged = Merge(psBefore, psNow, psThere);
    return HasElements(oMerged.get()) ? std::move(oMerged) : Tree(nullptr);
}

void AddMerged(CPLXMLNode *psParent, const CPLXMLNode *psBefore, const CPLXMLNode *psNow,
               const CPLXMLNode *psThere)
{
    Tree oNode = MergeElement(psBefore, psNow, psThere);
    if (oNode != nullptr)
        CPLAddXMLChild(psParent, oNode.release());
}

// Takes from "psNow" the elements that this process changed, and all others from "psThere". Not
// both are nullptr.
Tree Merge(const CPLXMLNode *psBefore, const CPLXMLNode *psNow, const CPLXMLNode *psThere)
{
    const CPLXMLNode *psAny = psNow != nullptr ? psNow : psThere;
    Tree oMerged(CPLCreateXMLNode(nullptr, CXT_Element, psAny->pszValue));
    for (const CPLXMLNode *psNode = psAny->psChild; psNode != nullptr; psNode = psNode->psNext)
    {
        if (!IsElement(psNode)) // an attribute
            CPLAddXMLChild(oMerged.get(), Clone(psNode).release());
        else if (psNow != nullptr)
            AddMerged(oMerged.get(), FindCounterpart(psBefore, psNode), psNode,
                      FindCounterpart(psThere, psNode));
    }
    const CPLXMLNode *psNode = psThere != nullptr ? psThere->psChild : nullptr;
    for (; psNode != nullptr; psNode = psNode->psNext)
        if (IsElement(psNode) && FindCounterpart(psNow, psNode) == nullptr)
            AddMerged(oMerged.get(), FindCounterpart(psBefore, psNode), nullptr, psNode);
    return oMerged;
}

// ---- The file --------------------------------------------------------------------------------

// The root element without the <?xml?> declaration, which would hide parts from GDAL; an empty one
// if the file is missing or not XML.
Tree Parse(const std::string &osFile)
{
    const Tree oAll(CPLParseXMLFile(osFile.c_str()));
    const CPLXMLNode *psRoot = oAll.get();
    while (psRoot != nullptr && (!IsElement(psRoot) || psRoot->pszValue[0] == '?'))
        psRoot = psRoot->psNext;
    return psRoot != nullptr ? Clone(psRoot)
                             : Tree(CPLCreateXMLNode(nullptr, CXT_Element, "PAMDataset"));
}

CPLXMLNode *FindPart(const CPLXMLNode *psRoot, const char *pszPart)
{
    CPLXMLNode *psPart = psRoot->psChild;
    while (psPart != nullptr && (!IsElement(psPart) || !EQUAL(psPart->pszValue, "Subdataset") ||
                                 strcmp(CPLGetXMLValue(psPart, "name", ""), pszPart) != 0))
        psPart = psPart->psNext;
    return psPart;
}

void ReplacePart(CPLXMLNode *psRoot, const char *pszPart, Tree oContent)
{
    if (CPLXMLNode *psOld = FindPart(psRoot, pszPart))
    {
        CPLRemoveXMLChild(psRoot, psOld);
        CPLDestroyXMLNode(psOld);
    }
    if (!HasElements(oContent.get()))
        return;
    CPLXMLNode *psPart = CPLCreateXMLNode(psRoot, CXT_Element, "Subdataset");
    CPLAddXMLAttributeAndValue(psPart, "name", pszPart);
    CPLAddXMLChild(psPart, oContent.release());
}

bool WriteAndClose(VSILFILE *fp, const std::string &osText)
{
    if (fp == nullptr)
        return false;
    const bool bWritten = VSIFWriteL(osText.data(), 1, osText.size(), fp) == osText.size();
    return VSIFCloseL(fp) == 0 && bWritten;
}

// Writes a new file and renames it. Object stores replace objects as a whole anyway. A writable
// file that cannot be replaced in its folder is written in place.
bool Write(const std::string &osFile, const std::string &osText)
{
    const std::string osAside =
        osFile + CPLSPrintf(".%d-" CPL_FRMT_GIB ".tmp", CPLGetCurrentProcessID(), CPLGetPID());
    VSILFILE *fp = VSIIsLocal(osFile.c_str()) ? VSIFOpenL(osAside.c_str(), "wb") : nullptr;
    if (fp != nullptr)
    {
        const bool bWritten = WriteAndClose(fp, osText);
        if (bWritten && VSIRename(osAside.c_str(), osFile.c_str()) == 0)
            return true;
        VSIUnlink(osAside.c_str());
        if (!bWritten) // disk full: the existing file stays
            return false;
    }
    return WriteAndClose(VSIFOpenL(osFile.c_str(), "wb"), osText);
}

// The target if "osFile" is a symbolic link, so that the link is preserved.
std::string FollowLink(const std::string &osFile)
{
    std::error_code oError;
    const std::filesystem::path oPath = std::filesystem::u8path(osFile);
    if (!std::filesystem::is_symlink(oPath, oError))
        return osFile;
    const std::filesystem::path oTarget = std::filesystem::canonical(oPath, oError);
    return oError ? osFile : oTarget.u8string();
}

} // namespace

bool EMITUpdateAuxiliaryFile(const std::string &osFile, const char *pszPart,
                             const CPLXMLNode *psBefore, const CPLXMLNode *psNow)
{
    CPLErrorStateBackuper oBackuper;
    CPLErrorHandlerPusher oQuiet(CPLQuietErrorHandler);
    const std::string osTarget = FollowLink(osFile);
    const intptr_t nLock = emit_folder_lock(CPLGetDirname(osTarget.c_str()));
    const std::shared_ptr<void> poUnlock(nullptr, [nLock](void *) { emit_folder_unlock(nLock); });
    const Tree oEmpty(CPLCreateXMLNode(nullptr, CXT_Element, "PAMDataset"));
    Tree oRoot = Parse(osTarget);
    const CPLXMLNode *psPart = FindPart(oRoot.get(), pszPart);
    const CPLXMLNode *psThere = psPart == nullptr ? nullptr : CPLGetXMLNode(psPart, "PAMDataset");
    ReplacePart(oRoot.get(), pszPart,
                Merge(psBefore, psNow != nullptr ? psNow : oEmpty.get(),
                      psThere != nullptr ? psThere : oEmpty.get()));
    if (HasElements(oRoot.get()))
        return Write(osTarget, Serialize(oRoot.get()));
    return !EMITFileExists(osTarget) || VSIUnlink(osTarget.c_str()) == 0;
}
