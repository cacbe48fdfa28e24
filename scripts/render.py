#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Pictures before and after masking, and how much the masks took.

render.py GRANULE MASKED OUTDIR: GRANULE is opened by the EMIT driver without masks, MASKED is the
same grid with masks applied. Writes before.png and after.png, in true colour with one stretch,
where empty cells are transparent and masked ones magenta, and prints the shares of masked cells
and values.
"""
import pathlib
import sys

import numpy as np
from osgeo import gdal

RGB_NM = (650, 560, 470)
MASKED_COLOUR = (214, 39, 140)
LINES_AT_A_TIME = 64


def bands_nearest(dataset, wavelengths):
    """1-based numbers of the bands nearest to "wavelengths", in nm."""
    centres = [
        float(dataset.GetRasterBand(band).GetMetadataItem("wavelength") or "nan")
        for band in range(1, dataset.RasterCount + 1)
    ]
    if not np.isfinite(centres).any():
        sys.exit(f"render: {dataset.GetDescription()} has no wavelengths")
    return [int(np.nanargmin(np.abs(np.array(centres) - nm))) + 1 for nm in wavelengths]


def read_rgb(dataset, bands):
    """Float array (3, rows, columns), NaN where there is no value."""
    planes = []
    for number in bands:
        band = dataset.GetRasterBand(number)
        plane = band.ReadAsArray().astype(np.float32)
        plane[plane == np.float32(band.GetNoDataValue())] = np.nan
        planes.append(plane)
    return np.stack(planes)


def stretch_limits(rgb):
    """The 2nd and 98th percentile of each band."""
    return np.nanpercentile(rgb, (2, 98), axis=(1, 2))


def write_png(path, rgb, limits, filled):
    low, high = limits[:, :, None, None]
    scaled = np.rint(255 * np.clip((rgb - low) / (high - low), 0, 1))
    shown = np.isfinite(scaled).all(axis=0)
    pixels = np.where(shown, scaled, np.array(MASKED_COLOUR)[:, None, None])
    picture = gdal.GetDriverByName("MEM").Create("", rgb.shape[2], rgb.shape[1], 4, gdal.GDT_Byte)
    for number, plane in enumerate([*pixels, 255 * filled], 1):
        picture.GetRasterBand(number).WriteArray(plane.astype(np.uint8))
    picture.GetRasterBand(4).SetColorInterpretation(gdal.GCI_AlphaBand)
    gdal.GetDriverByName("PNG").CreateCopy(str(path), picture)
    pathlib.Path(f"{path}.aux.xml").unlink(missing_ok=True)


def count(before, after):
    """Filled cells, cells masked in all bands, and values masked in the cells that are left."""
    nodata = np.float32(before.GetRasterBand(1).GetNoDataValue())
    filled = masked = single = 0
    for row in range(0, before.RasterYSize, LINES_AT_A_TIME):
        rows = min(LINES_AT_A_TIME, before.RasterYSize - row)
        window = (0, row, before.RasterXSize, rows)
        was = before.ReadAsArray(*window) != nodata
        stays = after.ReadAsArray(*window) != nodata
        there, left = was.any(axis=0), stays.any(axis=0)
        filled += np.count_nonzero(there)
        masked += np.count_nonzero(there & ~left)
        single += np.count_nonzero(was & ~stays & left)
    return filled, masked, single


def main():
    granule, masked_name, folder = sys.argv[1:]
    folder = pathlib.Path(folder)
    gdal.UseExceptions()
    before, after = gdal.Open(granule), gdal.Open(masked_name)
    bands = bands_nearest(before, RGB_NM)
    was, stays = read_rgb(before, bands), read_rgb(after, bands)
    there = np.isfinite(was).all(axis=0)
    limits = stretch_limits(stays)
    write_png(folder / "before.png", was, limits, there)
    write_png(folder / "after.png", stays, limits, there)

    filled, masked, single = count(before, after)
    left = (filled - masked) * before.RasterCount
    print(f"cells with data                 {filled:12,d}")
    print(f"  masked in all bands           {masked:12,d}  {100 * masked / max(filled, 1):6.2f} %")
    print(f"values in the cells left        {left:12,d}")
    print(f"  masked one by one             {single:12,d}  {100 * single / max(left, 1):6.2f} %")


if __name__ == "__main__":
    main()
