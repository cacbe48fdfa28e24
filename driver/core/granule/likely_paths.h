/* SPDX-License-Identifier: MIT */
/* Where a granule's companions are, if they are named as the mission names them. */
#ifndef EMIT_GRANULE_LIKELY_PATHS_H
#define EMIT_GRANULE_LIKELY_PATHS_H

#include <stdbool.h>

/* Whether GDAL's configuration allows to list folders where "path" lies. */
bool emit_may_list_folder(const char *path);

/*
 * Paths of the granules of "product" with acquisition time "time" for the granule at "path", each
 * once: in its own folder unless that is listed anyway, and in the folders of NASA's archive if the
 * granule lies in such folders. Which of them exist is unknown. A list of GDAL's: release it with
 * CSLDestroy().
 */
char **emit_likely_paths(const char *path, const char *product, const char *time,
                         bool is_folder_listed);

#endif
