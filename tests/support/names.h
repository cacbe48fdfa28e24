/* SPDX-License-Identifier: MIT */
/* Every product's names: of files, variables, bands. Acquisition times. */
#ifndef MK_NAMES_H
#define MK_NAMES_H

#include <stdbool.h>
#include <stddef.h>

enum mk_product
{
    MK_RFL,
    MK_RFLUNCERT,
    MK_RAD,
    MK_OBS,
    MK_MASK,
    MK_MIN,
    MK_MINUNCERT,
    MK_PRODUCTS
};

enum mk_mask_band
{
    MK_FLAG_CLOUD,
    MK_FLAG_CIRRUS,
    MK_FLAG_WATER,
    MK_FLAG_SPACECRAFT,
    MK_FLAG_DILATED_CLOUD,
    MK_DATA_AEROSOL,
    MK_DATA_VAPOUR,
    MK_FLAG_AGGREGATE,
    MK_DATA_SPECTF_PROBABILITY,
    MK_FLAG_SPECTF_CLOUD,
    MK_DATA_SPECTF_BUFFER,
    MK_MASK_BANDS
};

#define MK_OBS_BANDS 11

struct mk_time
{
    int year, month, day, hour, minute, second; /* UTC */
};

struct mk_granule_id
{
    struct mk_time time;
    int generation;   /* 1: names carry orbit and scene; 2: they do not */
    int mask_version; /* 1, 2, 3 */
    char orbit[8];    /* 7 digits */
    char scene[4];    /* 3 digits */
};

/* "RFL", "RFLUNCERT", ...; MK_PRODUCTS if "name" (of "length" characters) is unknown. */
enum mk_product mk_product_named(const char *name, size_t length);

/* Title of the product as the root attribute has it, without the version. */
const char *mk_product_title(enum mk_product product);

/* One sentence for the root attribute "summary". */
const char *mk_product_summary(enum mk_product product);

/* Version of the product's collection: 1, 2 or 3. */
int mk_product_version(enum mk_product product, const struct mk_granule_id *id);

/* File name of the product's granule, without folder. */
void mk_file_name(enum mk_product product, const struct mk_granule_id *id, char *name, size_t size);

/* Bands of a mask of "version" in file order; returns how many, 7 to 11. */
size_t mk_mask_layout(int version, enum mk_mask_band bands[MK_MASK_BANDS]);

/* The label that masks of "version" give to a band. */
const char *mk_mask_label(int version, enum mk_mask_band band);

extern const char *const mk_obs_labels[MK_OBS_BANDS];

/* Reads YYYYMMDDTHHMMSS. False if "text" has another form or is not a valid time. */
bool mk_time_parse(const char *text, struct mk_time *time);

/* "seconds" (>= 0, less than a day) later. */
struct mk_time mk_time_later(struct mk_time time, int seconds);

#endif
