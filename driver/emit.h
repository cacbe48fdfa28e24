/* SPDX-License-Identifier: MIT */
/*
 * The only interface between the GDAL side and the core.
 *
 * A *view* is one variable of one granule with a set of open options: orthorectified or raw,
 * masked, with the selected bands. The core opens, describes and reads views; it never raises GDAL
 * errors, and prints to CPLDebug() alone. Vocabulary: docs/design.md.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define EMIT_BEGIN_C                                                                               \
    extern "C"                                                                                     \
    {
#define EMIT_END_C }
#else
#define EMIT_BEGIN_C
#define EMIT_END_C
#endif

EMIT_BEGIN_C

/* Result of a call. All but EMIT_OK set the message of the caller's emit_error. */
enum emit_status
{
    EMIT_OK = 0,
    EMIT_NOT_A_GRANULE,  /* not an EMIT swath granule: other drivers may try */
    EMIT_ERROR_OPTION,   /* invalid option or name */
    EMIT_ERROR_FILE,     /* missing, unreadable, truncated or changed while open */
    EMIT_ERROR_FORMAT,   /* a granule with inconsistent content */
    EMIT_ERROR_MEMORY,   /* out of memory */
    EMIT_ERROR_INTERNAL, /* a bug in the driver or its caller */
    EMIT_STATUS_END
};

/* Filled by the core, owned by the caller. Every function accepts NULL if the caller does not need
 * the message. Longer messages are truncated. */
struct emit_error
{
    char message[4096];
};

/* Value types of variables, in the machine's byte order. */
enum emit_type
{
    EMIT_UINT8 = 0,
    EMIT_INT8,
    EMIT_UINT16,
    EMIT_INT16,
    EMIT_UINT32,
    EMIT_INT32,
    EMIT_UINT64,
    EMIT_INT64,
    EMIT_FLOAT32,
    EMIT_FLOAT64,
    EMIT_TYPE_END
};

/* Size of one value of "type" in bytes. */
size_t emit_type_size(enum emit_type type);

/* GDAL's name of "type", "Float32". */
const char *emit_type_name(enum emit_type type);

/* Size of a buffer for any number as text. */
#define EMIT_NUMBER_SIZE 32

/* Formats the value at "bytes": all digits of an integer; for a float or double the fewest digits
 * that read back as the same value. Uses a decimal point in every locale. */
void emit_number_format(enum emit_type type, const void *bytes, char text[EMIT_NUMBER_SIZE]);

/* Formats "value" times 10^"shift" with the fewest digits that read back as the same double or, if
 * "value" is a float, as the same float. Uses a decimal point in every locale. */
void emit_number_text(double value, int shift, char text[EMIT_NUMBER_SIZE]);

/* ---- Names ---------------------------------------------------------------------------------- */

/* Parts of a dataset name; release with emit_name_close(). */
struct emit_name
{
    char *path;     /* never NULL after success */
    char *variable; /* NULL: the main variable */
    char **options; /* "KEY=VALUE" strings, NULL-terminated; NULL if there are no options */
};

/* Whether "name" starts with the connection prefix "EMIT:" in any case. */
bool emit_name_has_prefix(const char *name);

/*
 * Splits EMIT:"path"[:variable][?KEY=VALUE[&KEY=VALUE...]], or a plain path, into "name".
 *
 * Inside the quotes \" stands for a quote; every other character stands for itself. The quotes are
 * optional, because shells remove them: without quotes the path ends at the first HDF5 file ending
 * (.nc, .nc4, .h5, .hdf5) that is followed by ':', '?' or the end of "text". In option values %XX
 * stands for the byte with that hexadecimal code.
 */
enum emit_status emit_name_parse(const char *text, struct emit_name *name,
                                 struct emit_error *error);

/* Frees the parts and zeroes "name", which may be zeroed already. */
void emit_name_close(struct emit_name *name);

/* Classification of a file by its base name alone. */
enum emit_filename
{
    EMIT_FILENAME_OTHER = 0, /* unrelated */
    EMIT_FILENAME_MENTIONS,  /* contains "emit" in any case */
    EMIT_FILENAME_GRANULE    /* matches the pattern of swath granules (EMIT_L2A_RFL_001_...) */
};
enum emit_filename emit_filename_classify(const char *path);

/* Whether replacing the base name of "path" gives the path of another file in its folder. Not in a
 * URL with a query, which may be a signature for this file alone, nor in an encoded one. */
