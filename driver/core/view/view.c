/* SPDX-License-Identifier: MIT */
/* Views: the functions of emit.h, which connect a granule, its companions and the options. */
#include "core/base/number.h"
#include "core/granule/schema.h"
#include "core/mask/quality_mask.h"
#include "core/read/band_readahead.h"
#include "core/store/variable_array.h"
#include "core/view/describe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct emit_view
{
    struct emit_subject subject;
    struct emit_grid grid;
    struct emit_quality_mask quality_mask;
    struct emit_band_mask band_mask;
    struct emit_reader reader;
    struct emit_sweep sweep;
    struct emit_band_readahead *readahead;
    struct emit_view_info info;
    struct emit_arena arena;
};

/* ---- The variable --------------------------------------------------------------------------- */

static enum emit_status no_such_variable(const struct emit_granule *granule, const char *name,
                                         struct emit_error *error)
{
    struct emit_string_builder names = {0};
    for (size_t i = 0; i < granule->variable_count; i++)
        emit_string_append(&names, "%s%s", i > 0 ? ", " : "", granule->variables[i].name);
    emit_error_set(error, EMIT_ERROR_OPTION,
                   "%s has no swath variable \"%s\". Available variables: %s", granule->path, name,
                   names.text != NULL ? names.text : "none");
    free(names.text);
    return EMIT_ERROR_OPTION;
}

/* Selects the variable that the dataset name and VARIABLE name, or else the main one; NULL if the
 * granule has none. */
static enum emit_status find_variable(struct emit_subject *subject, const char *name,
                                      struct emit_error *error)
{
    const struct emit_granule *granule = subject->granule;
    const char *option = subject->options.variable;
    name = name != NULL ? name : option;
    if (option != NULL && strcmp(option, name) != 0)
        return emit_error_set(error, EMIT_ERROR_OPTION,
                              "VARIABLE=%s contradicts the dataset name, which selects %s of %s: "
                              "remove one of the two",
                              option, name, granule->path);
    const char *unread = emit_granule_unread(granule, name);
    if (unread != NULL)
        return emit_error_set(error, EMIT_ERROR_FORMAT, "%s", unread);
    subject->variable =
        name != NULL ? emit_granule_find(granule, name) : emit_granule_main(granule);
    if (subject->variable == NULL && name != NULL)
        return no_such_variable(granule, name, error);
    return EMIT_OK;
}

static enum emit_status find_bands(struct emit_subject *subject, struct emit_error *error)
{
    const struct emit_granule *granule = subject->granule;
    const struct emit_swath_variable *variable = subject->variable;
    subject->unpacked = strcmp(variable->name, EMIT_VARIABLE_BAND_MASK) == 0;
    subject->band_count = subject->unpacked ? emit_describe_unpacked_bands(granule, variable)
                                            : emit_swath_variable_bands(variable);
    if (subject->band_count > EMIT_MAX_BANDS)
        return emit_error_set(error, EMIT_ERROR_FORMAT,
                              "%s: %s has %zu bands, more than the maximum of %d", granule->path,
                              variable->name, subject->band_count, EMIT_MAX_BANDS);
    if ((variable->layout.rank == 3 || emit_schema_is_spectral(variable->name)) &&
        granule->axis.wavelength_nm != NULL && granule->axis.count == subject->band_count)
        subject->axis = granule->axis;
    return EMIT_OK;
}

/* ---- The grid ------------------------------------------------------------------------------- */

static enum emit_status open_grid(struct emit_view *view, struct emit_error *error)
{
    const struct emit_granule *granule = view->subject.granule;
    const enum emit_ortho ortho = view->subject.options.ortho;
    struct emit_view_info *info = &view->info;
    EMIT_TRY(emit_grid_open(granule, ortho, &view->grid, error));
    info->rows = view->grid.rows;
    info->columns = view->grid.columns;
    info->ortho = ortho != EMIT_ORTHO_NO && granule->has_glt;
    if (info->ortho)
        memcpy(info->geotransform, granule->geotransform, sizeof info->geotransform);
    return EMIT_OK;
}

/* ---- Values --------------------------------------------------------------------------------- */

/* Nodata of integers with neither a fill value nor the mission's -9999: the minimum of signed
 * types, the maximum of unsigned ones. */
static void set_extreme(enum emit_type type, unsigned char nodata[8])
{
    const double lowest = -ldexp(0.5, 8 * (int)emit_type_size(type));
    if (!emit_number_set(type, lowest, nodata))
        memset(nodata, 0xff, 8);
}

