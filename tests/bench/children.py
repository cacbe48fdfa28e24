# SPDX-License-Identifier: MIT
"""What the benchmark runs in processes of its own, because it needs NumPy and much memory.

describe RFL MASK          sizes of the granule, where its bytes lie and which cells to ask for
decode FILE:VARIABLE...    reads variables with h5py, chunk rows one by one, and times just that
"""
import json
import sys
import time

import h5py
import numpy as np

FLAGS = {8: [0, 1, 3, 4], 11: [0, 1, 3, 4], 7: [0, 1, 3]}  # clouds, cirrus, spacecraft, by the mask's layers
WINDOW = 256
CELLS = 1000


# ---- describe ------------------------------------------------------------------------------------


def regions(dataset):
    """Offset and size of what is stored of a variable."""
    if dataset.chunks is None:
        return [[dataset.id.get_offset(), dataset.id.get_storage_size()]]
    chunks = (dataset.id.get_chunk_info(i) for i in range(dataset.id.get_num_chunks()))
    return [[chunk.byte_offset, chunk.size] for chunk in chunks]


def flags_of(mask):
    return FLAGS[mask["mask"].shape[2]]


def filled_cells(reflectance):
    """Column and row of some cells, at random."""
    rows, columns = np.nonzero(reflectance["location/glt_x"][:])
    chosen = np.random.default_rng(19).choice(rows.size, min(CELLS, rows.size), replace=False)
    return np.stack([columns[chosen], rows[chosen]], axis=1).tolist()


def utm_of(reflectance):
    west, width, _, north, _, height = reflectance.attrs["geotransform"]
    rows, columns = reflectance["location/glt_x"].shape
    zone = int((west + width * columns / 2 + 180) // 6) % 60 + 1
    return f"EPSG:{32600 + zone if north + height * rows / 2 >= 0 else 32700 + zone}"


def pixels_of_cells(reflectance, mask):
    """Raw pixel number of each ortho cell, -1 where the cell is empty or masked."""
    lines, samples = reflectance["reflectance"].shape[:2]
    line = reflectance["location/glt_y"][:].astype("i8") - 1
    sample = reflectance["location/glt_x"][:].astype("i8") - 1
    filled = (line >= 0) & (line < lines) & (sample >= 0) & (sample < samples)
    clear = (mask["mask"][:][:, :, flags_of(mask)] != 1).all(axis=2)
    number = np.where(filled, line * samples + sample, 0)
    return np.where(filled & clear.ravel()[number], number, -1)


def clear_cell(pixels):
    """The cell nearest to the middle that shows a pixel."""
    rows, columns = np.nonzero(pixels >= 0)
    distance = np.hypot(rows - pixels.shape[0] / 2, columns - pixels.shape[1] / 2)
    nearest = distance.argmin()
    return [int(columns[nearest]), int(rows[nearest])]


def middle_window(pixels):
    """The window around the middle, and how many pixels it shows, each counted once."""
    height, width = (min(WINDOW, size) for size in pixels.shape)
    row, column = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    shown = pixels[row : row + height, column : column + width]
    shown = shown[shown >= 0]
    return {
        "srcwin": [column, row, width, height],
        "cells": int(shown.size),
        "pixels": int(np.unique(shown).size),
    }


def describe(reflectance_path, mask_path):
    with h5py.File(reflectance_path) as reflectance, h5py.File(mask_path) as mask:
        cube = reflectance["reflectance"]
        pixels = pixels_of_cells(reflectance, mask)
        tables = regions(reflectance["location/glt_x"]) + regions(reflectance["location/glt_y"])
        wavelengths = reflectance["sensor_band_parameters/wavelengths"][:].tolist()
        return {
            "shape": cube.shape,
            "cube": regions(cube),
            "tables": tables,
            "wavelengths": wavelengths,
            "rows": pixels.shape[0],
            "columns": pixels.shape[1],
            "flags": flags_of(mask),
            "band_mask": "band_mask" in mask,
            "filled_cells": filled_cells(reflectance),
            "utm": utm_of(reflectance),
            "clear_cell": clear_cell(pixels),
            "window": middle_window(pixels),
        }


# ---- decode --------------------------------------------------------------------------------------


def read_variable(dataset):
    """Reads all of it into one buffer, a row of chunks at a time: each chunk is inflated once."""
    step = dataset.chunks[0] if dataset.chunks else 1
    buffer = np.zeros((step, *dataset.shape[1:]), dataset.dtype)
    for first in range(0, dataset.shape[0], step):
        last = min(first + step, dataset.shape[0])
        dataset.read_direct(buffer, np.s_[first:last], np.s_[: last - first])


def decode(*names):
    wall, cpu = time.perf_counter(), time.process_time()
    for name in names:
        path, variable = name.rsplit(":", 1)
        with h5py.File(path) as file:
            read_variable(file[variable])
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


COMMANDS = {"describe": describe, "decode": decode}

if __name__ == "__main__":
    print(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])))
