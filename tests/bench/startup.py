#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the plugin costs a GDAL program that does not use it: `gdalinfo --version` with and without.

startup.py FOLDER...: folders with a gdal_EMIT.so each. All of them and an empty folder run in turn. The lowest times
count, by the clock and the processor: other programs only add to them. Exit code 1 if a plugin adds more than 2 ms or
opens a file besides its own two.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROUNDS = int(os.environ.get("ROUNDS", 200))
LIMIT_MS = 2.0
COMMAND = ["gdalinfo", "--version"]


def environment(folder):
    # OpenBLAS, where GDAL links it, would start threads whose time varies by more than what is measured.
    return {**os.environ, "GDAL_DRIVER_PATH": str(folder), "OPENBLAS_NUM_THREADS": "1"}


def run(folder):
    """Milliseconds by the clock, milliseconds of processor time."""
    start = time.perf_counter()
    process = subprocess.Popen(COMMAND, stdout=subprocess.DEVNULL, env=environment(folder))
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, status
    return (time.perf_counter() - start) * 1e3, (usage.ru_utime + usage.ru_stime) * 1e3


def opened(folder):
    """Regular files that the program opens."""
    trace = ["strace", "-f", "-qq", "-e", "trace=open,openat", "-e", "status=successful", *COMMAND]
    lines = subprocess.run(
        trace, capture_output=True, text=True, check=True, env=environment(folder)
    ).stderr.splitlines()
    return {line.split('"')[1] for line in lines if '"' in line and "O_DIRECTORY" not in line}


def main(folders):
    with tempfile.TemporaryDirectory() as nothing:
        places = [nothing, *folders]
        times = {place: [] for place in places}
        for _ in range(ROUNDS):
            for place in places:
                times[place].append(run(place))
        lowest = {place: [min(column) for column in zip(*times[place])] for place in places}
        print("| plugin | clock, ms | processor, ms | more by the clock, ms | other files opened |")
        print("|---|---|---|---|---|")
        print("| none | {:.1f} | {:.1f} | | |".format(*lowest[nothing]))
        short = False
        for folder in folders:
            more = lowest[folder][0] - lowest[nothing][0]
            files = "not counted: no strace"
            if shutil.which("strace"):
                own = {str(file) for file in pathlib.Path(folder).glob("*.so")}
                others = opened(folder) - opened(nothing) - own
                files = " ".join(sorted(others)) or "none"
                short = short or bool(others)
            print("| {} | {:.1f} | {:.1f} | {:.2f} | {} |".format(folder, *lowest[folder], more, files))
            short = short or more > LIMIT_MS
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
