# SPDX-License-Identifier: MIT
"""Granules on a web server, read in place: requests, and pixels equal to the local ones.

The server is nginx (webserver.py); requests and bytes come from its log. Whole jobs are counted in
separate programs; the driver's own cache is tested in this process, with GDAL's network caches
emptied.
"""
import zipfile

import granules
import numpy as np
import pytest
import reference
import views
import webserver
from osgeo import gdal

MASKS = {"QUALITY_FLAGS": "0,1,3,4", "BAND_MASK": "YES"}
LINES, SAMPLES, BANDS = 190, 230, 60


def expected(pair, **keywords):
    path, mask = pair
    return reference.view(
        path, mask=mask, quality_flags="0,1,3,4", band_mask_file=mask, **keywords
    )


def config(**settings):
    return [word for key, value in settings.items() for word in ("--config", key, value)]


def translated(tmp_path, name, *arguments, **masks):
    """Pixels of gdal_translate's output."""
    target = tmp_path / "out.tif"
    options = [word for key, value in masks.items() for word in ("-oo", f"{key}={value}")]
    code, _, errors = views.run("gdal_translate", "-q", *arguments, *options, name, target)
    assert (code, errors) == (0, "")
    return views.read(target)


# ---- Few requests --------------------------------------------------------------------------------


@pytest.mark.cost
@pytest.mark.parametrize("place", ["listed", "blind"])
def test_metadata_cost_few_requests(server, pair, place):
    code, out, _ = views.run("gdalinfo", server.url(place, pair[0].name))
    assert code == 0 and f"Band {BANDS} " in out
    requests = server.requests()
    assert 0 < len(requests) <= 12
    assert webserver.nbytes(requests) <= 1_000_000


@pytest.mark.cost
def test_a_small_window_costs_a_small_part_of_the_file(server, pair, tmp_path):
    name = server.url("listed", pair[0].name)
    seen = translated(tmp_path, name, "-srcwin", "100", "90", "6", "5", "-b", "7")
    views.assert_same(seen[0], reference.view(pair[0])[6, 90:95, 100:106].copy())
    assert 0 < webserver.nbytes(server.requests()) < pair[0].stat().st_size / 8


@pytest.mark.cost
def test_a_table_that_does_not_fit_costs_a_batch(server, pair):
    """Lines were cut out and the lookup table left as it was; places lie too far apart to be joined."""
    (pair[0].parent / "cut").mkdir()
    layout = granules.geometry(900, 700)
    layout = {**layout, "lon": layout["lon"][200:], "lat": layout["lat"][200:]}
    path = granules.write(pair[0].parent / "cut", lines=700, samples=700, bands=1, glt=layout)
    dataset = views.open_name(server.fresh_url(f"cut/{path.name}"))
    server.forget()
    with pytest.raises(RuntimeError, match="ORTHO=NO"):
        dataset.ReadAsArray(300, 300, 1, 1)
    requests = server.requests()
    assert 0 < len(requests) <= 4 + 16
    assert webserver.nbytes(requests) <= 200_000 + 16 * 8192
    with pytest.raises(RuntimeError, match="ORTHO=NO"):
        dataset.ReadAsArray(310, 310, 1, 1)
    assert server.requests() == []


# ---- Nothing twice -------------------------------------------------------------------------------


def test_repeated_read_in_one_process_sends_no_request(server, pair):
    dataset = views.open_name(server.fresh_url(pair[0].name), **MASKS)
    window = {"xoff": 60, "yoff": 70, "xsize": 90, "ysize": 80}
    first = views.pixels(dataset, **window)
    assert server.requests()
    views.assert_same(views.pixels(dataset, **window), first)
    assert server.requests() == []


def test_reopened_granule_sends_no_request(server, pair):
    name = server.fresh_url(pair[0].name)
    first = views.read(name, **MASKS)
    server.forget()
    again = views.open_name(name, **MASKS)
    views.assert_same(views.pixels(again), first)
    assert server.requests() == []
    views.assert_same(first, expected(pair))


