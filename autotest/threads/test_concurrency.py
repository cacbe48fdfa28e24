# SPDX-License-Identifier: MIT
"""One dataset in many threads (GDAL 3.10 and later), a dataset for each thread, and GDAL's netCDF writer."""
import ctypes
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
from osgeo import _gdal, gdal, osr

THREADS = 8
PATIENCE = 300  # seconds after which a thread counts as deadlocked
FLAGS = "0,1,3,4"
OPTIONS = {"QUALITY_FLAGS": FLAGS, "BAND_MASK": "YES", "NUM_THREADS": "2"}
LINES, SAMPLES, BANDS = 541, 421, 5  # enough for one overview
SMALL_CACHE = 200_000

needs_thread_safe_datasets = pytest.mark.skipif(
    not hasattr(gdal, "OF_THREAD_SAFE"), reason="GDAL_OF_THREAD_SAFE came with GDAL 3.10"
)


@pytest.fixture(scope="module", params=[None, (64, 89, 3)], ids=["contiguous", "deflated"])
def scene(tmp_path_factory, request):
    """(path, masked ortho array): large enough for reads to start threads."""
    folder = tmp_path_factory.mktemp("concurrency")
    return views.masked_scene(folder, request.param, lines=LINES, samples=SAMPLES, bands=BANDS)


def in_threads(job):
    """Calls job(number) in THREADS threads and raises the first failure."""
    failures = []
    start = threading.Barrier(THREADS)

    def work(number):
        try:
            start.wait(PATIENCE)
            job(number)
        except BaseException as failure:  # pytest's own among them
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(i,), daemon=True) for i in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), f"deadlock: still running after {PATIENCE} s"
    if failures:
        raise failures[0]


@pytest.fixture
def cache(request):
    with views.cache_size(request.param):
        yield


# ---- One dataset ---------------------------------------------------------------------------------


def open_safe(path, **options):
    flags = gdal.OF_RASTER | gdal.OF_THREAD_SAFE | gdal.OF_VERBOSE_ERROR
    listed = [f"{key}={value}" for key, value in {**OPTIONS, **options}.items()]
    return gdal.OpenEx(str(path), flags, open_options=listed)


def open_files(path):
    """Number of file descriptors that this process has open on "path"."""
    links = (os.path.join("/proc/self/fd", number) for number in os.listdir("/proc/self/fd"))
    return [os.readlink(link) for link in links if os.path.exists(link)].count(str(path))


def read_windows(dataset, whole, seed, count=20):
    """Reads random windows, of a band or of the dataset, and compares them with those of "whole"."""
    random = np.random.default_rng(seed)
    bands, rows, columns = whole.shape
    for _ in range(count):
        x, y = int(random.integers(columns)), int(random.integers(rows))
        width = int(random.integers(1, min(170, columns - x + 1)))
        height = int(random.integers(1, min(130, rows - y + 1)))
        band = int(random.integers(bands))
        part = whole[:, y : y + height, x : x + width]
        if random.random() < 0.5:
            raster = dataset.GetRasterBand(band + 1).ReadRaster(x, y, width, height)
            part = part[band]
        else:
            raster = dataset.ReadRaster(x, y, width, height)
        assert bytes(raster) == part.tobytes(), f"seed {seed}: {x} {y} {width} {height}"


def read_blocks(dataset, whole):
    """Reads through GDAL's block cache, whose lists the threads share."""
    for number in range(BANDS):
        band = dataset.GetRasterBand(number + 1)
        width, height = band.GetBlockSize()
        block = np.frombuffer(band.ReadBlock(0, 0), "f4").reshape(height, width)
        expected = whole[number, :height, :width]
        views.assert_same(block[: expected.shape[0], : expected.shape[1]].copy(), expected)


def read_line_by_line(dataset, whole):
    rows, columns = whole.shape[1:]
    lines = [dataset.GetRasterBand(5).ReadAsArray(0, y, columns, 1) for y in range(rows)]
    views.assert_same(np.vstack(lines), whole[4])


