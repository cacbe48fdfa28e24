/* SPDX-License-Identifier: MIT */
/*
 * Writes sample granules in the layout of the mission's converter: netCDF-4 files that a program
 * can distinguish from the mission's only by their pixels, which are invented (see scene.h).
 */
#ifndef MK_GRANULE_WRITER_H
#define MK_GRANULE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "layout.h"
#include "names.h"

/* Which libraries of the mission a file looks made by. */
enum mk_toolchain
{
    MK_TOOLCHAIN_OF_GENERATION, /* 2022 in generation 1, 2026 in generation 2 */
    MK_TOOLCHAIN_2022, /* files of 2022 to 2025: chunks of about 4 MiB, _FillValue -9999 on the GLT
                        */
    MK_TOOLCHAIN_2026  /* files of 2026: chunks of about 16 MiB, _FillValue 0 on the GLT */
};

struct mk_options
{
    bool products[MK_PRODUCTS];   /* which to write */
    size_t lines, samples, bands; /* each at least 1 */
    uint32_t seed;
    uint32_t weather; /* other clouds over the same ground */
    double heading;   /* of flight, degrees clockwise from north */
    double longitude,
        latitude; /* upper left of the ortho grid, which snaps to the mission's lattice */
    struct mk_granule_id id;
    bool main_storage_chosen; /* false: the mission's storage instead of "main_storage" */
    struct mk_storage
        main_storage; /* of root variables over downtrack x crosstrack but band_mask */
    enum mk_toolchain toolchain;
    int32_t glt_fill;    /* value of empty cells of the GLT: 0 or -9999 */
    bool wide_band_mask; /* 64-bit band_mask, as before 25 Jan 2023 */
    bool early_names;    /* RAD: radiance_wl, radiance_fwhm */
    bool flat_field;     /* RAD: flat_field_update too */
    bool location;       /* /location, which some users remove */
};

/* RFL and MASK of a full granule of the first generation. */
struct mk_options mk_options_default(void);

/*
 * Writes one file per chosen product into "folder", which must exist, and calls "report" (may be
 * NULL) with the path of each as soon as it is complete. On failure the file in work is removed;
 * those reported stay. Memory: about 60 bytes a pixel of the swath, one line of the cube, one row
 * of chunks if chunked.
 */
bool mk_write_granules(const struct mk_options *options, const char *folder,
                       void (*report)(const char *path), struct mk_error *error);

#endif
