# SPDX-License-Identifier: MIT
"""Two 200 x 200 crops of real granules, against netCDF4's values through their own tables."""
import netCDF4
import numpy as np
import pytest
import real
import reference
import views


@pytest.fixture(scope="module")
def mask():
    return real.crop("EMIT_L2A_MASK_001")


@pytest.fixture(scope="module")
def obs():
    return real.crop("EMIT_L1B_OBS_001")


@pytest.mark.parametrize("ortho", ["GLT", "NO"])
def test_mask_crop_opens_as_mask(mask, ortho):
    views.assert_same(views.read(mask, ORTHO=ortho), reference.view(mask, ortho=ortho))


def test_mask_crop_equals_netcdf4_values(mask):
    with netCDF4.Dataset(mask) as dataset:
        dataset.set_auto_maskandscale(False)
        stored = dataset["mask"][:]
    assert np.array_equal(np.moveaxis(views.read(mask, ORTHO="NO"), 0, 2), stored)


def test_mask_crop_shows_its_labels(mask):
    dataset = views.open_view(mask)
    seen = [dataset.GetRasterBand(n + 1).GetDescription() for n in range(dataset.RasterCount)]
    assert seen == reference.labels(mask)


@pytest.mark.parametrize("ortho", ["GLT", "NO"])
@pytest.mark.parametrize("flags", ["0", "0,1,3,4", "cloud,Cirrus_flag,spacecraft", "aggregate"])
def test_flags_of_the_crop_mask_the_crop(mask, flags, ortho):
    expected = reference.view(mask, mask=mask, quality_flags=flags, ortho=ortho)
    views.assert_same(views.read(mask, QUALITY_FLAGS=flags, ORTHO=ortho), expected)


@pytest.mark.parametrize("ortho", ["GLT", "NO"])
def test_band_mask_of_the_crop_is_unpacked(mask, ortho):
    expected = reference.view(mask, "band_mask", ortho=ortho)
    views.assert_same(views.read(mask, "band_mask", ORTHO=ortho), expected)


def test_band_mask_of_the_crop_equals_numpys_unpackbits(mask):
    with netCDF4.Dataset(mask) as dataset:
        dataset.set_auto_maskandscale(False)
        bits = np.unpackbits(dataset["band_mask"][:], axis=2)[:, :, :285]
    assert np.array_equal(np.moveaxis(views.read(mask, "band_mask", ORTHO="NO"), 0, 2), bits)


@pytest.mark.parametrize("ortho", ["GLT", "NO"])
def test_observation_crop_equals_the_reference(obs, ortho):
    views.assert_same(views.read(obs, ORTHO=ortho), reference.view(obs, ortho=ortho))


@pytest.mark.parametrize("ortho", ["GLT", "NO"])
def test_observation_crop_takes_the_flags_of_the_mask_crop(obs, mask, ortho):
    expected = reference.view(obs, mask=mask, quality_flags="0,1,3,4", ortho=ortho)
    views.assert_same(views.read(obs, QUALITY_FLAGS="0,1,3,4", ORTHO=ortho), expected)


def test_observation_crop_has_its_eleven_named_bands(obs):
    with netCDF4.Dataset(obs) as dataset:
        names = [str(name) for name in dataset["sensor_band_parameters/observation_bands"][:]]
    dataset = views.open_view(obs)
    assert [dataset.GetRasterBand(n + 1).GetDescription() for n in range(11)] == names
    assert dataset.RasterCount == 11 and len(set(names)) == 11


@pytest.mark.parametrize("variable", ["lon", "lat", "elev"])
@pytest.mark.parametrize("ortho", ["GLT", "NO"])
def test_location_of_the_crop_equals_the_reference(obs, variable, ortho):
    expected = reference.view(obs, variable, ortho=ortho)
    views.assert_same(views.read(obs, variable, ORTHO=ortho), expected)


def test_georeferencing_of_the_crop_is_the_files(mask):
    dataset = views.open_view(mask)
    assert dataset.GetGeoTransform() == reference.geotransform(mask)
    assert dataset.GetSpatialRef().GetAuthorityCode(None) == "4326"
    assert dataset.GetMetadataItem("summary") == reference.attribute(mask, "summary")


def test_crop_reads_windows_and_sizes_like_the_whole(mask):
    dataset = views.open_view(mask)
    whole = views.in_memory(reference.view(mask), -9999)
    for place in ({"xoff": 31, "yoff": 17, "xsize": 203, "ysize": 99}, {}):
        for size in ({}, {"buf_xsize": 37, "buf_ysize": 41}):
            views.assert_same(
                views.pixels(dataset, **place, **size), views.pixels(whole, **place, **size)
            )