def validity(array):
    return np.where(array == -9999, 0, 255).astype("u1")


def ways_to_read(whole):
    """Functions of a dataset, each of which reads it in another way and compares."""
    memory = views.in_memory(whole, -9999)
    size = {"buf_xsize": -(-whole.shape[2] // 2), "buf_ysize": -(-whole.shape[1] // 2)}
    small = views.pixels(memory, **size)
    average = {**size, "resample_alg": gdal.GRIORA_Average}
    averages = views.pixels(memory, **average)

    def overview(dataset):
        return dataset.GetRasterBand(3).GetOverview(0)

    def same(read, expected):
        return lambda dataset: views.assert_same(read(dataset), expected)

    return [
        same(views.pixels, whole),
        same(lambda dataset: views.pixels(dataset, **size), small),
        same(lambda dataset: overview(dataset).ReadAsArray(), small[2]),
        same(lambda dataset: overview(dataset).GetMaskBand().ReadAsArray(), validity(small[2])),
        same(lambda dataset: dataset.GetRasterBand(2).GetMaskBand().ReadAsArray(), validity(whole[1])),
        same(lambda dataset: views.pixels(dataset, **average), averages),
        lambda dataset: read_blocks(dataset, whole),
        lambda dataset: read_line_by_line(dataset, whole),
    ]


def describe(dataset):
    band = dataset.GetRasterBand(5)
    return dataset.GetMetadata(), band.GetMetadata(), band.GetNoDataValue()


@needs_thread_safe_datasets
@pytest.mark.interoperability("GDAL's Python", "one GDAL_OF_THREAD_SAFE dataset in eight threads")
@pytest.mark.parametrize("cache", [None, SMALL_CACHE], indirect=True)
def test_one_dataset_serves_all_threads(scene, cache):
    path, whole = scene
    dataset = open_safe(path)
    assert dataset.IsThreadSafe(gdal.OF_RASTER)
    opened, described = open_files(path), describe(dataset)
    assert opened > 0
    ways = ways_to_read(whole)

    def job(number):
        for turn in range(len(ways)):
            ways[(number + turn) % len(ways)](dataset)
            read_windows(dataset, whole, number * 10 + turn, 4)
            assert describe(dataset) == described

    in_threads(job)
    assert open_files(path) == opened  # GDAL would open the file once more for each thread


@needs_thread_safe_datasets
def test_points_are_interpolated_in_all_threads(scene):
    """GDAL keeps a list of 64 x 64 cells for each band, which several threads destroyed."""
    path, whole = scene
    dataset = open_safe(path)
    bands, rows, columns = whole.shape

    def job(number):
        random = np.random.default_rng(number)
        band = dataset.GetRasterBand(bands)
        for row, column in random.integers(0, (rows, columns), (2000, 2)).tolist():
            value = band.InterpolateAtPoint(column + 0.5, row + 0.5, gdal.GRIORA_NearestNeighbour)
            assert whole[-1, row, column] in (value, -9999)

    in_threads(job)


@needs_thread_safe_datasets
def test_all_threads_use_the_coordinate_system(scene):
    """That of the dataset itself, as programs in C++ do: Python's GetSpatialRef() copies it."""
    dataset = open_safe(scene[0])
    library = ctypes.CDLL(_gdal.__file__)
    library.GDALGetSpatialRef.argtypes = [ctypes.c_void_p]
    library.GDALGetSpatialRef.restype = ctypes.c_void_p
    library.VSIFree.argtypes = [ctypes.c_void_p]
    system = ctypes.c_void_p(library.GDALGetSpatialRef(int(dataset.this)))

    def text(layout):
        out = ctypes.c_void_p()
        library.OSRExportToPROJJSON(
            system, ctypes.byref(out), (ctypes.c_char_p * 2)(layout.encode(), None)
        )
        copy = ctypes.string_at(out.value)
        library.VSIFree(out)
        return copy

    layouts = ["MULTILINE=NO", "MULTILINE=YES"]
    expected = [text(layout) for layout in layouts]

    def job(number):
        for _ in range(20000):
            assert text(layouts[number % 2]) == expected[number % 2]

    in_threads(job)


@needs_thread_safe_datasets
def test_overviews_in_a_file_are_read_by_all_threads(tmp_path):
    """They belong to another driver, so GDAL opens a dataset for each thread."""
    path, mask = granules.pair(tmp_path, lines=89, samples=97, bands=5)
    whole = reference.view(path, mask=mask, quality_flags=FLAGS, band_mask_file=mask)
    dataset = views.open_view(path, QUALITY_FLAGS=FLAGS, BAND_MASK="YES")
    dataset.BuildOverviews("NEAREST", [2])
    del dataset
    dataset = open_safe(path)
    assert dataset.IsThreadSafe(gdal.OF_RASTER)
    memory = views.in_memory(whole, -9999)
    memory.BuildOverviews("NEAREST", [2])
    expected = memory.GetRasterBand(3).GetOverview(0).ReadAsArray()

    def job(_):
        for _ in range(4):
            views.assert_same(dataset.GetRasterBand(3).GetOverview(0).ReadAsArray(), expected)
            views.assert_same(views.pixels(dataset), whole)

    in_threads(job)


@needs_thread_safe_datasets
def test_dataset_is_not_thread_safe_while_it_has_built_overviews(tmp_path):
    path, _ = granules.pair(tmp_path, lines=89, samples=97, bands=5)
    dataset = views.open_view(path)
    assert dataset.IsThreadSafe(gdal.OF_RASTER)
    dataset.BuildOverviews("NEAREST", [2])
    assert not dataset.IsThreadSafe(gdal.OF_RASTER)
    dataset.BuildOverviews("NONE", [])
    assert dataset.IsThreadSafe(gdal.OF_RASTER)


@needs_thread_safe_datasets
def test_a_coordinate_system_of_the_user_is_not_shared_by_threads(tmp_path):
    path = granules.write(tmp_path)
    dataset = views.open_view(path)
    zone = osr.SpatialReference()
    zone.ImportFromEPSG(32629)
    dataset.SetSpatialRef(zone)
    del dataset
    assert not views.open_view(path).IsThreadSafe(gdal.OF_RASTER)
    assert open_safe(path, QUALITY_FLAGS="NONE", BAND_MASK="NO").GetSpatialRef().IsSame(zone)


@needs_thread_safe_datasets
def test_overview_level_is_read_by_all_threads(scene):
    path, whole = scene
    dataset = open_safe(path, OVERVIEW_LEVEL=0)
    size = {"buf_xsize": dataset.RasterXSize, "buf_ysize": dataset.RasterYSize}
    expected = views.pixels(views.in_memory(whole, -9999), **size)
    in_threads(lambda _: views.assert_same(views.pixels(dataset), expected))


# ---- A dataset for each thread -------------------------------------------------------------------


@pytest.mark.parametrize("cache", [SMALL_CACHE], indirect=True)
def test_datasets_of_several_threads_share_a_small_cache(scene, cache):
    path, whole = scene

    def job(number):
        for turn in range(3):
            read_windows(views.open_view(path, **OPTIONS), whole, number * 10 + turn)

    in_threads(job)


# ---- The netCDF writer ---------------------------------------------------------------------------

# The writer holds the netCDF driver's lock while it reads pixels, and the driver then starts threads
# and calls HDF5. In a process of its own, since a deadlocked one can only be killed.
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


@pytest.mark.parametrize("count", [1, 3])
def test_netcdf_writers_in_threads_end_and_write_every_pixel(scene, tmp_path, count):
    path, whole = scene
    targets = [tmp_path / f"out{number}.nc" for number in range(count)]
    command = [sys.executable, "-c", WRITERS, str(PATIENCE), str(path), *map(str, targets)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=2 * PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    for target in targets:
        with netCDF4.Dataset(str(target)) as written:
            written.set_auto_maskandscale(False)
            views.assert_same(np.ascontiguousarray(written["reflectance"][:, ::-1]), whole)
