# SPDX-License-Identifier: MIT
"""Where the pixels lie on the earth."""
import struct

import granules
import numpy as np
import pytest
import reference
import views
from osgeo import osr


def test_geotransform_is_the_attribute_bit_for_bit(scene):
    stored = reference.attribute(scene[0], "geotransform")
    seen = views.open_view(scene[0]).GetGeoTransform()
    assert struct.pack("6d", *seen) == struct.pack("6d", *(stored + 0.0))
    assert list(seen) == list(stored)


def test_no_term_is_minus_zero(scene):
    assert np.signbit(reference.attribute(scene[0], "geotransform")).tolist()[2]
    seen = views.open_view(scene[0]).GetGeoTransform()
    assert [str(term) for term in seen if term == 0] == ["0.0", "0.0"]


def test_size_is_that_of_the_lookup_table(scene):
    dataset = views.open_view(scene[0])
    assert (dataset.RasterYSize, dataset.RasterXSize) == granules.geometry(11, 17)["glt_x"].shape


@pytest.mark.parametrize("variable", [None, "lon"])
def test_reference_system_is_wgs84_with_longitude_first(scene, variable):
    system = views.open_view(scene[0], variable).GetSpatialRef()
    assert system.GetAuthorityCode(None) == "4326"
    assert system.GetAxisMappingStrategy() == osr.OAMS_TRADITIONAL_GIS_ORDER
    assert system.GetDataAxisToSRSAxisMapping() == [2, 1]


@pytest.mark.parametrize("ortho", ["GLT", "NEAREST"])
def test_cells_are_areas(scene, ortho):
    assert views.open_view(scene[0], ORTHO=ortho).GetMetadataItem("AREA_OR_POINT") == "Area"


@pytest.mark.parametrize("text", ["EPSG:4326", "+proj=longlat +datum=WGS84", "urn:ogc:def:crs:EPSG::4326"])
def test_reference_system_may_be_any_text_that_gdal_knows(tmp_path, text):
    path = granules.write(tmp_path, attributes={"spatial_ref": text})
    with views.Messages() as messages:
        system = views.open_view(path).GetSpatialRef()
    assert messages == [] and system.IsGeographic() and system.GetAttrValue("DATUM") == "WGS_1984"
    assert system.GetAxisMappingStrategy() == osr.OAMS_TRADITIONAL_GIS_ORDER


def test_rotated_terms_are_passed_on(tmp_path):
    transform = np.array([10.5, 0.0005, 0.0001, 45.25, 0.0002, -0.0004])
    path = granules.write(tmp_path, glt={"geotransform": transform})
    assert views.open_view(path).GetGeoTransform() == tuple(transform)


def test_longitudes_beyond_180_are_passed_on(tmp_path):
    path = granules.write(tmp_path, origin=(179.999, 12.0))
    dataset = views.open_view(path)
    transform = dataset.GetGeoTransform()
    assert transform[0] + dataset.RasterXSize * transform[1] > 180
    views.assert_same(views.pixels(dataset), reference.view(path))


def test_swapped_east_and_west_attributes_are_ignored(tmp_path):
    plain = granules.write(tmp_path, name="emit_plain.nc")
    swapped = granules.write(
        tmp_path,
        name="emit_swapped.nc",
        attributes={"easternmost_longitude": -9.0, "westernmost_longitude": -7.0},
    )
    seen = [views.open_view(path).GetGeoTransform() for path in (plain, swapped)]
    assert seen[0] == seen[1]


def test_granule_without_location_opens_as_swath_with_a_warning(tmp_path):
    path = granules.write(tmp_path, lines=6, samples=9, location=False)
    with views.Messages() as messages:
        dataset = views.open_view(path)
    assert [kind for kind, _ in messages] == [2] and "location" in messages[0][1]
    assert dataset.GetGeoTransform(can_return_null=True) is None
    assert np.array_equal(np.moveaxis(views.pixels(dataset), 0, 2), granules.values(6, 9, 4))


@pytest.mark.parametrize("ortho", ["GLT", "NEAREST"])
def test_granule_without_location_cannot_be_orthorectified_when_asked(tmp_path, ortho):
    """On request it is an error, or a swath with a warning, but never a geotransform."""
    path = granules.write(tmp_path, lines=6, samples=9, location=False)
    try:
        with views.Messages():
            dataset = views.open_view(path, ORTHO=ortho)
    except RuntimeError as error:
        assert "location" in str(error) and path.name in str(error)
        return
    assert dataset.GetGeoTransform(can_return_null=True) is None


@pytest.mark.parametrize(
    "change", [{0: np.nan}, {3: np.inf}, {1: 0.0}, {5: 0.0}, {2: 1.0, 4: -granules.STEP**2}]
)
def test_geotransform_that_places_no_cells_is_an_error(tmp_path, change):
    transform = granules.geometry(6, 9)["geotransform"]
    for term, value in change.items():
        transform[term] = value
    path = granules.write(tmp_path, lines=6, samples=9, glt={"geotransform": transform})
    message = views.refusal(path)
    assert str(path) in message and "geotransform" in message


def test_crop_with_a_rebased_lookup_table_opens(tmp_path):
    """A crop keeps part of the grid; cells whose pixel was cut away are empty."""
    layout = granules.geometry(20, 12)
    part = {
        "glt_x": np.where(layout["glt_x"] > 0, layout["glt_x"] - 4, 0)[3:15, 2:19].astype("i4"),
        "glt_y": np.where(layout["glt_y"] > 0, layout["glt_y"] - 6, 0)[3:15, 2:19].astype("i4"),
        "lon": layout["lon"][6:15, 4:11],
        "lat": layout["lat"][6:15, 4:11],
        "geotransform": layout["geotransform"] + np.array([2, 0, 0, -3, 0, 0]) * granules.STEP,
    }
    path = granules.write(tmp_path, lines=9, samples=7, bands=3, glt=part)
    expected = reference.view(path)
    assert 0.2 < (expected == -9999).mean() < 0.9
    views.assert_same(views.read(path), expected)
