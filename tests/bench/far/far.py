# SPDX-License-Identifier: MIT
"""Seconds that jobs on a full granule take over a long line, each in a new process.

    EMIT_PLUGIN_DIR=build python3 tests/bench/far/far.py [--runs 3] [--line 100:100 ...]

A line is ROUND_TRIP_MS:MBIT_A_SECOND. The server is nginx, as in the autotest.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "autotest" / "support"))
import granules  # noqa: E402
import webserver  # noqa: E402
from line import Line  # noqa: E402

LINES = ["100:100", "20:1000", "200:20"]
CODE = """
import sys, time
from osgeo import gdal
gdal.UseExceptions()
name, job = sys.argv[1:]
MASKED = ["QUALITY_FLAGS=0,1,3,4", "BAND_MASK=YES"]
begin = time.perf_counter()
def window(name, *box):
    return gdal.OpenEx(name, open_options=MASKED).ReadRaster(*box)
def spectrum(x, y):
    return window(name, x, y, 1, 1)
def scenes():
    import dask
    names = [name.replace("/blind/", f"/fresh/{i}/") for i in range(3)]
    parts = [dask.delayed(window)(each, 900 + x, 800, 32, 64) for each in names for x in (0, 32)]
    dask.compute(*parts, scheduler="threads", num_workers=3)
if job == "open":
    gdal.Open(name)
elif job == "window":
    window(name, 900, 800, 256, 256)
elif job == "scenes":
    scenes()
else:
    spectrum(951, 823)
if job == "next spectrum":
    begin = time.perf_counter()
    spectrum(958, 829)
print(time.perf_counter() - begin)
"""
JOBS = {
    "gdal.Open": "open",
    "masked spectrum, mask found by name": "spectrum",
    "the next spectrum, reopened in the same process": "next spectrum",
    "256 x 256 cells, all bands, masked": "window",
    "three scenes by Dask, 64 x 64 cells in two pieces, all bands, masked": "scenes",
}


def full_pair():
    """The granules of full size that the autotest's slow tests make and keep."""
    folder = pathlib.Path(tempfile.gettempdir()) / f"emit-full-granule-{os.getuid()}"
    if not (folder / "done").exists():
        folder.mkdir(exist_ok=True)
        granules.make(folder, "--lines", 1280, "--samples", 1242, "--bands", 285)
        (folder / "done").touch()
    return next(folder.glob("EMIT_L2A_RFL_*.nc"))


def seconds(name, job):
    environment = {
        **os.environ, "GDAL_DRIVER_PATH": str(granules.plugin_folder()), "no_proxy": "*",
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    }
    done = subprocess.run(
        [sys.executable, "-c", CODE, name, job], env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return float(done.stdout)


def measure(nginx, path, text, arguments):
    round_trip, bandwidth = map(float, text.split(":"))
    upstream = webserver.DATA_HOST, nginx.ports["data"]
    print(f"\n{round_trip:g} ms a round trip, {bandwidth:g} Mbit/s\n")
    print("| job | seconds | requests | connections | MB |\n|---|---|---|---|---|")
    for title, job in JOBS.items():
        if arguments.job and job not in arguments.job:
            continue
        took = []
        for _ in range(arguments.runs):
            with Line(upstream, round_trip / 1000, bandwidth * 1e6) as line:
                name = f"/vsicurl/http://127.0.0.1:{line.port}/blind/{path.name}"
                nginx.forget()
                took.append(seconds(name, job))
                requests = nginx.requests()
        print(
            f"| {title} | {statistics.median(took):.2f} | {len(requests)} | {line.connections} "
            f"| {webserver.nbytes(requests) / 1e6:.2f} |", flush=True,
        )
        if arguments.timeline:
            print(f"\n{line.timeline()}\n", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--line", nargs="+", default=LINES)
    parser.add_argument("--job", nargs="+", choices=JOBS.values())
    parser.add_argument("--timeline", action="store_true", help="print the requests of the last run")
    arguments = parser.parse_args()
    path = full_pair()
    with tempfile.TemporaryDirectory() as home:
        with webserver.Nginx(path.parent, pathlib.Path(home)) as nginx:
            for text in arguments.line:
                measure(nginx, path, text, arguments)


if __name__ == "__main__":
    main()
