# SPDX-License-Identifier: MIT
"""What a process with many open views, and a copy through two caches, hold in memory."""
import os
import subprocess
import sys
from pathlib import Path

import granules
import numpy as np
import pytest
import reference
import views

if not Path("/proc/self/status").exists():
    pytest.skip("NOT RUN: memory is measured by Linux's /proc/self/status", allow_module_level=True)

LINES, SAMPLES, BANDS = 421, 397, 8
SCENES = 16
MASKED = {"QUALITY_FLAGS": "cloud,cirrus", "BAND_MASK": "YES"}

# Opens all scenes and reads each one twice, in turn. Prints by how many kilobytes memory grew from the
# first to the last scene, and whether all pixels were those of the first read.
SCENES_IN_TURN = """
import sys
from osgeo import gdal
gdal.UseExceptions()
options, paths = sys.argv[1].split("|"), sys.argv[2:]
def memory():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
def read(view):
    return view.ReadRaster(buf_xsize=50, buf_ysize=60)
open_views = [gdal.OpenEx(path, gdal.OF_RASTER, open_options=options) for path in paths]
first = read(open_views[0])
before = memory()
last = [read(view) == first for view in open_views[1:]]
growth = memory() - before
again = [read(view) == first for view in open_views]
print(growth, all(last), all(again))
"""

# Copies by pixel; prints the peak above what the open view takes.
COPY = """
import sys
from osgeo import gdal
gdal.UseExceptions()
def status(key):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(key))
view = gdal.Open(sys.argv[1])
before = status("VmRSS")
gdal.GetDriverByName("GTiff").CreateCopy(sys.argv[2], view, options=["INTERLEAVE=PIXEL"])
print(status("VmHWM") - before)
"""


def run(program, *words, **configuration):
    # A fixed threshold: glibc otherwise keeps freed buffers for later.
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "200000", **configuration}
    command = [sys.executable, "-c", program, *map(str, words)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.stderr == "" and done.returncode == 0
    return done.stdout.split()


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    """The same scene in many folders."""
    folder = tmp_path_factory.mktemp("scenes")
    sizes = {"lines": LINES, "samples": SAMPLES, "bands": BANDS, "band_mask_octets": 1}
    files = [granules.write(folder, product, **sizes) for product in ("RFL", "MASK")]
    paths = []
    for number in range(SCENES):
        own = folder / f"{number}"
        own.mkdir()
        for file in files:
            os.link(file, own / file.name)
        paths.append(own / files[0].name)
    return paths


@pytest.mark.parametrize("ortho", ["GLT", "NEAREST"])
def test_views_that_were_read_give_their_tables_back(scenes, ortho):
    """The lookup table of a scene takes 1.1 MB, its masks 4 bytes a pixel and the patterns."""
    options = {**MASKED, "ORTHO": ortho}
    listed = "|".join(f"{key}={value}" for key, value in options.items())
    table = reference.glt_cells(scenes[0])[0].size * 4 / 1024
    growth, same, same_again = run(SCENES_IN_TURN, listed, *scenes, GDAL_CACHEMAX="20")
    assert (same, same_again) == ("True", "True")
    assert int(growth) < SCENES * 2 / 3 * table
    roomy, _, _ = run(SCENES_IN_TURN, listed, *scenes, GDAL_CACHEMAX="2000")
    assert int(roomy) > (SCENES - 1) * table


@pytest.fixture
def tiny_cache():
    with views.cache_size(1):
        yield


@pytest.mark.parametrize("ortho", ["GLT", "NEAREST", "NO"])
def test_pixels_are_right_after_eviction(scenes, tiny_cache, ortho):
    opened = [views.open_view(path, ORTHO=ortho, **MASKED) for path in scenes[:3]]
    expected = views.pixels(opened[0])
    filled = expected != -9999
    if ortho != "NEAREST":
        mask = scenes[0].with_name(granules.file_name("MASK"))
        masks = {"mask": mask, "quality_flags": ["cloud", "cirrus"], "band_mask_file": mask}
        views.assert_same(expected, reference.view(scenes[0], ortho=ortho, **masks))
    assert filled.any() and not filled.all()
    for row in range(0, opened[0].RasterYSize - 50, 50):
        for view in opened:
            strip = view.ReadAsArray(3, row, 90, 50)
            views.assert_same(strip, np.ascontiguousarray(expected[:, row : row + 50, 3:93]))


def test_a_copy_of_a_deflated_granule_does_not_fill_two_caches(tmp_path):
    """Decoded and in the output it takes 105 MB and more. With two caches of 40 MB, the strip that is
    copied and its request the peak was 102 MB."""
    storage = {"chunksizes": (60, 50, 40), "zlib": True, "complevel": 1, "shuffle": True}
    cube = np.arange(400 * 410 * 160, dtype="f4").reshape(400, 410, 160)
    path = granules.write(tmp_path, lines=400, samples=410, bands=160, data=cube, storage=storage)
    def peak(target):
        return int(run(COPY, path, target, GDAL_CACHEMAX="40")[0])

    assert any(peak(tmp_path / f"{i}.tif") < 2 * 40 * 1024 for i in range(2))
