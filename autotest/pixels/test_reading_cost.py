# SPDX-License-Identifier: MIT
"""Bytes and calls of reads, as counted by the kernel (/proc/self/io): they do not depend on the load
of the machine."""
import contextlib
import subprocess
import sys
from pathlib import Path

import granules
import h5py
import netCDF4
import numpy as np
import pytest
import views

pytestmark = pytest.mark.cost
LINES, SAMPLES, BANDS = 301, 257, 285
SPECTRUM = BANDS * 4
CUBE = LINES * SAMPLES * SPECTRUM
MASKED = {"QUALITY_FLAGS": "0,1,3,4", "BAND_MASK": "YES"}
HEADERS = 4096  # headers that GDAL and HDF5 read again, and /proc

if not Path("/proc/self/io").exists():
    pytest.skip("NOT RUN: reads are counted by Linux's /proc/self/io", allow_module_level=True)


class Cost:
    bytes = None
    calls = None


def _counters():
    lines = Path("/proc/self/io").read_text(encoding="ascii").split("\n")
    found = dict(line.split(": ") for line in lines if line)
    return int(found["rchar"]), int(found["syscr"])


@contextlib.contextmanager
def counted():
    """Counts the reads within the context."""
    cost = Cost()
    start = _counters()
    yield cost
    end = _counters()
    cost.bytes, cost.calls = end[0] - start[0], end[1] - start[1]


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cost")
    return granules.make(folder, "--lines", LINES, "--samples", SAMPLES)


@pytest.fixture(scope="module")
def deflated(scene, tmp_path_factory):
    """The reflectance in deflated chunks, with its mask in the same folder."""
    folder = tmp_path_factory.mktemp("deflated")
    path = folder / scene["RFL"].name
    chunks = f"downtrack/{64},crosstrack/{52},bands/{36}"
    subprocess.run(["nccopy", "-d", "1", "-s", "-c", chunks, scene["RFL"], path], check=True)
    (folder / scene["MASK"].name).symlink_to(scene["MASK"])
    return path


@pytest.fixture(autouse=True)
def in_memory(scene, request):
    """Bytes that are read ahead count as well, which happens if the system has dropped a part of a file."""
    paths = list(scene.values())
    if "deflated" in request.fixturenames:
        paths.append(request.getfixturevalue("deflated"))
    for path in paths:
        path.read_bytes()


def stored(path, *names):
    """Bytes that variables take in a file."""
    with h5py.File(path) as file:
        return sum(file[name].id.get_storage_size() for name in names)


def tables(scene):
    """Bytes that any masked pixel needs: lookup table, flags and band mask."""
    return stored(scene["RFL"], "location/glt_x", "location/glt_y") + stored(
        scene["MASK"], "mask", "band_mask"
    )


def shown(scene):
    """The raw pixels that the lookup table shows, each once, as (line, sample)."""
    with netCDF4.Dataset(scene["RFL"]) as file:
        file.set_auto_mask(False)
        samples, lines = file["location/glt_x"][:], file["location/glt_y"][:]
    filled = samples > 0
    return np.unique(np.stack([lines[filled], samples[filled]]), axis=1).shape[1]


def strips(dataset):
    """Windows of a row of blocks each."""
    height = dataset.GetRasterBand(1).GetBlockSize()[1]
    for row in range(0, dataset.RasterYSize, height):
        yield 0, row, dataset.RasterXSize, min(height, dataset.RasterYSize - row)


# ---- Opening -------------------------------------------------------------------------------------


def describe(path, **options):
    """Opens the granule and reads its metadata, as gdalinfo does."""
    dataset = views.open_view(path, **options)
    dataset.GetMetadata()
    dataset.GetGeoTransform()
    for number in range(1, dataset.RasterCount + 1):
        band = dataset.GetRasterBand(number)
        band.GetMetadata()
        band.GetNoDataValue()
    return dataset


def test_opening_costs_the_same_whatever_the_size(scene, tmp_path):
    small = granules.make(tmp_path, "--lines", 23, "--samples", 29)
    costs = []
    for path in (small["RFL"], scene["RFL"]):
        describe(path, **MASKED)
        with counted() as cost:
            describe(path, **MASKED)
        costs.append(cost)
    assert abs(costs[0].bytes - costs[1].bytes) < 4096
    assert abs(costs[0].calls - costs[1].calls) < 20
    assert costs[1].bytes < 200_000 and costs[1].calls < 300


# ---- Few pixels ----------------------------------------------------------------------------------


def test_a_spectrum_costs_the_bytes_of_a_spectrum(scene):
    dataset = views.open_view(scene["RFL"], **MASKED)
    place = dataset.RasterXSize // 2, dataset.RasterYSize // 2
    with counted() as first:
        spectrum = dataset.ReadAsArray(*place, 1, 1)
    assert (spectrum != -9999).any()
    assert first.bytes <= tables(scene) + SPECTRUM + HEADERS + 65536
    with counted() as second:
        dataset.ReadAsArray(place[0] + 9, place[1] + 7, 1, 1)
    assert second.bytes <= SPECTRUM + HEADERS
    assert second.calls <= 8


