# SPDX-License-Identifier: MIT
"""Threads on one dataset, datasets in threads, and GDAL's netCDF code at work beside the driver."""
import os
import subprocess
import sys
import threading

import granules
import netCDF4
import numpy as np
import pytest
import reference
import views
from osgeo import gdal

THREADS = 6
PATIENCE = 300  # seconds; what is still running by then is deadlocked
OPTIONS = {"QUALITY_FLAGS": "0,1,3,4", "BAND_MASK": "YES", "NUM_THREADS": "2"}


@pytest.fixture(scope="module", params=["contiguous", "deflated"])
def scene(tmp_path_factory, request):
    """(path, mask, masked ortho array): large enough for reads to start threads of their own."""
    storage = None
    if request.param == "deflated":
        storage = {"chunksizes": (16, 29, 10), "zlib": True, "shuffle": True}
    folder = tmp_path_factory.mktemp("concurrency")
    path, mask = granules.pair(folder, lines=97, samples=113, bands=21, storage=storage)
    whole = reference.view(path, mask=mask, quality_flags="0,1,3,4", band_mask_file=mask)
    return path, mask, whole


def in_threads(job):
    """Calls job(number) in THREADS threads; a failure of one of them is raised."""
    failures = []

    def work(number):
        try:
            job(number)
        except BaseException as failure:  # pytest's own among them
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(i,), daemon=True) for i in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), f"still at work after {PATIENCE} s: a deadlock"
    if failures:
        raise failures[0]


def read_windows(dataset, whole, seed, count=60):
    """Reads windows at random, a band's or the dataset's way; each must be that part of "whole"."""
    random = np.random.default_rng(seed)
    bands, rows, columns = whole.shape
    for _ in range(count):
        x, y = int(random.integers(columns)), int(random.integers(rows))
        width = int(random.integers(1, columns - x + 1))
        height = int(random.integers(1, rows - y + 1))
        band = int(random.integers(bands))
        part = whole[:, y : y + height, x : x + width]
        if random.random() < 0.5:
            raster = dataset.GetRasterBand(band + 1).ReadRaster(x, y, width, height)
            part = part[band]
        else:
            raster = dataset.ReadRaster(x, y, width, height)
        assert bytes(raster) == part.tobytes(), f"seed {seed}: {x} {y} {width} {height}"


def read_blocks(dataset, whole, seed):
    """Goes through the block cache, whose lists belong to the band and are shared as well."""
    for number in np.random.default_rng(seed).permutation(dataset.RasterCount).tolist():
        band = dataset.GetRasterBand(number + 1)
        width, height = band.GetBlockSize()
        block = np.frombuffer(band.ReadBlock(0, 0), "f4").reshape(height, width)
        expected = whole[number, :height, :width]
        views.assert_same(block[: expected.shape[0], : expected.shape[1]].copy(), expected)


def open_thread_safe(path):
    if not hasattr(gdal, "OF_THREAD_SAFE"):
        pytest.skip(f"GDAL {gdal.__version__} has no thread-safe datasets; 3.10 and later have")
    options = [f"{key}={value}" for key, value in OPTIONS.items()]
    return gdal.OpenEx(str(path), gdal.OF_RASTER | gdal.OF_THREAD_SAFE, open_options=options)


def test_one_thread_safe_dataset_serves_many_threads(scene):
    path, _, whole = scene
    dataset = open_thread_safe(path)
    assert dataset.IsThreadSafe(gdal.OF_RASTER)
    in_threads(lambda number: read_windows(dataset, whole, number))


def test_one_thread_safe_dataset_serves_blocks_and_descriptions_meanwhile(scene):
    path, _, whole = scene
    dataset = open_thread_safe(path)
    before = (dataset.GetMetadata(), dataset.GetRasterBand(5).GetMetadata())

    def job(number):
        if number % 3 == 0:
            read_windows(dataset, whole, number)
        elif number % 3 == 1:
            for _ in range(5):
                read_blocks(dataset, whole, number)
        else:
            for _ in range(100):
                assert (dataset.GetMetadata(), dataset.GetRasterBand(5).GetMetadata()) == before
                assert dataset.GetRasterBand(5).GetNoDataValue() == -9999

    in_threads(job)


def test_a_small_cache_that_threads_fight_over_gives_the_same_pixels(scene):
    path, _, whole = scene
    before = gdal.GetCacheMax()
    gdal.SetCacheMax(200_000)
    try:
        in_threads(lambda number: read_windows(views.open_view(path, **OPTIONS), whole, number))
    finally:
        gdal.SetCacheMax(before)


def test_datasets_open_read_and_close_beside_gdals_netcdf_driver(scene):
    """Both use the one HDF5 library of the process, on the same two files."""
    path, mask, whole = scene
    variables = [(path, "reflectance"), (mask, "mask"), (path, "/location/lat")]
    foreign = [f'NETCDF:"{file}":{variable}' for file, variable in variables]
    expected = [gdal.Open(name).ReadAsArray() for name in foreign]

    def job(number):
        for turn in range(6):
            if (number + turn) % 2:
                read_windows(views.open_view(path, **OPTIONS), whole, number * 10 + turn, 5)
            else:
                which = (number + turn // 2) % len(foreign)
                views.assert_same(gdal.Open(foreign[which]).ReadAsArray(), expected[which])

    in_threads(job)


# ---- The netCDF writer ---------------------------------------------------------------------------

# The writer holds the netCDF driver's lock while it asks for pixels, and the driver then starts
# threads and goes to HDF5. In a process of its own, since a deadlocked one can only be killed.
WRITERS = """
import faulthandler, sys, threading
from osgeo import gdal
faulthandler.dump_traceback_later(int(sys.argv[1]), exit=True)
gdal.UseExceptions()
failed = []
def write(source, target, threads):
    try:
        options = ["QUALITY_FLAGS=0,1,3,4", "BAND_MASK=YES", "NUM_THREADS=" + threads]
        dataset = gdal.OpenEx(source, open_options=options)
        gdal.Translate(target, dataset, format="netCDF").FlushCache()
    except Exception as error:
        failed.append(error)
jobs = [threading.Thread(target=write, args=(sys.argv[2], target, threads))
        for target, threads in zip(sys.argv[3:], ["ALL_CPUS", "4", "1"])]
for job in jobs: job.start()
for job in jobs: job.join()
sys.exit(str(failed) if failed else 0)
"""


def assert_holds(target, whole):
    with netCDF4.Dataset(str(target)) as written:
        written.set_auto_maskandscale(False)
        views.assert_same(np.ascontiguousarray(written["reflectance"][:, ::-1]), whole)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_netcdf_writers_in_threads_end_and_write_every_pixel(scene, tmp_path, count):
    path, _, whole = scene
    targets = [tmp_path / f"out{number}.nc" for number in range(count)]
    words = [sys.executable, "-c", WRITERS, str(PATIENCE), str(path), *map(str, targets)]
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=2 * PATIENCE, env=os.environ, check=False
    )
    assert done.returncode == 0, done.stderr
    for target in targets:
        assert_holds(target, whole)


def test_gdal_translate_to_netcdf_with_threads_ends(scene, tmp_path):
    path, _, whole = scene
    words = [word for key, value in OPTIONS.items() for word in ("-oo", f"{key}={value}")]
    target = tmp_path / "out.nc"
    command = ["timeout", PATIENCE, "gdal_translate", "-q", "-of", "netCDF"]
    threads = ["--config", "GDAL_NUM_THREADS", "ALL_CPUS"]
    code, _, errors = views.run(*command, *threads, *words, path, target)
    assert code == 0, errors
    assert_holds(target, whole)
