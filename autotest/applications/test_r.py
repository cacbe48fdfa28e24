# SPDX-License-Identifier: MIT
"""R: terra, sf and stars, each in one session that leaves its answers in files."""
import subprocess

import applications
import numpy as np
import pytest
import reference
import views
from osgeo import gdal
from programs import Grid, centres, to_degrees

# Layers as bare floats, row by row, NA as -9999.
SAVE = """
save <- function(values, file) {
    values[is.na(values)] <- -9999
    connection <- file(file, "wb")
    writeBin(as.vector(values), connection, size = 4)
    close(connection)
}
"""


def run_r(here, package, *pieces):
    rscript = applications.need("Rscript")
    there = [rscript, "-e", f"library({package})"]
    if subprocess.run(there, capture_output=True, check=False).returncode != 0:
        pytest.skip(f"R's package {package} is not installed")
    (here / f"{package}.R").write_text("\n".join((SAVE, *pieces)), encoding="utf-8")
    return applications.run(rscript, f"{package}.R", cwd=here)


def version_of(package):
    words = ["-e", f'cat(as.character(packageVersion("{package}")))']
    return applications.run(applications.need("Rscript"), *words)


# ---- terra ---------------------------------------------------------------------------------------

TERRA = """
name_of_fog <- paste0('EMIT:"', granule, '":reflectance?QUALITY_FLAGS=fog')
save(values(rast(granule)), "plain")
save(values(masked), "opts")
save(values(rast(name)), "name")
save(values(crop(masked, ext(masked)[c(1, 2, 3, 4)] + c(0.01, -0.01, 0.01, -0.01))), "crop")
writeLines(names(masked), "names")
writeLines(c(crs(masked, describe = TRUE)$code, as.character(as.vector(ext(masked)))), "place")
save(values(elevation), "elevation")
save(values(vrt(sources(masked), "sources.vrt")), "sources")
refusal <- tryCatch(rast(granule, drivers = "EMIT", opts = "QUALITY_FLAGS=fog"),
    warning = conditionMessage, error = conditionMessage)
writeLines(refusal, "refusal")
refusal <- tryCatch(rast(name_of_fog), warning = conditionMessage, error = conditionMessage)
writeLines(refusal, "refusal_of_name")
"""


@pytest.fixture(scope="module")
def terra(here):
    run_r(here, "terra", applications.recipe("R", "r"), TERRA)
    return here


@pytest.fixture
def terra_version(terra, record_property):
    record_property("version", version_of("terra"))


def layers(path, like):
    """terra's values(): a layer after the other, each row by row."""
    return applications.floats(path, like.shape)


@pytest.mark.interoperability("R terra", "rast() with opts, with a name and plain: values, names")
def test_terra_layers(terra, terra_version, sample):
    views.assert_same(layers(terra / "plain", sample.plain), sample.plain)
    for way in ("opts", "name"):
        views.assert_same(layers(terra / way, sample.masked), sample.masked)
    names = [f"{centre:.2f} nm" for centre in reference.wavelengths(sample.path)[0]]
    assert (terra / "names").read_text().splitlines() == names
    code, west, east, south, north = (terra / "place").read_text().split()
    left, across, _, top, _, down = sample.transform
    rows, columns = sample.plain.shape[1:]
    expected = [left, left + columns * across, top + rows * down, top]
    assert code == "4326"
    np.testing.assert_allclose(np.array([west, east, south, north], float), expected, atol=1e-9)


@pytest.mark.interoperability("R terra", "writeRaster() and project(): masked pixels")
def test_terra_written(terra, terra_version, sample):
    views.assert_same(views.pixels(gdal.Open(str(terra / "masked.tif"))), written(sample.masked))
    utm = gdal.Open(str(terra / "utm.tif"))
    expected, clear = Grid(sample.path, sample.masked).at(*to_degrees(*centres(utm), "EPSG:32629"))
    seen = views.pixels(utm)
    seen[np.isnan(seen)] = -9999
    assert clear.mean() > 0.99
    # terra warps with an approximate transformer: a few cells take a neighbour.
    assert (seen == expected).all(axis=0).mean() > 0.98
    assert abs((seen[9] == -9999).mean() - (expected[9] == -9999).mean()) < 0.01


def written(cells):
    """terra writes NA as NaN."""
    return np.where(cells == -9999, np.float32(np.nan), cells)


@pytest.mark.interoperability("R terra", "extract() gives the masked spectrum at a place")
def test_terra_spectrum(terra, terra_version, sample):
    seen = np.array((terra / "spectrum.txt").read_text().split(), float)
    column, row = Grid(sample.path, sample.masked).places(-10.18, 30.88)
    expected = sample.masked[:, int(row), int(column)]
    np.testing.assert_allclose(np.where(np.isnan(seen), -9999, seen), expected, rtol=1e-6)


@pytest.mark.interoperability("R terra", "another variable; the reason why a mask fails")
def test_terra_variable_and_refusal(terra, terra_version, sample):
    expected = reference.view(sample.path, "elev").astype("f4")
    views.assert_same(applications.floats(terra / "elevation", expected.shape), expected)
    for way in ("refusal", "refusal_of_name"):
        refusal = (terra / way).read_text()
        assert "fog" in refusal and sample.path.name in refusal


def test_terra_vrt_of_sources_drops_options(terra, sample):
    """The page warns of this. If the test fails, terra has improved: update the page."""
    views.assert_same(layers(terra / "sources", sample.plain), sample.plain)


# ---- stars and sf --------------------------------------------------------------------------------

STARS = """
whole <- function(x) st_as_stars(x)[[1]]
save(whole(read_stars(granule, proxy = TRUE)), "plain")
save(whole(proxy), "proxy")
save(near[[1]], "near")
options <- c("QUALITY_FLAGS=cloud,cirrus", "BAND_MASK=YES")
save(whole(read_stars(granule, options = options, proxy = TRUE)), "dropped")
save(in_memory[[1]], "memory")
words <- c("-q", "-oo", "QUALITY_FLAGS=cloud,cirrus", "-oo", "BAND_MASK=YES")
sf::gdal_utils("warp", granule, "sf.tif", words)
"""


@pytest.fixture(scope="module")
def stars(here):
    run_r(here, "stars", applications.recipe("stars", "r"), STARS)
    return here


@pytest.mark.interoperability("R stars", "a name with options: proxy, slice, write_stars()")
def test_stars_proxy(stars, sample, record_property):
    record_property("version", version_of("stars"))
    views.assert_same(layers(stars / "plain", sample.plain), sample.plain)
    views.assert_same(layers(stars / "proxy", sample.masked), sample.masked)
    views.assert_same(layers(stars / "near", sample.masked[64]), sample.masked[64])
    seen = views.pixels(gdal.Open(str(stars / "stars.tif")))
    views.assert_same(np.where(np.isnan(seen), np.float32(-9999), seen), sample.masked)


def test_stars_proxy_drops_options(stars, sample):
    """The page warns of this. If the test fails, stars has improved: update the page."""
    views.assert_same(layers(stars / "dropped", sample.plain), sample.plain)


@pytest.mark.interoperability("R stars", "options of a file that is read into memory")
def test_stars_in_memory(stars, sample, record_property):
    record_property("version", version_of("stars"))
    views.assert_same(layers(stars / "memory", sample.masked), sample.masked)


@pytest.mark.interoperability("R sf", "gdal_utils() with -oo")
def test_sf_utilities(stars, sample, record_property):
    record_property("version", version_of("sf"))
    views.assert_same(views.pixels(gdal.Open(str(stars / "sf.tif"))), sample.masked)
