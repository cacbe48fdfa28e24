/* SPDX-License-Identifier: MIT */
/* Other granules of the same scene: finding and opening them. */
#ifndef EMIT_GRANULE_COMPANION_H
#define EMIT_GRANULE_COMPANION_H

#include "core/base/strings.h"
#include "core/granule/granule.h"

/* How well a file's name fits the granule's, best first. */
enum emit_name_fit
{
    EMIT_FIT_EXACT,   /* the same rest of the name: "_crop.nc" goes with "_crop.nc" */
    EMIT_FIT_MISSION, /* as the mission names granules */
    EMIT_FIT_OTHER    /* renamed: second downloads, other crops, exports */
};

/* A candidate, opened on first use. */
struct emit_companion
{
    char *path;
    enum emit_name_fit fit;
    int version;                        /* by the file name; 0: unknown */
    const struct emit_granule *granule; /* NULL until opened */
    struct emit_granule *owned;         /* "granule", unless it is the one that is viewed */
    bool fits;                          /* checked to show the same scene */
    bool passed_over;                   /* checked, and found unsuitable */
};

/* Candidates of one kind, best first; zeroed: empty and valid. */
struct emit_companions
{
    const struct emit_granule *granule; /* the one they accompany */
    bool named;                         /* by the user: each of them has to fit */
    size_t count;
    struct emit_companion *file;
    struct emit_string_builder missing;     /* likely paths without a file */
    struct emit_string_builder passed_over; /* the first few unsuitable files, with reasons */
    size_t passed_over_count;
};

void emit_companions_close(struct emit_companions *companions);

/* The scene's acquisition time as YYYYMMDDTHHMMSS, from the file name or else the attribute; ""
 * if neither has one. */
void emit_companion_time(const struct emit_granule *granule, char time[16]);

/* Turns 2022-08-27T06:07:53+0000 into 20220827T060753; false if the text is not such a time. */
bool emit_compact_time(const char *text, char time[16]);

/*
 * Lists the L2A granules of "product" ("MASK") with the time of "granule": by the fit of their
 * names, then the newest version first. They lie in the granule's folder or, if the granule lies in
 * the folders of NASA's archive, in those of their own collection. Where a folder is not listed (by
 * the server, or because GDAL_DISABLE_READDIR_ON_OPEN forbids it), the likely names are tried. An
 * empty list is not an error; a server that does not answer whether a file exists is one.
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
 * Adds the files that "text" names, in this order: one path or, if no file has that name, several
 * separated by commas. A relative path that does not exist in the current folder is one in the
 * granule's folder. EMIT_ERROR_FILE names both places if neither has it; whether an absolute path
 * exists is not checked.
 */
enum emit_status emit_companions_add_named(const char *text, struct emit_companions *companions,
                                           struct emit_error *error);

/*
 * Opens file "i" unless it is open. EMIT_NOT_A_GRANULE if it is not HDF5, EMIT_ERROR_OPTION if it
 * is but holds no swath, EMIT_ERROR_FILE or EMIT_ERROR_FORMAT if it cannot be read.
 */
enum emit_status emit_companion_open(struct emit_companions *companions, size_t i,
                                     const struct emit_granule **granule_ret,
                                     struct emit_error *error);

/* Closes file "i", which is unsuitable for "reason". */
void emit_companion_pass_over(struct emit_companions *companions, size_t i, const char *reason);

#endif
