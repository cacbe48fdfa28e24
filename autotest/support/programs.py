# SPDX-License-Identifier: MIT
"""GDAL's programs as they are called in tests, and where on a granule's grid their results lie."""
import shutil

import numpy as np
import pytest
import reference
import views
from osgeo import gdal, osr

VERSION = int(gdal.VersionInfo("VERSION_NUM"))
UTM = "EPSG:32629"


def program(name):
    """The program as it is called here: gdal_calc.py or, without the ending, gdal_calc."""
    found = shutil.which(name) or shutil.which(name.removesuffix(".py"))
    return found or pytest.skip(f"{name} is not installed")


def do(name, *words):
    code, output, errors = views.run(program(name), *words)
    assert code == 0, f"{name} {' '.join(map(str, words))}\n{output}{errors}"
    return output


def masked(path, mask, **choice):
    return reference.view(path, mask=mask, quality_flags="cloud", **choice)


def centres(dataset):
    """x and y of the centres of all cells of a north-up dataset."""
    west, across, _, north, _, down = dataset.GetGeoTransform()
    return np.meshgrid(
        west + across * (np.arange(dataset.RasterXSize) + 0.5),
        north + down * (np.arange(dataset.RasterYSize) + 0.5),
    )


def to_degrees(x, y, crs):
    """Longitudes and latitudes of places in "crs"."""
    source, target = osr.SpatialReference(), osr.SpatialReference()
    for system, name in ((source, crs), (target, "EPSG:4326")):
        system.SetFromUserInput(name)
        system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    points = np.column_stack([x.ravel(), y.ravel()]).tolist()
    degrees = np.array(osr.CoordinateTransformation(source, target).TransformPoints(points))
    return degrees[:, 0].reshape(x.shape), degrees[:, 1].reshape(x.shape)


class Grid:
    """The cells of a granule, looked up by longitude and latitude."""

    def __init__(self, path, cells):
        self.west, self.across, _, self.north, _, self.down = reference.geotransform(path)
        self.cells = cells

    def places(self, lon, lat):
        return (lon - self.west) / self.across, (lat - self.north) / self.down

    def at(self, lon, lat):
        """(values by band, whether the place is not on a cell's edge, where rounding decides)."""
        column, row = self.places(lon, lat)
        clear = (np.abs(column - np.rint(column)) > 1e-6) & (np.abs(row - np.rint(row)) > 1e-6)
        column, row = np.floor(column).astype(int), np.floor(row).astype(int)
        rows, columns = self.cells.shape[1:]
        inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        found = self.cells[:, np.where(inside, row, 0), np.where(inside, column, 0)]
        return np.where(inside, found, self.cells.dtype.type(-9999)), clear