def test_reopened_granule_of_a_listed_folder_transfers_no_bytes(server, pair):
    """After an index page GDAL has no size of the file, or a time without seconds."""
    name = server.url("listed", pair[0].name)
    first = views.read(name, **MASKS)
    server.forget()
    views.assert_same(views.read(name, **MASKS), first)
    assert [request for request in server.requests() if request.method != "HEAD"] == []


def test_no_byte_is_fetched_twice(server, pair):
    """Even if GDAL's network cache drops bytes; the driver's is large enough here."""
    views.read(server.fresh_url(pair[0].name))
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


def run_python(script, *arguments, **settings):
    """A program of its own that opens a granule and reads: (exit code, output, errors)."""
    return views.run("/usr/bin/python3", "-c", script, *arguments, **settings)


def test_login_by_netrc_and_cookie(server, pair, tmp_path):
    """Earthdata's way without a token: the login host requires a password and sets a cookie."""
    netrc = f"machine {webserver.LOGIN_HOST} login {webserver.USER} password {webserver.PASSWORD}\n"
    (tmp_path / ".netrc").write_text(netrc)
    (tmp_path / ".netrc").chmod(0o600)
    cookies = str(tmp_path / "cookies")
    settings = {"GDAL_HTTP_COOKIEFILE": cookies, "GDAL_HTTP_COOKIEJAR": cookies}
    target = tmp_path / "out.tif"
    code, _, errors = views.run(
        *("gdal_translate", "-q", server.url("data", pair[0].name), target),
        HOME=str(tmp_path),
        **settings,
    )
    assert (code, errors) == (0, "")
    views.assert_same(views.read(target), reference.view(pair[0]))
    logins = [request for request in server.requests() if request.path.startswith("/oauth/")]
    assert 0 < len(logins) <= 2


@pytest.mark.parametrize("place", ["basic", "bearer", "data"])
def test_signing_in_for_the_calling_thread_alone(server, pair, place, monkeypatch):
    """As gdal.config_options() does, with a read large enough for several threads."""
    settings = {"GDAL_HTTP_HEADERS": f"Authorization: Bearer {webserver.TOKEN}"}
    if place == "basic":
        settings = {"GDAL_HTTP_USERPWD": f"{webserver.USER}:{webserver.PASSWORD}"}
    monkeypatch.setattr(gdal, "SetConfigOption", gdal.SetThreadLocalConfigOption)
    with views.configured(**settings):
        seen = views.read(server.url(place, pair[0].name), **MASKS)
    views.assert_same(seen, expected(pair))
    stored = [request for request in server.requests() if "Signature=" in request.path]
    assert all(request.authorization == "-" for request in stored)


def test_token_from_a_header_file(server, pair, tmp_path):
    (tmp_path / "headers").write_text(f"Authorization: Bearer {webserver.TOKEN}\n")
    settings = config(GDAL_HTTP_HEADER_FILE=str(tmp_path / "headers"))
    seen = translated(tmp_path, server.url("bearer", pair[0].name), *settings)
    views.assert_same(seen, reference.view(pair[0]))


def test_token_stays_with_its_host(server, pair, tmp_path):
    """The store must not get the token, and would refuse it (400)."""
    settings = config(GDAL_HTTP_HEADERS=f"Authorization: Bearer {webserver.TOKEN}")
    translated(tmp_path, server.url("data", pair[0].name), *settings)
    stored = [request for request in server.requests() if "Signature=" in request.path]
    assert stored and all(request.authorization == "-" for request in stored)


# ---- Companions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["{}", 'EMIT:"{}"', 'EMIT:"{}":reflectance'])
def test_names_of_every_form_are_read_in_place(server, pair, tmp_path, form):
    name = form.format(server.url("listed", pair[0].name))
    views.assert_same(translated(tmp_path, name, **MASKS), expected(pair))


@pytest.mark.parametrize("settings", [{}, {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}])
@pytest.mark.parametrize("place", ["listed", "blind"])
def test_mask_beside_a_granule_is_found(server, pair, tmp_path, place, settings):
    name = server.url(place, pair[0].name)
    seen = translated(tmp_path, name, *config(**settings), **MASKS)
    views.assert_same(seen, expected(pair))
    listings = [r for r in server.requests() if r.method == "GET" and r.path == f"/{place}/"]
    assert bool(listings) != bool(settings)


