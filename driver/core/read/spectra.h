/* SPDX-License-Identifier: MIT */
/* Reads spectra of a tile of the raw grid straight from a file that stores them contiguously. */
#pragma once

#include "core/read/tile_sort.h"

/* Size of a tile. 64 samples make the needed pixels of a line one 64-bit word, and 64 x 64 spectra
 * of 285 bands are 4.7 MB. */
#define EMIT_SPECTRA_TILE_LINES 64
#define EMIT_SPECTRA_TILE_COLUMNS 64

/* File bands, both included. */
struct emit_band_span
{
    uint64_t lowest;
    uint64_t highest;
};

/* The pixels of a tile to read. */
struct emit_spectra
{
    struct emit_store *store;
    const struct emit_tile *tile;
    const struct emit_item *items; /* tile->count of them */
    struct emit_band_span bands;
};

/* Reads the spectra into scratch memory: neighbours in one read, scattered pixels one by one and
 * only their "bands". The other pixels and bands of "*values" are undefined. If "prefetch" is not
 * NULL, reads nothing but adds the ranges to it. */
enum emit_status emit_spectra_read_tile(const struct emit_spectra *spectra,
                                        struct emit_prefetch_list *prefetch,
                                        struct emit_values *values, struct emit_scratch *scratch,
                                        struct emit_error *error);

/* Working memory of a thread that calls it. */
uint64_t emit_spectra_thread_nbytes(const struct emit_store *store);
