/* SPDX-License-Identifier: MIT */
/*
 * The waist of the driver: all that the GDAL side knows of the core.
 *
 * A *view* is one variable of one granule seen through a set of open options: orthorectified or
 * raw, masked, with the chosen bands. The core opens views, describes them and reads windows of
 * them; it never raises GDAL errors and never prints. Vocabulary: docs/design.md.
 */
#ifndef EMIT_H
#define EMIT_H

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

/* What a call came to. Everything but EMIT_OK comes with a message in the caller's emit_error. */
enum emit_status
{
    EMIT_OK = 0,
    EMIT_NOT_A_GRANULE,  /* the file is no EMIT swath granule: other drivers may try */
    EMIT_ERROR_OPTION,   /* an option or name asks for what cannot be done */
    EMIT_ERROR_FILE,     /* missing, unreadable, truncated or changed while open */
    EMIT_ERROR_FORMAT,   /* a granule, but its content contradicts itself */
    EMIT_ERROR_MEMORY,   /* memory could not be had */
    EMIT_ERROR_INTERNAL, /* a broken promise inside the driver or its caller */
    EMIT_STATUS_END
};

/*
 * Filled by the core, owned by the caller. Every function takes NULL where the message is not
 * wanted. Long enough for a path and the labels of a mask; longer text is cut.
 */
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

/* Room for the text of any number. */
#define EMIT_NUMBER_SIZE 32

/* The value at "bytes" as text: all digits of an integer, the fewest of a float or double that read
 * back as the same one. With a decimal point in every locale. */
void emit_number_format(enum emit_type type, const void *bytes, char text[EMIT_NUMBER_SIZE]);

/*
 * Writes "value" times 10^"shift" with the fewest digits that read back as the same double or, if
 * the value is a float, as the same float. With a decimal point in every locale.
 */
void emit_number_text(double value, int shift, char text[EMIT_NUMBER_SIZE]);

/* ---- Names ---------------------------------------------------------------------------------- */

/* Parts of a dataset name; release with emit_name_close(). */
struct emit_name
{
    char *path;     /* never NULL after success */
    char *variable; /* NULL: the main variable */
    char **options; /* "KEY=VALUE" strings, NULL at the end; NULL when there are none */
};

/* Whether "name" starts with the connection prefix "EMIT:" in any case. */
bool emit_name_has_prefix(const char *name);

/*
 * Splits EMIT:"path"[:variable][?KEY=VALUE[&KEY=VALUE...]], or a plain path, into "name".
 *
 * Inside the quotes \" stands for a quote; every other character stands for itself. Because
 * shells eat quotes, they may be missing: the path then ends at the first ending of HDF5 files
 * (emit_file_endings()) that ':', '?' or nothing follows. In option values %XX stands for the
 * byte with that hexadecimal code.
 */
enum emit_status emit_name_parse(const char *text, struct emit_name *name,
                                 struct emit_error *error);

/* Frees the parts and zeroes "name"; a zeroed one is fine. */
void emit_name_close(struct emit_name *name);

/* How much the base name of a file says about its being an EMIT granule. No file is touched. */
enum emit_filename
{
    EMIT_FILENAME_OTHER = 0, /* says nothing */
    EMIT_FILENAME_MENTIONS,  /* contains "emit" in any case */
    EMIT_FILENAME_GRANULE    /* has the pattern of swath granules (EMIT_L2A_RFL_001_...) */
};
enum emit_filename emit_filename_classify(const char *path);

/*
 * Whether replacing the base name of "path" gives the path of another file in its folder. Not in a
 * URL with a query, which may be a signature for this file alone, nor in an encoded one.
 */
bool emit_path_has_folder(const char *path);

/* Leaves out of "text" what may be secret in its URLs: queries, user names and passwords, options
 * of /vsicurl?. Three dots stand for each. */
void emit_redact(char *text);

/* Endings of HDF5 files, with their dots; NULL at the end. Static. */
const char *const *emit_file_endings(void);

/*
 * Whether the file at "path" (any GDAL virtual path) has HDF5's signature, which may follow a user
 * block. Reads a few bytes; false when the file cannot be opened.
 */
bool emit_file_is_hdf5(const char *path);

