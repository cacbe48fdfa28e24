# SPDX-License-Identifier: MIT
"""Threads that share a dataset (GDAL 3.10 and later) do not wait for each other's requests."""
import http.server
import re
import threading

import granules
import numpy as np
import pytest
import reference
import views
from osgeo import gdal

pytestmark = pytest.mark.skipif(
    not hasattr(gdal, "OF_THREAD_SAFE"), reason="GDAL_OF_THREAD_SAFE came with GDAL 3.10"
)
SECONDS = 60
LINES, SAMPLES, BANDS = 900, 350, 3


class SlowServer(http.server.ThreadingHTTPServer):
    """Serves one file, and holds back answers while "open" is not set."""

    daemon_threads = True

    def __init__(self, path):
        super().__init__(("127.0.0.1", 0), Answer)
        self.content = path.read_bytes()
        self.name = f"/{path.name}"
        self.open = threading.Event()
        self.open.set()
        self.asked = threading.Event()

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.open.set()
        self.shutdown()


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.set()
        self.server.open.wait(SECONDS)
        content = self.server.content if self.path == self.server.name else None
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        first, last = (int(number) for number in wanted.groups()) if wanted else (0, 1 << 40)
        part = b"" if content is None else content[first : last + 1]
        self.send_response(404 if content is None else 206 if wanted else 200)
        self.send_header("Last-Modified", "Sat, 03 Sep 2022 16:31:29 GMT")
        self.send_header("Accept-Ranges", "bytes")
        if wanted and content is not None:
            end = first + len(part) - 1
            self.send_header("Content-Range", f"bytes {first}-{end}/{len(content)}")
        length = len(content or b"") if self.command == "HEAD" else len(part)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(part)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


def test_a_cached_line_does_not_wait_for_a_request_of_another_thread(tmp_path):
    path = granules.write(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS)
    raw = reference.raw(path, "reflectance")[:, :, 1]
    flags = gdal.OF_RASTER | gdal.OF_THREAD_SAFE | gdal.OF_VERBOSE_ERROR
    with SlowServer(path) as server:
        name = f"/vsicurl/http://127.0.0.1:{server.server_port}{server.name}"
        dataset = gdal.OpenEx(name, flags, open_options=["ORTHO=NO", "NUM_THREADS=1"])
        band = dataset.GetRasterBand(2)
        lines = {}

        def read(line):
            # A single line comes out of GDAL's block, which holds several.
            lines[line] = np.frombuffer(band.ReadRaster(0, line, SAMPLES, 1), "f4")

        read(0)
        server.open.clear()
        server.asked.clear()
        last = threading.Thread(target=read, args=(LINES - 1,), daemon=True)
        last.start()
        assert server.asked.wait(SECONDS)
        cached = threading.Thread(target=read, args=(1,), daemon=True)
        cached.start()
        cached.join(SECONDS / 3)
        waits = cached.is_alive()
        server.open.set()
        last.join(SECONDS)
        assert not waits
        for line in (0, 1, LINES - 1):
            views.assert_same(lines[line], raw[line])
