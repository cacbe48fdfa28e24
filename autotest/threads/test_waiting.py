# SPDX-License-Identifier: MIT
"""Threads that share a dataset (GDAL 3.10 and later) do not wait for each other's requests."""
import http.server
import threading

import granules
import httpserver
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


class Answer(httpserver.Handler):
    def do_GET(self):
        self.server.asked.set()
        self.server.open.wait(SECONDS)
        if self.path != self.server.name:
            return self.answer(404)
        return self.send_file(self.server.content, Last_Modified="Sat, 03 Sep 2022 16:31:29 GMT")

    do_HEAD = do_GET


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