/*
 * Name of the open option that "key" (up to a '=') is, or most likely means: a misspelling, another
 * word. NULL for all other keys, which are those of GDAL or another driver. Static.
 */
const char *emit_option_meant(const char *key);

/*
 * Name of the first masking option that "options" ("KEY=VALUE" strings, NULL at the end; NULL for
 * none) ask for, MASK_FILE included; NULL when the caller wants no mask. Misspelt
 * keys and values that are not understood count: opening then reports them. Static.
 */
const char *emit_options_mask(const char *const *options);

/* The open options as the XML list that GDAL and QGIS read. Static; never NULL after loading.
 */
const char *emit_option_list_xml(void);

/* ---- Processes ------------------------------------------------------------------------------ */

/* Number of fork()s between the program's first process and this one. What remembers another number
 * was made by a parent process, whose other threads do not exist here. */
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
    const char *units;       /* "" when the file gives none */
    double wavelength_nm;    /* NaN when the band has none */
    double fwhm_nm;          /* NaN when unknown */
    int good;                /* good_wavelengths: 1, 0, or -1 where the file has none */
    int file_band;           /* 0-based band number in the file */
    enum emit_colour colour;
};

/* A swath variable of the granule, for lists. */
struct emit_variable
{
    const char *name;        /* as EMIT:"path":name takes it */
    const char *description; /* long_name, or "" */
    int64_t downtrack;
    int64_t crosstrack;
    int64_t bands; /* 1 for a variable over downtrack and crosstrack alone */
    enum emit_type type;
    bool scaled; /* as in emit_view_info */
    double scale;
    double offset;
};

/* Row of the mineral table: id 0 is "no match" and is always there as row 0. */
struct emit_mineral
{
    int id;
    const char *name;
    const char *library;
    const char *record;
    const char *url;
    int group; /* 0 for the row of id 0 */
};

/* What a view shows. Owned by the view, constant while it is open. */
struct emit_view_info
{
    const char *path;
    const char *variable; /* NULL: no main variable, no bands; see "variables" */

    bool ortho;              /* cells of the ortho grid, else raw pixels */
    int64_t rows;            /* ortho rows, or downtrack lines */
    int64_t columns;         /* ortho columns, or crosstrack samples */
    bool has_geotransform;   /* true only when "ortho" */
    double geotransform[6];  /* GDAL's order; degrees; never -0.0 */
    const char *spatial_ref; /* WKT of the grid or of lon and lat; "" when the file has none */
    bool has_geolocation;    /* the raw grid has lon and lat */
    enum emit_type type;     /* of every band */
    bool has_nodata;
    double nodata; /* value of masked and empty cells; 64-bit integers may lose low bits */
    unsigned char nodata_bytes[8]; /* the same as a value of "type" */
    bool scaled;                   /* a value stands for value * scale + offset, if not nodata */
    double scale;
    double offset;

    size_t band_count;
    const struct emit_band *bands;

    size_t attribute_count; /* root attributes of the granule, numbers as text, {a,b} for lists */
    const struct emit_pair *attributes;
    size_t applied_count; /* EMIT_MASK_FILE, EMIT_QUALITY_FLAGS, ...: what was applied */
    const struct emit_pair *applied;
    size_t variable_count;
    const struct emit_variable *variables;
    size_t file_count; /* the granule first, then mask and other companions used */
    const char *const *files;
    size_t mineral_count; /* 0 unless the variable holds mineral ids */
    const struct emit_mineral *minerals;

    int thread_count; /* the most that a read uses */

    const char *option_key; /* names variable and all options that change pixels, canonically */
    const char *warning;    /* what the user should know although it opened; "" for nothing */
};

/*
 * Opens "variable" (NULL: the main one) of the granule at "path" (any GDAL virtual path)
 * through "options" ("KEY=VALUE" strings, NULL at the end; NULL for none; the first of several
 * equal keys counts). A key that only resembles an option is EMIT_ERROR_OPTION; others are ignored,
 * as GDAL warns of them. Reads metadata only. On success "*view_ret" must be released with
 * emit_view_close().
 *
 * EMIT_NOT_A_GRANULE when the file is not HDF5 or holds no swath, and no mask is asked for;
 * EMIT_ERROR_OPTION names file, option and what is available; a mask that is asked for and cannot
 * be applied is an error.
 */
