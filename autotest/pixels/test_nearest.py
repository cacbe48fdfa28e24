# SPDX-License-Identifier: MIT
"""ORTHO=NEAREST: the GLT's cells, each with the raw pixel whose centre is truly nearest.

Compared with a k-d tree over all pixel centres. If two pixels are equally near up to rounding,
either is right; if exactly equal, the lower line and then the lower sample.
"""
import granules
import numpy as np
import pytest
import real
import reference
import views

CLOSE = 1e-9  # relative difference of squared distances that rounding may hide


def chosen_pixels(path):
    """Number of the raw pixel in each filled cell, identified by its longitude and latitude."""
    filled = reference.glt_cells(path)[0]
    lon, lat = reference.raw(path, "lon")[..., 0], reference.raw(path, "lat")[..., 0]
    numbers = {place: number for number, place in enumerate(zip(lon.flat, lat.flat))}
    assert len(numbers) == lon.size
    seen = [views.read(path, name, ORTHO="NEAREST")[0] for name in ("lon", "lat")]
    assert (seen[0][~filled] == -9999).all() and (seen[1][~filled] == -9999).all()
    return np.array([numbers[place] for place in zip(seen[0][filled], seen[1][filled])])


def assert_nearest(path, share_changed=0.0):
    candidates, squared = reference.nearest_candidates(path)
    chosen = chosen_pixels(path)
    column = (candidates == chosen[:, None]).argmax(axis=1)
    assert (np.take_along_axis(candidates, column[:, None], 1)[:, 0] == chosen).all()
    reached = np.take_along_axis(squared, column[:, None], 1)[:, 0]
    assert (reached <= squared[:, 0] * (1 + CLOSE)).all()
    clear = squared[:, 1] > squared[:, 0] * (1 + CLOSE)
    assert clear.mean() > 0.5
    assert (chosen[clear] == candidates[clear, 0]).all()
    filled, line, sample = reference.glt_cells(path)
    by_table = line[filled] * reference.raw(path, "lat").shape[1] + sample[filled]
    assert (by_table != chosen).mean() >= share_changed


@pytest.mark.parametrize("heading", [0, 17, 45, 90, 133, 260])
@pytest.mark.parametrize("lines, samples", [(40, 23), (23, 40)])
def test_rotated_scenes_equal_the_tree(tmp_path, heading, lines, samples):
    path = granules.write(tmp_path, lines=lines, samples=samples, bands=2, degrees=heading + 0.371)
    assert_nearest(path, share_changed=0.1)


@pytest.mark.parametrize("origin", [(10.0, 0.0), (-70.0, -52.0), (179.99, 52.0), (30.0, 75.0)])
def test_distances_are_metres_not_degrees(tmp_path, origin):
    """At high latitudes degrees of longitude are short; scenes may cross 180."""
    path = granules.write(tmp_path, lines=40, samples=30, bands=2, degrees=31.3, origin=origin)
    assert_nearest(path)


@pytest.mark.parametrize("product", ["EMIT_L2A_MASK_001", "EMIT_L1B_OBS_001"])
def test_real_crops_equal_the_tree(product):
    assert_nearest(real.crop(product), share_changed=0.3)


def test_a_table_far_off_is_only_a_start(tmp_path):
    """Entries several pixels off, in all directions, lead to the same nearest pixels."""
    layout = granules.geometry(40, 30)
    random = np.random.default_rng(8)
    shape = layout["glt_x"].shape
    part = {}
    for name, limit in (("glt_x", 30), ("glt_y", 40)):
        moved = np.clip(layout[name] + random.integers(-4, 5, shape), 1, limit)
        part[name] = np.where(layout[name] > 0, moved, 0).astype("i4")
    path = granules.write(tmp_path, lines=40, samples=30, bands=2, glt=part)
    assert_nearest(path, share_changed=0.8)


