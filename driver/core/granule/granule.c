/* SPDX-License-Identifier: MIT */
/* A granule is opened in the order of what the next step needs: the lookup table, whose presence
 * says that the file is ours; the variables of the root group, of which one gives the raw grid;
 * those of other groups; then bands, labels and attributes. A variable of a type that is not
 * supported is listed with the reason, so that only its use fails; a damaged one fails the
 * opening. Companions are opened for their masks alone. */
#include "core/granule/granule.h"

#include "core/base/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t emit_swath_variable_bands(const struct emit_swath_variable *variable)
{
    return variable->layout.rank == 3 ? (size_t)variable->layout.shape[2] : 1;
}

bool emit_axis_is_bad(const struct emit_spectral_axis *axis, size_t band)
{
    return axis->good != NULL && !(fabs(axis->good[band]) >= 0.5);
}

struct emit_encoding emit_layout_encoding(const struct emit_layout *layout)
{
    struct emit_encoding encoding = layout->encoding;
    const bool plain = !encoding.scaled || emit_type_is_float(encoding.type);
    if (!encoding.has_fill && plain)
        encoding.has_fill = emit_number_set(encoding.type, EMIT_NODATA, encoding.fill);
    return encoding;
}

const struct emit_swath_variable *emit_granule_find(const struct emit_granule *granule,
                                                    const char *name)
{
    for (size_t i = 0; i < granule->variable_count; i++)
        if (strcmp(granule->variables[i].name, name) == 0)
            return &granule->variables[i];
    return NULL;
}

/* False for a dimension that no variable describes: netCDF-4 stores it as a dataset of zeros. */
static bool has_variable(const struct emit_granule *granule, const char *path)
{
    static const char bare[] = "This is a netCDF dimension but not a netCDF variable";
    if (!emit_h5_has(granule->h5, path))
        return false;
    const char *name = emit_h5_attribute(granule->h5, path, "NAME");
    return name == NULL || strncmp(name, bare, sizeof bare - 1) != 0;
}

const char *emit_granule_find_path(const struct emit_granule *granule, const char *path,
                                   const char *synonym)
{
    const char *const paths[] = {path, synonym, strrchr(path, '/'),
                                 synonym != NULL ? strrchr(synonym, '/') : NULL};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (paths[i] != NULL && has_variable(granule, paths[i]))
            return paths[i];
    return NULL;
}

static const char *find_unread(const struct emit_granule *granule, const char *name)
{
    for (size_t i = 0; i < granule->unread_count; i++)
        if (strcmp(granule->unread[i].name, name) == 0)
            return granule->unread[i].reason;
    return NULL;
}

/* The first name of a main variable that the file has, read or not; NULL without one. */
static const char *main_name(const struct emit_granule *granule)
{
    const char *const *name = emit_schema_main_variables;
    while (*name != NULL && emit_granule_find(granule, *name) == NULL &&
           find_unread(granule, *name) == NULL)
        name++;
    return *name;
}

const struct emit_swath_variable *emit_granule_main(const struct emit_granule *granule)
{
    const char *name = main_name(granule);
    return name != NULL ? emit_granule_find(granule, name) : NULL;
}

const char *emit_granule_unread(const struct emit_granule *granule, const char *name)
{
    name = name != NULL ? name : main_name(granule);
    return name != NULL && emit_granule_find(granule, name) == NULL ? find_unread(granule, name)
                                                                    : NULL;
}

/* ---- The raw grid --------------------------------------------------------------------------- */

static bool dimension_is(const struct emit_layout *layout, int axis, const char *name)
{
    return strcmp(layout->dimensions[axis], name) == 0;
}

static bool has_swath_dimensions(const struct emit_layout *layout)
{
    return layout->rank >= 2 && dimension_is(layout, 0, EMIT_DIMENSION_DOWNTRACK) &&
           dimension_is(layout, 1, EMIT_DIMENSION_CROSSTRACK);
}

/* User-made crops may have lost the names of dimensions: then the shape decides. */
static bool may_be_swath(const struct emit_layout *layout)
{
    return has_swath_dimensions(layout) || (layout->rank >= 2 && layout->dimensions[0][0] == '\0' &&
                                            layout->dimensions[1][0] == '\0');
}

