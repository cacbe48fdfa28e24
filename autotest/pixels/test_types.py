# SPDX-License-Identifier: MIT
"""Swath variables of every number type, in types that GDAL has for them."""
import granules
import h5py
import netCDF4
import numpy as np
import pytest
import reference
import views
from osgeo import gdal

LINES, SAMPLES = 13, 9
FILL = {"u1": 200, "u2": 65000, "u4": 4_000_000_000, "u8": 2**53, "i8": -(2**53)}
TYPES = ["u1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"]
HAS_INT8 = int(gdal.VersionInfo()) >= 3070000


def with_variable(folder, kind, bands=None):
    """A granule with a root variable "extra" of a type, its values over the whole range of it."""
    path = granules.write(folder, lines=LINES, samples=SAMPLES, bands=4)
    dimensions, shape = ("downtrack", "crosstrack"), (LINES, SAMPLES)
    if bands:
        dimensions, shape = (*dimensions, "bands"), (*shape, bands)
    random = np.random.default_rng(5)
    if kind[0] == "f":
        values = random.normal(size=shape) * 1e30
    else:
        limits = np.iinfo(kind)
        values = random.integers(limits.min, limits.max, shape, kind, endpoint=True)
    with netCDF4.Dataset(str(path), "a") as dataset:
        stored = dataset.createVariable("extra", kind, dimensions, fill_value=FILL.get(kind, -99))
        stored.set_auto_maskandscale(False)
        stored[:] = values
        stored[3, 4] = FILL.get(kind, -99)
    return path


@pytest.mark.parametrize("bands", [None, 4])
@pytest.mark.parametrize("kind", TYPES)
def test_values_of_every_type_are_read_as_they_are(tmp_path, kind, bands):
    path = with_variable(tmp_path, kind, bands)
    for ortho in ("GLT", "NO"):
        seen = views.read(path, "extra", ORTHO=ortho)
        views.assert_same(seen, reference.view(path, "extra", ortho=ortho))


@pytest.mark.parametrize("kind", TYPES)
def test_the_band_reports_the_types_own_nodata(tmp_path, kind):
    band = views.open_view(with_variable(tmp_path, kind), "extra").GetRasterBand(1)
    expected = -9999 if kind[0] == "f" else FILL.get(kind, -99)
    assert band.GetNoDataValue() == expected
    empty = band.ReadAsArray() == expected
    assert empty.any() and (band.GetMaskBand().ReadAsArray() == np.where(empty, 0, 255)).all()


def test_signed_bytes_are_read_or_refused_but_never_taken_for_unsigned(tmp_path):
    path = with_variable(tmp_path, "i1")
    if HAS_INT8:
        views.assert_same(views.read(path, "extra"), reference.view(path, "extra"))
    else:
        message = views.refusal(views.name_of(path, "extra"))
        assert "extra" in message and "signed bytes" in message


@pytest.mark.parametrize("kind", ["i2", "f8"])
def test_wide_spacings_with_conversion(tmp_path, kind):
    """Pixels further apart than GDAL's word copier can count go one by one."""
    path = with_variable(tmp_path, kind)
    whole = reference.view(path, "extra", ortho="NO")[0]
    dataset = views.open_view(path, "extra", ORTHO="NO")
    for target in (np.float32, np.float64):
        seen = dataset.ReadAsArray(buf_type=views.gdal_array.NumericTypeCodeToGDALTypeCode(target))
        views.assert_same(seen, whole.astype(target))


# ---- Nodata of 64 bits -----------------------------------------------------------------------------

# netCDF's own fill values among them; as doubles they equal their neighbours, or are out of range.
WIDE = {
    "i8": [-(2**63) + 2, 2**63 - 1, -(2**53) - 1],
    "u8": [2**64 - 2, 2**64 - 1, 2**63 + 1],
}


def with_wide(folder, kind, fill, lines=LINES, samples=SAMPLES):
    """A granule with a variable "wide" that holds the fill value once, and its neighbours."""
    path = granules.write(folder, lines=lines, samples=samples, bands=2)
    values = np.arange(lines * samples, dtype=kind).reshape(lines, samples)
    limits = np.iinfo(kind)
    near = [fill - 1, fill, fill + 1]
    for sample, number in enumerate(near, 2):
        values[4, sample] = min(max(number, limits.min), limits.max)
    with netCDF4.Dataset(str(path), "a") as dataset:
        dimensions = ("downtrack", "crosstrack")
        stored = dataset.createVariable("wide", kind, dimensions, fill_value=fill)
        stored.set_auto_maskandscale(False)
        stored[:] = values
    return path


