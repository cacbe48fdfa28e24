# SPDX-License-Identifier: MIT
"""An answer that a server is slow to give holds up what needs it, and nothing else."""
import concurrent.futures
import queue
import time

import granules
import h5py
import numpy as np
import pytest
import reference
import views
from gatedserver import SECONDS, GatedServer

LINES, SAMPLES, BANDS = 201, 173, 23
CHUNKS = {"chunksizes": (19, 29, 7)}


@pytest.fixture(scope="module", params=["contiguous", "chunked"])
def pair(request, tmp_path_factory):
    storage = {"storage": CHUNKS, "mask_storage": {"zlib": True, "chunksizes": (31, 17, 2)}}
    folder = tmp_path_factory.mktemp("granules")
    sizes = {"lines": LINES, "samples": SAMPLES, "bands": BANDS}
    return granules.pair(folder, **sizes, **(storage if request.param == "chunked" else {}))


@pytest.fixture
def server(pair):
    with GatedServer(pair[0].parent) as running:
        with views.configured(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"):
            yield running


@pytest.fixture(scope="module")
def masks(pair):
    return {"QUALITY_FLAGS": ",".join(reference.labels(pair[1])[:2]), "BAND_MASK": "YES"}


@pytest.fixture(scope="module")
def whole(pair, masks):
    return reference.view(pair[0], mask=pair[1], quality_flags=masks["QUALITY_FLAGS"], band_mask_file=pair[1])


def assert_others_go_on(server, slow, others):
    """Runs "slow" with each answer to it held back until the next one of "others" has ended."""
    held_count = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        try:
            done = pool.submit(slow)
            while True:
                try:
                    held = server.held.get(timeout=0.05)
                except queue.Empty:
                    if done.done():
                        break
                    continue
                other = next(others)
                if other is not None:
                    pool.submit(other).result(timeout=SECONDS / 2)
                held_count += 1
                held.release.set()
        finally:
            server.release_all()
    done.result()
    return held_count


def test_other_files(server, pair, masks, whole):
    """Whatever an opening and a first read wait for, another file is opened and read meanwhile."""
    slow = server.url(pair[0].name)
    box = {"xoff": 40, "yoff": 50, "xsize": 37, "ysize": 41}
    part = whole[:, 50:91, 40:77]

    def read(name):
        views.assert_same(views.pixels(views.open_name(name, **masks), **box), part)

    def read_others():
        while True:
            name = server.url(pair[0].name)
            yield lambda: read(name)

    server.holds = lambda request: request.path.split("/")[1] == slow.split("/")[-2]
    assert assert_others_go_on(server, lambda: read(slow), read_others()) > 15


def test_other_places_of_the_file(server, pair, masks):
    """While one thread waits for bytes of a window, another one reads windows whose bytes are not cached either."""
    name = server.url(pair[0].name)
    slow, other = (views.open_name(name, ORTHO="NO", **masks) for _ in range(2))
    raw = reference.view(pair[0], mask=pair[1], quality_flags=masks["QUALITY_FLAGS"], band_mask_file=pair[1], ortho="NO")

    def read(dataset, line, sample):
        seen = views.pixels(dataset, xoff=sample, yoff=line, xsize=9, ysize=10)
        views.assert_same(seen, raw[:, line : line + 10, sample : sample + 9])

    read(slow, 3, 4)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for line in (40, 80, 120):
            once = iter([True])
            server.holds = lambda request: request.method == "GET" and next(once, False)
            done = pool.submit(read, slow, line, 30)
            held = server.held.get(timeout=SECONDS)
            asked = len(server.requests)
            try:
                pool.submit(read, other, line + 60, 120).result(timeout=SECONDS / 2)
                assert len(server.requests) > asked and not done.done()
            finally:
                held.release.set()
            done.result()


@pytest.fixture(scope="module", params=["contiguous", "deflated"])
def large(request, tmp_path_factory):
    """Several times what is worth decoding while the rest is fetched."""
    storage = {"zlib": True, "complevel": 1, "chunksizes": (16, 24, 20)} if request.param == "deflated" else None
    data = np.random.default_rng(7).random((160, 97, 120), "f4")
    folder = tmp_path_factory.mktemp("large")
    return granules.write(folder, lines=160, samples=97, bands=120, data=data, storage=storage)


def test_values_arrive_while_others_are_waited_for(large):
    """All cells but those whose bytes are held back are in the program's buffer before these are sent."""
    raw = np.moveaxis(reference.raw(large, "reflectance"), 2, 0)
    seen = np.full(raw.shape, -1, "f4")
    with h5py.File(large) as file:
        values = file["reflectance"].id
        begin = values.get_offset() or values.get_chunk_info(0).byte_offset
        late = begin + values.get_storage_size() * 7 // 8
    with GatedServer(large.parent) as server, concurrent.futures.ThreadPoolExecutor(1) as pool:
        dataset = views.open_name(server.url(large.name), ORTHO="NO")
        server.holds = lambda request: request.first <= late <= request.last and request.method == "GET"
        done = pool.submit(dataset.ReadAsArray, buf_obj=seen)
        held = server.held.get(timeout=SECONDS)
        try:
            deadline = time.monotonic() + SECONDS / 2
            while (missing := (seen != raw).mean()) > 0.5:
                assert time.monotonic() < deadline and not done.done(), missing
                time.sleep(0.02)
            assert missing > 0
        finally:
            held.release.set()
        done.result()
    views.assert_same(seen, raw)
