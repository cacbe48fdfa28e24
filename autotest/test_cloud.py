# SPDX-License-Identifier: MIT
"""Granules in place on a web server: what is asked of it, and that the pixels are the local ones.

The server is nginx (webserver.py); requests and bytes are those of its own log. Programs of their
own where a whole job is counted; one process, with GDAL's network caches emptied, where it matters
what the driver itself remembers.
"""
import granules
import numpy as np
import pytest
import reference
import views
import webserver
from osgeo import gdal

MASKS = {"QUALITY_FLAGS": "0,1,3,4", "BAND_MASK": "YES"}
LINES, SAMPLES, BANDS = 190, 230, 60


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A pair of granules, 10.5 MB and less: 190 x 230 pixels of 60 bands."""
    folder = tmp_path_factory.mktemp("granules")
    return granules.pair(folder, lines=LINES, samples=SAMPLES, bands=BANDS)


@pytest.fixture(scope="module")
def nginx(pair, tmp_path_factory):
    with webserver.Nginx(pair[0].parent, tmp_path_factory.mktemp("nginx")) as running:
        yield running


@pytest.fixture
def server(nginx):
    """The server, as nobody has asked it before."""
    gdal.VSICurlClearCache()
    nginx.forget()
    return nginx


def expected(pair, **keywords):
    path, mask = pair
    return reference.view(
        path, mask=mask, quality_flags="0,1,3,4", band_mask_file=mask, **keywords
    )


def config(**settings):
    return [word for key, value in settings.items() for word in ("--config", key, value)]


def translated(tmp_path, name, *arguments, **masks):
    """What gdal_translate makes of a view."""
    target = tmp_path / "out.tif"
    options = [word for key, value in masks.items() for word in ("-oo", f"{key}={value}")]
    code, _, errors = views.run("gdal_translate", "-q", *arguments, *options, name, target)
    assert (code, errors) == (0, "")
    return views.read(target)


# ---- Few requests --------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["listed", "blind"])
def test_metadata_cost_few_requests(server, pair, place):
    code, out, _ = views.run("gdalinfo", server.url(place, pair[0].name))
    assert code == 0 and f"Band {BANDS} " in out
    requests = server.requests()
    assert 0 < len(requests) <= 12
    assert webserver.nbytes(requests) <= 1_000_000


# ---- Nothing twice -------------------------------------------------------------------------------


def test_same_again_in_the_same_process_asks_for_nothing(server, pair):
    name = server.url("listed", pair[0].name)
    dataset = views.open_name(name, **MASKS)
    window = {"xoff": 60, "yoff": 70, "xsize": 90, "ysize": 80}
    first = views.pixels(dataset, **window)
    assert server.requests()
    views.assert_same(views.pixels(dataset, **window), first)
    assert server.requests() == []


def test_reopened_granule_asks_for_nothing(server, pair):
    name = server.url("listed", pair[0].name)
    first = views.read(server.url("listed", pair[0].name), **MASKS)
    server.forget()
    again = views.open_name(name, **MASKS)
    views.assert_same(views.pixels(again), first)
    assert server.requests() == []
    views.assert_same(first, expected(pair))


def test_no_byte_is_fetched_twice(server, pair):
    """Whatever GDAL's own cache of the network forgets; the driver's is large enough here."""
    views.read(server.url("blind", pair[0].name))
    ranges = [request.range for request in server.requests() if request.method == "GET"]
    spans = [tuple(map(int, text[len("bytes=") :].split("-"))) for text in ranges if text != "-"]
    seen = np.zeros(pair[0].stat().st_size, "u1")
    for first, last in spans:
        seen[first : last + 1] += 1
    # GDAL looks at the first 16 KB of everything that it opens.
    assert seen[16384:].max() == 1


def test_changed_granule_is_read_anew(server, tmp_path, tmp_path_factory):
    """A file of another size or time under the same address."""
    one = granules.write(tmp_path, lines=23, samples=31, bands=5)
    home = tmp_path_factory.mktemp("nginx")
    with webserver.Nginx(tmp_path, home) as other:
        name = other.url("blind", one.name)
        views.assert_same(views.read(name), reference.view(one))
        values = granules.values(23, 31, 7) + 0.5
        granules.write(tmp_path, lines=23, samples=31, bands=7, data=values)
        gdal.VSICurlClearCache()
        views.assert_same(views.read(name), reference.view(one))


# ---- The same pixels -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place, settings",
    [
        ("listed", {}),
        ("slow", {}),
        ("basic", {"GDAL_HTTP_USERPWD": f"{webserver.USER}:{webserver.PASSWORD}"}),
        ("bearer", {"GDAL_HTTP_HEADERS": f"Authorization: Bearer {webserver.TOKEN}"}),
        ("data", {"GDAL_HTTP_HEADERS": f"Authorization: Bearer {webserver.TOKEN}"}),
        ("listed", {"GDAL_HTTP_MULTIRANGE": "SINGLE_GET"}),
        ("listed", {"GDAL_HTTP_MULTIRANGE": "SERIAL"}),
        ("listed", {"GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "NO"}),
        ("listed", {"GDAL_CACHEMAX": "1"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join([*value.values()])[:20],
)
def test_pixels_equal_the_local_ones(server, pair, tmp_path, place, settings):
    mask = {"MASK_FILE": server.url(place, pair[1].name)}
    name = server.url(place, pair[0].name)
    seen = translated(tmp_path, name, *config(**settings), **MASKS, **mask)
    views.assert_same(seen, expected(pair))
