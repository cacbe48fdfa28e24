# SPDX-License-Identifier: MIT
"""The files that the jobs read. Each is made when a job first asks for it and kept in the work
folder, under a name that changes with the granule and the program it comes from."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import measure

FULL = {"lines": 1280, "samples": 1242, "bands": 285}
MASKS = ["-oo", "QUALITY_FLAGS=0,1,3,4", "-oo", "BAND_MASK=YES"]
PYPI = "georeader-spaceml requests typing_extensions scipy xarray h5netcdf h5py".split()


def is_mask(path):
    return "MASK" in path.name


def stamp(path):
    state = os.stat(path)
    return f"{path} {state.st_size} {state.st_mtime_ns}"


def find_mask(granule):
    time = re.search(r"\d{8}T\d{6}", granule.name)
    masks = sorted(granule.parent.glob(f"EMIT_L2A_MASK_00?_{time[0]}*.nc")) if time else []
    if not masks:
        sys.exit(f"{granule}: there is no MASK granule of the same scene beside it")
    return masks[0]


class Inputs:
    def __init__(self, work, build, granule=None, generation=1):
        for variable in ("GDAL_CACHEMAX", "GDAL_NUM_THREADS", "GDAL_SKIP", "GDAL_DRIVER_PATH"):
            os.environ.pop(variable, None)
        self.here = Path(__file__).resolve().parent
        self.work = Path(work).resolve()
        self.build = Path(build).resolve()
        self.tool = self.build / "tests" / "support" / "emit_mkgranule"
        self.locks = self.build / "tests" / "bench" / "libemit_bench_locks.so"
        self.floor = self.build / "tests" / "bench" / "emit_bench_floor"
        plugin = [self.build / "gdal_EMIT.so", self.build / "emit_driver.so"]
        for path in (*plugin, self.tool, self.floor):
            if not path.exists():
                sys.exit(f"{path} is not there: build the targets of its name first")
        self.generation = generation
        self.kept = self.work / "kept"  # our output in the warm-up of the job under way
        self.output = self.work / "output"
        self.output.mkdir(parents=True, exist_ok=True)
        self.granule = Path(granule).resolve() if granule else self.sample(FULL["lines"])
        self.mask = find_mask(self.granule)
        self.prefix = []  # words before those of a job whose granule is not in memory
        self.facts = self.describe(self.granule)

    def move_to(self, disk):
        self.granule, self.mask = disk.place(self.granule), disk.place(self.mask)
        self.prefix = disk.prefix

    # ---- Programs --------------------------------------------------------------------------------

    def plugin(self):
        """Environment in which GDAL has the driver. What is measured against it does without."""
        cache = (self.build / "CMakeCache.txt").read_text()
        installed = re.search(r"^EMIT_PLUGIN_DIR:\w*=(.+)$", cache, re.MULTILINE)
        folders = [str(self.build)] + ([installed[1]] if installed else [])
        return {"GDAL_DRIVER_PATH": os.pathsep.join(folders)}

    def child_command(self, *words):
        return [sys.executable, self.here / "children.py", *words]

    def describe(self, granule):
        return json.loads(self.child("describe", granule, find_mask(granule)))

    def child(self, *words):
        return measure.execute(self.child_command(*words))[1]

    def translate(self, *words):
        measure.execute(["gdal_translate", "-q", *words], self.plugin())

    # ---- Files -----------------------------------------------------------------------------------

    def made(self, name, sources, make):
        """The folder "name", filled by make(folder) unless that was done for the same sources."""
        key = "\n".join(stamp(source) for source in sources)
        folder = self.work / f"{name}-{hashlib.sha1(key.encode()).hexdigest()[:8]}"
        done = folder / "done"
        if not done.exists():
            print(f"making {folder}", file=sys.stderr, flush=True)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
        return folder

    def sample(self, lines, products="RFL,MASK", **other):
        """A granule written by emit_mkgranule, its mask beside it."""
        what = {**FULL, "lines": lines, **other}
        what.update(generation=self.generation, products=products)
        name = "-".join(str(value) for value in what.values()).replace(",", "-")

        def make(folder):
            words = [word for key, value in what.items() for word in (f"--{key}", str(value))]
            measure.execute([self.tool, *words, folder])

        (first, *_) = sorted(self.made(f"granule-{name}", [self.tool], make).glob("EMIT_L*.nc"), key=is_mask)
        return first

    def radiance(self):
        """The RAD granule of the scene, its mask beside it."""
        name = re.sub("L2A_RFL", "L1B_RAD", self.granule.name)
        if (self.granule.parent / name).exists():
            return self.granule.parent / name
        if self.granule != self.sample(FULL["lines"]):
            raise measure.Failed(f"{name} is not beside the granule")
        found = self.sample(FULL["lines"], "RAD")
        link = found.parent / self.mask.name
        if not link.exists():
            link.symlink_to(self.mask)
        return found

    def pypi(self):
        """Python with the peers that PyPI has."""

        def make(folder):
            measure.execute([sys.executable, "-m", "venv", folder])
            measure.execute([folder / "bin" / "pip", "install", "-q", *PYPI])

        return self.made("pypi", [], make) / "bin" / "python"

    def twice_as_long(self):
        return self.sample(2 * FULL["lines"])

    def deflated(self):
        """The granule deflated and shuffled, beside its mask."""

        def make(folder):
            subprocess.run(
                ["nccopy", "-d", "4", "-s", self.granule, folder / self.granule.name], check=True
            )
            (folder / self.mask.name).symlink_to(self.mask)

        return self.made("deflated", [self.granule], make) / self.granule.name

    def envi(self, interleave):
        """A raw file that holds the same cells as the masked view."""

        def make(folder):
            target = folder / "cells.img"
            creation = ["-of", "ENVI", "-co", f"INTERLEAVE={interleave}"]
            source = (MASKS, self.granule) if interleave == "BIP" else ([], self.envi("BIP"))
            self.translate(*creation, *source[0], source[1], target)

        return self.made(f"envi-{interleave.lower()}", [self.granule], make) / "cells.img"

    def small_tiff(self):
        """A GeoTIFF with as many bands and hardly a pixel."""

        def make(folder):
            size = ["-outsize", "16", "16", "-bands", str(self.facts["shape"][2])]
            measure.execute(["gdal_create", "-q", *size, "-ot", "Float32", folder / "small.tif"])

        return self.made("small", [self.granule], make) / "small.tif"
