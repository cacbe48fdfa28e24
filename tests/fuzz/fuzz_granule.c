/* SPDX-License-Identifier: MIT */
/*
 * A whole granule. The last two bytes of an input are no part of the file: they choose the variable
 * and the options. Masks, where the options ask for some, are the file's own.
 */
#include "fuzz.h"
#include "granule_views.h"

#include <cpl_vsi.h>

#define PATH "/vsimem/fuzz/EMIT_L2A_RFL_001_20240315T101112_2407507_004.nc"
#define MASKED "MASK_FILE=" PATH

static const char *const choices[][5] = {
    {"NUM_THREADS=1", NULL},
    {"NUM_THREADS=1", "ORTHO=NO", NULL},
    {"NUM_THREADS=1", "ORTHO=NEAREST", NULL},
    {"NUM_THREADS=3", "BAD_WAVELENGTHS=NODATA", "NODATA=NAN", NULL},
    {"NUM_THREADS=1", "WAVELENGTHS=650,560,470", NULL},
    {"NUM_THREADS=1", MASKED, "QUALITY_FLAGS=cloud,cirrus", NULL},
    {"NUM_THREADS=1", MASKED, "QUALITY_FLAGS=0,1", "BAND_MASK=YES", NULL},
    {"NUM_THREADS=1", MASKED, "QUALITY_WHERE=AOD550>0.4,H2O>3", "ORTHO=NO", NULL},
    {"NUM_THREADS=1", MASKED, "CLOUD_BUFFER=3", NULL},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const size_t which = data[size - 1];
    const char *const *options = choices[data[size - 2] % (sizeof choices / sizeof choices[0])];
    unsigned char *file = fuzz_memory(size - 2);
    memcpy(file, data, size - 2);
    VSIFCloseL(VSIFileFromMemBuffer(PATH, file, size - 2, FALSE));
    char *variable = which > 0 ? fuzz_variable(PATH, which - 1) : NULL;
    if (which == 0 || variable != NULL)
        fuzz_view(PATH, variable, options);
    VSIUnlink(PATH);
    free(variable);
    free(file);
    return 0;
}
