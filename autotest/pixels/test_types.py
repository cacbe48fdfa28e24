# SPDX-License-Identifier: MIT
"""Swath variables of every number type, in types that GDAL has for them."""
import granules
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
def test_wide_spacings_and_conversions_meet(tmp_path, kind):
    """Pixels further apart than GDAL's word copier can count go one by one."""
    path = with_variable(tmp_path, kind)
    whole = reference.view(path, "extra", ortho="NO")[0]
    dataset = views.open_view(path, "extra", ORTHO="NO")
    for target in (np.float32, np.float64):
        seen = dataset.ReadAsArray(buf_type=views.gdal_array.NumericTypeCodeToGDALTypeCode(target))
        views.assert_same(seen, whole.astype(target))
