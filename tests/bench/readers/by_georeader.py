# SPDX-License-Identifier: MIT
"""The jobs by georeader-spaceml, of the radiance: by_georeader.py JOB RAD TARGET PLAN

The library knows no reflectance files and no band mask. It finds the MASK granule by its name; its valid
mask has the flags of NASA's notebook.
"""
import json
import sys

import arrays
import numpy as np
from georeader.readers.emit import EMITImage
from rasterio.windows import Window


def masked(image):
    """(band, row, column), on the grid of the image."""
    pixels = image.load_raw()
    pixels[:, image.invalid_mask_raw()] = arrays.FILL
    return image.georreference(pixels, fill_value_default=arrays.FILL)


def main(job, radiance, target, plan):
    plan = json.loads(plan)
    image = EMITImage(radiance)
    if job == "warp":
        image = image.to_crs(plan["utm"], resolution_dst_crs=plan["resolution"])
    grid = image.transform.to_gdal(), image.crs

    def load(bands):
        chosen = image if bands is None else image.read_from_bands(bands)
        return np.moveaxis(masked(chosen).values, 0, 2)

    def spectra(places):
        screened = image.invalid_mask_raw()
        for column, row in places:
            cell = image.read_from_window(Window(column, row, 1, 1))
            line = int(cell.window_raw.row_off - image.window_raw.row_off)
            sample = int(cell.window_raw.col_off - image.window_raw.col_off)
            if not screened[line, sample]:
                cell.load()

    arrays.run("all" if job == "warp" else job, load, spectra, grid, plan, target)


main(*sys.argv[1:])
