# SPDX-License-Identifier: MIT
"""What users set is stored next to the granule and shown, or refused; the driver's own is not stored."""
import granules
import netCDF4
import numpy as np
import pytest
import views
from osgeo import gdal, osr


@pytest.fixture
def path(tmp_path):
    return granules.write(tmp_path, lines=8, samples=6, bands=5)


def objects(path):
    """A dataset, and one of its bands."""
    dataset = views.open_view(path)
    return {"dataset": dataset, "band": dataset.GetRasterBand(3)}


@pytest.mark.parametrize("whose, own", [("dataset", "flight_line"), ("band", "wavelength")])
def test_items_of_the_user_join_the_drivers(path, whose, own):
    before = objects(path)[whose].GetMetadata()
    assert own in before
    changed = objects(path)[whose]
    changed.SetMetadata({**before, "SEEN_BY": "me"})
    assert changed.GetMetadata() == {**before, "SEEN_BY": "me"}
    assert changed.GetMetadataItem("SEEN_BY") == "me"
    del changed
    assert objects(path)[whose].GetMetadata() == {**before, "SEEN_BY": "me"}
    assert "SEEN_BY" in views.sidecar(path) and own not in views.sidecar(path)


@pytest.mark.parametrize("whose, own", [("dataset", "flight_line"), ("band", "wavelength")])
def test_an_item_of_the_driver_can_be_changed(path, whose, own):
    before = objects(path)[whose].GetMetadata()
    changed = objects(path)[whose]
    changed.SetMetadata({**before, own: "otherwise"})
    del changed
    again = objects(path)[whose]
    assert again.GetMetadata() == {**before, own: "otherwise"}
    assert again.GetMetadataItem(own) == "otherwise"


@pytest.mark.parametrize("whose", ["dataset", "band"])
def test_items_without_a_key_are_kept(path, whose):
    changed = objects(path)[whose]
    changed.SetMetadata(["plain words", "KEY=value"])
    assert "plain words" in changed.GetMetadata_List()
    assert changed.GetMetadataItem("KEY") == "value"


@pytest.mark.parametrize("whose", ["dataset", "band"])
def test_other_domains_are_the_users_alone(path, whose):
    changed = objects(path)[whose]
    changed.SetMetadata({"A": "1"}, "MINE")
    del changed
    again = objects(path)[whose]
    assert again.GetMetadata("MINE") == {"A": "1"}
    assert "MINE" in again.GetMetadataDomainList()


def test_setting_unchanged_metadata_writes_nothing(path):
    for whose in ("dataset", "band"):
        changed = objects(path)[whose]
        changed.SetMetadata(changed.GetMetadata())
        del changed
    assert "flight_line" not in views.sidecar(path) and "wavelength" not in views.sidecar(path)


# ---- Properties other than metadata --------------------------------------------------------------


@pytest.mark.parametrize("ortho", ["GLT", "NO"])
def test_unit_and_place_of_the_user_are_shown_and_stored(path, ortho):
    """They were stored, and the driver's own shown."""
    place, zone = [500000.0, 60.0, 0.0, 3500000.0, 0.0, -60.0], osr.SpatialReference()
    zone.ImportFromEPSG(32629)
    changed = views.open_view(path, ORTHO=ortho)
    changed.SetGeoTransform(place)
    changed.SetSpatialRef(zone)
    changed.GetRasterBand(3).SetUnitType("percent")
    for _ in range(2):
        assert list(changed.GetGeoTransform()) == place
        assert changed.GetSpatialRef().GetAuthorityCode(None) == "32629"
        assert changed.GetRasterBand(3).GetUnitType() == "percent"
        assert changed.GetRasterBand(4).GetUnitType() == "unitless"
        del changed
        changed = views.open_view(path, ORTHO=ortho)
    other = views.open_view(path, ORTHO="NO" if ortho == "GLT" else "GLT")
    assert list(other.GetGeoTransform()) != place


