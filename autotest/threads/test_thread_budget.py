# SPDX-License-Identifier: MIT
"""Number of threads that read, and their memory: NUM_THREADS, GDAL_NUM_THREADS, GDAL_CACHEMAX."""
import os
import re
import subprocess
import sys

import granules
import pytest
import views
from osgeo import gdal


@pytest.fixture(scope="module")
def granule(tmp_path_factory):
    return granules.write(tmp_path_factory.mktemp("budget"), lines=23, samples=19, bands=3)


def threads_of(path, **options):
    """Number of threads that the driver reports for a view."""
    messages = []
    with views.configured(CPL_DEBUG="EMIT"):
        gdal.PushErrorHandler(lambda kind, number, text: messages.append(text))
        dataset = gdal.OpenEx(str(path), open_options=[f"{k}={v}" for k, v in options.items()])
        gdal.PopErrorHandler()
    assert dataset is not None
    return int(re.search(r"threads: at most (\d+)", "\n".join(messages))[1])


@pytest.mark.parametrize(
    "configured,option,threads",
    [
        (None, None, "all"),
        ("1", None, 1),
        ("3", None, 3),
        ("all_cpus", None, "all"),
        ("5", "2", 2),
        ("5", "ALL_CPUS", "all"),
        ("5", "", 5),
        ("100000", None, 256),
        ("many", None, "all"),
        ("0", None, 1),
        ("-2", None, 1),
        ("-3", "4", 4),
        ("", None, "all"),
    ],
)
def test_gdal_num_threads_is_the_default(granule, configured, option, threads):
    options = {} if option is None else {"NUM_THREADS": option}
    usable = len(os.sched_getaffinity(0))
    with views.configured(GDAL_NUM_THREADS=configured):
        assert threads_of(granule, **options) == (usable if threads == "all" else threads)


def test_all_cpus_are_those_that_the_process_may_use(granule):
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, [min(allowed)])
    try:
        assert threads_of(granule) == 1
    finally:
        os.sched_setaffinity(0, allowed)


# ---- Memory --------------------------------------------------------------------------------------

# Readers of views of their own, each with a thread of its own, as Dask's workers; the peak of memory
# above what opening the views takes, in KB.
READERS = """
import sys, threading
from osgeo import gdal
gdal.UseExceptions()
path, readers, threads = sys.argv[1], int(sys.argv[2]), sys.argv[3]
def status(key):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(key))
views = [gdal.OpenEx(path, open_options=["ORTHO=NO", "NUM_THREADS=" + threads]) for _ in range(readers)]
work = [threading.Thread(target=view.ReadRaster, kwargs={"buf_xsize": 13, "buf_ysize": 17}) for view in views]
before = status("VmRSS")
[thread.start() for thread in work]
[thread.join() for thread in work]
print(status("VmHWM") - before)
"""


@pytest.fixture(scope="module")
def large_chunks(tmp_path_factory):
    """Chunks of 5.4 MB: a thread that decodes them takes 16 MB."""
    storage = {"chunksizes": (450, 300, 10), "zlib": True, "complevel": 1}
    folder = tmp_path_factory.mktemp("chunks")
    return granules.write(folder, lines=900, samples=600, bands=20, storage=storage)


def peak_megabytes(path, readers, threads):
    command = [sys.executable, "-c", READERS, str(path), str(readers), str(threads)]
    # A fixed threshold: glibc otherwise keeps freed buffers of each thread for later.
    environment = {**os.environ, "GDAL_CACHEMAX": "20", "MALLOC_MMAP_THRESHOLD_": "1000000"}
    runs = [subprocess.run(command, env=environment, capture_output=True, text=True) for _ in "12"]
    assert [run.stderr for run in runs] == ["", ""]
    return min(int(run.stdout) for run in runs) / 1000


def test_threads_of_all_readers_stay_within_the_cache_s_budget(large_chunks):
    alone = peak_megabytes(large_chunks, 1, 1)
    assert peak_megabytes(large_chunks, 1, 8) < alone + 22
    assert peak_megabytes(large_chunks, 6, 4) < alone + 22 + 6 * 3
