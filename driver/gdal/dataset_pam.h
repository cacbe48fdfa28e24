// SPDX-License-Identifier: MIT
// What GDAL stores of a dataset beside the granule: the .aux.xml file (its "persistent auxiliary
// metadata", PAM) and overviews that the user builds.
#pragma once

#include "compat.h"

#include "band.h"
#include "emit.h"
#include "metadata_store.h"

#include <functional>
#include <string>
#include <vector>

// Statistics and overviews of one set of options must not appear under another: each option key has
// a part of its own in the .aux.xml file, and an overview file of its own.
class EMITPamDataset : public EMITWithMetadata<GDALPamDataset>
{
  public:
    char **GetMetadataDomainList() override;
    EMITStringList GetMetadata(const char *pszDomain = "") override;
    const char *GetMetadataItem(const char *pszName, const char *pszDomain = "") override;
    CPLErr CreateMaskBand(int nFlags) override;
#if EMIT_GDAL_ADD_OVERVIEWS
    CPLErr AddOverviews(const std::vector<GDALDataset *> &apoSources, GDALProgressFunc pfnProgress,
                        void *pProgressData, CSLConstList papszOptions) override;
#endif

  protected:
    // "sInfo" lives until SaveOrDelete() has been called, which the derived class does on closing.
    explicit EMITPamDataset(const struct emit_view_info &sInfo);

    void LoadPam();
    void SaveOrDelete();

    // Whether an overview file is in use, which GDAL opens by another driver.
    bool HasOverviewFile();

    // Called when an overview file may have come into use, or may be in use no longer.
    virtual void OverviewsChanged() = 0;

    CPLErr IBuildOverviews(const char *pszResampling, int nOverviews, const int *panOverviewList,
                           int nListBands, const int *panBandList, GDALProgressFunc pfnProgress,
                           void *pProgressData, CSLConstList papszOptions) override;
    CPLErr TrySaveXML() override;

    const struct emit_view_info &m_sInfo;
    EMITOverviewList m_aoOverviews{}; // empty while GDAL builds others

  private:
    CPL_DISALLOW_COPY_ASSIGN(EMITPamDataset)

    void LoadStored(CPLStringList &aosSiblings);
    CPLErr SaveElsewhere();
    void DeleteOnClose();
    const char *GetOverviewObstacle(CSLConstList papszOptions) const;
    std::string GetOverviewFileStem() const;
    std::string GetUnfinishedStem() const;
    CPLErr ChangeOverviews(bool bAdds, CSLConstList papszOptions,
                           const std::function<CPLErr(const char *pszStem)> &oChange);
    void FindOverviewFile();
    void CopyOverviewFile(const std::string &osCopy);
    void FinishOverviewFile(const std::string &osUnfinished, bool bComplete);
    void ForgetOverviewFile();

    const std::string m_osPart;     // name of this dataset's part of the .aux.xml file
    std::string m_osOverviewFile{}; // empty if there is none, or if it was not found by its name
    CPLXMLTreeCloser m_oSavedPart{nullptr}; // last content of the .aux.xml file
};
