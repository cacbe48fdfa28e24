# SPDX-License-Identifier: MIT
"""A newer mask that the server does not send: it is absent or an error, never replaced by an older one.

GDAL lists no folder, except for the last tests. The server holds masks of versions 001, 002 and 003
of a scene; requests for the newer two, or for a part of their bytes, get the answer that stands in
the address.
"""
import re
import threading

import granules
import httpserver
import pytest
import reference
import views
from osgeo import gdal

SIZE = {"lines": 19, "samples": 12}
ABSENT = (403, 404, 410)
FAILURES = (400, 401, 402, 405, 408, 418, 425, 429, 451, 500, 502, 503, 504, "cut", "loop")
# Error codes of S3, which are more exact than the status.
STORE_ERRORS = {
    "NoSuchKey": 404,
    "AccessDenied": 403,
    "SignatureDoesNotMatch": 403,
    "InvalidAccessKeyId": 403,
    "RequestTimeTooSkewed": 403,
    "ExpiredToken": 400,
    "InternalError": 500,
    "SlowDown": 503,
}


class Handler(httpserver.Handler):
    """/ANSWER/NAME: requests for the newer masks get ANSWER, all others succeed."""

    def do_HEAD(self):
        _, answer, name = self.path.split("/", 2)
        if not name:
            return self.list_folder()
        withheld = "_MASK_00" in name and "_MASK_001" not in name and not self.server.recovered
        self.server.asked.append(name)
        self.server.agents.add(self.headers["User-Agent"])
        if part := re.fullmatch("([0-9]+)-(head|rest)", answer):
            is_head = self.headers.get("Range", "").startswith("bytes=0-")
            asked = "_MASK_" in name and self.command == "GET"
            withheld = asked and is_head == (part[2] == "head")
            answer = part[1]
        if answer == "together" and "_MASK_" in name and self.server.asked.count(name) == 1:
            try:
                self.server.barrier.wait()
            except threading.BrokenBarrierError:
                withheld, answer = True, "503"
        if withheld and answer not in ("200", "together"):
            self.withhold(answer)
        elif not (self.server.folder / name).is_file():
            self.answer(404)
        else:
            content = (self.server.folder / name).read_bytes()
            self.send_file(content, Last_Modified="Sat, 03 Sep 2022 16:31:29 GMT")

    do_GET = do_HEAD

    def list_folder(self):
        names = sorted(path.name for path in self.server.folder.iterdir())
        links = "".join(2 * f'<a href="{name}">{name}</a>\n' for name in names)
        page = f"<title>Index of {self.path}</title>\n{links}"
        self.answer(200, len(page), Content_Type="text/html")
        self.wfile.write(page.encode())

    def withhold(self, answer):
        if answer == "cut":
            self.close_connection = True
            self.connection.close()
        elif answer == "loop":
            self.answer(302, Location=self.path)
        elif answer in STORE_ERRORS:
            page = f'<?xml version="1.0"?><Error><Code>{answer}</Code><Message>no</Message></Error>'
            self.answer(STORE_ERRORS[answer], len(page))
            self.wfile.write(page.encode())
        else:
            self.answer(int(answer))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("granules")
    granules.write(folder, bands=5, **SIZE)
    for version in granules.MASK_LABELS:
        data = granules.flags(19, 12, granules.MASK_LABELS[version], seed=int(version))
        granules.write(folder, "MASK", version, data=data, band_mask=False, **SIZE)
    with httpserver.serving(Handler) as running:
        running.folder, running.asked = folder, []
        yield running


