/* SPDX-License-Identifier: MIT */
/* File names of granules. Pure. */
#ifndef EMIT_GRANULE_FILENAME_H
#define EMIT_GRANULE_FILENAME_H

#include "emit.h"

/* What the file name of a granule says (docs/format.md, "Container"). */
struct emit_filename_parts
{
    char level[4];    /* L1B, L2A; never L3 */
    char product[17]; /* RFL, MASK, ...: letters and digits */
    int version;      /* 1 for 001 or V001 */
    char time[16];    /* YYYYMMDDTHHMMSS, as the scene is identified by */
    char scene[13];   /* "_ooooooo_sss", orbit and scene of early versions; "" without */
    const char *rest; /* what follows in the path that was parsed: ".nc", "_crop.nc"; a
                       * URL's query included */
};

/* False when the base name of "path" does not begin with the pattern of swath granules, which are
 * of level 1 or 2. */
bool emit_filename_parse(const char *path, struct emit_filename_parts *parts);

/* The same whatever the case of the letters. "level" and "product" come in upper case. */
bool emit_filename_parse_any_case(const char *path, struct emit_filename_parts *parts);

/* Whether orbit and scene follow the time exactly where the mission writes them: up to version 001,
 * and in masks of version 002. */
bool emit_filename_has_mission_scene(const struct emit_filename_parts *parts);

/* Whether the mission names granules like this: with nothing but the ending after that. */
bool emit_filename_is_original(const struct emit_filename_parts *parts);

/* Whether "path" ends as in NASA's archive, <collection>/<granule>/<file>. "*base_length" is the
 * length of what precedes the collection. */
bool emit_filename_is_in_archive(const char *path, size_t *base_length);

#endif
