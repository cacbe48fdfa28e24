# SPDX-License-Identifier: MIT
"""ORTHO=NO: the raw swath as it is stored."""
import granules
import numpy as np
import pytest
import reference
import views


@pytest.mark.parametrize("lines, samples, bands", [(1, 1, 1), (6, 11, 3), (23, 4, 17)])
def test_swath_equals_what_is_stored(tmp_path, lines, samples, bands):
    path = granules.write(tmp_path, lines=lines, samples=samples, bands=bands)
    swath = views.read(path, ORTHO="NO")
    views.assert_same(swath, reference.view(path, ortho="NO"))
    assert np.array_equal(np.moveaxis(swath, 0, 2), granules.values(lines, samples, bands))


def test_size_is_that_of_the_swath(scene):
    dataset = views.open_view(scene[0], ORTHO="NO")
    assert (dataset.RasterXSize, dataset.RasterYSize) == (17, 11)


def test_swath_has_no_geotransform(scene):
    dataset = views.open_view(scene[0], ORTHO="NO")
    assert dataset.GetGeoTransform(can_return_null=True) is None


@pytest.mark.parametrize("flags", ["0,1,3,4", "cloud"])
def test_masks_act_on_the_swath(scene, flags):
    seen = views.read(scene[0], ORTHO="NO", QUALITY_FLAGS=flags, BAND_MASK="YES")
    expected = reference.view(
        scene[0], ortho="NO", mask=scene[1], quality_flags=flags, band_mask_file=scene[1]
    )
    views.assert_same(seen, expected)


def test_mask_variable_opens_as_swath(scene):
    views.assert_same(
        views.read(scene[1], ORTHO="NO"), reference.view(scene[1], "mask", ortho="NO")
    )