static bool over_raw_grid(const struct emit_granule *granule, const struct emit_layout *layout)
{
    return may_be_swath(layout) && layout->shape[0] == (uint64_t)granule->extent.downtrack &&
           layout->shape[1] == (uint64_t)granule->extent.crosstrack;
}

static bool is_main_name(const char *name)
{
    for (const char *const *main = emit_schema_main_variables; *main != NULL; main++)
        if (strcmp(name, *main) == 0)
            return true;
    return false;
}

static enum emit_status set_extent(struct emit_granule *granule, const struct emit_layout *layout,
                                   struct emit_error *error)
{
    /* Raw pixels are numbered in 32 bits; a granule has at most 3.2 million. */
    if (layout->shape[0] > INT32_MAX / layout->shape[1])
        return emit_error_set(error, EMIT_ERROR_FORMAT,
                              "%s: %s has %llu x %llu pixels, more than the driver supports",
                              granule->path, layout->name, (unsigned long long)layout->shape[0],
                              (unsigned long long)layout->shape[1]);
    granule->extent.downtrack = (int32_t)layout->shape[0];
    granule->extent.crosstrack = (int32_t)layout->shape[1];
    return EMIT_OK;
}

/* A dataset of the root group. */
struct root
{
    const char *name;
    enum emit_status status; /* of reading the layout */
    const char *reason;      /* message of a failure */
    struct emit_layout layout;
};

static enum emit_status read_roots(struct emit_granule *granule, const char *const *names,
                                   size_t count, struct root **roots_ret, struct emit_error *error)
{
    struct root *roots = emit_arena_array(&granule->arena, count, sizeof *roots);
    for (size_t i = 0; i < count && roots != NULL; i++)
    {
        struct emit_error reason = {""};
        const char *path = emit_arena_text(&granule->arena, "/%s", names[i]);
        roots[i].name = names[i];
        roots[i].status = emit_h5_layout(granule->h5, path, &roots[i].layout, &reason);
        if (roots[i].status != EMIT_OK)
            roots[i].reason = emit_arena_text(&granule->arena, "%s", reason.message);
    }
    *roots_ret = roots;
    return emit_arena_check(&granule->arena, error);
}

/* Reports damage to the file; variables of unsupported types are ignored. */
static enum emit_status check_root(const struct root *root, struct emit_error *error)
{
    return root->status == EMIT_OK || root->status == EMIT_ERROR_FORMAT
               ? EMIT_OK
               : emit_error_set(error, root->status, "%s", root->reason);
}

/* Whether the raw grid of the granule may be that of "root": it has the named dimensions, or it is
 * a main variable in a file with a location group. */
static bool may_give_extent(const struct emit_granule *granule, const struct root *root)
{
    const struct emit_layout *layout = &root->layout;
    return root->status == EMIT_OK &&
           (has_swath_dimensions(layout) ||
            (granule->has_glt && may_be_swath(layout) && is_main_name(root->name)));
}

/* Whether the dimensions of the raw grid are those of "layout", in any order. */
static bool names_swath_dimensions(const struct emit_layout *layout)
{
    int named = 0;
    for (int axis = 0; axis < layout->rank; axis++)
        named += dimension_is(layout, axis, EMIT_DIMENSION_DOWNTRACK) ||
                 dimension_is(layout, axis, EMIT_DIMENSION_CROSSTRACK);
    return named == 2;
}

/* Why a main variable that is not over the raw grid is not read. */
static const char *other_dimensions(struct emit_granule *granule, const struct emit_layout *layout)
{
    const char *axes = "";
    for (int axis = 0; axis < layout->rank; axis++)
        axes = emit_arena_text(&granule->arena, "%s%s%s %llu", axes, axis > 0 ? ", " : "",
                               layout->dimensions[axis], (unsigned long long)layout->shape[axis]);
    return emit_arena_text(&granule->arena,
                           "%s: the dimensions of %s are (%s), not (" EMIT_DIMENSION_DOWNTRACK
                           ", " EMIT_DIMENSION_CROSSTRACK
                           ", bands): reorder them (ncpdq -a), or select another variable",
                           granule->path, layout->name, axes);
}

/* Without a variable over the raw grid: where a GLT shows that the file is ours, a main variable
 * that is not read is an error. */