@pytest.mark.parametrize("mask_version", ["001", "002", "003"])
def test_mask_of_each_version_is_found_by_name(mask_version, tmp_path, tmp_path_factory):
    version = "002" if mask_version == "003" else "001"
    path, mask = granules.pair(
        tmp_path, version, mask_version, lines=21, samples=34, bands=6, band_mask=False
    )
    with webserver.Nginx(tmp_path, tmp_path_factory.mktemp("nginx")) as other:
        seen = views.read(other.url("blind", path.name), QUALITY_FLAGS="cloud")
    views.assert_same(seen, reference.view(path, mask=mask, quality_flags="cloud"))


def test_newest_of_several_masks_is_found_by_name(tmp_path, tmp_path_factory):
    path, _ = granules.pair(tmp_path, lines=21, samples=34, bands=6)
    newer = granules.write(tmp_path, "MASK", "002", lines=21, samples=34)
    with webserver.Nginx(tmp_path, tmp_path_factory.mktemp("nginx")) as other:
        name = other.url("blind", path.name)
        dataset = views.open_name(name, QUALITY_FLAGS="cloud", BAND_MASK="YES")
        masks = dataset.GetMetadataItem("EMIT_MASK_FILE")
    assert newer.name in masks


def test_relative_mask_file_is_relative_to_the_granule(tmp_path, tmp_path_factory):
    (tmp_path / "x").mkdir()
    path = granules.write(tmp_path, name="x/emit.nc", lines=21, samples=34, bands=6)
    masks = [granules.write(tmp_path, "MASK", name=n, lines=21, samples=34) for n in ("x/a.nc", "b.nc")]
    with webserver.Nginx(tmp_path, tmp_path_factory.mktemp("nginx")) as other:
        for name, mask in zip(("a.nc", "../b.nc"), masks):
            seen = views.read(other.url("blind", "x/emit.nc"), QUALITY_FLAGS="cloud", MASK_FILE=name)
            views.assert_same(seen, reference.view(path, mask=mask, quality_flags="cloud"))
        message = views.refusal(
            other.url("blind", "x/emit.nc"), QUALITY_FLAGS="cloud", MASK_FILE="b.nc"
        )
        assert other.url("blind", "x/b.nc") in message and " b.nc" in message
        moody = other.url("moody", "x/emit.nc")
        message = views.refusal(moody, QUALITY_FLAGS="cloud", MASK_FILE="EMIT_MASK_.nc")
        assert "503" in message


@pytest.mark.cost
def test_missing_mask_costs_a_few_requests_and_is_an_error(tmp_path, tmp_path_factory):
    path = granules.write(tmp_path, lines=21, samples=34, bands=6)
    with webserver.Nginx(tmp_path, tmp_path_factory.mktemp("nginx")) as other:
        name = other.url("blind", path.name)
        views.open_name(name)
        other.forget()
        message = views.refusal(name, QUALITY_FLAGS="cloud")
        requests = other.requests()
    assert "MASK_FILE" in message and path.name in message
    for version in ("001", "002", "003"):
        assert granules.file_name("MASK", version) in message
    asked = [request for request in requests if "MASK" in request.path]
    assert len(asked) == 3 and {request.method for request in asked} == {"HEAD"}
    assert len(requests) <= 4


def test_failed_search_for_a_mask_is_an_error(tmp_path, tmp_path_factory):
    """A newer mask may exist, so an older one must not be used."""
    path, _ = granules.pair(tmp_path, lines=21, samples=34, bands=6)
    with webserver.Nginx(tmp_path, tmp_path_factory.mktemp("nginx")) as other:
        name = other.url("moody", path.name)
        message = views.refusal(name, QUALITY_FLAGS="cloud")
    assert granules.file_name("MASK", "001") in message and "503" in message


