# SPDX-License-Identifier: MIT
"""NASA's archive as it is: who has a token is sent on (303) to a signed address of an object store, which
expires, and which refuses any other authorization. Some answers are 429 or 503 with Retry-After."""
import http.server
import os
import re
import threading
import time

import granules
import pytest
import reference
import views
from osgeo import gdal

TOKEN = "eyJ0.archive.token"
VALID_SECONDS = 1
LINES, SAMPLES, BANDS = 73, 57, 39


class Archive:
    """Two servers on loopback: "data" signs, "store" sends. "busy": how many of the next requests to
    the store are refused, and by which status. "heads": whether the store answers HEAD."""

    def __init__(self, folder):
        self.folder, self.busy, self.heads = folder, [], True
        self.leaks, self.expired, self.signed = [], 0, 0
        self.store = self._start(self._answer_store)
        self.data = self._start(self._answer_data)

    @staticmethod
    def _start(answer):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            do_GET = do_HEAD = lambda request: answer(request)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    @staticmethod
    def _refuse(request, status, **headers):
        request.send_response(status)
        for key, value in {"Content-Length": "0", **headers}.items():
            request.send_header(key.replace("_", "-"), value)
        request.end_headers()

    def _answer_data(self, request):
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._refuse(request, 401)
        self.signed += 1
        expires = int(time.time()) + VALID_SECONDS
        address = f"http://localhost:{self.store.server_port}{request.path}"
        return self._refuse(request, 303, Location=f"{address}?Expires={expires}&Signature=aa")

    def _answer_store(self, request):
        path, _, query = request.path.partition("?")
        if request.headers.get("Authorization"):
            self.leaks.append(request.headers["Authorization"])
            return self._refuse(request, 400)
        if int(re.search(r"Expires=(\d+)", query)[1]) < time.time():
            self.expired += 1
            return self._refuse(request, 403)
        if self.busy:
            return self._refuse(request, self.busy.pop(), Retry_After="1")
        if request.command == "HEAD" and not self.heads:
            return self._refuse(request, 405)
        target = self.folder / path.strip("/")
        if not target.is_file():
            return self._refuse(request, 404)
        content = target.read_bytes()
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("Range", ""))
        first, last = (int(asked[1]), min(int(asked[2]), len(content) - 1)) if asked else (0, len(content) - 1)
        request.send_response(206 if asked else 200)
        if asked:
            request.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        request.send_header("Content-Length", str(last - first + 1))
        request.send_header("Last-Modified", request.date_time_string(target.stat().st_mtime))
        request.end_headers()
        if request.command == "GET":
            request.wfile.write(content[first : last + 1])

    def url(self, path):
        return f"/vsicurl/http://127.0.0.1:{self.data.server_port}/{path.name}"


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("granules")
    made = granules.pair(folder, lines=LINES, samples=SAMPLES, bands=BANDS)
    for path in made:
        os.utime(path, (1_700_000_011, 1_700_000_011))
    return made


@pytest.fixture
def archive(pair):
    gdal.VSICurlClearCache()
    with views.configured(
        GDAL_HTTP_HEADERS=f"Authorization: Bearer {TOKEN}",
        GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR",
    ):
        yield Archive(pair[0].parent)


@pytest.fixture(scope="module")
def expected(pair):
    path, mask = pair
    return reference.view(path, mask=mask, quality_flags="0,1", band_mask_file=mask)


def open_masked(archive, pair):
    return views.open_name(archive.url(pair[0]), QUALITY_FLAGS="0,1", BAND_MASK="YES")


@pytest.mark.parametrize("heads", [True, False])
def test_pixels_and_no_leak(archive, pair, expected, heads):
    archive.heads = heads
    views.assert_same(views.pixels(open_masked(archive, pair)), expected)
    assert archive.leaks == [] and archive.signed > 0


def test_signed_address_expires_between_opening_and_reading(archive, pair, expected):
    dataset = open_masked(archive, pair)
    time.sleep(VALID_SECONDS + 1.1)
    views.assert_same(views.pixels(dataset), expected)
    assert archive.leaks == []


@pytest.mark.parametrize("status", [429, 503])
def test_busy_for_a_while(archive, pair, expected, status):
    with views.configured(GDAL_HTTP_MAX_RETRY="3", GDAL_HTTP_RETRY_DELAY="0.05"):
        dataset = open_masked(archive, pair)
        archive.busy = [status] * 2
        views.assert_same(views.pixels(dataset), expected)
    assert archive.busy == []