static enum emit_status no_extent(struct emit_granule *granule, const struct root *roots,
                                  size_t count, struct emit_error *error)
{
    for (size_t i = 0; i < count && granule->has_glt; i++)
    {
        if (is_main_name(roots[i].name) && roots[i].status != EMIT_OK)
            return emit_error_set(error, roots[i].status, "%s", roots[i].reason);
        if (is_main_name(roots[i].name) && names_swath_dimensions(&roots[i].layout))
            return emit_error_set(error, EMIT_ERROR_FORMAT, "%s",
                                  other_dimensions(granule, &roots[i].layout));
    }
    return emit_error_set(error, EMIT_NOT_A_GRANULE,
                          "%s has no variable over " EMIT_DIMENSION_DOWNTRACK
                          " and " EMIT_DIMENSION_CROSSTRACK
                          ": it is not an EMIT swath granule; another driver may read it",
                          granule->path);
}

/* Takes the raw grid from one of the root variables, preferably one with the named dimensions. */
static enum emit_status find_extent(struct emit_granule *granule, const struct root *roots,
                                    size_t count, struct emit_error *error)
{
    const struct emit_layout *found = NULL;
    for (size_t i = 0; i < count && (found == NULL || !has_swath_dimensions(found)); i++)
    {
        /* Damage is reported only if a GLT shows that the file is a granule. */
        if (granule->has_glt)
            EMIT_TRY(check_root(&roots[i], error));
        if (may_give_extent(granule, &roots[i]))
            found = &roots[i].layout;
    }
    return found != NULL ? set_extent(granule, found, error)
                         : no_extent(granule, roots, count, error);
}

/* ---- Variables ------------------------------------------------------------------------------ */

static const char *attribute_text(struct emit_granule *granule, const char *object,
                                  const char *attribute)
{
    const char *text = emit_h5_attribute(granule->h5, object, attribute);
    return text != NULL ? text : "";
}

static void add_variable(struct emit_granule *granule, const char *name,
                         const struct emit_layout *layout)
{
    struct emit_swath_variable *variable = &granule->variables[granule->variable_count++];
    variable->name = name;
    variable->long_name = attribute_text(granule, layout->name, "long_name");
    variable->units = attribute_text(granule, layout->name, "units");
    variable->layout = *layout;
}

/* Such variables lie in the root group of flattened files. */
static bool is_group_name(const char *name)
{
    for (size_t i = 0; i < EMIT_GROUP_VARIABLES; i++)
        if (strcmp(name, emit_schema_group_variables[i].name) == 0)
            return true;
    return false;
}

static void add_unread(struct emit_granule *granule, const char *name, const char *reason)
{
    granule->unread[granule->unread_count++] = (struct emit_unread_variable){name, reason};
}

/* Adds either the main variables or the others. */
static enum emit_status add_root_variables(struct emit_granule *granule, const struct root *roots,
                                           size_t count, bool main_ones, struct emit_error *error)
{
    for (size_t i = 0; i < count; i++)
    {
        const struct root *root = &roots[i];
        if (is_main_name(root->name) != main_ones || is_group_name(root->name))
            continue;
        EMIT_TRY(check_root(root, error));
        if (root->status == EMIT_OK && over_raw_grid(granule, &root->layout))
            add_variable(granule, root->name, &root->layout);
        else if (root->status == EMIT_OK && main_ones && root->layout.rank >= 2)
            add_unread(granule, root->name, other_dimensions(granule, &root->layout));
        if (root->status != EMIT_OK && emit_h5_has(granule->h5, root->layout.name))
            add_unread(granule, root->name, root->reason);
    }
    return EMIT_OK;
}

static bool is_grid_named(const struct emit_granule *granule)
{
    for (size_t i = 0; i < granule->variable_count; i++)
        if (has_swath_dimensions(&granule->variables[i].layout))
            return true;
    return false;
}

/* Notes an array of location of another size than the raw grid: one of them was cut, so that the
 * lookup table may count pixels of the other. Without names of dimensions, the grid may be wrong.
 */
