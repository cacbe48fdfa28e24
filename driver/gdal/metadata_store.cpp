// SPDX-License-Identifier: MIT
#include "compat.h"

#include "metadata_store.h"

#include <cstring>
#include <utility>

static const char *NameOf(const char *pszDomain)
{
    return pszDomain == nullptr ? "" : pszDomain;
}

EMITMetadata::Domain *EMITMetadata::Find(const char *pszDomain) const
{
    for (Domain &oDomain : m_poDriverItems->aoDomains)
        if (EQUAL(oDomain.osName.c_str(), NameOf(pszDomain)))
            return &oDomain;
    return nullptr;
}

void EMITMetadata::SetDomain(const char *pszDomain, CPLStringList aosItems)
{
    if (!aosItems.empty())
        m_poDriverItems->aoDomains.push_back({NameOf(pszDomain), std::move(aosItems)});
}

void EMITMetadata::SetUnlisted(CPLStringList aosItems)
{
    m_poDriverItems->aosUnlisted = std::move(aosItems);
}

const char *EMITMetadata::GetItem(const char *pszName, const char *pszDomain) const
{
    const Domain *poDomain = Find(pszDomain);
    const char *pszListed =
        poDomain == nullptr ? nullptr : poDomain->aosDriverItems.FetchNameValue(pszName);
    if (pszListed != nullptr || NameOf(pszDomain)[0] != '\0')
        return pszListed;
    return m_poDriverItems->aosUnlisted.FetchNameValue(pszName);
}

static CPLStringList Merge(const CPLStringList &aosDriverItems, CSLConstList papszUserItems)
{
    CPLStringList aosMerged(aosDriverItems);
    for (; *papszUserItems != nullptr; ++papszUserItems)
    {
        char *pszKey = nullptr;
        const char *pszValue = CPLParseNameValue(*papszUserItems, &pszKey);
        if (pszKey != nullptr)
            aosMerged.SetNameValue(pszKey, pszValue);
        else
            aosMerged.AddString(*papszUserItems);
        CPLFree(pszKey);
    }
    return aosMerged;
}

static bool AreEqual(const CPLStringList &aosFirst, const CPLStringList &aosSecond)
{
    if (aosFirst.size() != aosSecond.size())
        return false;
    for (int i = 0; i < aosFirst.size(); ++i)
        if (strcmp(aosFirst[i], aosSecond[i]) != 0)
            return false;
    return true;
}

EMITStringList EMITMetadata::Get(const char *pszDomain, EMITStringList papszUserItems)
{
    Domain *poDomain = Find(pszDomain);
    if (poDomain == nullptr)
        return papszUserItems;
    if (papszUserItems == nullptr || *papszUserItems == nullptr)
        return poDomain->aosDriverItems.List();

    CPLStringList aosMerged = Merge(poDomain->aosDriverItems, papszUserItems);
    std::lock_guard<std::mutex> oLock(m_oMutex);
    CPLStringList &aosLast = m_oMerged[poDomain];
    // An equal list is not replaced, because a caller may still use it.
    if (!AreEqual(aosMerged, aosLast))
        aosLast = std::move(aosMerged);
    return aosLast.List();
}

CPLStringList EMITMetadata::RemoveDriverItems(const char *pszDomain, CSLConstList papszItems) const
{
    Domain *poDomain = Find(pszDomain);
    if (poDomain == nullptr)
        return CPLStringList(papszItems);

    CPLStringList aosKept;
    for (; papszItems != nullptr && *papszItems != nullptr; ++papszItems)
        if (CSLFindStringCaseSensitive(poDomain->aosDriverItems.List(), *papszItems) < 0)
            aosKept.AddString(*papszItems);
    return aosKept;
}

char **EMITMetadata::AddDomains(char **papszDomains) const
{
    CPLStringList aosDomains(papszDomains);
    for (const Domain &oDomain : m_poDriverItems->aoDomains)
        if (CSLFindString(aosDomains.List(), oDomain.osName.c_str()) < 0)
            aosDomains.AddString(oDomain.osName.c_str());
    return aosDomains.StealList();
}
