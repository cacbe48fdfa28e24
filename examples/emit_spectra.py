#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Spectra of places as a table: points or polygons x EMIT granules to CSV, GeoPackage or Parquet.

    emit_spectra.py -o QUALITY_FLAGS=cloud,cirrus --id name places.geojson EMIT_L2A_RFL_*.nc spectra.csv
PLACES is a vector file, or CSV with lon and lat (--id: field of their names). A granule is a file, a name with options,
or an index by emit_index.py, which this program imports. Columns are place, lon, lat, granule, time, cells, clear
(how many cells are clear) and each band: value at the point or mean of the polygon's clear cells, empty if masked.
"""
import argparse
import csv
import re
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from osgeo import gdal, ogr, osr

from emit_index import check_options, names_at

gdal.UseExceptions()
ogr.UseExceptions()
XY = ["X_POSSIBLE_NAMES=lon,longitude,x", "Y_POSSIBLE_NAMES=lat,latitude,y"]
FORMATS = {".csv": "CSV", ".gpkg": "GPKG", ".parquet": "Parquet"}


def joined(shape):
    """A polygon that is cut at 180, as GeoJSON wants it, in one piece beyond it, as the granules' grids are."""
    whole, width = shape.Clone(), lambda it: it.GetEnvelope()[1] - it.GetEnvelope()[0]
    for ring in [ring for part in whole if part.GetEnvelope()[1] <= 0 for ring in part]:  # only of several polygons
        for number in range(ring.GetPointCount()):
            ring.SetPoint_2D(number, ring.GetX(number) + 360, ring.GetY(number))
    return whole if width(whole) < 180 <= width(shape) else shape.Clone()


def read_places(path, id_field):
    """(name, geometry in longitude and latitude) of each."""
    source = gdal.OpenEx(path, gdal.OF_VECTOR, open_options=XY if path.lower().endswith(".csv") else [])
    layer, degrees = source.GetLayer(0), osr.SpatialReference()
    degrees.SetFromUserInput("OGC:CRS84")
    for feature in layer:
        shape = feature.GetGeometryRef()
        name = feature.GetFieldAsString(id_field) if id_field else str(feature.GetFID())
        if not shape or shape.IsEmpty() or shape.GetGeometryName() not in ("POINT", "POLYGON", "MULTIPOLYGON"):
            raise RuntimeError(f"{path}: place {name} is neither a point nor a polygon")
        if layer.GetSpatialRef():
            shape.TransformTo(degrees)
        yield name, joined(shape)


class Scene:
    def __init__(self, name, options):
        self.dataset = gdal.OpenEx(name, gdal.OF_RASTER | gdal.OF_VERBOSE_ERROR, ["EMIT"], options)
        bands = [self.dataset.GetRasterBand(number + 1) for number in range(self.dataset.RasterCount)]
        if not bands or not self.dataset.GetGeoTransform(can_return_null=True):
            raise RuntimeError(f"{name}: {'no place on the map' if bands else 'choose its variable, -o VARIABLE=NAME'}")
        self.bands = [(band.GetDescription(), band.GetMetadataItem("NETCDF_VARNAME")) for band in bands]
        self.nodata = np.array([[band.GetNoDataValue()] for band in bands], "f8")
        self.width, self.height = self.dataset.RasterXSize, self.dataset.RasterYSize
        self.west, self.step, _, self.north, _, self.down = self.dataset.GetGeoTransform()
        file = Path(re.sub(r'^EMIT:"?|".*|[?].*', "", name, flags=re.IGNORECASE)).name  # no query, which may sign it
        self.head = [file, (self.dataset.GetMetadataItem("time_coverage_start") or "").replace("+0000", "Z")]

    def cells(self, shape):
        """(column, row, mask) of a place; None without a cell in the grid, which may go beyond 180."""
        west = self.west - 360 * round((self.west + self.step * self.width / 2 - shape.Centroid().GetX()) / 360)
        columns = np.floor(np.subtract(shape.GetEnvelope()[:2], west) / self.step).astype(int)
        rows = np.floor(np.subtract(shape.GetEnvelope()[:1:-1], self.north) / self.down).astype(int)
        if columns[1] < 0 or rows[1] < 0 or columns[0] >= self.width or rows[0] >= self.height:
            return None
        (left, right), (top, bottom) = columns.clip(0, self.width - 1).tolist(), rows.clip(0, self.height - 1).tolist()
        if shape.GetGeometryName() == "POINT":
            return left, top, np.ones((1, 1), bool)
        burnt = gdal.GetDriverByName("MEM").Create("", right - left + 1, bottom - top + 1)
        burnt.SetProjection(self.dataset.GetProjection())
        burnt.SetGeoTransform((west + left * self.step, self.step, 0, self.north + top * self.down, 0, self.down))
        gdal.Rasterize(burnt, shape.ExportToJson(), burnValues=[1])
        return (left, top, mask) if (mask := burnt.ReadAsArray() == 1).any() else None

    def spectrum(self, column, row, mask):
        """(number of cells, of clear ones, value or mean by band, NaN where masked)"""
        sums, counts, clear = 0.0, 0, 0
        for y, part in enumerate(mask):
            seen = self.dataset.ReadAsArray(column, row + y, part.size, 1).reshape(-1, part.size)[:, part].astype("f8")
            there = ~(np.isnan(seen) | (seen == self.nodata))
            sums, counts = sums + np.where(there, seen, 0).sum(axis=1), counts + there.sum(axis=1)
            clear += int(there.any(axis=0).sum())
        return int(mask.sum()), clear, np.divide(sums, counts, out=np.full(self.nodata.size, np.nan), where=counts > 0)


