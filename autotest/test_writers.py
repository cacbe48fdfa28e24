# SPDX-License-Identifier: MIT
"""Files that gdal_translate writes from granules, opened again: pixels, place and band metadata."""
import granules
import numpy as np
import pytest
import reference
import views
from osgeo import gdal

WAVELENGTH = [381.00558, 460.25, 552.1, 641.7, 650.20612, 1380.5, 2100.0, 2492.9238]
FWHM = [8.4 + band / 16 for band in range(8)]
GOOD = [1, 1, 1, 1, 1, 0, 1, 1]
CHOSEN = "2100,552,1380.5"  # bands 6, 2 and 5
MASKED = ["-oo", "QUALITY_FLAGS=0,cirrus", "-oo", "BAND_MASK=YES"]


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """Reflectance and mask: 13 lines x 10 samples x 8 bands."""
    folder = tmp_path_factory.mktemp("writers")
    spectral = {"wavelength": WAVELENGTH, "fwhm": FWHM, "good": GOOD}
    return granules.pair(folder, lines=13, samples=10, bands=8, **spectral)


def expected(scene, **choice):
    path, mask = scene
    return reference.view(
        path, mask=mask, quality_flags="0,1", band_mask_file=mask, **choice
    )


def translate(target, path, *words):
    """gdal_translate without a word of warning; "target"."""
    assert views.run("gdal_translate", "-q", *words, path, target) == (0, "", "")
    return target


def bands_of(dataset):
    return [dataset.GetRasterBand(number + 1) for number in range(dataset.RasterCount)]


def assert_placed_like(written, path):
    assert np.allclose(written.GetGeoTransform(), reference.geotransform(path), rtol=1e-12, atol=0)
    assert written.GetSpatialRef().IsSame(views.open_view(path).GetSpatialRef())
    assert {band.GetNoDataValue() for band in bands_of(written)} == {-9999}


def assert_bands_are_described(written, numbers):
    """Descriptions and items that programs look for; "numbers" are those of the granule's bands."""
    for band, number in zip(bands_of(written), numbers):
        assert band.GetDescription() == f"{np.float32(WAVELENGTH[number]):.2f} nm"
        items = band.GetMetadata()
        assert np.float32(items["wavelength"]) == np.float32(WAVELENGTH[number])
        assert items["wavelength_units"] == "Nanometers"
        assert np.float32(items["fwhm"]) == np.float32(FWHM[number])
        assert (items["bbl"], items["EMIT_BAND"]) == (str(GOOD[number]), str(number))


@pytest.mark.interoperability("gdal_translate", "GeoTIFF: masked pixels, place, band metadata")
def test_geotiff(scene, tmp_path):
    written = gdal.Open(str(translate(tmp_path / "out.tif", scene[0], *MASKED)))
    views.assert_same(views.pixels(written), expected(scene))
    assert_placed_like(written, scene[0])
    assert_bands_are_described(written, range(8))
    assert written.GetMetadataItem("EMIT_BAND_MASK") == "YES"
