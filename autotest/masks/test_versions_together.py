# SPDX-License-Identifier: MIT
"""Folders in which versions 001, 002 and 003 of one time lie with the L3 files of that time."""
import shutil
from pathlib import Path

import granules
import netCDF4
import numpy as np
import pytest
import reference
import views
from osgeo import gdal

LINES, SAMPLES, BANDS = 15, 22, 13
PRODUCTS = ("RFL", "RFLUNCERT", "RAD", "OBS", "MIN", "MINUNCERT")
L3_PRODUCTS = ("RFL", "RFLUNCERT", "OBS", "MASK")
GRIDDED = [f"EMIT_L3_{product}_002_{granules.TIME}.nc" for product in L3_PRODUCTS]
STATE = np.arange(2 * LINES * SAMPLES).reshape(2, LINES, SAMPLES) / 1024

# Options, version of the mask that has them, keywords of the reference.
CHOICES = [
    ({"QUALITY_FLAGS": "cloud,cirrus"}, "003", {"quality_flags": "cloud,cirrus"}),
    ({"QUALITY_FLAGS": "spectf-cloud"}, "003", {"quality_flags": "spectf-cloud"}),
    ({"CLOUD_BUFFER": "4"}, "003", {"cloud_buffer": 4}),
    ({"QUALITY_FLAGS": "spacecraft"}, "002", {"quality_flags": "spacecraft"}),
    ({"QUALITY_WHERE": "AOD550>0.5"}, "002", {"quality_where": "AOD550>0.5"}),
]


def write_l3(path):
    """Gridded, deflated, in chunks, as the L3 user guide shows them."""
    with netCDF4.Dataset(path, "w") as dataset:
        for name, size in (("bands", 20), ("lat", 70), ("lon", 60)):
            dataset.createDimension(name, size)
        for name, first in (("lat", 31.0), ("lon", -8.0)):
            axis = dataset.createVariable(name, "f8", (name,))
            axis.units = {"lat": "degrees_north", "lon": "degrees_east"}[name]
            axis[:] = first + np.arange(axis.size) * granules.STEP * (-1 if name == "lat" else 1)
        cube = ("bands", "lat", "lon")
        keywords = {"zlib": True, "chunksizes": (10, 35, 30), "fill_value": -9999}
        for name in ("reflectance", "mask"):
            dataset.createVariable(name, "f4", cube, **keywords)[:] = 7
        dataset.time_coverage_start = "2022-09-03T16:31:29+0000"


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    folder = tmp_path_factory.mktemp("together")
    for seed, (version, labels) in enumerate(granules.MASK_LABELS.items(), 31):
        data = granules.flags(LINES, SAMPLES, labels, seed)
        granules.write(folder, "MASK", version, LINES, SAMPLES, data=data, band_mask_octets=2)
    for version in ("001", "002"):
        for product in PRODUCTS:
            state = STATE if (product, version) == ("RFL", "002") else None
            granules.write(folder, product, version, LINES, SAMPLES, BANDS, state=state)
    for name in GRIDDED:
        write_l3(folder / name)
    return folder


def copied(together, folder, *names):
    """A folder with these granules and all L3 files."""
    for name in (*names, *GRIDDED):
        shutil.copy(together / name, folder)
    return folder / names[0]


def variable_of(product):
    return {"MIN": "group_1_mineral_id", "MINUNCERT": "group_2_fit"}.get(product)


def assert_from(dataset, *masks):
    found = dataset.GetMetadataItem("EMIT_MASK_FILE")
    assert {Path(name).name for name in found.split(",")} == {mask.name for mask in masks}


@pytest.mark.parametrize("version", ["001", "002"])
@pytest.mark.parametrize("product", PRODUCTS)
def test_each_product_uses_the_mask_with_the_requested_bands(together, product, version):
    path = together / granules.file_name(product, version)
    variable = variable_of(product)
    for options, mask_version, keywords in CHOICES:
        mask = together / granules.file_name("MASK", mask_version)
        dataset = views.open_view(path, variable, ORTHO="NO", **options)
        assert_from(dataset, mask)
        expected = reference.view(path, variable, ortho="NO", mask=mask, **keywords)
        views.assert_same(views.pixels(dataset), expected)


@pytest.mark.parametrize("version", ["001", "002"])
@pytest.mark.parametrize("product", ["RFL", "RFLUNCERT", "RAD"])
def test_band_masks_come_from_version_001(together, product, version):
    path = together / granules.file_name(product, version)
    oldest, newest = (together / granules.file_name("MASK", v) for v in ("001", "003"))
    dataset = views.open_view(path, BAND_MASK="YES", QUALITY_FLAGS="cloud")
    assert_from(dataset, newest, oldest)
    keywords = {"mask": newest, "quality_flags": "cloud", "band_mask_file": oldest}
    views.assert_same(views.pixels(dataset), reference.view(path, **keywords))


def test_state_variables_come_from_the_l2a_reflectance(together, tmp_path):
    names = [granules.file_name(*part) for part in (("OBS", "002"), ("RFL", "002"), ("RFL", "001"))]
    path = copied(together, tmp_path, *names)
    dataset = views.open_view(path, QUALITY_WHERE="H2O>0.4", ORTHO="NO")
    assert any(Path(name).name == names[1] for name in dataset.GetFileList())
    expected = reference.raw(path, "obs").copy()
    expected[STATE[1] > 0.4] = -9999
    views.assert_same(views.pixels(dataset), np.moveaxis(expected, 2, 0))


@pytest.mark.parametrize(
    "product, masks, options, words",
    [
        (("RFL", "002"), ["003"], {"BAND_MASK": "YES"}, ["MASK_003", "no band_mask", "001"]),
        (("RFL", "002"), ["003"], {"QUALITY_FLAGS": "spacecraft"}, ["MASK_003", "SpecTf-Cloud"]),
        (("RFL", "001"), ["001"], {"QUALITY_FLAGS": "spectf-cloud"}, ["MASK_001", "Aggregate"]),
        (("RAD", "002"), ["001"], {"CLOUD_BUFFER": "3"}, ["MASK_001"]),
        (("OBS", "002"), ["003"], {"BAND_MASK": "YES"}, ["BAND_MASK"]),
        (("MIN", "001"), [], {"QUALITY_FLAGS": "cloud"}, ["MASK_FILE", granules.TIME]),
    ],
)
def test_flags_that_no_mask_in_the_folder_has_are_an_error(
    together, tmp_path, product, masks, options, words
):
    names = [granules.file_name(*product), *(granules.file_name("MASK", v) for v in masks)]
    path = copied(together, tmp_path, *names)
    message = views.refusal(views.name_of(path, variable_of(product[0])), **options)
    for word in (next(iter(options)), *words):
        assert word in message
    assert "EMIT_L3" not in message


def test_l3_files_are_left_to_the_netcdf_driver(together, tmp_path):
    for name in GRIDDED:
        path = shutil.copy(together / name, tmp_path)
        for mode in (gdal.OF_RASTER, gdal.OF_RASTER | gdal.OF_UPDATE):
            with views.Messages() as messages:
                assert gdal.OpenEx(path, mode).GetDriver().ShortName == "netCDF"
            assert messages == []
        assert name in views.refusal(path, QUALITY_FLAGS="cloud")
