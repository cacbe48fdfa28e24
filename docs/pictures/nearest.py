#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What ORTHO=NEAREST changes along a coast: nearest.py RFL_GRANULE PICTURE.png

Takes the stretch of coast where the two differ most and shows, side by side, the cells through the
lookup table, through the nearest pixel, and those that differ in red. GDAL_DRIVER_PATH names the
folder of the plugin.
"""
import sys

import matplotlib
import numpy as np
from osgeo import gdal

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

CELLS = 48
NIR_NM, RGB_NM = 860, (650, 560, 470)


def read(path, ortho):
    """True colour and near infrared, NaN where there is no value."""
    wanted = ",".join(str(nm) for nm in (*RGB_NM, NIR_NM))
    options = [f"ORTHO={ortho}", f"WAVELENGTHS={wanted}", "NODATA=NAN"]
    return gdal.OpenEx(path, gdal.OF_RASTER, open_options=options).ReadAsArray()


def liveliest_window(table, nearest):
    """Corner of the window with a coast (a third of it water or more, a third land) and the largest
    difference in the near infrared."""
    best, corner = -1.0, (0, 0)
    rows, columns = table.shape[1:]
    for row in range(0, rows - CELLS, CELLS // 2):
        for column in range(0, columns - CELLS, CELLS // 2):
            window = (slice(row, row + CELLS), slice(column, column + CELLS))
            nir = table[3][window]
            water = np.mean(nir < 0.05)
            if np.isnan(nir).any() or not 1 / 3 < water < 2 / 3 or np.median(nir) > 0.4:
                continue
            change = np.abs(nearest[3][window] - nir).mean()
            if change > best:
                best, corner = change, (row, column)
    return corner


def main(path, picture):
    gdal.UseExceptions()
    table, nearest = read(path, "GLT"), read(path, "NEAREST")
    row, column = liveliest_window(table, nearest)
    cut = (slice(None), slice(row, row + CELLS), slice(column, column + CELLS))
    table, nearest = table[cut], nearest[cut]
    low, high = np.nanpercentile(table[:3], (1, 99), axis=(1, 2))[:, :, None, None]
    shown = [np.clip((cube[:3] - low) / (high - low), 0, 1) for cube in (table, nearest)]
    differ = (table != nearest).any(axis=0)
    marked = np.where(differ, np.array([0.84, 0.15, 0.16])[:, None, None], shown[0])
    figure, axes = plt.subplots(1, 3, figsize=(12, 4.4), layout="constrained")
    titles = ("ORTHO=GLT", "ORTHO=NEAREST", f"{differ.mean():.0%} of these cells differ")
    for axis, image, title in zip(axes, [*shown, marked], titles):
        axis.imshow(image.transpose(1, 2, 0), interpolation="nearest")
        axis.set_title(title)
        axis.set_axis_off()
    figure.savefig(picture, dpi=80)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
