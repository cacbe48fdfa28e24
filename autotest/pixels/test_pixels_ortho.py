# SPDX-License-Identifier: MIT
"""Orthorectified pixels: the GLT's, bit for bit."""
import granules
import numpy as np
import pytest
import reference
import views


@pytest.mark.parametrize("heading", [0, 13, 47, 90, 133, 201, 348])
def test_ortho_pixels_equal_the_reference_at_any_heading(tmp_path, heading):
    path = granules.write(tmp_path, lines=13, samples=8, bands=5, degrees=heading)
    views.assert_same(views.read(path), reference.view(path))


@pytest.mark.parametrize(
    "lines, samples, bands",
    [(1, 1, 1), (1, 9, 2), (9, 1, 3), (3, 40, 7), (40, 3, 1), (31, 33, 32), (5, 7, 285)],
)
def test_ortho_pixels_equal_the_reference_for_any_shape(tmp_path, lines, samples, bands):
    path = granules.write(tmp_path, lines=lines, samples=samples, bands=bands)
    views.assert_same(views.read(path), reference.view(path))


def test_each_cell_names_the_raw_pixel_it_shows(tmp_path):
    """Independent of the reference: the value encodes line, sample and band."""
    path = granules.write(tmp_path, lines=9, samples=6, bands=4)
    layout = granules.geometry(9, 6)
    cells = views.read(path)
    for row, column in np.ndindex(layout["glt_x"].shape):
        sample, line = layout["glt_x"][row, column] - 1, layout["glt_y"][row, column] - 1
        pixel = (line * 6 + sample) * 4 + np.arange(4) if sample >= 0 else np.full(4, -9999)
        assert cells[:, row, column].tolist() == pixel.tolist()


def test_glt_is_the_default_and_yes_means_glt(scene):
    expected = reference.view(scene[0])
    for options in ({}, {"ORTHO": "GLT"}, {"ORTHO": "YES"}, {"ORTHO": "glt"}, {"ORTHO": "yes"}):
        views.assert_same(views.read(scene[0], **options), expected)


def test_special_floats_are_unchanged(tmp_path):
    """Infinities, -0.0, subnormals, NaN with a payload, and the -0.01 of the water bands."""
    odd = np.array(
        [0x80000000, 0x7F800000, 0xFF800000, 0x00000001, 0x7FC12345, 0xBC23D70A, 0xC61C3C00],
        "u4",
    ).view("f4")
    data = np.resize(odd, (6, 5, 3)).astype("f4")
    path = granules.write(tmp_path, lines=6, samples=5, bands=3, data=data)
    expected = reference.view(path)
    assert {*odd.view("u4").tolist()} == {*expected.view("u4").ravel().tolist()}
    views.assert_same(views.read(path), expected)


def test_empty_grid_gives_nodata(tmp_path):
    """A crop outside every cell's pixel."""
    empty = np.zeros((8, 10), "i4")
    path = granules.write(tmp_path, bands=3, glt={"glt_x": empty, "glt_y": empty})
    assert (views.read(path) == -9999).all()