@pytest.mark.parametrize("top", [0.125, 0.0], ids=["between samples", "between lines too"])
@pytest.mark.parametrize("start", [(1, 1), (1, 2), (2, 1), (2, 3)])
def test_of_two_equally_near_pixels_the_lower_line_then_sample_is_taken(tmp_path, start, top):
    """By the equator, in eighths of a degree, so that distances are exactly equal."""
    layout = {
        "glt_x": np.full((2, 2), start[1], "i4"),
        "glt_y": np.full((2, 2), start[0], "i4"),
        "geotransform": np.array([-0.25, 0.25, 0, top, 0, -0.25]),
        "lon": np.array([[-0.25, 0.0, 0.25], [-0.25, 0.0, 0.25]]),
        "lat": np.array([[0.0, 0.0, 0.0], [-0.25, -0.25, -0.25]]),
    }
    path = granules.write(tmp_path, lines=2, samples=3, bands=1, glt=layout)
    seen = views.read(path, ORTHO="NEAREST")[0]
    assert seen.tolist() == [[0, 1], [3, 4]]


TURNS = {
    "as in the file": lambda lon: lon,
    "-180 to 180": lambda lon: (lon + 180) % 360 - 180,
    "0 to 360": lambda lon: lon % 360,
    "a turn less": lambda lon: lon - 360,
}


@pytest.mark.parametrize("west", [179.99, -180.01, -0.005, 359.995, 352.0])
@pytest.mark.parametrize("turn", TURNS)
def test_longitudes_count_from_any_meridian(tmp_path, west, turn):
    """The grid's and the pixels' longitudes differ by whole turns, and jump inside the scene."""
    layout = granules.geometry(33, 27, 31.3, (west, -17.0))
    lon = TURNS[turn](layout["lon"])
    path = granules.write(tmp_path, lines=33, samples=27, bands=1, glt={**layout, "lon": lon})
    plain = granules.write(tmp_path, lines=33, samples=27, bands=1, glt=layout, name="EMIT_plain.nc")
    nearest = reference.view(plain, ortho="NEAREST")
    assert np.array_equal(views.read(path, ORTHO="NEAREST"), nearest)
    assert (nearest != reference.view(plain)).mean() > 0.1


def test_same_cells_are_filled_as_by_the_table(scene):
    nearest, table = (views.read(scene[0], ORTHO=ortho) for ortho in ("NEAREST", "GLT"))
    assert np.array_equal(nearest == -9999, table == -9999)
    assert views.open_view(scene[0], ORTHO="NEAREST").GetGeoTransform() == reference.geotransform(
        scene[0]
    )


def test_masks_and_bands_work_as_with_the_table(tmp_path):
    path, mask = granules.pair(tmp_path, lines=21, samples=30, bands=13, degrees=24.371)
    options = {"QUALITY_FLAGS": "0,1", "BAND_MASK": "YES", "NODATA": "NAN"}
    expected = reference.view(
        path, ortho="NEAREST", mask=mask, quality_flags="0,1", band_mask_file=mask, nodata=np.nan
    )
    seen = views.read(path, ORTHO="NEAREST", **options)
    views.assert_same(seen, expected)
    dataset = views.open_view(path, ORTHO="NEAREST", **options)
    part = views.pixels(dataset, xoff=9, yoff=5, xsize=7, ysize=11, band_list=[13, 2])
    views.assert_same(part, expected[[12, 1], 5:16, 9:16])


def test_pixels_without_coordinates_are_never_chosen(tmp_path):
    """A line whose lon and lat are -9999."""
    layout = granules.geometry(20, 15)
    for name in ("lon", "lat"):
        layout[name][7] = -9999
    path = granules.write(
        tmp_path, lines=20, samples=15, bands=1, glt={k: layout[k] for k in ("lon", "lat")}
    )
    seen = views.read(path, ORTHO="NEAREST")[0]
    expected = reference.view(path, ortho="NEAREST")[0]
    assert not (np.isin(seen, np.arange(7 * 15, 8 * 15))).any()
    assert (seen == expected).mean() > 0.99