def read(name, lock, places, options):
    """(names and variables of bands, [row of the table with the values as an array, ...] of the places in a granule)"""
    with lock:  # one thread opens it by requests, the others by the answers to these
        scene = Scene(name, options)
    found = [((place, *shape.Centroid().GetPoint_2D(), *scene.head), cells)
             for place, shape in places if (cells := scene.cells(shape))]
    for _, (column, row, mask) in found:  # so that a server is asked only once whether the file has changed
        scene.dataset.AdviseRead(column, row, *mask.shape[::-1])
    return scene.bands, [(*head, *scene.spectrum(*cells)) for head, cells in found]


def write_table(path, places, names, options):
    """A row for each granule and place; the names of the bands. On a disk, threads would wait for Python's own lock."""
    tasks, first, found, count, threads = [], [], 0, len(places) or 1, 8 if any("/vsi" in name for name in names) else 1
    for name in names:  # on a server each place waits for an answer, so that several threads share a granule
        size, lock = max(25, -(-count // threads)) if "/vsi" in name else count, threading.Lock()
        tasks += [(name, lock, places[first : first + size], options) for first in range(0, count, size)]
    with path.open("w", newline="", encoding="utf-8") as file, ThreadPoolExecutor(threads) as pool:
        table = csv.writer(file)
        for number, (bands, rows) in enumerate(pool.map(lambda task: read(*task), tasks)):
            if number == 0:
                table.writerow([*"place lon lat granule time cells clear".split(), *next(zip(*(first := bands)))])
            elif bands != first:
                raise RuntimeError(f"{tasks[number][0]} has other bands than {names[0]}")
            found += len(rows)
            table.writerows(head + ["" if x != x else f"{x:.9g}" for x in values.tolist()] for *head, values in rows)
            gdal.TermProgress_nocb((number + 1) / len(tasks))
    if not found:
        print("emit_spectra: no place lies in a granule", file=sys.stderr)
    return first


def write(output, places, granules, options):
    ending = Path(output).suffix.lower()
    if gdal.GetDriverByName(FORMATS.get(ending, ending)) is None:
        raise RuntimeError(f"{output}: this GDAL cannot write {ending}: choose .csv or .gpkg")
    check_options(options)
    with tempfile.TemporaryDirectory(dir=Path(output).absolute().parent) as work:
        table = Path(work, "spectra.csv")
        bands = write_table(table, places, [name for each in granules for name in names_at(each, places)], options)
        if ending == ".csv":
            return table.replace(output)
        Path(f"{table}t").write_text("String,CoordX,CoordY,String,DateTime,Integer,Integer" + len(bands) * ",Real")
        gdal.VectorTranslate(output, str(table), options=f"-f {FORMATS[ending]} -a_srs EPSG:4326 -overwrite")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("-o", dest="options", action="append", default=[])
    for word, count in {"--id": None, "places": None, "granules": "+", "output": None}.items():
        parser.add_argument(word, nargs=count)
    args = parser.parse_args()
    if Path(args.output).resolve() in [Path(name).resolve() for name in (args.places, *args.granules)]:
        parser.error(f"{args.output} is an input: choose another name for the output")
    try:
        write(args.output, list(read_places(args.places, args.id)), args.granules, args.options)
    except (OSError, RuntimeError, ValueError) as error:
        sys.exit(f"emit_spectra: {error}")
