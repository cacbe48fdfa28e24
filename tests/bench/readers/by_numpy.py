# SPDX-License-Identifier: MIT
"""The jobs by the steps of NASA's notebook and emit_tools: by_numpy.py JOB RFL MASK TARGET PLAN

The whole cube is read and masked, the whole cube is laid on the map by the lookup table, and bands
and cells are taken from that.
"""
import json
import sys

import arrays
import netCDF4
import numpy as np


def quality_mask(file, flags):
    total = file["mask"][:][..., flags].filled(arrays.FILL).sum(axis=-1)
    total[total > 1] = 1
    return total == 1


def band_mask(file, bands):
    file["band_mask"].set_auto_mask(False)
    return np.unpackbits(file["band_mask"][:].astype("u1"), axis=-1)[..., :bands] == 1


def lookup_table(file):
    table = [np.nan_to_num(file["location"][name][:], nan=0) for name in ("glt_x", "glt_y")]
    return np.stack(table, axis=-1).astype(int)


def ortho(reflectance, mask, plan):
    """(cells of all bands, geotransform and SRS)"""
    with netCDF4.Dataset(reflectance) as file:
        file.set_auto_mask(False)
        cube, table = file["reflectance"][:], lookup_table(file)
        grid = [float(term) for term in file.geotransform], file.spatial_ref
    with netCDF4.Dataset(mask) as file:
        cube[quality_mask(file, plan["flags"])] = arrays.FILL
        if plan["band_mask"]:
            cube[band_mask(file, cube.shape[2])] = arrays.FILL
    cells = np.full((*table.shape[:2], cube.shape[2]), arrays.FILL, "f4")
    filled = np.all(table > 0, axis=-1)
    table[filled] -= 1
    cells[filled] = cube[table[filled, 1], table[filled, 0]]
    return cells, grid


def main(job, reflectance, mask, target, plan):
    plan = json.loads(plan)
    cells, grid = ortho(reflectance, mask, plan)

    def load(bands):
        return cells if bands is None else cells[:, :, bands]

    def spectra(places):
        return [cells[row, column].copy() for column, row in places]

    arrays.run(job, load, spectra, grid, plan, target)


main(*sys.argv[1:])