enum emit_status emit_view_open(const char *path, const char *variable, const char *const *options,
                                struct emit_view **view_ret, struct emit_error *error);

const struct emit_view_info *emit_view_describe(const struct emit_view *view);

/*
 * Which cells to read: every combination of "rows" and "columns" of the view. A plain window
 * lists consecutive numbers, a decimated one those that nearest-neighbour resampling picks; any
 * order and repetitions are allowed.
 */
struct emit_cells
{
    const int64_t *rows;
    size_t row_count;
    const int64_t *columns;
    size_t column_count;
};

/* Where values go: band b of cell (r, c) at data + r*row_stride + c*column_stride +
 * b*band_stride, strides in bytes, any sign. Values have the view's type. Cells must not
 * overlap. */
struct emit_buffer
{
    unsigned char *data;
    ptrdiff_t row_stride;
    ptrdiff_t column_stride;
    ptrdiff_t band_stride;
};

/*
 * Reads the "band_count" bands listed in "bands" (0-based positions in info->bands) of "cells".
 * Every value of the buffer is written on success; after a failure its content is undefined.
 * Thread-safe: several threads may read one view.
 */
enum emit_status emit_view_read(struct emit_view *view, const struct emit_cells *cells,
                                const int *bands, size_t band_count,
                                const struct emit_buffer *buffer, struct emit_error *error);

/*
 * Counts the cells that show a pixel in the band: all others are nodata, because the swath does not
 * reach them or a quality mask takes them out. Reads no values. Thread-safe.
 */
enum emit_status emit_view_count(struct emit_view *view, const struct emit_cells *cells, int band,
                                 uint64_t *count_ret, struct emit_error *error);

/*
 * Moves a warning that reads of "view" have raised to "*warning". False without one, and for all
 * callers but the first. Thread-safe.
 */
bool emit_view_take_warning(struct emit_view *view, struct emit_error *warning);

/*
 * Fetches from a server what emit_view_read() of these cells and bands needs, with few requests,
 * where it fits a quarter of the cache; otherwise, and of local files, nothing. Thread-safe.
 */
enum emit_status emit_view_fetch(struct emit_view *view, const struct emit_cells *cells,
                                 const int *bands, size_t band_count, struct emit_error *error);

/* How the values of a request come from the file. */
enum emit_read_path
{
    EMIT_READ_PATH_SPECTRA = 0, /* pixel by pixel with their bands, straight from the file */
    EMIT_READ_PATH_BLOCKS,      /* chunks or boxes, decoded and kept in the cache */
    EMIT_READ_PATH_BITS         /* the band mask's table in memory is the answer */
};

/* How one part of a request, some of its rows, is going to be read. */
struct emit_read_step
{
    size_t rows, columns, bands; /* asked for */
    size_t pixels;               /* cells that show one; the others are nodata without a read */
    size_t tiles;                /* of the raw grid, or blocks, that hold them; 0 for bits */
    enum emit_read_path way;
    int threads;
};

/* Who is told of each plan, by the thread that reads, with "context"; NULL: nobody. */
struct emit_trace
{
    void (*callback)(void *context, const struct emit_read_step *plan);
    void *context;
};

/* Tells "trace" of the reads to come. Not while a read is under way. */
void emit_view_set_trace(struct emit_view *view, struct emit_trace trace);

/* Closes "view"; NULL is fine. No read may be under way. */
void emit_view_close(struct emit_view *view);

/* Bounds the bytes of decoded pixels that all views together keep for reuse. Thread-safe. */
void emit_cache_set_budget(size_t budget_nbytes);

/* ---- Files beside a granule ------------------------------------------------------------------ */

/*
 * Locks "folder" against all threads and processes that lock it by this function, so that a file
 * in it can be read, changed and replaced. Waits for at most five seconds. Returns what
 * emit_folder_unlock() takes, or -1 if the folder cannot be locked: it is not local, its file
 * system has no locks, or another holds it for too long. Leaves no file in the folder; the lock
 * ends with the process. Thread-safe.
 */
intptr_t emit_folder_lock(const char *folder);
void emit_folder_unlock(intptr_t lock);

EMIT_END_C

#endif
