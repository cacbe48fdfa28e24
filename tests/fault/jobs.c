/* SPDX-License-Identifier: MIT */
#include "jobs.h"

#include "granule_writer.h"
#include "support.h"

#include <cpl_vsi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "/vsimem/fault"
#define NAMED "_20240315T101112_2407507_004.nc"

const struct job jobs[] = {
    {"contiguous, both masks",
     "plain/EMIT_L2A_RFL_001" NAMED,
     NULL,
     {"NUM_THREADS=1", "QUALITY_FLAGS=0,1,3,4", "BAND_MASK=YES"},
     SUMMED_MASKS},
    {"checksums, both masks",
     "sums/EMIT_L2A_RFL_001" NAMED,
     NULL,
     {"NUM_THREADS=1", "QUALITY_FLAGS=0,1,3,4", "BAND_MASK=YES"},
     SUMMED_ALL},
    {"deflated, nearest pixels, a comparison",
     "packed/EMIT_L2A_RFL_001" NAMED,
     NULL,
     {"NUM_THREADS=1", "ORTHO=NEAREST", "QUALITY_WHERE=AOD550>0.2"},
     SUMMED_NONE},
    {"minerals",
     "plain/EMIT_L2B_MIN_001" NAMED,
     "group_1_mineral_id",
     {"NUM_THREADS=1"},
     SUMMED_NONE},
    {"swath, several threads",
     "packed/EMIT_L2A_RFL_001" NAMED,
     NULL,
     {"NUM_THREADS=3", "ORTHO=NO", "BAND_MASK=YES"},
     SUMMED_ALL},
};
const unsigned job_count = sizeof jobs / sizeof jobs[0];

/* ---- Granules ------------------------------------------------------------------------------- */

static const char *storage_name;

static void move_into_memory(const char *path)
{
    GByte *bytes = NULL;
    vsi_l_offset nbytes = 0;
    char name[256];
    snprintf(name, sizeof name, FOLDER "/%s/%s", storage_name, strrchr(path, '/') + 1);
    assert_true(VSIIngestFile(NULL, path, &bytes, &nbytes, -1));
    VSIFCloseL(VSIFileFromMemBuffer(name, bytes, nbytes, TRUE));
    VSIUnlink(path);
}

static void write_stored(const char *name, const char *product, const struct mk_storage *storage)
{
    struct mk_options options = mk_options_default();
    struct mk_error error = {""};
    storage_name = name;
    memset(options.products, 0, sizeof options.products);
    options.products[mk_product_named(product, strlen(product))] = true;
    options.lines = 13;
    options.samples = 11;
    options.bands = 9;
    options.id.mask_version = 1;
    if (storage != NULL)
        options.main_storage = *storage;
    options.main_storage_chosen = storage != NULL;
    if (!mk_write_granules(&options, test_folder(), move_into_memory, &error))
        fail_msg("%s", error.message);
}

void jobs_write(void)
{
    static const struct mk_storage packed = {
        .chunked = true, .chunk = {5, 4, 3}, .deflate = 4, .shuffle = true};
    static const struct mk_storage summed = {
        .chunked = true, .chunk = {6, 11, 9}, .fletcher32 = true};
    write_stored("plain", "RFL", NULL);
    write_stored("plain", "MIN", NULL);
    write_stored("plain", "MASK", &packed);
    write_stored("packed", "RFL", &packed);
    write_stored("packed", "MASK", &packed);
    write_stored("sums", "RFL", &summed);
    write_stored("sums", "MASK", &summed);
}

/* ---- Running ----------------------------------------------------------------------------------
 */

static int64_t *count_up(int64_t count)
{
    int64_t *numbers = malloc((size_t)count * sizeof *numbers);
    assert_non_null(numbers);
    for (int64_t i = 0; i < count; i++)
        numbers[i] = i;
    return numbers;
}

enum emit_status jobs_read(struct emit_view *view, size_t first_band, size_t count,
                           unsigned char **bytes_ret, size_t *nbytes_ret)
{
    const struct emit_view_info *info = emit_view_describe(view);
    const struct emit_cells cells = {count_up(info->rows), (size_t)info->rows,
                                     count_up(info->columns), (size_t)info->columns};
    int *bands = malloc(count * sizeof *bands);
    assert_non_null(bands);
    for (size_t i = 0; i < count; i++)
        bands[i] = (int)(first_band + i);
    const size_t size = emit_type_size(info->type);
    const size_t pixel = size * count;
    *nbytes_ret = cells.row_count * cells.column_count * pixel;
    *bytes_ret = malloc(*nbytes_ret);
    assert_non_null(*bytes_ret);
    memset(*bytes_ret, 0xa5, *nbytes_ret);
    const struct emit_buffer buffer = {*bytes_ret, (ptrdiff_t)(cells.column_count * pixel),
                                       (ptrdiff_t)pixel, (ptrdiff_t)size};
    const enum emit_status status =
        emit_view_read(view, &cells, bands, count, &buffer, &last_error);
    free((void *)cells.rows);
    free((void *)cells.columns);
    free(bands);
    return status;
}

static void read_all(struct emit_view *view, struct outcome *outcome)
{
    const struct emit_view_info *info = emit_view_describe(view);
    outcome->value_nbytes = emit_type_size(info->type);
    outcome->opened = true;
    outcome->status = jobs_read(view, 0, info->band_count, &outcome->bytes, &outcome->nbytes);
    if (outcome->status != EMIT_OK)
        outcome_close(outcome);
}

/* Both nodata values that occur in the jobs. */
static void set_nodata(const struct emit_view_info *info, struct outcome *outcome)
{
    const float as_float = (float)info->nodata;
    const int16_t as_integer = info->type == EMIT_FLOAT32 ? 0 : (int16_t)info->nodata;
    if (info->type == EMIT_FLOAT32)
        memcpy(outcome->nodata, &as_float, sizeof as_float);
    else
        memcpy(outcome->nodata, &as_integer, sizeof as_integer);
}

void job_do(const struct job *job, const char *prefix, struct outcome *outcome,
            struct outcome *again)
{
    char path[512];
    struct emit_view *view;
    snprintf(path, sizeof path, "%s" FOLDER "/%s", prefix, job->file);
    *outcome = *again = (struct outcome){.status = EMIT_OK};
    last_error.message[0] = '\0';
    outcome->status = emit_view_open(path, job->variable, job->options, &view, &last_error);
    if (outcome->status != EMIT_OK)
        return;
    set_nodata(emit_view_describe(view), outcome);
    read_all(view, outcome);
    if (outcome->status != EMIT_OK)
    {
        struct emit_error kept = last_error;
        read_all(view, again);
        last_error = kept;
    }
    emit_view_close(view);
}

void outcome_close(struct outcome *outcome)
{
    free(outcome->bytes);
    outcome->bytes = NULL;
}