static enum emit_status check_size(struct emit_granule *granule, const struct emit_layout *layout,
                                   struct emit_error *error)
{
    const struct emit_extent extent = granule->extent;
    if (layout->rank != 2 || (layout->shape[0] == (uint64_t)extent.downtrack &&
                              layout->shape[1] == (uint64_t)extent.crosstrack))
        return EMIT_OK;
    granule->conflict = emit_arena_text(
        &granule->arena,
        "%s: %s has %llu x %llu pixels, but the other variables have %d x %d (downtrack x "
        "crosstrack)",
        granule->path, layout->name, (unsigned long long)layout->shape[0],
        (unsigned long long)layout->shape[1], extent.downtrack, extent.crosstrack);
    return is_grid_named(granule)
               ? EMIT_OK
               : emit_error_set(error, EMIT_ERROR_FORMAT, "%s, and their dimensions have no names",
                                granule->conflict);
}

static enum emit_status add_group_variables(struct emit_granule *granule, bool with_location,
                                            struct emit_error *error)
{
    for (size_t i = 0; i < EMIT_GROUP_VARIABLES; i++)
    {
        const struct emit_group_variable *known = &emit_schema_group_variables[i];
        struct emit_layout layout;
        if (known->is_location && !with_location)
            continue;
        const char *path = emit_granule_find_path(granule, known->path, NULL);
        if (path == NULL)
            continue;
        EMIT_TRY(emit_h5_layout(granule->h5, path, &layout, error));
        if (known->is_location)
            EMIT_TRY(check_size(granule, &layout, error));
        if (layout.rank == 2 && over_raw_grid(granule, &layout))
            add_variable(granule, known->name, &layout);
    }
    granule->has_lonlat =
        emit_granule_find(granule, "lon") != NULL && emit_granule_find(granule, "lat") != NULL;
    return EMIT_OK;
}

/* Adds the variables "names" of the root group, and sets the raw grid. "names" must live as long as
 * the file. */
static enum emit_status read_root_variables(struct emit_granule *granule, const char *const *names,
                                            size_t count, struct emit_error *error)
{
    struct root *roots;
    granule->variables =
        emit_arena_array(&granule->arena, count + EMIT_GROUP_VARIABLES, sizeof *granule->variables);
    granule->unread = emit_arena_array(&granule->arena, count, sizeof *granule->unread);
    granule->unread_count = 0;
    EMIT_TRY(read_roots(granule, names, count, &roots, error));
    EMIT_TRY(find_extent(granule, roots, count, error));
    EMIT_TRY(add_root_variables(granule, roots, count, true, error));
    return add_root_variables(granule, roots, count, false, error);
}

static enum emit_status read_variables(struct emit_granule *granule, struct emit_error *error)
{
    const char *const *names = NULL;
    size_t count = 0;
    EMIT_TRY(emit_h5_root_datasets(granule->h5, &names, &count, error));
    EMIT_TRY(read_root_variables(granule, names, count, error));
    return add_group_variables(granule, true, error);
}

/* ---- Georeferencing ------------------------------------------------------------------------- */

/* Finite, and without cells of no size. */
static bool is_usable_geotransform(const double gt[6])
{
    bool finite = true;
    for (int i = 0; i < 6; i++)
        finite = finite && isfinite(gt[i]);
    return finite && gt[1] * gt[5] - gt[2] * gt[4] != 0.0;
}

static enum emit_status read_geotransform(struct emit_granule *granule, struct emit_error *error)
{
    double *gt = granule->geotransform;
    if (!emit_h5_attribute_doubles(granule->h5, "/", EMIT_ATTRIBUTE_GEOTRANSFORM, gt, 6) ||
        !is_usable_geotransform(gt))
        return emit_error_set(error, EMIT_ERROR_FORMAT,
                              "%s has a geometry lookup table but no attribute "
                              "\"" EMIT_ATTRIBUTE_GEOTRANSFORM
                              "\" of six numbers that place its cells",
                              granule->path);
    for (int i = 0; i < 6; i++)
        gt[i] += 0.0; /* turns -0.0 into 0.0 */
    return EMIT_OK;
}

