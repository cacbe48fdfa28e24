# SPDX-License-Identifier: MIT
"""fork() with open datasets, as multiprocessing, Dask and PyTorch's DataLoader do it on Linux.

A child has one thread. It must not wait for other threads of its parent, nor share the parent's
file offsets or connections to a server.
"""
import contextlib
import os
import signal
import threading
import time
import zipfile

import numpy as np
import pytest
import views
import webserver
from osgeo import gdal

# Newer Python warns of what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
OPTIONS = {**views.MASKS, "NUM_THREADS": "2"}
LINES, SAMPLES, BANDS = 83, 71, 19
SECONDS = 60  # a child that runs longer hangs


@pytest.fixture(scope="module", params=[None, (17, 13, 10)], ids=["contiguous", "deflated"])
def scene(tmp_path_factory, request):
    """(granule, masked ortho array)"""
    folder = tmp_path_factory.mktemp("fork")
    return views.masked_scene(folder, request.param, lines=LINES, samples=SAMPLES, bands=BANDS)


def small_cache():
    """So that children read from the file and not from what the parent has cached."""
    return views.cache_size(1 << 20)


def start_child(job):
    """Forks; the child's job() must return None. Pass what this returns to outcome()."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid > 0:
        os.close(theirs)
        return pid, ours
    signal.alarm(SECONDS)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    try:
        job()
        os.write(theirs, b"right")
    except BaseException as failure:
        os.write(theirs, repr(failure)[:2000].encode())
    os._exit(0)


def outcome(child):
    pid, end = child
    _, status = os.waitpid(pid, 0)
    with os.fdopen(end) as text:
        messages = text.read()
    return "hangs" if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM else messages


def read_windows(dataset, whole, seed, count=40):
    random = np.random.default_rng(seed)
    _, rows, columns = whole.shape
    for _ in range(count):
        x, y = int(random.integers(columns - 9)), int(random.integers(rows - 7))
        seen = dataset.ReadRaster(x, y, 9, 7)
        assert bytes(seen) == whole[:, y : y + 7, x : x + 9].tobytes(), f"{seed}: {x} {y}"


def names_of(path, folder):
    """Names of the granule, with its mask, in a folder, an archive and memory."""
    files = [path, next(path.parent.glob("*MASK*"))]
    archive = folder / "stored.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as target:
        for file in files:
            target.write(file, file.name)
    for file in files:
        gdal.FileFromMemBuffer(f"/vsimem/fork/{file.name}", file.read_bytes())
    return {
        "file": path,
        "zip": f"/vsizip/{archive}/{path.name}",
        "memory": f"/vsimem/fork/{path.name}",
    }


@pytest.mark.parametrize("place", ["file", "zip", "memory"])
def test_parent_and_children_read_one_dataset_at_once(scene, tmp_path, place):
    path, whole = scene
    with small_cache():
        dataset = views.open_view(names_of(path, tmp_path)[place], **OPTIONS)
        read_windows(dataset, whole, 0, 1)
        children = [
            start_child(lambda seed=seed: read_windows(dataset, whole, seed)) for seed in (1, 2, 3)
        ]
        read_windows(dataset, whole, 4)
        assert [outcome(child) for child in children] == ["right"] * 3


def test_children_of_a_child_read_as_well(scene, tmp_path):
    path, whole = scene
    dataset = views.open_view(names_of(path, tmp_path)["zip"], **OPTIONS)

    def job():
        grandchildren = [start_child(lambda: read_windows(dataset, whole, 5)) for _ in range(2)]
        read_windows(dataset, whole, 6)
        assert [outcome(child) for child in grandchildren] == ["right"] * 2

    assert outcome(start_child(job)) == "right"


def test_a_file_that_was_replaced_since_is_not_read(scene, tmp_path):
    path, whole = scene
    name = names_of(path, tmp_path)["zip"]
    with small_cache():
        dataset = views.open_view(name, NUM_THREADS="1")

        def job():
            with zipfile.ZipFile(tmp_path / "stored.zip", "w") as target:
                target.writestr(path.name, bytes(path.stat().st_size))
            with pytest.raises(RuntimeError, match=path.name):
                dataset.ReadRaster()

        assert outcome(start_child(job)) == "right"


@contextlib.contextmanager
def at_work(*jobs):
    """Threads that repeat the jobs."""
    stop = threading.Event()

    def repeat(job):
        while not stop.is_set():
            job()

    threads = [threading.Thread(target=repeat, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    yield
    stop.set()
    for thread in threads:
        thread.join()


def test_children_read_and_open_while_threads_of_the_parent_do(scene):
    path, whole = scene
    shared = views.open_view(path, **OPTIONS)

    def open_and_read():
        read_windows(views.open_view(path, **OPTIONS), whole, 7, 2)

    def job():
        read_windows(shared, whole, 8, 5)
        open_and_read()

    children = []
    with at_work(open_and_read, open_and_read):
        for _ in range(20):
            children.append(start_child(job))
            time.sleep(0.007)
    outcomes = [outcome(child) for child in children]
    assert set(outcomes) <= {"right", "hangs"}
    # Opening takes locks of GDAL, which a thread of the parent may hold; before the driver's own locks
    # were safe, half of the children hung.
    assert outcomes.count("right") >= 17, outcomes


def test_a_child_reads_a_dataset_that_another_thread_was_reading_for_the_first_time(scene):
    path, whole = scene
    children = []
    for number in range(12):
        dataset = views.open_view(path, **OPTIONS)
        thread = threading.Thread(target=dataset.ReadRaster)
        thread.start()
        time.sleep(number * 0.0007)
        children.append(start_child(lambda: read_windows(dataset, whole, 9, 10)))
        thread.join()
    assert [outcome(child) for child in children] == ["right"] * 12


def test_parent_and_children_read_from_a_server_at_once(scene, tmp_path):
    path, whole = scene
    with webserver.Nginx(path.parent, tmp_path) as server, small_cache():
        dataset = views.open_view(server.fresh_url(path.name), **OPTIONS)
        read_windows(dataset, whole, 10, 1)
        names = [server.fresh_url(path.name) for _ in range(3)]
        jobs = [
            lambda name=name: read_windows(views.open_view(name, **OPTIONS), whole, 11)
            for name in names
        ]
        jobs += [lambda seed=seed: read_windows(dataset, whole, seed) for seed in (12, 13)]
        children = [start_child(job) for job in jobs]
        read_windows(dataset, whole, 14)
        assert [outcome(child) for child in children] == ["right"] * 5


def test_a_child_reads_from_a_server_while_another_thread_of_the_parent_does(scene, tmp_path):
    path, whole = scene
    with webserver.Nginx(path.parent, tmp_path) as server, small_cache():
        dataset = views.open_view(server.fresh_url(path.name), **OPTIONS)
        second = views.open_view(server.fresh_url(path.name), **OPTIONS)
        children = []
        with at_work(lambda: read_windows(second, whole, 15, 3)):
            for seed in range(6):
                children.append(start_child(lambda: read_windows(dataset, whole, seed, 10)))
                time.sleep(0.01)
        assert [outcome(child) for child in children] == ["right"] * 6
