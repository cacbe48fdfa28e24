# SPDX-License-Identifier: MIT
"""Threads that share a dataset (GDAL 3.10 and later) do not wait for each other's requests."""
import threading

import granules
import numpy as np
import pytest
import reference
import views
from gatedserver import GatedServer
from osgeo import gdal

pytestmark = pytest.mark.skipif(
    not hasattr(gdal, "OF_THREAD_SAFE"), reason="GDAL_OF_THREAD_SAFE came with GDAL 3.10"
)
SECONDS = 60
LINES, SAMPLES, BANDS = 900, 350, 3


def test_a_cached_line_does_not_wait_for_a_request_of_another_thread(tmp_path):
    path = granules.write(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS)
    raw = reference.raw(path, "reflectance")[:, :, 1]
    flags = gdal.OF_RASTER | gdal.OF_THREAD_SAFE | gdal.OF_VERBOSE_ERROR
    with GatedServer(tmp_path) as server:
        dataset = gdal.OpenEx(server.url(path.name), flags, open_options=["ORTHO=NO", "NUM_THREADS=1"])
        band = dataset.GetRasterBand(2)
        lines = {}

        def read(line):
            # A single line comes out of GDAL's block, which holds several.
            lines[line] = np.frombuffer(band.ReadRaster(0, line, SAMPLES, 1), "f4")

        read(0)
        server.holds = lambda request: True
        last = threading.Thread(target=read, args=(LINES - 1,), daemon=True)
        last.start()
        held = server.held.get(timeout=SECONDS)
        cached = threading.Thread(target=read, args=(1,), daemon=True)
        cached.start()
        cached.join(SECONDS / 3)
        waits = cached.is_alive()
        held.release.set()
        server.release_all()
        last.join(SECONDS)
        assert not waits
        for line in (0, 1, LINES - 1):
            views.assert_same(lines[line], raw[line])
