# SPDX-License-Identifier: MIT
"""What the benchmark measures is the same work: the driver's pixels are those of NASA's method, and its pictures can be drawn."""
import json
import subprocess
import sys
import xml.etree.ElementTree
from pathlib import Path

import granules
import numpy as np
import views

BENCH = Path(__file__).resolve().parents[2] / "tests" / "bench"
sys.path.insert(0, str(BENCH))

import svg  # noqa: E402


def done_by(program, job, plan, *sources, target):
    words = [sys.executable, str(BENCH / "readers" / f"by_{program}.py"), job, *map(str, sources), str(target)]
    subprocess.run([*words, json.dumps(plan)], check=True)
    return views.read(target)


def test_driver_and_numpy_do_the_same_work(tmp_path):
    granules.make(tmp_path, "--lines", "47", "--samples", "53", "--bands", "13")
    (reflectance,), (mask,) = tmp_path.glob("EMIT_L2A_RFL_*"), tmp_path.glob("EMIT_L2A_MASK_*")
    options = ["QUALITY_FLAGS=0,1,3,4", "BAND_MASK=YES"]
    plan = {"options": options, "bands": [9, 5, 2], "flags": [0, 1, 3, 4], "band_mask": True}
    for job, bands in (("rgb", 3), ("all", 13)):
        driver = done_by("gdal", job, plan, reflectance, target=tmp_path / "driver.tif")
        theirs = done_by("numpy", job, plan, reflectance, mask, target=tmp_path / "numpy.tif")
        assert len(driver) == bands and (driver != -9999).any()
        assert np.array_equal(driver, theirs)


def test_picture_shows_every_point():
    lines = {"a & b": [(1, 2.5, 2, 3), (70, 4, 4, 4)], "c": [(1, 0.5, 0.25, 0.5), (2000, 1e-3, 1e-3, 1)]}
    text = svg.draw([svg.Panel("time", "bands", lines, y_log) for y_log in (False, True)])
    found = [element.tag.rpartition("}")[2] for element in xml.etree.ElementTree.fromstring(text).iter()]
    assert found.count("circle") == 2 * (4 + 2)  # points, and the lines' keys
