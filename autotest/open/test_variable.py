# SPDX-License-Identifier: MIT
"""VARIABLE opens a variable by a plain path, as EMIT:"path":variable does; names survive a move."""
import os

import granules
import pytest
import views
from osgeo import gdal

VARIABLES = ["reflectance", "lon", "elev"]
needs_subdataset_info = pytest.mark.skipif(
    not hasattr(gdal, "GetSubdatasetInfo"), reason="needs GDAL 3.8"
)


@pytest.fixture(scope="module")
def minerals(tmp_path_factory):
    return granules.write(tmp_path_factory.mktemp("minerals"), "MIN", lines=10, samples=8)


@pytest.fixture
def pair(tmp_path):
    return granules.pair(tmp_path, lines=12, samples=7, bands=4)


@pytest.mark.parametrize("variable", VARIABLES)
def test_variable_shows_what_the_name_shows(scene, variable):
    expected = views.open_name(f'EMIT:"{scene[0]}":{variable}')
    names = [str(scene[0]), f'EMIT:"{scene[0]}"', f'EMIT:"{scene[0]}":{variable}']
    for name in names:
        dataset = views.open_name(name, VARIABLE=variable)
        views.assert_same(views.pixels(dataset), views.pixels(expected))
        assert dataset.GetRasterBand(1).GetMetadata() == expected.GetRasterBand(1).GetMetadata()
    dataset = views.open_name(f'EMIT:"{scene[0]}"?VARIABLE={variable}')
    views.assert_same(views.pixels(dataset), views.pixels(expected))


def test_variable_of_a_mask_granule(scene):
    views.assert_same(
        views.read(scene[1], VARIABLE="band_mask"), views.read(scene[1], "band_mask")
    )


def test_variable_of_a_granule_without_a_main_one(minerals):
    dataset = views.open_view(minerals, VARIABLE="group_1_mineral_id")
    views.assert_same(views.pixels(dataset), views.read(minerals, "group_1_mineral_id"))
    assert not dataset.GetMetadata("SUBDATASETS")
    assert dataset.GetRasterBand(1).GetCategoryNames()


def test_other_options_act_on_the_variable(pair):
    views.assert_same(
        views.read(pair[0], VARIABLE="elev", QUALITY_FLAGS="cloud", NODATA="NAN"),
        views.read(pair[0], "elev", QUALITY_FLAGS="cloud", NODATA="NAN"),
    )


def test_open_option_overrides_the_one_in_the_name(pair):
    name = f'EMIT:"{pair[0]}"?VARIABLE=lon'
    views.assert_same(
        views.pixels(views.open_name(name, VARIABLE="lat")), views.read(pair[0], "lat")
    )


def test_statistics_belong_to_the_variable_however_it_is_named(pair):
    def mean(name, **options):
        return views.open_name(name, **options).GetRasterBand(1).GetMetadataItem("STATISTICS_MEAN")

    views.open_view(pair[0], VARIABLE="lon").GetRasterBand(1).ComputeStatistics(False)
    assert mean(f'EMIT:"{pair[0]}":lon') is not None
    assert mean(f'EMIT:"{pair[0]}"?VARIABLE=lon') is not None
    assert mean(pair[0]) is None and mean(pair[0], VARIABLE="lat") is None


@pytest.mark.parametrize("name", ["{}", 'EMIT:"{}"', 'EMIT:"{}"?VARIABLE=fog'])
def test_unknown_variable_is_an_error_that_lists_the_available_ones(scene, name):
    message = views.refusal(name.format(scene[0]), VARIABLE="fog")
    for word in [scene[0].name, '"fog"', *VARIABLES]:
        assert word in message


def test_contradiction_with_the_name_is_an_error(scene):
    message = views.refusal(f'EMIT:"{scene[0]}":lat', VARIABLE="lon")
    for word in [scene[0].name, "VARIABLE=lon", "lat"]:
        assert word in message


def test_empty_variable_is_an_error(scene):
    message = views.refusal(scene[0], VARIABLE="")
    assert "VARIABLE" in message and scene[0].name in message


def checksum(name):
    return views.open_name(name).GetRasterBand(1).Checksum()