def test_state_variables_of_the_reflectance_are_found_by_name(tmp_path, tmp_path_factory):
    rng = np.random.default_rng(5)
    state = (rng.random((21, 34)), rng.random((21, 34)))
    reflectance, _ = granules.pair(tmp_path, "002", lines=21, samples=34, bands=6, state=state)
    other_product = granules.write(tmp_path, "RFLUNCERT", "002", lines=21, samples=34, bands=6)
    local = views.read(other_product, QUALITY_WHERE="AOD550>0.4")
    with webserver.Nginx(tmp_path, tmp_path_factory.mktemp("nginx")) as other:
        seen = views.read(other.url("blind", other_product.name), QUALITY_WHERE="AOD550>0.4")
    views.assert_same(seen, local)
    assert (seen == -9999).any() and reflectance.exists()


# ---- Archives ------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_pair_in_an_archive_on_the_server(method, tmp_path, tmp_path_factory):
    pair = granules.pair(tmp_path, lines=60, samples=45, bands=21)
    with zipfile.ZipFile(tmp_path / "scene.zip", "w", method) as archive:
        for path in pair:
            archive.write(path, path.name)
    with webserver.Nginx(tmp_path, tmp_path_factory.mktemp("nginx")) as other:
        name = f"/vsizip/{other.url('blind', 'scene.zip')}/{pair[0].name}"
        first = views.read(name, **MASKS)
        views.assert_same(first, expected(pair))
        other.forget()
        views.assert_same(views.read(name, **MASKS), first)
        assert webserver.nbytes(other.requests()) == 0


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """The names of a granule of 33 MB in a stored and in a deflated archive, and the sizes of these;
    with the server."""
    folder, served = tmp_path_factory.mktemp("granules"), tmp_path_factory.mktemp("archives")
    path = granules.write(folder, lines=370, samples=310, bands=71)
    with webserver.Nginx(served, tmp_path_factory.mktemp("nginx")) as other:
        names = {}
        for kind in ("stored", "deflated"):
            with zipfile.ZipFile(
                served / f"{kind}.zip", "w", getattr(zipfile, f"ZIP_{kind.upper()}")
            ) as archive:
                archive.write(path, path.name)
            name = f"/vsizip/{other.url('blind', f'{kind}.zip')}/{path.name}"
            names[kind] = name, (served / f"{kind}.zip").stat().st_size
        yield other, names


@pytest.mark.cost
def test_stored_archive_costs_little_more_than_the_file(archives):
    other, names = archives
    name = names["stored"][0]
    # Not gdallocationinfo, which from GDAL 3.10 on reads 64 x 64 cells.
    spectrum = ("gdal_translate", "-q", "-srcwin", "150", "200", "1", "1", name, "/vsimem/out.tif")
    for command, most in ((("gdalinfo", name), 12), (spectrum, 28)):
        other.forget()
        assert views.run(*command)[0] == 0
        requests = other.requests()
        assert 0 < len(requests) <= most
        assert webserver.nbytes(requests) <= 500_000


@pytest.mark.cost
def test_deflated_archive_is_read_from_its_start(archives):
    """Once for metadata, which lie at the end, and once more for a pixel before it."""
    other, names = archives
    name, size = names["deflated"]
    other.forget()
    assert views.run("gdallocationinfo", name, "150", "200")[0] == 0
    requests = other.requests()
    assert webserver.nbytes(requests) <= 2 * size + 500_000
    assert len(requests) <= 60


# ---- Faults --------------------------------------------------------------------------------------

READ = """
import sys
from osgeo import gdal
gdal.UseExceptions()
options = ["QUALITY_FLAGS=0,1,3,4", "MASK_FILE=" + sys.argv[2]]
try:
    array = gdal.OpenEx(sys.argv[1], open_options=options).ReadAsArray()
except RuntimeError as error:
    sys.exit("failed: " + str(error))
array.tofile(sys.argv[3])
"""


def read_elsewhere(server, pair, place, target, **settings):
    names = [server.url(place, path.name) for path in pair]
    return run_python(READ, *names, target, **settings)


def test_retries_recover_from_503_to_every_tenth_request(server, pair, tmp_path):
    retries = {"GDAL_HTTP_MAX_RETRY": "5", "GDAL_HTTP_RETRY_DELAY": "0.01"}
    code, _, errors = read_elsewhere(server, pair, "flaky", tmp_path / "seen", **retries)
    assert code == 0, errors
    assert [request.status for request in server.requests()].count(503) > 0
    local = reference.view(pair[0], mask=pair[1], quality_flags="0,1,3,4")
    views.assert_same(np.fromfile(tmp_path / "seen", "f4").reshape(local.shape), local)