def test_a_window_costs_what_its_cells_hold(scene):
    dataset = views.open_view(scene["RFL"], **MASKED)
    rows, columns = 64, 71
    dataset.ReadAsArray(0, 0, dataset.RasterXSize, 1)  # the tables
    with counted() as cost:
        array = dataset.ReadAsArray(dataset.RasterXSize // 2, dataset.RasterYSize // 2, columns, rows)
    filled = int((array != -9999).any(axis=0).sum())
    assert filled > rows * columns / 2
    assert cost.bytes <= 1.5 * filled * SPECTRUM
    assert cost.calls <= filled / 2


def test_an_overview_costs_what_it_shows(scene):
    dataset = views.open_view(scene["RFL"], WAVELENGTHS="650,560,470")
    dataset.ReadAsArray(0, 0, 1, 1)
    with counted() as cost:
        array = dataset.ReadAsArray(buf_xsize=40, buf_ysize=36)
    filled = int((array[0] != -9999).sum())
    assert 300 < filled < 40 * 36
    assert cost.bytes <= filled * SPECTRUM + tables(scene) + HEADERS
    assert cost.calls <= filled + 100


# ---- Band after band -----------------------------------------------------------------------------


def test_bands_of_strips_are_read_together(scene):
    """As gdal_translate -b 36 -b 22 -b 12 does: only the first strip is read for each of them."""
    dataset = views.open_view(scene["RFL"], **MASKED)
    whole = views.open_view(scene["RFL"], WAVELENGTHS="650,560,470", **MASKED)
    with counted() as together:
        for window in strips(whole):
            whole.ReadAsArray(*window)
    with counted() as apart:
        for window in strips(dataset):
            for band in (36, 22, 12):
                dataset.GetRasterBand(band).ReadAsArray(*window)
    first_strip = CUBE * dataset.GetRasterBand(1).GetBlockSize()[1] / dataset.RasterYSize
    assert apart.bytes <= together.bytes + 3 * first_strip
    assert together.bytes <= 1.15 * shown(scene) * SPECTRUM + tables(scene)


@pytest.mark.parametrize("line_by_line", [False, True])
def test_band_after_band_of_the_whole_view_is_read_in_groups(scene, line_by_line):
    """As INTERLEAVE=BAND and the netCDF writer do: far fewer passes over the file than bands."""
    dataset = views.open_view(scene["RFL"])
    bands = 40
    with counted() as cost:
        for band in range(1, bands + 1):
            for xoff, yoff, xsize, ysize in strips(dataset):
                step = 1 if line_by_line else ysize
                for row in range(yoff, yoff + ysize, step):
                    dataset.GetRasterBand(band).ReadRaster(xoff, row, xsize, step)
    assert cost.bytes <= bands / 8 * CUBE


# ---- Chunks --------------------------------------------------------------------------------------


def test_chunks_are_read_once(deflated):
    dataset = views.open_view(deflated, **MASKED)
    with counted() as cost:
        for window in strips(dataset):
            dataset.ReadAsArray(*window)
    mask = deflated.parent / deflated.name.replace("RFL", "MASK")
    everything = stored(deflated, "reflectance") + tables({"RFL": deflated, "MASK": mask})
    assert everything / 2 < cost.bytes <= 1.02 * everything + HEADERS


def test_only_chunks_of_the_bands_wanted_are_read(deflated):
    dataset = views.open_view(deflated, WAVELENGTHS="450")
    with counted() as cost:
        for window in strips(dataset):
            dataset.ReadAsArray(*window)
    chunks = -(-BANDS // 36)
    assert cost.bytes <= 2 * stored(deflated, "reflectance") / chunks + 1_000_000


# ---- Memory --------------------------------------------------------------------------------------

PEAK = """
import pathlib, sys
from osgeo import gdal
gdal.UseExceptions()

def peak_kilobytes():
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])

gdal.SetCacheMax(int(sys.argv[2]))
dataset = gdal.Open(sys.argv[1])
before = peak_kilobytes()
for row in range(0, dataset.RasterYSize, 8):
    dataset.ReadRaster(0, row, dataset.RasterXSize, min(8, dataset.RasterYSize - row))
print(peak_kilobytes() - before)
"""


def test_the_cache_stays_within_its_budget(deflated):
    """The decoded cube has 88 MB, all of which is cached if it fits."""
    peaks = {}
    for budget in (10, 30, 400):
        command = [sys.executable, "-c", PEAK, str(deflated), str(budget * 1_000_000)]
        # Threads that wait for a core at the wrong moment add some megabytes, hence the minimum of two.
        done = [subprocess.run(command, capture_output=True, text=True, check=True)
                for _ in range(2)]
        peaks[budget] = min(int(run.stdout) for run in done) * 1024 / 1_000_000
    assert peaks[400] > 88
    assert peaks[10] < peaks[30] < peaks[400]
    assert peaks[30] - peaks[10] < 30
    assert peaks[400] - peaks[10] > 50