/* The nodata value: the option's for floats, the file's own for integers. */
static enum emit_status choose_nodata(const struct emit_subject *subject,
                                      const struct emit_encoding *encoding, unsigned char nodata[8],
                                      struct emit_error *error)
{
    const double number = subject->options.nodata;
    if (subject->unpacked)
        nodata[0] = EMIT_BAND_MASK_NODATA;
    else if (!emit_type_is_float(encoding->type) && encoding->has_fill)
        memcpy(nodata, encoding->fill, sizeof encoding->fill);
    else if (!emit_type_is_float(encoding->type))
        set_extreme(encoding->type, nodata);
    else if (!emit_number_set(encoding->type, number, nodata))
        return emit_error_set(
            error, EMIT_ERROR_OPTION,
            "NODATA=%g does not fit %s, the type of %s in %s: choose a smaller one", number,
            emit_type_name(encoding->type), subject->variable->name, subject->granule->path);
    return EMIT_OK;
}

static const double mission_nodata = EMIT_NODATA;

static enum emit_status set_values(struct emit_view *view, struct emit_error *error)
{
    const struct emit_subject *subject = &view->subject;
    const struct emit_encoding encoding = emit_layout_encoding(&subject->variable->layout);
    struct emit_value_rule *rule = &view->reader.rule;
    struct emit_view_info *info = &view->info;
    EMIT_TRY(choose_nodata(subject, &encoding, rule->nodata, error));
    rule->type = subject->unpacked ? EMIT_UINT8 : encoding.type;
    rule->value_nbytes = emit_type_size(rule->type);
    rule->fill = emit_number_get(encoding.type, encoding.fill);
    info->type = rule->type;
    info->nodata = emit_number_get(rule->type, rule->nodata);
    memcpy(info->nodata_bytes, rule->nodata, sizeof info->nodata_bytes);
    info->scaled = encoding.scaled && !subject->unpacked;
    info->scale = encoding.scale;
    info->offset = encoding.offset;
    /* xarray writes NaN as the _FillValue of arrays that hold -9999. */
    rule->other_fill = encoding.scaled || info->nodata == mission_nodata ? NULL : &mission_nodata;
    rule->replace_fill = emit_type_is_float(rule->type) &&
                         (!(rule->fill == info->nodata) || rule->other_fill != NULL);
    return EMIT_OK;
}

/* ---- Masks ---------------------------------------------------------------------------------- */

/* Bits of a band mask are in the order of the mission's files, where wavelengths increase. */
static enum emit_status check_band_order(const struct emit_subject *subject,
                                         struct emit_error *error)
{
    const double *nm = subject->axis.wavelength_nm;
    for (size_t i = 1; i < subject->axis.count && subject->options.band_mask; i++)
        if (nm[i] < nm[i - 1])
            return emit_error_set(error, EMIT_ERROR_OPTION,
                                  "BAND_MASK: bands of %s are not in the order of band_mask: "
                                  "%.2f nm is followed by %.2f nm. Take the granule as the mission "
                                  "wrote it, and select bands with WAVELENGTHS",
                                  subject->granule->path, nm[i - 1], nm[i]);
    return EMIT_OK;
}

static enum emit_status open_masks(struct emit_view *view, struct emit_error *error)
{
    struct emit_subject *subject = &view->subject;
    EMIT_TRY(check_band_order(subject, error));
    /* A band mask has bits for bands that are wavelengths, and not for one that was cut out. */
    const bool spectral =
        !subject->unpacked && subject->variable->layout.rank == 3 &&
        (subject->axis.count > 0 || emit_schema_is_spectral(subject->variable->name));
    EMIT_TRY(emit_mask_sources_find(subject->granule, &subject->options,
                                    spectral ? subject->band_count : 0, &subject->masks, error));
    if (subject->masks.conditions.count > 0)
        EMIT_TRY(emit_quality_mask_open(&subject->masks, &view->quality_mask, error));
    const struct emit_granule *band_mask =
        subject->unpacked ? subject->granule : subject->masks.band_mask;
    return band_mask != NULL ? emit_band_mask_open(band_mask, &view->band_mask, error) : EMIT_OK;
}

/* ---- Opening -------------------------------------------------------------------------------- */

static enum emit_status open_reader(struct emit_view *view, struct emit_error *error)
{
    struct emit_subject *subject = &view->subject;
    struct emit_reader *reader = &view->reader;
    EMIT_TRY(emit_band_selection_choose(&subject->options, &subject->axis, subject->band_count,
                                        subject->granule->path, &subject->choice, error));
    reader->cells =
        (struct emit_cells_source){&view->grid, subject->granule->extent, view->quality_mask.array,
                                   subject->options.thread_count};
    reader->band_mask = view->band_mask.store != NULL ? &view->band_mask : NULL;
    reader->file_bands = subject->choice.file_bands;
    reader->blank = subject->choice.blank;
    view->info.thread_count = subject->options.thread_count;
    reader->sweep = &view->sweep;
    if (!subject->unpacked)
        EMIT_TRY(emit_store_open(subject->granule->h5, &subject->variable->layout, &reader->store,
                                 error));
    return emit_band_readahead_open(reader, subject->choice.count,
                                    (uint64_t)(view->info.rows * view->info.columns),
                                    &view->readahead, error);
}

