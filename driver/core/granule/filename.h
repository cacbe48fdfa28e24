/* SPDX-License-Identifier: MIT */
/* File names of granules. Pure. */
#ifndef EMIT_GRANULE_FILENAME_H
#define EMIT_GRANULE_FILENAME_H

#include "emit.h"

/* What the file name of a granule says (docs/format.md, "Container"). */
struct emit_filename_parts
{
    char product[17]; /* RFL, MASK, ...: letters and digits */
    int version;      /* 1 for 001 or V001 */
    char time[16];    /* YYYYMMDDTHHMMSS, as the scene is identified by */
    char scene[13];   /* "_ooooooo_sss", orbit and scene of early versions; "" without */
};

/* False when the base name of "path" does not begin with the pattern of swath granules, which are
 * of level 1 or 2. */
bool emit_filename_parse(const char *path, struct emit_filename_parts *parts);

#endif
