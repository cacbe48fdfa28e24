// SPDX-License-Identifier: MIT
#include "compat.h"

#include "debug.h"

#include "errors.h"

// CPLDebug() filters by category later. Checked once per view, so that reads cost nothing if
// debugging is off.
static bool IsDebugging()
{
    const char *pszDebug = CPLGetConfigOption("CPL_DEBUG", "OFF");
    return !EQUAL(pszDebug, "OFF") && !EQUAL(pszDebug, "NO") && !EQUAL(pszDebug, "FALSE");
}

static const char *GetReadPath(const struct emit_read_step &sStep)
{
    switch (sStep.path)
    {
    case EMIT_READ_PATH_SPECTRA:
        return "tiles, spectra straight from the file";
    case EMIT_READ_PATH_BLOCKS:
        return "blocks through the cache";
    case EMIT_READ_PATH_BITS:
        break;
    }
    return "tiles, all from the band mask in memory";
}

static void LogStep(void *pContext, const struct emit_read_step *psStep)
{
    const struct emit_view_info *psInfo =
        emit_view_describe(static_cast<const struct emit_view *>(pContext));
    EMITDebug("%s: reads " CPL_FRMT_GUIB " x " CPL_FRMT_GUIB " cells of " CPL_FRMT_GUIB
              " bands: " CPL_FRMT_GUIB " pixels in " CPL_FRMT_GUIB " %s, threads: %d",
              CPLGetFilename(psInfo->path), static_cast<GUIntBig>(psStep->rows),
              static_cast<GUIntBig>(psStep->columns), static_cast<GUIntBig>(psStep->bands),
              static_cast<GUIntBig>(psStep->pixels), static_cast<GUIntBig>(psStep->tiles),
              GetReadPath(*psStep), psStep->threads);
}

void EMITLogView(struct emit_view *psView)
{
    if (!IsDebugging())
        return;
    const struct emit_view_info *psInfo = emit_view_describe(psView);
    EMITDebug("%s: %s, " CPL_FRMT_GIB " rows x " CPL_FRMT_GIB " columns x " CPL_FRMT_GUIB
              " bands; threads: at most %d; cache: " CPL_FRMT_GIB " MB (GDAL_CACHEMAX)",
              psInfo->path, psInfo->variable != nullptr ? psInfo->variable : "no main variable",
              static_cast<GIntBig>(psInfo->rows), static_cast<GIntBig>(psInfo->columns),
              static_cast<GUIntBig>(psInfo->band_count), psInfo->thread_count,
              static_cast<GIntBig>(GDALGetCacheMax64() >> 20));
    for (size_t i = 0; i < psInfo->applied_count; ++i)
        EMITDebug("%s=%s", psInfo->applied[i].key, psInfo->applied[i].value);
    emit_view_set_trace(psView, {LogStep, psView});
}
