/* SPDX-License-Identifier: MIT */
/* Names: of datasets (EMIT:"path":variable?KEY=VALUE, see emit.h) and of granule files. */
#ifndef EMIT_CORE_NAME_H
#define EMIT_CORE_NAME_H

#include "emit.h"

/* What the file name of a granule says (docs/format.md, "Container"). */
struct emit_filename_parts
{
    char product[17]; /* RFL, MASK, ...: letters and digits */
    int version;      /* 1 for 001 or V001 */
    char time[16];    /* YYYYMMDDTHHMMSS, as the scene is identified by */
    char scene[13];   /* "_ooooooo_sss", orbit and scene of early versions; "" without */
};

/* False when the base name of "path" does not begin with the pattern of granule files. */
bool emit_filename_parse(const char *path, struct emit_filename_parts *parts);

#endif
