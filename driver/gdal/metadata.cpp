// SPDX-License-Identifier: MIT
#include "compat.h"

#include "metadata.h"

#include <algorithm>
#include <cstring>
#include <utility>

static const char *NameOf(const char *pszDomain)
{
    return pszDomain == nullptr ? "" : pszDomain;
}

size_t EMITMetadata::Find(const char *pszDomain) const
{
    size_t iDomain = 0;
    while (iDomain < m_aoDomains.size() &&
           !EQUAL(m_aoDomains[iDomain].osName.c_str(), NameOf(pszDomain)))
        ++iDomain;
    return iDomain;
}

void EMITMetadata::SetDomain(const char *pszDomain, CPLStringList aosItems)
{
    if (!aosItems.empty())
        m_aoDomains.push_back({NameOf(pszDomain), std::move(aosItems), CPLStringList()});
}

void EMITMetadata::SetUnlisted(CPLStringList aosItems)
{
    m_aosUnlisted = std::move(aosItems);
}

const char *EMITMetadata::GetItem(const char *pszName, const char *pszDomain) const
{
    const size_t iDomain = Find(pszDomain);
    const char *pszListed = iDomain == m_aoDomains.size()
                                ? nullptr
                                : m_aoDomains[iDomain].aosOwn.FetchNameValue(pszName);
    if (pszListed != nullptr || NameOf(pszDomain)[0] != '\0')
        return pszListed;
    return m_aosUnlisted.FetchNameValue(pszName);
}

static CPLStringList Merge(const CPLStringList &aosOwn, CSLConstList papszStored)
{
    CPLStringList aosMerged(aosOwn);
    for (; *papszStored != nullptr; ++papszStored)
    {
        char *pszKey = nullptr;
        const char *pszValue = CPLParseNameValue(*papszStored, &pszKey);
        if (pszKey != nullptr)
            aosMerged.SetNameValue(pszKey, pszValue);
        else
            aosMerged.AddString(*papszStored);
        CPLFree(pszKey);
    }
    return aosMerged;
}

static bool AreEqual(const CPLStringList &aosFirst, const CPLStringList &aosSecond)
{
    if (aosFirst.size() != aosSecond.size())
        return false;
    for (int i = 0; i < aosFirst.size(); ++i)
    {
        if (strcmp(aosFirst[i], aosSecond[i]) != 0)
            return false;
    }
    return true;
}

EMITStringList EMITMetadata::Get(const char *pszDomain, EMITStringList papszStored)
{
    const size_t iDomain = Find(pszDomain);
    if (iDomain == m_aoDomains.size())
        return papszStored;
    Domain &oDomain = m_aoDomains[iDomain];
    if (papszStored == nullptr || *papszStored == nullptr)
        return oDomain.aosOwn.List();

    CPLStringList aosMerged = Merge(oDomain.aosOwn, papszStored);
    std::lock_guard<std::mutex> oLock(m_oMutex);
    // An equal list stays where it is: a caller may still hold it.
    if (!AreEqual(aosMerged, oDomain.aosMerged))
        oDomain.aosMerged = std::move(aosMerged);
    return oDomain.aosMerged.List();
}

CPLStringList EMITMetadata::WithoutOwn(const char *pszDomain, CSLConstList papszItems) const
{
    const size_t iDomain = Find(pszDomain);
    if (iDomain == m_aoDomains.size())
        return CPLStringList(papszItems);

    CPLStringList aosKept;
    for (; papszItems != nullptr && *papszItems != nullptr; ++papszItems)
    {
        if (CSLFindStringCaseSensitive(m_aoDomains[iDomain].aosOwn.List(), *papszItems) < 0)
            aosKept.AddString(*papszItems);
    }
    return aosKept;
}

char **EMITMetadata::AddDomains(char **papszDomains) const
{
    CPLStringList aosDomains(papszDomains);
    for (const Domain &oDomain : m_aoDomains)
    {
        if (CSLFindString(aosDomains.List(), oDomain.osName.c_str()) < 0)
            aosDomains.AddString(oDomain.osName.c_str());
    }
    return aosDomains.StealList();
}
