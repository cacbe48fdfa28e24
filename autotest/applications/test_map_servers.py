# SPDX-License-Identifier: MIT
"""MapServer and QGIS Server on loopback: maps in true colour, and the values themselves."""
import contextlib
import uuid
from pathlib import Path

import applications
import cgiserver
import numpy as np
import pytest
import qgis_process
import views
from osgeo import gdal

COLOUR = (35, 23, 11)  # bands nearest to 640, 550 and 460 nm
CONF = 'CONFIG\n  ENV\n    "MS_MAP_PATTERN" "."\n  END\n  MAPS\n    "EMIT" "{}"\n  END\nEND\n'


def box(sample):
    """west, south, east, north of the grid."""
    west, across, _, north, _, down = sample.transform
    rows, columns = sample.plain.shape[1:]
    return west, north + rows * down, west + columns * across, north


def get_map(url, sample, layer, **more):
    """Type and content of the whole granule as a transparent picture, a pixel a cell."""
    rows, columns = sample.plain.shape[1:]
    return cgiserver.get(
        url,
        service="WMS",
        version="1.1.1",
        request="GetMap",
        layers=layer,
        styles="",
        srs="EPSG:4326",
        bbox=",".join(map(repr, box(sample))),
        width=columns,
        height=rows,
        format="image/png",
        transparent="true",
        **more,
    )


def decoded(content):
    """(dataset, its file in memory)"""
    name = f"/vsimem/{uuid.uuid4()}"
    gdal.FileFromMemBuffer(name, content)
    return gdal.Open(name)


def assert_true_colour(picture, cells, low=0.0, high=0.35):
    """Transparent where one of the three bands is masked, else its values stretched."""
    assert picture.shape == (4, *cells.shape[1:])
    shown = (cells != -9999).all(axis=0)
    assert np.array_equal(picture[3] != 0, shown) and 0.3 < shown.mean() < 0.7
    expected = np.clip((cells - low) / (high - low), 0, 1) * 255
    off = np.abs(picture[:3].astype(float) - expected)[:, shown]
    assert off.max() <= 1.01


# ---- MapServer -----------------------------------------------------------------------------------


@contextlib.contextmanager
def mapserver(folder, text):
    program = applications.need("mapserv")
    (folder / "emit.map").write_text(text, encoding="utf-8")
    (folder / "emit.conf").write_text(CONF.format(folder / "emit.map"), encoding="utf-8")
    with cgiserver.Server(program, MAPSERVER_CONFIG_FILE=str(folder / "emit.conf")) as server:
        yield server.url


@pytest.fixture(scope="module")
def map_url(here):
    with mapserver(here, applications.recipe("MapServer", "text")) as url:
        yield url


@pytest.fixture
def mapserver_version(record_property):
    record_property("version", applications.debian_version("cgi-mapserver"))


@pytest.mark.interoperability("MapServer", "WMS: a masked map in true colour")
def test_mapserver_map(map_url, mapserver_version, sample):
    kind, content = get_map(map_url, sample, "colour", map="EMIT")
    assert kind == "image/png", content
    assert_true_colour(decoded(content).ReadAsArray(), sample.masked[list(COLOUR)])


@pytest.mark.interoperability("MapServer", "WCS 1.0 and 2.0: every value, masks as nodata")
@pytest.mark.parametrize("version", ["1.0.0", "2.0.1"])
def test_mapserver_coverage(map_url, mapserver_version, sample, version):
    rows, columns = sample.plain.shape[1:]
    words = {"map": "EMIT", "service": "WCS", "version": version, "request": "GetCoverage"}
    if version == "1.0.0":
        words |= {"coverage": "reflectance", "crs": "EPSG:4326", "format": "FLOATS"}
        words |= {"bbox": ",".join(map(repr, box(sample))), "width": columns, "height": rows}
    else:
        words |= {"coverageid": "reflectance", "format": "image/tiff"}
    content = cgiserver.get(map_url, **words)[1]
    start = content.find(b"II*\0")  # after the text that WCS 2.0 puts before it
    assert start >= 0, content[:2000]
    coverage = decoded(content[start:])
    assert coverage.GetRasterBand(1).GetNoDataValue() == -9999
    np.testing.assert_allclose(coverage.GetGeoTransform(), sample.transform, rtol=0, atol=1e-12)
    good = sample.view(applications.FLAGS, chosen="GOOD")
    views.assert_same(views.pixels(coverage), good)


@pytest.mark.interoperability("MapServer", "a mask that cannot be applied: no picture")
def test_mapserver_refuses(here, mapserver_version, sample, tmp_path):
    text = applications.recipe("MapServer", "text").replace("cloud,cirrus", "cloud,fog")
    text = text.replace('DATA "', f'DATA "{here}/')
    with mapserver(tmp_path, text) as url:
        kind, content = get_map(url, sample, "colour", map="EMIT")
    assert "xml" in kind and b"ServiceException" in content


# ---- QGIS Server ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def qgis(tmp_path_factory):
    with qgis_process.starter(tmp_path_factory) as start:
        yield start()


@pytest.mark.interoperability("QGIS Server", "WMS of a project: a masked map in true colour")
def test_qgis_server_map(here, sample, qgis, tmp_path, record_property):
    program = Path("/usr/lib/cgi-bin/qgis_mapserv.fcgi")
    if not program.exists():
        pytest.skip("QGIS Server is not installed")
    record_property("version", applications.debian_version("qgis-server"))
    options = f"QUALITY_FLAGS={applications.FLAGS}", "BAND_MASK=YES", "WAVELENGTHS=640,550,460"
    name = qgis_process.with_options(here / sample.path.name, *options)
    project = here / "emit.qgs"
    qgis("save_project", name=name, path=str(project))
    settings = {"QGIS_PROJECT_FILE": str(project), "QT_QPA_PLATFORM": "offscreen"}
    with cgiserver.Server(str(program), **settings, HOME=str(tmp_path)) as server:
        kind, content = get_map(server.url, sample, "granule")
    assert kind.startswith("image/png"), content
    limits = np.array(qgis("describe", name=name)["renderer"]["limits"])[:, :, None, None]
    picture = decoded(content).ReadAsArray()
    assert_true_colour(picture, sample.masked[list(COLOUR)], limits[:, 0], limits[:, 1])