@pytest.mark.parametrize("kind, fill", [(kind, fill) for kind in WIDE for fill in WIDE[kind]])
def test_nodata_of_64_bits_is_exact(tmp_path, kind, fill):
    path = with_wide(tmp_path, kind, fill)
    expected = reference.view(path, "wide")
    dataset = views.open_view(path, "wide")
    band = dataset.GetRasterBand(1)
    views.assert_same(views.pixels(dataset), expected)
    assert band.GetNoDataValue() == fill
    valid = expected[0] != np.array(fill, kind)
    assert np.array_equal(band.GetMaskBand().ReadAsArray() == 255, valid) and not valid.all()
    for kind_of_copy in ("GTiff", "VRT"):
        name = str(tmp_path / f"copy.{kind_of_copy}")
        gdal.Translate(name, dataset, format=kind_of_copy)
        copy = gdal.Open(name)
        assert copy.GetRasterBand(1).GetNoDataValue() == fill
        views.assert_same(views.pixels(copy), expected)


@pytest.mark.parametrize("kind, empty", [("i8", -9999), ("u8", 2**64 - 1)])
def test_empty_cells_of_64_bits_are_nodata_without_a_fill_value(tmp_path, kind, empty):
    path = granules.write(tmp_path, lines=LINES, samples=SAMPLES, bands=2)
    values = np.arange(LINES * SAMPLES, dtype=kind).reshape(LINES, SAMPLES) + np.array(2**60, kind)
    with netCDF4.Dataset(str(path), "a") as dataset:
        stored = dataset.createVariable("wide", kind, ("downtrack", "crosstrack"), fill_value=False)
        stored[:] = values
    band = views.open_view(path, "wide").GetRasterBand(1)
    filled, line, sample = reference.glt_cells(path)
    assert band.GetNoDataValue() == empty
    assert (band.ReadAsArray()[~filled] == np.array(empty, kind)).all()
    assert np.array_equal(band.GetMaskBand().ReadAsArray() == 255, filled)
    assert np.array_equal(band.ReadAsArray()[filled], values[line[filled], sample[filled]])


@pytest.mark.parametrize("kind", WIDE)
def test_masked_pixels_and_overviews_of_64_bits_are_nodata(tmp_path, kind):
    fill = WIDE[kind][0]
    path = with_wide(tmp_path, kind, fill, 640, 560)
    mask = granules.write(tmp_path, "MASK", lines=640, samples=560)
    expected = reference.view(path, "wide", mask=mask, quality_flags="cloud")[0]
    dataset = views.open_view(path, "wide", QUALITY_FLAGS="cloud")
    full = dataset.GetRasterBand(1)
    assert np.array_equal(full.GetMaskBand().ReadAsArray() == 255, expected != np.array(fill, kind))
    overview = full.GetOverview(0)
    assert overview.GetNoDataValue() == fill
    nodata = overview.ReadAsArray() == np.array(fill, kind)
    assert np.array_equal(overview.GetMaskBand().ReadAsArray() == 0, nodata) and nodata.any()
    seen = full.ReadAsArray(buf_xsize=overview.XSize, buf_ysize=overview.YSize)
    assert np.array_equal(seen == np.array(fill, kind), nodata)


def test_the_key_of_statistics_distinguishes_neighbouring_fill_values(tmp_path):
    keys = []
    for number, fill in enumerate((2**64 - 2, 2**64 - 1)):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = with_wide(folder, "u8", fill)
        views.open_view(path, "wide").GetRasterBand(1).ComputeStatistics(False)
        text = path.with_name(path.name + ".aux.xml").read_text()
        keys.append(text[text.index("NODATA=") :].split("#")[0])
    assert keys == ["NODATA=18446744073709551614", "NODATA=18446744073709551615"]


UNREAD = {"16-bit floats": "f2", "compounds": "c8", "strings": "S4"}


