# SPDX-License-Identifier: MIT
"""Shared datasets: one for each set of options, if these are in the name also before GDAL 3.8."""
import granules
import numpy as np
import pytest
import reference
import views
from osgeo import gdal

SHARED = gdal.OF_RASTER | gdal.OF_SHARED | gdal.OF_VERBOSE_ERROR
LOOKS_AT_OPTIONS = int(gdal.VersionInfo()) >= 3080000
FLAGS = ["cloud", "cirrus", "water"]


def name_of(path, flag):
    return f'EMIT:"{path}":reflectance?QUALITY_FLAGS={flag}'


def expected(scene, flag):
    return reference.view(scene[0], mask=scene[1], quality_flags=flag)


@pytest.mark.interoperability("GDAL's Python", "shared datasets, each with options in its name")
def test_names_with_options_are_shared_one_by_one(scene):
    with views.Messages() as messages:
        opened = [gdal.OpenEx(name_of(scene[0], flag), SHARED) for flag in FLAGS]
        again = [gdal.OpenEx(name_of(scene[0], flag), SHARED) for flag in FLAGS]
    assert messages == []
    assert [int(one.this) for one in opened] == [int(one.this) for one in again]
    assert len({int(one.this) for one in opened}) == len(FLAGS)
    for flag, dataset in zip(FLAGS, opened):
        views.assert_same(views.pixels(dataset), expected(scene, flag))


def opened_with_options(scene):
    return [
        gdal.OpenEx(str(scene[0]), SHARED, open_options=[f"QUALITY_FLAGS={flag}"])
        for flag in FLAGS
    ]


@pytest.mark.skipif(not LOOKS_AT_OPTIONS, reason="GDAL before 3.8 shares by name alone")
@pytest.mark.interoperability("GDAL's Python", "shared datasets, each with open options")
def test_shared_datasets_differ_by_their_open_options(scene):
    opened = opened_with_options(scene)
    assert len({int(one.this) for one in opened}) == len(FLAGS)
    for flag, dataset in zip(FLAGS, opened):
        views.assert_same(views.pixels(dataset), expected(scene, flag))


@pytest.mark.skipif(LOOKS_AT_OPTIONS, reason="GDAL 3.8 and later compare the open options")
def test_gdal_before_3_8_shares_by_name_alone(scene):
    opened = opened_with_options(scene)
    assert len({int(one.this) for one in opened}) == 1
    views.assert_same(views.pixels(opened[-1]), expected(scene, FLAGS[0]))


@pytest.mark.skipif(
    not hasattr(gdal, "OF_THREAD_SAFE"), reason="GDAL_OF_THREAD_SAFE came with GDAL 3.10"
)
def test_shared_and_thread_safe_datasets_are_distinct(scene):
    """GDAL finds a shared dataset by its flags, to which native thread-safety would add one."""
    name, safe = name_of(scene[0], FLAGS[0]), SHARED | getattr(gdal, "OF_THREAD_SAFE", 0)
    with views.Messages() as messages:
        plain = [gdal.OpenEx(name, SHARED) for _ in range(2)]
        threads = [gdal.OpenEx(name, safe) for _ in range(2)]
        unshared = gdal.OpenEx(name, gdal.OF_RASTER)
    assert messages == []
    assert len({int(one.this) for one in plain}) == len({int(one.this) for one in threads}) == 1
    assert not plain[0].IsThreadSafe(gdal.OF_RASTER)
    assert threads[0].IsThreadSafe(gdal.OF_RASTER) and unshared.IsThreadSafe(gdal.OF_RASTER)
    views.assert_same(views.pixels(threads[1]), expected(scene, FLAGS[0]))


@pytest.mark.parametrize("shared", ["0", "1"])
def test_vrt_of_several_option_sets_shows_each(scene, tmp_path, shared):
    """VRTs open their sources as shared datasets, with their options separate from the name."""
    whole = expected(scene, FLAGS[0])
    bands = ""
    for number, flag in enumerate(2 * FLAGS, start=1):
        bands += (
            f'<VRTRasterBand dataType="Float32" band="{number}"><SimpleSource>'
            f'<SourceFilename relativeToVRT="0" shared="{shared}">{scene[0]}</SourceFilename>'
            f'<OpenOptions><OOI key="QUALITY_FLAGS">{flag}</OOI></OpenOptions>'
            "<SourceBand>1</SourceBand></SimpleSource></VRTRasterBand>"
        )
    target = tmp_path / "sets.vrt"
    target.write_text(
        f'<VRTDataset rasterXSize="{whole.shape[2]}" rasterYSize="{whole.shape[1]}">'
        f"{bands}</VRTDataset>"
    )
    with views.Messages() as messages:
        seen = views.read(target)
    assert messages == []
    layers = np.stack([expected(scene, flag)[0] for flag in 2 * FLAGS])
    assert (layers[0] != layers[1]).any() and (layers[1] != layers[2]).any()
    views.assert_same(seen, layers)


def test_shared_dataset_has_overviews(tmp_path):
    path, mask = granules.pair(tmp_path, lines=515, samples=540, bands=1)
    names = [f"{name_of(path, flag)}&ORTHO=NO" for flag in FLAGS]
    opened = [gdal.OpenEx(name, SHARED) for name in names]
    for flag, dataset in zip(FLAGS, opened):
        whole = reference.view(path, mask=mask, quality_flags=flag, ortho="NO")
        small = dataset.GetRasterBand(1).GetOverview(0)
        size = {"buf_xsize": 270, "buf_ysize": 258}
        views.assert_same(small.ReadAsArray(), views.in_memory(whole, -9999).ReadAsArray(**size))