static void add_warning(struct emit_view *view, const char *text)
{
    const char *before = view->info.warning;
    view->info.warning =
        before[0] == '\0' ? text : emit_arena_text(&view->arena, "%s. %s", before, text);
}

static void warn(struct emit_view *view)
{
    const struct emit_subject *subject = &view->subject;
    const struct emit_options *options = &subject->options;
    const struct emit_granule *granule = subject->granule;
    if (options->ortho != EMIT_ORTHO_NO && !granule->has_glt)
        add_warning(view, emit_arena_text(&view->arena,
                                          "%s has no geometry lookup table (" EMIT_GROUP_LOCATION
                                          "): it opens as raw swath without geotransform",
                                          granule->path));
    if (options->mask_file != NULL && !options->band_mask && !emit_quality_is_requested(options))
        add_warning(view,
                    emit_arena_text(&view->arena,
                                    "%s is not masked: MASK_FILE is set, but none of "
                                    "QUALITY_FLAGS, QUALITY_WHERE, CLOUD_BUFFER and BAND_MASK",
                                    granule->path));
    if (subject->axis.count == 0 && subject->variable->layout.rank == 3 &&
        emit_schema_is_spectral(subject->variable->name))
        add_warning(view, emit_arena_text(&view->arena,
                                          "%s: %s has %zu bands, but the file lists %zu "
                                          "wavelengths: the wavelengths are ignored",
                                          granule->path, subject->variable->name,
                                          subject->band_count, granule->axis.count));
}

/* Checks that no read of metadata has failed and that all files are unchanged since opening. With
 * "remote_too" this costs a request for each remote file. */
static enum emit_status check_files(const struct emit_view *view, bool remote_too,
                                    struct emit_error *error)
{
    const struct emit_mask_sources *masks = &view->subject.masks;
    const struct emit_granule *const used[EMIT_FILES_AT_ONCE] = {
        view->subject.granule, masks->quality, masks->state, masks->band_mask};
    struct emit_file *files[EMIT_FILES_AT_ONCE];
    size_t count = 0;
    for (int i = 0; i < EMIT_FILES_AT_ONCE; i++)
    {
        if (used[i] == NULL)
            continue;
        EMIT_TRY(emit_h5_check(used[i]->h5, error));
        if (remote_too || !emit_file_is_remote(emit_h5_file(used[i]->h5)))
            files[count++] = emit_h5_file(used[i]->h5);
    }
    return emit_files_check_unchanged(files, count, error);
}

/* Reports a file that cannot be opened only if its name is that of a granule, or masks are
 * requested. */
static enum emit_status open_granule(const char *path, const char *const *options,
                                     struct emit_granule **granule_ret, struct emit_error *error)
{
    struct emit_options chosen;
    const bool masked =
        emit_options_mask(options) != NULL && emit_options_read(options, &chosen, NULL) == EMIT_OK;
    const enum emit_status status =
        emit_companions_open_granule(path, masked ? EMIT_PRODUCT_MASK : NULL,
                                     masked ? chosen.mask_file : NULL, granule_ret, error);
    const bool ours =
        emit_filename_classify(path) == EMIT_FILENAME_GRANULE || emit_options_mask(options) != NULL;
    return status == EMIT_ERROR_FILE && !ours ? EMIT_NOT_A_GRANULE : status;
}

static enum emit_status open_view(struct emit_view *view, const char *path, const char *variable,
                                  const char *const *options, struct emit_error *error)
{
    struct emit_subject *subject = &view->subject;
    EMIT_TRY(open_granule(path, options, &subject->granule, error));
    EMIT_TRY(emit_options_read(options, &subject->options, error));
    EMIT_TRY(find_variable(subject, variable, error));
    if (subject->variable != NULL)
    {
        EMIT_TRY(find_bands(subject, error));
        EMIT_TRY(open_grid(view, error));
        EMIT_TRY(set_values(view, error));
        EMIT_TRY(open_masks(view, error));
        EMIT_TRY(open_reader(view, error));
    }
    EMIT_TRY(emit_describe(subject, &view->arena, &view->info, error));
    if (subject->variable != NULL)
        warn(view);
    EMIT_TRY(emit_arena_check(&view->arena, error));
    return check_files(view, false, error);
}

