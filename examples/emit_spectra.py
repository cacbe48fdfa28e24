#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Spectra of places as a table: points or polygons x EMIT granules to CSV, GeoPackage or Parquet.

    emit_spectra.py -o QUALITY_FLAGS=cloud,cirrus --id name places.geojson EMIT_L2A_RFL_*.nc spectra.csv

PLACES is a vector file, or CSV with columns lon and lat ("--id": the field with their names). A granule is a file, a
name with options inside, or an index by emit_index.py, of which those at the places are read ("-o": open options).
Columns are place, lon, lat, granule, time, cells, clear (how many of the cells are) and each band: the value at the
point, or the mean of the polygon's clear cells; empty where masked.
"""
import argparse
import csv
import math
import os
import re
import sys
import tempfile
from pathlib import Path

import numpy as np
from osgeo import gdal, ogr, osr

gdal.UseExceptions()
ogr.UseExceptions()
COLUMNS = ["X_POSSIBLE_NAMES=lon,longitude,x", "Y_POSSIBLE_NAMES=lat,latitude,y"]
FIRST = ("place", "lon", "lat", "granule", "time", "cells", "clear")
TYPES = "String,CoordX,CoordY,String,DateTime,Integer,Integer"
FORMATS = {".csv": "CSV", ".gpkg": "GPKG", ".parquet": "Parquet"}


def read_places(path, id_field):
    """[(name, geometry in longitude and latitude), ...]"""
    source = gdal.OpenEx(path, gdal.OF_VECTOR, open_options=COLUMNS if path.endswith(".csv") else [])
    layer, degrees, places = source.GetLayer(0), osr.SpatialReference(), []
    degrees.SetFromUserInput("OGC:CRS84")
    for feature in layer:
        shape = feature.GetGeometryRef()
        name = feature.GetFieldAsString(id_field) if id_field else str(feature.GetFID())
        if not shape or shape.IsEmpty() or shape.GetGeometryName() not in ("POINT", "POLYGON", "MULTIPOLYGON"):
            raise RuntimeError(f"{path}: place {name} is neither a point nor a polygon")
        if layer.GetSpatialRef():
            shape.TransformTo(degrees)
        places.append((name, shape.Clone()))
    return places


def names_of(granule, places):
    """The granule, or those of an index that lie at the places."""
    if not granule.endswith((".gti.gpkg", ".gti.fgb")):
        return [granule]
    index = gdal.OpenEx(granule, gdal.OF_VECTOR)
    layer, names = index.GetLayer(0), {}
    for _, shape in places:
        layer.SetSpatialFilter(shape)
        names.update((feature.GetFID(), feature["location"]) for feature in layer)
    beside = f'EMIT:"{os.path.dirname(os.path.abspath(granule))}/'
    return [re.sub('^EMIT:"(?!/)', lambda _: beside, names[number]) for number in sorted(names)]


class Scene:
    def __init__(self, name, options):
        self.dataset = gdal.OpenEx(name, gdal.OF_RASTER | gdal.OF_VERBOSE_ERROR, ["EMIT"], options)
        bands = [self.dataset.GetRasterBand(number + 1) for number in range(self.dataset.RasterCount)]
        self.columns = [band.GetDescription() for band in bands]
        self.nodata = np.array([[band.GetNoDataValue()] for band in bands], "f8")
        self.width, self.height = self.dataset.RasterXSize, self.dataset.RasterYSize
        self.west, self.step, _, self.north, _, self.down = self.dataset.GetGeoTransform()
        file = os.path.basename(re.sub(r'^EMIT:"?|".*', "", name, flags=re.IGNORECASE))
        self.head = [file, (self.dataset.GetMetadataItem("time_coverage_start") or "").replace("+0000", "Z")]

    def cells(self, shape):
        """(column, row, mask) of a place; None without a cell in the grid, which may go beyond 180."""
        turn = 360 * round((self.west + self.step * self.width / 2 - shape.Centroid().GetX()) / 360)
        left, right, bottom, top = shape.GetEnvelope()
        left, right = (math.floor((x + turn - self.west) / self.step) for x in (left, right))
        top, bottom = (math.floor((y - self.north) / self.down) for y in (top, bottom))
        if right < 0 or bottom < 0 or left >= self.width or top >= self.height:
            return None
        left, top = max(left, 0), max(top, 0)
        if shape.GetGeometryName() == "POINT":
            return left, top, np.ones((1, 1), bool)
        size = min(right + 1, self.width) - left, min(bottom + 1, self.height) - top
        burnt = gdal.GetDriverByName("MEM").Create("", *size)
        corner = self.west - turn + left * self.step, self.north + top * self.down
        burnt.SetGeoTransform((corner[0], self.step, 0, corner[1], 0, self.down))
        gdal.Rasterize(burnt, shape.ExportToJson(), burnValues=[1])
        return (left, top, mask) if (mask := burnt.ReadAsArray() == 1).any() else None

    def spectrum(self, column, row, mask):
        """(value or mean by band, NaN where masked; number of clear cells)"""
        sums, counts, clear = 0.0, 0, 0
        for first in range(0, mask.shape[0], 64):  # rows
            part = mask[first : first + 64]
            values = self.dataset.ReadAsArray(column, row + first, *part.shape[::-1]).astype("f8")
            values = values.reshape(self.nodata.size, *part.shape)[:, part]
            there = ~(np.isnan(values) | (values == self.nodata))
            sums, counts = sums + np.where(there, values, 0).sum(axis=1), counts + there.sum(axis=1)
            clear += int(there.any(axis=0).sum())
        return np.divide(sums, counts, out=np.full(self.nodata.size, np.nan), where=counts > 0), clear


def write_table(file, places, names, options):
    """A row for each granule and place; the names of the bands."""
    columns, rows = [], csv.writer(file)
    for number, name in enumerate(names):
        scene = Scene(name, options)
        if number == 0:
            rows.writerow([*FIRST, *(columns := scene.columns)])
        elif scene.columns != columns:
            raise RuntimeError(f"{name} has other bands than {names[0]}")
        found = [(place, shape, cells) for place, shape in places if (cells := scene.cells(shape))]
        if "/vsi" in name:  # a server is then asked once whether the file has changed, not for each place
            for _, _, (column, row, mask) in found:
                scene.dataset.AdviseRead(column, row, *mask.shape[::-1])
        for done, (place, shape, cells) in enumerate(found):
            values, clear = scene.spectrum(*cells)
            head = [place, *shape.Centroid().GetPoint_2D(), *scene.head, int(cells[2].sum()), clear]
            rows.writerow(head + ["" if value != value else f"{value:.9g}" for value in values.tolist()])
            gdal.TermProgress_nocb((number + done / len(found)) / len(names))
    gdal.TermProgress_nocb(1)
    return columns


def write(output, places, granules, options):
    ending, folder = os.path.splitext(output)[1], os.path.dirname(os.path.abspath(output))
    if gdal.GetDriverByName(FORMATS.get(ending, ending)) is None:
        raise RuntimeError(f"{output}: this GDAL cannot write {ending}: choose .csv or .gpkg")
    names = [name for granule in granules for name in names_of(granule, places)]
    with tempfile.TemporaryDirectory(dir=folder) as work:
        table = Path(work, "spectra.csv")
        with table.open("w", newline="", encoding="utf-8") as file:
            columns = write_table(file, places, names, options)
        if ending == ".csv":
            return table.replace(output)
        table.with_suffix(".csvt").write_text(",".join([TYPES, *["Real"] * len(columns)]))
        gdal.VectorTranslate(output, str(table), options=f"-f {FORMATS[ending]} -a_srs EPSG:4326 -overwrite")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("-o", dest="options", action="append", default=[])
    for word, count in {"--id": None, "places": None, "granules": "+", "output": None}.items():
        parser.add_argument(word, nargs=count)
    args = parser.parse_args()
    try:
        write(args.output, read_places(args.places, args.id), args.granules, args.options)
    except (OSError, RuntimeError) as error:
        sys.exit(f"emit_spectra: {error}")
