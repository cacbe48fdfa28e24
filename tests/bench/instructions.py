#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Instructions that jobs execute, counted by callgrind: unlike seconds they repeat.

    tests/bench/instructions.py BUILD...    folders with a build of the driver each, emit_mkgranule included

A granule of 256 lines, 200 samples and 48 bands is made by the first build; each build reads it whole, masked, with
one thread, and opens it only. Counted are the whole programs; "open" is what all jobs share.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SIZES = ["--lines", "256", "--samples", "200", "--bands", "48"]
OPTIONS = ["QUALITY_FLAGS=0,1,3,4", "BAND_MASK=YES", "NUM_THREADS=1"]
MASKED = [word for option in OPTIONS for word in ("-oo", option)]
JOBS = {
    "open": ["gdalinfo", *MASKED],
    "RGB": ["gdal_translate", "-q", *MASKED, "-b", "3", "-b", "2", "-b", "1"],
    "all bands": ["gdal_translate", "-q", *MASKED],
}


def instructions(command, build, folder):
    environment = {**os.environ, "GDAL_DRIVER_PATH": str(build), "OPENBLAS_NUM_THREADS": "1"}
    callgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/callgrind.out"]
    done = subprocess.run([*callgrind, *command], capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(done.stderr)
    return int(re.search(r"Collected : (\d+)", done.stderr)[1])


def main(*builds):
    builds = [Path(build).resolve() for build in builds]
    with tempfile.TemporaryDirectory() as folder:
        tool = builds[0] / "tests" / "support" / "emit_mkgranule"
        subprocess.run([tool, *SIZES, folder], check=True, stdout=subprocess.DEVNULL)
        (granule,) = Path(folder).glob("EMIT_L2A_RFL_*.nc")
        print("| millions of instructions | " + " | ".join(JOBS) + " |")
        print("|---" * (1 + len(JOBS)) + "|")
        for build in builds:
            counts = []
            for job, words in JOBS.items():
                target = [] if job == "open" else [f"{folder}/out.tif"]
                counts.append(instructions([*words, granule, *target], build, folder))
            print(f"| {build} | " + " | ".join(f"{count / 1e6:,.1f}" for count in counts) + " |")


if __name__ == "__main__":
    main(*sys.argv[1:])
