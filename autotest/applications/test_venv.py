# SPDX-License-Identifier: MIT
"""Packages of PyPI in a virtual environment with the system's GDAL: rasterio built from source, and
packages that use it."""
import contextlib
import html
import os
import subprocess
import time
import urllib.error
from pathlib import Path

import applications
import cgiserver
import granules
import numpy as np
import pytest
import reference
import views
import webserver
from osgeo import gdal
from programs import Grid

ROOT = Path(__file__).resolve().parents[2]
VENV = Path(os.environ.get("EMIT_VENV", ROOT / "build-programs" / "venv"))
COLOUR = (35, 23, 11)
ZOOM = 13
TILES = [(3863, 3356), (3864, 3356), (3863, 3357), (3864, 3357)]  # that contains the sample
EDGE_M = 20037508.342789244  # of the web map


def python(*packages):
    """The environment's Python; skips where it or one of the packages is missing."""
    program = VENV / "bin" / "python"
    imports = "; ".join(f"import {package}" for package in packages)
    if not program.exists():
        pytest.skip(f"{VENV} is missing: scripts/test programs makes it")
    done = subprocess.run([program, "-c", imports], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"{VENV} lacks one of {', '.join(packages)}")
    return program


def version_of(package):
    words = ["-c", f"from importlib.metadata import version; print(version({package!r}))"]
    return applications.run(VENV / "bin" / "python", *words).strip()


def run_recipe(folder, heading, more, *packages):
    """Runs the recipe and "more" in the environment; "more" leaves arrays as .npy files."""
    program = python(*packages)
    script = folder / f"{packages[0]}_recipe.py"
    recipe = applications.recipe(heading, "python")
    script.write_text(f"import numpy\n{recipe}\n{more}", encoding="utf-8")
    applications.run(program, script, cwd=folder)


def saved(folder, name):
    return np.load(folder / f"{name}.npy")


# ---- rasterio and rioxarray ----------------------------------------------------------------------

RASTERIO = """
with rasterio.open(granule, **options) as dataset:
    numpy.save("rasterio", dataset.read())
    numpy.save("valid", dataset.read_masks(1))
try:
    rasterio.open(granule, QUALITY_FLAGS="fog")
except rasterio.errors.RasterioIOError as error:
    open("refusal.txt", "w").write(str(error))
"""


@pytest.mark.interoperability("rasterio from source", "open with options, masks, refusals")
def test_rasterio(here, sample, record_property):
    run_recipe(here, "rasterio", RASTERIO, "rasterio")
    record_property("version", version_of("rasterio"))
    views.assert_same(saved(here, "rasterio"), sample.masked)
    assert np.array_equal(saved(here, "valid") != 0, sample.masked[0] != -9999)
    assert "fog" in (here / "refusal.txt").read_text()


XARRAY = """
numpy.save("red", red.values)
numpy.save("near", near.values)
"""


@pytest.mark.interoperability("xarray, newest rioxarray", ".sel() of the band nearest to 650 nm")
def test_band_nearest_to_a_wavelength(here, sample, record_property):
    run_recipe(here, "xarray and rioxarray", XARRAY, "rioxarray")
    record_property("version", version_of("rioxarray"))
    nan = np.where(sample.masked == -9999, np.float32(np.nan), sample.masked)
    for name, nm in (("red", 650), ("near", 860)):
        band = int(np.abs(reference.wavelengths(sample.path)[0] - nm).argmin())
        np.testing.assert_array_equal(saved(here, name), nan[band])


# ---- Tiles ---------------------------------------------------------------------------------------


def tile_cells(sample, cells, column, row):
    """(cells of a tile's pixels, which pixels lie well within a cell)"""
    size = 2 * EDGE_M / 2**ZOOM / 256
    steps = np.arange(256) + 0.5
    x, y = np.meshgrid(
        column * 256 * size - EDGE_M + steps * size, EDGE_M - row * 256 * size - steps * size
    )
    radius = EDGE_M / np.pi
    lon = np.degrees(x / radius)
    lat = np.degrees(2 * np.arctan(np.exp(y / radius)) - np.pi / 2)
    grid = Grid(sample.path, cells)
    within = [np.abs(place % 1 - 0.5) < 0.35 for place in grid.places(lon, lat)]
    return grid.at(lon, lat)[0], within[0] & within[1]