def test_503_to_every_tenth_request_never_passes_as_data(server, pair, tmp_path):
    """Without retries, whether a read succeeds depends on which request is the tenth."""
    local = reference.view(pair[0], mask=pair[1], quality_flags="0,1,3,4")
    codes = set()
    for attempt in range(6):
        target = tmp_path / str(attempt)
        server.forget()
        code, _, errors = read_elsewhere(server, pair, "flaky", target)
        codes.add(code)
        # The first request is GDAL's own, before any driver is asked, and so is its message.
        address = "503" if server.requests()[0].status == 503 else "/flaky/"
        if code == 0:
            views.assert_same(np.fromfile(target, "f4").reshape(local.shape), local)
        else:
            assert address in errors and not target.exists()
    assert 1 in codes


@pytest.mark.parametrize("place", ["busy", "whole"])
def test_fault_without_retries_fails_the_read_and_names_the_address(server, pair, tmp_path, place):
    code, _, errors = read_elsewhere(server, pair, place, tmp_path / "seen")
    assert code == 1
    assert f"http://{webserver.DATA_HOST}:{server.ports['data']}/{place}/" in errors
    assert not (tmp_path / "seen").exists()


@pytest.mark.parametrize("retries", ["0", "1"])
def test_connections_cut_for_good_never_pass_as_data(server, pair, tmp_path, retries):
    """What is fetched ahead is too much for one connection; the short runs of a read are not."""
    settings = {"GDAL_HTTP_MAX_RETRY": retries, "GDAL_HTTP_RETRY_DELAY": "0.01"}
    code, _, errors = read_elsewhere(server, pair, "cut", tmp_path / "seen", **settings)
    if code == 0:
        local = reference.view(pair[0], mask=pair[1], quality_flags="0,1,3,4")
        views.assert_same(np.fromfile(tmp_path / "seen", "f4").reshape(local.shape), local)
    else:
        assert "/cut/" in errors and not (tmp_path / "seen").exists()


def test_unreachable_server_fails_the_read(pair, tmp_path_factory):
    with webserver.Nginx(pair[0].parent, tmp_path_factory.mktemp("nginx")) as other:
        name = other.url("blind", pair[0].name)
        dataset = views.open_name(name)
    with pytest.raises(RuntimeError) as caught:
        dataset.ReadAsArray()
    assert name in str(caught.value)


@pytest.mark.parametrize("form", ["{}", 'EMIT:"{}"'])
@pytest.mark.parametrize("place", ["page", "data"])
def test_web_page_in_place_of_a_granule_is_an_error(server, pair, place, form):
    """With an expired token, /data/ redirects to the login page, which answers 200."""
    name = server.url(place, pair[0].name)
    expired = config(GDAL_HTTP_HEADERS="Authorization: Bearer expired")
    code, _, errors = views.run("gdalinfo", *expired, form.format(name))
    assert code == 1
    assert name in errors and "web page" in errors and "login" in errors and "token" in errors


@pytest.mark.parametrize("form", ["{}", 'EMIT:"{}"'])
def test_server_without_ranges_is_an_error(server, pair, form):
    name = server.url("whole", pair[0].name)
    code, _, errors = views.run("gdalinfo", form.format(name))
    assert code == 1
    assert name in errors and "Range downloading not supported" in errors and "download" in errors


def test_granule_that_does_not_exist_is_an_error(server):
    missing = granules.file_name("RAD")
    code, _, errors = views.run("gdalinfo", f'EMIT:"{server.url("listed", missing)}"')
    assert code != 0 and missing in errors


def test_granule_that_needs_a_login_is_an_error_with_its_status(server, pair):
    name = f'EMIT:"{server.url("basic", pair[0].name)}"'
    code, _, errors = views.run("gdalinfo", name)
    assert code == 1 and "401" in errors and pair[0].name in errors