bool emit_path_has_folder(const char *path);

/* Replaces the parts of URLs in "string" that may be secret by three dots: queries, user names and
 * passwords, options of /vsicurl?. */
void emit_redact(char *string);

/* Whether the file at "path" (any GDAL virtual path) has the HDF5 signature, which may follow a
 * user block. Reads a few bytes; false if the file cannot be opened. */
bool emit_file_is_hdf5(const char *path);

/* Name of the open option that "key" (up to a '=') is, misspells, is a synonym of or shares a word
 * of masking with. NULL for all other keys, which belong to GDAL or another driver. Static. */
const char *emit_option_meant(const char *key);

/* Whether "item" is what remains of an option whose value a program split at its commas or spaces:
 * an unknown key without a value, or with a space or comparison in it. Opening with such an item
 * fails. */
bool emit_option_is_remainder(const char *item);

/* Name of the first masking option in "options" ("KEY=VALUE" strings, NULL-terminated; may be NULL)
 * that requests a mask, MASK_FILE included; NULL if no mask is requested. Misspelt keys and invalid
 * values count as requests: opening then reports them. Static. */
const char *emit_options_mask(const char *const *options);

/* The open options as the XML list that GDAL and QGIS read. Static; never NULL after loading. */
const char *emit_option_list_xml(void);

/* ---- Processes ------------------------------------------------------------------------------ */

/* Number of fork()s between the program's first process and this one. An object that stores another
 * number was created by a parent process, whose other threads do not exist here. */
unsigned emit_process(void);

/* ---- Views ---------------------------------------------------------------------------------- */

struct emit_view;

/* Key and value, both UTF-8 and never NULL. */
struct emit_pair
{
    const char *key;
    const char *value;
};

/* Colour that a band shows in a true-colour picture. */
enum emit_colour
{
    EMIT_COLOUR_NONE = 0,
    EMIT_COLOUR_RED,
    EMIT_COLOUR_GREEN,
    EMIT_COLOUR_BLUE
};

struct emit_band
{
    const char *description; /* "650.21 nm", a mask's label, an observation's name */
    const char *units;       /* "" if the file has none */
    double wavelength_nm;    /* NaN if the band has none */
    double fwhm_nm;          /* NaN when unknown */
    int good;                /* good_wavelengths: 1, 0, or -1 if the file has none */
    int file_band;           /* 0-based band number in the file */
    enum emit_colour colour;
};

/* A swath variable of the granule, as listed in emit_view_info. */
struct emit_variable
{
    const char *name;        /* for EMIT:"path":name */
    const char *description; /* long_name, or "" */
    int64_t downtrack;
    int64_t crosstrack;
    int64_t bands; /* 1 for a variable over downtrack and crosstrack alone */
    enum emit_type type;
    bool scaled; /* as in emit_view_info */
    double scale;
    double offset;
};

/* Row of the mineral table. Row 0 is always id 0, "no match". */
struct emit_mineral
{
    int id;
    const char *name;
    const char *library;
    const char *record;
    const char *url;
    int group; /* 0 for the row of id 0 */
};

/* Description of a view. Owned by the view, constant while it is open. */
struct emit_view_info
{
    const char *path;
    const char *variable; /* NULL: the granule has no main variable and the view no bands; see
                             "variables" */

    bool ortho;              /* cells of the ortho grid, with a geotransform, else raw pixels */
    int64_t rows;            /* ortho rows, or downtrack lines */
    int64_t columns;         /* ortho columns, or crosstrack samples */
    double geotransform[6];  /* GDAL's order; degrees; never -0.0 */
    const char *spatial_ref; /* WKT of the grid or of lon and lat; "" if the file has none */
    bool has_geolocation;    /* the raw grid has lon and lat */
    enum emit_type type;     /* of every band */
    double nodata; /* value of masked and empty cells; 64-bit integers may lose low bits */
    unsigned char nodata_bytes[8]; /* "nodata" as a value of "type" */
    bool scaled; /* a value stands for value * scale + offset, unless it is nodata */
    double scale;
    double offset;

    size_t band_count;
    const struct emit_band *bands;

