# SPDX-License-Identifier: MIT
"""Pixels of a granule of which nothing is in the page cache: reading ahead changes none of them."""
import os

import granules
import pytest
import reference
import views
from osgeo import gdal

LINES, SAMPLES, BANDS = 241, 263, 61  # 15 MB: more than is read through at once
MASKED = {"QUALITY_FLAGS": "0,1,3,4", "BAND_MASK": "YES"}

if not hasattr(os, "posix_fadvise"):
    pytest.skip("NOT RUN: the page cache cannot be emptied here", allow_module_level=True)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cold")
    sizes = ("--lines", LINES, "--samples", SAMPLES, "--bands", BANDS)
    return granules.make(folder, *sizes)


@pytest.fixture(scope="module")
def expected(scene):
    mask = scene["MASK"]
    return reference.view(scene["RFL"], mask=mask, quality_flags="0,1,3,4", band_mask_file=mask)


def forget(scene):
    """Drops the files from the page cache."""
    for path in scene.values():
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def opened(scene, threads):
    options = [f"{key}={value}" for key, value in MASKED.items()]
    return gdal.OpenEx(str(scene["RFL"]), open_options=[*options, f"NUM_THREADS={threads}"])


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("rows", [7, 32, 1000])
def test_strips_from_top_to_bottom(scene, expected, rows, threads):
    forget(scene)
    dataset = opened(scene, threads)
    for row in range(0, dataset.RasterYSize, rows):
        count = min(rows, dataset.RasterYSize - row)
        seen = dataset.ReadAsArray(0, row, dataset.RasterXSize, count)
        views.assert_same(seen, expected[:, row : row + count])


def test_strips_from_bottom_to_top_while_the_cache_is_emptied(scene, expected):
    forget(scene)
    dataset = opened(scene, 2)
    for row in reversed(range(0, dataset.RasterYSize, 29)):
        count = min(29, dataset.RasterYSize - row)
        seen = dataset.ReadAsArray(0, row, dataset.RasterXSize, count)
        views.assert_same(seen, expected[:, row : row + count])
        forget(scene)


def test_windows_and_single_cells(scene, expected):
    forget(scene)
    dataset = opened(scene, 2)
    for column, row, columns, rows in ((150, 100, 61, 47), (3, 2, 90, 11), (200, 180, 1, 1)):
        seen = dataset.ReadAsArray(column, row, columns, rows)
        views.assert_same(seen, expected[:, row : row + rows, column : column + columns])
