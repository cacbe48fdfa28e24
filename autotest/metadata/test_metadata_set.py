# SPDX-License-Identifier: MIT
"""Metadata that users set is stored next to the granule; the driver's own is not."""
import granules
import pytest
import views


@pytest.fixture
def path(tmp_path):
    return granules.write(tmp_path, lines=8, samples=6, bands=5)


def objects(path):
    """A dataset, and one of its bands."""
    dataset = views.open_view(path)
    return {"dataset": dataset, "band": dataset.GetRasterBand(3)}


def sidecar(path):
    aux = path.with_name(path.name + ".aux.xml")
    return aux.read_text() if aux.exists() else ""


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
    assert "SEEN_BY" in sidecar(path) and own not in sidecar(path)


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
    assert "flight_line" not in sidecar(path) and "wavelength" not in sidecar(path)


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