/* Another driver would open the file unmasked, so it must not try if masks are requested. */
static enum emit_status reject_unmasked(const char *path, const char *const *option_list,
                                        struct emit_error *error)
{
    const char *option = emit_options_mask(option_list);
    if (option == NULL)
        return EMIT_NOT_A_GRANULE;
    struct emit_options options;
    EMIT_TRY(emit_options_read(option_list, &options, error));
    return emit_error_set(
        error, EMIT_ERROR_OPTION,
        "%s cannot be applied to %s: it is not an EMIT swath granule (HDF5 with a "
        "variable over " EMIT_DIMENSION_DOWNTRACK " and " EMIT_DIMENSION_CROSSTRACK
        "). Remove %s to open the file with another driver, unmasked",
        option, path, option);
}

/* Prepends the file's name to a message that does not contain it. */
static enum emit_status name_file(enum emit_status status, const char *path,
                                  struct emit_error *error)
{
    if (status == EMIT_OK || error == NULL || strstr(error->message, path) != NULL)
        return status;
    return emit_error_prefix(error, status, path);
}

enum emit_status emit_view_open(const char *path, const char *variable, const char *const *options,
                                struct emit_view **view_ret, struct emit_error *error)
{
    *view_ret = NULL;
    struct emit_view *view = calloc(1, sizeof *view);
    if (view == NULL)
        return emit_error_memory(error, sizeof *view, "a view");
    enum emit_status status = open_view(view, path, variable, options, error);
    if (status == EMIT_NOT_A_GRANULE)
        status = reject_unmasked(path, options, error);
    if (status == EMIT_OK)
        *view_ret = view;
    else
        emit_view_close(view);
    return name_file(status, path, error);
}

void emit_view_close(struct emit_view *view)
{
    if (view == NULL)
        return;
    emit_band_readahead_close(view->readahead);
    emit_grid_close(&view->grid);
    emit_quality_mask_close(&view->quality_mask);
    emit_band_mask_close(&view->band_mask);
    emit_store_close(view->reader.store);
    emit_band_selection_close(&view->subject.choice);
    emit_mask_sources_close(&view->subject.masks);
    emit_granule_close(view->subject.granule);
    emit_arena_close(&view->arena);
    free(view);
}

const struct emit_view_info *emit_view_describe(const struct emit_view *view)
{
    return &view->info;
}

/* ---- Reading -------------------------------------------------------------------------------- */

static bool in_range(const int64_t *numbers, size_t count, int64_t limit)
{
    for (size_t i = 0; i < count; i++)
        if (numbers[i] < 0 || numbers[i] >= limit)
            return false;
    return true;
}

static enum emit_status check_request(const struct emit_view *view, const struct emit_cells *cells,
                                      const int *bands, size_t band_count, struct emit_error *error)
{
    bool valid = in_range(cells->rows, cells->row_count, view->info.rows) &&
                 in_range(cells->columns, cells->column_count, view->info.columns);
    for (size_t i = 0; i < band_count; i++)
        valid = valid && bands[i] >= 0 && (size_t)bands[i] < view->info.band_count;
    return valid ? EMIT_OK
                 : emit_error_set(error, EMIT_ERROR_INTERNAL,
                                  "the request exceeds the rows, columns or bands of %s",
                                  view->info.path);
}

enum emit_status emit_view_fetch(struct emit_view *view, const struct emit_cells *cells,
                                 const int *bands, size_t band_count, struct emit_error *error)
{
    EMIT_TRY(check_request(view, cells, bands, band_count, error));
    EMIT_TRY(emit_reader_fetch(&view->reader, cells, bands, band_count, error));
    return check_files(view, false, error); /* the reads that use the bytes ask the server */
}

enum emit_status emit_view_count(struct emit_view *view, const struct emit_cells *cells, int band,
                                 uint64_t *count_ret, struct emit_error *error)
{
    EMIT_TRY(check_request(view, cells, &band, 1, error));
    EMIT_TRY(emit_reader_count(&view->reader, cells, band, count_ret, error));
    return check_files(view, true, error);
}

enum emit_status emit_view_read(struct emit_view *view, const struct emit_cells *cells,
                                const int *bands, size_t band_count,
                                const struct emit_buffer *buffer, struct emit_error *error)
{
    EMIT_TRY(check_request(view, cells, bands, band_count, error));
    if (band_count == 1 && cells->row_count > 0 && cells->column_count > 0)
        EMIT_TRY(emit_band_readahead_read(view->readahead, cells, bands[0], buffer, error));
    else
        EMIT_TRY(emit_reader_read(&view->reader, cells, bands, band_count, buffer, error));
    return check_files(view, true, error);
}

bool emit_view_take_warning(struct emit_view *view, struct emit_error *warning)
{
    return emit_glt_check_take_warning(&view->grid.check, warning);
}
