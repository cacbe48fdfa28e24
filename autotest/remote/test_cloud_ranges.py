# SPDX-License-Identifier: MIT
"""Many short runs of bytes far apart, as a window has them: several a request, where the server can
do that. Where it cannot, or does something else, a run a request and the same pixels."""
import granules
import pytest
import reference
import views
import webserver
from osgeo import gdal

# From one line to the next it is 194 KB, so that runs are not joined.
LINES, SAMPLES, BANDS = 103, 211, 230
RUNS = 100
WINDOW = {"xoff": 20, "yoff": 2, "xsize": 45, "ysize": RUNS}
RUN_NBYTES = 45 * BANDS * 4


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("granules")
    return granules.write(folder, lines=LINES, samples=SAMPLES, bands=BANDS)


@pytest.fixture(scope="module")
def nginx(path, tmp_path_factory):
    with webserver.Nginx(path.parent, tmp_path_factory.mktemp("nginx")) as running:
        yield running


@pytest.fixture(scope="module")
def expected(path):
    """Of a window."""
    whole = reference.view(path, ortho="NO")

    def part(xoff, yoff, xsize, ysize):
        return whole[:, yoff : yoff + ysize, xoff : xoff + xsize]

    return part


@pytest.fixture
def asked(nginx, path):
    """Opens at a place, reads the window, and gives the pixels, the requests for several ranges,
    those for one, and what the driver said."""

    def read(place, **changes):
        gdal.VSICurlClearCache()
        name = nginx.fresh_url(path.name) if place == "fresh" else nginx.url(place, path.name)
        with views.configured(CPL_DEBUG="EMIT"), views.Messages() as said:
            dataset = views.open_name(name, ORTHO="NO")
            nginx.forget()
            pixels = views.pixels(dataset, **{**WINDOW, **changes})
        requests = [each for each in nginx.requests() if each.method == "GET"]
        several = [each for each in requests if "," in each.range]
        single = [each for each in requests if "," not in each.range]
        return pixels, several, single, " ".join(text for _, text in said)

    return read


def test_server_that_takes_several_ranges_is_asked_so(asked, expected):
    pixels, several, single, said = asked("fresh")
    views.assert_same(pixels, expected(**WINDOW))
    assert single == [] and len(several) == 4
    assert sum(each.range.count(",") + 1 for each in several) == RUNS
    # What a run brings along: grains at its ends, and the head of its part.
    assert webserver.nbytes(several) <= RUNS * (RUN_NBYTES + 1024 + 200)
    assert "the server takes several ranges a request" in said


def test_few_runs_are_asked_for_singly(asked, expected):
    pixels, several, single, _ = asked("fresh", ysize=7)
    views.assert_same(pixels, expected(**{**WINDOW, "ysize": 7}))
    assert several == [] and len(single) == 7


@pytest.mark.parametrize("fault", ["200", "416", "503", "one", "turned", "cut"])
def test_server_that_does_not_is_asked_so_once(asked, expected, fault):
    place = f"several-{fault}"
    pixels, several, single, said = asked(place)
    views.assert_same(pixels, expected(**WINDOW))
    assert len(several) == 1 and len(single) == RUNS
    assert f"/{place}/" in said and "one a request from now on" in said
    pixels, several, single, said = asked(place, xoff=90)
    views.assert_same(pixels, expected(**{**WINDOW, "xoff": 90}))
    assert several == [] and len(single) == RUNS and "a request" not in said


def test_503_now_and_then_is_made_good_by_retries(asked, expected):
    statuses = []
    with views.configured(GDAL_HTTP_MAX_RETRY="4", GDAL_HTTP_RETRY_DELAY="0.01"):
        for xoff in range(0, 210, 30):
            window = {**WINDOW, "xoff": xoff, "xsize": 17}
            pixels, several, single, _ = asked("flaky", **window)
            views.assert_same(pixels, expected(**window))
            assert single == []
            statuses += [each.status for each in several]
    assert statuses.count(206) == 7 * 4 and statuses.count(503) > 0


@pytest.mark.parametrize("way, singly", [("SERIAL", True), ("YES", True), ("SINGLE_GET", False)])
def test_what_the_user_says_counts(asked, expected, way, singly):
    with views.configured(GDAL_HTTP_MULTIRANGE=way):
        pixels, several, single, said = asked("fresh")
    views.assert_same(pixels, expected(**WINDOW))
    assert bool(single) == singly and bool(several) != singly
    assert "ranges a request" not in said


@pytest.mark.parametrize(
    "place, settings",
    [
        ("basic", {"GDAL_HTTP_USERPWD": f"{webserver.USER}:{webserver.PASSWORD}"}),
        ("bearer", {"GDAL_HTTP_HEADERS": f"Authorization: Bearer {webserver.TOKEN}"}),
        ("data", {"GDAL_HTTP_HEADERS": f"Authorization: Bearer {webserver.TOKEN}"}),
    ],
)
@pytest.mark.parametrize("of_thread", [False, True])
def test_signing_in(asked, expected, place, settings, of_thread, monkeypatch):
    """/data/ sends on to a store, which is asked for several ranges and never sees the token."""
    if of_thread:
        monkeypatch.setattr(gdal, "SetConfigOption", gdal.SetThreadLocalConfigOption)
    window = {**WINDOW, "xoff": 70 if of_thread else 140}
    with views.configured(**settings):
        pixels, several, single, _ = asked(place, **window)
    views.assert_same(pixels, expected(**window))
    assert single == []
    assert {each.status for each in several} <= {206, 302}
    stored = [each for each in several if "Signature=" in each.path]
    assert bool(stored) == (place == "data")
    assert all(each.authorization == "-" for each in stored)
