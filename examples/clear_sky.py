#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Mean spectrum and NDVI of the clear pixels of several scenes, spread over processes by Dask.

    clear_sky.py -o QUALITY_FLAGS=cloud,cirrus --workers 2 EMIT_L2A_RFL_*.nc results

For each granule it writes results/NAME.csv (wavelength in nm, mean, number of pixels) and
results/NAME_ndvi.tif, unless WAVELENGTHS leaves out red or near infrared, and for all of them
together results/mean.csv. "-o" takes open options of the EMIT driver. docs/scaling.md explains how the work is divided and how to go on to a cluster.
"""
import argparse
import contextlib
import csv
import functools
import re
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from osgeo import gdal

RED_NM, NEAR_INFRARED_NM = 650, 860
REACH_NM = 100  # a band farther from these is another colour
# A process reads with one thread, since there are as many processes as cores.
ALWAYS = ("NODATA=NAN", "NUM_THREADS=1")
# Dask has its workers hand freed memory back at once, and fetching it anew for every array costs
# more than half of their time. These limits leave it with them.
MEMORY = {"MALLOC_TRIM_THRESHOLD_": 256 << 20, "MALLOC_MMAP_THRESHOLD_": 32 << 20}

gdal.UseExceptions()


class Frame(NamedTuple):
    """What has to be known of a granule to divide it and to write what comes of it."""

    height: int
    variable: str
    wavelengths: np.ndarray  # nm, by band
    crs: str  # WKT, empty in the swath
    geotransform: tuple


class Part(NamedTuple):
    """What one window contributes."""

    sums: np.ndarray  # of the clear values, by band, float64
    counts: np.ndarray  # of the clear values, by band, int64
    ndvi: np.ndarray  # (rows, columns) float32, NaN where masked, and everywhere without has_ndvi()


def has_ndvi(wavelengths):
    return all(np.abs(wavelengths - nm).min() <= REACH_NM for nm in (RED_NM, NEAR_INFRARED_NM))


# ---- On the workers ------------------------------------------------------------------------------


class Scene:
    """An open granule, and the array that its windows are read into one after another."""

    def __init__(self, name, options):
        listed = [*ALWAYS, *options]
        flags = gdal.OF_RASTER | gdal.OF_VERBOSE_ERROR
        self.dataset = gdal.OpenEx(name, flags, allowed_drivers=["EMIT"], open_options=listed)
        bands = [self.dataset.GetRasterBand(i + 1) for i in range(self.dataset.RasterCount)]
        self.wavelengths = np.array([float(band.GetMetadataItem("wavelength") or "nan") for band in bands])
        if not bands or np.isnan(self.wavelengths).any():
            raise ValueError(f"{name}: bands without wavelengths have no spectrum")
        self.variable = bands[0].GetMetadataItem("NETCDF_VARNAME") or ""
        self.height, self.width = self.dataset.RasterYSize, self.dataset.RasterXSize
        self._cube = None

    def read(self, first, rows):
        """(band, row, column); good until the next call."""
        shape = self.wavelengths.size, rows, self.width
        if self._cube is None or self._cube.shape != shape:
            self._cube = np.empty(shape, np.float32)
        return self.dataset.ReadAsArray(0, first, self.width, rows, buf_obj=self._cube)

    def nearest(self, nm):
        return int(np.abs(self.wavelengths - nm).argmin())


@functools.lru_cache(maxsize=16)
def _scene(name, options, _thread):
    return Scene(name, options)


def scene(name, options):
    """Opened once by each thread: a lookup table that was decoded stays decoded."""
    return _scene(name, options, threading.get_ident())


def frame_of(name, options):
    granule = scene(name, options)
    dataset = granule.dataset
    place = dataset.GetProjection(), dataset.GetGeoTransform()
    return Frame(granule.height, granule.variable, granule.wavelengths, *place)


def part_of(name, options, first, rows):
    """Sums, counts and NDVI of the rows first ... first + rows - 1."""
    granule = scene(name, options)
    cube = granule.read(first, rows)
    ndvi = np.full_like(cube[0], np.nan)
    if has_ndvi(granule.wavelengths):
        red, near_infrared = (cube[granule.nearest(nm)] for nm in (RED_NM, NEAR_INFRARED_NM))
        with np.errstate(divide="ignore", invalid="ignore"):
            ndvi = (near_infrared - red) / (near_infrared + red)
    sums = np.array([np.nansum(band, dtype=np.float64) for band in cube])
    counts = np.array([np.count_nonzero(~np.isnan(band)) for band in cube])
    return Part(sums, counts, ndvi)


# ---- On the machine that asks --------------------------------------------------------------------


def on_workers(client, function, tasks):
    """function(*task) of each task, in their order; without a client by this process alone."""
    if client is None:
        return [function(*task) for task in tasks]
    return client.gather(client.map(function, *zip(*tasks), pure=False))


def frames_of(names, options, client=None):
    """{name: Frame}. The workers open the granules, so that this machine needs no way to them."""
    return dict(zip(names, on_workers(client, frame_of, [(name, options) for name in names])))


def check_bands(frames):
    """One mean of all granules needs one quantity at the same wavelengths."""
    (first, one), *others = frames.items()
    for name, frame in others:
        if frame.variable != one.variable or not np.array_equal(frame.wavelengths, one.wavelengths):
            raise ValueError(f"{name} has other bands ({frame.variable}) than {first} ({one.variable})")


def windows(height, rows):
    """(first row, number of rows) of the windows of one granule, from the top."""
    return [(first, min(rows, height - first)) for first in range(0, height, rows)]


def combine(parts):
    """The parts of one or more granules as one. Always added from the first to the last: floating
    point sums depend on the order, and the order must not depend on who was ready when."""
    sums = functools.reduce(np.add, [part.sums for part in parts])
    counts = functools.reduce(np.add, [part.counts for part in parts])
    return Part(sums, counts, None)


def mean(part):
    """Mean of the clear values by band; NaN where there is none."""
    return np.divide(part.sums, part.counts, out=np.full(part.sums.shape, np.nan),
                     where=part.counts > 0)


def analyse(names, options=(), rows=64, client=None):
    """{name: Part} of whole granules; by this process alone, or by the workers of "client"."""
    options = tuple(options)
    frames = frames_of(names, options, client)
    check_bands(frames)
    tasks = [
        (name, options, *window) for name in names for window in windows(frames[name].height, rows)
    ]
    parts = on_workers(client, part_of, tasks)
    whole = {}
    for name in names:
        own = [part for task, part in zip(tasks, parts) if task[0] == name]
        whole[name] = combine(own)._replace(ndvi=np.concatenate([part.ndvi for part in own]))
    return whole


# ---- Results -------------------------------------------------------------------------------------


def write_spectrum(path, centres, part):
    with open(path, "w", newline="", encoding="ascii") as file:
        rows = csv.writer(file)
        rows.writerow(("wavelength", "mean", "pixels"))
        rows.writerows(zip(centres.tolist(), mean(part).tolist(), part.counts.tolist()))


def write_ndvi(path, frame, ndvi):
    rows, columns = ndvi.shape
    create = gdal.GetDriverByName("GTiff").Create
    picture = create(str(path), columns, rows, 1, gdal.GDT_Float32, ["COMPRESS=DEFLATE"])
    if frame.crs:
        picture.SetProjection(frame.crs)
        picture.SetGeoTransform(frame.geotransform)
    picture.GetRasterBand(1).SetNoDataValue(float("nan"))
    picture.GetRasterBand(1).WriteArray(ndvi)


def stem_of(name):
    """Of the granule's file: without prefix, variable and options, and without the query of an address."""
    return Path(re.sub('^EMIT:"?|".*|[?].*', "", name, flags=re.IGNORECASE)).stem


