/* SPDX-License-Identifier: MIT */
/* A mask granule beside a good reflectance granule: whatever it holds, the view opens masked or
 * not at all. The input's last byte, no part of the file, chooses the options. */
#include "fuzz.h"
#include "granule_views.h"
#include "granule_writer.h"

#include <cpl_vsi.h>

#define FOLDER "/vsimem/fuzz/"
#define MASKED "MASK_FILE=" FOLDER "mask.nc"

static char granule_path[256];

static const char *const choices[][4] = {
    {"NUM_THREADS=1", MASKED, "QUALITY_FLAGS=0,1,3,4", NULL},
    {"NUM_THREADS=1", MASKED, "BAND_MASK=YES", NULL},
    {"NUM_THREADS=1", MASKED, "QUALITY_WHERE=AOD550>0.4", NULL},
    {"NUM_THREADS=1", MASKED, "CLOUD_BUFFER=2", NULL},
    {"NUM_THREADS=2", "BAND_MASK=YES", "QUALITY_FLAGS=cloud", NULL}, /* found by its name */
};

static void keep_in_memory(const char *path)
{
    GByte *bytes = NULL;
    vsi_l_offset nbytes = 0;
    if (!VSIIngestFile(NULL, path, &bytes, &nbytes, -1))
        exit(1);
    snprintf(granule_path, sizeof granule_path, FOLDER "%s", strrchr(path, '/') + 1);
    VSIFCloseL(VSIFileFromMemBuffer(granule_path, bytes, nbytes, TRUE));
    VSIUnlink(path);
}

/* The same sizes and time as in the seeds. */
static void write_granule(void)
{
    char folder[] = "/tmp/emit_fuzz_XXXXXX";
    struct mk_options options = mk_options_default();
    struct mk_error error;
    memset(options.products, 0, sizeof options.products);
    options.products[mk_product_named("RFL", 3)] = true;
    options.lines = 11;
    options.samples = 9;
    options.bands = 13;
    options.id.mask_version = 1;
    if (mkdtemp(folder) == NULL || !mk_write_granules(&options, folder, keep_in_memory, &error))
        exit(1);
    VSIRmdir(folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (granule_path[0] == '\0')
        write_granule();
    if (size < 1)
        return 0;
    const size_t choice = data[size - 1] % (sizeof choices / sizeof choices[0]);
    const char *path =
        choice == 4 ? FOLDER "EMIT_L2A_MASK_001_20240315T101112_2407507_004.nc" : FOLDER "mask.nc";
    unsigned char *file = fuzz_memory(size - 1);
    memcpy(file, data, size - 1);
    VSIFCloseL(VSIFileFromMemBuffer(path, file, size - 1, FALSE));
    fuzz_view(granule_path, NULL, choices[choice]);
    VSIUnlink(path);
    free(file);
    return 0;
}
