# SPDX-License-Identifier: MIT
"""Windows at random, over sets of options at random, equal the same part of the reference.

EMIT_RANDOM_WINDOWS sets their number (default 5,000). Each run draws anew: a failure names its seed,
and EMIT_RANDOM_SEED repeats it.
"""
import os
import secrets
from typing import NamedTuple

import granules
import numpy as np
import pytest
import reference
import views
from osgeo import gdal

COUNT = int(os.environ.get("EMIT_RANDOM_WINDOWS", 5000))
SEED = int(os.environ.get("EMIT_RANDOM_SEED", secrets.randbelow(2**32)))
WINDOWS_A_SET = 50  # a view is opened, and its reference made, once for so many windows

# No two sizes are equal. The masks are stored as differently as the cubes.
STORAGE = {
    "contiguous": dict(lines=37, samples=53, bands=19),
    "chunked": dict(
        lines=59,
        samples=31,
        bands=13,
        storage={"chunksizes": (7, 11, 5)},
        mask_storage={"chunksizes": (10, 31, 1)},
    ),
    "deflated": dict(
        version="002",
        mask_version="003",
        lines=44,
        samples=71,
        bands=23,
        storage={"chunksizes": (44, 6, 23), "zlib": True, "shuffle": True},
    ),
}
FLAGS = {
    "001": [None, "0", "0,1,3,4", "dilated cloud,Cirrus flag"],
    "003": [None, "2", "0,1,3", "SpecTf-cloud"],
}
WHERE = {"001": [None, "AOD550>0.7", "H2O<=1,AOD550>=0.9"], "003": [None]}
FLOATS = [gdal.GDT_Float64, gdal.GDT_CFloat32]
KINDS = [gdal.GDT_Byte, gdal.GDT_Int16, gdal.GDT_UInt32, *FLOATS]
MEGABYTE = 1 << 20


class Scene(NamedTuple):
    path: object
    mask: object
    mask_version: str


@pytest.fixture(scope="module", params=STORAGE)
def scene(tmp_path_factory, request):
    keywords = STORAGE[request.param]
    fwhm = np.full(keywords["bands"], 200)
    path, mask = granules.pair(tmp_path_factory.mktemp("random"), fwhm=fwhm, **keywords)
    return Scene(path, mask, keywords.get("mask_version", "001"))


# ---- Sets of options -----------------------------------------------------------------------------


def pick(random, choices):
    return choices[random.integers(len(choices))]


def draw_wavelengths(random, centres):
    """All, the good ones, a range, or a few in any order, some of them twice."""
    low, high = sorted(random.uniform(centres[0], centres[-1], 2))
    few = random.choice(centres, random.integers(1, 6)) + random.uniform(-3, 3)
    listed = ",".join(f"{wavelength:.2f}" for wavelength in few)
    return pick(random, [None, "GOOD", f"{low:.1f}-{high:.1f}", listed])


def draw_options(random, scene):
    """Open options, and the reference's keywords for the same."""
    bad = pick(random, ["KEEP", "NODATA", "DROP"])
    chosen = draw_wavelengths(random, reference.wavelengths(scene.path)[0])
    if not reference.select_bands(scene.path, "reflectance", chosen, bad):
        return draw_options(random, scene)
    early = scene.mask_version == "001"
    ortho = pick(random, ["GLT", "NEAREST", "NO"])
    flags = pick(random, FLAGS[scene.mask_version])
    where = pick(random, WHERE[scene.mask_version])
    buffer = None if early else pick(random, [None, 0, 4])
    band_mask = early and random.random() < 0.5
    nodata = pick(random, ["-9999", "0", "NAN", "-1.5"])
    options = {
        "ORTHO": ortho,
        "BAD_WAVELENGTHS": bad,
        "WAVELENGTHS": chosen,
        "QUALITY_FLAGS": flags,
        "QUALITY_WHERE": where,
        "CLOUD_BUFFER": buffer,
        "BAND_MASK": "YES" if band_mask else None,
        "NODATA": nodata,
        "NUM_THREADS": pick(random, ["1", "2", "ALL_CPUS"]),
    }
    expected = {
        "ortho": ortho,
        "bad": bad,
        "chosen": chosen,
        "mask": scene.mask,
        "quality_flags": flags,
        "quality_where": where,
        "cloud_buffer": buffer,
        "band_mask_file": scene.mask if band_mask else None,
        "nodata": float(nodata),
    }
    return {key: value for key, value in options.items() if value is not None}, expected


# ---- Windows -------------------------------------------------------------------------------------


class Window(NamedTuple):
    """Arguments of ReadRaster(), and the bands: one number is a band's own read."""

    place: tuple
    size: tuple
    kind: int
    bands: object


def draw_extent(random, limit):
    start = int(random.integers(limit))
    return start, int(random.integers(1, limit - start + 1))


def draw_window(random, array):
    count, rows, columns = array.shape
    (x, width), (y, height) = draw_extent(random, columns), draw_extent(random, rows)
    size, kind = (width, height), gdal.GDT_Float32
    if random.random() < 0.4:
        size = tuple(int(side) for side in random.integers(1, (2 * width + 1, 2 * height + 1)))
    if random.random() < 0.3:
        # GDAL itself makes -32768 of a NaN in a run of values, and 0 of a single one.
        kind = pick(random, FLOATS if np.isnan(array).any() else KINDS)
    bands = [int(band) for band in random.integers(1, count + 1, random.integers(1, count + 3))]
    if random.random() < 0.3:
        bands = bands[0]
    return Window((x, y, width, height), size, kind, bands)


def read(dataset, window):
    arguments = (*window.place, *window.size, window.kind)
    if isinstance(window.bands, int):
        return bytes(dataset.GetRasterBand(window.bands).ReadRaster(*arguments))
    return bytes(dataset.ReadRaster(*arguments, band_list=window.bands))


def cut(array, memory, window):
    """The part of the reference; GDAL's MEM driver stands for its resampling and conversion."""
    x, y, width, height = window.place
    if window.size != (width, height) or window.kind != gdal.GDT_Float32:
        return read(memory, window)
    chosen = np.atleast_1d(window.bands) - 1
    return array[chosen, y : y + height, x : x + width].tobytes()


def compare_set(random, scene, count, label):
    options, expected = draw_options(random, scene)
    array = reference.view(scene.path, **expected)
    memory = views.in_memory(array)
    gdal.SetCacheMax(int(pick(random, [1, 100_000, 64 * MEGABYTE])))
    dataset = views.open_view(scene.path, **options)
    assert (dataset.RasterCount, dataset.RasterYSize, dataset.RasterXSize) == array.shape, label
    for _ in range(count):
        window = draw_window(random, array)
        if read(dataset, window) != cut(array, memory, window):
            pytest.fail(f"{label}: {options}: {window} differs")


@pytest.fixture
def cache_size_restored():
    with views.cache_size():
        yield


def test_random_windows_equal_the_reference(scene, cache_size_restored):
    share = -(-COUNT // len(STORAGE))
    for number, done in enumerate(range(0, share, WINDOWS_A_SET)):
        random = np.random.default_rng([SEED, number])
        compare_set(random, scene, min(WINDOWS_A_SET, share - done), f"seed {SEED}, set {number}")