RIO_TILER = """
for column, row in {}:
    with Reader(source) as reader:
        found = reader.tile(column, row, 13, indexes=(36, 24, 12))
    numpy.save(f"tile_{{column}}_{{row}}", found.array.filled(-9999))
"""


@pytest.mark.interoperability("rio-tiler", "tiles of a masked granule: each pixel its cell's values")
def test_rio_tiler(here, sample, record_property):
    run_recipe(here, "rio-tiler", RIO_TILER.format(TILES), "rio_tiler")
    record_property("version", version_of("rio-tiler"))
    shown = 0
    for column, row in TILES:
        expected, within = tile_cells(sample, sample.masked[list(COLOUR)], column, row)
        seen = saved(here, f"tile_{column}_{row}")
        assert np.array_equal(seen[:, within], expected[:, within])
        shown += np.count_nonzero(expected[0][within] != -9999)
    assert shown > 5000


@pytest.fixture(scope="module")
def tile_server(here):
    program = python("titiler.core", "uvicorn")
    recipe = applications.recipe("titiler", "python")
    (here / "app.py").write_text(recipe, encoding="utf-8")
    (port,) = webserver.free_ports(1)
    words = [program, "-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", str(port)]
    with (here / "uvicorn.log").open("w") as log:
        process = subprocess.Popen(
            words, cwd=here, env=applications.environment(), stdout=log, stderr=log
        )
        url = f"http://127.0.0.1:{port}"
        try:
            wait_for(url, process, here / "uvicorn.log")
            yield url
        finally:
            process.terminate()
            process.wait(timeout=20)


def wait_for(url, process, log):
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(urllib.error.URLError):
            cgiserver.get(f"{url}/openapi.json")
            return
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def tile_words(path):
    name = f'EMIT:"{path}":reflectance?QUALITY_FLAGS=cloud,cirrus&BAND_MASK=YES'
    return [("url", name), *(("bidx", band + 1) for band in COLOUR), ("rescale", "0,0.35")]


def tile_url(url, column, row):
    return f"{url}/tiles/WebMercatorQuad/{ZOOM}/{column}/{row}.png"


def expected_picture(sample, column, row):
    """(RGBA, which pixels lie well within a cell)"""
    cells, within = tile_cells(sample, sample.masked[list(COLOUR)], column, row)
    shown = (cells != -9999).all(axis=0)
    rgba = np.concatenate([np.clip(cells / 0.35, 0, 1) * 255, 255.0 * shown[np.newaxis]])
    return np.where(shown, rgba, 0), within


@pytest.mark.interoperability("titiler", "true-colour tiles of a masked granule over HTTP")
def test_titiler(tile_server, here, sample, tmp_path, record_property):
    record_property("version", version_of("titiler.core"))
    words = tile_words(here / sample.path.name)
    for column, row in TILES:
        kind, content = cgiserver.get(tile_url(tile_server, column, row), *words)
        assert kind == "image/png", content
        (tmp_path / "tile.png").write_bytes(content)
        seen = gdal.Open(str(tmp_path / "tile.png")).ReadAsArray().astype(float)
        expected, within = expected_picture(sample, column, row)
        seen = np.where(seen[3] > 0, seen, 0)
        assert np.abs(seen - expected)[:, within].max() <= 1.01


PAGE = """<body style="margin: 0; background: #f0f; line-height: 0; width: 512px">{}</body>"""


