/* SPDX-License-Identifier: MIT */
/* Finds and opens other granules of the same scene. */
#pragma once

#include "core/base/strings.h"
#include "core/granule/granule.h"

/* Rank of a file's name relative to the granule's, best first. */
enum emit_name_fit
{
    EMIT_FIT_EXACT,   /* the rest of the name is equal: "_crop.nc" goes with "_crop.nc" */
    EMIT_FIT_MISSION, /* a name of the mission */
    EMIT_FIT_OTHER    /* renamed: second downloads, other crops, exports */
};

/* A candidate, opened on first use. */
struct emit_companion
{
    char *path;
    enum emit_name_fit fit;
    int version;                        /* from the file name; 0: unknown */
    const struct emit_granule *granule; /* NULL until opened */
    struct emit_granule *owned;         /* "granule", unless it is the viewed granule */
    bool fits;                          /* verified to show the same scene */
    bool rejected;                      /* verified to be unsuitable */
};

/* Candidates of one product, best first; zeroed: empty and valid. */
struct emit_companions
{
    const struct emit_granule *granule; /* whose companions these are */
    bool named;                         /* by the user: all must show the scene */
    size_t count;
    struct emit_companion *file;
    struct emit_string_builder missing;  /* likely paths without a file */
    struct emit_string_builder rejected; /* the first few unsuitable files, with reasons */
    size_t rejected_count;
};

void emit_companions_close(struct emit_companions *companions);

/* The scene's acquisition time as YYYYMMDDTHHMMSS, from the file name or else the attribute; ""
 * if neither has one. */
void emit_companion_time(const struct emit_granule *granule, char time[16]);

/* Turns 2022-08-27T06:07:53+0000 into 20220827T060753; false if the text is not such a time. */
bool emit_compact_time(const char *text, char time[16]);

/* Lists the L2A granules of "product" ("MASK") with the time of "granule": by the rank of their
 * names, then the newest version first. They lie in the granule's folder or, if the granule lies in
 * folders of NASA's archive, in those of their own collection. If a folder cannot be listed (on
 * some servers, or because of GDAL_DISABLE_READDIR_ON_OPEN), the likely names are tried. An empty
 * list is not an error, but it is an error if a server does not answer. With "prefetch", the
 * metadata of each file on a server are fetched as soon as it is found. */
enum emit_status emit_companions_search(const struct emit_granule *granule, const char *product,
                                        bool prefetch, struct emit_companions *companions,
                                        struct emit_error *error);

/* Prefetches what opening the files on servers will read. Failures are left to the functions that
 * open companions. */
void emit_companions_prefetch(const struct emit_companions *companions);

/* emit_granule_open(), and at the same time, if "path" is on a server, prefetches what opening the
 * companions will read: the files that "named" names, as below, or, if it is NULL, those of
 * "product", which may be NULL: none. */
enum emit_status emit_companions_open_granule(const char *path, const char *product,
                                              const char *named, struct emit_granule **granule_ret,
                                              struct emit_error *error);

/* Inserts a path, which may be the granule's own, before candidate "at" (count: at the end). */
enum emit_status emit_companions_add(struct emit_companions *companions, size_t at,
                                     const char *path, struct emit_error *error);

/* Adds the files that "text" names, in this order: one path or, if there is no such file, several
 * separated by commas. A relative path that does not exist in the current folder is resolved in the
 * granule's folder. EMIT_ERROR_FILE names both paths if neither exists; absolute paths are not
 * checked. */
enum emit_status emit_companions_add_named(const char *text, struct emit_companions *companions,
                                           struct emit_error *error);