def move(tmp_path, pair, make, file="view.vrt"):
    """A file made by "make" in a folder above the granules, before and after all has moved."""
    (tmp_path / "a" / "data").mkdir(parents=True)
    for path in pair:
        path.rename(tmp_path / "a" / "data" / path.name)
    before = os.getcwd()
    os.chdir(tmp_path / "a")
    try:
        make(f"data/{pair[0].name}", file)
        expected = checksum(file)
    finally:
        os.chdir(before)
    (tmp_path / "a").rename(tmp_path / "b")
    assert checksum(tmp_path / "b" / file) == expected


def test_vrt_with_open_options_survives_a_move(tmp_path, pair):
    options = ["VARIABLE=elev", "QUALITY_FLAGS=cloud"]

    def make(path, vrt):
        dataset = gdal.OpenEx(path, open_options=options)
        gdal.Translate(vrt, dataset, format="VRT")

    move(tmp_path, pair, make)


@needs_subdataset_info
@pytest.mark.parametrize(
    "name",
    [
        'EMIT:"{}":elev',
        "EMIT:{}:elev",
        'EMIT:"{}"?QUALITY_FLAGS=cloud',
        "emit:{}:reflectance?QUALITY_FLAGS=cloud&NODATA=-1",
    ],
)
def test_vrt_with_the_name_of_a_view_survives_a_move(tmp_path, pair, name):
    move(tmp_path, pair, lambda path, vrt: gdal.BuildVRT(vrt, [name.format(path)]))


@pytest.mark.skipif(gdal.GetDriverByName("GTI") is None, reason="needs GDAL 3.9")
def test_tile_index_survives_a_move(tmp_path, pair):
    def make(path, index):
        code, _, errors = views.run("gdaltindex", "-q", "-f", "GPKG", index, f'EMIT:"{path}":elev')
        assert (code, errors) == (0, "")

    move(tmp_path, pair, make, "view.gti.gpkg")


@needs_subdataset_info
@pytest.mark.parametrize(
    "name, path, variable, moved",
    [
        ('EMIT:"/a/b.nc":lon', "/a/b.nc", "lon", 'EMIT:"/c d.nc":lon'),
        ("EMIT:/a/b.nc:lon", "/a/b.nc", "lon", "EMIT:/c d.nc:lon"),
        ("emit:b.nc?NODATA=-1", "b.nc", "", "emit:/c d.nc?NODATA=-1"),
        ('EMIT:"b":lon?A=b&C="b"', "b", "lon", 'EMIT:"/c d.nc":lon?A=b&C="b"'),
        (r'EMIT:"a\"b.nc"', 'a"b.nc', "", 'EMIT:"/c d.nc"'),
        ('EMIT:"C:\\a\\b.nc":lat', "C:\\a\\b.nc", "lat", 'EMIT:"/c d.nc":lat'),
        (
            'EMIT:"/vsicurl/https://h/b.nc?k=1&l=%22":lat?ORTHO=NO',
            "/vsicurl/https://h/b.nc?k=1&l=%22",
            "lat",
            'EMIT:"/c d.nc":lat?ORTHO=NO',
        ),
    ],
)
def test_parts_of_a_name(name, path, variable, moved):
    info = gdal.GetSubdatasetInfo(name)
    assert info.GetPathComponent() == path
    assert info.GetSubdatasetComponent() == variable
    assert info.ModifyPathComponent("/c d.nc") == moved


@needs_subdataset_info
def test_path_with_a_quote_is_escaped_in_a_name(tmp_path, pair):
    odd = tmp_path / 'od"d.nc'
    pair[0].rename(odd)
    name = gdal.GetSubdatasetInfo('EMIT:"x.nc":lon').ModifyPathComponent(str(odd))
    assert views.open_name(name).RasterCount == 1


@needs_subdataset_info
@pytest.mark.parametrize("name", ["/a/EMIT_b.nc", 'EMIT:"unclosed', "EMIT:", 'EMIT:"a":b?c'])
def test_other_names_have_no_parts_of_this_driver(name):
    with views.Messages() as messages:
        assert gdal.GetSubdatasetInfo(name) is None
    assert messages == []