static enum emit_status read_glt(struct emit_granule *granule, struct emit_error *error)
{
    const char *x_path = emit_granule_find_path(granule, EMIT_PATH_GLT_X, NULL);
    const char *y_path = emit_granule_find_path(granule, EMIT_PATH_GLT_Y, NULL);
    granule->has_glt = x_path != NULL && y_path != NULL;
    if (!granule->has_glt)
        return EMIT_OK;
    EMIT_TRY(emit_h5_layout(granule->h5, x_path, &granule->glt_x, error));
    EMIT_TRY(emit_h5_layout(granule->h5, y_path, &granule->glt_y, error));
    const struct emit_layout *x = &granule->glt_x;
    const struct emit_layout *y = &granule->glt_y;
    if (x->rank != 2 || y->rank != 2 || x->shape[0] != y->shape[0] || x->shape[1] != y->shape[1])
        return emit_error_set(error, EMIT_ERROR_FORMAT,
                              "%s: glt_x and glt_y are not two rank-2 variables of the same shape",
                              granule->path);
    if (x->shape[0] > INT32_MAX / x->shape[1])
        return emit_error_set(error, EMIT_ERROR_FORMAT,
                              "%s: the ortho grid has %llu x %llu cells, more than the driver "
                              "supports",
                              granule->path, (unsigned long long)x->shape[0],
                              (unsigned long long)x->shape[1]);
    granule->ortho_rows = (int64_t)x->shape[0];
    granule->ortho_columns = (int64_t)x->shape[1];
    return read_geotransform(granule, error);
}

/* ---- Bands ---------------------------------------------------------------------------------- */

/* Far below those of the instrument, which measures from 380 nm on, 8 nm wide. */
#define LEAST_WAVELENGTH_NM 100.0
#define LEAST_FWHM_NM 1.0

/* "*values" is NULL if the path, of emit_granule_find_path(), is. */
static enum emit_status read_axis(struct emit_granule *granule, const char *path,
                                  const double **values, size_t *count, struct emit_error *error)
{
    return path == NULL
               ? EMIT_OK
               : emit_h5_read_doubles(granule->h5, path, EMIT_MAX_BANDS, values, count, error);
}

/* Lengths in nm. Users store them in micrometres, too, often without units or with those of the
 * original, but no length in nm is below "least". */
static const double *in_nm(struct emit_granule *granule, const double *values, size_t count,
                           double least)
{
    double largest = 0.0;
    for (size_t i = 0; i < count && values != NULL; i++)
        largest = fmax(largest, values[i]);
    double *nm = largest > 0.0 && largest < least
                     ? emit_arena_array(&granule->arena, count, sizeof *nm)
                     : NULL;
    for (size_t i = 0; i < count && nm != NULL; i++)
        nm[i] = (float)(values[i] * 1000.0);
    return nm != NULL ? nm : values;
}

/* Without wavelengths, the other attributes of bands are ignored. */
static enum emit_status read_spectral_axis(struct emit_granule *granule, struct emit_error *error)
{
    struct emit_spectral_axis *axis = &granule->axis;
    size_t fwhm_count = 0;
    size_t good_count = 0;
    const char *path =
        emit_granule_find_path(granule, EMIT_PATH_WAVELENGTHS, EMIT_PATH_EARLY_WAVELENGTHS);
    EMIT_TRY(read_axis(granule, path, &axis->wavelength_nm, &axis->count, error));
    if (axis->count == 0)
        return EMIT_OK;
    path = emit_granule_find_path(granule, EMIT_PATH_FWHM, EMIT_PATH_EARLY_FWHM);
    EMIT_TRY(read_axis(granule, path, &axis->fwhm_nm, &fwhm_count, error));
    path = emit_granule_find_path(granule, EMIT_PATH_GOOD_WAVELENGTHS, NULL);
    EMIT_TRY(read_axis(granule, path, &axis->good, &good_count, error));
    if ((axis->fwhm_nm != NULL && fwhm_count != axis->count) ||
        (axis->good != NULL && good_count != axis->count))
        return emit_error_set(error, EMIT_ERROR_FORMAT,
                              "%s: wavelengths (%zu), fwhm (%zu) and good_wavelengths (%zu) are "
                              "of different length",
                              granule->path, axis->count, fwhm_count, good_count);
    axis->wavelength_nm = in_nm(granule, axis->wavelength_nm, axis->count, LEAST_WAVELENGTH_NM);
    axis->fwhm_nm = in_nm(granule, axis->fwhm_nm, fwhm_count, LEAST_FWHM_NM);
    return EMIT_OK;
}

