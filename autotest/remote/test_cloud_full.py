# SPDX-License-Identifier: MIT
"""Requests of jobs on a granule of full size, compared with the minimum.

The minimum is worked out from the files with h5py: the chunks of the lookup table and of the masks
that a job needs, and the runs of raw pixels, first to last of each line, that its cells show.
"""
import h5py
import line
import numpy as np
import pytest
import views
import webserver

pytestmark = [pytest.mark.slow, pytest.mark.cost]
MASKS = {"QUALITY_FLAGS": "0,1,3,4", "BAND_MASK": "YES"}
FLAGS = (0, 1, 3, 4)
SIDE = 256
ROW, COLUMN = 800, 900  # of the window
CELL = (823, 951)  # row and column of a clear cell
KB, MB = 1_000, 1_000_000
PLACES = 4  # requests: lon and lat of two lines of the swath, against which the table is checked


@pytest.fixture(scope="module")
def pair(full):
    return full


@pytest.fixture
def names(nginx, full):
    """New addresses of the pair, which this process has not used before."""
    nginx.forget()
    return [nginx.fresh_url(path.name) for path in full]


def chunk_bytes(variable, lines=slice(None), samples=slice(None), bands=slice(None)):
    """Sizes of the chunks that a part of a variable lies in."""
    asked = [slice(*part.indices(size)) for part, size in zip((lines, samples, bands), variable.shape)]
    sizes = []
    for i in range(variable.id.get_num_chunks()):
        chunk = variable.id.get_chunk_info(i)
        meets = [
            start < part.stop and part.start < start + size
            for start, size, part in zip(chunk.chunk_offset, variable.chunks, asked)
        ]
        if all(meets):
            sizes.append(chunk.size)
    return sizes


class Need:
    """The bytes that a masked window of the ortho grid needs."""

    def __init__(self, full, row, column, rows, columns):
        path, mask_path = full
        with h5py.File(path) as file, h5py.File(mask_path) as masks:
            lines, samples = file["reflectance"].shape[:2]
            self.pixel_nbytes = file["reflectance"].shape[2] * 4
            x = file["location/glt_x"][row : row + rows, column : column + columns]
            y = file["location/glt_y"][row : row + rows, column : column + columns]
            filled = (x >= 1) & (x <= samples) & (y >= 1) & (y <= lines)
            x, y = x[filled] - 1, y[filled] - 1
            raw = slice(y.min(), y.max() + 1), slice(x.min(), x.max() + 1)
            self.chunks = chunk_bytes(file["location/glt_x"]) + chunk_bytes(file["location/glt_y"])
            self.chunks += chunk_bytes(masks["mask"], *raw, slice(min(FLAGS), max(FLAGS) + 1))
            self.chunks += chunk_bytes(masks["band_mask"], *raw)
            flags = masks["mask"][:][:, :, FLAGS]
        clear = (flags.sum(axis=2) < 1)[y, x]
        x, y = x[clear], y[clear]
        spans = [np.ptp(x[y == line]) + 1 for line in np.unique(y)]
        self.runs = len(spans)
        self.run_nbytes = int(sum(spans)) * self.pixel_nbytes


def read(names, window, **options):
    dataset = views.open_name(names[0], MASK_FILE=names[1], **MASKS, **options)
    return dataset, lambda: views.pixels(dataset, **window)


WINDOW = {"xoff": COLUMN, "yoff": ROW, "xsize": SIDE, "ysize": SIDE}


@pytest.fixture(scope="module")
def need(full):
    return Need(full, ROW, COLUMN, SIDE, SIDE)


@pytest.fixture(scope="module")
def local_window(full):
    return views.pixels(views.open_name(full[0], **MASKS), **WINDOW)


def report(job, requests):
    print(f"\n{job}: {len(requests)} requests, {webserver.nbytes(requests):,} bytes")