    size_t attribute_count; /* root attributes of the granule; numbers as text, lists as {a,b} */
    const struct emit_pair *attributes;
    size_t applied_count; /* EMIT_MASK_FILE, EMIT_QUALITY_FLAGS, ...: the masks in use */
    const struct emit_pair *applied;
    size_t variable_count;
    const struct emit_variable *variables;
    size_t file_count; /* the granule first, then the mask and other companions in use */
    const char *const *files;
    size_t mineral_count; /* 0 unless the variable holds mineral ids */
    const struct emit_mineral *minerals;

    int thread_count; /* maximum that a read uses */

    const char *option_key; /* canonical: names the variable and all options that change pixels */
    uint64_t option_hash;   /* of "option_key", the same in every release */
    const char
        *warning; /* message for the user about a problem that did not prevent opening; or "" */
};

/*
 * Opens "variable" (NULL: the main one) of the granule at "path" (any GDAL virtual path) with
 * "options" ("KEY=VALUE" strings, NULL-terminated; may be NULL; the first of several equal keys
 * counts). A key that misspells an option is EMIT_ERROR_OPTION; other unknown keys are ignored,
 * because GDAL warns of them. Reads metadata only. Release "*view_ret" with emit_view_close().
 *
 * EMIT_NOT_A_GRANULE if the file is not HDF5 or has no swath, and no mask is requested. The message
 * of EMIT_ERROR_OPTION names the file, the option and what is available. A requested mask that
 * cannot be applied is an error.
 */
enum emit_status emit_view_open(const char *path, const char *variable, const char *const *options,
                                struct emit_view **view_ret, struct emit_error *error);

const struct emit_view_info *emit_view_describe(const struct emit_view *view);

/* Cells to read: every combination of "rows" and "columns" of the view. A plain window lists
 * consecutive numbers, a decimated one those that nearest-neighbour resampling selects; any order
 * and repetitions are allowed. */
struct emit_cells
{
    const int64_t *rows;
    size_t row_count;
    const int64_t *columns;
    size_t column_count;
};

/* Destination of values: band b of cell (r, c) at data + r*row_stride + c*column_stride +
 * b*band_stride, with strides in bytes and of any sign. Values have the view's type. Cells must not
 * overlap. */
struct emit_buffer
{
    unsigned char *data;
    ptrdiff_t row_stride;
    ptrdiff_t column_stride;
    ptrdiff_t band_stride;
};

/* Reads the "band_count" bands listed in "bands" (0-based positions in info->bands) of "cells".
 * Every value of the buffer is written on success; after a failure its content is undefined.
 * Thread-safe: several threads may read one view. */
enum emit_status emit_view_read(struct emit_view *view, const struct emit_cells *cells,
                                const int *bands, size_t band_count,
                                const struct emit_buffer *buffer, struct emit_error *error);

/* Counts the cells that show a pixel in the band: all others are nodata, because they lie outside
 * the swath or are masked. Reads no values. Thread-safe. */
enum emit_status emit_view_count(struct emit_view *view, const struct emit_cells *cells, int band,
                                 uint64_t *count_ret, struct emit_error *error);

/* Moves a warning that reads of "view" have raised to "*warning". False without one, and for all
 * callers but the first. Thread-safe. */
bool emit_view_take_warning(struct emit_view *view, struct emit_error *warning);

/* Prefetches from a server what emit_view_read() of these cells and bands needs, with few requests,
 * if it fits a quarter of the cache. Otherwise, and for local files, does nothing. Whether the file
 * on the server has changed is left to the read. Thread-safe. */
enum emit_status emit_view_fetch(struct emit_view *view, const struct emit_cells *cells,
                                 const int *bands, size_t band_count, struct emit_error *error);

/* Closes "view", which may be NULL. No read may be in progress. */
void emit_view_close(struct emit_view *view);

/* Limits the bytes of decoded pixels in the cache that all views share. Thread-safe. */
void emit_cache_set_budget(size_t budget_nbytes);

/* The bytes that the cache holds. Thread-safe. */
size_t emit_cache_used(void);

/* ---- Files in a granule's folder ------------------------------------------------------------- */

/* Locks "folder" against all threads and processes that use this function, so that a file in the
 * folder can be read, changed and replaced. Waits for at most five seconds. Returns the argument of
 * emit_folder_unlock(), or -1 if the folder cannot be locked: it is not local, its file system has
 * no locks, or it stays locked for too long. Leaves no file in the folder; the lock ends with the
 * process. Thread-safe. */
intptr_t emit_folder_lock(const char *folder);
void emit_folder_unlock(intptr_t lock);

EMIT_END_C
