// SPDX-License-Identifier: MIT
#include "compat.h"

#include "rat.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

CPLStringList EMITGetMineralNames(const struct emit_view_info &sInfo)
{
    // Ids are 16-bit; without the limit a damaged table could create a list of billions of names.
    constexpr int MAX_ID = 65535;

    std::vector<std::string> aosById;
    for (size_t i = 0; i < sInfo.mineral_count; ++i)
    {
        const struct emit_mineral &sMineral = sInfo.minerals[i];
        if (sMineral.id < 0 || sMineral.id > MAX_ID)
            continue;
        const size_t nId = static_cast<size_t>(sMineral.id);
        aosById.resize(std::max(aosById.size(), nId + 1));
        aosById[nId] = sMineral.name;
    }
    CPLStringList aosNames;
    for (const std::string &osName : aosById)
        aosNames.AddString(osName.c_str());
    return aosNames;
}

std::unique_ptr<GDALRasterAttributeTable> EMITGetMineralTable(const struct emit_view_info &sInfo)
{
    static const struct
    {
        const char *pszName;
        GDALRATFieldType eType;
        GDALRATFieldUsage eUsage;
    } asColumns[] = {
        {"Value", GFT_Integer, GFU_MinMax},  {"Name", GFT_String, GFU_Name},
        {"Group", GFT_Integer, GFU_Generic}, {"Library", GFT_String, GFU_Generic},
        {"Record", GFT_String, GFU_Generic}, {"Url", GFT_String, GFU_Generic},
    };

    if (sInfo.mineral_count == 0)
        return nullptr;
    auto poTable = std::make_unique<GDALDefaultRasterAttributeTable>();
    poTable->SetTableType(GRTT_THEMATIC);
    for (const auto &sColumn : asColumns)
        poTable->CreateColumn(sColumn.pszName, sColumn.eType, sColumn.eUsage);
    poTable->SetRowCount(static_cast<int>(sInfo.mineral_count));
    for (int iRow = 0; iRow < poTable->GetRowCount(); ++iRow)
    {
        const struct emit_mineral &sMineral = sInfo.minerals[iRow];
        poTable->SetValue(iRow, 0, sMineral.id);
        poTable->SetValue(iRow, 1, sMineral.name);
        poTable->SetValue(iRow, 2, sMineral.group);
        poTable->SetValue(iRow, 3, sMineral.library);
        poTable->SetValue(iRow, 4, sMineral.record);
        poTable->SetValue(iRow, 5, sMineral.url);
    }
    return poTable;
}
