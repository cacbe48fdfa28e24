// SPDX-License-Identifier: MIT
// Metadata that the driver itself provides, beside what GDAL keeps for the user.
#ifndef EMIT_GDAL_METADATA_STORE_H
#define EMIT_GDAL_METADATA_STORE_H

#include "compat.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

// The driver's own items of one dataset or band, by domain.
//
// They are kept apart from GDALMajorObject's because PAM writes all of those to .aux.xml at the
// first statistics, and would then serve the written copy for ever after. "Stored" items are
// GDAL's: the user's and PAM's. Both are shown together; where both have a key, the stored one
// counts.
class EMITMetadata final
{
  public:
    EMITMetadata() = default;

    // Shows the same items of the driver as "oOther", which must not change any more.
    EMITMetadata(const EMITMetadata &oOther) : m_poDriverItems(oOther.m_poDriverItems)
    {
    }
    EMITMetadata &operator=(const EMITMetadata &) = delete;

    // Gives "pszDomain" its items. Not while other threads read.
    void SetDomain(const char *pszDomain, CPLStringList aosItems);

    // Gives the default domain items that are found by name but not listed: VRTs and writers copy
    // what is listed, also where they choose other bands, and these hold for this dataset alone.
    void SetUnlisted(CPLStringList aosItems);

    // The driver's item, or nullptr.
    const char *GetItem(const char *pszName, const char *pszDomain) const;

    // The driver's items and "papszUserItems", to be returned by GetMetadata(): valid as long as
    // the stored ones do not change.
    EMITStringList Get(const char *pszDomain, EMITStringList papszUserItems);

    // The items of "papszItems" that do not merely repeat the driver's: what is worth storing when
    // a program sets a list that it got from Get().
    CPLStringList RemoveDriverItems(const char *pszDomain, CSLConstList papszItems) const;

    // "papszDomains" (taken over) with the driver's domains added.
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

    // nullptr when the driver has nothing there.
    Domain *Find(const char *pszDomain) const;

    std::shared_ptr<DriverItems> m_poDriverItems = std::make_shared<DriverItems>();
    std::map<const Domain *, CPLStringList> m_oMerged{}; // what Get() returned last
    std::mutex m_oMutex{};                               // guards m_oMerged
};

#endif
