# SPDX-License-Identifier: MIT
"""One dataset, many threads: GDAL_OF_THREAD_SAFE, which GDAL has from 3.10 on."""
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import granules
import numpy as np
import pytest
import reference
import views
from osgeo import gdal

pytestmark = pytest.mark.skipif(
    not hasattr(gdal, "OF_THREAD_SAFE"), reason="GDAL_OF_THREAD_SAFE came with GDAL 3.10"
)
THREADS = 6
OPTIONS = ["QUALITY_FLAGS=0,1,3,4", "BAND_MASK=YES"]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("threads")
    return granules.pair(folder, lines=541, samples=529, bands=5)


@pytest.fixture(scope="module")
def memory(pair):
    whole = reference.view(
        pair[0], mask=pair[1], quality_flags="0,1,3,4", band_mask_file=pair[1]
    )
    return views.in_memory(whole, -9999)


def open_safe(path, *options):
    flags = gdal.OF_RASTER | gdal.OF_THREAD_SAFE | gdal.OF_VERBOSE_ERROR
    return gdal.OpenEx(str(path), flags, open_options=[*OPTIONS, *options])


def open_files(path):
    """How often this process holds the granule open."""
    links = (os.path.join("/proc/self/fd", number) for number in os.listdir("/proc/self/fd"))
    return [os.readlink(link) for link in links if os.path.exists(link)].count(str(path))


def jobs(memory):
    """(how to read, what it must give), in all the ways a reader may come."""
    columns, rows = memory.RasterXSize, memory.RasterYSize
    size = {"buf_xsize": -(-columns // 2), "buf_ysize": -(-rows // 2)}
    average = {**size, "resample_alg": gdal.GRIORA_Average}
    small = views.pixels(memory, **size)
    whole = views.pixels(memory)
    return [
        (lambda dataset: views.pixels(dataset), whole),
        (lambda dataset: views.pixels(dataset, **size), small),
        (lambda dataset: dataset.GetRasterBand(3).GetOverview(0).ReadAsArray(), small[2]),
        (
            lambda dataset: dataset.GetRasterBand(3).GetOverview(0).GetMaskBand().ReadAsArray(),
            np.where(small[2] == -9999, 0, 255).astype("u1"),
        ),
        (
            lambda dataset: dataset.GetRasterBand(2).GetMaskBand().ReadAsArray(),
            np.where(whole[1] == -9999, 0, 255).astype("u1"),
        ),
        (lambda dataset: views.pixels(dataset, **average), views.pixels(memory, **average)),
        (
            lambda dataset: np.vstack(
                [dataset.GetRasterBand(5).ReadAsArray(0, y, columns, 1) for y in range(rows)]
            ),
            whole[4],
        ),
    ]


def read_from_many_threads(dataset, memory):
    work = jobs(memory)
    start = threading.Barrier(THREADS)

    def read(first):
        start.wait(60)
        for turn in range(len(work)):
            ask, expected = work[(first + turn) % len(work)]
            views.assert_same(ask(dataset), expected)

    with ThreadPoolExecutor(THREADS) as threads:
        for done in [threads.submit(read, number) for number in range(THREADS)]:
            done.result()


def test_one_dataset_serves_all_threads(pair, memory):
    dataset = open_safe(pair[0])
    before = open_files(pair[0])
    assert before > 0 and dataset.IsThreadSafe(gdal.OF_RASTER)
    read_from_many_threads(dataset, memory)
    assert open_files(pair[0]) == before  # GDAL would open one more a thread


def test_little_cache_and_many_threads(pair, memory):
    """Blocks that one thread throws out while another takes them."""
    before = gdal.GetCacheMax()
    gdal.SetCacheMax(1 << 20)
    try:
        read_from_many_threads(open_safe(pair[0]), memory)
    finally:
        gdal.SetCacheMax(before)


def test_overviews_in_a_file_are_read_by_many_threads(tmp_path):
    """They belong to another driver: GDAL then opens one dataset a thread."""
    path, mask = granules.pair(tmp_path, lines=89, samples=97, bands=5)
    whole = reference.view(path, mask=mask, quality_flags="0,1,3,4", band_mask_file=mask)
    dataset = views.open_view(path, QUALITY_FLAGS="0,1,3,4", BAND_MASK="YES")
    dataset.BuildOverviews("NEAREST", [2])
    del dataset
    dataset = open_safe(path)
    assert dataset.IsThreadSafe(gdal.OF_RASTER)
    memory = views.in_memory(whole, -9999)
    memory.BuildOverviews("NEAREST", [2])
    expected = memory.GetRasterBand(3).GetOverview(0).ReadAsArray()

    def read(_):
        views.assert_same(dataset.GetRasterBand(3).GetOverview(0).ReadAsArray(), expected)
        views.assert_same(views.pixels(dataset), whole)

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(read, range(4 * THREADS)))


def test_building_overviews_takes_the_safety_away_and_cleaning_gives_it_back(tmp_path):
    path, _ = granules.pair(tmp_path, lines=89, samples=97, bands=5)
    dataset = views.open_view(path)
    assert dataset.IsThreadSafe(gdal.OF_RASTER)
    dataset.BuildOverviews("NEAREST", [2])
    assert not dataset.IsThreadSafe(gdal.OF_RASTER)
    dataset.BuildOverviews("NONE", [])
    assert dataset.IsThreadSafe(gdal.OF_RASTER)


def test_overview_level_is_read_by_many_threads(pair, memory):
    dataset = open_safe(pair[0], "OVERVIEW_LEVEL=0")
    size = {"buf_xsize": dataset.RasterXSize, "buf_ysize": dataset.RasterYSize}
    expected = views.pixels(memory, **size)
    with ThreadPoolExecutor(THREADS) as threads:
        for seen in threads.map(lambda _: views.pixels(dataset), range(4 * THREADS)):
            views.assert_same(seen, expected)
