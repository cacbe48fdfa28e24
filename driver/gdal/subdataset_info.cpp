// SPDX-License-Identifier: MIT
#include "compat.h"

#include "subdataset_info.h"

#if EMIT_GDAL_SUBDATASET_INFO

#include "errors.h"
#include "names.h"

#include <cstring>
#include <memory>

namespace
{

// GDAL replaces the path in the name, so that the rest is preserved.
class SubdatasetInfo final : public GDALSubdatasetInfo
{
  public:
    SubdatasetInfo(const char *pszName, const struct emit_name &sName)
        : GDALSubdatasetInfo(pszName), m_osPath(sName.path),
          m_osVariable(sName.variable == nullptr ? "" : sName.variable)
    {
    }

  private:
    void parseFileName() override
    {
        m_driverPrefixComponent = "EMIT";
        m_isQuoted = m_fileName[strlen("EMIT:")] == '"';
        m_pathComponent = m_isQuoted ? EMITQuotePath(m_osPath.c_str()) : m_osPath;
        m_cleanedPathComponent = m_osPath;
        m_subdatasetComponent = m_osVariable;
    }

    std::string m_osPath;
    std::string m_osVariable;
};

} // namespace

GDALSubdatasetInfo *EMITGetSubdatasetInfo(const char *pszName)
{
    return EMITGuard<GDALSubdatasetInfo *>(
        nullptr,
        [&]() -> GDALSubdatasetInfo *
        {
            struct emit_name sName = {};
            if (!emit_name_has_prefix(pszName) ||
                emit_name_parse(pszName, &sName, nullptr) != EMIT_OK)
                return nullptr;
            const std::unique_ptr<struct emit_name, void (*)(struct emit_name *)> poClose(
                &sName, emit_name_close);
            return new SubdatasetInfo(pszName, sName);
        });
}

#endif