static enum emit_status read_labels(struct emit_granule *granule, const char *path,
                                    struct emit_labels *labels, struct emit_error *error)
{
    path = emit_granule_find_path(granule, path, NULL);
    return path == NULL ? EMIT_OK
                        : emit_h5_read_strings(granule->h5, path, EMIT_MAX_BANDS, &labels->text,
                                               &labels->count, error);
}

/* ---- Opening -------------------------------------------------------------------------------- */

static enum emit_status read_content(struct emit_granule *granule, struct emit_error *error)
{
    EMIT_TRY(read_glt(granule, error));
    EMIT_TRY(read_variables(granule, error));
    EMIT_TRY(read_spectral_axis(granule, error));
    EMIT_TRY(read_labels(granule, EMIT_PATH_MASK_LABELS, &granule->mask_labels, error));
    EMIT_TRY(read_labels(granule, EMIT_PATH_OBS_LABELS, &granule->obs_labels, error));
    EMIT_TRY(emit_h5_root_attributes(granule->h5, &granule->attributes, &granule->attribute_count,
                                     error));
    granule->spatial_ref = attribute_text(granule, "/", EMIT_ATTRIBUTE_SPATIAL_REF);
    granule->time_start = attribute_text(granule, "/", EMIT_ATTRIBUTE_TIME_START);
    return emit_arena_check(&granule->arena, error);
}

/* Reads only the variables used from companions, or all if there are none of them. */
static enum emit_status read_companion_content(struct emit_granule *granule,
                                               struct emit_error *error)
{
    const enum emit_status status = read_root_variables(granule, emit_schema_companion_variables,
                                                        EMIT_COMPANION_VARIABLES, error);
    if (status == EMIT_NOT_A_GRANULE)
    {
        const enum emit_status whole = read_content(granule, error);
        return whole == EMIT_NOT_A_GRANULE ? EMIT_ERROR_OPTION : whole;
    }
    EMIT_TRY(status);
    EMIT_TRY(add_group_variables(granule, false, error));
    EMIT_TRY(read_labels(granule, EMIT_PATH_MASK_LABELS, &granule->mask_labels, error));
    granule->time_start = attribute_text(granule, "/", EMIT_ATTRIBUTE_TIME_START);
    return emit_arena_check(&granule->arena, error);
}

/* What of a companion is read only if file names and geotransforms do not show that it fits, and
 * dimensions, of which the links suffice. */
static const char *const companion_rarely_uses[] = {&EMIT_GROUP_LOCATION[1],
                                                    EMIT_DIMENSION_DOWNTRACK,
                                                    EMIT_DIMENSION_CROSSTRACK,
                                                    "bands",
                                                    "ortho_x",
                                                    "ortho_y",
                                                    "packed_wavelength_bands",
                                                    NULL};

typedef enum emit_status (*read_function)(struct emit_granule *, struct emit_error *);

static enum emit_status open_granule(const char *path, const char *const *rarely_used,
                                     read_function read, struct emit_granule **granule_ret,
                                     struct emit_error *error)
{
    *granule_ret = NULL;
    struct emit_granule *granule = calloc(1, sizeof *granule);
    if (granule == NULL)
        return emit_error_memory(error, sizeof *granule, "a granule");
    granule->path = emit_arena_text(&granule->arena, "%s", path);
    enum emit_status status = emit_h5_open(path, rarely_used, &granule->h5, error);
    if (status == EMIT_OK)
        status = read(granule, error);
    if (status == EMIT_OK)
        status = emit_h5_check(granule->h5, error);
    if (status != EMIT_OK)
        emit_granule_close(granule);
    else
        *granule_ret = granule;
    return status;
}

enum emit_status emit_granule_open(const char *path, struct emit_granule **granule_ret,
                                   struct emit_error *error)
{
    return open_granule(path, NULL, read_content, granule_ret, error);
}

enum emit_status emit_granule_open_companion(const char *path, struct emit_granule **granule_ret,
                                             struct emit_error *error)
{
    return open_granule(path, companion_rarely_uses, read_companion_content, granule_ret, error);
}

void emit_granule_prefetch_companion(const char *path)
{
    emit_h5_prefetch(path, companion_rarely_uses);
}

void emit_granule_close(struct emit_granule *granule)
{
    if (granule == NULL)
        return;
    emit_h5_close(granule->h5);
    emit_arena_close(&granule->arena);
    free(granule);
}
