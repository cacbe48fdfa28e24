# SPDX-License-Identifier: MIT
"""Who does the jobs of peer_table.py: the driver, and what users would take instead."""
import json
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Optional

import measure
import verdicts
from inputs import MASKS
from measure import Case

SINCE = (3, 8)  # GDAL's multidimensional API knows the GLT from this version on
JOBS = ("rgb", "all", "warp", "statistics", "panning", "spectra", "overview")
NUMPY_NBYTES = 10 << 30  # of free memory; what NASA's method needs and a margin
RESOLUTION_M = 60

# Mounts that nobody else sees, and no file of the granule's size to be copied.
ENTER = """
mount --bind "$1" "$0/mnt" && mount --bind "$2" "$0/media" && shift 2 && exec chroot "$0" "$@"
"""


@dataclass
class Peer:
    label: str
    command: Callable  # of a job: the words of the command
    environment: dict = field(default_factory=dict)
    jobs: tuple = JOBS
    make: Optional[list] = None  # command that makes the file that the jobs read

    def case(self, job):
        return Case(self.command(job), environment=self.environment)


# ---- What the jobs are ---------------------------------------------------------------------------


def views_of(columns, rows):
    """What a window of 1024 x 768 shows of the raster: all of it, nearer and nearer, then sixteen steps of half a
    window at full and at twice the resolution. x, y, width, height, columns and rows of the buffer."""
    middle = (columns / 2, rows / 2)
    shown = [(*middle, max(columns / 1024, rows / 768) / 2**nearer) for nearer in range(4)]
    for cells_a_pixel in (1, 0.5):
        for step in range(-4, 4):
            across, down = 512 * cells_a_pixel * step / 4, 384 * cells_a_pixel * step
            shown.append((middle[0] + across, middle[1] + down / 2, cells_a_pixel))
    return [window(columns, rows, *view) for view in shown]


def window(columns, rows, x, y, cells_a_pixel):
    left, right = (round(x + side * 512 * cells_a_pixel) for side in (-1, 1))
    top, bottom = (round(y + side * 384 * cells_a_pixel) for side in (-1, 1))
    left, right = max(left, 0), min(right, columns)
    top, bottom = max(top, 0), min(bottom, rows)
    size = right - left, bottom - top
    return [left, top, *size, *(max(1, round(length / cells_a_pixel)) for length in size)]


def plan_of(inputs, options=()):
    """The job that a program of readers/ runs, as JSON. "options" are the driver's."""
    facts = inputs.facts
    plan = {
        "options": list(options),
        "bands": [36, 22, 12],
        "flags": facts["flags"],
        "band_mask": facts["band_mask"],
        "views": views_of(facts["columns"], facts["rows"]),
        "cells": facts["filled_cells"],
        "utm": facts["utm"],
        "resolution": RESOLUTION_M,
    }
    return json.dumps(plan)


# ---- Peers ---------------------------------------------------------------------------------------


def by_python(inputs, program, *sources, python=sys.executable, options=()):
    """Words of the command that does a job with a program of readers/."""
    path, plan = inputs.here / "readers" / f"by_{program}.py", plan_of(inputs, options)
    return lambda job: [python, path, job, *sources, inputs.output / "out", plan]


def ours(inputs):
    flags = ",".join(map(str, inputs.facts["flags"]))
    options = [f"QUALITY_FLAGS={flags}"] + ["BAND_MASK=YES"] * inputs.facts["band_mask"]
    command = by_python(inputs, "gdal", inputs.granule, options=options)
    return Peer("the driver", command, inputs.plugin())


def file_peers(inputs):
    """Files of all bands that the driver makes first."""
    target = inputs.work / "peer-file"
    masks = MASKS if inputs.facts["band_mask"] else MASKS[:1] + ["QUALITY_FLAGS=0,1,3"]
    kinds = {
        "tiled GeoTIFF": ["-co", "TILED=YES", "-co", "BIGTIFF=YES"],
        "COG": ["-of", "COG", "-co", "BIGTIFF=YES"],
        "ENVI": ["-of", "ENVI"],
    }
    for label, creation in kinds.items():
        make = ["gdal_translate", "-q", *masks, *creation, inputs.granule, target]
        yield Peer(label, by_python(inputs, "gdal", target), make=make)


def numpy_peer(inputs):
    if free_memory() < NUMPY_NBYTES:
        raise measure.Failed(f"it needs {NUMPY_NBYTES >> 30} GiB of free memory")
    command = by_python(inputs, "numpy", inputs.granule, inputs.mask)
    return Peer("NASA's method, NumPy", command, jobs=without("warp"))


def xarray_peer(inputs):
    command = by_python(inputs, "xarray", inputs.granule, inputs.mask, python=inputs.pypi())
    return Peer("xarray, h5netcdf", command, jobs=without("warp"))


def georeader_peer(inputs):
    command = by_python(inputs, "georeader", inputs.radiance(), python=inputs.pypi())
    return Peer("georeader, radiance, flags alone", command)


def without(job):
    return tuple(name for name in JOBS if name != job)


def free_memory():
    text = Path("/proc/meminfo").read_text()
    return int(re.search(r"MemAvailable: +(\d+) kB", text)[1]) * 1024


# ---- GDAL's own GLT view -------------------------------------------------------------------------


def inside(tree, granules, output, command):
    """"command" inside a tree, where the granules are in /mnt and the outputs go to /media."""
    private = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    return [*private, "sh", "-c", ENTER, tree, granules, output, *command]


def version_of(inputs, tree):
    command = inside(tree, inputs.granule.parent, inputs.output, ["gdalinfo", "--version"])
    found = re.search(r"GDAL (\d+)\.(\d+)\.(\d+)", measure.execute(command)[1])
    return tuple(int(part) for part in found.groups())


def glt_peer(inputs, version, tree):
    source = (inputs.here / "readers" / "by_gdal.py").read_text()
    granule, plan = f"glt:/mnt/{inputs.granule.name}", plan_of(inputs)

    def command(job):
        words = ["/usr/bin/python3", "-c", source, job, granule, "/media/out", plan]
        return inside(tree, inputs.granule.parent, inputs.output, words)

    return Peer(f"GDAL {'.'.join(map(str, version))} GLT view, unmasked", command)


def glt_peers(inputs, options):
    """Those of the trees that know the GLT, oldest first."""
    trees = [(version_of(inputs, tree), Path(tree).resolve()) for tree in options.gdal_tree]
    return [glt_peer(inputs, *tree) for tree in sorted(trees) if tree[0] >= SINCE]


def glt_cases(inputs, options, job):
    """Cases by label, and rows about what cannot be measured."""
    found = {peer.label: peer.case(job) for peer in glt_peers(inputs, options)}
    why = "no tree with GDAL 3.8 or newer and python3-gdal was given (--gdal-tree)"
    return found, [] if found else [verdicts.not_measured("speed, against GDAL's GLT view", why)]
