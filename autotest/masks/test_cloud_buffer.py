# SPDX-License-Identifier: MIT
"""CLOUD_BUFFER: pixels within a distance of a SpecTf cloud; -1 is clear sky."""
import granules
import numpy as np
import pytest
import reference
import views


@pytest.fixture(scope="module", params=["002", "003"])
def buffered(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("buffer" + request.param)
    return granules.pair(folder, mask_version=request.param, lines=9, samples=14, bands=4)


@pytest.mark.parametrize("ortho", ["GLT", "NO"])
@pytest.mark.parametrize("pixels", [0, 1, 3, 8, 1000])
def test_pixels_within_the_buffer_are_masked(buffered, pixels, ortho):
    path, mask = buffered
    expected = reference.view(path, mask=mask, cloud_buffer=pixels, ortho=ortho)
    views.assert_same(views.read(path, CLOUD_BUFFER=pixels, ORTHO=ortho), expected)


def test_clear_sky_and_missing_values_are_never_masked(tmp_path):
    distance = np.zeros((1, 6, 7), "f4")
    distance[0, :, 6] = [-1, 0, 1, 2, -9999, np.nan]
    path, _ = granules.pair(tmp_path, "002", lines=1, samples=6, bands=2, mask_data=distance)
    for pixels, masked in ((0, "010000"), (1, "011000"), (2, "011100"), (99, "011100")):
        seen = views.read(path, CLOUD_BUFFER=pixels, ORTHO="NO")[0, 0]
        assert "".join("1" if value == -9999 else "0" for value in seen) == masked


def test_nothing_is_masked_without_it(buffered):
    views.assert_same(views.read(buffered[0]), reference.view(buffered[0]))


def test_mask_without_distances_is_an_error(tmp_path):
    path, mask = granules.pair(tmp_path)
    message = views.refusal(path, CLOUD_BUFFER=3)
    for word in ("CLOUD_BUFFER", mask.name, "SpecTf-Buffer Distance"):
        assert word in message


def test_applied_options_are_in_the_metadata(buffered):
    dataset = views.open_view(buffered[0], CLOUD_BUFFER=3)
    assert dataset.GetMetadataItem("EMIT_CLOUD_BUFFER") == "3"
    assert dataset.GetFileList() == [str(path) for path in buffered]
