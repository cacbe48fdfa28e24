// SPDX-License-Identifier: MIT
// Metadata that the driver itself provides, beside what GDAL keeps for the user.
#pragma once

#include "compat.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

// The driver's own items of a dataset or band, by domain.
//
// They are separate from GDALMajorObject's items, because PAM writes all of those to .aux.xml with
// the first statistics, and would serve the written copy from then on. User items are GDAL's: set
// by the user, or read by PAM. Both are listed together; a user item replaces a driver item of the
// same key.
class EMITMetadata final
{
  public:
    EMITMetadata() = default;

    // Shares the driver items of "oOther", which must not change any more.
    EMITMetadata(const EMITMetadata &oOther) : m_poDriverItems(oOther.m_poDriverItems)
    {
    }
    EMITMetadata &operator=(const EMITMetadata &) = delete;

    // Sets the items of "pszDomain". Not thread-safe.
    void SetDomain(const char *pszDomain, CPLStringList aosItems);

    // Sets items of the default domain that are found by name but not listed. VRTs and writers copy
    // listed items even if they select other bands, but these apply to this dataset only.
    void SetUnlisted(CPLStringList aosItems);

    // The driver item, or nullptr.
    const char *GetItem(const char *pszName, const char *pszDomain) const;

    // The driver items and "papszUserItems", for GetMetadata(). Valid until the user items change.
    EMITStringList Get(const char *pszDomain, EMITStringList papszUserItems);

    // The items of "papszItems" that differ from the driver's: those to store when a program sets a
    // list that it got from Get().
    CPLStringList RemoveDriverItems(const char *pszDomain, CSLConstList papszItems) const;

    // Adds the driver's domains to "papszDomains", which is taken over.
    char **AddDomains(char **papszDomains) const;

  private:
    struct Domain
    {
        std::string osName;
        CPLStringList aosDriverItems;
    };

    struct DriverItems
    {
        std::vector<Domain> aoDomains{};
        CPLStringList aosUnlisted{};
    };

    // nullptr if the driver has no items there.
    Domain *Find(const char *pszDomain) const;

    std::shared_ptr<DriverItems> m_poDriverItems = std::make_shared<DriverItems>();
    std::map<const Domain *, CPLStringList> m_oMerged{}; // last result of Get()
    std::mutex m_oMutex{};                               // guards m_oMerged
};

// A dataset or band of GDAL's ("Base") whose lists of metadata include the driver's items.
template <class Base>
class EMITWithMetadata : public Base
{
  public:
    char **GetMetadataDomainList() override
    {
        return m_oMetadata.AddDomains(Base::GetMetadataDomainList());
    }

    EMITStringList GetMetadata(const char *pszDomain = "") override
    {
        return m_oMetadata.Get(pszDomain, Base::GetMetadata(pszDomain));
    }

    const char *GetMetadataItem(const char *pszName, const char *pszDomain = "") override
    {
        const char *pszUserItem = Base::GetMetadataItem(pszName, pszDomain);
        return pszUserItem != nullptr ? pszUserItem : m_oMetadata.GetItem(pszName, pszDomain);
    }

    CPLErr SetMetadata(EMITStringList papszMetadata, const char *pszDomain = "") override
    {
        CPLStringList aosUserItems = m_oMetadata.RemoveDriverItems(pszDomain, papszMetadata);
        return Base::SetMetadata(aosUserItems.List(), pszDomain);
    }

  protected:
    EMITWithMetadata() = default;
    explicit EMITWithMetadata(const EMITMetadata &oMetadata) : m_oMetadata(oMetadata)
    {
    }

    EMITMetadata m_oMetadata{};
};
