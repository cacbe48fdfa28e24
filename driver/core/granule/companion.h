/* SPDX-License-Identifier: MIT */
/* Other granules of the same scene: finding them beside a granule, opening and checking them. */
#ifndef EMIT_GRANULE_COMPANION_H
#define EMIT_GRANULE_COMPANION_H

#include "core/granule/granule.h"

#define EMIT_MAX_COMPANIONS 16

/* A file that may serve, opened when it is first asked for. */
struct emit_companion
{
    char *path;
    const struct emit_granule *granule; /* NULL until opened */
    struct emit_granule *owned;         /* "granule", unless it is the one that is viewed */
};

/* Files of one kind, best first; zeroed: empty and valid. */
struct emit_companions
{
    const struct emit_granule *granule; /* the one they accompany */
    size_t count;
    struct emit_companion file[EMIT_MAX_COMPANIONS];
    char
        *missing; /* names that were tried in vain, joined by commas; NULL: the folder was listed */
};

void emit_companions_close(struct emit_companions *companions);

/* The scene's acquisition time as YYYYMMDDTHHMMSS, from the file name or else the attribute; ""
 * when neither tells. */
void emit_companion_time(const struct emit_granule *granule, char time[16]);

/*
 * Lists the granules of "product" ("MASK") with the time of "granule" in its folder, newest version
 * first. Where a server does not list the folder, or GDAL_DISABLE_READDIR_ON_OPEN forbids to ask,
 * the names that the mission would have given them are tried. None is no error; that a server fails
 * to say whether there is one, is.
 */
enum emit_status emit_companions_search(const struct emit_granule *granule, const char *product,
                                        struct emit_companions *companions,
                                        struct emit_error *error);

/* Adds one path to the end, or "granule" itself to the front. */
enum emit_status emit_companions_add(struct emit_companions *companions, const char *path,
                                     struct emit_error *error);
enum emit_status emit_companions_add_self(struct emit_companions *companions,
                                          struct emit_error *error);

/*
 * Opens file "i" and checks that it shows the same scene: raw grid and time_coverage_start. What
 * does not is EMIT_ERROR_OPTION naming both files; an unreadable file is EMIT_ERROR_FILE.
 */
enum emit_status emit_companion_open(struct emit_companions *companions, size_t i,
                                     const struct emit_granule **granule_ret,
                                     struct emit_error *error);

#endif
