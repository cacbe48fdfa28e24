# SPDX-License-Identifier: MIT
"""ORTHO=NO: the raw swath has its coordinates in a GEOLOCATION domain."""
import granules
import numpy as np
import pytest
import reference
import views
from osgeo import gdal


def test_domain_points_at_our_own_longitudes_and_latitudes(scene):
    items = views.open_view(scene[0], ORTHO="NO").GetMetadata("GEOLOCATION")
    assert items["GEOREFERENCING_CONVENTION"] == "PIXEL_CENTER"
    for key, value in {
        "X_BAND": 1,
        "Y_BAND": 1,
        "PIXEL_OFFSET": 0,
        "LINE_OFFSET": 0,
        "PIXEL_STEP": 1,
        "LINE_STEP": 1,
    }.items():
        assert float(items[key]) == value, key
    for key, variable in (("X_DATASET", "lon"), ("Y_DATASET", "lat")):
        dataset = gdal.Open(items[key])
        assert dataset.GetDriver().ShortName == "EMIT"
        views.assert_same(
            views.pixels(dataset), reference.view(scene[0], variable, ortho="NO")
        )
    assert "4326" in items["SRS"] or "WGS" in items["SRS"]


def test_orthorectified_views_have_no_such_domain(scene):
    for ortho in ("GLT", "NEAREST"):
        assert not views.open_view(scene[0], ORTHO=ortho).GetMetadata("GEOLOCATION")


def test_swath_without_location_has_no_such_domain(tmp_path):
    path = granules.write(tmp_path, location=False)
    with views.Messages():
        dataset = views.open_view(path, ORTHO="NO")
    assert not dataset.GetMetadata("GEOLOCATION")


def test_masked_swath_still_points_at_unmasked_places(scene):
    items = views.open_view(scene[0], ORTHO="NO", QUALITY_FLAGS="cloud").GetMetadata("GEOLOCATION")
    lon = views.pixels(gdal.Open(items["X_DATASET"]))
    views.assert_same(lon, reference.view(scene[0], "lon", ortho="NO"))


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("quoting", ["plain", "with space"])
def test_warping_by_it_lands_within_half_a_cell_of_the_ortho_image(tmp_path, axis, quoting):
    """A ramp in cells: each raw pixel holds the column or row of the grid that it lies in."""
    folder = tmp_path / quoting
    folder.mkdir()
    lines, samples = 120, 140
    layout = granules.geometry(lines, samples)
    west, step, _, north, _, _ = layout["geotransform"]
    place = (layout["lon"] - west) / step if axis == 0 else (north - layout["lat"]) / step
    path = granules.write(
        folder,
        lines=lines,
        samples=samples,
        bands=1,
        data=place[:, :, np.newaxis].astype("f4"),
    )
    height, width = layout["glt_x"].shape
    swath = views.open_view(path, ORTHO="NO")
    warped = gdal.Warp(
        "",
        swath,
        format="MEM",
        geoloc=True,
        dstSRS="EPSG:4326",
        outputBounds=(west, north - height * step, west + width * step, north),
        xRes=step,
        yRes=step,
        resampleAlg="bilinear",
        dstNodata=-9999,
    ).ReadAsArray()
    inside = (warped != -9999) & (reference.glt_cells(path)[0])
    assert inside.sum() > 0.9 * reference.glt_cells(path)[0].sum()
    cell = np.mgrid[0:height, 0:width][1 - axis] + 0.5
    away = (warped - cell)[inside]
    assert abs(away.mean()) < 0.1
    assert np.quantile(np.abs(away), 0.99) < 0.5