@pytest.mark.parametrize("kind", UNREAD)
@pytest.mark.parametrize("other", [False, True])
def test_main_variable_of_a_type_that_is_not_read_is_an_error(tmp_path, kind, other):
    """The error names variable and type; the file does not open without bands or with another variable."""
    path = granules.write(tmp_path, lines=8, samples=6, bands=3)
    with h5py.File(path, "r+") as file:
        if other:
            file["ndvi"] = file["reflectance"][:, :, 0]
            file["mask"] = file["reflectance"][:]
        del file["reflectance"]
        file["reflectance"] = np.zeros((8, 6, 3), UNREAD[kind])
    for name in (path, f'EMIT:"{path}"', f'EMIT:"{path}":reflectance'):
        message = views.refusal(name)
        assert path.name in message and "reflectance" in message and kind in message
    if other:
        seen = views.read(path, "ndvi", ORTHO="NO")
        assert np.array_equal(seen[0], granules.values(8, 6, 3)[:, :, 0])


@pytest.mark.parametrize("order", [(2, 0, 1), (1, 0, 2), (0, 2, 1)])
@pytest.mark.parametrize("other", [False, True])
def test_main_variable_with_dimensions_in_another_order_is_an_error(tmp_path, order, other):
    """As "ncpdq -a" and xarray's transpose() write it: it opened without bands and without a word."""
    path = granules.write(tmp_path, lines=8, samples=6, bands=3)
    names = [("downtrack", "crosstrack", "bands")[axis] for axis in order]
    with netCDF4.Dataset(str(path), "a") as dataset:
        dataset.renameVariable("reflectance", "cube")
        dataset.createVariable("reflectance", "f4", names)[:] = 1
    if not other:
        with h5py.File(path, "r+") as file:
            del file["cube"]
    for name in (path, f'EMIT:"{path}":reflectance'):
        message = views.refusal(name)
        assert all(word in message for word in (path.name, "reflectance", f"{names[0]} ", "ncpdq"))
    if other:
        seen = views.read(path, "cube", ORTHO="NO")
        assert np.array_equal(seen, np.moveaxis(granules.values(8, 6, 3), 2, 0))


@pytest.mark.parametrize("variable, option", [("mask", "QUALITY_FLAGS"), ("band_mask", "BAND_MASK")])
def test_mask_of_a_type_that_is_not_read_is_an_error(tmp_path, variable, option):
    path, mask = granules.pair(tmp_path, lines=8, samples=6, bands=3)
    with h5py.File(mask, "r+") as file:
        shape = file[variable].shape
        del file[variable]
        file[variable] = np.zeros(shape, "f2")
    message = views.refusal(path, **{option: "0" if variable == "mask" else "YES"})
    for word in (option, mask.name, variable, "16-bit floats"):
        assert word in message


def test_variable_of_an_unsupported_type_affects_no_other(tmp_path):
    path = granules.write(tmp_path, lines=8, samples=6, bands=3)
    expected = views.read(path)
    with h5py.File(path, "r+") as file:
        file["mask"] = np.zeros((8, 6), "f2")
        file["notes"] = "seen twice"
    views.assert_same(views.read(path), expected)
    message = views.refusal(f'EMIT:"{path}":mask')
    assert "mask" in message and "16-bit floats" in message


def test_booleans_are_numbers(tmp_path):
    """h5py writes them as enumerations: flags, good wavelengths and a user's own variable."""
    path, mask = granules.pair(tmp_path, lines=8, samples=6, bands=3)
    good = np.array([True, False, True])
    expected = reference.view(path, mask=mask, quality_flags="0,2")
    expected[1] = -9999
    with h5py.File(mask, "r+") as file:
        flags = file["mask"][:] >= 1
        del file["mask"]
        file["mask"] = flags
        for axis, name in enumerate(("downtrack", "crosstrack", "bands")):
            file["mask"].dims[axis].attach_scale(file[name])
    with h5py.File(path, "r+") as file:
        del file["sensor_band_parameters/good_wavelengths"]
        file["sensor_band_parameters/good_wavelengths"] = good
        file["clear"] = flags[:, :, 0]
    seen = views.read(path, QUALITY_FLAGS="0,2", BAD_WAVELENGTHS="NODATA")
    views.assert_same(seen, expected)
    if gdal.GetDataTypeByName("Int8") != gdal.GDT_Unknown:
        shown = views.read(path, "clear", ORTHO="NO")[0]
        assert shown.dtype == np.int8 and np.array_equal(shown, flags[:, :, 0])
