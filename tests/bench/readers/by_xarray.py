# SPDX-License-Identifier: MIT
"""The jobs by xarray with h5netcdf: by_xarray.py JOB RFL MASK TARGET PLAN

Variables stay on the disk until they are indexed: of the reflectance the bands that a job needs, or the pixels,
are read.
"""
import json
import sys

import arrays
import numpy as np
import xarray


def open_group(path, group=None):
    return xarray.open_dataset(path, engine="h5netcdf", group=group, mask_and_scale=False)


class Scene:
    def __init__(self, reflectance, mask, plan):
        self.root = open_group(reflectance)
        self.cube = self.root["reflectance"]
        location = open_group(reflectance, "location")
        self.line = location["glt_y"].values - 1
        self.sample = location["glt_x"].values - 1
        self.filled = (self.line >= 0) & (self.sample >= 0)
        self.mask = open_group(mask)
        flags = self.mask["mask"].isel({self.mask["mask"].dims[2]: plan["flags"]}).values
        self.screened = (flags == 1).any(axis=2)
        self.bits = None
        if plan["band_mask"]:
            packed = self.mask["band_mask"].values.astype("u1")
            self.bits = np.unpackbits(packed, axis=2, count=self.cube.shape[2]).view(bool)

    def grid(self):
        return [float(term) for term in self.root.attrs["geotransform"]], self.root.attrs["spatial_ref"]

    def load(self, bands):
        chosen = slice(None) if bands is None else bands
        # HDF5 wants the bands of a request in rising order.
        order = slice(None) if bands is None else np.argsort(np.argsort(bands))
        wanted = chosen if bands is None else sorted(bands)
        pixels = self.cube.isel({self.cube.dims[2]: wanted}).values[:, :, order]
        pixels[self.screened] = arrays.FILL
        if self.bits is not None:
            pixels[self.bits[:, :, chosen]] = arrays.FILL
        cells = np.full((*self.line.shape, pixels.shape[2]), arrays.FILL, "f4")
        cells[self.filled] = pixels[self.line[self.filled], self.sample[self.filled]]
        return cells

    def spectra(self, places):
        for column, row in places:
            line, sample = self.line[row, column], self.sample[row, column]
            values = self.cube[line, sample].values
            if self.screened[line, sample]:
                values[:] = arrays.FILL
            elif self.bits is not None:
                values[self.bits[line, sample]] = arrays.FILL


def main(job, reflectance, mask, target, plan):
    plan = json.loads(plan)
    scene = Scene(reflectance, mask, plan)
    arrays.run(job, scene.load, scene.spectra, scene.grid(), plan, target)


main(*sys.argv[1:])
