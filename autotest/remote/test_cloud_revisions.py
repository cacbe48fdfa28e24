# SPDX-License-Identifier: MIT
"""A granule replaced by another one under its address: no read mixes the two, and none after reopening
has bytes of the old one. Servers send a time of change (/blind/), an ETag (/tagged/) or neither (/unmarked/)."""
import os
import shutil

import granules
import numpy as np
import pytest
import views
import webserver
from osgeo import gdal

LINES, SAMPLES, BANDS = 83, 67, 29
TIME_OF_OLD, TIME_OF_NEW = 1_700_000_011, 1_710_000_022
MARKS = ["blind", "tagged"]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("kinds")


def kind(home, name, bands=BANDS, offset=0.0, storage=None):
    """(path, pixels of the raw grid) of a granule of its own."""
    (home / name).mkdir(exist_ok=True)
    data = granules.values(LINES, SAMPLES, bands) + offset
    path = granules.write(home / name, lines=LINES, samples=SAMPLES, bands=bands, data=data, storage=storage)
    return path, np.moveaxis(data, 2, 0).astype("f4")


@pytest.fixture(scope="module")
def old(home):
    return kind(home, "old")


@pytest.fixture(params=["same size", "smaller", "larger", "chunked"], scope="module")
def new(request, home, old):
    chunks = {"chunksizes": (20, 30, BANDS)} if request.param == "chunked" else None
    bands = {"smaller": BANDS - 6, "larger": BANDS + 9}.get(request.param, BANDS)
    path, pixels = kind(home, request.param, bands, 0.5, chunks)
    sizes = path.stat().st_size, old[0].stat().st_size
    assert (sizes[0] == sizes[1]) == (request.param == "same size")
    return path, pixels


@pytest.fixture(scope="module")
def nginx(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    with webserver.Nginx(folder, tmp_path_factory.mktemp("nginx")) as running:
        running.folder = folder
        yield running


class Address:
    """A new address, and the granule under it."""

    count = 0

    def __init__(self, nginx, place, path, modified):
        Address.count += 1
        self.target = nginx.folder / f"{Address.count}_{path.name}"
        self.name = nginx.url(place, self.target.name)
        self.put(path, modified)

    def put(self, path, modified):
        aside = self.target.with_suffix(".aside")
        shutil.copy(path, aside)
        os.utime(aside, (modified, modified))
        aside.replace(self.target)

    def open(self):
        return views.open_name(f'EMIT:"{self.name}"', ORTHO="NO")


@pytest.mark.parametrize("place", [*MARKS, "unmarked"])
def test_reopened_after_clearing_gdals_cache(nginx, old, new, place):
    address = Address(nginx, place, old[0], TIME_OF_OLD)
    views.assert_same(views.pixels(address.open()), old[1])
    address.put(new[0], TIME_OF_NEW)
    gdal.VSICurlClearCache()
    views.assert_same(views.pixels(address.open()), new[1])


@pytest.mark.parametrize("place", MARKS)
def test_replaced_while_open(nginx, old, new, place):
    """Bytes read before stay readable; the rest is an error until the granule is reopened."""
    address = Address(nginx, place, old[0], TIME_OF_OLD)
    dataset = address.open()
    views.assert_same(views.pixels(dataset, ysize=9), old[1][:, :9].copy())
    address.put(new[0], TIME_OF_NEW)
    for _ in range(2):
        with pytest.raises(RuntimeError) as caught:
            dataset.ReadAsArray(0, 40, SAMPLES, 40)
        assert address.name in str(caught.value)
    views.assert_same(views.pixels(address.open()), new[1])


def test_replaced_between_opening_and_the_first_read(nginx, old, new):
    address = Address(nginx, "blind", old[0], TIME_OF_OLD)
    dataset = address.open()
    address.put(new[0], TIME_OF_NEW)
    with pytest.raises(RuntimeError) as caught:
        dataset.ReadAsArray()
    assert address.name in str(caught.value)


def test_unverified_bytes_of_a_closed_dataset_are_verified_by_the_next(nginx, old, home):
    """The first opening reads metadata alone; the second has those from the cache."""
    new = kind(home, "next", offset=0.25)
    address = Address(nginx, "blind", old[0], TIME_OF_OLD)
    address.open()
    address.put(new[0], TIME_OF_NEW)
    dataset = address.open()
    with pytest.raises(RuntimeError, match="changed"):
        dataset.ReadAsArray()


@pytest.mark.parametrize("place", MARKS)
def test_advised_bytes_are_verified_by_the_read(nginx, old, home, place):
    """Advice fetches bytes of both files without checking the revision."""
    new = kind(home, "advised", offset=0.75)
    address = Address(nginx, place, old[0], TIME_OF_OLD)
    dataset = address.open()
    dataset.AdviseRead(0, 0, SAMPLES, 40)
    address.put(new[0], TIME_OF_NEW)
    dataset.AdviseRead(0, 40, SAMPLES, LINES - 40)
    with pytest.raises(RuntimeError) as caught:
        dataset.ReadAsArray()
    assert address.name in str(caught.value)
    views.assert_same(views.pixels(address.open()), new[1])


def test_advised_bytes_of_a_closed_dataset_are_verified_by_the_next(nginx, old, home):
    new = kind(home, "advised", offset=0.75)
    address = Address(nginx, "blind", old[0], TIME_OF_OLD)
    address.open().AdviseRead(0, 0, SAMPLES, LINES)
    address.put(new[0], TIME_OF_NEW)
    dataset = address.open()
    with pytest.raises(RuntimeError, match="changed"):
        dataset.ReadAsArray()
    views.assert_same(views.pixels(address.open()), new[1])


def test_nothing_is_shared_between_openings_of_an_unmarked_file(nginx, old):
    address = Address(nginx, "unmarked", old[0], TIME_OF_OLD)
    for _ in range(2):
        nginx.forget()
        views.assert_same(views.pixels(address.open()), old[1])
        assert webserver.nbytes(nginx.requests()) > old[1].nbytes


@pytest.mark.parametrize("place", [*MARKS, "unmarked"])
def test_size_alone_shows_that_a_file_was_replaced(nginx, old, home, place):
    """The same time of change."""
    longer = kind(home, "longer", BANDS + 2)
    address = Address(nginx, place, old[0], TIME_OF_OLD)
    dataset = address.open()
    address.put(longer[0], TIME_OF_OLD)
    with pytest.raises(RuntimeError) as caught:
        dataset.ReadAsArray()
    assert address.name in str(caught.value)
    views.assert_same(views.pixels(address.open()), longer[1])


def test_server_that_cannot_confirm_fails_the_read(nginx, old):
    """Pixels that may mix two files are an error; the next try may succeed."""
    address = Address(nginx, "sulky", old[0], TIME_OF_OLD)
    dataset = address.open()
    sulk = nginx.home / "sulk"
    sulk.touch()
    with pytest.raises(RuntimeError) as caught:
        dataset.ReadAsArray(0, 0, 5, 4)
    sulk.unlink()
    assert address.name in str(caught.value) and "503" in str(caught.value)
    views.assert_same(views.pixels(dataset), old[1])