@pytest.fixture
def fresh(server):
    gdal.VSICurlClearCache()
    server.recovered = False
    server.asked.clear()
    server.agents = set()
    with views.configured(GDAL_HTTP_TIMEOUT="10", GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"):
        yield server


def url(server, answer, name):
    if answer in STORE_ERRORS:  # the name of the bucket
        return f"/vsis3/{answer}/{name}"
    return f"/vsicurl/http://127.0.0.1:{server.server_port}/{answer}/{name}"


def granule(server, answer):
    return url(server, answer, granules.file_name("RFL"))


def taken(server, answer):
    """The version of the mask that is taken, and the pixels."""
    dataset = views.open_name(granule(server, answer), QUALITY_FLAGS="cloud", ORTHO="NO")
    name = dataset.GetMetadataItem("EMIT_MASK_FILE")
    return re.search("_MASK_(...)_", name)[1], views.pixels(dataset)


def expected(server, version):
    path = server.folder / granules.file_name("RFL")
    mask = server.folder / granules.file_name("MASK", version)
    return reference.view(path, ortho="NO", mask=mask, quality_flags="cloud")


def test_newest_mask_is_used(fresh):
    version, seen = taken(fresh, 200)
    assert version == "003"
    views.assert_same(seen, expected(fresh, "003"))


@pytest.mark.parametrize("answer", ABSENT)
def test_mask_reported_as_absent(fresh, answer):
    """The answer is trusted, and requested once."""
    for _ in range(2):
        version, seen = taken(fresh, answer)
        assert version == "001"
        views.assert_same(seen, expected(fresh, "001"))
    newest = granules.file_name("MASK", "003")
    assert fresh.asked.count(newest) == 1


@pytest.mark.parametrize("answer", FAILURES)
def test_any_other_answer_is_an_error_until_the_server_has_recovered(fresh, answer):
    """Also when opened again, although GDAL caches the failure as an absent file."""
    for _ in range(3):
        message = views.refusal(granule(fresh, answer), QUALITY_FLAGS="cloud")
        assert granules.file_name("MASK", "002") in message
        assert str(answer) in message or not isinstance(answer, int)
    fresh.recovered = True
    version, seen = taken(fresh, answer)
    assert version == "003"
    views.assert_same(seen, expected(fresh, "003"))


@pytest.mark.parametrize("code", STORE_ERRORS)
def test_error_codes_of_object_stores(fresh, code):
    store = {"AWS_S3_ENDPOINT": f"127.0.0.1:{fresh.server_port}", "AWS_HTTPS": "NO"}
    store |= {"AWS_VIRTUAL_HOSTING": "FALSE", "AWS_NO_SIGN_REQUEST": "YES"}
    with views.configured(**store):
        if code in ("NoSuchKey", "AccessDenied"):
            assert taken(fresh, code)[0] == "001"
        else:
            for _ in range(2):
                message = views.refusal(granule(fresh, code), QUALITY_FLAGS="cloud")
                assert granules.file_name("MASK", "002") in message
        fresh.recovered = True
        gdal.VSICurlClearCache()
        assert taken(fresh, code)[0] == "003"


def test_all_likely_names_are_asked_for_at_once(fresh):
    """The server answers only once all three requests have arrived."""
    fresh.barrier = threading.Barrier(3, timeout=20)
    assert taken(fresh, "together")[0] == "003"


def test_thread_local_configuration_holds_for_all_requests(fresh):
    """Such as credentials that a program sets for one of its threads."""
    agent = "a thread's own"
    gdal.SetThreadLocalConfigOption("GDAL_HTTP_USERAGENT", agent)
    try:
        assert taken(fresh, 200)[0] == "003"
    finally:
        gdal.SetThreadLocalConfigOption("GDAL_HTTP_USERAGENT", None)
    assert fresh.agents == {agent}


def test_failed_requests_of_others_are_not_trusted(fresh):
    """GDAL's cache belongs to the process: other code may have requested the mask."""
    mask = url(fresh, 503, granules.file_name("MASK", "003"))
    assert gdal.VSIStatL(mask) is None
    with pytest.raises(RuntimeError):
        gdal.Open(mask)
    assert "503" in views.refusal(granule(fresh, 503), QUALITY_FLAGS="cloud")
    fresh.recovered = True
    assert taken(fresh, 503)[0] == "003"


def test_absence_is_forgotten_when_gdals_cache_is_cleared(fresh):
    """A mask that is published later."""
    assert taken(fresh, 404)[0] == "001"
    fresh.recovered = True
    gdal.VSICurlClearCache()
    assert taken(fresh, 404)[0] == "003"
    fresh.recovered = False
    gdal.VSICurlClearCache()
    assert taken(fresh, 404)[0] == "001"


@pytest.mark.parametrize("version", ["001", "003"])
@pytest.mark.parametrize("answer", ["401-head", "503-head", "401-rest", "503-rest"])
def test_bytes_that_are_refused_are_not_called_damaged_or_lost(
    fresh, answer, version, tmp_path, monkeypatch
):
    """Headers were sent; GDAL gives no reason for the first bytes, and the rest are metadata."""
    _, mask = granules.pair(tmp_path, lines=61, samples=43, bands=19, mask_version=version)
    monkeypatch.setattr(fresh, "folder", tmp_path)
    message = views.refusal(granule(fresh, answer), QUALITY_FLAGS="cloud")
    assert mask.name in message and f"response_code={answer[:3]}" in message
    wrong = ("damaged metadata", "gives no reason", "connection was lost")
    assert not any(words in message for words in wrong)


@pytest.mark.parametrize("answer", (401, 403, 404, 429, 503))
def test_listed_file_that_is_not_sent(fresh, answer):
    """GDAL opens what a folder lists without a request; its size, 0, made it another format."""
    newest = granules.file_name("MASK", "003")
    with views.configured(GDAL_DISABLE_READDIR_ON_OPEN="FALSE"):
        for name in (granule(fresh, answer), views.name_of(url(fresh, answer, newest), "mask")):
            message = views.refusal(name, QUALITY_FLAGS="cloud")
            assert newest in message and str(answer) in message.replace(name, "")
            assert "HDF5" not in message
        fresh.recovered = True
        if answer not in ABSENT:
            version, seen = taken(fresh, answer)
            assert version == "003"
            views.assert_same(seen, expected(fresh, "003"))


def test_file_that_is_linked_twice_is_one_file(fresh, tmp_path, monkeypatch):
    """As index pages with icons do; flags and wavelengths came from two openings of one mask."""
    path, mask = granules.pair(tmp_path, lines=17, samples=13, bands=9)
    monkeypatch.setattr(fresh, "folder", tmp_path)
    with views.configured(GDAL_DISABLE_READDIR_ON_OPEN="FALSE"):
        name = url(fresh, "twice", path.name)
        dataset = views.open_name(name, QUALITY_FLAGS="cloud", BAND_MASK="YES", ORTHO="NO")
        assert dataset.GetMetadataItem("EMIT_MASK_FILE") == url(fresh, "twice", mask.name)
        wanted = {"mask": mask, "quality_flags": "cloud", "band_mask_file": mask}
        views.assert_same(views.pixels(dataset), reference.view(path, ortho="NO", **wanted))