def write_results(folder, whole, frames):
    folder.mkdir(parents=True, exist_ok=True)
    for name, part in whole.items():
        stem = stem_of(name)
        write_spectrum(folder / f"{stem}.csv", frames[name].wavelengths, part)
        if has_ndvi(frames[name].wavelengths):
            write_ndvi(folder / f"{stem}_ndvi.tif", frames[name], part.ndvi)
        else:
            print(f"clear_sky: no NDVI of {stem}: no band near {RED_NM} or {NEAR_INFRARED_NM} nm", file=sys.stderr)
    write_spectrum(folder / "mean.csv", frames[name].wavelengths, combine(list(whole.values())))


def parse(arguments):
    first, _, rest = __doc__.partition("\n")
    parser = argparse.ArgumentParser(
        description=first, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("-o", dest="options", action="append", default=[], metavar="KEY=VALUE", help="open option")
    add("--rows", type=int, default=64, help="rows of a window (default 64)")
    add("--workers", type=int, help="start so many processes here")
    add("--scheduler", metavar="ADDRESS", help="use the cluster of this Dask scheduler")
    add("granules", nargs="+")
    add("results", type=Path)
    parsed = parser.parse_args(arguments)
    check(parsed, parser)
    return parsed


def check(parsed, parser):
    """What would give other results than those that were meant, without an error."""
    driver = gdal.GetDriverByName("EMIT")
    own = {option.partition("=")[0] for option in ALWAYS}
    for key in [option.partition("=")[0].upper() for option in parsed.options]:
        if key in own:
            parser.error(f"-o {key}: this program sets {key}")
        if driver and f'<Option name="{key}"' not in driver.GetMetadataItem("DMD_OPENOPTIONLIST"):
            parser.error(f"-o {key}: the driver EMIT does not have this option")
    stems = [stem_of(name) for name in parsed.granules]
    for stem in stems:
        if stems.count(stem) > 1:
            parser.error(f"several granules would write {stem}.csv")
    if parsed.rows < 1:
        parser.error(f"--rows {parsed.rows}: 1 or more")
    if parsed.workers is not None and parsed.workers < 1:
        parser.error(f"--workers {parsed.workers}: 1 or more")
    if parsed.results.is_file():
        parser.error(f"{parsed.results} is a file: the last argument is the folder for the results")


@contextlib.contextmanager
def local_client(workers):
    """A client of so many processes of one thread each, on this machine."""
    import dask
    import distributed

    with dask.config.set({"distributed.nanny.pre-spawn-environ": MEMORY}):
        cluster = distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address=None
        )
    with cluster, distributed.Client(cluster) as client:
        yield client


@contextlib.contextmanager
def cluster_client(address):
    """A client of the workers of a scheduler elsewhere, which get this file."""
    import distributed

    with distributed.Client(address) as client:
        client.upload_file(__file__)
        yield client


def client_for(parsed):
    if parsed.scheduler:
        return cluster_client(parsed.scheduler)
    return local_client(parsed.workers) if parsed.workers else contextlib.nullcontext()


def main(arguments=None):
    parsed = parse(arguments)
    options = tuple(parsed.options)
    with client_for(parsed) as client:
        began = time.monotonic()
        whole = analyse(parsed.granules, options, parsed.rows, client)
        print(f"{len(parsed.granules)} granules in {time.monotonic() - began:.2f} s")
        frames = frames_of(parsed.granules, options, client)
    write_results(parsed.results, whole, frames)


if __name__ == "__main__":
    import clear_sky  # by its name, under which the workers import it too

    try:
        clear_sky.main()
    except (OSError, RuntimeError, ValueError) as error:
        sys.exit(f"clear_sky: {error}")
