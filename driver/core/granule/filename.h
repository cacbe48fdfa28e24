/* SPDX-License-Identifier: MIT */
/* File names of granules. Pure. */
#pragma once

#include "emit.h"

/* Parts of a granule's file name (docs/format.md, "Container"). */
struct emit_filename_parts
{
    char level[4];    /* L1B, L2A; never L3 */
    char product[17]; /* RFL, MASK, ...: letters and digits */
    int version;      /* 1 for 001 or V001 */
    char time[16];    /* YYYYMMDDTHHMMSS, identifies the scene */
    char scene[13];   /* "_ooooooo_sss", orbit and scene of early versions; or "" */
    const char *rest; /* rest of the parsed path: ".nc", "_crop.nc"; includes the query of a URL */
};

/* False if the base name of "path" does not begin with the pattern of swath granules, which are of
 * level 1 or 2. */
bool emit_filename_parse(const char *path, struct emit_filename_parts *parts);

/* As emit_filename_parse(), ignoring case. "level" and "product" are upper case. */
bool emit_filename_parse_any_case(const char *path, struct emit_filename_parts *parts);

/* Whether orbit and scene are in the name exactly if the mission writes them: up to version 001,
 * and in masks of version 002. */
bool emit_filename_has_mission_scene(const struct emit_filename_parts *parts);

/* Whether it is a name of the mission: followed by nothing but the file ending. */
bool emit_filename_is_original(const struct emit_filename_parts *parts);

/* Whether "path" ends as in NASA's archive, <collection>/<granule>/<file>. "*base_length" is the
 * length of the part before the collection. */
bool emit_filename_is_in_archive(const char *path, size_t *base_length);
