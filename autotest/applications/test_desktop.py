# SPDX-License-Identifier: MIT
"""GMT, SAGA, Octave, Orfeo ToolBox and Mapnik take the masked granule from a VRT."""
import subprocess
import sys

import applications
import netCDF4
import numpy as np
import pytest
import views
from osgeo import gdal


def run_recipe(heading, program, folder, language="shell", command=("bash", "-euc")):
    applications.need(program)
    return applications.run(*command, applications.recipe(heading, language), cwd=folder)


def pixels_of(path):
    return views.pixels(gdal.Open(str(path)))


@pytest.mark.interoperability("GMT", "grdconvert, grdmath: masked cells as NaN; grdimage")
def test_gmt(vrt, sample, record_property):
    run_recipe("GMT", "gmt", vrt.parent)
    record_property("version", applications.debian_version("gmt"))
    red, near = sample.masked[35], sample.masked[64]
    with netCDF4.Dataset(str(vrt.parent / "red.nc")) as grid:
        views.assert_same(grid["z"][:].filled(-9999)[::-1], red)
    with netCDF4.Dataset(str(vrt.parent / "ndvi.nc")) as grid:
        seen = np.ma.filled(grid["z"][:], np.nan)[::-1]
    clear = (red != -9999) & (near != -9999)
    assert np.array_equal(np.isfinite(seen), clear)
    ratio = (near[clear] - red[clear]) / (near[clear] + red[clear])
    np.testing.assert_allclose(seen[clear], ratio, rtol=1e-4, atol=1e-6)
    assert gdal.Open(str(vrt.parent / "red.png")).RasterXSize > 100


@pytest.mark.interoperability("SAGA", "Import Raster of a VRT: masked cells as its nodata")
def test_saga(vrt, sample, record_property):
    run_recipe("SAGA", "saga_cmd", vrt.parent)
    record_property("version", applications.debian_version("saga"))
    grid = gdal.Open(str(vrt.parent / "red.sdat"))
    assert grid.GetRasterBand(1).GetNoDataValue() == -9999
    views.assert_same(views.pixels(grid), sample.masked[[35]])


OCTAVE = """
ratio(isnan(ratio)) = -9999;
file = fopen("ratio.bin", "wb"); fwrite(file, ratio', "single"); fclose(file);
file = fopen("plain.bin", "wb"); fwrite(file, plain(10).data', "single"); fclose(file);
"""


@pytest.mark.interoperability("Octave mapping", "rasterread of a granule, and of a VRT for its masks")
def test_octave(vrt, sample, record_property):
    octave = applications.need("octave-cli")
    there = [octave, "--eval", "pkg load mapping"]
    if subprocess.run(there, capture_output=True, check=False).returncode != 0:
        pytest.skip("Octave's package mapping is not installed")
    record_property("version", applications.debian_version("octave-mapping"))
    script = vrt.parent / "recipe.m"
    script.write_text(applications.recipe("Octave", "text") + OCTAVE, encoding="utf-8")
    applications.run(octave, script, cwd=vrt.parent)
    near, red = sample.masked[64], sample.masked[35]
    clear = (red != -9999) & (near != -9999)
    seen = applications.floats(vrt.parent / "ratio.bin", red.shape)[::-1]  # south first
    assert np.array_equal(seen != -9999, clear)
    np.testing.assert_allclose(seen[clear], near[clear] / red[clear], rtol=1e-6)
    plain = sample.plain[9]
    views.assert_same(applications.floats(vrt.parent / "plain.bin", plain.shape)[::-1], plain)


@pytest.mark.interoperability("Orfeo ToolBox", "ExtractROI, BandMath, ManageNoData of a VRT")
def test_orfeo(vrt, sample, record_property):
    run_recipe("Orfeo ToolBox", "otbcli_ExtractROI", vrt.parent)
    record_property("version", applications.debian_version("otb-bin"))
    red, near = sample.masked[35], sample.masked[64]
    views.assert_same(pixels_of(vrt.parent / "red.tif")[0], red)
    clear = (red != -9999) & (near != -9999)
    seen = pixels_of(vrt.parent / "ratio.tif")[0]
    assert np.array_equal(seen != -9999, clear)
    np.testing.assert_allclose(seen[clear], near[clear] / red[clear], rtol=1e-6)
    assert np.array_equal(pixels_of(vrt.parent / "clear.tif")[0] != 0, red != -9999)


def test_orfeo_cuts_names_at_the_question_mark(vrt, sample):
    """The page warns of this. If the test fails, Orfeo ToolBox has improved: update the page."""
    extract = applications.need("otbcli_ExtractROI")
    name = f'EMIT:"{vrt.parent / sample.path.name}":reflectance?QUALITY_FLAGS=cloud,cirrus'
    words = ["-in", name, "-cl", "Channel36", "-out", "cut.tif", "float"]
    applications.run(extract, *words, cwd=vrt.parent)
    views.assert_same(pixels_of(vrt.parent / "cut.tif")[0], sample.plain[35])


@pytest.mark.interoperability("Mapnik", "a picture of a band, masked cells transparent")
def test_mapnik(vrt, sample, record_property):
    asked = [sys.executable, "-c", "import mapnik; print(mapnik.mapnik_version_string())"]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        pytest.skip("Mapnik is not installed")
    record_property("version", answer.stdout.strip())
    applications.run(sys.executable, "-c", applications.recipe("Mapnik", "python"), cwd=vrt.parent)
    red = sample.masked[35]
    picture = pixels_of(vrt.parent / "mapnik.png")
    shown = red != -9999
    assert np.array_equal(picture[3] != 0, shown)
    expected = np.clip(red[shown] / 0.35, 0, 1) * 255
    for plane in picture[:3]:
        assert np.abs(plane[shown] - expected).max() <= 1.01