def set_integer(band, value):
    band.SetNoDataValueAsInt64(value)


def delete(band, _):
    band.DeleteNoDataValue()


@pytest.mark.parametrize("change", [gdal.Band.SetNoDataValue, set_integer, delete])
@pytest.mark.parametrize(
    "variable, own, options",
    [("reflectance", -9999, {}), ("reflectance", np.nan, {"NODATA": "NAN"}), ("extra", 7, {})],
)
def test_another_nodata_value_is_refused(tmp_path, change, variable, own, options):
    """It was accepted without effect: cells of that value stayed valid."""
    path = granules.write(tmp_path, lines=8, samples=6, bands=5)
    values = np.arange(48, dtype="i8").reshape(8, 6)
    with netCDF4.Dataset(str(path), "a") as granule:
        extra = granule.createVariable("extra", "i8", ("downtrack", "crosstrack"), fill_value=7)
        extra[:] = values
    dataset = views.open_view(path, variable, **options)
    band = dataset.GetRasterBand(1)
    before = band.GetMaskBand().ReadAsArray()
    with pytest.raises(RuntimeError, match=f"{path.name}.*NODATA"):
        change(band, 11)
    np.testing.assert_equal(float(band.GetNoDataValue()), float(own))
    assert (band.GetMaskBand().ReadAsArray() == before).all()
    del band, dataset
    assert views.sidecar(path) == ""


def test_the_nodata_value_may_be_set_to_what_it_is(path):
    for options, own in [({}, -9999), ({"NODATA": "NAN"}, np.nan), ({"NODATA": "0"}, 0)]:
        assert views.open_view(path, **options).GetRasterBand(2).SetNoDataValue(own) == 0


def test_a_mask_band_cannot_be_created(path):
    """GDAL wrote a .msk file that no view reads."""
    for whose in objects(path).values():
        with pytest.raises(RuntimeError, match=f"{path.name}.*QUALITY_FLAGS"):
            whose.CreateMaskBand(gdal.GMF_PER_DATASET)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_no_names_that_forget_open_options_are_listed(path):
    """GDAL lists DERIVED_SUBDATASET:LOGAMPLITUDE:<path>, which opens the granule unmasked."""
    dataset = objects(path)["dataset"]
    assert "DERIVED_SUBDATASETS" not in dataset.GetMetadataDomainList()
    assert {"", "IMAGERY", "ENVI"} <= set(dataset.GetMetadataDomainList())
    assert not dataset.GetMetadata("DERIVED_SUBDATASETS")


# ---- Values of the driver's items ----------------------------------------------------------------


@pytest.mark.parametrize(
    "time, stamp",
    [
        ("2022-09-03T16:31:29+0000", "2022-09-03 16:31:29"),
        ("2022-09-03T16:31:29Z", "2022-09-03 16:31:29"),
        ("2022-09-03T16:31:29", "2022-09-03 16:31:29"),
        ("2022-09-03T16:31:29+0200", None),
        ("3 September 2022", None),
        ("", None),
    ],
)
def test_only_a_time_in_utc_becomes_the_acquisition_time(tmp_path, time, stamp):
    path = granules.write(tmp_path, attributes={"time_coverage_start": time})
    assert views.open_view(path).GetMetadata("IMAGERY").get("ACQUISITIONDATETIME") == stamp


def test_a_nan_wavelength_is_left_out(tmp_path):
    """And with it ENVI's list, which has one number for each band or none."""
    wavelengths = [450, float("nan"), 640, float("inf")]
    path = granules.write(tmp_path, bands=4, wavelength=wavelengths, good=[1, 1, 0, 1])
    dataset = views.open_view(path)
    listed = [dataset.GetRasterBand(i).GetMetadataItem("wavelength") for i in range(1, 5)]
    assert listed == ["450", None, "640", "inf"]
    assert "wavelength" not in dataset.GetMetadata("ENVI")
