# SPDX-License-Identifier: MIT
"""A stand-in for NASA's archive: requests with a token are redirected (303) to a signed address of an
object store, which expires and refuses any other authorization. Some answers are 429 or 503 with
Retry-After."""
import http.server
import os
import re
import ssl
import threading
import time

import httpserver
import pytest
import reference
import views
from osgeo import gdal

TOKEN = "eyJ0.archive.token"
LINES, SAMPLES, BANDS = 73, 57, 39


class Archive:
    """Two servers on loopback: "data" signs, "store" sends. "busy": how many of the next requests to
    the store are refused, and by which status. "heads": whether the store answers HEAD."""

    def __init__(self, folder, certificate=None):
        self.folder, self.busy, self.heads = folder, [], True
        self.valid_seconds = 60
        self.certificate, self.scheme = certificate, "https" if certificate else "http"
        for path in folder.iterdir():
            os.utime(path, (1_700_000_011, 1_700_000_011))
        self.leaks, self.expired, self.signed = [], 0, 0
        self.store = self._start(self._answer_store)
        self.data = self._start(self._answer_data)

    def _start(self, answer):
        class Handler(httpserver.Handler):
            do_GET = do_HEAD = lambda request: answer(request)

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def _answer_data(self, request):
        asked = request.headers.get("Authorization"), request.headers.get("Cookie")
        if asked not in [(f"Bearer {TOKEN}", None), (None, f"session={TOKEN}")]:
            return request.answer(401)
        self.signed += 1
        expires = int(time.time()) + self.valid_seconds
        address = f"{self.scheme}://localhost:{self.store.server_port}{request.path}"
        return request.answer(303, Location=f"{address}?Expires={expires}&Signature=aa")

    def _answer_store(self, request):
        path, _, query = request.path.partition("?")
        if request.headers.get("Authorization"):
            self.leaks.append(request.headers["Authorization"])
            return request.answer(400)
        if int(re.search(r"Expires=(\d+)", query)[1]) < time.time():
            self.expired += 1
            return request.answer(403)
        if self.busy:
            return request.answer(self.busy.pop(), Retry_After="1")
        if request.command == "HEAD" and not self.heads:
            return request.answer(405)
        target = self.folder / path.strip("/")
        if not target.is_file():
            return request.answer(404)
        modified = request.date_time_string(target.stat().st_mtime)
        return request.send_file(target.read_bytes(), Last_Modified=modified)

    def url(self, path):
        return f"/vsicurl/{self.scheme}://127.0.0.1:{self.data.server_port}/{path.name}"


SIGNED_IN = {"GDAL_HTTP_HEADERS": f"Authorization: Bearer {TOKEN}"}


@pytest.fixture
def stranger(pair):
    """The archive, without a login."""
    gdal.VSICurlClearCache()
    with views.configured(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"):
        yield Archive(pair[0].parent)


@pytest.fixture
def archive(stranger):
    with views.configured(**SIGNED_IN):
        yield stranger


@pytest.fixture(scope="module")
def expected(pair):
    path, mask = pair
    return reference.view(path, mask=mask, quality_flags="0,1", band_mask_file=mask)


def open_masked(archive, pair):
    return views.open_name(archive.url(pair[0]), QUALITY_FLAGS="0,1", BAND_MASK="YES")


@pytest.mark.parametrize("heads", [True, False])
def test_pixels_are_right_and_no_token_leaks(archive, pair, expected, heads):
    archive.heads = heads
    views.assert_same(views.pixels(open_masked(archive, pair)), expected)
    assert archive.leaks == [] and archive.signed > 0


def test_signed_address_expires_between_opening_and_reading(archive, pair, expected):
    archive.valid_seconds = 2
    dataset = open_masked(archive, pair)
    time.sleep(archive.valid_seconds + 1.1)
    views.assert_same(views.pixels(dataset), expected)
    assert archive.leaks == []


@pytest.mark.parametrize("status", [429, 503])
def test_busy_server_is_retried(archive, pair, expected, status):
    with views.configured(GDAL_HTTP_MAX_RETRY="3", GDAL_HTTP_RETRY_DELAY="0.05"):
        dataset = open_masked(archive, pair)
        archive.busy = [status] * 2
        views.assert_same(views.pixels(dataset), expected)
    assert archive.busy == []


# ---- Signing in ----------------------------------------------------------------------------------


@pytest.mark.skipif(int(gdal.VersionInfo()) < 3070000, reason="GDAL 3.6 has no such settings for a path")
@pytest.mark.parametrize(
    "setting",
    [("GDAL_HTTP_HEADERS", f"Authorization: Bearer {TOKEN}"), ("GDAL_HTTP_COOKIE", f"session={TOKEN}")],
    ids=["headers", "cookie"],
)
def test_settings_for_a_path(stranger, pair, expected, setting):
    """Settings of one server are used by all threads, and for no other server."""
    prefix = stranger.url(pair[0])[: -len(pair[0].name)]
    gdal.SetPathSpecificOption(prefix, *setting)
    try:
        views.assert_same(views.pixels(open_masked(stranger, pair)), expected)
        other = Archive(pair[0].parent)
        assert "401" in views.refusal(other.url(pair[0]), QUALITY_FLAGS="0,1")
    finally:
        gdal.ClearPathSpecificOptions(prefix)
    assert stranger.leaks == [] and other.signed == 0


@pytest.mark.skipif(int(gdal.VersionInfo()) < 3090000, reason="GDAL_HTTP_AUTH=BEARER came with GDAL 3.9")
def test_bearer_of_3_9(stranger, pair, expected):
    with views.configured(GDAL_HTTP_AUTH="BEARER", GDAL_HTTP_BEARER=TOKEN):
        views.assert_same(views.pixels(open_masked(stranger, pair)), expected)
    assert stranger.leaks == []


@pytest.mark.parametrize("trust", ["CURL_CA_BUNDLE", "SSL_CERT_FILE", "GDAL_HTTP_UNSAFESSL"])
def test_tls(pair, expected, certificate, trust, monkeypatch):
    gdal.VSICurlClearCache()
    served, refused = (Archive(pair[0].parent, certificate) for _ in range(2))  # GDAL keeps what it heard of each
    settings = {**SIGNED_IN, "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}
    for name in ("GDAL_CURL_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):  # the first is rasterio's
        monkeypatch.delenv(name, raising=False)
    with views.configured(**settings):
        assert "ertificate" in views.refusal(refused.url(pair[0]), QUALITY_FLAGS="0,1")
    settings[trust] = "YES" if trust.endswith("SSL") else str(certificate.with_suffix(".crt"))
    with views.configured(**settings):
        views.assert_same(views.pixels(open_masked(served, pair)), expected)
    assert served.leaks == [] and served.signed > 0