@pytest.mark.interoperability("Chromium", "a map of titiler's tiles: masked cells transparent")
def test_browser(tile_server, here, sample, tmp_path, record_property):
    """All four tiles on a magenta page."""
    chromium = applications.need("chromium")
    record_property("version", applications.debian_version("chromium").split(".")[0])
    words = tile_words(here / sample.path.name)
    pictures = [
        f'<img src="{html.escape(cgiserver.address(tile_url(tile_server, *tile), *words))}">'
        for tile in TILES
    ]
    page, shot = tmp_path / "map.html", tmp_path / "map.png"
    page.write_text(PAGE.format("".join(pictures)), encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    options += [f"--user-data-dir={tmp_path}/profile", f"--screenshot={shot}"]
    options += ["--window-size=512,512", "--virtual-time-budget=60000", "--force-color-profile=srgb"]
    applications.run(chromium, *options, page.as_uri(), HOME=str(tmp_path))
    seen = gdal.Open(str(shot)).ReadAsArray()[:3].astype(float)
    assert seen.shape == (3, 512, 512)
    magenta = np.array([255, 0, 255])[:, np.newaxis, np.newaxis]
    for number, tile in enumerate(TILES):
        top, left = number // 2 * 256, number % 2 * 256
        part = seen[:, top : top + 256, left : left + 256]
        expected, within = expected_picture(sample, *tile)
        expected = np.where(expected[3] > 0, expected[:3], magenta)
        assert np.abs(part - expected)[:, within].max() <= 1.01


# ---- SPy -----------------------------------------------------------------------------------------

SPY = """
numpy.save("centers", image.bands.centers)
numpy.save("bandwidths", image.bands.bandwidths)
numpy.save("bbl", numpy.array(image.metadata["bbl"], int))
numpy.save("ignored", float(image.metadata["data ignore value"]))
numpy.save("cube", image.load())
numpy.save("pixel", image[40, 44])
"""


@pytest.mark.interoperability("SPy", "ENVI output: wavelengths, widths, bad bands, every pixel")
def test_spy(here, sample, record_property):
    python("spectral")
    recipe = applications.recipe("SPy", "shell")
    tool = str(ROOT / "tools" / "emit_wavelengths.py")
    applications.run("bash", "-euc", recipe.replace("tools/emit_wavelengths.py", tool), cwd=here)
    run_recipe(here, "SPy", SPY, "spectral")
    record_property("version", version_of("spectral"))
    centre, width, good = reference.wavelengths(sample.path)
    np.testing.assert_allclose(saved(here, "centers"), centre, atol=0.01)
    np.testing.assert_allclose(saved(here, "bandwidths"), width, atol=0.01)
    assert np.array_equal(saved(here, "bbl"), good) and (good == 0).any()
    assert saved(here, "ignored") == -9999
    assert np.array_equal(saved(here, "cube").transpose(2, 0, 1), sample.masked)
    assert np.array_equal(saved(here, "pixel"), sample.masked[:, 40, 44])


# ---- georeader, a peer with a reader of its own --------------------------------------------------

GEOREADER = """
import sys
import numpy
from georeader.readers.emit import valid_mask

valid, _ = valid_mask(sys.argv[1], with_buffer=True, dst_crs=None, include_spectf=True)
numpy.save(sys.argv[2], valid.values)
"""
SPECTF = ",SpecTf-Cloud Flag"
FLAGS_OF = {1: ",spacecraft flag", 2: f",spacecraft flag{SPECTF}", 3: SPECTF}


@pytest.mark.interoperability("georeader", "its valid mask is ours: masks of version 001, 002 and 003")
@pytest.mark.parametrize("version", FLAGS_OF)
def test_georeader(tmp_path, version, record_property):
    program = python("georeader.readers.emit", "scipy", "requests")
    record_property("version", version_of("georeader-spaceml"))
    layout = ["--lines", 57, "--samples", 41, "--bands", 9, "--mask-version", version]
    # xarray and georeader together do not read tables whose _FillValue is 0.
    layout += ["--generation", 1 if version < 3 else 2, "--toolchain", 2022]
    made = granules.make(tmp_path, *layout)
    applications.run(program, "-c", GEOREADER, made["MASK"], tmp_path / "valid.npy", cwd=tmp_path)
    flags = "cloud flag,cirrus flag,dilated cloud flag" + FLAGS_OF[version]
    cells = views.read(made["RFL"], QUALITY_FLAGS=flags)
    filled = (views.read(made["RFL"]) != -9999).any(axis=0)  # it looks at the mask file alone
    theirs = saved(tmp_path, "valid") & filled
    assert np.array_equal(theirs, (cells != -9999).any(axis=0))
    assert 1000 < theirs.sum() < filled.sum() - 100