@pytest.mark.parametrize("place", ["listed", "blind"])
def test_gdalinfo(nginx, full, place):
    nginx.forget()
    code, out, _ = views.run("gdalinfo", nginx.url(place, full[0].name))
    requests = nginx.requests()
    report("gdalinfo", requests)
    assert code == 0 and "Band 285" in out
    assert 0 < len(requests) <= 12
    assert webserver.nbytes(requests) <= 1 * MB


def test_spectrum(nginx, full, names):
    row, column = CELL
    need = Need(full, row, column, 1, 1)
    window = {"xoff": column, "yoff": row, "xsize": 1, "ysize": 1}
    expected = views.pixels(views.open_name(full[0], **MASKS), **window)
    _, spectrum = read(names, window)
    opening = nginx.requests()
    views.assert_same(spectrum(), expected)
    reading = nginx.requests()
    report("spectrum, opening", opening)
    report("spectrum, reading", reading)
    assert (expected != -9999).any()
    assert webserver.nbytes(opening + reading) <= sum(need.chunks) + (400 + 16 * PLACES) * KB
    assert len(opening + reading) <= 25 + PLACES + len(need.chunks)


def test_spectrum_by_a_program(nginx, full):
    """gdallocationinfo reads one band after the other, and the mask is found by its name."""
    row, column = CELL
    need = Need(full, row, column, 1, 1)
    options = [word for key, value in MASKS.items() for word in ("-oo", f"{key}={value}")]
    nginx.forget()
    name = nginx.url("blind", full[0].name)
    code, out, _ = views.run("gdallocationinfo", "-valonly", *options, name, column, row)
    requests = nginx.requests()
    report("spectrum by gdallocationinfo", requests)
    window = {"xoff": column, "yoff": row, "xsize": 1, "ysize": 1}
    expected = views.pixels(views.open_name(full[0], **MASKS), **window)
    assert code == 0 and [np.float32(word) for word in out.split()] == list(expected[:, 0, 0])
    assert webserver.nbytes(requests) <= sum(need.chunks) + (400 + 16 * PLACES) * KB
    assert len(requests) <= 25 + PLACES + len(need.chunks)


def test_window(nginx, names, need, local_window):
    """A run of raw pixels each line, 1.4 MB apart, is a request."""
    _, pixels = read(names, WINDOW)
    opening = nginx.requests()
    views.assert_same(pixels(), local_window)
    reading = nginx.requests()
    report("window, opening", opening)
    report(f"window ({need.run_nbytes:,} bytes in {need.runs} runs), reading", reading)
    assert webserver.nbytes(reading) <= 1.3 * need.run_nbytes + sum(need.chunks)
    assert len(reading) <= need.runs + len(need.chunks) + PLACES + 10


def test_same_window_again(nginx, names, local_window):
    _, pixels = read(names, WINDOW)
    pixels()
    nginx.forget()
    views.assert_same(pixels(), local_window)
    assert nginx.requests() == []
    _, reopened = read(names, WINDOW)
    views.assert_same(reopened(), local_window)
    assert nginx.requests() == []


def test_headers_of_a_mask_are_asked_for_at_once(nginx, full):
    """A walk knows that of glt_x from the first bytes; elev is referred to by what comes later."""
    with h5py.File(full[1]) as file:
        headers = [h5py.h5o.get_info(file[f"location/{name}"].id).addr for name in ("elev", "glt_x")]
        headers.append(h5py.h5o.get_info(file["band_mask"].id).addr)
    with line.Line((webserver.DATA_HOST, nginx.ports["data"]), 0.08, 1e9) as far:
        far.together = 10  # six of the granule, four of the mask
        with views.configured(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"):
            views.open_name(f"/vsicurl/http://127.0.0.1:{far.port}/blind/{full[0].name}", **MASKS)
        parts = [each for each in far.parts()[: far.together] if each["target"] == full[1].name]
        asked = [tuple(map(int, each["range"].split("-"))) for each in parts]
        for header in headers:
            assert any(first <= header <= last for first, last in asked), far.timeline()
        assert not far.came_apart and len(far.parts()) == far.together, far.timeline()
