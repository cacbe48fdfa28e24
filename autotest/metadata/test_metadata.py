# SPDX-License-Identifier: MIT
"""Metadata of datasets and bands."""
import json

import granules
import h5py
import netCDF4
import numpy as np
import pytest
import reference
import views
from osgeo import gdal

WAVELENGTHS = [460.3, 381.00558, 552.1, 641.7, 650.206, 1380.5, 2492.9238]
GOOD = [1, 1, 1, 1, 1, 0, 1]


@pytest.fixture(scope="module")
def spectral(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spectral")
    return granules.pair(
        folder, bands=7, wavelength=WAVELENGTHS, fwhm=[8.5 + b / 8 for b in range(7)], good=GOOD
    )


def bands_of(dataset):
    return [dataset.GetRasterBand(number + 1) for number in range(dataset.RasterCount)]


def test_bands_are_described_by_their_wavelength(spectral):
    seen = [band.GetDescription() for band in bands_of(views.open_view(spectral[0]))]
    assert seen == [f"{value:.2f} nm" for value in np.float32(WAVELENGTHS)]
    assert seen[4] == "650.21 nm"


def test_bands_of_a_mask_are_described_by_their_labels(scene):
    seen = [band.GetDescription() for band in bands_of(views.open_view(scene[1]))]
    assert seen == granules.MASK_LABELS["001"]


@pytest.mark.parametrize("product, labels", [("OBS", "observation_bands"), ("MASK", "mask_bands")])
@pytest.mark.parametrize("cut", [slice(4, 7), slice(5, None), 3], ids=str)
def test_bands_that_were_cut_out_without_their_labels_have_none(tmp_path, product, labels, cut):
    """As xarray cuts a root group: the first labels are those of other bands. Cut likewise, they fit."""
    path = granules.write(tmp_path, product, lines=6, samples=5)
    variable = granules.VARIABLE[product][0]
    with h5py.File(path, "a") as file:
        values = file[variable][:][:, :, cut]
        names = [name.decode() for name in file[f"sensor_band_parameters/{labels}"][:]]
        del file[variable]
        file[variable] = values
    dataset = views.open_view(path, ORTHO="NO")
    bands = [dataset.GetRasterBand(number + 1) for number in range(dataset.RasterCount)]
    views.assert_same(views.pixels(dataset), np.moveaxis(values.reshape(6, 5, -1), 2, 0))
    assert not {band.GetDescription() for band in bands} & set(names)
    kept = np.atleast_1d(np.array(names, object)[cut])
    with h5py.File(path, "a") as file:
        del file[f"sensor_band_parameters/{labels}"]
        file[f"sensor_band_parameters/{labels}"] = kept.astype("S99")
    dataset = views.open_view(path, ORTHO="NO")
    seen = [dataset.GetRasterBand(number + 1).GetDescription() for number in range(dataset.RasterCount)]
    assert seen == kept.tolist()


def test_bands_carry_wavelength_width_and_quality(spectral):
    for number, band in enumerate(bands_of(views.open_view(spectral[0]))):
        items = band.GetMetadata()
        assert float(items["wavelength"]) == pytest.approx(WAVELENGTHS[number], abs=1e-3)
        assert items["wavelength_units"] == "Nanometers"
        assert float(items["fwhm"]) == pytest.approx(8.5 + number / 8, abs=1e-3)
        assert items["bbl"] == str(GOOD[number])
        assert items["EMIT_BAND"] == str(number)


def test_bands_carry_micrometres_in_the_imagery_domain(spectral):
    for number, band in enumerate(bands_of(views.open_view(spectral[0]))):
        items = band.GetMetadata("IMAGERY")
        centre, width = float(items["CENTRAL_WAVELENGTH_UM"]), float(items["FWHM_UM"])
        assert centre == pytest.approx(WAVELENGTHS[number] / 1000, abs=1e-6)
        assert width == pytest.approx((8.5 + number / 8) / 1000, abs=1e-6)
        assert "IMAGERY" in band.GetMetadataDomainList()


@pytest.mark.parametrize("units", ["um", "nm", None])
def test_wavelengths_in_micrometres_are_shown_in_nanometres(tmp_path, units):
    """Users divide by 1000, and units get lost or stay; one of the two arrays may be left in nm."""
    for names in (("wavelengths",), ("wavelengths", "fwhm")):
        path = granules.write(tmp_path, lines=6, samples=4, bands=7)
        with h5py.File(path, "a") as file:
            for name in names:
                length = file["sensor_band_parameters/" + name]
                length[...] = length[:] / np.float32(1000)
                del length.attrs["units"]
                if units:
                    length.attrs["units"] = units
        dataset = views.open_view(path, WAVELENGTHS="1437")
        band = dataset.GetRasterBand(1)
        assert band.GetDescription() == "1436.96 nm"
        assert float(band.GetMetadataItem("wavelength")) == pytest.approx(1436.965, abs=1e-3)
        assert float(band.GetMetadataItem("fwhm")) == pytest.approx(8.5, abs=1e-5)
        centre = float(band.GetMetadataItem("CENTRAL_WAVELENGTH_UM", "IMAGERY"))
        assert centre == pytest.approx(1.436965, abs=1e-6)


def test_nearest_bands_to_640_550_and_460_nm_are_red_green_and_blue(spectral):
    colours = [band.GetColorInterpretation() for band in bands_of(views.open_view(spectral[0]))]
    assert colours[3] == gdal.GCI_RedBand
    assert colours[2] == gdal.GCI_GreenBand
    assert colours[0] == gdal.GCI_BlueBand
    primary = {gdal.GCI_RedBand, gdal.GCI_GreenBand, gdal.GCI_BlueBand}
    assert not primary & set(np.array(colours)[[1, 4, 5, 6]])


def test_mask_has_no_true_colour(scene):
    colours = {band.GetColorInterpretation() for band in bands_of(views.open_view(scene[1]))}
    assert not colours & {gdal.GCI_RedBand, gdal.GCI_GreenBand, gdal.GCI_BlueBand}


def test_type_is_float_and_interleave_is_pixel(scene):
    dataset = views.open_view(scene[0])
    assert {band.DataType for band in bands_of(dataset)} == {gdal.GDT_Float32}
    assert dataset.GetMetadataItem("INTERLEAVE", "IMAGE_STRUCTURE") == "PIXEL"


def test_units_are_those_of_the_file(tmp_path):
    path = granules.write(tmp_path, "RAD")
    assert {b.GetUnitType() for b in bands_of(views.open_view(path))} == {"uW/cm^2/SR/nm"}


def test_attributes_of_all_sizes_are_read_where_some_were_replaced_and_removed(tmp_path):
    """Many attributes and variables lie in heaps, whose blocks have holes where some were taken out."""
    path = granules.write(tmp_path)
    texts = {f"extra_{i:03}": chr(97 + i % 26) * (1 + i * i * 37 % 5000) for i in range(200)}
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.setncatts(texts)
        for i in range(70):
            dataset.createVariable(f"more_{i}", "i4", ())
        for i in range(0, 200, 7):
            texts[f"extra_{i:03}"] = "again" * (1 + i * 11 % 900)
            dataset.setncattr(f"extra_{i:03}", texts[f"extra_{i:03}"])
        for i in range(3, 200, 11):
            del texts[f"extra_{i:03}"]
            dataset.delncattr(f"extra_{i:03}")
    shown = views.open_view(path).GetMetadata()
    assert {name: text for name, text in shown.items() if name.startswith("extra_")} == texts
    views.assert_same(views.read(path), reference.view(path))


def test_attributes_of_the_granule_appear_under_their_own_names(scene):
    items = views.open_view(scene[0]).GetMetadata()
    with netCDF4.Dataset(str(scene[0])) as dataset:
        for name in dataset.ncattrs():
            value = dataset.getncattr(name)
            if isinstance(value, str) and name != "spatial_ref":
                assert items[name] == value, name
    assert items["summary"] == granules.SUMMARY
    assert float(items["northernmost_latitude"]) == reference.attribute(
        scene[0], "northernmost_latitude"
    )


@pytest.mark.parametrize(
    "kind", ["fixed ascii", "variable ascii", "fixed utf-8", "variable utf-8", "padded", "empty"]
)
def test_attribute_strings_of_every_kind_are_read(tmp_path, kind):
    import h5py

    path = granules.write(tmp_path)
    text = {"padded": "Day", "empty": ""}.get(kind, "Größe" if "utf" in kind else "plain")
    with h5py.File(path, "a") as file:
        if kind == "padded":
            stored = np.array(b"Day", "S16")
            file.attrs.create("note", stored)
        elif kind == "empty":
            file.attrs.create("note", "")
        else:
            charset = "utf-8" if "utf" in kind else "ascii"
            length = len(text.encode()) if "fixed" in kind else None
            file.attrs.create("note", text.encode(), dtype=h5py.string_dtype(charset, length))
    assert (views.open_view(path).GetMetadataItem("note") or "") == text


def test_views_without_options_list_none_as_applied(scene):
    items = views.open_view(scene[0]).GetMetadata()
    for name in ("EMIT_MASK_FILE", "EMIT_QUALITY_FLAGS", "EMIT_QUALITY_WHERE", "EMIT_BAND_MASK"):
        assert name not in items


def test_applied_options_are_in_the_metadata(scene):
    items = views.open_view(scene[0], QUALITY_FLAGS="0,cirrus", BAND_MASK="YES").GetMetadata()
    assert scene[1].name in items["EMIT_MASK_FILE"]
    assert items["EMIT_BAND_MASK"] == "YES"
    words = [reference.plain(word) for word in items["EMIT_QUALITY_FLAGS"].split(",")]
    assert words == ["cloud", "cirrus"]


def test_applied_options_are_copied_to_outputs(scene, tmp_path):
    target = tmp_path / "out.tif"
    code, _, errors = views.run(
        "gdal_translate", "-q", "-oo", "QUALITY_FLAGS=cloud", scene[0], target
    )
    assert (code, errors) == (0, "")
    written = gdal.Open(str(target))
    assert reference.plain(written.GetMetadataItem("EMIT_QUALITY_FLAGS")) == "cloud"
    assert scene[1].name in written.GetMetadataItem("EMIT_MASK_FILE")
    assert written.GetMetadataItem("summary") == granules.SUMMARY
    assert written.GetRasterBand(2).GetMetadataItem("wavelength")
    assert written.GetRasterBand(13).GetDescription() == "2492.92 nm"


def test_file_list_names_the_granule_and_the_mask_used(scene):
    assert views.open_view(scene[0]).GetFileList() == [str(scene[0])]
    for options in ({"QUALITY_FLAGS": "cloud"}, {"BAND_MASK": "YES"}):
        assert views.open_view(scene[0], **options).GetFileList() == [str(p) for p in scene]


def test_mask_is_listed_once_when_it_masks_itself(scene):
    assert views.open_view(scene[1], QUALITY_FLAGS="cloud").GetFileList() == [str(scene[1])]


@pytest.mark.parametrize("options", [[], ["-oo", "ORTHO=NO"], ["-oo", "QUALITY_FLAGS=cloud"]])
def test_gdalinfo_json_is_valid_utf8(scene, options):
    import subprocess

    done = subprocess.run(
        ["gdalinfo", "-json", *options, str(scene[0])], capture_output=True, check=True
    )
    described = json.loads(done.stdout.decode("utf-8"))
    assert described["metadata"][""]["summary"] == granules.SUMMARY
    assert described["driverShortName"] == "EMIT"
    assert len(described["bands"]) == 13


def test_gdalinfo_of_a_broken_attribute_is_still_utf8(tmp_path):
    """A Latin-1 byte in an attribute declared as UTF-8."""
    import h5py
    import subprocess

    path = granules.write(tmp_path)
    with h5py.File(path, "a") as file:
        file.attrs.create("operator", np.array("Jürgen".encode("latin-1"), "S6"))
    done = subprocess.run(["gdalinfo", "-json", str(path)], capture_output=True, check=True)
    assert "rgen" in json.loads(done.stdout.decode("utf-8"))["metadata"][""]["operator"]


def test_variables_are_listed_in_their_own_domain(scene):
    dataset = views.open_view(scene[1])
    assert "EMIT_VARIABLES" in dataset.GetMetadataDomainList()
    text = str(dataset.GetMetadata("EMIT_VARIABLES"))
    for name in ("mask", "band_mask", "lon", "lat", "elev"):
        assert name in text
    assert "glt_x" not in text and "packed_wavelength_bands" not in text
    assert dataset.GetSubDatasets() == []
