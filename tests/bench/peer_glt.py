# SPDX-License-Identifier: MIT
"""GDAL's own way: the multidimensional GLT view of a granule, unmasked, written to GeoTIFF.

Usage: peer_glt.py GRANULE OUT.tif [BAND...]

Runs inside the tree of a newer GDAL, so it needs nothing but its Python binding. A band flagged as
bad stays as it is, as with the driver.
"""
import sys

from osgeo import gdal


def main(granule, target, *bands):
    gdal.UseExceptions()
    root = gdal.OpenEx(granule, gdal.OF_MULTIDIM_RASTER).GetRootGroup()
    cube = root.OpenMDArray("reflectance")
    options = ["USE_GOOD_WAVELENGTHS=NO"]
    ortho = cube.GetResampled([None] * 3, gdal.GRIORA_NearestNeighbour, None, options)
    raster = ortho.AsClassicDataset(1, 0)
    chosen = [int(band) for band in bands] or None
    gdal.Translate(target, raster, format="GTiff", bandList=chosen)


main(*sys.argv[1:])
