/* SPDX-License-Identifier: MIT */
/* Paths of a granule's companions by the mission's naming rules. */
#pragma once

#include <stdbool.h>

/* Whether GDAL's configuration allows listing the folder of "path". */
bool emit_may_list_folder(const char *path);

/* Paths of granules of "product" with acquisition time "time" for the granule at "path", without
 * duplicates: in its own folder unless that can be listed, and in the folders of NASA's archive if
 * the granule lies in such folders. They may not exist. Release the list with CSLDestroy(). */
char **emit_likely_paths(const char *path, const char *product, const char *time,
                         bool is_folder_listed);
