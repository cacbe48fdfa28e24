# SPDX-License-Identifier: MIT
"""NODATA: the value of empty cells and masked pixels, and the band's nodata value."""
import granules
import numpy as np
import pytest
import reference
import views
from osgeo import gdal

MASKS = {"QUALITY_FLAGS": "0,4", "BAND_MASK": "YES"}


@pytest.fixture(scope="module")
def holed(tmp_path_factory):
    """A pair whose first lines were screened by the producer: -9999 in all bands."""
    data = granules.values(9, 12, 10)
    data[:3, 4:] = -9999
    return granules.pair(
        tmp_path_factory.mktemp("holed"), lines=9, samples=12, bands=10, data=data
    )


def expected(holed, value, ortho="GLT"):
    return reference.view(
        holed[0],
        mask=holed[1],
        quality_flags="0,4",
        band_mask_file=holed[1],
        nodata=value,
        ortho=ortho,
    )


@pytest.mark.parametrize("ortho", ["GLT", "NO"])
@pytest.mark.parametrize(
    "text, value",
    [("-9999", -9999), ("NAN", np.nan), ("nan", np.nan), ("0", 0), ("-1.5", -1.5), ("1e6", 1e6)],
)
def test_masked_and_empty_cells_hold_the_value(holed, text, value, ortho):
    seen = views.read(holed[0], NODATA=text, ORTHO=ortho, **MASKS)
    views.assert_same(seen, expected(holed, value, ortho))


def test_band_reports_the_value(scene):
    for text, value in (("-9999", -9999), ("0", 0), ("-1.5", -1.5)):
        dataset = views.open_view(scene[0], NODATA=text)
        assert [dataset.GetRasterBand(n + 1).GetNoDataValue() for n in range(13)] == [value] * 13
    assert np.isnan(views.open_view(scene[0], NODATA="NAN").GetRasterBand(2).GetNoDataValue())
    assert views.open_view(scene[0]).GetRasterBand(1).GetNoDataValue() == -9999


def test_value_that_a_float_cannot_hold_still_matches_what_the_band_reports(holed):
    dataset = views.open_view(holed[0], NODATA="0.1", **MASKS)
    empty = views.pixels(dataset)[0, 0, 0]
    assert np.float32(dataset.GetRasterBand(1).GetNoDataValue()) == empty == np.float32(0.1)
    mask = dataset.GetRasterBand(1).GetMaskBand().ReadAsArray()
    assert np.array_equal(mask == 0, expected(holed, 0.1)[0] == np.float32(0.1))


@pytest.mark.parametrize("text", ["-9999", "NAN", "-1.5"])
def test_mask_band_is_derived_from_nodata(holed, text):
    dataset = views.open_view(holed[0], NODATA=text, **MASKS)
    cells = expected(holed, float(text))
    for number in (1, 10):
        band = dataset.GetRasterBand(number)
        assert band.GetMaskFlags() == gdal.GMF_NODATA
        hidden = np.isnan(cells[number - 1]) if text == "NAN" else cells[number - 1] == float(text)
        assert np.array_equal(band.GetMaskBand().ReadAsArray(), np.where(hidden, 0, 255))


@pytest.mark.parametrize("fill", [np.nan, 1e20, 0.5])
@pytest.mark.parametrize("text", ["-9999", "NAN", "-1.5"])
def test_the_mission_s_value_is_nodata_beside_another_fill_value(tmp_path, fill, text):
    """xarray gives arrays that hold -9999 a _FillValue of NaN."""
    data = granules.values(9, 7, 4)
    data[2, 3], data[4, 1, 2] = -9999, fill
    path = granules.write(tmp_path, lines=9, samples=7, bands=4, data=data)
    target = tmp_path / "emit_numpy.nc"
    granules.restore(path, target, {"/reflectance": (data, {"_FillValue": np.float32(fill)})})
    expected = np.moveaxis(data, 2, 0).copy()
    expected[:, 2, 3] = expected[2, 4, 1] = np.float32(text)
    views.assert_same(views.read(target, NODATA=text, ORTHO="NO"), expected)


def test_double_variables_take_the_value_too(scene):
    for text, value in (("NAN", np.nan), ("-1.5", -1.5)):
        seen = views.read(scene[0], "elev", NODATA=text)
        views.assert_same(seen, reference.view(scene[0], "elev", nodata=value))


def test_integer_layers_keep_their_own_nodata(tmp_path):
    path = granules.write(tmp_path, "MIN", lines=8, samples=11)
    dataset = views.open_view(path, "group_1_mineral_id", NODATA="NAN")
    assert dataset.GetRasterBand(1).GetNoDataValue() == -9999
    views.assert_same(views.pixels(dataset), reference.view(path, "group_1_mineral_id"))


@pytest.mark.parametrize("text", ["abc", "12abc", "1,5", "--1", "9999 9999"])
def test_value_that_is_not_a_number_is_an_error(scene, text):
    message = views.refusal(scene[0], NODATA=text)
    assert "NODATA" in message and text in message and scene[0].name in message


def test_gdals_msk_file_next_to_the_granule_is_ignored(tmp_path):
    """It does not belong to a set of options, and GDAL would search for it on first use."""
    path = granules.write(tmp_path, lines=9, samples=8, bands=2)
    whole = views.read(path)
    stray = views.in_memory(np.zeros(whole.shape[1:], "u1"))
    gdal.GetDriverByName("GTiff").CreateCopy(f"{path}.msk", stray)
    band = views.open_view(path).GetRasterBand(2)
    assert band.GetMaskFlags() == gdal.GMF_NODATA
    expected = np.where(whole[1] == -9999, 0, 255).astype("u1")
    views.assert_same(band.GetMaskBand().ReadAsArray(), expected)
